"""Health-insurance records for tests, in memory and in PostgreSQL, and what both must do."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import psycopg
import pytest
from google.rpc import code_pb2

from lienthong.names import match_key
from lienthong.rpc.errors import InvalidArgument, NotFound, from_status
from services.health_claims.domain.benefit import CopayYear
from services.health_claims.domain.coverage import Card, Holder, Status
from services.health_claims.domain.facility import Facility
from services.health_claims.server import HealthClaimsQuery
from vss.health_claims.v1 import health_claims_pb2 as pb

TODAY = date(2026, 11, 22)
CHANGED_US = 1_780_000_000_123_456
FACILITY = Facility("99001", "Bệnh viện Thử nghiệm", 2)


class Sample(NamedTuple):
    """A holder with what the tests need to ask for her."""

    personal_id: str
    full_name: str
    holder: Holder

    @property
    def si_number(self) -> str:
        """Ten digits."""
        return f"99{self.personal_id[-8:]}"


def card(
    code: str = "DN4010000000000",
    *,
    begins: date = date(2026, 1, 1),
    ends: date = date(2027, 12, 31),
    status: Status = Status.ACTIVE,
    facility: str = FACILITY.code,
) -> Card:
    """A card whose parts follow from its code."""
    return Card(code, code[:2], int(code[2]), code[3:5], begins, ends, facility, int(status))


def sample(
    number: int, name: str, born: date | int, *cards: Card, five_years_on: date | None = None
) -> Sample:
    """A holder with number 1 to 99; card codes get her social-insurance number."""
    personal_id = f"9991000000{number:02d}"
    si_number = f"99{personal_id[-8:]}"
    own = tuple(c._replace(code=c.code[:5] + si_number) for c in cards)
    holder = Holder(
        person_id=9_000_000_000 + number,
        match_key=match_key(name),
        birth_date=born if isinstance(born, date) else None,
        birth_year=born.year if isinstance(born, date) else born,
        living_area="K1" if number == 1 else None,
        five_years_on=five_years_on,
        changed_us=CHANGED_US,
        cards=own,
    )
    return Sample(personal_id, name, holder)


NHUNG = sample(1, "Trần Thị Hồng Nhung", date(1990, 5, 17), card(), five_years_on=date(2025, 6, 1))
BINH = sample(2, "Nguyễn Văn Bình", date(1985, 11, 2), card("HT3010000000000", ends=date(2026, 6, 30)))
MAI = sample(3, "Lê Thị Mai", 1950, card("CK2380000000000"))
LAN = sample(
    5,
    "Hoàng Thị Lan",
    date(1991, 3, 4),
    card("GD4400000000000"),
    card("HN1400000000000", ends=date(2026, 12, 31)),
)
HAN = sample(8, "Bùi Gia Hân", date(2024, 2, 1))
STRANGE = sample(9, "Đỗ Văn Tâm", date(1970, 1, 1), card(facility="00000"))
SAMPLES = (NHUNG, BINH, MAI, LAN, HAN, STRANGE)
COPAY = {(NHUNG.holder.person_id, 2026): CopayYear(15_066_589, 1_396_758, date(2026, 11, 20))}
"""Own payments by person and year: Nhung has passed the threshold of a year with two reference levels."""


class FakeCoverage:
    """``CoverageRecords`` in memory."""

    def __init__(self, samples: Sequence[Sample] = SAMPLES) -> None:
        self._by_identifier = {key: s.holder for s in samples for key in (s.personal_id, s.si_number)}
        self.asked: list[list[str]] = []

    async def holders(self, identifiers: Sequence[str], years: Sequence[int] = ()) -> list[Holder | None]:
        """As in ``CoverageRecords``."""
        self.asked.append(list(identifiers))
        found = [self._by_identifier.get(i[-10:] if len(i) == 15 else i) for i in identifiers]
        wanted = years or [0] * len(found)
        return [
            holder and holder._replace(copay=COPAY.get((holder.person_id, year)))
            for holder, year in zip(found, wanted, strict=True)
        ]

    async def facilities(self) -> Mapping[str, Facility]:
        """As in ``CoverageRecords``."""
        return {FACILITY.code: FACILITY}


def forget(connection: psycopg.Connection[Any]) -> None:
    """Delete the samples from the real database."""
    connection.execute("DELETE FROM card WHERE person_id BETWEEN 9000000000 AND 9000000099")
    connection.execute("DELETE FROM holder WHERE person_id BETWEEN 9000000000 AND 9000000099")
    connection.execute("DELETE FROM holder_identifier WHERE person_id BETWEEN 9000000000 AND 9000000099")
    connection.execute("DELETE FROM copay_year WHERE person_id BETWEEN 9000000000 AND 9000000099")
    connection.execute("DELETE FROM facility WHERE code = %s", [FACILITY.code])


def store(connection: psycopg.Connection[Any]) -> None:
    """Write the samples into the real database."""
    connection.execute(
        "INSERT INTO facility (code, name, level, province_code) VALUES (%s, %s, %s, '99')", FACILITY[:3]
    )
    for s in SAMPLES:
        h = s.holder
        connection.execute(
            "INSERT INTO holder (person_id, full_name, match_key, birth_date, birth_year, sex, living_area,"
            " five_years_on, changed_at)"
            " VALUES (%s, %s, %s, %s, %s, 2, %s, %s, to_timestamp(0) + %s * interval '1 microsecond')",
            [h.person_id, s.full_name, *h[1:6], h.changed_us],
        )
        for identifier in (s.personal_id, s.si_number):
            connection.execute("INSERT INTO holder_identifier VALUES (%s, %s)", [identifier, h.person_id])
        for c in h.cards:
            connection.execute(
                "INSERT INTO card (person_id, card_code, subject_code, benefit_digit, province_code, valid_from,"
                " valid_to, facility_code, status, status_from, changed_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, to_timestamp(0))",
                [h.person_id, *c],
            )
    for key, paid in COPAY.items():
        connection.execute(
            "INSERT INTO copay_year (person_id, year, copay_vnd, paid_before_change, exceeded_on, changed_at)"
            " VALUES (%s, %s, %s, %s, %s, to_timestamp(0))",
            [*key, *paid],
        )


def check(who: Sample, **changed: Any) -> pb.CheckCoverageRequest:
    """The right request for a sample, with some fields changed."""
    born = who.holder.birth_date.isoformat() if who.holder.birth_date else str(who.holder.birth_year)
    right = {
        "identifier": who.personal_id,
        "full_name": who.full_name,
        "born": born,
        "facility_code": "99001",
    }
    return pb.CheckCoverageRequest(**{**right, **changed})


@pytest.mark.asyncio
class CoverageContract:
    """What the servicer does, whatever holds its records."""

    async def test_a_valid_card_is_answered_with_all_its_data(self, service: HealthClaimsQuery) -> None:
        answer = await service.CheckCoverage(check(NHUNG), None)
        assert (answer.result_code, answer.covered, answer.visit_code) == ("000", True, "00")
        assert answer.result_text.vi == "Thẻ còn giá trị sử dụng"
        assert answer.person_id == NHUNG.holder.person_id
        assert answer.card == pb.Card(
            card_code=f"DN401{NHUNG.si_number}",
            subject_code="DN",
            benefit_digit=4,
            benefit_percent=80,
            valid_from="2026-01-01",
            valid_to="2027-12-31",
            registered_facility=pb.Facility(code="99001", name=FACILITY.name, level=pb.FACILITY_LEVEL_BASIC),
            five_years_on="2025-06-01",
            living_area="K1",
            status=pb.CARD_STATUS_ACTIVE,
        )
        assert (answer.changed_at.seconds, answer.changed_at.nanos) == (1_780_000_000, 123_456_000)

    async def test_every_form_of_identifier_finds_the_same_person(self, service: HealthClaimsQuery) -> None:
        forms = (
            NHUNG.personal_id,
            NHUNG.si_number,
            f"DN401{NHUNG.si_number}",
            f" dn 4 01 {NHUNG.si_number} ",
        )
        answers = [await service.CheckCoverage(check(NHUNG, identifier=form), None) for form in forms]
        assert all(answer == answers[0] for answer in answers)
        assert answers[0].result_code == "000"

    async def test_nobody_behind_the_identifier_is_an_answer(self, service: HealthClaimsQuery) -> None:
        answer = await service.CheckCoverage(check(NHUNG, identifier="999900000099"), None)
        assert (answer.result_code, answer.covered, answer.person_id) == ("050", False, 0)
        assert not answer.HasField("card")

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"full_name": "Nguyễn Văn Bình"}, "060"),
            ({"full_name": "Trần Thị Hồng Nhungg"}, "061"),
            ({"born": "1990-05-18"}, "070"),
            ({"identifier": f"HT401{NHUNG.si_number}"}, "051"),
            ({"identifier": f"DN402{NHUNG.si_number}"}, "052"),
            ({"identifier": f"DN301{NHUNG.si_number}"}, "053"),
        ],
    )
    async def test_a_person_who_is_not_matched_gets_a_code_and_no_data(
        self, service: HealthClaimsQuery, changed: dict[str, str], code: str
    ) -> None:
        answer = await service.CheckCoverage(check(NHUNG, **changed), None)
        assert (answer.result_code, answer.covered) == (code, False)
        assert {field.name for field, _ in answer.ListFields()} == {
            "result_code", "result_text", "visit_code",
        }  # fmt: skip

    async def test_an_expired_card_is_shown_but_does_not_cover(self, service: HealthClaimsQuery) -> None:
        answer = await service.CheckCoverage(check(BINH), None)
        assert (answer.result_code, answer.covered, answer.visit_code) == ("010", False, "01")
        assert answer.card.valid_to == "2026-06-30"

    async def test_the_day_of_the_visit_decides(self, service: HealthClaimsQuery) -> None:
        answer = await service.CheckCoverage(check(BINH, visit_on="2026-06-30"), None)
        assert answer.result_code == "000"

    async def test_of_several_valid_cards_the_highest_benefit_decides(
        self, service: HealthClaimsQuery
    ) -> None:
        answer = await service.CheckCoverage(check(LAN), None)
        assert (answer.result_code, answer.card.benefit_percent) == ("000", 100)

    async def test_a_facility_that_is_not_listed_is_named_by_its_code(
        self, service: HealthClaimsQuery
    ) -> None:
        answer = await service.CheckCoverage(check(STRANGE), None)
        assert answer.card.registered_facility == pb.Facility(code="00000")

    async def test_a_visit_is_answered_with_what_the_fund_pays(self, service: HealthClaimsQuery) -> None:
        visit = pb.Visit(kind=pb.VISIT_KIND_OUTPATIENT, cost_vnd=1_000_001)
        answer = await service.CheckCoverage(check(NHUNG, visit=visit, visit_on="2026-11-19"), None)
        benefit = answer.benefit
        assert (benefit.fund_basis_points, benefit.route) == (8_000, "registered")
        assert benefit.split == pb.Split(cost_vnd=1_000_001, fund_vnd=800_001, copay_vnd=200_000)
        assert [step.rule for step in benefit.steps] == [
            "level_by_digit",
            "route_registered",
            "copay_threshold_mid_year",
        ]
        assert answer.check_token

    async def test_the_years_own_payments_exempt_and_the_change_is_pointed_out(
        self, service: HealthClaimsQuery
    ) -> None:
        visit = pb.Visit(kind=pb.VISIT_KIND_OUTPATIENT, cost_vnd=1_000_001)
        before = await service.CheckCoverage(check(NHUNG, visit=visit, visit_on="2026-11-19"), None)
        again = check(NHUNG, visit=visit, previous_check=before.check_token)
        answer = await service.CheckCoverage(again, None)
        assert answer.benefit.copay == pb.Copay(
            year=2026, paid_vnd=15_066_589, threshold_vnd=15_066_589, exempt=True, exempt_from="2026-11-20"
        )
        assert answer.benefit.split == pb.Split(cost_vnd=1_000_001, fund_vnd=1_000_001)
        assert list(answer.changes) == [pb.Change(what="exempt", before="false", after="true")]

    async def test_payments_of_another_year_do_not_count(self, service: HealthClaimsQuery) -> None:
        visit = pb.Visit(kind=pb.VISIT_KIND_OUTPATIENT)
        answer = await service.CheckCoverage(check(NHUNG, visit=visit, visit_on="2027-01-02"), None)
        assert (answer.benefit.copay.year, answer.benefit.copay.paid_vnd) == (2027, 0)
        assert not answer.benefit.copay.exempt

    async def test_visits_and_plain_checks_share_a_batch(self, service: HealthClaimsQuery) -> None:
        visit = pb.Visit(kind=pb.VISIT_KIND_INPATIENT)
        requests = [
            check(NHUNG),
            check(NHUNG, visit=visit),
            check(BINH, visit=visit),
            check(HAN, visit=visit),
        ]
        answer = await service.BatchCheckCoverage(pb.BatchCheckCoverageRequest(requests=requests), None)
        responses = [result.response for result in answer.results]
        assert [response.HasField("benefit") for response in responses] == [False, True, False, False]
        assert responses[0] == await service.CheckCoverage(check(NHUNG), None)
        assert responses[1].benefit.copay.paid_vnd == 15_066_589
        assert [notice.code for notice in responses[3].notices] == ["child_without_card"]

    async def test_one_failing_item_leaves_its_neighbours(self, service: HealthClaimsQuery) -> None:
        requests = [check(NHUNG), check(NHUNG, born="2026-02-30"), check(HAN), check(NHUNG, identifier="12")]
        answer = await service.BatchCheckCoverage(pb.BatchCheckCoverageRequest(requests=requests), None)
        kinds = [result.WhichOneof("result") for result in answer.results]
        assert kinds == ["response", "error", "response", "error"]
        assert [answer.results[i].response.result_code for i in (0, 2)] == ["000", "130"]
        error = from_status(answer.results[1].error)
        assert error.code == code_pb2.INVALID_ARGUMENT
        assert [violation.field for violation in error.fields] == ["born"]

    async def test_a_batch_answers_in_order_what_single_requests_answer(
        self, service: HealthClaimsQuery
    ) -> None:
        requests = [check(who) for who in SAMPLES for _ in range(40)][::-1]  # more than one chunk
        answer = await service.BatchCheckCoverage(pb.BatchCheckCoverageRequest(requests=requests), None)
        single = {who.personal_id: await service.CheckCoverage(check(who), None) for who in SAMPLES}
        assert [result.response for result in answer.results] == [single[r.identifier] for r in requests]

    @pytest.mark.parametrize("count", [0, 1_001])
    async def test_a_batch_outside_its_bounds_is_refused(
        self, service: HealthClaimsQuery, count: int
    ) -> None:
        with pytest.raises(InvalidArgument) as refused:
            await service.BatchCheckCoverage(
                pb.BatchCheckCoverageRequest(requests=[check(NHUNG)] * count), None
            )
        assert refused.value.fields[0].field == "requests"

    async def test_coverage_as_of_a_day_lists_the_highest_benefit_first(
        self, service: HealthClaimsQuery
    ) -> None:
        answer = await service.GetCoverage(pb.GetCoverageRequest(identifier=LAN.personal_id), None)
        assert (answer.as_of, answer.covered) == (TODAY.isoformat(), True)
        assert [c.benefit_percent for c in answer.cards] == [100, 80]
        assert answer.person_id == LAN.holder.person_id

    async def test_a_day_without_cover_is_an_answer_without_a_card(self, service: HealthClaimsQuery) -> None:
        request = pb.GetCoverageRequest(identifier=NHUNG.personal_id, as_of="2025-12-31")
        answer = await service.GetCoverage(request, None)
        assert (answer.covered, len(answer.cards)) == (False, 0)

    @pytest.mark.parametrize("identifier", ["999900000099", f"HT401{NHUNG.si_number}"])
    async def test_coverage_of_nobody_is_not_found(self, service: HealthClaimsQuery, identifier: str) -> None:
        with pytest.raises(NotFound):
            await service.GetCoverage(pb.GetCoverageRequest(identifier=identifier), None)
