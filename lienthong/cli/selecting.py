"""Which figures a command is about: a dataflow and its codes, from words on the command line."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, TypeAlias

import typer

from lienthong.cli.failures import UsageProblem
from lienthong.client.statistics import Selection
from lienthong.statistics.structures import Dataflow, catalogue, total_of


class Language(StrEnum):
    """Of names and titles."""

    VI = "vi"
    EN = "en"


Where: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--where", help="DIMENSION=CODE,CODE: only these. Again for another dimension."),
]
In: TypeAlias = Annotated[Language, typer.Option("--language", help="Of the names.")]


def flow_of(name: str) -> Dataflow:
    """The dataflow. Raises UsageProblem."""
    flows = catalogue().published().dataflows
    if name not in flows:
        raise UsageProblem(f"no dataflow {name}; there are {', '.join(flows)}")
    return flows[name]


def names(where: Sequence[str] | None, dimension: str) -> bool:
    """Whether one of these names the dimension."""
    return any(one.startswith(f"{dimension}=") for one in where or ())


def selection(flow: Dataflow, where: Sequence[str], by: Sequence[str], *, every: bool = False) -> Selection:
    """What is not named stands at its total, where there is one: else a table has every sub-total in it."""
    filters = _filters(flow, where)
    for dimension in by:
        _codes(flow, dimension, [])
    for dimension in flow.order:
        if not every and dimension not in filters and dimension not in by and total_of(dimension):
            filters[dimension] = [total_of(dimension)]
    if "REF_AREA" in by:
        # The provinces of today; the former ones and the country are named with --where.
        filters["REF_AREA"] = [code for code in flow.allowed("REF_AREA") if code.startswith("VN_")]
    return Selection(dataflow=flow, filters=filters)


def in_one_unit(chosen: Selection) -> Selection:
    """Of indicators in several units, none of which is named, those in the unit of the first: a picture has one axis."""
    flow = chosen.dataflow
    if "INDICATOR" not in flow.order or "INDICATOR" in chosen.filters:
        return chosen
    first = next(iter(flow.units.values()))
    alike = [code for code, unit in flow.units.items() if unit == first]
    return replace(chosen, filters={**chosen.filters, "INDICATOR": alike})


def key_of(flow: Dataflow, where: Sequence[str]) -> str:
    """The SDMX key of these codes, every code of the dimensions that are not named; empty for every series."""
    filters = _filters(flow, where)
    return ".".join("+".join(filters.get(dimension, ())) for dimension in flow.order) if filters else ""


def _filters(flow: Dataflow, where: Sequence[str]) -> dict[str, list[str]]:
    filters: dict[str, list[str]] = {}
    for one in where:
        dimension, _, codes = one.partition("=")
        filters[dimension] = _codes(flow, dimension, codes.split(","))
    return filters


def _codes(flow: Dataflow, dimension: str, codes: list[str]) -> list[str]:
    if dimension not in flow.order:
        raise UsageProblem(f"{flow.id} has no dimension {dimension}; it has {', '.join(flow.order)}")
    unknown = [code for code in codes if code not in flow.allowed(dimension)]
    if unknown:
        raise UsageProblem(f"{dimension} has no code {unknown[0]}: `stats list {flow.id}` shows them")
    return codes
