"""What the coverage check refuses, field by field, and that what it takes survives translation."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.fields import Born
from lienthong.names import match_key
from lienthong.rpc.errors import InvalidArgument
from services.health_claims.domain.coverage import Card, Decision, Holder, Inquiry, Status, law_on
from services.health_claims.domain.facility import Facility
from services.health_claims.translate import coverage as translate
from vss.health_claims.v1 import health_claims_pb2 as pb

TODAY = date(2026, 11, 22)
RIGHT = {"identifier": "001190000017", "full_name": "Trần Thị Hồng Nhung", "born": "1990-05-17"}
DAYS = st.dates(date(2010, 1, 1), date(2040, 12, 31))


@given(
    st.from_regex(r"[A-Za-z]{2}[1-5][0-9]{12}|[0-9]{12}|[0-9]{10}", fullmatch=True),
    st.text("ABCĐNTabcđăâêôơưÁẾ ", min_size=1, max_size=40).filter(lambda name: name.strip() != ""),
    st.dates(date(1880, 1, 1), TODAY),
    st.none() | st.dates(date(2009, 7, 1), TODAY + timedelta(366)),
)
def test_what_is_asked_is_what_is_decided(
    identifier: str, name: str, born: date, visit_on: date | None
) -> None:
    request = pb.CheckCoverageRequest(
        identifier=" ".join(identifier),
        full_name=name,
        born=born.isoformat(),
        visit_on="" if visit_on is None else visit_on.isoformat(),
    )
    assert translate.to_inquiry(request, today=TODAY) == Inquiry(
        identifier.upper(), match_key(name), Born(born.year, born), visit_on or TODAY
    )


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"identifier": ""}, ["identifier"]),
        ({"identifier": "00119000001"}, ["identifier"]),
        ({"identifier": "DN4010100000O17"}, ["identifier"]),
        ({"identifier": "٠٠١١٩٠٠٠٠٠١٧"}, ["identifier"]),
        ({"full_name": ""}, ["full_name"]),
        ({"full_name": "Nhung\x00"}, ["full_name"]),
        ({"full_name": "A" * 10_000}, ["full_name"]),
        ({"born": ""}, ["born"]),
        ({"born": "2026-02-30"}, ["born"]),
        ({"born": "1879"}, ["born"]),
        ({"born": "2027"}, ["born"]),
        ({"born": "١٩٩٠"}, ["born"]),
        ({"visit_on": "2026-02-30"}, ["visit_on"]),
        ({"visit_on": "2009-06-30"}, ["visit_on"]),
        ({"visit_on": "2027-11-24"}, ["visit_on"]),
        ({"identifier": "1", "full_name": " ", "born": "x", "visit_on": "y"},
         ["identifier", "full_name", "born", "visit_on"]),
    ],
)  # fmt: skip
def test_every_wrong_field_is_named_and_nothing_is_repeated(
    changed: dict[str, str], wrong: list[str]
) -> None:
    given: dict[str, Any] = {**RIGHT, **changed}
    with pytest.raises(InvalidArgument) as refused:
        translate.to_inquiry(pb.CheckCoverageRequest(**given), today=TODAY)
    assert [field.field for field in refused.value.fields] == wrong
    for value in changed.values():
        assert len(value) < 3 or value not in str(refused.value)


@pytest.mark.parametrize("as_of", ["2026-11-23", "2026-02-30", "2009-06-30", "20260101"])
def test_a_day_to_come_is_no_day_to_look_back_on(as_of: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        translate.to_as_of(pb.GetCoverageRequest(identifier="0100000017", as_of=as_of), today=TODAY)
    assert [field.field for field in refused.value.fields] == ["as_of"]


@given(
    st.sampled_from("12345"),
    DAYS,
    DAYS,
    st.sampled_from(Status),
    st.none() | st.sampled_from(["K1", "K2", "K3"]),
    st.none() | DAYS,
    st.integers(0, 4_000_000_000_000_000),
)
def test_a_card_survives_translation(
    digit: str, begins: date, ends: date, status: Status, area: str | None, five: date | None, changed_us: int
) -> None:
    code = f"DN{digit}010100000017"
    card = Card(code, "DN", int(digit), "01", begins, ends, "01001", int(status))
    holder = Holder(7, "X", None, 1990, area, five, changed_us, (card,))
    response = pb.CheckCoverageResponse()
    inquiry = Inquiry(code, "X", Born(1990), TODAY)
    translate.fill(
        response, Decision("000", holder, card), inquiry, {"01001": Facility("01001", "Bệnh viện", 3)}
    )
    shown = response.card
    assert (shown.card_code, shown.subject_code, shown.benefit_digit) == (code, "DN", int(digit))
    assert int(shown.status) == status
    assert (date.fromisoformat(shown.valid_from), date.fromisoformat(shown.valid_to)) == (begins, ends)
    assert (shown.living_area or None, shown.five_years_on or None) == (
        area,
        None if five is None else str(five),
    )
    assert shown.registered_facility.level == pb.FACILITY_LEVEL_SPECIALISED
    assert response.changed_at.ToMicroseconds() == changed_us


@pytest.mark.parametrize("code", sorted(law_on(TODAY).codes))
def test_every_code_has_three_digits_a_text_in_both_languages_and_a_visit_code(code: str) -> None:
    response = pb.CheckCoverageResponse()
    translate.fill(response, Decision(code), Inquiry("0100000017", "X", Born(1990), TODAY), {})
    assert response.result_code == code[:3]
    assert response.result_code.isdigit()
    assert response.result_text.vi != response.result_text.en != ""
    assert response.visit_code in {"00", "01", "02", "03", "05", "06", "07", "09"}
