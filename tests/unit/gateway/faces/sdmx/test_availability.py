"""What there is: a constraint that the readers of others understand."""

import io

import sdmx
from pysdmx.io import read_sdmx

from tests.support import statistics
from tests.support.sdmx import judge_json, judge_xml
from tests.unit.gateway.faces.sdmx.conftest import Office

V1 = "/sdmx/v1/availableconstraint/"


def values(office: Office, path: str, query: str = "") -> dict[str, set[str]]:
    """The codes by dimension, as sdmx1 reads them."""
    body = office.get(path, query).body
    judge_xml(body)
    region = sdmx.read_sdmx(io.BytesIO(body)).constraint["CC_IDENTITY"].data_content_region[0]
    return {d.id: {str(v.value) for v in m.values} for d, m in region.member.items() if d.id != "TIME_PERIOD"}


def test_it_lists_the_codes_that_have_data_and_asks_for_series_alone(office: Office) -> None:
    found = values(office, V1 + "DF_IDENTITY/M..MATCH+_T")
    assert found["OUTCOME"] == {"MATCH", "_T"}
    assert "VN" in found["REF_AREA"]
    assert office.asked[-1].keys_only


def test_one_component_can_be_asked_for(office: Office) -> None:
    assert set(values(office, V1 + "DF_IDENTITY/all/all/REF_AREA")) == {"REF_AREA"}
    second = "/sdmx/v2/availability/dataflow/VSS/DF_IDENTITY/1.0/*/OUTCOME"
    assert set(values(office, second)) == {"OUTCOME"}


def test_the_range_goes_from_the_first_month_to_the_month_of_the_answer(office: Office) -> None:
    office.respond = statistics.responder(["2025-11", "2025-12"])
    body = office.get(V1 + "DF_IDENTITY").body.decode()
    assert '<com:StartPeriod isInclusive="true">2025-11<' in body
    assert '<com:EndPeriod isInclusive="true">2026-11<' in body


def test_json_is_valid_and_pysdmx_reads_both(office: Office) -> None:
    constraint = judge_json(office.get(V1 + "DF_IDENTITY", "format=json").body)["data"]["dataConstraints"][0]
    assert constraint["cubeRegions"][0]["keyValues"][0] == {
        "id": "FREQ",
        "include": True,
        "values": [{"value": "M"}],
    }
    assert read_sdmx(office.get(V1 + "DF_IDENTITY").body.decode()) is not None
