"""Nothing was answered, and nothing refused, that the log does not hold."""

from datetime import timedelta

from deploy.demo.stage import NotAsTold, Stage, expect
from lienthong.client import AuditEntry, Entries

AUDITOR = "auditor-demo"


def audit_entries(stage: Stage) -> list[str]:
    """Each request of the story by its request id, with agency, outcome and both signatures."""
    since = stage.began - timedelta(seconds=1)
    wanted = {e.request_id for e in stage.entries}
    found: dict[str, AuditEntry] = {}
    client = stage.client(AUDITOR)
    for page in client.audit_pages(Entries(since=since, page_size=200)):
        found |= {e.request_id: e for e in page.entries if e.request_id in wanted}
        if len(found) == len(wanted):
            break
    lines = {}
    for entry in stage.entries:
        recorded = found.get(entry.request_id)
        if recorded is None:
            raise NotAsTold(f"step {entry.step}: no entry for request {entry.request_id}")
        _check(recorded, entry.step, entry.agency_id, entry.outcome)
        lines[entry.step] = _line(recorded, entry.step)
    return [*lines.values(), f"{len(wanted)} yêu cầu, {len(found)} mục / requests and entries"]


def _check(recorded: AuditEntry, step: int, agency_id: str, outcome: str) -> None:
    expect((recorded.agency_id, recorded.outcome), (agency_id, outcome), f"step {step}: agency and outcome")
    if not (recorded.answer_signature and recorded.answer_digest):
        raise NotAsTold(f"step {step}: no proof of the answer")
    # What no known key signed proves nothing, and its entry names no agency.
    if agency_id and not (recorded.request_signature and recorded.key_id):
        raise NotAsTold(f"step {step}: no proof of the request")


def _line(recorded: AuditEntry, step: int) -> str:
    at = f"{recorded.recorded_at:%H:%M:%S.%f}"[:-3] if recorded.recorded_at else ""
    rpc = recorded.rpc.rpartition("/")[2] or "–"
    # Without a proven sender the log names no agency; its detail says what was found instead.
    outcome = recorded.outcome if recorded.agency_id else f"{recorded.outcome} ({recorded.detail})"
    return (
        f"{step:>2}  {at}Z  {recorded.agency_id or '–':<14} {rpc:<23} {recorded.purpose or '–':<18}"
        f" {recorded.status} {outcome}"
    )
