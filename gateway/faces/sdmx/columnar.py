"""Apache Parquet: the columns of the plain CSV, typed.

Codes and their names are dictionaries of text, TIME_PERIOD is the month's first day, OBS_VALUE a
64-bit integer (a double in dataflows whose figures have decimals) that is null where the figure is
suppressed, moments are in UTC. The file's own metadata say what it is: ``dataflow``, ``version``, ``watermark``, ``last_updated``.

Source: Apache Parquet format, "Logical types".

Import it where the first file is written, not at a process's start (decision 19): with it comes
pyarrow.
"""

from collections.abc import Sequence
from datetime import date, datetime

import pyarrow as pa
from pyarrow import parquet

from gateway.faces.sdmx.table import CONFIDENTIALITY, STATUSES, SUPPRESSED
from gateway.faces.sdmx.writing import Sheet
from lienthong.statistics.structures import AGENCY, ATTRIBUTES, TIME, VALUE, VERSION, catalogue


def write(sheet: Sheet) -> bytes:
    """The table as one Parquet file, compressed (zstd) column by column."""
    table = pa.table(_columns(sheet)).replace_schema_metadata(_metadata(sheet))
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, compression="zstd", store_schema=True)
    octets: bytes = sink.getvalue().to_pybytes()
    return octets


def _metadata(sheet: Sheet) -> dict[str, str]:
    told = {
        "dataflow": f"{AGENCY}:{sheet.query.flow.id}",
        "version": VERSION,
        "watermark": sheet.table.watermark,
        "last_updated": sheet.table.last_updated,
    }
    return {name: text for name, text in told.items() if text}


def _columns(sheet: Sheet) -> dict[str, pa.Array]:
    table, count = sheet.table, len(sheet.table)
    columns: dict[str, pa.Array] = {}
    for dimension, codes, indexes in zip(sheet.query.flow.order, table.codes, table.indexes, strict=False):
        columns |= _coded(sheet, dimension, codes, indexes)
    periods = pa.array([_first_day(code) for code in table.codes[-1]], pa.date32())
    shown = sheet.query.observations
    columns[TIME] = (
        periods.take(pa.array(table.indexes[-1], pa.int32())) if shown else _nothing(count, pa.date32())
    )
    kind, number = (pa.float64(), float) if sheet.query.flow.decimals else (pa.int64(), int)
    values = [
        None if state == SUPPRESSED else number(value)
        for value, state in zip(table.values, table.states, strict=True)
    ]
    columns[VALUE] = pa.array(values, kind) if shown else _nothing(count, kind)
    for name in ATTRIBUTES:
        if name in sheet.query.attributes:
            columns |= _attribute(sheet, name)
    return columns


def _attribute(sheet: Sheet, name: str) -> dict[str, pa.Array]:
    """The column of an attribute, and of its names."""
    table, count = sheet.table, len(sheet.table)
    if name == "UNIT_MEASURE":
        units = table.units()
        codes = sorted(set(units))
        places = {code: place for place, code in enumerate(codes)}
        return _coded(sheet, name, codes, [places[unit] for unit in units])
    if name in {"OBS_STATUS", "CONF_STATUS"}:
        if not sheet.query.observations:
            return _coded(sheet, name, [""], [0] * count)
        return _coded(sheet, name, STATUSES if name == "OBS_STATUS" else CONFIDENTIALITY, table.states)
    if name == "LAST_UPDATE":
        shown = sheet.query.observations
        moments = [int(text) or None if shown else None for text in table.updated_at]
        return {name: pa.array(moments, pa.timestamp("s", "UTC"))}
    watermark = datetime.fromisoformat(table.watermark) if table.watermark else None
    return {name: pa.array([watermark] * count, pa.timestamp("ms", "UTC"))}


def _coded(sheet: Sheet, column: str, codes: Sequence[str], indexes: Sequence[int]) -> dict[str, pa.Array]:
    """Codes, and their names where they have some; an empty code is null."""
    concept = catalogue().concepts[column]
    places = pa.array(indexes, pa.int32())
    columns = {column: _texts(codes).take(places).dictionary_encode()}
    if sheet.labels == "name" and concept.codes is not None:
        known = concept.codes.by_id
        names = [known[code].name.in_language(sheet.language) if code in known else "" for code in codes]
        columns[f"{column}_NAME"] = _texts(names).take(places).dictionary_encode()
    return columns


def _texts(values: Sequence[str]) -> pa.Array:
    return pa.array([value or None for value in values], pa.string())


def _nothing(count: int, kind: pa.DataType) -> pa.Array:
    return pa.nulls(count, kind)


def _first_day(month: str) -> date | None:
    """The month's first day; None for what is no month."""
    try:
        return date(int(month[:4]), int(month[5:7]), 1)
    except ValueError:
        return None
