"""What every picture has: paper, head and foot, texts and numbers, and the hatching of what is suppressed.

Colours: Okabe and Ito (2008), to be told apart by people who see few colours too.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final
from xml.sax.saxutils import escape

from lienthong.cli.series import Told

FONTS: Final = "DejaVu Sans, Noto Sans, Liberation Sans, Segoe UI, Arial, Helvetica, sans-serif"
"""All have Vietnamese letters. The first that a machine has."""
COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999933")
INK: Final = "#222222"
PALE: Final = "#666666"
GRID: Final = "#dddddd"
WIDTH: Final = 960
TOP: Final = 100
"""Where the picture begins below its head."""
HATCHED: Final = "url(#hatch)"
"""The filling of what is suppressed."""
_HATCH: Final = (
    '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="6" height="6" fill="#f2f2f2"/><line x1="0" y1="0" x2="0" y2="6" stroke="#999999" stroke-width="2"/>'
    "</pattern>"
)


def picture(height: int, parts: Sequence[str]) -> str:
    """The SVG with these parts on white paper."""
    inner = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
        f' font-family="{FONTS}"><defs>{_HATCH}</defs>\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n{inner}\n</svg>\n'
    )


def head(told: Told) -> list[str]:
    """Title, what is the same of all figures, and their unit."""
    return [
        text(24, 36, told.title, size=20, weight="bold"),
        text(24, 60, told.subtitle, size=14, colour=PALE),
        text(24, 84, told.unit, size=13, colour=PALE),
    ]


def foot(told: Told, height: int) -> list[str]:
    """The source with its watermark, and what hatching means where there is some."""
    parts = [text(24, height - 16, told.source, size=11, colour=PALE)]
    if any(value is None for one in told.series for value in one.values.values()):
        x = WIDTH - 250
        parts.append(f'<rect x="{x}" y="{height - 28}" width="24" height="14" fill="{HATCHED}"/>')
        parts.append(text(x + 32, height - 16, told.suppressed, size=12, colour=PALE))
    return parts


def number(value: int | Decimal) -> str:
    """With thin spaces between thousands, as both languages read it."""
    return f"{value:,}".replace(",", "\u202f")


def text(  # noqa: PLR0913 -- what a text in a picture has
    x: float,
    y: float,
    words: str,
    *,
    anchor: str = "start",
    size: int = 12,
    colour: str = INK,
    weight: str = "normal",
) -> str:
    """Words at a place, which is that of their ``anchor`` on the line that they stand on."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"'
        f' font-weight="{weight}">{escape(words)}</text>'
    )
