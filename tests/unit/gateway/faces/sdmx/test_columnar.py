"""Parquet says the same as the plain CSV, typed; read by pyarrow and by pandas."""

import io
import subprocess
import sys
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from lienthong.statistics.structures import TIME, VALUE, catalogue
from tests.support import statistics
from tests.support.sdmx import number
from tests.unit.gateway.faces.sdmx.conftest import Office

FLOWS = catalogue().dataflows
PARQUET = "application/vnd.apache.parquet"
DETAILS = [
    "",
    "detail=dataonly",
    "detail=nodata",
    "detail=serieskeysonly",
    "dimensionAtObservation=AllDimensions",
]


@pytest.fixture(params=sorted(FLOWS))
def flow(request: pytest.FixtureRequest, office: Office) -> str:
    office.respond = statistics.responder(["2026-01", "2026-02"], areas=2)
    return str(request.param)


def as_text(value: Any) -> str:
    """A typed value as the CSV has it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        form = "milliseconds" if value.microsecond else "seconds"
        return value.astimezone(UTC).isoformat(timespec=form).replace("+00:00", "Z")
    return f"{value:%Y-%m}" if isinstance(value, date) else str(value)


def in_words(table: pa.Table) -> pd.DataFrame:
    return pd.DataFrame({name: [as_text(v) for v in table[name].to_pylist()] for name in table.column_names})


@pytest.mark.parametrize("query", DETAILS)
def test_the_table_is_that_of_the_csv(office: Office, flow: str, query: str) -> None:
    path = f"/sdmx/v1/data/{flow}"
    csv = office.get(path, query, accept="text/csv", accept_language="en").body
    expected = pd.read_csv(io.BytesIO(csv), dtype=str, keep_default_na=False)
    written = office.get(path, query, accept=PARQUET, accept_language="en")
    assert written.media_type == PARQUET
    found = in_words(parquet.read_table(io.BytesIO(written.body)))
    assert len(expected) >= 4  # series keys alone: the smallest dataflow has two indicators in two areas
    # A double has no digits of its own: 30.00 is 30.0.
    found[VALUE], expected[VALUE] = found[VALUE].map(number), expected[VALUE].map(number)
    pd.testing.assert_frame_equal(found, expected)


def test_the_columns_have_their_types(office: Office) -> None:
    schema = parquet.read_schema(
        io.BytesIO(office.get("/sdmx/v2/data/dataflow/VSS/DF_VISITS/1.0", "format=parquet").body)
    )
    text = pa.dictionary(pa.int32(), pa.string())
    assert {
        schema.field(name).type for name in ("REF_AREA", "REF_AREA_NAME", "UNIT_MEASURE", "OBS_STATUS")
    } == {text}
    assert schema.field(TIME).type == pa.date32()
    assert schema.field(VALUE).type == pa.int64()
    assert schema.field("LAST_UPDATE").type == pa.timestamp("ms", "UTC")
    assert schema.field("WATERMARK").type == pa.timestamp("ms", "UTC")


def test_the_file_says_what_it_is(office: Office) -> None:
    body = office.get("/sdmx/v1/data/DF_VISITS", "format=parquet").body
    told = parquet.read_schema(io.BytesIO(body)).metadata
    assert told[b"dataflow"] == b"VSS:DF_VISITS"
    assert told[b"version"] == b"1.0"
    assert told[b"watermark"] == statistics.WATERMARK.encode()
    assert told[b"last_updated"] == statistics.LAST_UPDATED.encode()


def test_pandas_reads_whole_numbers_with_nulls_where_suppressed(office: Office) -> None:
    body = office.get("/sdmx/v1/data/DF_PARTICIPANTS", "format=parquet").body
    read = pd.read_parquet(io.BytesIO(body), dtype_backend="pyarrow")
    hidden = read["OBS_STATUS"].astype(str) == "Q"
    assert 0 < hidden.sum() < len(read)
    assert read.loc[hidden, VALUE].isna().all()
    assert (read.loc[~hidden, VALUE] >= 10).all()
    assert str(read[VALUE].dtype) == "int64[pyarrow]"


def test_a_worker_that_nobody_asks_for_parquet_does_not_load_its_library() -> None:
    """A hundred milliseconds and forty megabytes that most workers never need."""
    look = "import gateway.__main__, gateway.deliveries.__main__, sys; print('pyarrow' in sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=120
    )
    assert told.stdout.strip() == "False"


def test_shares_are_doubles_with_nulls_where_suppressed(office: Office) -> None:
    body = office.get("/sdmx/v1/data/DF_COVERAGE_SHARE/..SHARE", "format=parquet").body
    assert parquet.read_schema(io.BytesIO(body)).field(VALUE).type == pa.float64()
    read = pd.read_parquet(io.BytesIO(body), dtype_backend="pyarrow")
    hidden = read["OBS_STATUS"].astype(str) == "Q"
    assert 0 < hidden.sum() < len(read)
    assert read.loc[hidden, VALUE].isna().all()
    assert set(read["OBS_STATUS"].astype(str)) == {"A", "E", "Q"}
    assert set(read.loc[~hidden, "CONF_STATUS"].astype(str)) == {"F"}
