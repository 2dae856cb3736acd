"""A person's visits and the drugs that still run. Usage: python history.py DIR ID [PURPOSE]."""

import sys

from lienthong.client import Asking, Client, NotAllowed, Refused, Unavailable, Visits

folder, identifier, *purpose = sys.argv[1:]
asking = Asking(purpose=purpose[0] if purpose else "")

try:
    with Client(folder) as client:
        page = client.visit_page(Visits(identifier=identifier), asking=asking)
        drugs = client.running_drugs(identifier, asking=asking)
except NotAllowed as error:
    sys.exit(f"not admitted here: {error.reason} (request {error.request_id})")
except Refused as error:
    sys.exit(f"refused: {error.reason} (request {error.request_id})")
except Unavailable as error:
    sys.exit(f"try again in {error.retry_after or 1:.0f} s")

print("because of", page.access.name.lower())
for visit in page.visits:
    day = f"{visit.admitted_at:%d/%m/%Y}" if visit.admitted_at else "?"
    hidden = " (có chẩn đoán được bảo vệ)" if visit.has_sensitive else ""
    print(day, visit.facility_code, visit.main_diagnosis, visit.diagnosis_text + hidden)
for running in drugs.drugs:
    print("còn dùng", running.drug.name, "đến", running.drug.lasts_until, "TRÙNG" if running.overlaps else "")
