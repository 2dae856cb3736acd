"""What others are told: months settled, and a debt's state when it becomes another."""

from datetime import date

from lienthong.bus.handling import Publish
from services.contributions.commands.books import Kept
from services.contributions.commands.units import Unit
from services.contributions.domain.allocation import Book
from services.contributions.domain.ledger import deadline_day
from services.contributions.domain.states import Verdict, decide
from vss.contributions.v1 import contributions_pb2, events_pb2


def tell(kept: Kept, publish: Publish, today: int) -> None:
    """Publish what the unit's book now says; its state is that of its account after this command."""
    account = kept.unit.account._replace(
        oldest_unpaid=kept.book.oldest_unpaid(),
        underdeclared=max(0, kept.unit.underdeclared + kept.underdeclared),
    )
    kept.verdict = decide(account, today)
    settled(kept.unit, kept.book, publish)
    state_changed(kept.unit, kept.verdict, publish)


def state_changed(unit: Unit, verdict: Verdict, publish: Publish) -> None:
    """Tell the state, unless it is the one that was told last."""
    if verdict.state != unit.told_state:
        publish(
            events_pb2.DebtStateChanged(
                employer_code=unit.code,
                province_code=unit.province_code,
                before=contributions_pb2.LegalState.Name(unit.told_state),
                after=contributions_pb2.LegalState.Name(verdict.state),
                since=date.fromordinal(verdict.since).isoformat(),
            ),
            key=unit.code,
        )


def settled(unit: Unit, book: Book, publish: Publish) -> None:
    """Tell the months that were paid in full just now."""
    event = events_pb2.MonthsSettled(employer_code=unit.code)
    for charge in book.newly_settled():
        paid_on = charge.paid_on or 0
        event.months.add(
            month=charge.month,
            fund=charge.fund,
            settled_on=date.fromordinal(paid_on).isoformat(),
            days_late=max(0, paid_on - deadline_day(charge.month)),
        )
    if event.months:
        publish(event, key=unit.code)
