"""The codes of the claim file that rules turn on (``codes.toml``)."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from services.health_claims.domain.benefit.case import Kind, Reason

_KINDS = {"outpatient": Kind.OUTPATIENT, "inpatient": Kind.INPATIENT, "day_inpatient": Kind.DAY_INPATIENT}


@cache
def _lists() -> Mapping[str, Mapping[str, str]]:
    text = resources.files(__package__).joinpath("codes.toml").read_text(encoding="utf-8")
    lists: Mapping[str, Mapping[str, str]] = tomllib.loads(text)
    return lists


def is_listed(name: str, code: str) -> bool:
    """Whether the list ``name`` (``visit_kind``, ``outcome``, ``sex``) has ``code``."""
    return code in _lists()[name]


def is_patient_kind(code: str) -> bool:
    """Whether the list has the group of a MA_DOITUONG_KCB."""
    return code.partition(".")[0] in _lists()["patient_kind"]


def visit_kind(code: str) -> Kind | None:
    """What a MA_LOAI_KCB means to the benefit rules."""
    meaning = _lists()["visit_kind"].get(code)
    return None if meaning is None else _KINDS[meaning]


def reason(code: str, *, registered_here: bool, transferred: bool) -> Reason | None:
    """What a MA_DOITUONG_KCB means to the benefit rules.

    The right route elsewhere than at the place of registration is a referral when a transfer is told,
    else a re-visit: both pay the whole level, and the claim file has the day of neither slip.
    """
    match _lists()["patient_kind"].get(code.partition(".")[0]):
        case "emergency":
            return Reason.EMERGENCY
        case "self_visit":
            return Reason.SELF
        case "right_route" | "pick_up":
            if registered_here:
                return Reason.PLACE
            return Reason.REFERRAL if transferred else Reason.REVISIT
    return None
