"""Paths, keys and parameters: what is asked of the contract, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.faces.sdmx.paths import pattern
from gateway.problems import Problem
from tests.unit.gateway.faces.sdmx.conftest import Office

V1, V2 = "/sdmx/v1/data/", "/sdmx/v2/data/dataflow/VSS/"
OFFICE = Office()


def asked(path: str, query: str = "") -> dict[str, Any]:
    """The contract's request in plain values."""
    request = OFFICE.decode(path, query).request
    made = {f.name: v for f, v in request.ListFields() if f.name != "filters"}
    filters = {f.dimension: sorted(f.codes) for f in request.filters}
    return made | ({"filters": filters} if filters else {})


@pytest.mark.parametrize(
    "path",
    [
        V1 + "DF_PARTICIPANTS",
        V1 + "DF_PARTICIPANTS/all",
        V1 + "DF_PARTICIPANTS/all/all",
        V1 + "DF_PARTICIPANTS/....",
        V1 + "VSS,DF_PARTICIPANTS",
        V1 + "VSS,DF_PARTICIPANTS,1.0/all/VSS",
        V1 + "VSS,DF_PARTICIPANTS,latest/",
        V1 + "VSS%2CDF_PARTICIPANTS%2c1.0",
        V1 + "all,DF_PARTICIPANTS,all",
        V2 + "DF_PARTICIPANTS",
        V2 + "DF_PARTICIPANTS/1.0",
        V2 + "DF_PARTICIPANTS/%2B/*",
        V2 + "DF_PARTICIPANTS/~/*.*.*.*.*",
        "/sdmx/v2/data/dataflow/*/DF_PARTICIPANTS/*",
    ],
)
def test_every_way_to_name_all_of_a_dataflow(path: str) -> None:
    assert asked(path) == {"dataflow": "DF_PARTICIPANTS"}


@pytest.mark.parametrize(
    ("path", "filters"),
    [
        (
            V1 + "DF_PARTICIPANTS/M.VN.SI.F.",
            {"FREQ": ["M"], "REF_AREA": ["VN"], "SCHEME": ["SI"], "SEX": ["F"]},
        ),
        (V1 + "DF_PARTICIPANTS/.VN_24+VN_01...", {"REF_AREA": ["VN_01", "VN_24"]}),
        (V1 + "DF_PARTICIPANTS/.VN_24%2BVN_01...", {"REF_AREA": ["VN_01", "VN_24"]}),
        (V1 + "DF_PARTICIPANTS/.VNF_024...", {"REF_AREA": ["VNF_024"]}),
        (V2 + "DF_PARTICIPANTS/1.0/*.VN_24.*.*._T", {"REF_AREA": ["VN_24"], "AGE": ["_T"]}),
    ],
)
def test_a_key_filters_dimension_by_dimension(path: str, filters: dict[str, list[str]]) -> None:
    assert asked(path)["filters"] == filters


def test_several_keys_are_asked_together_and_told_apart_afterwards(office: Office) -> None:
    path = V2 + "DF_IDENTITY/1.0/M.VN.MATCH,M.VN_01.PARTIAL"
    assert asked(path)["filters"] == {
        "FREQ": ["M"],
        "REF_AREA": ["VN", "VN_01"],
        "OUTCOME": ["MATCH", "PARTIAL"],
    }
    lines = office.get(path, "format=csv-1.0").body.decode().splitlines()[1:]
    assert {tuple(line.split(",")[2:4]) for line in lines} == {("VN", "MATCH"), ("VN_01", "PARTIAL")}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("startPeriod=2026&endPeriod=2026-Q2", {"from_month": "2026-01", "to_month": "2026-06"}),
        ("updatedAfter=2026-11-22T08:15:30%2B07:00", {"updated_after": "2026-11-22T01:15:30Z"}),
        ("updatedAfter=2026-11-22T08:15:30+07:00", {"updated_after": "2026-11-22T01:15:30Z"}),
        ("asOf=2026-11-22T08:15:30Z", {"as_of": "2026-11-22T08:15:30Z"}),
        ("lastNObservations=1", {"last_n": 1}),
        ("firstNObservations=12", {"first_n": 12}),
        ("detail=serieskeysonly", {"keys_only": True}),
        ("detail=nodata", {"keys_only": True}),
        ("detail=dataonly", {}),
        ("includeHistory=false", {}),
        ("dimensionAtObservation=AllDimensions", {}),
        ("measures=none&attributes=none", {"keys_only": True}),
        ("c[TIME_PERIOD]=ge:2026-02+le:2026-03", {"from_month": "2026-02", "to_month": "2026-03"}),
        ("c%5BTIME_PERIOD%5D=2026-02", {"from_month": "2026-02", "to_month": "2026-02"}),
        ("c[SEX]=F,M", {"filters": {"SEX": ["F", "M"]}}),
        ("c[SEX]=eq:F", {"filters": {"SEX": ["F"]}}),
        ("", {}),
        ("&", {}),
    ],
)
def test_a_parameter_is_the_contracts(query: str, expected: dict[str, Any]) -> None:
    assert asked(V2 + "DF_PARTICIPANTS", query) == {"dataflow": "DF_PARTICIPANTS"} | expected


def test_a_filter_narrows_the_key() -> None:
    found = asked(V2 + "DF_PARTICIPANTS/1.0/*.VN+VN_01.*.*.*", "c[REF_AREA]=VN_01,VN_24")
    assert found["filters"] == {"REF_AREA": ["VN_01"]}


@pytest.mark.parametrize(
    ("path", "query", "reason"),
    [
        (V1 + "DF_PARTICIPANTS/M.VN", "", "invalid_argument"),
        (V1 + "DF_PARTICIPANTS/.XX...", "", "invalid_argument"),
        (V1 + "DF_COMPLIANCE/...DUE", "", "invalid_argument"),
        (V1 + "DF_PARTICIPANTS/.VN+...", "", "malformed"),
        (V1 + "DF_PARTICIPANTS/all/all/all", "", "malformed"),
        (V1 + "DF_PARTICIPANTS/%ff", "", "malformed"),
        (V1 + "DF_PARTICIPANTS/%00", "", "malformed"),
        (V1 + "DF_PARTICIPANTS/all/OTHER", "", "not_found"),
        (V1 + "ECB,DF_PARTICIPANTS", "", "not_found"),
        (V1 + "VSS,DF_PARTICIPANTS,9.0", "", "not_found"),
        (V1 + "VSS%2Cx,DF_PARTICIPANTS", "", "not_found"),
        ("/sdmx/v1/availableconstraint/VSS%2Cx,DF_PARTICIPANTS", "", "not_found"),
        ("/sdmx/v2/data/dataflow/ECB/DF_PARTICIPANTS", "", "not_found"),
        (V1 + "VSS,DF_PARTICIPANTS,1.0,x", "", "malformed"),
        (V1 + "DF_PARTICIPANTS", "startPeriod=soon", "malformed"),
        (V1 + "DF_PARTICIPANTS", "startPeriod=2026-05&endPeriod=2026-04", "invalid_argument"),
        (V1 + "DF_PARTICIPANTS", "updatedAfter=x", "malformed"),
        (V1 + "DF_PARTICIPANTS", "lastNObservations=0", "invalid_argument"),
        (V1 + "DF_PARTICIPANTS", "lastNObservations=-1", "malformed"),
        (V1 + "DF_PARTICIPANTS", "lastNObservations=1&firstNObservations=1", "invalid_argument"),
        (V1 + "DF_PARTICIPANTS", "detail=some", "malformed"),
        (V1 + "DF_PARTICIPANTS", "dimensionAtObservation=FUND", "invalid_argument"),
        (V1 + "DF_PARTICIPANTS", "includeHistory=true", "invalid_argument"),
        (V1 + "DF_PARTICIPANTS", "format=xlsx", "invalid_argument"),
        (V1 + "DF_PARTICIPANTS", "sex=F", "malformed"),
        (V1 + "DF_PARTICIPANTS", "detail=full&detail=full", "malformed"),
        (V1 + "DF_PARTICIPANTS", "detail=%ff", "malformed"),
        (V2 + "DF_PARTICIPANTS", "c[FUND]=HI", "invalid_argument"),
        (V2 + "DF_PARTICIPANTS", "c[SEX]=X", "invalid_argument"),
        (V2 + "DF_PARTICIPANTS", "c[TIME_PERIOD]=ne:2026", "invalid_argument"),
        (V2 + "DF_PARTICIPANTS/1.0/*.VN.*.*.*", "c[REF_AREA]=VN_01", "not_found"),
        (V2 + "DF_PARTICIPANTS", "attributes=mine", "invalid_argument"),
        ("/sdmx/v1/availableconstraint/DF_PARTICIPANTS/all/all/FUND", "", "invalid_argument"),
        ("/sdmx/v1/availableconstraint/DF_PARTICIPANTS", "mode=all", "malformed"),
        ("/sdmx/v1/availableconstraint/DF_PARTICIPANTS", "references=all", "invalid_argument"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_class(path: str, query: str, reason: str) -> None:
    with pytest.raises(Problem) as refused:
        OFFICE.decode(path, query)
    assert refused.value.reason.name == reason
    assert refused.value.fields or reason == "not_found"


FLOWS = st.sampled_from([
    "DF_PARTICIPANTS", "VSS,DF_PARTICIPANTS", "VSS%2CDF_PARTICIPANTS", "a%2Cb,DF_PARTICIPANTS", "%ff,DF_PARTICIPANTS",
    "VSS,DF_PARTICIPANTS,%2C", "all,DF_PARTICIPANTS,1.0%2Cx",
])  # fmt: skip
SEGMENTS = st.text(max_size=30) | st.sampled_from(
    ["all", "*", "....", ".VN...", "VN+VN_01", "1.0", "%2B", "%ff"]
)
PARAMETERS = st.sampled_from([
    "startPeriod", "endPeriod", "updatedAfter", "asOf", "detail", "dimensionAtObservation", "lastNObservations",
    "firstNObservations", "includeHistory", "format", "c[SEX]", "c[TIME_PERIOD]", "c[", "attributes", "measures", "x",
])  # fmt: skip
VALUES = st.text(max_size=20) | st.sampled_from(
    ["2026", "2026-05", "full", "1", "F", "TIME_PERIOD", "all", "%", "%C3"]
)


@given(
    FLOWS, st.lists(SEGMENTS, max_size=5), st.lists(st.tuples(PARAMETERS, VALUES), max_size=4), st.booleans()
)
def test_garbage_is_read_or_refused_and_never_a_failure(
    flow: str, segments: list[str], parameters: list[tuple[str, str]], second: bool
) -> None:
    root = V2 if second else V1
    rest = "/".join(part.replace("/", "").replace("?", "") for part in segments)
    path = f"{root}{flow}/{rest}".encode("utf-8", "surrogatepass").decode("latin-1")
    query = "&".join(f"{name}={value.replace('&', '')}" for name, value in parameters)
    if not pattern(1 + second, ["DF_PARTICIPANTS"]).fullmatch(path.partition("data/")[2]):
        return
    outcome = "read"
    try:
        OFFICE.decode(path, query.encode("utf-8", "surrogatepass").decode("latin-1"))
    except Problem as refused:
        outcome = refused.reason.name
    assert outcome in {"read", "malformed", "invalid_argument", "not_found"}


@given(st.text(max_size=200))
def test_a_path_of_another_dataflow_is_none_of_ours(rest: str) -> None:
    for version in (1, 2):
        found = pattern(version, ["DF_PARTICIPANTS"]).fullmatch(rest)
        assert found is None or "DF_PARTICIPANTS" in rest
