"""A snapshot answers from memory, and a grant from its dates."""

from datetime import UTC, datetime, timedelta

import pytest

from lienthong.agencies import Agency, AgencyKind, Grant, Registry

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def grant(until: datetime | None) -> Grant:
    return Grant(
        1, "a", "identity:verify", frozenset({"employment"}), frozenset({"result"}), START, until, None
    )


@pytest.mark.parametrize(
    ("until", "moment", "valid"),
    [
        (None, START - MINUTE, False),
        (None, START, True),
        (None, START + timedelta(days=3650), True),
        (START + MINUTE, START, True),
        (START + MINUTE, START + MINUTE, False),
    ],
)
def test_a_grant_holds_from_its_first_moment_until_just_before_its_last(
    until: datetime | None, moment: datetime, valid: bool
) -> None:
    assert grant(until).valid_at(moment) is valid


def test_what_is_not_in_the_snapshot_is_none() -> None:
    agency = Agency("a", "A", AgencyKind.MINISTRY, None, None, active=True)
    registry = Registry(7, {"a": agency}, {}, {("a", "identity:verify"): grant(None)})
    assert registry.agency("a") is agency
    assert registry.grant("a", "identity:verify") is not None
    assert (registry.agency("b"), registry.key("k"), registry.grant("a", "audit:read")) == (None, None, None)
