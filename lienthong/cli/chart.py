"""Pictures as SVG, by template: lines over time, bars by area. What is suppressed is marked, never drawn as zero.

No library: two kinds of picture are a page of code; matplotlib would be forty megabytes for them.
"""

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from lienthong.cli import drawing
from lienthong.cli.drawing import COLOURS, GRID, HATCHED, PALE, TOP, WIDTH
from lienthong.cli.series import Series, Told

_LEFT, _RIGHT = 90, 230
_PLOT_HEIGHT: Final = 360
_BAR, _GAP, _NAMES = 16, 6, 170
_LETTER: Final = 7.2
"""The width of a letter of a name, of size 13; somewhat more than most have."""
_CLOSEST: Final = 16


def line(told: Told) -> str:
    """The series over time."""
    height = TOP + _PLOT_HEIGHT + 90
    ticks = _ticks(_most(told.series))
    parts = [*drawing.head(told), *_grid(ticks, told)]
    parts += [*_months(told.labels), *_hatched(told)]
    for number, one in enumerate(told.series):
        parts += _curve(one, number, told, ticks[-1])
    parts += _names(told, ticks[-1])
    return drawing.picture(height, [*parts, *drawing.foot(told, height)])


def bars(told: Told) -> str:
    """The first series by area, the largest first; suppressed ones at the end."""
    values = told.series[0].values
    order = sorted(values, key=lambda n: (values[n] is None, -(values[n] or 0)))
    height = TOP + len(order) * (_BAR + _GAP) + 60
    most = max([v for v in values.values() if v is not None], default=0) or 1
    parts = drawing.head(told)
    names = max(
        _NAMES, math.ceil(_LETTER * max((len(told.labels[place]) for place in order), default=0)) + 16
    )
    room = WIDTH - names - 120
    for row, place in enumerate(order):
        y = TOP + row * (_BAR + _GAP)
        value = values[place]
        parts.append(drawing.text(names - 8, y + _BAR - 3, told.labels[place], anchor="end", size=13))
        length = 60.0 if value is None else max(1.0, room * float(value) / float(most))
        fill = HATCHED if value is None else COLOURS[0]
        parts.append(f'<rect x="{names}" y="{y}" width="{length:.1f}" height="{_BAR}" fill="{fill}"/>')
        label = told.suppressed if value is None else drawing.number(value)
        parts.append(drawing.text(names + length + 6, y + _BAR - 3, label, size=12, colour=PALE))
    return drawing.picture(height, [*parts, *drawing.foot(told, height)])


def _grid(ticks: Sequence[int], told: Told) -> Iterator[str]:
    del told
    for tick in ticks:
        y = _y(tick, ticks[-1])
        yield f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{WIDTH - _RIGHT}" y2="{y:.1f}" stroke="{GRID}"/>'
        yield drawing.text(_LEFT - 10, y + 4, drawing.number(tick), anchor="end", size=12, colour=PALE)


def _months(labels: Sequence[str]) -> Iterator[str]:
    step = max(1, math.ceil(len(labels) / 9))
    for place in range(0, len(labels), step):
        yield drawing.text(
            _x(place, len(labels)),
            TOP + _PLOT_HEIGHT + 22,
            labels[place],
            anchor="middle",
            size=12,
            colour=PALE,
        )


def _curve(one: Series, number: int, told: Told, top: int) -> Iterator[str]:
    """The line, broken where a figure is suppressed or missing; suppressed months have a mark of its colour."""
    count, colour = len(told.labels), COLOURS[number % len(COLOURS)]
    # Which of the series it is: their marks lie above each other.
    level = TOP + _PLOT_HEIGHT - 2 - 3 * (number % len(COLOURS))
    run: list[str] = []
    for place in range(count):
        value = one.values.get(place)
        x = _x(place, count)
        if value is not None:
            run.append(f"{x:.1f},{_y(value, top):.1f}")
            yield f'<circle cx="{x:.1f}" cy="{_y(value, top):.1f}" r="2.5" fill="{colour}"/>'
            continue
        yield from _polyline(run, colour)
        run = []
        if place in one.values:
            yield f'<rect {_column(place, count)} y="{level}" height="2" fill="{colour}"/>'
    yield from _polyline(run, colour)


def _hatched(told: Told) -> Iterator[str]:
    """The months in which a figure of some series is suppressed."""
    count = len(told.labels)
    for place in range(count):
        if any(one.values.get(place, 0) is None for one in told.series):
            corner = _column(place, count)
            yield f'<rect {corner} y="{TOP + _PLOT_HEIGHT - 26}" height="26" fill="{HATCHED}"/>'


def _column(place: int, count: int) -> str:
    """Left edge and width of a month's mark, within the axes."""
    half = max(3.0, (WIDTH - _RIGHT - _LEFT) / max(1, count - 1) * 0.3)
    x = _x(place, count)
    left, right = max(x - half, float(_LEFT)), min(x + half, float(WIDTH - _RIGHT))
    return f'x="{left:.1f}" width="{right - left:.1f}"'


def _polyline(points: Sequence[str], colour: str) -> Iterator[str]:
    if len(points) > 1:
        yield f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="2.2"/>'


def _names(told: Told, top: int) -> Iterator[str]:
    """The name of each series at its end, pushed apart where they would lie on each other."""
    ends: list[tuple[float, str, str]] = []
    for number, one in enumerate(told.series):
        known = [v for _, v in sorted(one.values.items()) if v is not None]
        y = _y(known[-1], top) if known else float(TOP + _PLOT_HEIGHT)
        ends.append((y, one.name, COLOURS[number % len(COLOURS)]))
    last = -math.inf
    for y, name, colour in sorted(ends):
        at = max(y, last + _CLOSEST)
        last = at
        yield drawing.text(WIDTH - _RIGHT + 12, at + 4, _shortened(name), size=12, colour=colour)


def _shortened(name: str) -> str:
    return name if len(name) <= 30 else name[:29] + "…"


def _most(series: Sequence[Series]) -> int:
    return math.ceil(max((v for one in series for v in one.values.values() if v is not None), default=1))


def _ticks(most: int) -> list[int]:
    """Round numbers from 0 to above the largest figure, four to seven of them."""
    rough = max(most, 4) / 5
    power = 10 ** math.floor(math.log10(rough))
    step = int(next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)) or 1
    return list(range(0, (math.ceil(most / step) or 1) * step + 1, step))


def _x(place: int, count: int) -> float:
    room = WIDTH - _RIGHT - _LEFT
    return _LEFT + (room * place / (count - 1) if count > 1 else room / 2)


def _y(value: int | Decimal, top: int) -> float:
    return TOP + _PLOT_HEIGHT * (1 - float(value) / top)
