"""Hand in a claim file (XML 130/3176) and print what was found. Usage: python claims.py DIR FILE."""

import sys
from pathlib import Path

from lienthong.client import Asking, ClaimsResult, Client, OperationState, Refused, Unavailable

folder, file = sys.argv[1:]
asking = Asking(purpose="claims")

try:
    with Client(folder) as client:
        # Without a key of your own the file is it: sent twice, it is one operation.
        accepted = client.submit_claims(Path(file).read_bytes(), asking=asking)
        print("accepted", accepted.operation_id)
        ended = client.wait(accepted.operation_id, timeout_s=60, asking=asking)
except Refused as error:
    sys.exit(f"refused: {error.reason} (request {error.request_id})")
except Unavailable as error:
    sys.exit(f"perhaps accepted: the same file again, in {error.retry_after or 1:.0f} s")

if ended.state is OperationState.FAILED and ended.error is not None:
    sys.exit(f"{ended.error.reason}: {ended.error.text.vi}")
if not isinstance(ended.outcome, ClaimsResult):
    sys.exit(f"{ended.state.name.lower()}: ask again later")
print(
    "dossiers", ended.outcome.dossiers, "accepted", ended.outcome.accepted, "refused", ended.outcome.refused
)
for dossier in ended.outcome.outcomes:
    print(dossier.position, dossier.treatment_code, dossier.state.name.lower(), "version", dossier.version)
    for finding in dossier.findings:
        where = f"{finding.table} {finding.line} {finding.field}"
        print("  ", finding.severity.name.lower(), where, finding.code, finding.text.vi)
