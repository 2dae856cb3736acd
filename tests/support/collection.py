"""What DF_COLLECTION means, counted naively: row by row, person by person, without a word of the service's SQL."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tests.support.cubes import Cubes

FLOW = "DF_COLLECTION"
FUNDS = {1: "RET", 2: "SICK", 3: "ACC", 4: "UI", 5: "HI"}
INTEREST = 6
SECTORS = {"public": "PUBLIC", "state": "STATE", "private": "PRIVATE", "foreign": "FOREIGN", "none": "_Z"}

Brought = dict[tuple[int, str, int], tuple[int, int, int, int]]
"""Due, paid, arrears and interest by (employer, cell, month)."""


class Base(NamedTuple):
    """The base tables at one moment."""

    employers: Sequence[tuple[Any, ...]]
    charges: Sequence[tuple[Any, ...]]
    periods: Sequence[tuple[Any, ...]]


def base(cubes: Cubes) -> Base:
    """The base tables now."""
    return Base(
        cubes.rows(
            "SELECT employer_id, e.province_code, e.sector, taken_over FROM employer e"
            " JOIN employer_account USING (employer_id)"
        ),
        cubes.rows("SELECT employer_id, month, entry, fund, due_vnd, paid_vnd FROM charge"),
        cubes.rows("SELECT employer_id, person_id, valid_from, valid_to FROM participation"),
    )


def size(known: Base, employer: int, month: Any) -> str:
    """The band of the people whom the employer has in the month."""
    people = {
        person
        for unit, person, first, last in known.periods
        if unit == employer and first <= month and (last is None or last >= month)
    }
    bands = [("S_LT10", 10), ("S10T49", 50), ("S50T199", 200), ("S200T999", 1000)]
    return next((code for code, below in bands if len(people) < below), "S_GE1000")


def interest_of(charges: Iterable[tuple[int, int, int]]) -> dict[int, int]:
    """The interest of one month and entry by fund, from its charges (fund, due, paid)."""
    rows = sorted(charges)
    charged = sum(due for fund, due, _ in rows if fund == INTEREST)
    settled = [(fund, due) for fund, due, paid in rows if fund != INTEREST and 0 < due <= paid]
    whole = sum(due for _, due in settled)
    found, until = {}, 0
    for fund, due in settled:
        before, until = until, until + due
        found[fund] = charged * until // whole - charged * before // whole
    return found


def expected(known: Base) -> Brought:
    """What every employer brings to which cell."""
    entries: dict[tuple[int, Any, int], list[tuple[int, int, int]]] = defaultdict(list)
    for employer, month, entry, fund, due, paid in known.charges:
        entries[employer, month, entry].append((fund, due, paid))
    units = {employer: rest for employer, *rest in known.employers}
    found: dict[tuple[int, str, int], list[int]] = {}
    for (employer, month, _), charges in entries.items():
        province, sector, taken_over = units[employer]
        if month < taken_over:
            continue
        interest = interest_of(charges)
        for fund, due, paid in charges:
            if fund == INTEREST:
                continue
            cell = f"VN_{province}.{FUNDS[fund]}.{SECTORS[sector]}.{size(known, employer, month)}"
            sums = found.setdefault((employer, cell, month.year * 12 + month.month - 1), [0, 0, 0, 0])
            for place, vnd in enumerate((due, paid, due - paid, interest.get(fund, 0))):
                sums[place] += vnd
    return {key: (due, paid, left, more) for key, (due, paid, left, more) in found.items() if due}


def brought(cubes: Cubes, first: int, last: int, beyond: int) -> Brought:
    """What the service's SQL says of everybody, in the state before the transactions after ``beyond``."""
    found = cubes.folder.execute("SELECT * FROM df_collection_all(%s, %s, %s)", [beyond, first, last])
    return _by_cell(found)


def brought_by(
    cubes: Cubes, who: Sequence[int], first: int, last: int, bound: int
) -> tuple[Brought, Brought]:
    """The same of some employers by the function that the worker asks: before what waits, and up to ``bound``."""
    found = cubes.folder.execute(
        "SELECT * FROM df_collection_both(%s, %s, %s, %s)", [who, bound, first, last]
    )
    earlier, later = [], []
    for employer, *what in found:
        if employer < 0:
            earlier.append((-1 - employer, *what))
        else:
            later.append((employer, *what))
    return _by_cell(earlier), _by_cell(later)


def _by_cell(rows: Iterable[tuple[Any, ...]]) -> Brought:
    found: Brought = {}
    for employer, cell, first, last, amounts in rows:
        assert first == last, "amounts are of one month"
        assert (employer, cell, first) not in found, "an employer is in a cell once"
        found[employer, cell, first] = tuple(amounts)
    return found
