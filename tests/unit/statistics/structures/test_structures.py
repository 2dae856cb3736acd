"""What is published about the tables fits together, and is what its sources say."""

import re
import tomllib
from dataclasses import replace
from importlib import resources

import pytest

from deploy.nation.geography import LEGACY, PROVINCES
from lienthong.statistics.structures import (
    TOTAL,
    Code,
    CodeList,
    Dataflow,
    Text,
    areas,
    catalogue,
    loading,
    total_of,
)

FLOWS = catalogue().dataflows.values()
LISTS = catalogue().codelists.values()


def test_the_areas_are_the_country_the_34_and_the_former_63_each_under_its_successor() -> None:
    areas = catalogue().codelists["CL_AREA"].codes
    expected = [("VN", "")]
    expected += [(f"VN_{p.code}", "VN") for p in PROVINCES]
    expected += [(f"VNF_{p.code}", f"VN_{p.successor}") for p in LEGACY]
    expected += [(f"VNU_{p.code}", f"VN_{p.code}") for p in PROVINCES]
    expected += [("_U", "VN")]
    assert [(area.id, area.parent) for area in areas] == expected
    names = [area.name.vi for area in areas]
    assert names[1:35] == [p.name for p in PROVINCES]
    assert names[35:98] == [f"{p.name} (cũ)" for p in LEGACY]
    assert names[98:-1] == [f"{p.name}, không rõ tỉnh cũ" for p in PROVINCES]


def test_the_groups_are_those_that_a_card_can_name() -> None:
    text = resources.files("lienthong.law").joinpath("card_groups.toml").read_text(encoding="utf-8")
    groups = {row["code"] for row in tomllib.loads(text)["row"]}
    assert set(catalogue().codelists["CL_GROUP"].by_id) == groups | {"_U", TOTAL}


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.id)
def test_a_flow_has_a_key_units_and_every_text_in_both_languages(flow: Dataflow) -> None:
    assert flow.order[0] == "FREQ"
    of_the_country = {"DF_VISITS_ICD", "DF_COMPLIANCE_SECTOR"}
    assert ("REF_AREA" in flow.order) is (flow.id not in of_the_country)
    assert len(set(flow.order)) == len(flow.order)
    for indicator in flow.units:
        assert flow.unit(indicator) in catalogue().codelists["CL_UNIT"].by_id
    for text in (flow.name, flow.description, flow.method):
        assert text.vi
        assert text.en
        assert text.vi != text.en


@pytest.mark.parametrize("codes", LISTS, ids=lambda codes: codes.id)
def test_every_code_has_a_name_in_both_languages(codes: CodeList) -> None:
    assert all(code.name.vi.strip() and code.name.en.strip() for code in codes.codes)
    assert all(re.fullmatch(r"[A-Za-z0-9_@$-]+", code.id) for code in codes.codes)


def test_a_total_is_named_where_there_is_one() -> None:
    assert (total_of("REF_AREA"), total_of("SEX"), total_of("SCHEME"), total_of("FREQ")) == (
        "VN",
        "_T",
        "",
        "",
    )


def test_of_indicators_a_flow_has_its_own_alone() -> None:
    flows = catalogue().dataflows
    assert flows["DF_COMPLIANCE"].allowed("INDICATOR") == ("UNITS", "WORKERS")
    assert flows["DF_VISITS"].unit("VISITS") == "VISITS"
    assert flows["DF_PARTICIPANTS"].unit() == "PERSONS"


@pytest.mark.parametrize("wrong", [{"parts": {"NONE": 20}}, {"splits": ["SEX"]}], ids=["parts", "splits"])
def test_what_disclosure_control_is_told_is_of_the_flows_own_indicators_and_dimensions(
    wrong: dict[str, object],
) -> None:
    row = loading._read("dataflows")["DF_COLLECTION"]
    concepts = catalogue().concepts
    told = loading._dataflow("DF_COLLECTION", row, concepts)
    assert (told.parts, told.splits) == ({"INTEREST": 20}, ("FUND",))
    with pytest.raises(ValueError, match="DF_COLLECTION"):
        loading._dataflow("DF_COLLECTION", row | wrong, concepts)


NAME = Text("a", "b")


@pytest.mark.parametrize(
    "codes",
    [
        (Code("A", NAME), Code("A", NAME)),
        (Code("A B", NAME),),
        (Code("A", NAME, "B"), Code("B", NAME)),
        (Code("A", NAME, "A"),),
    ],
    ids=["twice", "no id", "parent after child", "its own parent"],
)
def test_codes_that_do_not_fit_together_do_not_load(codes: tuple[Code, ...]) -> None:
    with pytest.raises(ValueError, match="CL_X"):
        loading._check(CodeList("CL_X", NAME, codes))


def test_a_share_is_of_a_flow_that_has_one_total_for_each_area() -> None:
    share = catalogue().dataflows["DF_COVERAGE_SHARE"]
    assert share.units == {"SHARE": "PERCENT", "POPULATION": "PERSONS"}
    assert share.decimals == {"SHARE": 2}
    assert share.share_of == "DF_COVERAGE"


@pytest.mark.parametrize(
    "whole", ["DF_NONE", "DF_PARTICIPANTS", "DF_VISITS", "DF_VISITS_ICD", "DF_COVERAGE_SHARE"]
)
def test_a_share_of_what_has_no_such_total_is_refused(whole: str) -> None:
    flows = catalogue().dataflows
    wrong = replace(flows["DF_COVERAGE_SHARE"], share_of=whole)
    with pytest.raises(ValueError, match="DF_COVERAGE_SHARE"):
        loading._check_share(wrong, {**flows, wrong.id: wrong})


def test_what_is_counted_by_former_province_is_summed_up_to_todays_and_to_the_country() -> None:
    rolled = {flow.id: flow.rolled for flow in FLOWS if flow.rolled}
    assert rolled == {"DF_VISITS": ("REF_AREA",), "DF_COVERAGE": ("REF_AREA",)}
    between = catalogue().dataflows["DF_VISITS"].between("REF_AREA")
    expected = {f"VNF_{p.code}": f"VN_{p.successor}" for p in LEGACY}
    assert between == expected | {f"VNU_{p.code}": f"VN_{p.code}" for p in PROVINCES}
    assert catalogue().dataflows["DF_VISITS"].between("LEVEL") == {}
    assert catalogue().dataflows["DF_PARTICIPANTS"].between("REF_AREA") == {}


def test_each_division_has_everybody_of_a_province_once() -> None:
    assert areas.provinces() == tuple(f"VN_{p.code}" for p in PROVINCES)
    assert areas.successors() == {f"VNF_{p.code}": f"VN_{p.successor}" for p in LEGACY}
    assert set(areas.former_provinces()) == set(catalogue().dataflows["DF_VISITS"].between("REF_AREA"))


@pytest.mark.parametrize("wrong", ["SEX", "LEVEL", "NONE"])
def test_what_has_no_three_levels_under_one_total_is_not_rolled_up(wrong: str) -> None:
    row = loading._read("dataflows")["DF_VISITS"]
    with pytest.raises(ValueError, match="DF_VISITS"):
        loading._dataflow("DF_VISITS", row | {"rolled": [wrong]}, catalogue().concepts)


def test_a_fourth_level_is_not_rolled_up() -> None:
    flow = catalogue().dataflows["DF_VISITS"]
    deeper = CodeList("CL_AREA", Text("a", "b"), (*flow.codes("REF_AREA").codes, Code("X", NAME, "VNF_024")))
    area = replace(catalogue().concepts["REF_AREA"], codes=deeper)
    with pytest.raises(ValueError, match="three levels"):
        loading._check_rolled(replace(flow, dimensions=(area, *flow.dimensions[2:])), "REF_AREA")
