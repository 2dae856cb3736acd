"""A data or availability query, read from path and query string into the contract's terms.

What is unknown is refused, never left out: a filter that nobody heeds gives wrong figures.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import unquote

from gateway.faces.sdmx.keys import Key, filters_of, known, narrowed, parse_keys
from gateway.faces.sdmx.paths import DataPath
from gateway.faces.sdmx.periods import NoPeriod, moment, months
from gateway.faces.sdmx.refusing import nothing, semantic, syntax
from lienthong.statistics.structures import ATTRIBUTES, TIME, VALUE, Dataflow

_MOST_PARAMETERS: Final = 40
_MOST_N: Final = 1_200
_FLAT: Final = "AllDimensions"
_COMPONENT: Final = re.compile(r"c\[([A-Za-z0-9_]{1,40})\]")
# What may leave out observations.
_DETAIL: Final[Mapping[str, tuple[frozenset[str], bool]]] = {
    "full": (frozenset(ATTRIBUTES), True),
    "dataonly": (frozenset(), True),
    "serieskeysonly": (frozenset(), False),
    "nodata": (frozenset({"UNIT_MEASURE", "WATERMARK"}), False),
}
_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "dsd": frozenset(ATTRIBUTES),
    "all": frozenset(ATTRIBUTES),
    "none": frozenset(),
    "msd": frozenset(),
    "dataset": frozenset({"WATERMARK"}),
    "series": frozenset({"UNIT_MEASURE"}),
    "obs": frozenset({"OBS_STATUS", "CONF_STATUS", "LAST_UPDATE"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataQuery:
    """What is asked. ``keys`` are several only where ``filters`` let through more than they do."""

    flow: Dataflow
    interface: int
    keys: tuple[Key, ...] = ()
    filters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    from_month: str = ""
    to_month: str = ""
    as_of: str = ""
    updated_after: str = ""
    first_n: int = 0
    last_n: int = 0
    attributes: frozenset[str] = frozenset(ATTRIBUTES)
    observations: bool = True
    at_observation: str = TIME
    named_format: str = ""
    component: str = ""
    asked: str = ""
    """The key and the query as they were written, for the log."""

    @property
    def is_flat(self) -> bool:
        """Whether observations stand by themselves, in no series."""
        return self.at_observation == _FLAT

    def values(self) -> dict[str, Any]:
        """The request as JSON of the contract."""
        filters = [{"dimension": d, "codes": sorted(codes)} for d, codes in self.filters.items()]
        given: dict[str, Any] = {
            "dataflow": self.flow.id,
            "filters": filters,
            "fromMonth": self.from_month,
            "toMonth": self.to_month,
            "asOf": self.as_of,
            "updatedAfter": self.updated_after,
            "lastN": self.last_n,
            "firstN": self.first_n,
            "keysOnly": not self.observations,
        }
        return {name: value for name, value in given.items() if value}


def parameters_of(query: str) -> dict[str, str]:
    """The parameters of a query string. Raises ``malformed`` for one that comes twice, or cannot be read.

    A plus sign is a plus sign: it joins codes and stands in offsets of time.
    """
    pairs = [pair for pair in query.split("&") if pair]
    if len(pairs) > _MOST_PARAMETERS:
        syntax("query", f"more than {_MOST_PARAMETERS} parameters")
    found: dict[str, str] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            name, value = unquote(name, errors="strict"), unquote(value, errors="strict")
        except UnicodeDecodeError:
            syntax("query", "a percent-encoding that is not UTF-8")
        if name in found or not name.isprintable() or not value.isprintable():
            syntax("query", "a parameter that comes twice, or cannot be printed")
        found[name] = value
    return found


def data_query(path: DataPath, flow: Dataflow, query: str) -> DataQuery:
    """The query for data. Raises ``malformed``, ``invalid_argument`` or ``not_found``."""
    return _query(path, flow, query, _OF_DATA)


def availability_query(path: DataPath, flow: Dataflow, query: str) -> DataQuery:
    """The query for what there is; it is asked for series alone."""
    component = path.component
    if component and component not in {*flow.order, TIME}:
        semantic("componentID", f"expected one of {', '.join((*flow.order, TIME))}")
    return replace(_query(path, flow, query, _OF_AVAILABILITY), observations=False, component=component)


def _query(path: DataPath, flow: Dataflow, query: str, known_ones: "_Parameters") -> DataQuery:
    keys = parse_keys(path.key, flow, several=path.version > 1)
    made = DataQuery(
        flow=flow,
        interface=path.version,
        keys=keys if len(keys) > 1 else (),
        filters=filters_of(keys, flow),
        asked=f"{flow.id}/{path.key}" + (f"?{query}" if query else ""),
    )
    for name, value in parameters_of(query).items():
        component = _COMPONENT.fullmatch(name)
        if component is not None:
            made = _component(made, component[1], value)
        elif name in known_ones:
            made = known_ones[name](made, value)
        else:
            syntax(name[:40], f"not a parameter here; known are {', '.join(known_ones)}")
    if made.from_month and made.to_month and made.from_month > made.to_month:
        semantic("endPeriod", "ends before startPeriod")
    if made.first_n and made.last_n:
        semantic("firstNObservations", "not together with lastNObservations")
    if any(not codes for codes in made.filters.values()):
        nothing("the filters exclude each other")
    return made


def _period(name: str, value: str) -> tuple[str, str]:
    try:
        return months(value)
    except NoPeriod:
        syntax(name, "expected a period, such as 2026, 2026-Q1, 2026-05 or 2026-05-31")


def _start(made: DataQuery, value: str) -> DataQuery:
    first = _period("startPeriod", value)[0]
    return replace(made, from_month=max(made.from_month, first))


def _end(made: DataQuery, value: str) -> DataQuery:
    last = _period("endPeriod", value)[1]
    return replace(made, to_month=min(made.to_month or last, last))


def _moment(name: str, value: str) -> str:
    try:
        return moment(value)
    except NoPeriod:
        syntax(name, "expected a moment, such as 2026-11-22T08:15:30Z (a + in it is written %2B)")


def _count(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 6):
        syntax(name, "expected a number")
    if not 1 <= int(value) <= _MOST_N:
        semantic(name, f"expected 1 to {_MOST_N}")
    return int(value)


def _detail(made: DataQuery, value: str) -> DataQuery:
    if value not in _DETAIL:
        syntax("detail", f"expected one of {', '.join(_DETAIL)}")
    attributes, observations = _DETAIL[value]
    return replace(made, attributes=attributes, observations=observations)


def _attributes(made: DataQuery, value: str) -> DataQuery:
    chosen: set[str] = set()
    for name in value.split(","):
        if name not in _ATTRIBUTES and name not in ATTRIBUTES:
            semantic("attributes", f"expected some of {', '.join((*_ATTRIBUTES, *ATTRIBUTES))}")
        chosen |= _ATTRIBUTES.get(name, {name})
    return replace(made, attributes=frozenset(chosen))


def _measures(made: DataQuery, value: str) -> DataQuery:
    if value not in {"all", "none", VALUE}:
        semantic("measures", f"expected all, none or {VALUE}")
    return replace(made, observations=value != "none")


def _at_observation(made: DataQuery, value: str) -> DataQuery:
    if value not in {*made.flow.order, TIME, _FLAT}:
        semantic("dimensionAtObservation", f"expected one of {', '.join((*made.flow.order, TIME, _FLAT))}")
    return replace(made, at_observation=value)


def _no_history(made: DataQuery, value: str) -> DataQuery:
    if value not in {"true", "false"}:
        syntax("includeHistory", "expected true or false")
    if value == "true":
        semantic("includeHistory", "not offered: ask with asOf how a figure was at a moment")
    return made


def _mode(made: DataQuery, value: str) -> DataQuery:
    if value not in {"exact", "available"}:
        syntax("mode", "expected exact or available")
    return made


def _references(made: DataQuery, value: str) -> DataQuery:
    if value != "none":
        semantic("references", "only none: structures are public documents of their own")
    return made


def _component(made: DataQuery, name: str, value: str) -> DataQuery:
    """A filter of 2.0, ``c[REF_AREA]=VN,VN_01`` or ``c[TIME_PERIOD]=ge:2026-01+le:2026-06``."""
    if name == TIME:
        for one in value.split("+"):
            made = _time_filter(made, one)
        return made
    if name not in made.flow.order:
        semantic(f"c[{name}]", f"expected one of {', '.join((*made.flow.order, TIME))}")
    codes = [code.removeprefix("eq:") for code in value.split(",")]
    given = {name: known(f"c[{name}]", codes, name, made.flow)}
    return replace(made, filters=narrowed(made.filters, given))


def _time_filter(made: DataQuery, text: str) -> DataQuery:
    operator, colon, value = text.partition(":")
    if not colon:
        operator, value = "eq", text
    if operator not in {"eq", "ge", "le"}:
        semantic(f"c[{TIME}]", "expected eq, ge or le")
    if operator != "le":
        made = _start(made, value)
    return made if operator == "ge" else _end(made, value)


_Parameters = Mapping[str, Callable[[DataQuery, str], DataQuery]]
_BOTH: Final[_Parameters] = {
    "startPeriod": _start,
    "endPeriod": _end,
    "updatedAfter": lambda made, text: replace(made, updated_after=_moment("updatedAfter", text)),
    "asOf": lambda made, text: replace(made, as_of=_moment("asOf", text)),
    "format": lambda made, text: replace(made, named_format=text),
}
_OF_DATA: Final[_Parameters] = {
    **_BOTH,
    "firstNObservations": lambda made, text: replace(made, first_n=_count("firstNObservations", text)),
    "lastNObservations": lambda made, text: replace(made, last_n=_count("lastNObservations", text)),
    "dimensionAtObservation": _at_observation,
    "detail": _detail,
    "attributes": _attributes,
    "measures": _measures,
    "includeHistory": _no_history,
}
_OF_AVAILABILITY: Final[_Parameters] = {**_BOTH, "mode": _mode, "references": _references}
