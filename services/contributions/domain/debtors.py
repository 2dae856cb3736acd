"""The units that owe, for the list of a province: what is asked and how each is answered. Pure."""

from datetime import date
from typing import Final, NamedTuple

from services.contributions.domain import states
from services.contributions.domain.states import LegalState

MOST_ROWS: Final = 200
USUAL_ROWS: Final = 50
SECTORS: Final = frozenset({"public", "state", "private", "foreign"})


class Position(NamedTuple):
    """Where a unit stands in the list: oldest debt first."""

    oldest_unpaid: date
    employer_id: int


class DebtorQuery(NamedTuple):
    """Whose debts, of which state, from which amount on, after which unit."""

    province_code: str
    state: LegalState | None
    """Late and evasion when ``None``."""
    least_vnd: int
    sector: str | None
    rows: int
    after: Position | None


class DebtorRow(NamedTuple):
    """One unit's account."""

    employer_id: int
    employer_code: str
    name: str
    owed_vnd: int
    oldest_unpaid: int
    """Month index."""
    urged_on: int | None
    """Ordinal."""
    underdeclared: int
    unregistered: bool

    def verdict(self, today: int) -> states.Verdict:
        """The state of its debt."""
        account = states.Account(self.oldest_unpaid, self.urged_on, self.underdeclared, self.unregistered)
        return states.decide(account, today)


class DebtorPage(NamedTuple):
    """The rows of one page."""

    rows: list[DebtorRow]
    more: bool
