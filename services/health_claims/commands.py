"""Writes of the health-insurance database: the cards of employees. Set-based, in the caller's transaction.

Whoever takes in an event that may change a person's cards locks her holder row first, so
that events of two units about one person follow each other; rows are locked in the order
of their keys, so that two events about the same people do not deadlock. Of people whose
cover stays as it was, nothing is written but the version.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Final, LiteralString, NamedTuple

from psycopg import Connection
from psycopg.rows import TupleRow, tuple_row

from lienthong.bus.handling import EventContext, TimerContext
from lienthong.bus.sharing import Apart
from lienthong.clock import VIETNAM
from services.health_claims.domain.coverage import Card
from services.health_claims.domain.employment import Employment, Insured, reconcile, year_end
from services.health_claims.translate import events
from vss.contributions.v1 import events_pb2
from vss.types.v1 import text_pb2

RENEWED_AT_ONCE: Final = 5_000
"""People looked at in one turn of the yearly renewal."""

_NO_FACILITY: Final = "000"
"""After the province: not registered anywhere yet."""


def take_in(told: Sequence[events_pb2.ParticipationChanged], contexts: Sequence[EventContext]) -> None:
    """Events about different people in one transaction. Raises as :meth:`EmployeeCards.ParticipationChanged` does.

    Also :class:`lienthong.bus.sharing.Apart` for two in which one unit tells of one person: the second counts on
    the first.
    """
    if len(told) > 1:
        whom = [(event.employer_code, one.person.person_id) for event in told for one in event.participants]
        if len(set(whom)) < len(whom):
            raise Apart
    columns = events.to_told(*told)
    now = contexts[0].now
    writing = _Writing(contexts[0].connection, today=now.astimezone(VIETNAM).date(), now=now)
    columns = writing.without_unchanged(columns)
    if columns.person_ids:
        writing.lock_holders(columns.persons)
        writing.cards(writing.take_in(columns), columns.persons)


class EmployeeCards:
    """Takes in what contributions tell. One effect each: an older version changes nothing."""

    TOGETHER: ClassVar = {"ParticipationChanged": take_in}
    """Takes in several at once, about different people: their statements are the same."""

    def ParticipationChanged(  # noqa: N802 -- the name of the event's message
        self, event: events_pb2.ParticipationChanged, context: EventContext
    ) -> None:
        """Open, extend or close the cards of the people told of.

        Raises ``events.Incomplete`` for an event that lacks what it must have, and
        ``lienthong.law.UnknownRule`` for an ownership that the law does not list.
        """
        take_in([event], [context])


def renew_cards(context: TimerContext) -> None:
    """Give people whose employment goes on their cards for the new year.

    A year has tens of millions of them: each turn takes some, in their order, and the
    next one the next, until nobody is left.
    """
    today = context.now.astimezone(VIETNAM).date()
    _Writing(context.connection, today=today, now=context.now).renew(RENEWED_AT_ONCE)


class _Due(NamedTuple):
    """Somebody whose cards are to be looked at."""

    person_id: int
    released: bool


class _Writing:
    """The statements of one transaction. ``today`` in Việt Nam, ``now`` in UTC."""

    def __init__(self, connection: Connection[Any], *, today: date, now: datetime) -> None:
        self._connection = connection
        self._today = today
        self._now = now.astimezone(UTC)

    def without_unchanged(self, told: events.Told) -> events.Told:
        """Those whose cards may change; of the others only the version is kept, without which order is lost.

        Asked of those who neither start nor end: most of them have another base, and nothing else.
        """
        asked = [place for place, continuing in enumerate(told.continuing) if continuing]
        if not asked:
            return told
        given = {
            "person_ids": _numbers(told.person_ids[place] for place in asked),
            "versions": _numbers(told.versions[place] for place in asked),
            "covered": _literals(told.covered[place] for place in asked),
            "units": _numbers(told.units[place] for place in asked),
            "employer_codes": told.employer_codes,
            "sectors": told.sectors,
            "province_codes": told.province_codes,
            "until": year_end(self._today),
        }
        unchanged = set(self._rows(_SAME_COVER, given))
        everybody = enumerate(zip(told.person_ids, told.units, strict=True))
        return told.places(place for place, who in everybody if who not in unchanged)

    def lock_holders(self, persons: Mapping[int, text_pb2.Person]) -> None:
        """Hold the rows of these people until the end of the transaction; make those that are missing."""
        known = {row[0] for row in self._rows(_LOCK, {"person_ids": _numbers(persons)})}
        missing = [person for person_id, person in sorted(persons.items()) if person_id not in known]
        if not missing:
            return
        columns = events.to_holders(missing)
        given = {
            name: getattr(columns, name)
            for name in ("person_ids", "birth_dates", "birth_years", "sexes", "full_names", "match_keys")
        }
        self._connection.execute(_MAKE_HOLDERS, {**given, "now": self._now})
        identifiers = {"identifiers": columns.identifiers, "owners": columns.owners}
        self._connection.execute(_MAKE_IDENTIFIERS, identifiers)
        # Somebody else may have made one of them in the meantime, and let it go.
        self._rows(_LOCK, {"person_ids": _numbers(columns.person_ids)})

    def take_in(self, told: events.Told) -> list[_Due]:
        """Keep what was told, where it is newer; whose cards depend on it."""
        rows = self._rows(
            _TAKE_IN,
            {
                "person_ids": _numbers(told.person_ids),
                "versions": _numbers(told.versions),
                "covered": _literals(told.covered),
                "released": told.released,
                "units": _numbers(told.units),
                "employer_codes": told.employer_codes,
                "sectors": told.sectors,
                "province_codes": told.province_codes,
                "until": year_end(self._today),
                "now": self._now,
            },
        )
        # Once each: whom two units tell of, one of which lets her go, is let go.
        due: dict[int, bool] = {}
        for person_id, released in rows:
            due[person_id] = due.get(person_id, False) or released
        return [_Due(person_id, due[person_id]) for person_id in sorted(due)]

    def renew(self, most: int) -> None:
        """Look at the cards of ``most`` people whose employment goes on and who were not looked at this year."""
        until = year_end(self._today)
        rows = self._rows(_DUE_FOR_RENEWAL, {"until": until, "most": most})
        people = [row[0] for row in rows]
        self._rows(_LOCK, {"person_ids": _numbers(people)})
        self.cards([_Due(person_id, released=False) for person_id in people], {})
        self._connection.execute(_RENEWED, {"person_ids": people, "until": until})

    def cards(self, due: Sequence[_Due], persons: Mapping[int, text_pb2.Person]) -> None:
        """Write the cards that these people must have. ``persons`` may lack those who hold a card."""
        if not due:
            return
        asked = _numbers(one.person_id for one in due)
        employments = self._employments(asked)
        held = self._cards(asked)
        new = (persons[p].province_code for p, _ in due if p not in held and p in persons)
        facilities = self._facilities(new)
        changed: list[tuple[int, Card]] = []
        for person_id, released in due:
            cards = held.get(person_id, ())
            person = persons.get(person_id)
            if person is None and not cards:
                continue  # only for a renewal: whose card was taken back before there was another
            insured = Insured(
                number=cards[-1].code[-10:] if person is None else events.card_number(person),
                facility_code="" if cards or person is None else _facility(facilities, person),
                cards=cards,
                employments=tuple(employments.get(person_id, ())),
                released=released,
            )
            changed += [(person_id, card) for card in reconcile(insured, today=self._today)]
        self._write(sorted(changed, key=_key))

    def _employments(self, person_ids: str) -> dict[int, list[Employment]]:
        found: dict[int, list[Employment]] = {}
        for person_id, *columns in self._rows(_EMPLOYMENTS, {"person_ids": person_ids}):
            found.setdefault(person_id, []).append(events.employment(*columns))
        return found

    def _cards(self, person_ids: str) -> dict[int, tuple[Card, ...]]:
        found: dict[int, tuple[Card, ...]] = {}
        for person_id, *columns in self._rows(_CARDS, {"person_ids": person_ids}):
            found[person_id] = (*found.get(person_id, ()), Card._make(columns))
        return found

    def _facilities(self, provinces: Iterable[str]) -> dict[str, str]:
        asked = sorted(set(provinces))
        return dict(self._rows(_FACILITIES, {"provinces": asked})) if asked else {}

    def _write(self, changed: Sequence[tuple[int, Card]]) -> None:
        if not changed:
            return
        cards = [card for _, card in changed]
        self._connection.execute(
            _WRITE_CARDS,
            {
                "person_ids": _numbers(person_id for person_id, _ in changed),
                "codes": [card.code for card in cards],
                "subjects": [card.subject_code for card in cards],
                "digits": _numbers(card.benefit_digit for card in cards),
                "provinces": [card.province_code for card in cards],
                "begins": [card.valid_from for card in cards],
                "ends": [card.valid_to for card in cards],
                "facilities": [card.facility_code for card in cards],
                "statuses": _numbers(int(card.status) for card in cards),
                "since": [card.status_from for card in cards],
                "now": self._now,
            },
        )

    def _rows(self, statement: LiteralString, given: Mapping[str, Any]) -> list[TupleRow]:
        with self._connection.cursor(binary=True, row_factory=tuple_row) as cursor:
            cursor.execute(statement, given)
            return cursor.fetchall()


def _numbers(values: Iterable[int]) -> str:
    """The text of an array: much cheaper than a list, which is adapted number by number."""
    return "{" + ",".join(map(str, values)) + "}"


def _literals(arrays: Iterable[str]) -> str:
    """As ``_numbers``, of arrays that are texts themselves: digits, commas and braces."""
    return '{"' + '","'.join(arrays) + '"}'


def _facility(facilities: Mapping[str, str], person: text_pb2.Person) -> str:
    """A primary facility of the province where she lives, until she chooses one."""
    return facilities.get(person.province_code, f"{person.province_code:0>2}{_NO_FACILITY}")


def _key(changed: tuple[int, Card]) -> tuple[int, str, date]:
    return changed[0], changed[1].code, changed[1].valid_from


_LOCK: Final[LiteralString] = """
SELECT h.person_id
FROM unnest(%(person_ids)s::bigint[]) AS k (person_id)
JOIN holder h ON h.person_id = k.person_id
ORDER BY h.person_id
FOR NO KEY UPDATE OF h
"""
_MAKE_HOLDERS: Final[LiteralString] = """
INSERT INTO holder (person_id, changed_at, birth_date, birth_year, sex, full_name, match_key)
SELECT p.person_id, %(now)s, p.birth_date, p.birth_year, p.sex, p.full_name, p.match_key
FROM unnest(%(person_ids)s::bigint[], %(birth_dates)s::date[], %(birth_years)s::smallint[],
            %(sexes)s::smallint[], %(full_names)s::text[], %(match_keys)s::text[])
     AS p (person_id, birth_date, birth_year, sex, full_name, match_key)
ON CONFLICT DO NOTHING
"""
_MAKE_IDENTIFIERS: Final[LiteralString] = """
INSERT INTO holder_identifier (identifier, person_id)
SELECT i.identifier, i.person_id
FROM unnest(%(identifiers)s::text[], %(owners)s::bigint[]) AS i (identifier, person_id)
ORDER BY i.identifier
ON CONFLICT DO NOTHING
"""
_SAME_COVER: Final[LiteralString] = """
UPDATE employment e SET version = t.version
FROM unnest(%(person_ids)s::bigint[], %(versions)s::bigint[], %(covered)s::text[], %(units)s::integer[])
     AS t (person_id, version, covered, unit)
WHERE e.person_id = t.person_id AND e.employer_code = (%(employer_codes)s::text[])[t.unit]
  AND e.version < t.version AND e.covered = t.covered::integer[] AND e.carded_until = %(until)s
  AND e.sector = (%(sectors)s::text[])[t.unit] AND e.province_code = (%(province_codes)s::text[])[t.unit]
RETURNING e.person_id, t.unit
"""
"""Touches no index; whom somebody else changes meanwhile is looked at again, or left to :data:`_TAKE_IN`."""
_TAKE_IN: Final[LiteralString] = """
WITH told AS (
    SELECT t.person_id, t.version, t.covered::integer[] AS covered, t.released,
           (%(employer_codes)s::text[])[t.unit] AS employer_code, (%(sectors)s::text[])[t.unit] AS sector,
           (%(province_codes)s::text[])[t.unit] AS province_code
    FROM unnest(%(person_ids)s::bigint[], %(versions)s::bigint[], %(covered)s::text[],
                %(released)s::boolean[], %(units)s::integer[]) AS t (person_id, version, covered, released, unit)
), known AS (
    SELECT e.person_id, e.employer_code, e.covered, e.sector, e.province_code, e.carded_until
    FROM told JOIN employment e ON e.person_id = told.person_id AND e.employer_code = told.employer_code
), taken AS (
    INSERT INTO employment (person_id, version, changed_at, carded_until, covered, employer_code, sector,
                            province_code)
    SELECT person_id, version, %(now)s, %(until)s, covered, employer_code, sector, province_code
    FROM told
    ON CONFLICT (person_id, employer_code) DO UPDATE
    SET version = EXCLUDED.version, changed_at = EXCLUDED.changed_at, covered = EXCLUDED.covered,
        carded_until = EXCLUDED.carded_until, sector = EXCLUDED.sector,
        province_code = EXCLUDED.province_code
    WHERE employment.version < EXCLUDED.version
    RETURNING person_id, employer_code
)
SELECT told.person_id, told.released OR known.person_id IS NOT NULL
FROM taken
JOIN told USING (person_id, employer_code)
LEFT JOIN known USING (person_id, employer_code)
-- Whose covered months are the same has the cards that she had.
WHERE known.person_id IS NULL OR known.covered <> told.covered
   OR known.carded_until <> %(until)s OR known.sector <> told.sector
   OR known.province_code <> told.province_code
"""
_DUE_FOR_RENEWAL: Final[LiteralString] = """
SELECT DISTINCT person_id FROM (
    SELECT person_id FROM employment
    WHERE carded_until < %(until)s AND covered[cardinality(covered)] = 0
    LIMIT %(most)s
) AS due
"""
_RENEWED: Final[LiteralString] = """
UPDATE employment e SET carded_until = %(until)s
FROM unnest(%(person_ids)s::bigint[]) AS k (person_id)
WHERE e.person_id = k.person_id
"""
_EMPLOYMENTS: Final[LiteralString] = """
SELECT e.person_id, e.sector, e.province_code, e.covered
FROM unnest(%(person_ids)s::bigint[]) AS k (person_id)
JOIN employment e ON e.person_id = k.person_id
"""
_CARDS: Final[LiteralString] = """
SELECT c.person_id, c.card_code, c.subject_code, c.benefit_digit, c.province_code, c.valid_from, c.valid_to,
       c.facility_code, c.status, c.status_from
FROM unnest(%(person_ids)s::bigint[]) AS k (person_id)
JOIN card c ON c.person_id = k.person_id
"""
_FACILITIES: Final[LiteralString] = """
SELECT f.province_code, min(f.code) FROM facility f
WHERE f.level = 1 AND f.province_code = ANY(%(provinces)s::text[])
GROUP BY f.province_code
"""
_WRITE_CARDS: Final[LiteralString] = """
INSERT INTO card (person_id, changed_at, valid_from, valid_to, benefit_digit, status, card_code, subject_code,
                  province_code, facility_code, status_from)
SELECT c.person_id, %(now)s, c.valid_from, c.valid_to, c.digit, c.status, c.code, c.subject, c.province,
       c.facility, c.status_from
FROM unnest(%(person_ids)s::bigint[], %(codes)s::text[], %(subjects)s::text[], %(digits)s::smallint[],
            %(provinces)s::text[], %(begins)s::date[], %(ends)s::date[], %(facilities)s::text[],
            %(statuses)s::smallint[], %(since)s::date[])
     AS c (person_id, code, subject, digit, province, valid_from, valid_to, facility, status, status_from)
ON CONFLICT (person_id, card_code, valid_from) DO UPDATE
SET valid_to = EXCLUDED.valid_to, status = EXCLUDED.status, status_from = EXCLUDED.status_from,
    changed_at = EXCLUDED.changed_at
"""
