"""Paths of the two interfaces, in parts.

    v1   data/{flow}/{key}/{provider}              availableconstraint/{flow}/{key}/{provider}/{component}
    v2   data/dataflow/{agency}/{id}/{version}/{key}   availability/dataflow/{agency}/{id}/{version}/{key}/{component}

Source: SDMX REST 1.5 and 2.0, "Data queries", "Data availability queries".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from gateway.faces.sdmx.refusing import nothing, syntax
from lienthong.statistics.structures import AGENCY, VERSION

ROOT: Final = "/sdmx/"
ANY: Final = frozenset({"all", "*"})
_AGENCIES: Final = ANY | {AGENCY}
VERSIONS: Final = ANY | {"latest", "+", "~", VERSION, VERSION + ".0", VERSION + "+", "1+.0"}
_MOST_PART: Final = 4_000


@dataclass(frozen=True, slots=True)
class DataPath:
    """What a path of data or availability names. ``component`` is empty for every one."""

    version: int
    dataflow: str
    key: str
    component: str = ""


def pattern(version: int, dataflows: Iterable[str]) -> re.Pattern[str]:
    """What may follow ``data/`` or its like: a reference to one of ``dataflows``, and more."""
    names = "|".join(sorted(dataflows))
    comma = "(?:,|%2[Cc])"
    if version == 1:
        return re.compile(f"(?:[^/]{{1,40}}{comma})?(?:{names})(?:{comma}[^/]{{1,20}})?(?:/.*)?")
    return re.compile(f"dataflow/[^/]{{1,40}}/(?:{names})(?:/.*)?")


def parts_of(rest: str) -> list[str]:
    """The parts of a path, percent signs resolved; a slash at the end says nothing. Raises ``malformed``."""
    parts = rest.removesuffix("/").split("/") if rest else []
    try:
        read = [unquote(part, errors="strict") for part in parts]
    except UnicodeDecodeError:
        syntax("path", "a percent-encoding that is not UTF-8")
    if any(len(part) > _MOST_PART or not part.isprintable() for part in read):
        syntax("path", f"a part of more than {_MOST_PART} characters, or one that cannot be printed")
    return read


def data_path(path: str, *, availability: bool) -> DataPath:
    """The parts of a path that ``pattern`` fits. Raises ``malformed`` or ``not_found``."""
    version = 1 if path.startswith(ROOT + "v1/") else 2
    parts = parts_of(path.removeprefix(f"{ROOT}v{version}/").partition("/")[2])
    most = (3 if version == 1 else 5) + availability
    if len(parts) > most:
        syntax("path", f"more than {most} parts")
    parts += [""] * (most - len(parts))
    if version == 1:
        flow, key, provider = parts[:3]
        agency, dataflow, release = _reference(flow)
        if provider and not set(provider.split(",")) & _AGENCIES:
            nothing(f"no provider {provider!r}")
    else:
        _, agency, dataflow, release, key = parts[:5]
    if not set(agency.split(",")) & _AGENCIES or not set((release or "*").split(",")) & VERSIONS:
        nothing("no such agency or version")
    component = parts[-1] if availability else ""
    return DataPath(version, dataflow, key or "all", "" if component in ANY else component)


def _reference(flow: str) -> tuple[str, str, str]:
    """Agency, id and version of ``id``, ``agency,id`` or ``agency,id,version``."""
    named = flow.split(",")
    if len(named) == 1:
        return "all", named[0], "latest"
    if len(named) == 2:
        return named[0], named[1], "latest"
    if len(named) != 3:
        syntax("path", "a dataflow is named by id; agency,id; or agency,id,version")
    return named[0], named[1], named[2]
