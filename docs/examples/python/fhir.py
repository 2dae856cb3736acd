"""One signed coverage check in FHIR R4. Usage: python fhir.py DIR PERSONAL_ID NAME BORN [COST_VND].

With a cost it asks about an outpatient's visit: what the fund pays of it.
"""

import datetime as dt
import json
import sys

from lienthong.client import AnswerNotTrusted, Asking, Client, NotConfigured, Question, Refused, Unavailable

OURS = "urn:lienthong:fhir:"

folder, identifier, full_name, born, *cost = sys.argv[1:]

request = {
    "resourceType": "CoverageEligibilityRequest",
    "status": "active",
    "purpose": ["benefits", "validation"],
    "contained": [
        {
            "resourceType": "Patient",
            "id": "patient",
            "identifier": [{"system": OURS + "personal-id", "value": identifier}],
            "name": [{"text": full_name}],
            "birthDate": born,
        }
    ],
    "patient": {"reference": "#patient"},
    "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    "insurer": {"display": "VSS"},
}
if cost:
    kind = {"coding": [{"system": OURS + "visit-kind", "code": "outpatient"}]}
    request["item"] = [{"category": kind, "unitPrice": {"value": int(cost[0]), "currency": "VND"}}]

try:
    with Client(folder) as client:
        # The SDK signs these octets and verifies those of the answer; what is in them is FHIR.
        receipt = client.ask(
            Question(
                path="/fhir/R4/CoverageEligibilityRequest",
                body=None,
                file=json.dumps(request).encode(),
                media_type="application/fhir+json",
                asking=Asking(),
            )
        )
except Refused as error:
    # The problem's body is an OperationOutcome.
    places = [where for field in error.fields for where in (field.field, field.description)]
    sys.exit(f"refused: {error.reason} {' '.join(places)} (request {error.request_id})")
except Unavailable as error:
    sys.exit(f"try again in {error.retry_after or 1:.0f} s")
except AnswerNotTrusted as error:
    sys.exit(f"do not use this answer: {error}")
except NotConfigured as error:
    sys.exit(f"nothing was sent: {error}")

response = json.loads(receipt.body)
print(response["outcome"], "-", response["disposition"])
for insurance in response["insurance"]:
    print("inforce:", insurance.get("inforce"), insurance.get("benefitPeriod", {}))
    for item in insurance.get("item", ()):
        for benefit in item["benefit"]:
            value = next(value for name, value in benefit.items() if name.startswith("allowed"))
            print(f"  {benefit['type']['coding'][0]['code']}: {value}")
for error in response.get("error", ()):
    print("error:", error["code"]["coding"][0]["code"])
