"""Reads the TOML files of this folder, once, and refuses what does not fit together."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from lienthong.statistics.structures.model import TOTAL, Catalogue, Code, CodeList, Concept, Dataflow, Text

_ID: Final = re.compile(r"[A-Za-z0-9_@$-]+")
_AREAS: Final = Text("Địa bàn: cả nước, 34 tỉnh, 63 tỉnh cũ", "Areas: country, 34 provinces, the former 63")
_GROUPS: Final = Text("Nhóm đối tượng có thẻ BHYT", "Groups of people with a health-insurance card")
_MERGER: Final = (
    "Nghị quyết 202/2025/QH15: tỉnh cũ thuộc tỉnh hiện nay là mã cha. / "
    "Resolution 202/2025/QH15: the parent of a former province is the province that it belongs to now."
)


@cache
def catalogue() -> Catalogue:
    """Everything that can be pulled. Raises ``ValueError`` naming what does not fit."""
    codelists = {name: _codelist(name, row) for name, row in _read("codelists").items()}
    codelists["CL_AREA"] = CodeList("CL_AREA", _AREAS, _codes(_read("areas")["code"]), _MERGER)
    codelists["CL_GROUP"] = CodeList("CL_GROUP", _GROUPS, _codes(_read("groups")["codes"]))
    for codelist in codelists.values():
        _check(codelist)
    concepts = {name: _concept(name, row, codelists) for name, row in _read("concepts").items()}
    flows = {name: _dataflow(name, row, concepts) for name, row in _read("dataflows").items()}
    for flow in flows.values():
        if flow.share_of:
            _check_share(flow, flows)
    return Catalogue(flows, dict(sorted(codelists.items())), concepts)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def _text(row: Mapping[str, Any], prefix: str = "") -> Text:
    return Text(row[prefix + "vi"], row[prefix + "en"])


def _codes(rows: list[dict[str, Any]]) -> tuple[Code, ...]:
    return tuple(Code(row["id"], _text(row), row.get("parent", "")) for row in rows)


def _codelist(name: str, row: Mapping[str, Any]) -> CodeList:
    return CodeList(name, _text(row), _codes(row["codes"]), row.get("note", ""))


def _check(codelist: CodeList) -> None:
    known: set[str] = set()
    for code in codelist.codes:
        if not _ID.fullmatch(code.id) or code.id in known:
            raise ValueError(f"{codelist.id}: {code.id} is no id, or stands there twice")
        # A parent stands before its children: so there are no circles.
        if code.parent and code.parent not in known:
            raise ValueError(f"{codelist.id}: the parent of {code.id} does not stand before it")
        known.add(code.id)


def _concept(name: str, row: Mapping[str, Any], codelists: Mapping[str, CodeList]) -> Concept:
    codes = codelists[row["codelist"]] if "codelist" in row else None
    return Concept(name, _text(row), codes, row.get("note", ""))


def _dataflow(name: str, row: Mapping[str, Any], concepts: Mapping[str, Concept]) -> Dataflow:
    units = row["units"] if "units" in row else {"": row["unit"]}
    flow = Dataflow(
        id=name,
        service=row["service"],
        name=_text(row),
        description=_text(row, "description_"),
        method=_text(row, "method_"),
        dimensions=tuple(concepts[d] for d in row["dimensions"]),
        units=units,
        contributors=row["contributors"],
        published=row.get("published", True),
        parts=row.get("parts", {}),
        splits=tuple(row.get("splits", ())),
        decimals=row.get("decimals", {}),
        rolled=tuple(row.get("rolled", ())),
        share_of=row.get("share_of", ""),
    )
    coded = all(d.codes is not None for d in flow.dimensions)
    if not coded or ("INDICATOR" in flow.order) is ("" in units):
        raise ValueError(f"{name}: a dimension without codes, or units that do not fit the indicators")
    unknown = [u for u in units.values() if u not in _list_of(concepts["UNIT_MEASURE"]).by_id]
    if unknown or ("" not in units and set(units) - set(flow.codes("INDICATOR").by_id)):
        raise ValueError(f"{name}: an unknown unit or indicator {unknown}")
    if (set(flow.parts) | set(flow.decimals)) - set(units) or set(flow.splits) - set(flow.order):
        raise ValueError(f"{name}: parts or decimals of no indicator, or splits of no dimension")
    for dimension in flow.rolled:
        _check_rolled(flow, dimension)
    return flow


def _check_rolled(flow: Dataflow, dimension: str) -> None:
    """One level between the finest codes and the total, as the tables of statistics sum up."""
    if dimension not in flow.order:
        raise ValueError(f"{flow.id}: no dimension {dimension} to roll up")
    between = flow.between(dimension)
    tops = [code for code in flow.codes(dimension).codes if not code.parent]
    if not between or between.keys() & set(between.values()) or len(tops) != 1:
        raise ValueError(f"{flow.id}: the codes of {dimension} are not of three levels under one total")


def _check_share(flow: Dataflow, flows: Mapping[str, Dataflow]) -> None:
    whole = flows.get(flow.share_of)
    if whole is None or whole.share_of or whole.service != flow.service or "REF_AREA" not in whole.order:
        raise ValueError(f"{flow.id}: a share of no flow of its service that has areas")
    summed = [d for d in whole.order if d not in {"FREQ", "REF_AREA"}]
    if "INDICATOR" in summed or not all(TOTAL in whole.codes(d).by_id for d in summed):
        raise ValueError(f"{flow.id}: {whole.id} has no one total of an area")


def _list_of(concept: Concept) -> CodeList:
    if concept.codes is None:
        raise ValueError(f"{concept.id}: has no codes")
    return concept.codes


def total_of(dimension: str) -> str:
    """The code that stands for all of a dimension; empty where there is none."""
    if dimension == "REF_AREA":
        return "VN"
    codes = catalogue().concepts[dimension].codes
    return TOTAL if codes is not None and TOTAL in codes.by_id else ""
