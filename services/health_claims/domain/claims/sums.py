"""The sums of a dossier: XML1 within itself, and against what the lines add up to.

Amounts are compared in hundredths of a đồng. Within XML1 less than a đồng may be
missing; lines are rounded one by one, so a total may miss one đồng for each of them.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from services.health_claims.domain.claims.findings import Findings
from services.health_claims.domain.claims.tables import Line
from services.health_claims.domain.claims.values import cents

DONG: Final = 100
_TOTALS: Final = (
    ("T_TONGCHI_BV", "THANH_TIEN_BV"),
    ("T_TONGCHI_BH", "THANH_TIEN_BH"),
    ("T_BHTT", "T_BHTT"),
    ("T_BNCCT", "T_BNCCT"),
    ("T_BNTT", "T_BNTT"),
)


def check(summary: Line, drugs: Sequence[Line], services: Sequence[Line], findings: Findings) -> None:
    """Check all sums whose parts can be read."""
    _within(summary, findings)
    for table, lines in (("XML2", drugs), ("XML3", services)):
        for number, line in enumerate(lines, 1):
            share, cost = cents(line, "T_BHTT"), cents(line, "THANH_TIEN_BH")
            if share is not None and cost is not None and share > cost:
                findings.add(table, "SHARE_EXCEEDS_COST", line=number, field="T_BHTT")
    everything = [*drugs, *services]
    for total, part in _TOTALS:
        _compare(summary, total, _added(everything, part), len(everything), "TOTAL_DIFFERS", findings)
    supplies = [line for line in services if line.get("MA_VAT_TU")]
    for total, lines in (("T_THUOC", drugs), ("T_VTYT", supplies)):
        _compare(summary, total, _added(lines, "THANH_TIEN_BV"), len(lines), "SUBTOTAL_DIFFERS", findings)


def _within(summary: Line, findings: Findings) -> None:
    insured, cost = cents(summary, "T_TONGCHI_BH"), cents(summary, "T_TONGCHI_BV")
    copay, fund = cents(summary, "T_BNCCT"), cents(summary, "T_BHTT")
    if insured is not None and copay is not None and fund is not None and abs(insured - copay - fund) >= DONG:
        findings.add("XML1", "SUM_WRONG", line=1, field="T_BHTT")
    if insured is not None and cost is not None and insured - cost >= DONG:
        findings.add("XML1", "SCOPE_EXCEEDS_COST", line=1, field="T_TONGCHI_BH")


def _added(lines: Iterable[Line], field: str) -> int | None:
    """What the lines add up to; an absent amount is none, and ``None`` when one cannot be read."""
    total = 0
    for line in lines:
        amount = cents(line, field)
        if amount is None:
            if line.get(field):
                return None
            continue
        total += amount
    return total


def _compare(summary: Line, field: str, added: int | None, lines: int, code: str, findings: Findings) -> None:
    declared = cents(summary, field)
    if declared is None or added is None:
        return
    if abs(declared - added) >= DONG * max(lines, 1):
        findings.add("XML1", code, line=1, field=field)
