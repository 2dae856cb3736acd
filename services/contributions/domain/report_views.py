"""Reports as they are read: who may see which, in which order. Pure."""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from services.contributions.domain.reports import ReportState

MOST_ROWS: Final = 200
USUAL_ROWS: Final = 50


class Viewer(NamedTuple):
    """Who asks: the citizen for her own reports, or else the inspector of a province for those of its units.

    Exactly one of them is set.
    """

    citizen_id: int | None
    province_code: str | None


class Position(NamedTuple):
    """Where a report stands in the list: newest first."""

    reported_at: datetime
    report_id: UUID


class ReportQuery(NamedTuple):
    """Whose reports, in which state, after which one."""

    viewer: Viewer
    state: ReportState | None
    rows: int
    after: Position | None


class ReportRow(NamedTuple):
    """A report; months are indices."""

    report_id: UUID
    person_id: int
    employer_code: str
    employer_name: str
    kind: int
    from_month: int
    to_month: int
    actual_base_vnd: int
    statement: str
    state: int
    reported_at: datetime

    @property
    def position(self) -> Position:
        """Where it stands."""
        return Position(self.reported_at, self.report_id)


class StepRow(NamedTuple):
    """One step: who took it, when and why."""

    state: int
    at: datetime
    agency_id: str
    staff: str
    reason: str
    recovered_vnd: int


class ReportHistory(NamedTuple):
    """A report with its steps, oldest first."""

    report: ReportRow
    steps: list[StepRow]


class ReportPage(NamedTuple):
    """The rows of one page."""

    rows: list[ReportRow]
    more: bool
