"""A PNG is the same picture with its names, or none at all."""

import io

import pytest
from PIL import Image

from lienthong.cli.chart import bars
from lienthong.cli.drawing import FONTS
from lienthong.cli.raster import SCALE, NoFont, png
from lienthong.cli.series import Series, Told

PICTURE = Told(
    title="Người được xác minh",
    subtitle="Kết quả: khớp",
    unit="Người",
    source="VSS",
    suppressed="không công bố (bảo mật)",
    labels=["Hà Nội", "Huế"],
    series=[Series("Khớp", {0: 1200, 1: None})],
)
WHITE, BLUE = (255, 255, 255), (0, 114, 178)


def rendered() -> Image.Image:
    """The picture, as a machine with fonts draws it."""
    return Image.open(io.BytesIO(png(bars(PICTURE), fonts=FONTS))).convert("RGB")


def colours(picture: Image.Image, box: tuple[int, int, int, int]) -> set[tuple[int, ...]]:
    """What there is in a box of the SVG's units."""
    left, top, right, bottom = (SCALE * edge for edge in box)
    return {picture.getpixel((x, y)) for x in range(left, right) for y in range(top, bottom)}


def test_without_a_font_with_vietnamese_letters_there_is_no_picture() -> None:
    with pytest.raises(NoFont):
        png(bars(PICTURE), fonts=FONTS, system_fonts=False)


def test_a_bar_is_drawn_a_suppressed_one_is_hatched_and_names_stand_beside_them() -> None:
    picture = rendered()
    assert picture.size == (960 * SCALE, 204 * SCALE)
    assert colours(picture, (180, 104, 300, 112)) == {BLUE}
    hatched = colours(picture, (172, 124, 228, 136))
    assert (0xF2, 0xF2, 0xF2) in hatched
    assert min(hatched) < (0xA0, 0xA0, 0xA0)
    for name in ((60, 100, 165, 116), (60, 122, 165, 138), (24, 16, 250, 40)):
        assert len(colours(picture, name)) > 2
    assert colours(picture, (2, 2, 20, 200)) == {WHITE}
