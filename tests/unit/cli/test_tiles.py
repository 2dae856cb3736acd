"""A map of tiles has each province of today once, about where it lies, in the shade of its figure."""

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from lienthong.cli import drawing
from lienthong.cli.series import Series, Told
from lienthong.cli.tiles import PLACES, shades, tiles
from lienthong.statistics.structures import areas

SVG = "{http://www.w3.org/2000/svg}"
NORTH_TO_SOUTH = [
    "VN_04",
    "VN_01",
    "VN_38",
    "VN_40",
    "VN_42",
    "VN_44",
    "VN_46",
    "VN_48",
    "VN_51",
    "VN_52",
    "VN_66",
]
WEST_TO_EAST = [
    ["VN_11", "VN_14", "VN_25", "VN_19", "VN_20"],
    ["VN_01", "VN_24", "VN_22"],
    ["VN_75", "VN_68", "VN_56"],
    ["VN_80", "VN_79"],
    ["VN_91", "VN_82", "VN_86"],
]
FEW = 5


def picture(values: dict[str, int | Decimal | None]) -> etree._Element:
    codes = list(values)
    told = Told(
        title="t",
        subtitle="",
        unit="Persons",
        labels=[f"name {code}" for code in codes],
        series=[Series("", dict(enumerate(values.values())))],
        source="",
        suppressed="suppressed",
        codes=codes,
    )
    return etree.fromstring(tiles(told).encode())


def texts(drawn: etree._Element) -> list[str]:
    return [str(one.text) for one in drawn.iter(f"{SVG}text")]


def squares(drawn: etree._Element, fill: str | None = None) -> list[etree._Element]:
    """Those of provinces, which are larger than those of the legend."""
    found = [one for one in drawn.iter(f"{SVG}rect") if one.get("width") == "100"]
    return [one for one in found if fill in {None, one.get("fill")}]


def test_every_province_of_today_has_a_place_of_its_own() -> None:
    assert PLACES.keys() == set(areas.provinces())
    assert len(set(PLACES.values())) == len(PLACES)


def test_the_places_are_about_those_of_the_provinces() -> None:
    rows = [PLACES[code][1] for code in NORTH_TO_SOUTH]
    assert rows == sorted(set(rows))
    for line in WEST_TO_EAST:
        columns = [PLACES[code][0] for code in line]
        assert columns == sorted(set(columns))
        assert len({PLACES[code][1] for code in line}) == 1


def test_a_figure_stands_in_its_province_and_a_suppressed_one_is_hatched() -> None:
    drawn = picture({"VN_01": 1_234, "VN_79": 99, "VN_24": None})
    assert len(squares(drawn)) == len(PLACES)
    assert len(squares(drawn, "url(#hatch)")) == 1
    assert len(squares(drawn, "#ffffff")) == len(PLACES) - 3
    shown = texts(drawn)
    assert {"1\u202f234", "99", "name VN_24", "suppressed"} <= set(shown)
    # Once in its tile, once in the legend: each is a shade of its own.
    assert shown.count("1\u202f234") == 2
    lightest, darkest = (squares(drawn, fill) for fill in ("#eaf2f9", "#0b4a78"))
    assert len(lightest) == len(darkest) == 1


def test_nothing_but_suppressed_figures_is_a_map_without_shades() -> None:
    drawn = picture(dict.fromkeys(areas.provinces()))
    assert len(squares(drawn, "url(#hatch)")) == len(PLACES)


def test_a_long_figure_is_written_smaller_than_a_short_one() -> None:
    drawn = picture({"VN_01": 12_345_678_901_234, "VN_79": 99})
    sizes = {
        str(one.text): int(str(one.get("font-size")))
        for one in drawn.iter(f"{SVG}text")
        if one.get("font-weight") == "bold" and one.text != "t"
    }
    long = drawing.number(12_345_678_901_234)
    assert sizes == {"99": 13, long: 13 * 11 // len(long)}


@given(st.lists(st.integers(0, 1_000) | st.decimals(0, 100, places=2), max_size=40))
def test_each_figure_is_in_one_shade_and_the_shades_rise(values: list[int | Decimal]) -> None:
    steps = shades(values)
    assert len(steps) <= FEW
    ends = [end for step in steps for end in step]
    assert ends == sorted(ends)
    assert all(first[1] < second[0] for first, second in pairwise(steps))
    assert all(sum(least <= value <= most for least, most in steps) == 1 for value in values)
