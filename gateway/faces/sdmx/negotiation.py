"""Which of the offered formats an ``Accept`` header asks for (RFC 9110 section 12.5)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.problems import Problem

_MOST_RANGES: Final = 40
_PARAMETER: Final = re.compile(r'\s*([A-Za-z]+)\s*=\s*"?([^";,\s]*)"?\s*')
_WEIGHT: Final = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


@dataclass(frozen=True, slots=True)
class Offer:
    """A format. ``media_type`` without parameters and in lower case; ``version`` of the format, if it has one."""

    name: str
    media_type: str
    version: str = ""
    content_type: str = ""

    @property
    def stated(self) -> str:
        """The value of Content-Type."""
        return self.content_type or self.media_type + (f"; version={self.version}" if self.version else "")


@dataclass(frozen=True, slots=True)
class Range:
    """One member of an ``Accept`` header."""

    media_type: str
    parameters: Mapping[str, str]
    weight: float
    place: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """The format, and the parameters that came with its range (``labels``)."""

    offer: Offer
    parameters: Mapping[str, str]


def choose(accept: bytes, offers: Sequence[Offer]) -> Chosen:
    """The best of ``offers``, the first of which is the default. Raises ``not_acceptable``.

    What weighs most for the sender wins; of equals what he names first, then what is offered first.
    """
    ranges = _ranges(accept.decode("latin-1"))
    best: tuple[float, int, int] | None = None
    chosen: Chosen | None = None
    for number, offer in enumerate(offers):
        found = _closest(ranges, offer)
        if found is None or not found.weight:
            continue
        rank = (-found.weight, found.place, number)
        if best is None or rank < best:
            best, chosen = rank, Chosen(offer, found.parameters)
    if chosen is None:
        raise Problem("not_acceptable", "Accept", headers=((b"vary", b"Accept"),))
    return chosen


def wants_gzip(accept_encoding: bytes) -> bool:
    """Whether the sender takes gzip."""
    for part in accept_encoding.decode("latin-1").lower().split(",")[:_MOST_RANGES]:
        name, _, rest = part.partition(";")
        if name.strip() in {"gzip", "x-gzip"}:
            return _weight(rest.strip().removeprefix("q=")) > 0
    return False


def _ranges(accept: str) -> list[Range]:
    if not accept.strip():
        return [Range("*/*", {}, 1.0, 0)]
    found = []
    for place, part in enumerate(accept.split(",")[:_MOST_RANGES]):
        media_type, _, rest = part.partition(";")
        named = _PARAMETER.finditer(rest)
        parameters = {one[1].lower(): one[2] for one in named}
        weight = _weight(parameters.pop("q", ""))
        found.append(Range(media_type.strip().lower(), parameters, weight, place))
    return found


def _weight(text: str) -> float:
    """A weight; 1 without one, 0 for what is none."""
    if not text:
        return 1.0
    return float(text) if _WEIGHT.fullmatch(text) else 0.0


def _closest(ranges: Sequence[Range], offer: Offer) -> Range | None:
    """The range that speaks of this offer most closely."""
    fitting = [(_closeness(one, offer), one) for one in ranges]
    closest = max(fitting, key=lambda pair: (pair[0], pair[1].weight, -pair[1].place))
    return closest[1] if closest[0] else None


def _closeness(one: Range, offer: Offer) -> int:
    """0 for a range that does not speak of the offer; more the more it says."""
    if one.media_type == "*/*":
        return 1
    if one.media_type == offer.media_type.partition("/")[0] + "/*":
        return 2
    if one.media_type != offer.media_type:
        return 0
    version = one.parameters.get("version")
    if version is None:
        return 3
    return 4 if _plain(version) == _plain(offer.version) else 0


def _plain(version: str) -> str:
    """2.1.0 is 2.1, and 2.0.0 is 2."""
    while version.endswith(".0"):
        version = version.removesuffix(".0")
    return version
