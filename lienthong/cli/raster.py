"""A picture as PNG: the same SVG, drawn with the fonts of this machine.

A font that has no Vietnamese letters would leave boxes in their place, a machine without fonts
nothing at all, and nobody would be told: so that is tried first, and refused.
"""

from typing import Final

import resvg_py

SCALE: Final = 2
"""Points for each unit of the SVG, in both directions: sharp on paper and on a dense screen."""
_TRIED: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="30" font-family="{fonts}">'
    '<text x="5" y="22" font-size="16">{text}</text></svg>'
)
_VIETNAMESE: Final = "ếữđ"
_NO_LETTERS: Final = "\ufdd0\ufdd1\ufdd2"
"""Code points that never are characters: whatever a font draws for them, it draws for what it has not."""


class NoFont(Exception):
    """No font of this machine has Vietnamese letters."""


def png(svg: str, *, fonts: str, system_fonts: bool = True) -> bytes:
    """The picture as PNG. ``fonts`` are the families that it names. Raises :class:`NoFont`."""
    tried, blank = (
        _drawn(_TRIED.format(fonts=fonts, text=text), system_fonts=system_fonts)
        for text in (_VIETNAMESE, _NO_LETTERS)
    )
    if tried == blank:
        raise NoFont
    return _drawn(svg, system_fonts=system_fonts, zoom=SCALE)


def _drawn(svg: str, *, system_fonts: bool, zoom: float = 1) -> bytes:
    return resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=not system_fonts, zoom=zoom)
