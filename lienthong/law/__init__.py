"""The law as data: effective-dated rows, each with its legal basis.

No rate, age, deadline or official text is a constant in code. A row says what
holds from when to when and which article says so; ``verified`` is false until
somebody has compared it with the official text.
"""

from lienthong.law.cards import CardSubject, card_subjects
from lienthong.law.contributions import (
    DailyRate,
    Days,
    Level,
    Limit,
    Order,
    Rate,
    Wording,
    allocation,
    days,
    debt_reasons,
    interest,
    levels,
    limits,
    rates,
)
from lienthong.law.health import (
    RoutePart,
    benefit_figures,
    benefit_notices,
    benefit_rules,
    card_groups,
    holidays,
    routes,
    serious_diseases,
    year_slip_diseases,
)
from lienthong.law.rows import (
    Benefit,
    Deadline,
    PortalCode,
    Row,
    Rules,
    UnknownRule,
    ages,
    benefits,
    deadlines,
    managed_provinces,
    portal_codes,
)

__all__ = [
    "Benefit",
    "CardSubject",
    "DailyRate",
    "Days",
    "Deadline",
    "Level",
    "Limit",
    "Order",
    "PortalCode",
    "Rate",
    "RoutePart",
    "Row",
    "Rules",
    "UnknownRule",
    "Wording",
    "ages",
    "allocation",
    "benefit_figures",
    "benefit_notices",
    "benefit_rules",
    "benefits",
    "card_groups",
    "card_subjects",
    "days",
    "deadlines",
    "debt_reasons",
    "holidays",
    "interest",
    "levels",
    "limits",
    "managed_provinces",
    "portal_codes",
    "rates",
    "routes",
    "serious_diseases",
    "year_slip_diseases",
]
