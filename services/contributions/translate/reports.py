"""Reports of irregularities: the questions with their row rule, and the answers."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from lienthong.fields import WrongField
from lienthong.rpc.errors import NotFound
from services.contributions.domain.report_views import (
    MOST_ROWS,
    USUAL_ROWS,
    Position,
    ReportHistory,
    ReportPage,
    ReportQuery,
    ReportRow,
    StepRow,
    Viewer,
)
from services.contributions.domain.reports import ReportKind, ReportState
from services.contributions.tokens import Listing, read_key, write_key
from services.contributions.translate.commands import row_denied
from services.contributions.translate.reading import Reading, month_text, province_code
from vss.contributions.v1 import contributions_pb2 as pb

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS: Final = {
    ReportKind.NOT_PAID.value: pb.IRREGULARITY_KIND_NOT_PAID,
    ReportKind.UNDER_DECLARED.value: pb.IRREGULARITY_KIND_UNDER_DECLARED,
    ReportKind.NOT_DECLARED.value: pb.IRREGULARITY_KIND_NOT_DECLARED,
}
_STATES: Final = {
    ReportState.RECEIVED.value: pb.REPORT_STATE_RECEIVED,
    ReportState.ASSIGNED.value: pb.REPORT_STATE_ASSIGNED,
    ReportState.INSPECTED.value: pb.REPORT_STATE_INSPECTED,
    ReportState.CONFIRMED.value: pb.REPORT_STATE_CONFIRMED,
    ReportState.REJECTED.value: pb.REPORT_STATE_REJECTED,
    ReportState.RECOVERED.value: pb.REPORT_STATE_RECOVERED,
}


def to_question(request: pb.GetReportRequest) -> tuple[UUID, Viewer]:
    """Which report, and who asks. Raises ``InvalidArgument`` and ``PermissionDenied``."""
    reading = Reading()
    viewer = _viewer(reading, request)
    report_id = reading.take("report_id", _report_id, request.report_id)
    reading.done()
    return report_id or UUID(int=0), viewer


def to_query(request: pb.ListReportsRequest) -> ReportQuery:
    """Whose reports. Raises ``InvalidArgument`` and ``PermissionDenied``."""
    reading = Reading()
    viewer = _viewer(reading, request)
    known = 0 <= request.state <= len(ReportState)
    reading.expect("state", "expected a state of a report", holds=known)
    rows = reading.page_size(request.page_size, usual=USUAL_ROWS, most=MOST_ROWS)
    state = ReportState(request.state) if known and request.state else None
    query = ReportQuery(viewer, state, rows, None)
    if request.page_token and reading.is_right:
        after = reading.take("page_token", lambda token: _position(token, query), request.page_token)
        query = query._replace(after=after)
    reading.done()
    return query


def unknown() -> NotFound:
    """No report with this number, or none that the asker may see: the same answer."""
    return NotFound("REPORT_UNKNOWN", "no report has this number")


def to_history(found: ReportHistory) -> pb.GetReportResponse:
    """A report with its steps."""
    report = _report(found.report)
    report.statement = found.report.statement
    report.steps.extend(_step(step) for step in found.steps)
    return pb.GetReportResponse(report=report, person_id=found.report.person_id)


def to_list(query: ReportQuery, page: ReportPage) -> pb.ListReportsResponse:
    """A page of reports, without statements and steps."""
    response = pb.ListReportsResponse(reports=[_report(row) for row in page.rows])
    if page.more:
        at, report_id = page.rows[-1].position
        key = ((at - _EPOCH) // timedelta(microseconds=1), report_id.bytes)
        response.next_page_token = write_key(Listing.REPORTS, _question(query), key)
    return response


def _viewer(reading: Reading, request: pb.GetReportRequest | pb.ListReportsRequest) -> Viewer:
    """The citizen if the question is for her own data, else the inspector; nobody else sees a report."""
    reading.expect("citizen_id", "expected a person's number", holds=request.citizen_id >= 0)
    province = reading.take("province_of_asker", province_code, request.province_of_asker)
    reading.done()
    if request.citizen_id:
        return Viewer(request.citizen_id, None)
    if province is None:
        raise row_denied()
    return Viewer(None, province)


def _report(row: ReportRow) -> pb.Report:
    return pb.Report(
        report_id=str(row.report_id),
        employer=pb.Employer(code=row.employer_code, name=row.employer_name),
        kind=_KINDS[row.kind],
        from_month=month_text(row.from_month),
        to_month=month_text(row.to_month),
        actual_base_vnd=row.actual_base_vnd,
        state=_STATES[row.state],
        reported_at=_instant(row.reported_at),
    )


def _step(row: StepRow) -> pb.ReportStep:
    # The first step is the citizen's own: her identifier is nobody's business.
    staff = "" if row.state == ReportState.RECEIVED else row.staff
    return pb.ReportStep(
        state=_STATES[row.state],
        at=_instant(row.at),
        agency_id=row.agency_id,
        staff=staff,
        reason=row.reason,
        recovered_vnd=row.recovered_vnd,
    )


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _report_id(text: str) -> UUID:
    msg = "expected the number of a report: a UUID"
    try:
        found = UUID(text)
    except ValueError:
        raise WrongField(msg) from None
    if str(found) != text:
        raise WrongField(msg)
    return found


def _position(token: str, query: ReportQuery) -> Position:
    def position(micros: int, report_id: bytes) -> Position:
        return Position(_EPOCH + timedelta(microseconds=micros), UUID(bytes=report_id))

    return read_key(Listing.REPORTS, _question(query), token, position)


def _question(query: ReportQuery) -> tuple[object, ...]:
    return *query.viewer, int(query.state or 0)
