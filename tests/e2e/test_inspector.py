"""An inspector sees the months of his province: through the gateway, by who he is and not by what he asks."""

import pytest

from lienthong.agencies import Agency, AgencyKind, admin
from tests.support.stack import Running
from tests.support.wire import MONTHS, NHUNG, Sender

LEDGER = "/v1/contributions:ledger"
PATHS = pytest.mark.parametrize("path", [MONTHS, LEDGER])
HERS = {"identifier": NHUNG["identifier"], "pageSize": 3}
"""Her unit is in province 01."""


def inspector_of(running: Running, province: str | None) -> Sender:
    """An inspector who may read contributions."""
    agency = Agency(
        "test-inspector", "BHXH tỉnh", AgencyKind.INSPECTOR, None, None, active=True, province_code=province
    )
    seen = frozenset({"result", "identity", "employment", "financial"})
    terms = admin.GrantTerms(
        scope="contributions:read", purposes=frozenset({"inspection"}), data_classes=seen
    )
    return running.enrol(agency, terms)


@pytest.fixture(scope="module")
def here(running: Running) -> Sender:
    """The inspector of her unit's province."""
    return inspector_of(running, "01")


@pytest.fixture(scope="module")
def elsewhere(running: Running) -> Sender:
    """The inspector of another province."""
    return inspector_of(running, "96")


@PATHS
def test_the_inspector_of_the_units_province_sees_its_months_without_totals(here: Sender, path: str) -> None:
    answer = here.ask(path, HERS, purpose="inspection")
    assert answer.status == 200
    assert {row["employer"]["code"] for row in answer.document["months"]} == {"0100000001DNA03"}
    assert not answer.document.get("totals")
    assert not answer.document.get("gaps")


@PATHS
def test_another_inspector_cannot_tell_her_from_nobody(elsewhere: Sender, path: str) -> None:
    told = []
    for identifier in (NHUNG["identifier"], "001299999999"):
        answer = elsewhere.ask(path, {"identifier": identifier}, purpose="inspection")
        assert (answer.status, answer.reason) == (403, "row_denied")
        told.append({key: value for key, value in answer.document.items() if key != "instance"})
    assert told[0] == told[1]


@PATHS
def test_a_token_of_one_province_is_no_pass_in_another(here: Sender, elsewhere: Sender, path: str) -> None:
    token = here.ask(path, HERS, purpose="inspection").document["nextPageToken"]
    assert here.ask(path, HERS | {"pageToken": token}, purpose="inspection").status == 200
    answer = elsewhere.ask(path, HERS | {"pageToken": token}, purpose="inspection")
    assert (answer.status, answer.fields) == (422, ["pageToken"])


@PATHS
def test_an_inspector_without_a_province_sees_nothing(running: Running, path: str) -> None:
    answer = inspector_of(running, None).ask(path, HERS, purpose="inspection")
    assert (answer.status, answer.reason) == (403, "row_denied")


@PATHS
def test_a_citizen_sees_all_her_months_with_totals_of_her_ledger(running: Running, path: str) -> None:
    citizen = running.demo("citizens-demo")
    answer = citizen.ask(path, HERS, purpose="own_data", staff=NHUNG["identifier"])
    assert answer.status == 200
    assert bool(answer.document.get("totals")) == (path == LEDGER)
