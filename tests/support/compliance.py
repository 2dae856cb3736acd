"""Units in a schema of their own as months go by, and their legal states as a reader of the books finds them."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from lienthong.bus.handling import TimerHandler
from lienthong.clock import VIETNAM
from services.contributions.commands import compliance, opening
from services.contributions.domain.dues import floor_of
from services.contributions.domain.ledger import deadline_day
from services.contributions.domain.months import month_index
from services.contributions.domain.reports import ReportKind, stands_for_evasion
from services.contributions.domain.states import Account, Reason, decide
from tests.support.accounts import Desk
from tests.support.cubes import Cubes, cubes_of

ON_TIME, LATE, EVASION, UNDERDECLARED = 1, 2, 3, 4
UNIT, OTHER, COLLECTOR = "9900000001TEST1", "9900000002TEST1", "9900000003TEST1"
CONFIRMED, RECOVERED = 4, 6


class Stood(NamedTuple):
    """A unit at the end of a month."""

    state: int
    workers: int
    under_floor: int


class Books:
    """Every base table, read at once."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        def rows(query: str) -> list[tuple[Any, ...]]:
            return connection.execute(query.encode()).fetchall()

        self.units = rows("SELECT employer_id, employer_code, region FROM employer WHERE sector <> 'none'")
        self.charges = rows(
            "SELECT employer_id, month, entry, fund, due_vnd, paid_vnd, paid_on FROM charge WHERE fund <= 5"
        )
        self.parts: dict[tuple[Any, ...], list[tuple[date, int]]] = defaultdict(list)
        for *key, day, vnd in rows(
            "SELECT employer_id, month, entry, fund, value_date, amount_vnd FROM allocation"
        ):
            self.parts[tuple(key)].append((day, vnd))
        self.received = {
            (unit, entry): at
            for unit, entry, at in rows("SELECT employer_id, entry, received_at FROM declaration")
        }
        self.letters = rows("SELECT employer_id, issued_on FROM urge")
        self.reports = rows("SELECT report_id, employer_id, kind, from_month FROM report")
        self.steps = {
            (report, state): at for report, state, at in rows("SELECT report_id, state, at FROM report_step")
        }
        self.periods = rows(
            "SELECT employer_id, person_id, schemes, base_vnd, valid_from, coalesce(valid_to, '9999-12-01')"
            " FROM participation"
        )

    def at_the_end_of(self, month: date) -> dict[str, Stood]:
        """Every unit that is counted, by its code."""
        stood = {code: self._stood(number, region, month) for number, code, region in self.units}
        return {code: one for code, one in stood.items() if one.workers or one.state != ON_TIME}

    def _stood(self, unit: int, region: int, month: date) -> Stood:
        day = (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        people = [p for p in self.periods if p[0] == unit and p[4] <= month <= p[5]]
        under = sum(
            base < floor_of(month_index(month), schemes, region) for _, _, schemes, base, *_ in people
        )
        standing = [
            (kind, first)
            for report, of, kind, first in self.reports
            if of == unit and self._stands(report, day)
        ]
        account = Account(
            min(
                (month_index(c[1]) for c in self.charges if c[0] == unit and self._unpaid(c, day)),
                default=None,
            ),
            max((on.toordinal() for of, on in self.letters if of == unit and on <= day), default=None),
            under + sum(kind == ReportKind.UNDER_DECLARED for kind, _ in standing),
            any(
                kind == ReportKind.NOT_DECLARED
                and stands_for_evasion(ReportKind.NOT_DECLARED, month_index(first), day.toordinal())
                for kind, first in standing
            ),
        )
        workers = len({person for _, person, schemes, *_ in people if schemes & 7})
        return Stood(_counted(decide(account, day.toordinal()).reasons), workers, under)

    def _unpaid(self, charge: tuple[Any, ...], day: date) -> bool:
        unit, month, entry, fund, due, paid, paid_on = charge
        if due == 0 or month > day or (entry and _day(self.received[unit, entry]) > day):
            return False
        parts = self.parts[unit, month, entry, fund]
        carried = paid - sum(vnd for _, vnd in parts)
        since = paid_on or date.fromordinal(deadline_day(month_index(month)))
        return sum(vnd for on, vnd in [*parts, (since, carried)] if on <= day) < due

    def _stands(self, report: Any, day: date) -> bool:
        confirmed, recovered = (self.steps.get((report, state)) for state in (CONFIRMED, RECOVERED))
        return (
            confirmed is not None and _day(confirmed) <= day and (recovered is None or _day(recovered) > day)
        )


def _day(moment: datetime) -> date:
    return moment.astimezone(VIETNAM).date()


def _counted(reasons: tuple[Reason, ...]) -> int:
    if Reason.OVER_60_DAYS_AND_URGED in reasons or Reason.NOT_DECLARED_OVER_60_DAYS in reasons:
        return EVASION
    if Reason.BASE_UNDER_DECLARED in reasons:
        return UNDERDECLARED
    return LATE if reasons else ON_TIME


@dataclass
class Office:
    """The command service in a schema of its own, whose months are opened and judged as time goes by."""

    desk: Desk
    cubes: Cubes

    def on(self, year: int, month: int, day: int) -> "Office":
        """The same on another day, whatever has to be done by the calendar done."""
        now = datetime(year, month, day, 5, tzinfo=UTC)
        found = replace(self, desk=replace(self.desk, now=now))
        found.turn()
        return found

    def turn(self) -> None:
        """A turn of each timer, and as many more as there are months to be judged."""
        for timer in (opening.open_months, opening.tell_states):
            self._turn(timer)
        judged = -1
        while judged < len(self.judged()):
            judged = len(self.judged())
            self._turn(compliance.judge_months)

    def _turn(self, timer: TimerHandler) -> None:
        with self.desk.connection.transaction():
            timer(self.desk.timer())

    def kept(self, month: date) -> dict[str, Stood]:
        """What is kept of a month, of the units that are counted."""
        rows = self.desk.connection.execute(
            "SELECT employer_code, state, workers, under_floor FROM compliance_month JOIN employer USING (employer_id)"
            " WHERE month = %s AND (workers > 0 OR state <> 1)",
            [month],
        )
        return {code: Stood(*row) for code, *row in rows}

    def judged(self) -> list[date]:
        """The months that were judged."""
        rows = self.desk.connection.execute(
            "SELECT generate_series(judged_from, judged_through, '1 month')::date FROM book ORDER BY 1"
        )
        return [month for (month,) in rows]

    def expect_as_the_books_say(self) -> int:
        """Every month that was judged is what a reader finds; how many units' months that were."""
        books = Books(self.desk.connection)
        kept = self.all_kept()
        for month, units in kept.items():
            assert units == books.at_the_end_of(month), month
        return sum(map(len, kept.values()))

    def all_kept(self) -> dict[date, dict[str, Stood]]:
        """What is kept of every month."""
        return {month: self.kept(month) for month in self.judged()}

    def state(self, month: date, unit: str = UNIT) -> int:
        """How the unit stood at the end of a month."""
        return self.kept(month)[unit].state


@contextmanager
def office_of(stack_variable: Callable[[str], str]) -> Iterator[Office]:
    """On 10 March 2026, with two units and a collector of voluntary contributions; judged is nothing yet."""
    with cubes_of(stack_variable) as cubes:
        cubes.desk.connection.execute(
            "UPDATE book SET opened_through = '2026-03-01', judged_from = '2026-03-01', judged_through = '2026-02-01'"
        )
        found = Office(replace(cubes.desk, now=datetime(2026, 3, 10, 5, tzinfo=UTC)), cubes)
        for code in (UNIT, OTHER, COLLECTOR):
            found.desk.register(code)
        # Collectors come with a take-over; none registers.
        with psycopg.connect(cubes.owner_url) as owner:
            for table in ("employer", "employer_account"):
                owner.execute(
                    sql.SQL(
                        "UPDATE {} SET sector = 'none' WHERE employer_id = (SELECT employer_id FROM employer"
                        " WHERE employer_code = %s)"
                    ).format(sql.Identifier(table)),
                    [COLLECTOR],
                )
        yield found
