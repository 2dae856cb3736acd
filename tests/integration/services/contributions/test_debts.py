"""Registration, urging, reports and the calendar over the real database, as the consumers' role."""

from collections import Counter
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from lienthong.rpc.errors import InvalidArgument, NotFound, PermissionDenied, Refusal
from services.contributions.commands import opening
from services.contributions.domain.charges import amounts
from tests.support.accounts import Desk, increase, person
from vss.contributions.v1 import commands_pb2 as pb
from vss.contributions.v1 import contributions_pb2 as c
from vss.contributions.v1 import events_pb2
from vss.types.v1 import text_pb2

UNIT = "9900000001TEST1"


def told(desk: Desk) -> list[tuple[int, int, str]]:
    events = desk.published.of(events_pb2.DebtStateChanged)
    return [(e.before, e.after, e.since) for e in events if e.employer_code == UNIT]


class TestRegistration:
    def test_a_unit_in_time_is_not_late_and_one_after_thirty_days_is(self, desk: Desk) -> None:
        assert desk.register(UNIT, obliged_since="2026-10-23").days_late == 0
        assert desk.register("9900000002TEST2", obliged_since="2026-10-20").days_late == 3

    def test_the_same_data_again_change_nothing_and_other_data_are_refused(self, desk: Desk) -> None:
        first = desk.register(UNIT, obliged_since="2026-10-20")
        assert desk.on(2026, 11, 29).register(UNIT, obliged_since="2026-10-20") == first
        with pytest.raises(Refusal) as refused:
            desk.register(UNIT, obliged_since="2026-10-20", region=2)
        assert refused.value.reason == "EMPLOYER_EXISTS"

    @pytest.mark.parametrize("asker", ["02", ""])
    def test_a_unit_of_another_province_is_denied(self, desk: Desk, asker: str) -> None:
        with pytest.raises(PermissionDenied):
            desk.register(UNIT, province_of_asker=asker)

    def test_every_wrong_field_is_named(self, desk: Desk) -> None:
        with pytest.raises(InvalidArgument) as refused:
            desk.register(UNIT, region=5, obliged_since="2026-02-30", name=" ")
        assert {f.field for f in refused.value.fields} == {"region", "obliged_since", "name"}
        with pytest.raises(InvalidArgument):
            desk.register(UNIT, name="Công ty\x00")


class TestUrging:
    @pytest.fixture(autouse=True)
    def debt(self, desk: Desk) -> None:
        """August is unpaid: its deadline was 30 September."""
        desk.register(UNIT)
        desk.on(2026, 8, 5).declare(UNIT, increase(person(), "2026-08"))

    def test_a_letter_before_day_sixty_leaves_the_debt_late(self, desk: Desk) -> None:
        assert desk.urge(UNIT).state == c.LEGAL_STATE_LATE
        assert told(desk) == [(1, 2, "2026-10-01")]

    def test_a_letter_after_day_sixty_makes_it_evasion(self, desk: Desk) -> None:
        later = desk.on(2026, 11, 30)  # day 61
        answer = later.urge(UNIT)
        assert answer.state == c.LEGAL_STATE_EVASION
        assert {row.code for row in answer.law} == {"evasion_days", "employer_monthly"}

    def test_after_a_letter_day_sixty_one_makes_it_evasion_by_the_calendar_alone(self, desk: Desk) -> None:
        desk.urge(UNIT)
        opening.tell_states(desk.on(2026, 11, 29).timer())
        assert desk.account(UNIT)[2] == c.LEGAL_STATE_LATE
        opening.tell_states(desk.on(2026, 11, 30).timer())
        assert desk.account(UNIT)[2] == c.LEGAL_STATE_EVASION
        assert (2, 3, "2026-11-30") in told(desk)
        before = len(told(desk))
        opening.tell_states(desk.on(2026, 11, 30).timer())
        assert len(told(desk)) == before

    def test_a_letter_about_an_earlier_debt_does_not_urge_a_later_one(self, desk: Desk) -> None:
        desk.urge(UNIT, issued_on="2026-10-05")
        desk.pay(UNIT, 2 * 3_200_000, "2026-11-20")
        # Now October is the oldest; its deadline is 30 November.
        opening.tell_states(desk.on(2027, 3, 1).timer())
        assert desk.account(UNIT)[2] == c.LEGAL_STATE_LATE

    def test_the_same_letter_is_recorded_once(self, desk: Desk) -> None:
        desk.urge(UNIT, "7/BHXH")
        with pytest.raises(Refusal) as refused:
            desk.urge(UNIT, "7/BHXH")
        assert refused.value.reason == "DOCUMENT_RECORDED"

    @pytest.mark.parametrize("asker", ["02", ""])
    def test_a_unit_of_another_province_is_denied(self, desk: Desk, asker: str) -> None:
        with pytest.raises(PermissionDenied):
            desk.urge(UNIT, province_of_asker=asker)

    def test_an_unknown_unit_and_a_letter_of_tomorrow_are_refused(self, desk: Desk) -> None:
        with pytest.raises(NotFound):
            desk.urge("9900000009TEST9")
        with pytest.raises(InvalidArgument):
            desk.urge(UNIT, issued_on="2026-11-23")

    def test_paying_the_debt_off_is_told(self, desk: Desk) -> None:
        desk.urge(UNIT)
        desk.pay(UNIT, 4 * 3_200_000, "2026-11-20")
        assert told(desk)[-1][:2] == (2, 1)


class TestReports:
    @pytest.fixture
    def worker(self, desk: Desk) -> text_pb2.Person:
        desk.register(UNIT)
        worker = person()
        desk.declare(UNIT, increase(worker, "2026-11"))
        return worker

    def report(self, desk: Desk, person_id: int, kind: int) -> str:
        request = pb.ReportIrregularityRequest(
            identifier="001190000017",
            employer_code=UNIT,
            kind=c.IrregularityKind.Name(kind),
            from_month="2026-06",
            to_month="2026-07",
            statement="Không đóng.",
            person_id=person_id,
        )
        context = desk.context(agency="citizens", staff="001190000017")
        return desk.servicer.ReportIrregularity(request, context).report_id

    def advance(self, desk: Desk, report_id: str, state: int, province: str = "01") -> int:
        request = pb.AdvanceReportRequest(
            report_id=report_id,
            to_state=c.ReportState.Name(state),
            reason="Đã xem xét.",
            province_of_asker=province,
        )
        return desk.servicer.AdvanceReport(request, desk.context(agency="inspector")).state

    def test_a_report_goes_its_way_step_by_step_and_each_says_who_and_why(
        self, desk: Desk, worker: text_pb2.Person
    ) -> None:
        report_id = self.report(desk, worker.person_id, c.IRREGULARITY_KIND_UNDER_DECLARED)
        for state in (c.REPORT_STATE_ASSIGNED, c.REPORT_STATE_INSPECTED, c.REPORT_STATE_CONFIRMED):
            assert self.advance(desk, report_id, state) == state
        # A confirmed base too low is evasion at once (Art. 39.1.c), until it is recovered.
        assert desk.account(UNIT)[2] == c.LEGAL_STATE_EVASION
        self.advance(desk, report_id, c.REPORT_STATE_RECOVERED)
        assert desk.account(UNIT)[2] == c.LEGAL_STATE_ON_TIME
        steps = desk.connection.execute(
            "SELECT step, state, agency_id, staff, reason FROM report_step WHERE report_id = %s ORDER BY step",
            [report_id],
        ).fetchall()
        assert steps[0] == (1, 1, "citizens", "", "")
        assert steps[-1] == (5, 6, "inspector", "001090000001", "Đã xem xét.")
        moved = [(e.before, e.after) for e in desk.published.of(events_pb2.ReportProgressed)]
        assert moved == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 6)]

    def test_a_step_out_of_order_is_refused(self, desk: Desk, worker: text_pb2.Person) -> None:
        report_id = self.report(desk, worker.person_id, c.IRREGULARITY_KIND_NOT_PAID)
        with pytest.raises(Refusal) as refused:
            self.advance(desk, report_id, c.REPORT_STATE_CONFIRMED)
        assert refused.value.reason == "STEP_OUT_OF_ORDER"

    @pytest.mark.parametrize("province", ["02", ""])
    def test_an_inspector_of_another_province_does_not_find_it(
        self, desk: Desk, worker: text_pb2.Person, province: str
    ) -> None:
        report_id = self.report(desk, worker.person_id, c.IRREGULARITY_KIND_NOT_PAID)
        with pytest.raises(NotFound):
            self.advance(desk, report_id, c.REPORT_STATE_ASSIGNED, province)
        with pytest.raises(NotFound):
            self.advance(desk, str(uuid4()), c.REPORT_STATE_ASSIGNED)

    def test_only_who_was_never_declared_may_report_just_that(
        self, desk: Desk, worker: text_pb2.Person
    ) -> None:
        stranger = person()
        with pytest.raises(Refusal) as refused:
            self.report(desk, stranger.person_id, c.IRREGULARITY_KIND_NOT_PAID)
        assert refused.value.reason == "NEVER_DECLARED"
        report_id = self.report(desk, stranger.person_id, c.IRREGULARITY_KIND_NOT_DECLARED)
        for state in (c.REPORT_STATE_ASSIGNED, c.REPORT_STATE_INSPECTED, c.REPORT_STATE_CONFIRMED):
            self.advance(desk, report_id, state)
        assert desk.account(UNIT)[5] is True
        assert desk.account(UNIT)[2] == c.LEGAL_STATE_EVASION

    def test_a_report_without_a_citizen_is_denied(self, desk: Desk, worker: text_pb2.Person) -> None:
        with pytest.raises(PermissionDenied):
            self.report(desk, 0, c.IRREGULARITY_KIND_NOT_PAID)


class TestOpeningAMonth:
    MONTH = 2031 * 12 + 4  # May 2031

    def test_what_sql_charges_is_what_the_rule_says_to_the_dong(self, desk: Desk) -> None:
        desk.opened_through(date(2031, 4, 1))
        spring = Desk(desk.connection, datetime(2031, 4, 10, 5, tzinfo=UTC), desk.published)
        expected: dict[str, Counter[int]] = {}
        masks = (
            ["SCHEME_SOCIAL_INSURANCE", "SCHEME_HEALTH_INSURANCE", "SCHEME_UNEMPLOYMENT_INSURANCE"],
            ["SCHEME_SOCIAL_INSURANCE", "SCHEME_HEALTH_INSURANCE"],
            ["SCHEME_SOCIAL_INSURANCE"],
            ["SCHEME_HEALTH_INSURANCE"],
            ["SCHEME_VOLUNTARY_SOCIAL_INSURANCE"],
            ["SCHEME_HEALTH_INSURANCE", "SCHEME_VOLUNTARY_SOCIAL_INSURANCE"],
        )
        bases = (5_310_001, 9_999_999, 33_333_333, 50_600_001, 106_200_001, 400_000_003)
        for region in (1, 2, 3, 4):
            for reduced in (False, True):
                code = f"99000003{region}{int(reduced)}TEST1"
                spring.register(
                    code, region=region, reduced_accident_rate=reduced, obliged_since="2031-01-01"
                )
                lines = [
                    increase(person(), "2031-05", base, schemes=mask) for base in bases for mask in masks
                ]
                assert spring.declare(code, *lines).refused == 0
                expected[code] = Counter(
                    {
                        fund: sum(
                            amounts(line.base_vnd, self.MONTH, mask_of(line), region, reduced)[fund - 1]
                            for line in lines
                        )
                        for fund in range(1, 6)
                    }
                )
        opening.open_months(
            Desk(desk.connection, datetime(2031, 5, 1, 5, tzinfo=UTC), desk.published).timer()
        )
        for code, funds in expected.items():
            assert desk.charges(code) == {("2031-05", 0, f): (vnd, 0, None) for f, vnd in funds.items()}
            assert desk.account(code)[:2] == (funds.total(), date(2031, 5, 1))

    def test_a_month_is_opened_once_and_months_missed_are_made_up(self, desk: Desk) -> None:
        desk.opened_through(date(2031, 3, 1))
        march = Desk(desk.connection, datetime(2031, 3, 10, 5, tzinfo=UTC), desk.published)
        march.register(UNIT, obliged_since="2031-03-01")
        march.declare(UNIT, increase(person(), "2031-03"))
        may = Desk(desk.connection, datetime(2031, 5, 20, 5, tzinfo=UTC), desk.published)
        opening.open_months(may.timer())
        opened = desk.charges(UNIT)
        assert {month for month, _, _ in opened} == {"2031-03", "2031-04", "2031-05"}
        opening.open_months(may.timer())
        assert desk.charges(UNIT) == opened

    def test_an_advance_pays_the_new_month_with_its_own_value_date(self, desk: Desk) -> None:
        desk.opened_through(date(2031, 3, 1))
        march = Desk(desk.connection, datetime(2031, 3, 10, 5, tzinfo=UTC), desk.published)
        march.register(UNIT, obliged_since="2031-03-01")
        march.declare(UNIT, increase(person(), "2031-03"))
        march.pay(UNIT, 10_000_000, "2031-03-05")
        april = Desk(desk.connection, datetime(2031, 4, 1, 5, tzinfo=UTC), desk.published)
        opening.open_months(april.timer())
        assert desk.account(UNIT)[0] == 0
        assert {settled for _, _, settled in desk.charges(UNIT).values()} == {date(2031, 3, 5)}

    def test_participants_whom_a_new_floor_overtakes_are_counted(self, desk: Desk) -> None:
        desk.opened_through(date(2026, 6, 1))
        june = desk.on(2026, 6, 10)
        june.register(UNIT)
        low = ["SCHEME_SOCIAL_INSURANCE"]  # the reference level rose to 2,530,000 on 1 July 2026
        june.declare(UNIT, increase(person(), "2026-06", 2_400_000, schemes=low))
        assert desk.account(UNIT)[4] == 0
        desk.connection.execute(  # nobody else has July opened a second time
            "UPDATE employer_account SET taken_over = '2030-01-01' FROM employer e"
            " WHERE e.employer_id = employer_account.employer_id AND e.employer_code <> %s",
            [UNIT],
        )
        opening.open_month(desk.connection, 2026 * 12 + 6, desk.on(2026, 7, 1).timer())
        assert desk.account(UNIT)[4] == 1
        opening.tell_states(desk.on(2026, 7, 1).timer())
        assert desk.account(UNIT)[2] == c.LEGAL_STATE_EVASION


def mask_of(line: pb.DeclarationLine) -> int:
    return sum(1 << (scheme - 1) for scheme in line.schemes)
