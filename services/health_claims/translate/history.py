"""Questions about a history and their answers, protobuf to domain and back; the names of visits and of pages.

A page token is opaque to the caller: version and kind, a digest of the question, the
position of the last row. It grants nothing, for the row rule is applied to every page
anew and the person is bound anew; the digest keeps a token from being used with another
question by mistake.
"""

import base64
import binascii
import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from typing import Any, Final, Protocol, TypeVar

from lienthong import fields
from lienthong.clock import VIETNAM
from lienthong.rpc.errors import FieldViolation, InvalidArgument
from services.health_claims.domain.facility import Facility
from services.health_claims.domain.history import (
    USUAL_VISITS,
    Asker,
    Drug,
    Ground,
    Item,
    Position,
    RunningDrug,
    SensitiveVisit,
    Visit,
    VisitKey,
    VisitQuery,
    overlaps,
    shown_drugs,
)
from vss.health_claims.v1 import history_pb2 as pb

T = TypeVar("T")
Facilities = Mapping[str, Facility]

_YEAR: Final = timedelta(days=365)
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
# The number is the first byte of a token and is never used again.
_VISITS: Final = 1
_HEAD: Final = struct.Struct(">B8sq")
_PART: Final = "\x1f"
_EXPECTED: Final = "expected the next_page_token of the same question"


class Request(Protocol):
    """What every question about a history has."""

    @property
    def person_id(self) -> int:
        """Who is asked about; 0 for nobody."""

    @property
    def facility_code(self) -> str:
        """Of the facility that asks."""

    @property
    def purpose(self) -> str:
        """What it asks for."""

    @property
    def recent_check(self) -> int:
        """When it last checked her, seconds since 1970; 0 for not within 72 hours."""

    @property
    def citizen_id(self) -> int:
        """The citizen who asks."""


def to_asker(request: Request) -> Asker:
    """Who asks; all of it is bound by the gateway."""
    return Asker(
        person_id=request.person_id,
        facility_code=request.facility_code,
        purpose=request.purpose,
        recent_check=datetime.fromtimestamp(request.recent_check, UTC) if request.recent_check else None,
        citizen_id=request.citizen_id,
    )


def to_query(request: pb.ListVisitsRequest, *, today: date) -> VisitQuery:
    """Which visits. Raises ``InvalidArgument`` naming every wrong field."""
    wrong: list[FieldViolation] = []
    first = _read("from_day", wrong, _day, request.from_day) if request.from_day else None
    last = _read("to_day", wrong, _day, request.to_day) if request.to_day else None
    if not request.from_day and not request.to_day:
        first = today - _YEAR
    if first is not None and last is not None and first > last:
        wrong.append(FieldViolation("to_day", "expected a day not before from_day"))
    after = None
    if request.page_token:
        question = _question(request)
        after = _read("page_token", wrong, lambda token: _position(token, question), request.page_token)
    if wrong:
        raise InvalidArgument(*wrong)
    return VisitQuery(
        since=_midnight(first) if first is not None else None,
        until=_midnight(last + timedelta(days=1)) if last is not None else None,
        rows=request.page_size or USUAL_VISITS,
        after=after,
    )


def to_day(request: pb.ListRunningDrugsRequest, *, today: date) -> date:
    """The day asked about. Raises ``InvalidArgument``."""
    if not request.on_day:
        return today
    wrong: list[FieldViolation] = []
    day = _read("on_day", wrong, _day, request.on_day)
    if day is None:
        raise InvalidArgument(*wrong)
    return day


def to_visit_key(visit_id: str) -> VisitKey | None:
    """The visit that is named; ``None`` for what we never named one."""
    try:
        text = base64.b64decode(visit_id + "=" * (-len(visit_id) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    key = VisitKey(*text.partition(".")[::2])
    return key if visit_id_of(key) == visit_id and "\0" not in text else None


def visit_id_of(key: VisitKey) -> str:
    """How a visit is named to an asker."""
    return base64.urlsafe_b64encode(".".join(key).encode()).rstrip(b"=").decode()


def visits_response(
    request: pb.ListVisitsRequest,
    visits: Sequence[Visit],
    rows: int,
    ground: Ground,
    facilities: Facilities,
) -> pb.ListVisitsResponse:
    """A page of ``rows``; one visit more says that there is another."""
    response = pb.ListVisitsResponse(access=ground.value, person_id=request.person_id)  # type: ignore[arg-type]
    for visit in visits[:rows]:
        fill_visit(response.visits.add(), visit, facilities)
    if len(visits) > rows:
        response.next_page_token = _token(_question(request), visits[rows - 1].position)
    return response


def fill_visit(target: pb.PastVisit, visit: Visit, facilities: Facilities) -> None:
    """Write a visit."""
    facility = facilities.get(visit.facility_code)
    target.visit_id = visit_id_of(visit.key)
    target.facility_code = visit.facility_code
    target.facility_name = facility.name if facility is not None else ""
    target.admitted_at = _moment(visit.admitted_at)
    target.discharged_at = _moment(visit.discharged_at)
    target.visit_kind_code = visit.visit_kind
    target.patient_kind_code = visit.patient_kind
    target.main_diagnosis = visit.main_diagnosis or ""
    target.other_diagnoses.extend(visit.other_diagnoses)
    target.diagnosis_text = visit.diagnosis_text
    target.has_sensitive = visit.has_sensitive
    target.outcome_code = visit.outcome
    target.cost_vnd = visit.cost_vnd
    target.insured_cost_vnd = visit.insured_cost_vnd
    target.fund_vnd = visit.fund_vnd
    target.copay_vnd = visit.copay_vnd
    target.patient_vnd = visit.patient_vnd
    target.version = visit.version


def drug_line(drug: Drug) -> pb.DrugLine:
    """A line of XML2."""
    values = drug._asdict()
    return pb.DrugLine(**(values | {"lasts_until": drug.lasts_until or ""}))


def service_line(item: Item) -> pb.ServiceLine:
    """A line of XML3."""
    return pb.ServiceLine(**item._asdict())


def drugs_response(
    drugs: Sequence[RunningDrug], ground: Ground, *, person_id: int
) -> pb.ListRunningDrugsResponse:
    """The drugs that this ground shows, with those marked that overlap among them."""
    shown = shown_drugs(drugs, ground)
    return pb.ListRunningDrugsResponse(
        drugs=[
            pb.RunningDrug(
                drug=drug_line(one.drug),
                visit_id=visit_id_of(one.visit),
                facility_code=one.visit.facility_code,
                overlaps=is_double,
            )
            for one, is_double in zip(shown, overlaps(shown), strict=True)
        ],
        withheld=len(shown) < len(drugs),
        access=ground.value,  # type: ignore[arg-type]  # the domain's values are the contract's
        person_id=person_id,
    )


def sensitive_response(
    visits: Sequence[SensitiveVisit], ground: Ground, *, person_id: int
) -> pb.ListSensitiveVisitsResponse:
    """What is sensitive, visit by visit."""
    return pb.ListSensitiveVisitsResponse(
        visits=[
            pb.SensitiveVisit(
                visit_id=visit_id_of(one.visit),
                facility_code=one.visit.facility_code,
                admitted_on=one.admitted_on.isoformat(),
                diagnoses=one.diagnoses,
                diagnosis_text=one.diagnosis_text,
                has_hiv_table=one.has_hiv_table,
            )
            for one in visits
        ],
        access=ground.value,  # type: ignore[arg-type]
        person_id=person_id,
    )


def _question(request: pb.ListVisitsRequest) -> tuple[Any, ...]:
    """Everything that decides which rows there are, but for today; the size of the page may change."""
    return (request.person_id, request.facility_code, request.citizen_id, request.from_day, request.to_day)


def _token(question: tuple[Any, ...], position: Position) -> str:
    micros = (position.discharged_at - _EPOCH) // _MICROSECOND
    names = _PART.join((position.facility_code, position.treatment_code)).encode()
    packed = _HEAD.pack(_VISITS, _digest(question), micros) + names
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _position(token: str, question: tuple[Any, ...]) -> Position:
    """Raises ``WrongField`` for what ``_token`` did not write for this question."""
    try:
        packed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        kind, digest, micros = _HEAD.unpack_from(packed)
        facility, part, treatment = packed[_HEAD.size :].decode().partition(_PART)
        position = Position(_EPOCH + timedelta(microseconds=micros), facility, treatment)
    except (binascii.Error, struct.error, ValueError, OverflowError):
        raise fields.WrongField(_EXPECTED) from None
    is_ours = kind == _VISITS and digest == _digest(question) and part == _PART and "\0" not in treatment
    if not is_ours or _token(question, position) != token:
        raise fields.WrongField(_EXPECTED)
    return position


def _digest(question: tuple[Any, ...]) -> bytes:
    return blake2b(repr(question).encode(), digest_size=8).digest()


def _day(text: str) -> date:
    day = fields.calendar_day(text)
    if not _FIRST_DAY <= day <= _LAST_DAY:
        msg = f"expected a day from {_FIRST_DAY} to {_LAST_DAY}"
        raise fields.WrongField(msg)
    return day


def _midnight(day: date) -> datetime:
    """When it begins in Việt Nam."""
    return datetime.combine(day, time(), VIETNAM)


def _moment(moment: datetime) -> str:
    return moment.astimezone(VIETNAM).isoformat(timespec="seconds")


def _read(field: str, wrong: list[FieldViolation], read: Callable[[str], T], text: str) -> T | None:
    try:
        return read(text)
    except fields.WrongField as error:
        wrong.append(FieldViolation(field, str(error)))
        return None
