"""What the fund pays for one visit, and why (Health Insurance Law Art. 22). Pure.

    outcome = decide_benefit(
        Case(
            day=date(2026, 11, 22),
            kind=Kind.INPATIENT,
            benefit_digit=4,
            valid_to=date(2026, 12, 31),
            registered_facility="01001",
            facility=facilities.get("79012"),
            reason=Reason.SELF,
            cost_vnd=10_000_000,
        )
    )
    outcome.level_percent, outcome.route_percent     80, 40
    outcome.split                                    Split(10_000_000, 3_200_000, 800_000, 6_000_000)
    split_cost(line_cost, outcome.level_percent, outcome.route_percent)    one line of a dossier

Whether a card covers the visit at all is another question: ``domain/coverage.py``, and
for a visit with its stay ``domain/visit.py``. Here it does. This interface is used by the
coverage answer and by the claims consumer alike, so that a file is paid by the rules by
which the desk was answered.

case.py      what is asked and answered
route.py     how the person came: registered, referral, emergency ... self-visit
copay.py     the year's own payments and the exemption
deciding.py  the level, the end of cover, all together
split.py     a cost divided to the last đồng
slips.py     how long a slip is valid: working days
rules.py     the rows in force on a day (``lienthong/law``), and how they are cited
levels.py    what each benefit digit gives
"""

from services.health_claims.domain.benefit.case import (
    Case,
    Copay,
    CopayYear,
    Kind,
    Notice,
    Outcome,
    Reason,
    Split,
    Step,
    Visit,
)
from services.health_claims.domain.benefit.copay import threshold
from services.health_claims.domain.benefit.deciding import decide_benefit
from services.health_claims.domain.benefit.split import split_cost

__all__ = [
    "Case",
    "Copay",
    "CopayYear",
    "Kind",
    "Notice",
    "Outcome",
    "Reason",
    "Split",
    "Step",
    "Visit",
    "decide_benefit",
    "split_cost",
    "threshold",
]
