"""What contributions tell about employees, as columns for one statement.

Walks a message of thousands of participants once; nothing is looked up here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from lienthong import names
from services.health_claims.domain.employment import OPEN, Employment, Months
from vss.contributions.v1 import events_pb2
from vss.types.v1 import text_pb2

HEALTH: Final = 2
"""Health insurance in the bit mask of a period's schemes."""


class Incomplete(ValueError):
    """The event lacks what this service needs of it; it is no message of ours."""


@dataclass(slots=True, kw_only=True)
class Told:
    """Units' participants, column by column; ``units`` says whose each is: 1 is the first."""

    employer_codes: list[str] = field(default_factory=list)
    sectors: list[str] = field(default_factory=list)
    province_codes: list[str] = field(default_factory=list)
    units: list[int] = field(default_factory=list)
    person_ids: list[int] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    covered: list[str] = field(default_factory=list)
    """Array literals: first, last, first, last ..."""
    released: list[bool] = field(default_factory=list)
    continuing: list[bool] = field(default_factory=list)
    """Neither started nor ended: perhaps only her base changed."""
    persons: dict[int, text_pb2.Person] = field(default_factory=dict)

    def places(self, wanted: Iterable[int]) -> "Told":
        """The same units with the participants at these places only."""
        kept = Told(
            employer_codes=self.employer_codes, sectors=self.sectors, province_codes=self.province_codes
        )
        for place in wanted:
            person_id = self.person_ids[place]
            kept.units.append(self.units[place])
            kept.person_ids.append(person_id)
            kept.versions.append(self.versions[place])
            kept.covered.append(self.covered[place])
            kept.released.append(self.released[place])
            kept.continuing.append(self.continuing[place])
            kept.persons[person_id] = self.persons[person_id]
        return kept


def to_told(*told: events_pb2.ParticipationChanged) -> Told:
    """The events' columns, in the order of persons. Raises ``Incomplete`` without a unit, its province, or a person.

    Of a person who is told twice by one unit, the newer version counts.
    """
    columns = Told()
    newest: dict[tuple[int, int], events_pb2.Participant] = {}
    for unit, event in enumerate(told, start=1):
        if not event.employer_code or not event.sector or len(event.province_code) != 2:
            raise Incomplete("unit")
        columns.employer_codes.append(event.employer_code)
        columns.sectors.append(event.sector)
        columns.province_codes.append(event.province_code)
        for participant in event.participants:
            key = participant.person.person_id, unit
            if key[0] <= 0 or participant.version <= 0:
                raise Incomplete("participant")
            known = newest.get(key)
            if known is None or known.version < participant.version:
                newest[key] = participant
    for person_id, unit in sorted(newest):
        participant = newest[person_id, unit]
        columns.units.append(unit)
        columns.person_ids.append(person_id)
        columns.versions.append(participant.version)
        columns.covered.append(_covered(participant.periods))
        columns.released.append(participant.change == events_pb2.PARTICIPATION_CHANGE_ENDED)
        columns.continuing.append(participant.change == events_pb2.PARTICIPATION_CHANGE_CHANGED)
        columns.persons[person_id] = participant.person
    return columns


def employment(sector: str, province_code: str, covered: list[int]) -> Employment:
    """A stored row; ``covered`` as :attr:`Told.covered` writes it."""
    months = tuple(map(Months._make, zip(covered[::2], covered[1::2], strict=True)))
    return Employment(sector, province_code, months)


@dataclass(slots=True, kw_only=True)
class Holders:
    """People who are new to health insurance, column by column."""

    person_ids: list[int] = field(default_factory=list)
    birth_dates: list[date | None] = field(default_factory=list)
    birth_years: list[int] = field(default_factory=list)
    sexes: list[int] = field(default_factory=list)
    full_names: list[str] = field(default_factory=list)
    match_keys: list[str] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    """The person of each identifier."""


def to_holders(persons: Iterable[text_pb2.Person]) -> Holders:
    """The persons' columns. Raises ``Incomplete`` without identifier, name, birth or sex."""
    holders = Holders()
    for person in persons:
        born = person.born
        if not (person.full_name and len(born) in (4, 10) and person.sex):
            raise Incomplete("person")
        holders.person_ids.append(person.person_id)
        holders.birth_dates.append(date.fromisoformat(born) if len(born) == 10 else None)
        holders.birth_years.append(int(born[:4]))
        holders.sexes.append(person.sex)
        holders.full_names.append(names.stored_name(person.full_name))
        holders.match_keys.append(names.match_key(person.full_name))
        for identifier in filter(None, (person.personal_id, card_number(person))):
            holders.identifiers.append(identifier)
            holders.owners.append(person.person_id)
    return holders


def card_number(person: text_pb2.Person) -> str:
    """The ten digits that end a person's card codes: her social-insurance number.

    While none was given to her, the last ten of her personal ID. Raises ``Incomplete``
    for a person without both.
    """
    number = person.si_number or person.personal_id[-10:]
    if len(number) != 10:
        raise Incomplete("identifier")
    return number


def _covered(periods: Iterable[events_pb2.Period]) -> str:
    """Months with health insurance, as an array literal; periods that touch become one."""
    runs: list[int] = []
    for period in periods:
        if not period.schemes & HEALTH:
            continue
        first, last = period.from_month, period.to_month
        if runs and runs[-1] != OPEN and first <= runs[-1] + 1:
            runs[-1] = last if last == OPEN else max(last, runs[-1])
        elif not runs or runs[-1] != OPEN:
            runs += (first, last)
    return "{" + ",".join(map(str, runs)) + "}"
