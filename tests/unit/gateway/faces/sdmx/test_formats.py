"""Every format says the same: read by others, it is the same table."""

import csv
import io
import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.faces.sdmx.tabular import field
from gateway.problems import Problem
from lienthong.statistics.structures import catalogue
from tests.support import statistics
from tests.support.sdmx import (
    CSV_1,
    CSV_2,
    GENERIC,
    SPECIFIC,
    by_pysdmx,
    by_sdmx1,
    frame,
    judge_specific,
    judge_xml,
)
from tests.unit.gateway.faces.sdmx.conftest import Office
from vss.statistics.v1 import statistics_pb2 as pb

FLOWS = catalogue().dataflows
SECOND = "second"
SMALL = ["DF_PARTICIPANTS", "DF_COMPLIANCE", "DF_COVERAGE", "DF_IDENTITY"]


def key_of(flow: str) -> str:
    """Some of a flow: two areas."""
    return ".".join("VN+VN_24" if d == "REF_AREA" else "" for d in FLOWS[flow].order)


@pytest.fixture(params=sorted(FLOWS))
def flow(request: pytest.FixtureRequest, office: Office) -> str:
    office.respond = statistics.responder(["2026-01", "2026-02", "2026-03"], areas=12)
    return str(request.param)


def at_second(flow: str, text: str) -> str:
    """The text with the flow's second dimension in it: mostly the area."""
    return text.replace(SECOND, FLOWS[flow].order[1])


def narrowed(flow: str) -> str:
    """A key of a few hundred observations also of the widest flow."""
    parts = {
        "REF_AREA": "VN+VN_24",
        "ICD_CHAPTER": "I+_T",
        "AGE": "Y_LT15+_T",
        "SIZE": "_T",
        "GROUP": "DN+_T",
    }
    return ".".join(parts.get(d, "") for d in FLOWS[flow].order)


@pytest.mark.parametrize("accept", [GENERIC, SPECIFIC, CSV_1, CSV_2])
@pytest.mark.parametrize("at", ["TIME_PERIOD", "AllDimensions", SECOND])
def test_pysdmx_reads_the_table_of_the_csv(office: Office, flow: str, accept: str, at: str) -> None:
    path, query = f"/sdmx/v1/data/{flow}/{narrowed(flow)}", at_second(flow, f"dimensionAtObservation={at}")
    expected = frame(office.get(path, query, accept=CSV_1).body, FLOWS[flow])
    assert len(expected) > 10
    found = by_pysdmx(office.get(path, query, accept=accept).body, FLOWS[flow])
    pd.testing.assert_frame_equal(found, expected, check_like=True)


@pytest.mark.parametrize("accept", [GENERIC, SPECIFIC])
@pytest.mark.parametrize("at", ["TIME_PERIOD", "AllDimensions"])
def test_sdmx1_reads_the_table_of_the_csv(office: Office, flow: str, accept: str, at: str) -> None:
    path, query = f"/sdmx/v1/data/{flow}/{narrowed(flow)}", f"dimensionAtObservation={at}"
    expected = frame(office.get(path, query, accept=CSV_1).body, FLOWS[flow])
    message = office.get(path, query, accept=accept).body
    found = by_sdmx1(message, office.structures(flow), FLOWS[flow])
    # Of the series, and read as such: compared by itself.
    columns = [c for c in expected.columns if c in found.columns]
    assert {"OBS_VALUE", "OBS_STATUS", "CONF_STATUS", "LAST_UPDATE"} <= set(columns)
    pd.testing.assert_frame_equal(found[columns], expected[columns])


@pytest.mark.parametrize(
    "query",
    ["", "detail=dataonly", "detail=nodata", "detail=serieskeysonly", "dimensionAtObservation=AllDimensions",
     f"dimensionAtObservation={SECOND}", "dimensionAtObservation=AllDimensions&detail=serieskeysonly"],
)  # fmt: skip
def test_generic_data_is_valid(office: Office, flow: str, query: str) -> None:
    root = judge_xml(office.get(f"/sdmx/v1/data/{flow}/{narrowed(flow)}", at_second(flow, query)).body)
    assert len(root[1]) > 2


@pytest.mark.parametrize("at", ["TIME_PERIOD", "AllDimensions", SECOND])
def test_structure_specific_data_is_valid_against_the_schema_of_its_structure(
    office: Office, flow: str, at: str
) -> None:
    at = at_second(flow, at)
    query = f"dimensionAtObservation={at}"
    message = office.get(f"/sdmx/v1/data/{flow}/{narrowed(flow)}", query, accept=SPECIFIC).body
    judge_specific(message, FLOWS[flow], at)
    with pytest.raises(AssertionError):
        judge_specific(message.replace(b'FREQ="M"', b'FREQ="X"'), FLOWS[flow], at)


def test_a_suppressed_figure_says_so_and_has_no_value(office: Office) -> None:
    lines = office.get("/sdmx/v1/data/DF_PARTICIPANTS", accept=CSV_1).body.decode().splitlines()
    rows = list(csv.DictReader(lines))
    small = [row for row in rows if row["OBS_STATUS"] == "Q"]
    assert small
    assert {(row["CONF_STATUS"], row["OBS_VALUE"]) for row in small} == {("C", "")}
    others = [row for row in rows if row["OBS_STATUS"] == "A"]
    assert all(row["CONF_STATUS"] == "F" and int(row["OBS_VALUE"]) >= 10 for row in others)
    message = office.get("/sdmx/v1/data/DF_PARTICIPANTS").body
    without = [part for part in message.split(b"<gen:Obs>")[1:] if b"ObsValue" not in part]
    assert len(without) == len(small)
    assert all(b'"Q"' in part and b'"C"' in part for part in without)


def test_plain_csv_has_the_names_beside_the_codes_in_the_askers_language(office: Office) -> None:
    path = "/sdmx/v1/data/DF_IDENTITY/M.VN_01.MATCH"
    vi, en = (office.get(path, accept="text/csv", accept_language=language) for language in ("vi", "en"))
    assert vi.media_type == "text/csv; charset=utf-8"
    rows = [next(csv.DictReader(io.StringIO(one.body.decode()))) for one in (vi, en)]
    assert [row["OUTCOME_NAME"] for row in rows] == ["Khớp", "Match"]
    assert [row["REF_AREA_NAME"] for row in rows] == ["Hà Nội", "Ha Noi"]
    excel = office.get(path, "format=excel", accept_language="vi").body
    assert excel == b"\xef\xbb\xbf" + vi.body


@pytest.mark.parametrize(("accept", "first"), [(CSV_1, "DATAFLOW"), (CSV_2, "STRUCTURE")])
def test_labels_are_as_the_media_type_asks(office: Office, accept: str, first: str) -> None:
    path = "/sdmx/v1/data/DF_IDENTITY/M.VN.MATCH"
    both = office.get(path, accept=f"{accept};labels=both", accept_language="en").body.decode()
    row = next(csv.DictReader(io.StringIO(both)))
    assert next(iter(row)) == first
    assert row["REF_AREA: Reference area"] == "VN: Viet Nam"


def test_names_with_commas_are_quoted(office: Office) -> None:
    office.respond = statistics.responder(["2026-01"])
    text = office.get("/sdmx/v1/data/DF_VISITS_ICD/...M.", accept="text/csv", accept_language="en").body
    rows = list(csv.reader(io.StringIO(text.decode())))
    assert len({len(row) for row in rows}) == 1


@given(
    st.lists(
        st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20), max_size=4
    )
)
def test_a_field_is_read_back_as_it_was(texts: list[str]) -> None:
    line = ",".join([*(field(text) for text in texts), "end"])
    assert list(csv.reader(io.StringIO(line, newline=""), strict=True)) == [[*texts, "end"]]


def test_series_alone_are_listed_once_each_in_every_format(office: Office) -> None:
    path, query = "/sdmx/v1/data/DF_IDENTITY", "detail=serieskeysonly"
    assert office.get(path, query).body.count(b"<gen:SeriesKey>") == 24
    assert office.get(path, query, accept=SPECIFIC).body.count(b"<Series ") == 24
    lines = office.get(path, query, accept=CSV_1).body.decode().splitlines()
    assert len(lines) == 25
    assert all(line.split(",")[4:6] == ["", ""] for line in lines[1:])


def test_no_observation_at_all_is_not_found(office: Office) -> None:
    office.respond = statistics.responder([])
    with pytest.raises(Problem) as refused:
        office.get("/sdmx/v1/data/DF_IDENTITY")
    assert refused.value.reason.name == "not_found"


@settings(max_examples=20)
@given(
    st.lists(st.integers(0, 47), min_size=1, max_size=30, unique=True),
    st.sampled_from(["REF_AREA", "OUTCOME"]),
)
def test_whatever_the_cells_the_series_hold_each_once(places: list[int], at: str) -> None:
    office, flow = Office(), FLOWS["DF_IDENTITY"]
    cells = statistics.whole(flow, ["2026-01", "2026-02"])
    office.respond = lambda _request: statistics.answer(flow, [cells[n] for n in sorted(places)])
    path = "/sdmx/v1/data/DF_IDENTITY"
    expected = frame(office.get(path, accept=CSV_1).body, flow)
    for query in ("", f"dimensionAtObservation={at}", "dimensionAtObservation=AllDimensions"):
        judge_xml(office.get(path, query).body)
        pd.testing.assert_frame_equal(
            by_pysdmx(office.get(path, query).body, flow), expected, check_like=True
        )


@pytest.mark.parametrize("accept", [GENERIC, SPECIFIC, CSV_1, CSV_2, "text/csv"])
def test_a_share_has_two_decimals_in_every_format_and_its_population_none(
    office: Office, accept: str
) -> None:
    def one(indicator: str, value: int) -> bytes:
        answer = statistics.answer(FLOWS["DF_COVERAGE_SHARE"], [("M", "VN", indicator, "2026-01")])
        answer.ClearField("values")
        answer.MergeFrom(pb.ListObservationsResponse(values=[value]))
        answer.suppressed[0] = 0
        office.respond = lambda _: answer
        return office.get(f"/sdmx/v1/data/DF_COVERAGE_SHARE/M.VN.{indicator}", accept=accept).body

    for value, written in ((9235, "92.35"), (10_000, "100.00"), (12_340, "123.40"), (7, "0.07"), (0, "0.00")):
        assert re.search(rf'["=,]{written}[",]', one("SHARE", value).decode()), written
    assert re.search(r'["=,]102300000[",]', one("POPULATION", 102_300_000).decode())


def test_what_rests_on_an_earlier_year_is_estimated_and_free(office: Office) -> None:
    office.respond = statistics.responder(["2026-01", "2026-02"])
    lines = office.get("/sdmx/v1/data/DF_COVERAGE_SHARE", accept=CSV_1).body.decode().splitlines()
    rows = [row for row in csv.DictReader(lines) if row["OBS_STATUS"] != "Q"]
    assert {(row["TIME_PERIOD"], row["OBS_STATUS"], row["CONF_STATUS"]) for row in rows} == {
        ("2026-01", "A", "F"),
        ("2026-02", "E", "F"),
    }
    assert all(row["OBS_VALUE"] for row in rows)


def test_a_table_that_becomes_estimated_is_another_table(office: Office) -> None:
    path, answer = "/sdmx/v1/data/DF_COVERAGE_SHARE", statistics.responder(["2026-01"])

    def tag(estimated: int) -> object:
        def respond(request: object) -> object:
            found = answer(request)
            found.estimated[:] = [estimated] * len(found.values)
            return found

        office.respond = respond
        return dict(office.get(path).headers)[b"etag"]

    assert tag(0) == tag(0) != tag(1)
