"""The visit and the token of a check: what is taken, what is refused field by field, what is answered."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.fields import Born
from lienthong.rpc.errors import InvalidArgument
from services.health_claims.domain.benefit import Kind, Reason, Visit
from services.health_claims.domain.checks import Seen, card_hash, from_token, to_token
from services.health_claims.domain.coverage import Card, Decision, Holder, Inquiry
from services.health_claims.domain.facility import Facility
from services.health_claims.domain.visit import decide_visit
from services.health_claims.translate import coverage as translate
from vss.health_claims.v1 import health_claims_pb2 as pb

TODAY = date(2026, 11, 22)
RIGHT = {"identifier": "0100000017", "full_name": "Trần Thị Hồng Nhung", "born": "1990-05-17"}
CARD = Card("DN4010100000017", "DN", 4, "01", date(2026, 1, 1), date(2026, 12, 31), "01001", 1)
FACILITIES = {"79001": Facility("79001", "", 3)}


def asked(visit: dict[str, Any] | None = None, **other: Any) -> pb.CheckCoverageRequest:
    told = None if visit is None else pb.Visit(**{"kind": pb.VISIT_KIND_INPATIENT, **visit})
    return pb.CheckCoverageRequest(**{**RIGHT, "facility_code": "79001", **other}, visit=told)


def answered(visit: dict[str, Any] | None = None, *cards: Card, **other: Any) -> pb.CheckCoverageResponse:
    inquiry = translate.to_inquiry(asked(visit, **other), today=TODAY)
    holder = Holder(7, inquiry.name_key, None, 1990, None, None, 0, cards or (CARD,))
    response = pb.CheckCoverageResponse()
    translate.fill(response, decide_visit(inquiry, holder, FACILITIES), inquiry, FACILITIES)
    return response


@given(
    st.sampled_from(Kind),
    st.sampled_from(Reason),
    st.none() | st.dates(date(2026, 10, 1), TODAY),
    st.none() | st.dates(date(2025, 1, 1), date(2026, 9, 30)),
    st.sampled_from(["", "J18", "J18.9", "C34.12"]),
    st.integers(0, 100_000_000_000),
)
def test_what_is_told_of_a_visit_is_what_is_decided(
    kind: Kind, reason: Reason, admitted: date | None, slip: date | None, diagnosis: str, cost: int
) -> None:
    inquiry = translate.to_inquiry(
        asked(
            {
                "kind": int(kind),
                "reason": int(reason),
                "admitted_on": "" if admitted is None else str(admitted),
                "slip_on": "" if slip is None else str(slip),
                "diagnosis": diagnosis,
                "cost_vnd": cost,
            }
        ),
        today=TODAY,
    )
    assert inquiry.visit == Visit(kind, reason, admitted, slip, diagnosis, cost)
    assert inquiry.facility_code == "79001"


@pytest.mark.parametrize(
    ("visit", "other", "wrong"),
    [
        ({"kind": 0}, {}, ["visit.kind"]),
        ({"kind": 4}, {}, ["visit.kind"]),
        ({"reason": 6}, {}, ["visit.reason"]),
        ({"reason": -1}, {}, ["visit.reason"]),
        ({"admitted_on": "2026-11-23"}, {}, ["visit.admitted_on"]),
        ({"admitted_on": "2026-11-31"}, {}, ["visit.admitted_on"]),
        ({"admitted_on": "2009-06-30"}, {}, ["visit.admitted_on"]),
        ({"admitted_on": "2026-11-20"}, {"visit_on": "2026-11-19"}, ["visit.admitted_on"]),
        ({"slip_on": "2026-11-23"}, {}, ["visit.slip_on"]),
        ({"slip_on": "2026-11-21", "admitted_on": "2026-11-20"}, {}, ["visit.slip_on"]),
        ({"slip_on": "20261120"}, {}, ["visit.slip_on"]),
        ({"diagnosis": "viêm phổi"}, {}, ["visit.diagnosis"]),
        ({"diagnosis": "j18.9"}, {}, ["visit.diagnosis"]),
        ({"diagnosis": "J18."}, {}, ["visit.diagnosis"]),
        ({"cost_vnd": -1}, {}, ["visit.cost_vnd"]),
        ({"cost_vnd": 100_000_000_001}, {}, ["visit.cost_vnd"]),
        (None, {"previous_check": "AAAA"}, ["previous_check"]),
        (
            {"kind": 0, "reason": 9, "admitted_on": "x", "slip_on": "y", "diagnosis": "z", "cost_vnd": -1},
            {"born": "x", "visit_on": "y", "previous_check": "z"},
            ["born", "visit_on", "visit.kind", "visit.reason", "visit.admitted_on", "visit.slip_on",
             "visit.diagnosis", "visit.cost_vnd", "previous_check"],
        ),
    ],
)  # fmt: skip
def test_every_wrong_field_of_a_visit_is_named(
    visit: dict[str, Any] | None, other: dict[str, Any], wrong: list[str]
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        translate.to_inquiry(asked(visit, **other), today=TODAY)
    assert [field.field for field in refused.value.fields] == wrong
    assert "viêm phổi" not in str(refused.value)


def test_a_plain_question_reads_neither_facility_nor_token() -> None:
    inquiry = translate.to_inquiry(asked(), today=TODAY)
    assert (inquiry.visit, inquiry.facility_code, inquiry.previous) == (None, "", None)
    assert {field.name for field, _ in answered().ListFields()} == {
        "result_code", "result_text", "covered", "card", "visit_code", "changed_at", "person_id",
    }  # fmt: skip


def test_the_answer_to_a_visit_says_what_is_paid_and_why() -> None:
    response = answered({"reason": pb.VISIT_REASON_SELF, "cost_vnd": 10_000_000})
    benefit = response.benefit
    assert (benefit.fund_basis_points, benefit.level_percent, benefit.route_percent) == (3_200, 80, 40)
    assert (benefit.route, benefit.pays_until) == ("self_visit", "2027-01-15")
    assert benefit.split == pb.Split(
        cost_vnd=10_000_000, fund_vnd=3_200_000, copay_vnd=800_000, patient_vnd=6_000_000
    )
    assert benefit.copay == pb.Copay(year=2026, threshold_vnd=15_180_000, left_vnd=15_180_001)
    assert [step.rule for step in benefit.steps] == [
        "level_by_digit", "route_self_specialised_inpatient", "copay_threshold",
    ]  # fmt: skip
    assert benefit.steps[1].text.vi.startswith("Tự đến")
    assert benefit.steps[1].text.en.startswith("Self-visit")
    assert list(benefit.steps[1].rows) == ["routes/route_self_specialised_inpatient@2025-01-01=40%"]
    assert "Art. 22.4" in benefit.steps[1].legal_basis


def test_without_a_cost_nothing_is_split_and_the_low_cost_line_is_told() -> None:
    response = answered({"reason": pb.VISIT_REASON_EMERGENCY})
    assert not response.benefit.HasField("split")
    assert [notice.code for notice in response.notices] == ["low_cost_possible"]
    assert "379.500" in response.notices[0].text.vi


def test_answers_do_not_share_what_was_made_ready_once() -> None:
    one = answered({"cost_vnd": 1_000_000})
    one.benefit.steps[0].rule = "changed"
    one.benefit.steps[0].rows.append("changed")
    assert answered({"cost_vnd": 1_000_000}).benefit.steps[0].rule == "level_by_digit"
    assert len(answered({"cost_vnd": 1_000_000}).benefit.steps[0].rows) == 1


def test_the_token_of_one_check_tells_the_next_what_changed() -> None:
    before = answered({})
    assert not answered({}, previous_check=before.check_token).changes
    longer = CARD._replace(code="HN2010100000017", benefit_digit=2, valid_to=date(2027, 3, 31))
    after = answered({}, longer, previous_check=before.check_token)
    assert [(one.what, one.before, one.after) for one in after.changes] == [
        ("card", "DN401", "HN201"),
        ("valid_to", "2026-12-31", "2027-03-31"),
        ("level_percent", "80", "100"),
    ]


def test_a_plain_check_compares_too_but_knows_nothing_of_the_exemption() -> None:
    token = to_token(Seen("000", card_hash(CARD.code), "DN401", CARD.valid_to, 80, "01001", exempt=True))
    answer = answered(None, previous_check=token)
    assert not answer.changes
    assert from_token(answer.check_token).exempt is None


def test_an_unmatched_person_is_told_no_changes() -> None:
    token = answered({}).check_token
    inquiry = translate.to_inquiry(asked({}, previous_check=token, full_name="Ai Đó"), today=TODAY)
    holder = Holder(7, "TRAN THI HONG NHUNG", None, 1990, None, None, 0, (CARD,))
    response = pb.CheckCoverageResponse()
    translate.fill(response, decide_visit(inquiry, holder, FACILITIES), inquiry, FACILITIES)
    assert {field.name for field, _ in response.ListFields()} == {"result_code", "result_text", "visit_code"}


def test_a_card_that_expired_during_the_stay_is_coded_as_the_claim_file_does() -> None:
    ended = CARD._replace(valid_to=date(2026, 11, 21))
    response = answered({"admitted_on": "2026-11-20"}, ended)
    assert (response.result_code, response.covered, response.visit_code) == ("010", True, "03")
    begun = CARD._replace(valid_from=date(2026, 11, 21))
    assert answered({"admitted_on": "2026-11-20"}, begun).visit_code == "04"


def test_a_decision_without_a_card_can_be_compared() -> None:
    inquiry = Inquiry("0100000017", "X", Born(1990), TODAY, Visit(Kind.OUTPATIENT))
    holder = Holder(7, "X", None, 1990, None, None, 0, ())
    response = pb.CheckCoverageResponse()
    translate.fill(response, Decision("130", holder), inquiry, {})
    assert from_token(response.check_token) == Seen("130", b"", "", None, 0, "", None)
