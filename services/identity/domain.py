"""Whether stated particulars are those of a recorded person. Pure."""

from datetime import date
from enum import IntEnum
from typing import NamedTuple

from lienthong.fields import Born


class Sex(IntEnum):
    """As stored, and as in ``vss.types.v1.Sex``."""

    MALE = 1
    FEMALE = 2


class Outcome(IntEnum):
    """How one field compares; the values of ``FieldOutcome``."""

    NOT_ASKED = 1
    MATCH = 2
    MISMATCH = 3


class Result(IntEnum):
    """The whole comparison, from the best to the worst; the values of ``IdentityResult``."""

    MATCH = 1
    PARTIAL = 2
    NO_MATCH = 3
    NOT_FOUND = 4


class Person(NamedTuple):
    """What is recorded and compared. ``birth_date`` is ``None`` where only the year is known."""

    person_id: int
    match_key: str
    birth_date: date | None
    birth_year: int
    sex: int


class Record(NamedTuple):
    """All that is recorded of a person, for other parts of this system."""

    person_id: int
    personal_id: str | None
    si_number: str | None
    full_name: str
    birth_date: date | None
    birth_year: int
    sex: int
    province_code: str


class Claim(NamedTuple):
    """What an agency states of a person; ``None`` for what it does not ask about."""

    identifier: str
    name_key: str | None
    born: Born | None
    sex: Sex | None


class Verdict(NamedTuple):
    """The answer: no stored value is in it. ``person_id`` is 0 for nobody; it stays inside."""

    person_id: int
    result: Result
    full_name: Outcome
    born: Outcome
    sex: Outcome


def verify(claim: Claim, person: Person | None) -> Verdict:
    """Compare field by field. What is asked about nobody is a mismatch."""
    if person is None:
        return Verdict(
            0,
            Result.NOT_FOUND,
            _outcome(asked=claim.name_key is not None, right=False),
            _outcome(asked=claim.born is not None, right=False),
            _outcome(asked=claim.sex is not None, right=False),
        )
    born = claim.born
    outcomes = (
        _outcome(asked=claim.name_key is not None, right=claim.name_key == person.match_key),
        _outcome(
            asked=born is not None,
            right=born is not None and born.agrees_with(person.birth_year, person.birth_date),
        ),
        _outcome(asked=claim.sex is not None, right=claim.sex == person.sex),
    )
    return Verdict(person.person_id, _result(outcomes), *outcomes)


def _outcome(*, asked: bool, right: bool) -> Outcome:
    if not asked:
        return Outcome.NOT_ASKED
    return Outcome.MATCH if right else Outcome.MISMATCH


def _result(outcomes: tuple[Outcome, ...]) -> Result:
    if Outcome.MISMATCH not in outcomes:
        return Result.MATCH
    return Result.PARTIAL if Outcome.MATCH in outcomes else Result.NO_MATCH
