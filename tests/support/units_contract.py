"""What the questions about accounts and reports do, whatever holds their records; and whom they refuse."""

from typing import Any

import pytest

from lienthong.rpc.errors import InvalidArgument, NotFound, PermissionDenied
from services.contributions.server import ContributionsQuery
from tests.support.units import (
    CITIZEN,
    EARLY_LETTER,
    ELSEWHERE,
    HIDDEN,
    LATE,
    LOW_BASE,
    ON_TIME,
    OTHER_CITIZEN,
    REPORTS,
    URGED,
)
from vss.contributions.v1 import contributions_pb2 as pb

HERE: dict[str, Any] = {"province_of_asker": "98"}
FIRST_LETTER = 100_000_000 * 10 * 3 // 10_000  # the July of LATE, paid ten days late
LATE_VND = 5 * 60_000_000 + 2_000_000
SEPTEMBER_INTEREST = (100_000_000 * 10 + 60_000_000 * 12) * 3 // 10_000
AUGUST_INTEREST = 2_000_000 * 53 * 3 // 10_000


async def statement(service: ContributionsQuery, **given: Any) -> pb.GetEmployerStatementResponse:
    """An inspector's look at an account, unless another asker is given."""
    return await service.GetEmployerStatement(pb.GetEmployerStatementRequest(**given), None)


async def debtors(service: ContributionsQuery, **given: Any) -> list[pb.Debtor]:
    """Every page of the list."""
    rows: list[pb.Debtor] = []
    token = ""
    while True:
        answer = await service.ListDebtors(pb.ListDebtorsRequest(page_token=token, **{**HERE, **given}), None)
        rows += answer.debtors
        token = answer.next_page_token
        if not token:
            return rows


async def reports(service: ContributionsQuery, **given: Any) -> list[pb.Report]:
    """Every page of the list."""
    rows: list[pb.Report] = []
    token = ""
    while True:
        answer = await service.ListReports(pb.ListReportsRequest(page_token=token, **given), None)
        rows += answer.reports
        token = answer.next_page_token
        if not token:
            return rows


def codes(rows: list[pb.Debtor]) -> list[str]:
    return [row.employer.code for row in rows]


def number_of(row: pb.Report) -> int:
    return [str(report.row.report_id) for report in REPORTS].index(row.report_id) + 1


@pytest.mark.asyncio
class UnitsContract:
    """See the module."""

    async def test_a_statement_adds_up_what_is_late_due_and_borne(self, service: ContributionsQuery) -> None:
        found = await statement(service, own_employer_code=LATE.code)
        assert (found.employer.code, found.as_of) == (LATE.code, "2026-11-22")
        assert (found.late_vnd, found.due_vnd, found.advance_vnd) == (LATE_VND, 25_000_000, 0)
        assert found.interest_vnd == 5 * (FIRST_LETTER + SEPTEMBER_INTEREST) + AUGUST_INTEREST
        assert (found.days_late, found.days_to_evasion) == (53, 7)
        assert found.state == pb.LEGAL_STATE_LATE
        assert [(reason.code, reason.legal_basis) for reason in found.reasons] == [
            ("UNPAID_AFTER_DEADLINE", "Law 41/2024/QH15 Art. 38.1")
        ]

    async def test_a_statement_shows_each_month_and_fund(self, service: ContributionsQuery) -> None:
        found = await statement(service, own_employer_code=LATE.code)
        by_month: dict[str, list[pb.StatementMonth]] = {}
        for row in found.months:
            by_month.setdefault(row.month, []).append(row)
        assert {month: len(rows) for month, rows in by_month.items()} == {
            "2026-07": 5, "2026-08": 1, "2026-09": 5, "2026-10": 5,
        }  # fmt: skip
        (late,) = {
            (r.due_vnd, r.paid_vnd, r.deadline, r.days_late, r.interest_vnd) for r in by_month["2026-09"]
        }
        assert late == (100_000_000, 40_000_000, "2026-10-31", 22, SEPTEMBER_INTEREST)
        assert {(row.settled_on, row.days_late) for row in by_month["2026-07"]} == {("2026-09-10", 10)}
        (declared,) = by_month["2026-08"]
        assert (declared.declaration_number, declared.fund) == (3, pb.FUND_HEALTH)

    async def test_a_past_day_knows_nothing_of_what_came_after_it(self, service: ContributionsQuery) -> None:
        found = await statement(service, own_employer_code=LATE.code, as_of="2026-11-09")
        # Neither the money of the 10th nor the declaration of the 15th.
        assert found.late_vnd == 5 * 100_000_000
        assert found.interest_vnd == 5 * (FIRST_LETTER + 100_000_000 * 9 * 3 // 10_000)
        assert found.days_late == 9
        before = await statement(service, own_employer_code=LATE.code, as_of="2026-09-05")
        assert (before.late_vnd, before.days_late, before.days_to_evasion) == (5 * 100_000_000, 5, 55)
        assert before.interest_vnd == 5 * 100_000_000 * 5 * 3 // 10_000
        assert before.months[0].settled_on == ""

    async def test_the_days_of_interest_add_up(self, service: ContributionsQuery) -> None:
        found = await statement(service, own_employer_code=LATE.code, days=366)
        assert sum(day.interest_vnd for day in found.interest_days) == found.interest_vnd
        assert (len(found.interest_days), found.interest_days[-1].day) == (366, "2026-11-22")
        by_day = {day.day: (day.unpaid_vnd, day.interest_vnd) for day in found.interest_days}
        assert by_day["2026-08-31"] == (0, 0)
        assert by_day["2026-09-10"] == (500_000_000, 150_000)  # the day paid still counts
        assert by_day["2026-11-10"] == (502_000_000, 150_600)
        assert by_day["2026-11-11"] == (302_000_000, 90_600)

    async def test_nothing_late_is_on_time_with_the_advance_shown(self, service: ContributionsQuery) -> None:
        found = await statement(service, own_employer_code=ON_TIME.code)
        assert (found.state, list(found.reasons)) == (pb.LEGAL_STATE_ON_TIME, [])
        assert (found.late_vnd, found.due_vnd, found.interest_vnd) == (0, 5_000_000, 0)
        assert (found.advance_vnd, found.days_late, found.days_to_evasion) == (70_000, 0, 0)

    @pytest.mark.parametrize(
        ("unit", "state", "reasons"),
        [
            (URGED, pb.LEGAL_STATE_EVASION, ["UNPAID_AFTER_DEADLINE", "OVER_60_DAYS_AND_URGED"]),
            (EARLY_LETTER, pb.LEGAL_STATE_LATE, ["UNPAID_AFTER_DEADLINE"]),
            (LOW_BASE, pb.LEGAL_STATE_EVASION, ["BASE_UNDER_DECLARED"]),
            (HIDDEN, pb.LEGAL_STATE_EVASION, ["UNPAID_AFTER_DEADLINE", "NOT_DECLARED_OVER_60_DAYS"]),
        ],
    )
    async def test_the_state_says_why(
        self, service: ContributionsQuery, unit: Any, state: pb.LegalState, reasons: list[str]
    ) -> None:
        found = await statement(service, employer_code=unit.code, **HERE)
        assert (found.state, [reason.code for reason in found.reasons]) == (state, reasons)
        assert all(reason.text.vi and reason.legal_basis for reason in found.reasons)

    async def test_the_countdown_goes_below_zero_after_day_60(self, service: ContributionsQuery) -> None:
        found = await statement(service, employer_code=URGED.code, **HERE)
        assert (found.days_late, found.days_to_evasion, found.urged_on) == (83, -23, "2026-10-05")

    async def test_a_statement_names_its_rows_of_law(self, service: ContributionsQuery) -> None:
        found = await statement(service, own_employer_code=LATE.code)
        named = {row.code for row in found.law}
        assert {
            "employer_monthly", "interest_si", "interest_ui", "interest_hi", "evasion_days", "rate_health_employer",
        } <= named  # fmt: skip

    @pytest.mark.parametrize(
        "given",
        [
            {"employer_code": LATE.code},
            {"employer_code": LATE.code, "own_employer_code": URGED.code},
            {"employer_code": ELSEWHERE.code, **HERE},
            {"own_employer_code": ELSEWHERE.code, **HERE},
        ],
    )
    async def test_an_account_is_shown_to_its_unit_and_to_its_province_only(
        self, service: ContributionsQuery, given: dict[str, Any]
    ) -> None:
        with pytest.raises(PermissionDenied) as refused:
            await statement(service, **given)
        assert refused.value.reason == "ROW_DENIED"

    async def test_an_unknown_unit_is_named_to_an_inspector(self, service: ContributionsQuery) -> None:
        with pytest.raises(NotFound) as refused:
            await statement(service, employer_code="9900000099DNA03", **HERE)
        assert refused.value.reason == "EMPLOYER_UNKNOWN"

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({**HERE}, "employer_code"),
            ({"employer_code": "x' OR 1=1", **HERE}, "employer_code"),
            ({"employer_code": LATE.code, "as_of": "2026-02-30", **HERE}, "as_of"),
            ({"employer_code": LATE.code, "as_of": "2026-11-23", **HERE}, "as_of"),
            ({"employer_code": LATE.code, "as_of": "2025-06-30", **HERE}, "as_of"),
            ({"employer_code": LATE.code, "days": 367, **HERE}, "days"),
            ({"employer_code": LATE.code, "days": -1, **HERE}, "days"),
            ({"employer_code": LATE.code, "province_of_asker": "%"}, "province_of_asker"),
        ],
    )
    async def test_a_wrong_field_of_a_statement_is_named(
        self, service: ContributionsQuery, given: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(InvalidArgument) as refused:
            await statement(service, **given)
        assert [violation.field for violation in refused.value.fields] == [field]

    async def test_debtors_of_the_province_come_oldest_debt_first(self, service: ContributionsQuery) -> None:
        rows = await debtors(service)
        assert codes(rows) == [unit.code for unit in (URGED, EARLY_LETTER, LATE, HIDDEN, LOW_BASE)]
        assert [row.days_late for row in rows] == [83, 83, 53, 22, 0]
        assert [pb.LegalState.Name(row.state).removeprefix("LEGAL_STATE_") for row in rows] == [
            "EVASION", "LATE", "LATE", "EVASION", "EVASION",
        ]  # fmt: skip
        assert (rows[2].owed_vnd, rows[2].oldest_month) == (LATE_VND + 25_000_000, "2026-08")

    @pytest.mark.parametrize(
        ("given", "found"),
        [
            ({"state": pb.LEGAL_STATE_LATE}, [EARLY_LETTER, LATE]),
            ({"state": pb.LEGAL_STATE_EVASION}, [URGED, HIDDEN, LOW_BASE]),
            ({"state": pb.LEGAL_STATE_ON_TIME}, [ON_TIME]),
            ({"least_vnd": 100_000_001}, [URGED, LATE]),
            ({"sector": "private"}, [LATE, LOW_BASE]),
            ({"sector": "private", "state": pb.LEGAL_STATE_EVASION}, [LOW_BASE]),
            ({"province_of_asker": "99"}, [ELSEWHERE]),
            ({"province_of_asker": "97"}, []),
        ],
    )
    async def test_debtors_are_filtered(
        self, service: ContributionsQuery, given: dict[str, Any], found: list[Any]
    ) -> None:
        assert codes(await debtors(service, **given)) == [unit.code for unit in found]

    @pytest.mark.parametrize("state", [0, 1, 2, 3])
    @pytest.mark.parametrize("size", [1, 2, 3, 200])
    async def test_any_page_size_gives_the_same_debtors(
        self, service: ContributionsQuery, size: int, state: Any
    ) -> None:
        whole = await debtors(service, state=state, page_size=200)
        assert await debtors(service, state=state, page_size=size) == whole

    async def test_who_is_no_inspector_gets_no_list_of_debtors(self, service: ContributionsQuery) -> None:
        with pytest.raises(PermissionDenied) as refused:
            await service.ListDebtors(pb.ListDebtorsRequest(), None)
        assert refused.value.reason == "ROW_DENIED"

    @pytest.mark.parametrize(
        "other",
        [
            {"province_of_asker": "99"},
            {"state": pb.LEGAL_STATE_EVASION},
            {"least_vnd": 1},
            {"sector": "private"},
        ],
    )
    async def test_a_token_does_not_continue_another_list_of_debtors(
        self, service: ContributionsQuery, other: dict[str, Any]
    ) -> None:
        first = await service.ListDebtors(pb.ListDebtorsRequest(page_size=1, **HERE), None)
        request: dict[str, Any] = {"page_token": first.next_page_token, **HERE, **other}
        with pytest.raises(InvalidArgument) as refused:
            await service.ListDebtors(pb.ListDebtorsRequest(**request), None)
        assert [violation.field for violation in refused.value.fields] == ["page_token"]

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"state": 4}, "state"),
            ({"state": -1}, "state"),
            ({"least_vnd": -1}, "least_vnd"),
            ({"sector": "none"}, "sector"),
            ({"page_size": 201}, "page_size"),
            ({"page_token": "é"}, "page_token"),
            ({"page_token": "A" * 201}, "page_token"),
            ({"province_of_asker": "0x"}, "province_of_asker"),
        ],
    )
    async def test_a_wrong_field_of_a_list_of_debtors_is_named(
        self, service: ContributionsQuery, given: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(InvalidArgument) as refused:
            await service.ListDebtors(pb.ListDebtorsRequest(**{**HERE, **given}), None)
        assert [violation.field for violation in refused.value.fields] == [field]

    async def test_a_report_shows_its_steps_to_the_citizen_and_to_her_inspector(
        self, service: ContributionsQuery
    ) -> None:
        report = REPORTS[2].row
        askers: list[dict[str, Any]] = [{"citizen_id": OTHER_CITIZEN}, HERE]
        for asker in askers:
            request = pb.GetReportRequest(report_id=str(report.report_id), **asker)
            found = await service.GetReport(request, None)
            assert found.person_id == OTHER_CITIZEN
            assert (found.report.statement, found.report.reported_at) == (
                report.statement,
                "2026-11-02T08:30:00Z",
            )
            assert [step.state for step in found.report.steps] == [1, 2]
            assert [step.staff for step in found.report.steps] == ["", "Nguyễn Thanh Tra"]

    @pytest.mark.parametrize(
        "asker",
        [
            {"citizen_id": CITIZEN},
            {"citizen_id": CITIZEN, **HERE},
            {"province_of_asker": "99"},
        ],
    )
    async def test_anothers_report_is_as_unknown_as_one_that_does_not_exist(
        self, service: ContributionsQuery, asker: dict[str, Any]
    ) -> None:
        for report_id in (str(REPORTS[2].row.report_id), "0193b1c2-7d3e-7a61-9d5e-2f1c0a4b8e77"):
            with pytest.raises(NotFound) as refused:
                await service.GetReport(pb.GetReportRequest(report_id=report_id, **asker), None)
            assert (refused.value.reason, refused.value.message) == (
                "REPORT_UNKNOWN",
                "no report has this number",
            )

    async def test_who_is_neither_citizen_nor_inspector_sees_no_report(
        self, service: ContributionsQuery
    ) -> None:
        report_id = str(REPORTS[0].row.report_id)
        with pytest.raises(PermissionDenied):
            await service.GetReport(pb.GetReportRequest(report_id=report_id), None)
        with pytest.raises(PermissionDenied):
            await service.ListReports(pb.ListReportsRequest(), None)

    @pytest.mark.parametrize(
        ("given", "found"),
        [
            ({"citizen_id": CITIZEN}, [2, 1]),
            ({"citizen_id": OTHER_CITIZEN}, [4, 3]),
            ({"citizen_id": CITIZEN, **HERE}, [2, 1]),
            (HERE, [4, 3, 1]),
            ({"province_of_asker": "99"}, [2]),
            ({"state": pb.REPORT_STATE_RECEIVED, **HERE}, [4, 1]),
            ({"citizen_id": 9_000_000_098}, []),
        ],
    )
    @pytest.mark.parametrize("size", [1, 200])
    async def test_reports_come_newest_first_to_who_may_see_them(
        self, service: ContributionsQuery, given: dict[str, Any], found: list[int], size: int
    ) -> None:
        rows = await reports(service, page_size=size, **given)
        assert [number_of(row) for row in rows] == found
        assert not any(row.statement or row.steps for row in rows)

    async def test_a_token_does_not_continue_another_list_of_reports(
        self, service: ContributionsQuery
    ) -> None:
        first = await service.ListReports(pb.ListReportsRequest(page_size=1, citizen_id=CITIZEN), None)
        for other in ({"citizen_id": OTHER_CITIZEN}, HERE, {"citizen_id": CITIZEN, "state": 1}):
            request: dict[str, Any] = {"page_token": first.next_page_token, **other}
            with pytest.raises(InvalidArgument):
                await service.ListReports(pb.ListReportsRequest(**request), None)

    @pytest.mark.parametrize("report_id", ["", "x", "{0193b1c2-7d3e-7a61-9d5e-2f1c0a4b8e77}", "0193B1C2" * 4])
    async def test_what_is_no_number_of_a_report_is_refused(
        self, service: ContributionsQuery, report_id: str
    ) -> None:
        with pytest.raises(InvalidArgument) as refused:
            await service.GetReport(pb.GetReportRequest(report_id=report_id, **HERE), None)
        assert [violation.field for violation in refused.value.fields] == ["report_id"]
