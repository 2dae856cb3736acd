"""Which figures a command is about: a dataflow and its codes, from words on the command line."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Final, TypeAlias

import typer

from lienthong.cli.failures import UsageProblem
from lienthong.client.statistics import Selection
from lienthong.statistics.structures import Dataflow, areas, catalogue, total_of

AREA: Final = "REF_AREA"


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


def selection(
    flow: Dataflow, where: Sequence[str], by: Sequence[str], *, every: bool = False, former: bool = False
) -> Selection:
    """What is not named stands at its total, where there is one: else a table has every sub-total in it.

    By area are the provinces of today, or the ``former`` ones: never two divisions of the same people.
    """
    if former and (AREA not in flow.rolled or AREA not in by):
        known = [name for name, one in catalogue().published().dataflows.items() if AREA in one.rolled]
        raise UsageProblem(f"--former is for figures by {AREA}, and for {', '.join(known)}")
    filters = _filters(flow, where)
    for dimension in by:
        _codes(flow, dimension, [])
    for dimension in flow.order:
        if not every and dimension not in filters and dimension not in by and total_of(dimension):
            filters[dimension] = [total_of(dimension)]
    if AREA in by:
        # The country is named with --where.
        filters[AREA] = areas.former_provinces() if former else areas.provinces()
    return Selection(dataflow=flow, filters=filters)


def in_two_divisions(flow: Dataflow, asked: Collection[str] | None) -> bool:
    """Whether these areas, all where None, are of today's provinces and of the former ones: no sum and no average of them is right."""
    if AREA not in flow.rolled:
        return False
    chosen = set(flow.allowed(AREA) if asked is None else asked)
    return not (chosen.isdisjoint(areas.provinces()) or chosen.isdisjoint(areas.former_provinces()))


def areas_of(flow: Dataflow, key: str) -> list[str] | None:
    """The areas that an SDMX key names; None where it has every one, or says something that is the gateway's to read."""
    parts = key.split(".")
    if AREA not in flow.order or len(parts) != len(flow.order) or "," in key:
        return None
    named = parts[flow.order.index(AREA)]
    return None if named in {"", "*"} else named.split("+")


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


def _filters(flow: Dataflow, where: Sequence[str]) -> dict[str, Sequence[str]]:
    filters: dict[str, Sequence[str]] = {}
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
