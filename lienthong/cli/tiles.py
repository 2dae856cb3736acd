"""A map of tiles as SVG: each province of today a square about where it lies, shaded by its figure.

All are of one size, so that a figure is not taken for larger because its province is. No borders are
drawn, and no geographic data are needed: where the tiles stand is a table here.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

from lienthong.cli import drawing
from lienthong.cli.drawing import HATCHED, INK, PALE, TOP
from lienthong.cli.series import Told

Number: TypeAlias = int | Decimal

PLACES: Final[Mapping[str, tuple[int, int]]] = {
    "VN_12": (0, 0), "VN_15": (1, 0), "VN_08": (2, 0), "VN_04": (3, 0),
    "VN_11": (0, 1), "VN_14": (1, 1), "VN_25": (2, 1), "VN_19": (3, 1), "VN_20": (4, 1),
    "VN_01": (2, 2), "VN_24": (3, 2), "VN_22": (4, 2),
    "VN_37": (2, 3), "VN_33": (3, 3), "VN_31": (4, 3),
    "VN_38": (2, 4),
    "VN_40": (2, 5),
    "VN_42": (3, 6),
    "VN_44": (3, 7),
    "VN_46": (4, 8),
    "VN_48": (4, 9),
    "VN_51": (5, 10),
    "VN_52": (5, 11),
    "VN_66": (5, 12),
    "VN_75": (3, 13), "VN_68": (4, 13), "VN_56": (5, 13),
    "VN_80": (2, 14), "VN_79": (3, 14),
    "VN_91": (1, 15), "VN_82": (2, 15), "VN_86": (3, 15),
    "VN_96": (1, 16), "VN_92": (2, 16),
}  # fmt: skip
"""Column and row of each province, from the west and from the north."""

_SHADES: Final = ("#eaf2f9", "#bfdaee", "#86b9de", "#2f78b3", "#0b4a78")
_DARK: Final = 3
"""From this shade on words are white."""
_PAPER: Final = "#ffffff"
_EDGE: Final = "#999999"
_TILE: Final = (100, 62)
_GAP, _LEFT = 4, 24
_LETTERS: Final = 13
"""As many as stand on one line of a tile."""
_DIGITS: Final = 11
"""As many of a figure do so in full size; a longer one is written smaller."""
_LEGEND: Final = 680


def tiles(told: Told) -> str:
    """The only series by province; suppressed ones hatched, those that were not asked for white."""
    (series,) = told.series
    values = {told.codes[place]: value for place, value in series.values.items()}
    names = dict(zip(told.codes, told.labels, strict=True))
    steps = shades([value for value in values.values() if value is not None])
    parts = drawing.head(told)
    for code, (column, row) in PLACES.items():
        corner = _LEFT + column * (_TILE[0] + _GAP), TOP + row * (_TILE[1] + _GAP)
        if code in values:
            parts += _tile(corner, names[code], values[code], steps)
        else:
            parts.append(_square(corner, _TILE, _PAPER))
    height = TOP + (max(row for _, row in PLACES.values()) + 1) * (_TILE[1] + _GAP) + 50
    return drawing.picture(height, [*parts, *_legend(steps, told), *drawing.foot(told, height)])


def shades(values: Sequence[Number]) -> list[tuple[Number, Number]]:
    """The least and the greatest figure of each shade, the lightest first: as many provinces in one as in another.

    Equal figures have one shade, and no shade is empty: so few figures have few.
    """
    ordered = sorted(values)
    size = math.ceil(len(ordered) / len(_SHADES)) or 1
    steps: list[tuple[Number, Number]] = []
    start = 0
    while start < len(ordered):
        end = start + size
        while end < len(ordered) and ordered[end] == ordered[end - 1]:
            end += 1
        steps.append((ordered[start], ordered[min(end, len(ordered)) - 1]))
        start = end
    return steps


def _tile(
    corner: tuple[int, int], name: str, value: Number | None, steps: Sequence[tuple[Number, Number]]
) -> Iterator[str]:
    x, y = corner
    shade = None if value is None else _shade(value, steps)
    yield _square(corner, _TILE, HATCHED if shade is None else _SHADES[shade])
    ink = _PAPER if shade is not None and shade >= _DARK else INK
    middle = x + _TILE[0] / 2
    for number, line in enumerate(_broken(name)):
        yield drawing.text(middle, y + 19 + 14 * number, line, anchor="middle", size=12, colour=ink)
    if value is not None:
        told = drawing.number(value)
        size = min(13, 13 * _DIGITS // len(told))
        bottom = y + _TILE[1] - 9
        yield drawing.text(middle, bottom, told, anchor="middle", size=size, colour=ink, weight="bold")


def _square(corner: tuple[int, int], size: tuple[int, int], fill: str) -> str:
    (x, y), (width, height) = corner, size
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="{fill}" stroke="{_EDGE}"'
        ' stroke-width="0.7"/>'
    )


def _shade(value: Number, steps: Sequence[tuple[Number, Number]]) -> int:
    """The place of its shade; few of them are spread from the lightest to the darkest."""
    step = next(number for number, (_, most) in enumerate(steps) if value <= most)
    return _spread(step, len(steps))


def _spread(step: int, count: int) -> int:
    return step if count == len(_SHADES) else round(step * (len(_SHADES) - 1) / max(1, count - 1))


def _broken(name: str) -> list[str]:
    """A name in lines that fit a tile."""
    lines = [""]
    for word in name.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= _LETTERS or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _legend(steps: Sequence[tuple[Number, Number]], told: Told) -> Iterator[str]:
    """What each shade means; hatching is explained in the foot."""
    yield drawing.text(_LEGEND, TOP + 14, told.unit, size=12, colour=PALE)
    for number, (least, most) in enumerate(steps):
        y = TOP + 28 + 24 * number
        fill = _SHADES[_spread(number, len(steps))]
        yield _square((_LEGEND, y), (28, 18), fill)
        between = (
            drawing.number(least) if least == most else f"{drawing.number(least)} – {drawing.number(most)}"
        )
        yield drawing.text(_LEGEND + 38, y + 14, between, size=12)
