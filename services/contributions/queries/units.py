"""In SQL: months as indices, days as ordinals, deadlines; each the same as the domain's. And tables as arrays."""

from typing import Any, Final

from lienthong import law

_EPOCH: Final = "date '0001-01-01'"


def to_index(column: str) -> str:
    """``month_index`` of a date."""
    return f"(extract(year FROM {column})::int * 12 + extract(month FROM {column})::int - 1)"


def to_ordinal(column: str) -> str:
    """``date.toordinal`` of a date."""
    return f"({column} - {_EPOCH} + 1)"


def settled_day(charge: str) -> str:
    """As ``domain.ledger.standing`` takes it: 0 unsettled, else the day; NULL when nothing was ever owed."""
    day = to_ordinal(f"{charge}.settled_on")
    return f"CASE WHEN {charge}.paid_vnd < {charge}.due_vnd THEN 0 ELSE {day} END"


def deadline(month: str) -> str:
    """``domain.months.deadline`` of a month's first day, from the same rows of law."""
    rows = law.deadlines().of("employer_monthly")
    cases = " ".join(
        f"WHEN {month} >= date '{row.valid_from}' THEN interval '{row.value.months_after + 1} months'"
        for row in reversed(rows)
    )
    return f"(({month} + CASE {cases} END)::date - 1)"


def rows_of(columns: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The rows of a table whose columns came as arrays; NULL is an empty one."""
    return [] if columns[0] is None else list(zip(*columns, strict=True))
