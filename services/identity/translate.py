"""Protobuf to domain and back. The only place where a missing or wrong field is refused."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final, TypeVar

from lienthong import fields, names
from lienthong.rpc.batches import LARGEST_BATCH
from lienthong.rpc.errors import FieldViolation, InvalidArgument
from services.identity.domain import Claim, Record, Result, Sex, Verdict
from vss.identity.v1 import identity_pb2 as pb
from vss.types.v1 import text_pb2

T = TypeVar("T")

MOST_LOOKED_UP: Final = 50_000
"""Identifiers in one ``LookUpPersons``: the lines of the longest declaration."""

_TEXTS: Final = {
    Result.MATCH: text_pb2.LocalizedText(vi="Thông tin khớp", en="Every particular asked is right"),
    Result.PARTIAL: text_pb2.LocalizedText(
        vi="Thông tin khớp một phần", en="Some particulars are right and some are not"
    ),
    Result.NO_MATCH: text_pb2.LocalizedText(vi="Thông tin không khớp", en="No particular asked is right"),
    Result.NOT_FOUND: text_pb2.LocalizedText(
        vi="Không tìm thấy số định danh hoặc mã số BHXH", en="Nobody has this identifier"
    ),
}


def to_claim(request: pb.VerifyIdentityRequest, *, today: date) -> Claim:
    """What the agency states. Raises ``InvalidArgument`` naming every wrong field."""
    wrong: list[FieldViolation] = []
    identifier = _read("identifier", wrong, lambda: fields.person_identifier(request.identifier))
    name = born = None
    if request.full_name:
        name = _read("full_name", wrong, lambda: fields.full_name(request.full_name))
    if request.born:
        born = _read("born", wrong, lambda: fields.born(request.born, today=today))
    if request.sex not in (text_pb2.SEX_UNSPECIFIED, Sex.MALE, Sex.FEMALE):
        wrong.append(FieldViolation("sex", "expected SEX_MALE or SEX_FEMALE"))
    elif not (request.full_name or request.born or request.sex):
        wrong.append(FieldViolation("full_name", "expected full_name, born or sex: nothing is asked"))
    if wrong or identifier is None:
        raise InvalidArgument(*wrong)
    return Claim(
        identifier,
        None if name is None else names.match_key(name),
        born,
        Sex(request.sex) if request.sex else None,
    )


def to_identifiers(request: pb.ResolvePersonsRequest) -> list[str]:
    """The identifiers to resolve. Raises ``InvalidArgument`` naming every wrong one."""
    if len(request.identifiers) > LARGEST_BATCH:
        raise InvalidArgument(FieldViolation("identifiers", f"expected at most {LARGEST_BATCH} items"))
    wrong: list[FieldViolation] = []
    read = [
        _read(f"identifiers[{index}]", wrong, lambda text=text: fields.person_identifier(text))  # type: ignore[misc]
        for index, text in enumerate(request.identifiers)
    ]
    if wrong:
        raise InvalidArgument(*wrong)
    return [identifier for identifier in read if identifier is not None]


def to_looked_up(request: pb.LookUpPersonsRequest) -> list[str]:
    """The identifiers to look up; an empty text for one that nobody can have.

    Raises ``InvalidArgument`` for more of them than ``MOST_LOOKED_UP``.
    """
    if len(request.identifiers) > MOST_LOOKED_UP:
        raise InvalidArgument(FieldViolation("identifiers", f"expected at most {MOST_LOOKED_UP} items"))
    return [_identifier_or_nothing(text) for text in request.identifiers]


def to_persons(records: Sequence[Record | None]) -> list[text_pb2.Person]:
    """Each record as the contract's person; nobody has ``person_id`` 0."""
    return [_NOBODY if record is None else _person(record) for record in records]


def fill(response: pb.VerifyIdentityResponse, verdict: Verdict) -> None:
    """Write the verdict into the response."""
    response.result = verdict.result  # type: ignore[assignment]  # the domain's values are the contract's
    response.full_name = verdict.full_name  # type: ignore[assignment]
    response.born = verdict.born  # type: ignore[assignment]
    response.sex = verdict.sex  # type: ignore[assignment]
    response.result_text.CopyFrom(_TEXTS[verdict.result])
    response.person_id = verdict.person_id


def _read(field: str, wrong: list[FieldViolation], read: Callable[[], T]) -> T | None:
    try:
        return read()
    except fields.WrongField as error:
        wrong.append(FieldViolation(field, str(error)))
        return None


_NOBODY: Final = text_pb2.Person()


def _identifier_or_nothing(text: str) -> str:
    try:
        return fields.person_identifier(text)
    except fields.WrongField:
        return ""


def _person(record: Record) -> text_pb2.Person:
    born = record.birth_date
    return text_pb2.Person(
        person_id=record.person_id,
        personal_id=record.personal_id,
        si_number=record.si_number,
        full_name=record.full_name,
        born=f"{record.birth_year:04d}" if born is None else born.isoformat(),
        sex=record.sex,  # type: ignore[arg-type]  # the domain's values are the contract's
        province_code=record.province_code,
    )
