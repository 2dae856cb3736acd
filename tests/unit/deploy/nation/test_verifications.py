"""Whom agencies verified in the nation."""

from collections import Counter

import pytest

from deploy.nation.calendar import month_number, month_start
from deploy.nation.verifications import FIRST_SHARE, LAST_SHARE, MONTHS, RIGHT_SHARES
from services.identity.flows import MONTHS_KEPT
from tests.unit.deploy.nation.conftest import AS_OF, Nation

NOW = month_number(AS_OF)


def of_month(ago: int) -> str:
    return month_start(NOW - ago).isoformat()


def test_a_person_has_one_outcome_a_month_and_none_before_birth(nation: Nation) -> None:
    rows = nation.tables["verification"]
    assert len({(row["person_id"], row["month"]) for row in rows}) == len(rows)
    born = {row["person_id"]: row["birth_year"] for row in nation.tables["person"]}
    assert all(row["month"][:4] >= born[row["person_id"]] for row in rows)


def test_the_months_are_those_that_the_service_keeps(nation: Nation) -> None:
    assert MONTHS == MONTHS_KEPT
    months = {row["month"] for row in nation.tables["verification"]}
    assert months == {of_month(ago) for ago in range(MONTHS + 1)}


def test_ever_more_people_are_verified_and_ever_more_particulars_are_right(nation: Nation) -> None:
    people = len(nation.tables["person"])
    each = Counter(row["month"] for row in nation.tables["verification"])
    assert each[of_month(MONTHS)] / people == pytest.approx(FIRST_SHARE, rel=0.2)
    assert each[of_month(1)] / people == pytest.approx(LAST_SHARE, rel=0.2)
    for ago, share in zip((MONTHS, 1), RIGHT_SHARES, strict=True):
        outcomes = Counter(
            row["outcome"] for row in nation.tables["verification"] if row["month"] == of_month(ago)
        )
        assert set(outcomes) == {"1", "2", "3"}
        assert outcomes["1"] / outcomes.total() == pytest.approx(share, abs=0.02)
