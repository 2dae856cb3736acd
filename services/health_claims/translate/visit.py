"""The visit asked about, in; what the fund pays for it, out.

Steps and notices are made ready once for each rule with its rows, and copied.
"""

from datetime import date
from functools import lru_cache
from re import compile as pattern
from typing import Final

from lienthong import fields
from services.health_claims.domain.benefit import Kind, Notice, Outcome, Reason, Step, Visit
from services.health_claims.domain.checks import Seen, changes, from_token, to_token
from services.health_claims.domain.coverage import Decision
from services.health_claims.domain.visit import seen_of
from vss.health_claims.v1 import health_claims_pb2 as pb

MOST_VND: Final = 100_000_000_000
_KINDS: Final = frozenset(Kind)
_REASONS: Final = frozenset(Reason)
_DIAGNOSIS: Final = pattern(r"[A-Z][0-9]{2}(\.[0-9A-Z]{1,3})?")


def to_visit(visit: pb.Visit, day: date) -> Visit:
    """The visit of ``day``. Raises ``fields.WrongField``; ``each_field`` says which."""
    admitted_on = admission(visit.admitted_on, day) if visit.admitted_on else None
    return Visit(
        kind(visit.kind),
        reason(visit.reason),
        admitted_on,
        slip_day(visit.slip_on, admitted_on or day) if visit.slip_on else None,
        diagnosis(visit.diagnosis) if visit.diagnosis else "",
        cost(visit.cost_vnd),
    )


def kind(number: int) -> int:
    """A kind of visit; it must be given, since every rule of a route asks for it."""
    if number not in _KINDS:
        msg = "expected a kind of visit"
        raise fields.WrongField(msg)
    return number


def reason(number: int) -> int:
    """A reason; without one the place of registration decides."""
    if number not in _REASONS:
        msg = "expected a reason of visit"
        raise fields.WrongField(msg)
    return number


def admission(text: str, day: date) -> date:
    """The first day of the stay: not after the visit."""
    admitted_on = fields.calendar_day(text)
    if not fields.FIRST_CARD_DAY <= admitted_on <= day:
        msg = f"expected a day from {fields.FIRST_CARD_DAY} until the day of the visit"
        raise fields.WrongField(msg)
    return admitted_on


def slip_day(text: str, came: date) -> date:
    """The day of a slip: it was written before the person came, or on that day."""
    slip_on = fields.calendar_day(text)
    if not fields.FIRST_CARD_DAY <= slip_on <= came:
        msg = f"expected a day from {fields.FIRST_CARD_DAY} until the day of the visit or admission"
        raise fields.WrongField(msg)
    return slip_on


def diagnosis(text: str) -> str:
    """An ICD-10 code."""
    if _DIAGNOSIS.fullmatch(text) is None:
        msg = "expected an ICD-10 code, as J18.9"
        raise fields.WrongField(msg)
    return text


def cost(vnd: int) -> int:
    """Whole VND; 0: not known yet."""
    if not 0 <= vnd <= MOST_VND:
        msg = f"expected 0 to {MOST_VND} VND"
        raise fields.WrongField(msg)
    return vnd


def to_seen(token: str) -> Seen:
    """What an earlier check saw. Raises ``fields.WrongField``."""
    try:
        return from_token(token)
    except ValueError:
        msg = "expected the check_token of an earlier answer"
        raise fields.WrongField(msg) from None


def fill_visit(
    response: pb.CheckCoverageResponse, decision: Decision, day: date, previous: Seen | None
) -> None:
    """Write what the fund pays, the token for the next check and what has changed since the last."""
    outcome = decision.outcome
    if outcome is not None:
        _fill_benefit(response.benefit, outcome)
    if decision.visit_code:
        response.visit_code = decision.visit_code
    seen = seen_of(decision, day)
    response.check_token = to_token(seen)
    if previous is not None:
        for what, before, after in changes(previous, seen):
            response.changes.add(what=what, before=before, after=after)


def fill_notices(response: pb.CheckCoverageResponse, notices: tuple[Notice, ...]) -> None:
    """Write the notices."""
    response.notices.extend([_notice(one) for one in notices])


def _fill_benefit(benefit: pb.Benefit, outcome: Outcome) -> None:
    level, route, name, until, copay, split, steps, _ = outcome
    # Nothing is in it yet: copying takes half as long as merging.
    benefit.CopyFrom(_reasoned(level, route, name, steps))
    benefit.pays_until = until.isoformat()
    if split is not None:
        cost_vnd, fund_vnd, copay_vnd, patient_vnd = split
        parts = benefit.split
        parts.cost_vnd = cost_vnd
        parts.fund_vnd = fund_vnd
        parts.copay_vnd = copay_vnd
        parts.patient_vnd = patient_vnd
    year = benefit.copay
    year.year = copay.year
    year.paid_vnd = copay.paid_vnd
    year.threshold_vnd = copay.threshold_vnd
    year.left_vnd = copay.left_vnd
    if copay.exempt_from is not None:
        year.exempt = True
        year.exempt_from = copay.exempt_from.isoformat()


@lru_cache(maxsize=4_096)
def _reasoned(level: int, route: int, name: str, steps: tuple[Step, ...]) -> pb.Benefit:
    """What follows from the rules alone, with its steps."""
    benefit = pb.Benefit(
        fund_basis_points=level * route, level_percent=level, route_percent=route, route=name
    )
    for rule, vi, en, legal_basis, rows in steps:
        step = benefit.steps.add(rule=rule, legal_basis=legal_basis, rows=rows)
        step.text.vi, step.text.en = vi, en
    return benefit


@lru_cache(maxsize=4_096)
def _notice(one: Notice) -> pb.Notice:
    notice = pb.Notice(code=one.code)
    notice.text.vi, notice.text.en = one.vi, one.en
    return notice
