"""What can be granted is what the contract can use."""

import pytest

from lienthong.agencies.contract import GRANTABLE, check_grant, purposes_by_scope

RESULT = frozenset({"result"})


def test_every_scope_can_be_granted_for_each_of_its_purposes() -> None:
    for scope, purposes in purposes_by_scope().items():
        for purpose in purposes:
            assert check_grant(scope, frozenset({purpose}), GRANTABLE) is None


def test_neither_internal_nor_unspecified_data_can_be_granted() -> None:
    assert GRANTABLE.isdisjoint({"internal", "unspecified"})


@pytest.mark.parametrize(
    ("scope", "purposes", "classes", "told"),
    [
        ("coverage:chek", {"admission"}, {"result"}, "coverage:check"),
        ("coverage:check", {"audit"}, {"result"}, "not audit"),
        ("coverage:check", set(), {"result"}, "purposes"),
        ("coverage:check", {"admission"}, set(), "data classes"),
        ("coverage:check", {"admission"}, {"result", "internal"}, "not internal"),
    ],
)
def test_a_grant_that_nothing_would_use_is_named(
    scope: str, purposes: set[str], classes: set[str], told: str
) -> None:
    problem = check_grant(scope, frozenset(purposes), frozenset(classes))
    assert problem is not None
    assert told in problem
