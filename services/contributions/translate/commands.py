"""The small commands to the domain and back, and the rows of law in an answer.

The only place where a missing or wrong field of them is refused.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from google.rpc import code_pb2

from lienthong import fields
from lienthong.law import Row
from lienthong.names import stored_name
from lienthong.rpc.errors import FieldViolation, InvalidArgument, NotFound, PermissionDenied, Refusal
from services.contributions.domain.reports import ReportKind, ReportState
from vss.contributions.v1 import commands_pb2 as pb
from vss.contributions.v1 import contributions_pb2

T = TypeVar("T")

SECTORS: Final = {
    pb.SECTOR_PUBLIC: "public",
    pb.SECTOR_STATE: "state",
    pb.SECTOR_PRIVATE: "private",
    pb.SECTOR_FOREIGN: "foreign",
}
_LONGEST_CODE: Final = 20
_LONGEST_NAME: Final = 200
_LONGEST_NUMBER: Final = 60


class NewUnit(NamedTuple):
    """A unit as it registers."""

    employer_code: str
    name: str
    province_code: str
    sector: str
    region: int
    obliged_since: date
    reduced: bool


class Urge(NamedTuple):
    """A letter that urges (*văn bản đôn đốc*)."""

    employer_code: str
    document_number: str
    issued_on: date


class NewReport(NamedTuple):
    """What an employee reports."""

    employer_code: str
    person_id: int
    kind: ReportKind
    from_month: date
    to_month: date
    actual_base_vnd: int
    statement: str


class Step(NamedTuple):
    """One step of a report."""

    report_id: UUID
    to_state: ReportState
    reason: str
    recovered_vnd: int


class _Reader:
    """Reads fields and remembers which were wrong."""

    def __init__(self) -> None:
        self.wrong: list[FieldViolation] = []

    def code(self, text: str) -> str:
        if 0 < len(text) <= _LONGEST_CODE and text.isascii() and text.isalnum():
            return text
        return self._no("employer_code", "expected a unit code of letters and digits", "")

    def day(self, field: str, text: str, *, latest: date) -> date:
        try:
            found = fields.calendar_day(text)
        except fields.WrongField as error:
            return self._no(field, str(error), date.min)
        if found > latest:
            return self._no(field, "expected a day that is not in the future", date.min)
        return found

    def month(self, field: str, text: str) -> date:
        try:
            return fields.month(text)
        except fields.WrongField as error:
            return self._no(field, str(error), date.min)

    def text(self, field: str, text: str, longest: int) -> str:
        bare = stored_name(text)
        if 0 < len(bare) <= longest and bare.isprintable():
            return bare
        return self._no(field, f"expected 1 to {longest} characters, none of them a control character", "")

    def prose(self, field: str, text: str) -> str:
        if all(c.isprintable() or c in "\n\r\t" for c in text):
            return text
        return self._no(field, "expected text without control characters", "")

    def expect(self, field: str, expected: str, *, holds: bool) -> None:
        if not holds:
            self._no(field, expected, None)

    def done(self) -> None:
        """Raises ``InvalidArgument`` naming every wrong field."""
        if self.wrong:
            raise InvalidArgument(*self.wrong)

    def _no(self, field: str, expected: str, instead: T) -> T:
        self.wrong.append(FieldViolation(field, expected))
        return instead


def new_unit(request: pb.RegisterEmployerRequest, *, today: date) -> NewUnit:
    """The unit that registers. Raises ``InvalidArgument``."""
    reader = _Reader()
    province = request.province_code
    reader.expect("province_code", "expected two digits", holds=len(province) == 2 and province.isdecimal())
    reader.expect("sector", "expected an ownership", holds=request.sector in SECTORS)
    reader.expect("region", "expected 1 to 4", holds=1 <= request.region <= 4)
    unit = NewUnit(
        reader.code(request.employer_code),
        reader.text("name", request.name, _LONGEST_NAME),
        province,
        SECTORS.get(request.sector, ""),
        request.region,
        reader.day("obliged_since", request.obliged_since, latest=today),
        request.reduced_accident_rate,
    )
    reader.done()
    return unit


def urge(request: pb.UrgePaymentRequest, *, today: date) -> Urge:
    """The letter. Raises ``InvalidArgument``."""
    reader = _Reader()
    letter = Urge(
        reader.code(request.employer_code),
        reader.text("document_number", request.document_number, _LONGEST_NUMBER),
        reader.day("issued_on", request.issued_on, latest=today),
    )
    reader.done()
    return letter


def new_report(request: pb.ReportIrregularityRequest) -> NewReport:
    """What is reported. Raises ``InvalidArgument``, and ``PermissionDenied`` without a citizen."""
    if request.person_id <= 0:
        raise PermissionDenied("ROW_DENIED", "only the person herself reports")
    reader = _Reader()
    first = reader.month("from_month", request.from_month)
    last = reader.month("to_month", request.to_month)
    reader.expect("to_month", "expected a month not before from_month", holds=last >= first)
    known = 1 <= int(request.kind) <= len(ReportKind)
    reader.expect("kind", "expected what is wrong", holds=known)
    report = NewReport(
        reader.code(request.employer_code),
        request.person_id,
        ReportKind(request.kind) if known else ReportKind.NOT_PAID,
        first,
        last,
        request.actual_base_vnd,
        reader.prose("statement", request.statement),
    )
    reader.done()
    return report


def step(request: pb.AdvanceReportRequest) -> Step:
    """The step. Raises ``InvalidArgument``."""
    reader = _Reader()
    known = 1 <= int(request.to_state) <= len(ReportState)
    reader.expect("to_state", "expected a state of a report", holds=known)
    reader.expect("reason", "expected why", holds=bool(request.reason.strip()))
    try:
        report_id = UUID(request.report_id)
    except ValueError:
        reader.expect("report_id", "expected a UUID", holds=False)
        report_id = UUID(int=0)
    taken = Step(
        report_id,
        ReportState(request.to_state) if known else ReportState.RECEIVED,
        reader.prose("reason", request.reason),
        request.recovered_vnd,
    )
    reader.done()
    return taken


def law_rows(rows: Iterable[Row[Any]]) -> list[contributions_pb2.LawRow]:
    """Rows of law as an answer names them, each once."""
    unique = {(row.code, row.valid_from): row for row in rows}
    return [
        contributions_pb2.LawRow(
            code=row.code,
            valid_from=row.valid_from.isoformat(),
            valid_to=row.valid_to.isoformat() if row.valid_to else "",
            value=str(row.value),
            legal_basis=row.legal_basis,
            verified=row.verified,
        )
        for _, row in sorted(unique.items())
    ]


def employer_unknown() -> NotFound:
    """No unit has this code."""
    return NotFound("EMPLOYER_UNKNOWN", "no unit has this code")


def row_denied() -> PermissionDenied:
    """The unit is not one that this agency may act on."""
    return PermissionDenied("ROW_DENIED", "this unit is not one of yours")


def already(reason: str, message: str) -> Refusal:
    """What is there already."""
    return Refusal(reason, message, code=code_pb2.ALREADY_EXISTS)


def failed_precondition(reason: str, message: str) -> Refusal:
    """Not in this state."""
    return Refusal(reason, message, code=code_pb2.FAILED_PRECONDITION)
