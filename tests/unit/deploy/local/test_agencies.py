"""The demo agencies are what the contract lets such agencies be."""

from datetime import date

import pytest

from deploy.local.agencies import CITIZEN, DEMO, DemoAgency
from deploy.nation.cast import cast
from lienthong.agencies.contract import purposes_by_scope


def test_the_citizens_portal_asks_for_the_first_of_the_cast() -> None:
    assert cast(date(2026, 11, 22))[0].personal_id == CITIZEN


def by_name(demo: DemoAgency) -> str:
    return demo.agency.agency_id


@pytest.mark.parametrize("demo", DEMO, ids=by_name)
def test_every_grant_has_a_purpose_that_the_contract_allows_there(demo: DemoAgency) -> None:
    assert demo.grants.keys() <= purposes_by_scope().keys()
    for terms in demo.terms:
        assert terms.purposes
        assert "result" in terms.data_classes


def test_every_scope_of_the_contract_is_granted_to_somebody() -> None:
    assert {scope for demo in DEMO for scope in demo.grants} == purposes_by_scope().keys()
