"""Which areas a command is about, and whether somebody would count people twice by them."""

import pytest

from lienthong.cli.selecting import areas_of, in_two_divisions
from lienthong.statistics.structures import catalogue

FLOWS = catalogue().dataflows


@pytest.mark.parametrize(
    ("flow", "key", "named"),
    [
        ("DF_VISITS", "M.VN_24+VNF_024._T._T.VISITS", ["VN_24", "VNF_024"]),
        ("DF_VISITS", "M.VN.PRIMARY._T.", ["VN"]),
        ("DF_VISITS", "M..._T.", None),
        ("DF_VISITS", "M.*._T._T.COST", None),
        ("DF_VISITS", "", None),
        ("DF_VISITS", "M.VN._T._T.COST,M.VN_24._T._T.COST", None),
        ("DF_VISITS_ICD", "M.I._T._T.COST", None),
    ],
)
def test_the_areas_of_a_key_are_those_that_it_names(flow: str, key: str, named: list[str] | None) -> None:
    assert areas_of(FLOWS[flow], key) == named


@pytest.mark.parametrize(
    ("flow", "named", "both"),
    [
        ("DF_COVERAGE", None, True),
        ("DF_COVERAGE", ["VN_24", "VNF_001"], True),
        ("DF_COVERAGE", ["VN_24", "VNU_24"], True),
        ("DF_COVERAGE", ["VN", "VNF_001"], False),
        ("DF_COVERAGE", ["VN", "VN_01"], False),
        ("DF_PARTICIPANTS", None, False),
        ("DF_COVERAGE_SHARE", None, False),
    ],
)
def test_two_divisions_are_those_of_a_flow_that_has_both(
    flow: str, named: list[str] | None, both: bool
) -> None:
    assert in_two_divisions(FLOWS[flow], named) is both
