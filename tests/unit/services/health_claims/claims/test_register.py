"""A dossier against holder and cards, and the fund's share by the rules."""

from datetime import date
from typing import Any

import pytest

from services.health_claims.domain.benefit import CopayYear
from services.health_claims.domain.claims import shares
from services.health_claims.domain.claims.findings import Findings
from services.health_claims.domain.claims.records import Claimed, Summary
from services.health_claims.domain.claims.register import Entitled, Registered, check
from services.health_claims.domain.coverage import Card, Status
from services.health_claims.domain.facility import Facility
from tests.support import claims
from tests.support.coverage import BINH, MAI, NHUNG, Sample, card, sample

HERE = Facility(claims.FACILITY, "Bệnh viện Thử nghiệm", 2)


def compared(
    sample_: Sample = NHUNG, *, by_id: Sample | None = NHUNG, **given: Any
) -> tuple[Entitled | None, list[str]]:
    found = claims.only(claims.file(claims.dossier())).claimed
    assert found is not None
    findings = Findings()
    by_personal_id = None if by_id is None else Registered(by_id.holder, 2)
    entitled = check(found._replace(**given), Registered(sample_.holder, 2), by_personal_id, findings)
    return entitled, [finding.code for finding in findings.kept()]


def with_cards(*cards: Card) -> Sample:
    return sample(1, "Trần Thị Hồng Nhung", date(1990, 5, 17), *cards)


def test_a_person_with_a_valid_card_is_entitled() -> None:
    entitled, found = compared()
    assert found == []
    assert entitled is not None
    assert (entitled.holder, entitled.covered_until) == (NHUNG.holder, date(2027, 12, 31))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name_key": "TRAN THI HONG NHAN"}, "NAME_DIFFERS"),
        (
            {
                "born": claims.only(
                    claims.file(claims.dossier(patient=claims.patient(born="1990-05-18")))
                ).claimed
            },
            "",
        ),
        ({"sex": 1}, "SEX_DIFFERS"),
        ({"card_codes": ("DN4019100000001",)}, "CARD_UNKNOWN"),
        ({"card_to": date(2026, 12, 31)}, "CARD_DATES_DIFFER"),
        ({"admitted_on": date(2025, 12, 30), "discharged_on": date(2025, 12, 31)}, "CARD_NOT_VALID"),
        ({"admitted_on": date(2025, 12, 30), "discharged_on": date(2026, 1, 2)}, "CARD_BEGAN_IN_STAY"),
        ({"admitted_on": date(2027, 12, 30), "discharged_on": date(2028, 1, 2)}, "CARD_ENDS_IN_STAY"),
    ],
)
def test_what_does_not_fit_the_register_is_found(given: dict[str, Any], code: str) -> None:
    if isinstance(given.get("born"), Claimed):
        given, code = {"born": given["born"].born}, "BIRTH_DIFFERS"
    assert compared(**given)[1] == [code]


def test_a_year_of_birth_fits_where_only_the_year_is_known() -> None:
    assert compared(MAI, by_id=MAI, name_key=MAI.holder.match_key)[1] == [
        "BIRTH_DIFFERS",
        "CARD_UNKNOWN",
    ]
    known = claims.only(claims.file(claims.dossier(patient=claims.patient(MAI)))).claimed
    assert known is not None
    findings = Findings()
    registered = Registered(MAI.holder, 2)
    assert check(known, registered, registered, findings) is not None
    assert findings.errors == 0


def test_card_and_personal_id_must_be_of_one_person() -> None:
    assert compared(by_id=BINH)[1] == ["PERSON_DIFFERS"]
    assert compared(by_id=None)[1] == ["PERSONAL_ID_UNKNOWN"]
    assert compared(by_id=None, personal_id="")[1] == []


def test_nobody_with_this_card_is_an_error() -> None:
    found = claims.only(claims.file()).claimed
    assert found is not None
    findings = Findings()
    assert check(found, None, Registered(NHUNG.holder, 2), findings) is None
    assert [finding.code for finding in findings.kept()] == ["HOLDER_UNKNOWN"]


@pytest.mark.parametrize("status", [Status.REVOKED, Status.DECREASED, Status.STOPPED])
def test_a_card_that_was_taken_back_is_not_valid(status: Status) -> None:
    revoked = with_cards(card(status=status))
    assert compared(revoked, card_codes=(revoked.holder.cards[0].code,))[1] == ["CARD_NOT_VALID"]


def test_a_number_instead_of_a_card_code_stands_for_any_of_the_persons_cards() -> None:
    assert compared(card_codes=(NHUNG.si_number,))[1] == []


def test_of_several_cards_the_highest_decides() -> None:
    two = with_cards(card(), card("CK2010000000000"))
    entitled, found = compared(two, card_codes=(two.holder.cards[0].code,))
    assert found == []
    assert entitled is not None
    assert entitled.card.benefit_digit == 2


def test_a_card_that_follows_without_a_gap_prolongs_the_cover() -> None:
    two = with_cards(card(ends=date(2026, 11, 9)), card(begins=date(2026, 11, 10), ends=date(2026, 12, 31)))
    entitled, found = compared(two, admitted_on=date(2026, 11, 9), card_to=None)
    assert found == []
    assert entitled is not None
    assert entitled.covered_until == date(2026, 12, 31)


def share(
    year: CopayYear | None = None, facility: Facility = HERE, **given: Any
) -> tuple[shares.Share, list[str]]:
    found = claims.only(claims.file(claims.dossier(**given)))
    assert isinstance(found.summary, Summary)
    entitled, _ = compared()
    assert entitled is not None
    # In no living area of Art. 22: it would open specialised inpatient care.
    entitled = entitled._replace(holder=entitled.holder._replace(living_area=None))
    findings = Findings()
    computed = shares.compute(found.summary, entitled, facility, year, lines=4, findings=findings)
    return computed, [finding.code for finding in findings.kept()]


def test_the_share_of_the_registered_place_is_the_cards_level() -> None:
    assert share() == (shares.Share(800_000, 200_000), [])


def test_a_share_that_the_rules_do_not_give_is_told_and_both_are_known() -> None:
    assert share(fund_basis_points=9_500) == (shares.Share(800_000, 50_000), ["SHARE_DIFFERS"])


def test_what_the_route_leaves_to_the_patient_does_not_count_towards_the_year() -> None:
    specialised = Facility("ZZ002", "Bệnh viện Chuyên sâu", 3)
    stay = {"visit_kind": "03", "patient_kind": "3.3", "fund_basis_points": 3_200}
    computed, found = share(facility=specialised, **stay)
    assert found == []
    assert computed == shares.Share(320_000, 80_000)


def test_who_has_passed_the_threshold_pays_nothing_more() -> None:
    year = CopayYear(20_000_000, 0, date(2026, 9, 1))
    assert share(year, fund_basis_points=10_000) == (shares.Share(1_000_000, 0), [])
    before = CopayYear(20_000_000, 0, date(2026, 11, 11))
    assert share(before)[0] == shares.Share(800_000, 200_000)


def test_a_share_that_the_rules_cannot_tell_is_not_invented() -> None:
    assert share(visit_kind="06") == (shares.Share(None, 200_000), ["SHARE_NOT_COMPUTED"])
    day = date(2024, 5, 6)
    old = {"admitted_at": claims.moment(day, 8), "discharged_at": claims.moment(day, 9)}
    assert share(**old)[1] == ["SHARE_NOT_COMPUTED"]


def test_the_reference_level_changed_within_2026_and_not_within_2025() -> None:
    assert shares.change_within(2026) == date(2026, 7, 1)
    assert shares.change_within(2025) is None


def test_a_replacement_is_decided_without_the_version_that_it_replaces() -> None:
    year = CopayYear(1_000_000, 400_000, None)
    assert shares.year_without(year, 300_000, date(2026, 5, 1)) == CopayYear(700_000, 100_000, None)
    assert shares.year_without(year, 300_000, date(2026, 8, 1)) == CopayYear(700_000, 400_000, None)


THRESHOLD = 15_180_000
"""Six reference levels of the second half of 2026; of the first 14,040,000."""


@pytest.mark.parametrize(
    ("payments", "day"),
    [
        ([(date(2026, 8, 1), THRESHOLD)], None),
        ([(date(2026, 8, 1), THRESHOLD + 1)], date(2026, 8, 1)),
        ([(date(2026, 8, 1), THRESHOLD), (date(2026, 8, 2), 1)], date(2026, 8, 2)),
        ([(date(2026, 6, 30), 14_040_000)], None),
        ([(date(2026, 6, 30), 14_040_001)], date(2026, 6, 30)),
    ],
)
def test_the_threshold_is_passed_by_more_than_it_on_the_day_of_the_payment_that_does(
    payments: list[tuple[date, int]], day: date | None
) -> None:
    total = sum(amount for _, amount in payments)
    early = sum(amount for when, amount in payments if when < date(2026, 7, 1))
    assert shares.exceeded_on(2026, CopayYear(total, early, None), payments) == day


def test_what_was_taken_over_from_elsewhere_comes_before_the_payments() -> None:
    taken_over = CopayYear(THRESHOLD + 5, 0, None)
    assert shares.exceeded_on(2026, taken_over, [(date(2026, 9, 9), 6)]) == date(2026, 9, 9)
    assert shares.exceeded_on(2026, CopayYear(THRESHOLD + 5, 0, date(2026, 8, 8)), []) == date(2026, 8, 8)


def test_the_day_is_taken_back_when_a_correction_brings_the_year_below_the_threshold() -> None:
    year = CopayYear(1_000, 0, date(2026, 8, 8))
    assert shares.exceeded_on(2026, year, [(date(2026, 8, 8), 1_000)]) is None


def test_a_year_without_known_rules_has_no_threshold() -> None:
    assert shares.exceeded_on(2024, CopayYear(10**9, None, None), [(date(2024, 2, 2), 10**9)]) is None
    assert not shares.may_exceed(2024, 10**9)
