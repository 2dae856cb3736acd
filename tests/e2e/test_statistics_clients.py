"""Statistics software that knows nothing of us, unmodified, through the connector."""

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pandas as pd
import pytest
import sdmx
from pysdmx.io import read_sdmx

from lienthong.statistics.structures import TIME, VALUE, catalogue
from tests.support.connector_process import connecting
from tests.support.sdmx import CSV_1, judge_xml
from tests.support.stack import Running

FLOW = catalogue().dataflows["DF_PARTICIPANTS"]
# The country by scheme and sex, all ages.
KEY = "M.VN.SI+HI.._T"
YEAR = {"startPeriod": "2026-01", "endPeriod": "2026-10"}


@pytest.fixture(scope="module")
def base(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base address that a statistician is given, of a connector of the demo ministry."""
    folder = tmp_path_factory.mktemp("office")
    state = folder / "state"
    with connecting(running.stack.agencies / "ministry-demo", state, folder / "log") as made:
        token = (state / "sdmx-token").read_text(encoding="ascii").strip()
        yield f"{str(made.http.base_url).rstrip('/')}/t/{token}/sdmx"


@pytest.fixture(scope="module")
def client(base: str) -> sdmx.Client:
    source = {"id": "VSS", "name": "VSS", "url": f"{base}/v1", "supports": {"availableconstraint": True}}
    sdmx.add_source(source, override=True)
    return sdmx.Client("VSS")


@pytest.fixture(scope="module")
def table(base: str) -> pd.Series:
    """The reference: SDMX-CSV as pandas reads it."""
    answer = httpx.get(f"{base}/v1/data/DF_PARTICIPANTS/{KEY}", params=YEAR, headers={"accept": CSV_1})
    assert answer.status_code == 200, answer.text
    read = pd.read_csv(io.StringIO(answer.text))
    assert len(read) > 20
    found: pd.Series = read.set_index([*FLOW.order, TIME])[VALUE].astype(float).sort_index()
    return found


def test_sdmx1_lists_the_dataflows_and_reads_a_structure(client: sdmx.Client) -> None:
    assert "DF_PARTICIPANTS" in client.dataflow().dataflow
    message = client.dataflow("DF_PARTICIPANTS")
    dimensions = message.structure["DSD_PARTICIPANTS"].dimensions
    assert [d.id for d in dimensions] == [*FLOW.order, TIME]
    assert str(message.codelist["CL_AREA"]["VN_24"].name.localized_default("vi")) == "Bắc Ninh"


def test_sdmx1_reads_what_there_is(client: sdmx.Client) -> None:
    message = client.get("availableconstraint", "DF_PARTICIPANTS")
    region = message.constraint["CC_PARTICIPANTS"].data_content_region[0]
    members = {d.id: m for d, m in region.member.items() if d.id != TIME}
    codes = {name: {str(v.value) for v in list(m.values)} for name, m in members.items()}
    assert "VN" in codes["REF_AREA"]
    assert codes.keys() == set(FLOW.order)
    for dimension, found in codes.items():
        assert found <= set(FLOW.allowed(dimension)), dimension


def test_sdmx1_reads_the_figures_of_the_csv(client: sdmx.Client, table: pd.Series) -> None:
    key = {"REF_AREA": "VN", "SCHEME": "SI+HI", "AGE": "_T"}
    message = client.data("DF_PARTICIPANTS", key=key, params=YEAR)
    found = sdmx.to_pandas(message).sort_index()
    pd.testing.assert_series_equal(found.rename(VALUE), table)


@pytest.mark.parametrize("path", ["/v1/data/DF_PARTICIPANTS/", "/v2/data/dataflow/VSS/DF_PARTICIPANTS/1.0/"])
def test_pysdmx_reads_the_figures_of_the_csv_in_both_interfaces(
    base: str, table: pd.Series, path: str
) -> None:
    url = f"{base}{path}{KEY}?startPeriod=2026-01&endPeriod=2026-10"
    frame = read_sdmx(url, validate=True).data[0].data
    # A suppressed figure has no value: an empty text to this reader.
    found = (
        pd.to_numeric(frame.set_index([*FLOW.order, TIME])[VALUE], errors="coerce").astype(float).sort_index()
    )
    pd.testing.assert_series_equal(found, table, check_index_type=False)


def test_a_filter_of_the_second_interface_goes_through_unchanged(base: str) -> None:
    url = f"{base}/v2/data/dataflow/VSS/DF_PARTICIPANTS/1.0/*?c[REF_AREA]=VN&c[SEX]=_T&c[AGE]=_T&c[TIME_PERIOD]=2026-10"
    answer = httpx.get(url, headers={"accept": CSV_1, "accept-encoding": "identity"})
    lines = answer.text.splitlines()[1:]
    assert answer.status_code == 200
    assert {tuple(line.split(",")[1:3]) for line in lines} == {("M", "VN")}


def test_what_is_known_is_not_sent_again_and_what_is_packed_is_unpacked(base: str) -> None:
    url = f"{base}/v1/data/DF_PARTICIPANTS/{KEY}"
    first = httpx.get(url, params=YEAR)
    assert first.headers["content-encoding"] == "gzip"
    judge_xml(first.content)
    again = httpx.get(url, params=YEAR, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_refusal_comes_back_as_the_gateway_signed_it(base: str) -> None:
    answer = httpx.get(f"{base}/v1/data/DF_PARTICIPANTS/M.XX...")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/xml")
    assert "signature-input" in answer.headers
    judge_xml(answer.content)


def test_what_was_pulled_stands_in_the_log(base: str, running: Running) -> None:
    answer = httpx.get(f"{base}/v1/data/DF_PARTICIPANTS/{KEY}", params={"lastNObservations": "1"})
    with running.registry() as registry:
        rows = registry.execute(
            "SELECT agency_id, purpose, detail FROM audit_entry WHERE request_id = %s",
            [answer.headers["x-request-id"]],
        ).fetchall()
    assert [(row[0], row[1]) for row in rows] == [("ministry-demo", "statistics")]
    assert rows[0][2].startswith(f"sdmx: DF_PARTICIPANTS/{KEY}?lastNObservations=1: ")


def test_the_command_draws_and_tabulates(running: Running, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "lienthong.cli",
        "--agency",
        str(running.stack.agencies / "ministry-demo"),
        "stats",
    ]
    picture = tmp_path / "line.svg"
    subprocess.run([*command, "plot", "DF_PARTICIPANTS", "-o", str(picture)], check=True)
    assert picture.read_text(encoding="utf-8").count("<polyline") >= 1
    csv = subprocess.run(
        [*command, "get", "DF_PARTICIPANTS", "--last", "1", "--format", "csv"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    rows = [line.split(",") for line in csv.splitlines()[1:]]
    assert {tuple(row[2:3] + row[6:7] + row[8:9]) for row in rows} == {("VN", "_T", "_T")}
    assert all((row[11] == "") == (row[12] == "Q") for row in rows)
