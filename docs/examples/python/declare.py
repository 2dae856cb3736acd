"""Hand in a declaration and follow it. Usage: python declare.py DIR FILE [KEY]."""

import sys
from pathlib import Path

from lienthong.client import (
    Client,
    DeclarationResult,
    OperationState,
    Refused,
    Unavailable,
    WrongFile,
    read_declaration,
)

folder, file, *key = sys.argv[1:]

try:
    read = read_declaration(Path(file).read_bytes())
except WrongFile as error:
    sys.exit("\n".join(f"line {p.line} {p.field}: {p.text}" for p in error.problems))

try:
    with Client(folder) as client:
        accepted = client.submit_declaration(read.rows, idempotency_key=key[0] if key else "")
        print("accepted", accepted.operation_id)
        ended = client.wait(accepted.operation_id, timeout_s=60)
except Refused as error:
    sys.exit(f"refused: {error.reason} (request {error.request_id})")
except Unavailable as error:
    sys.exit(f"perhaps accepted: the same again with the same key, in {error.retry_after or 1:.0f} s")

if ended.state is OperationState.FAILED and ended.error is not None:
    sys.exit(f"{ended.error.reason}: {ended.error.text.vi}")
if not isinstance(ended.outcome, DeclarationResult):
    sys.exit(f"{ended.state.name.lower()}: ask again later")
print("accepted", ended.outcome.accepted, "refused", ended.outcome.refused)
for refusal in ended.outcome.refusals:
    print("line", read.numbers[refusal.line - 1], refusal.field, refusal.reason, refusal.text.vi)
