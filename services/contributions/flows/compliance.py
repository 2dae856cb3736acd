"""DF_COMPLIANCE and DF_COMPLIANCE_SECTOR: units and their workers by the unit's legal state at the end of a month.

Two flows, and not one by province and sector: that there is one foreign firm in a province is in a public
register, and in a cell of its own its state would be told (docs/decisions/0022-compliance.md).
"""

from typing import Final

from lienthong.statistics import definitions
from lienthong.statistics.tables import FlowShape, Source
from services.contributions.domain.compliance import ComplianceState

COMPLIANCE_MONTH: Final = Source(
    table="compliance_month",
    columns={
        "employer_id": "bigint",
        "month": "date",
        "workers": "integer",
        "state": "smallint",
        "province_code": 'text COLLATE "C"',
        "sector": 'text COLLATE "C"',
    },
)
JUDGED: Final = "month <= (SELECT judged_through FROM book)"
"""Which of its rows are changes: those of a month that is judged for the first time are counted when it opens."""

MOST_WORKERS: Final = 200
"""As how many workers a unit counts at most: a very large one would be seen to come to a state or to leave it."""

_MEASURES: Final = ("UNITS", "WORKERS")
COMPLIANCE: Final = FlowShape(
    flow="DF_COMPLIANCE",
    dimensions=("REF_AREA", "STATE"),
    totals=("VN", "_T"),
    measures=_MEASURES,
    indicator=True,
    is_distinct=True,
)
COMPLIANCE_SECTOR: Final = FlowShape(
    flow="DF_COMPLIANCE_SECTOR",
    dimensions=("SECTOR", "STATE"),
    totals=("_T", "_T"),
    measures=_MEASURES,
    indicator=True,
    is_distinct=True,
)

_STATE: Final = (
    f"CASE c.state {' '.join(f'WHEN {state.value} THEN {state.name!r}' for state in ComplianceState)} END"
)
_AREA: Final = "'VN_' || c.province_code"
_SECTOR: Final = "upper(c.sector)"

# A unit that declares nobody and owes nothing is none that pays on time.
_UNITS = """
SELECT c.employer_id, {place} || '.' || {state}, m.number, m.number, ARRAY[least(c.workers, {most})]::bigint[]
FROM {compliance_month} c
CROSS JOIN LATERAL (
    SELECT (extract(year FROM c.month) * 12 + extract(month FROM c.month))::integer - 1 AS number
) m
WHERE c.month BETWEEN make_date(lo / 12, lo % 12 + 1, 1) AND make_date(hi / 12, hi % 12 + 1, 1)
  AND (c.workers > 0 OR c.state <> {on_time})
"""
_MONTHS: Final = """
SELECT (extract(year FROM judged_from) * 12 + extract(month FROM judged_from))::integer - 1,
       (extract(year FROM judged_through) * 12 + extract(month FROM judged_through))::integer - 1
FROM book
"""


def _units(place: str, *, everybody: bool) -> str:
    return _UNITS.format(
        place=place,
        state=_STATE,
        most=MOST_WORKERS,
        on_time=ComplianceState.ON_TIME.value,
        compliance_month=definitions.state(COMPLIANCE_MONTH, "employer_id", everybody=everybody),
    )


def _functions(shape: FlowShape, place: str) -> str:
    functions = definitions.functions(
        shape.flow,
        contributors=[(COMPLIANCE_MONTH, "employer_id")],
        of=_units(place, everybody=False),
        everybody=_units(place, everybody=True),
    )
    known = definitions.known(shape.flow, "SELECT employer_id FROM employer")
    return functions + known + definitions.closed(shape.flow, _MONTHS)


COMPLIANCE_FUNCTIONS: Final = _functions(COMPLIANCE, _AREA)
COMPLIANCE_SECTOR_FUNCTIONS: Final = _functions(COMPLIANCE_SECTOR, _SECTOR)
