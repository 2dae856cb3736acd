"""How a report of an irregularity is handled (*xử lý phản ánh*). Pure.

received → assigned → inspected → confirmed → recovered
                                → rejected
"""

from enum import IntEnum
from typing import Final

from lienthong import law
from services.contributions.domain.ledger import first_day
from services.contributions.domain.states import evasion_days


class ReportState(IntEnum):
    """The values of the contract."""

    RECEIVED = 1
    ASSIGNED = 2
    INSPECTED = 3
    CONFIRMED = 4
    REJECTED = 5
    RECOVERED = 6


class ReportKind(IntEnum):
    """The values of the contract."""

    NOT_PAID = 1
    UNDER_DECLARED = 2
    NOT_DECLARED = 3


class OutOfOrder(Exception):
    """The step does not follow the state that the report is in."""


_NEXT: Final = {
    ReportState.RECEIVED: (ReportState.ASSIGNED,),
    ReportState.ASSIGNED: (ReportState.INSPECTED,),
    ReportState.INSPECTED: (ReportState.CONFIRMED, ReportState.REJECTED),
    ReportState.CONFIRMED: (ReportState.RECOVERED,),
    ReportState.REJECTED: (),
    ReportState.RECOVERED: (),
}


def check_step(now: ReportState, then: ReportState) -> None:
    """Raises ``OutOfOrder`` unless ``then`` follows ``now``."""
    if then not in _NEXT[now]:
        raise OutOfOrder(f"{now.name} → {then.name}")


def stands_for_evasion(kind: ReportKind, from_month: int, day: int) -> bool:
    """Whether the report, once confirmed and not recovered, makes the unit's debt evasion on ``day``.

    A base too low does at once (Law 41/2024/QH15 Art. 39.1.c), somebody not declared when
    60 days have passed since the deadline of registration (Art. 28.1, 39.1.a). Months not
    paid are in the account already.
    """
    match kind:
        case ReportKind.UNDER_DECLARED:
            return True
        case ReportKind.NOT_DECLARED:
            obliged = first_day(from_month)
            registration = law.days().at("registration_days", obliged).value.number
            return day > obliged.toordinal() + registration + evasion_days(day)
        case _:
            return False
