"""The units that a command is about, found by their codes and locked."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final, LiteralString, NamedTuple

import psycopg

from services.contributions.commands.arrays import month_of
from services.contributions.domain.charges import Unit as Charged
from services.contributions.domain.states import Account

Connection = psycopg.Connection[Any]


class Unit(NamedTuple):
    """One unit with its account, locked until the transaction ends."""

    employer_id: int
    code: str
    name: str
    province_code: str
    sector: str
    region: int
    reduced: bool
    taken_over: date
    next_entry: int
    told_state: int
    oldest_unpaid: date | None
    urged_on: date | None
    underdeclared: int
    unregistered: bool
    opened_through: date
    judged_from: date
    judged_through: date

    @property
    def charged(self) -> Charged:
        """What decides its charges."""
        return Charged(self.region, self.reduced, month_of(self.taken_over), month_of(self.opened_through))

    @property
    def account(self) -> Account:
        """What decides its state, as stored."""
        return Account(
            None if self.oldest_unpaid is None else month_of(self.oldest_unpaid),
            None if self.urged_on is None else self.urged_on.toordinal(),
            self.underdeclared,
            self.unregistered,
        )


# Under FOR SHARE a month is not opened while this transaction lasts, and what was opened is seen.
_COLUMNS: Final[LiteralString] = """
SELECT e.employer_id, e.employer_code, e.name, e.province_code, e.sector, e.region, e.reduced_accident_rate,
       a.taken_over, a.next_entry, a.told_state, a.oldest_unpaid, a.urged_on, a.underdeclared, a.unregistered,
       b.opened_through, b.judged_from, b.judged_through
FROM employer e JOIN employer_account a USING (employer_id) CROSS JOIN book b
"""
_LOCK: Final[LiteralString] = "ORDER BY e.employer_id FOR SHARE OF b FOR NO KEY UPDATE OF a"
_BY_CODE: Final = _COLUMNS + "WHERE e.employer_code = ANY(%s) " + _LOCK
_BY_NUMBER: Final = _COLUMNS + "WHERE e.employer_id = ANY(%s) " + _LOCK


def lock_by_code(connection: Connection, codes: Iterable[str]) -> list[Unit]:
    """The units with these codes that there are, in the order of their numbers."""
    return _units(connection, _BY_CODE, list(codes))


def lock_by_number(connection: Connection, numbers: Iterable[int]) -> list[Unit]:
    """As ``lock_by_code``."""
    return _units(connection, _BY_NUMBER, list(numbers))


def _units(connection: Connection, statement: LiteralString, keys: list[Any]) -> list[Unit]:
    cursor = connection.cursor(binary=True)
    return [Unit._make(row) for row in cursor.execute(statement, [keys]).fetchall()]
