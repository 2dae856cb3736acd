"""What ``GetLedger`` does, whatever holds its records."""

from typing import Any

import pytest

from lienthong.rpc.errors import InvalidArgument, NotFound, PermissionDenied
from services.contributions.server import ContributionsQuery
from tests.support.ledger import BEN, NEIGHBOUR, NOBODY, SAO, WORKER
from tests.support.months_contract import ask
from vss.contributions.v1 import contributions_pb2 as pb


def ledger_of(person_id: int = WORKER, **given: Any) -> pb.GetLedgerRequest:
    """A question for a person's ledger."""
    return pb.GetLedgerRequest(**{"identifier": "999100000001", "person_id": person_id, **given})


async def every_page(service: ContributionsQuery, **given: Any) -> list[pb.GetLedgerResponse]:
    """Every page, to the last."""
    pages = [await service.GetLedger(ledger_of(**given), None)]
    while pages[-1].next_page_token:
        pages.append(await service.GetLedger(ledger_of(page_token=pages[-1].next_page_token, **given), None))
    return pages


def states(month: pb.LedgerMonth) -> dict[str, str]:
    """The funds of a month, by name, with their state."""
    return {
        pb.Fund.Name(fund.fund).removeprefix("FUND_"): pb.FundState.Name(fund.state).removeprefix(
            "FUND_STATE_"
        )
        for fund in month.funds
    }


async def one(service: ContributionsQuery, month: str, **given: Any) -> pb.LedgerMonth:
    """The only row of a month."""
    (row,) = (await service.GetLedger(ledger_of(from_month=month, to_month=month, **given), None)).months
    return row


@pytest.mark.asyncio
class LedgerContract:
    """See the module."""

    async def test_a_month_shows_what_each_fund_gets_and_whether_it_got_it(
        self, service: ContributionsQuery
    ) -> None:
        row = await one(service, "2026-10")
        assert (row.employer.code, row.position, row.base_vnd) == (SAO.code, "Tổ trưởng", 10_000_000)
        assert [(fund.employer_vnd, fund.employee_vnd) for fund in row.funds] == [
            (1_400_000, 800_000), (300_000, 0), (50_000, 0), (100_000, 100_000), (300_000, 150_000),
        ]  # fmt: skip
        assert states(row) == {
            "RETIREMENT": "DUE", "SICKNESS": "DUE", "OCCUPATIONAL": "DUE", "UNEMPLOYMENT": "PAID", "HEALTH": "PAID",
        }  # fmt: skip

    async def test_days_late_run_until_settled_or_until_today(self, service: ContributionsQuery) -> None:
        late = await one(service, "2026-09")
        assert set(states(late).values()) == {"LATE"}
        assert {(fund.days_late, fund.settled_on) for fund in late.funds} == {(22, "")}
        paid_late = await one(service, "2026-07")
        assert set(states(paid_late).values()) == {"PAID_LATE"}
        assert {(fund.days_late, fund.settled_on) for fund in paid_late.funds} == {(12, "2026-09-12")}
        paid = await one(service, "2026-06")
        assert {(fund.days_late, fund.settled_on) for fund in paid.funds} == {(0, "2026-07-28")}

    async def test_a_month_that_was_taken_over_is_paid_without_a_day(
        self, service: ContributionsQuery
    ) -> None:
        row = await one(service, "2024-05")
        assert set(states(row).values()) == {"PAID"}
        assert {fund.settled_on for fund in row.funds} == {""}

    async def test_only_funds_of_the_schemes_that_the_person_is_in_are_shown(
        self, service: ContributionsQuery
    ) -> None:
        row = await one(service, "2026-01", employer_code=BEN.code)
        assert "UNEMPLOYMENT" not in states(row)
        assert set(states(row).values()) == {"PAID"}

    async def test_a_month_declared_late_stands_with_its_own_charge(
        self, service: ContributionsQuery
    ) -> None:
        february = await one(service, "2026-02", person_id=NEIGHBOUR)
        assert set(states(february).values()) == {"LATE"}
        march = await one(service, "2026-03", person_id=NEIGHBOUR)
        assert set(states(march).values()) == {"PAID"}

    async def test_totals_show_the_paid_time_and_the_time_if_arrears_were_recovered(
        self, service: ContributionsQuery
    ) -> None:
        first = await service.GetLedger(ledger_of(page_size=3), None)
        totals = {total.scheme: total for total in first.totals}
        social = totals[pb.SCHEME_SOCIAL_INSURANCE]
        # March 2024 to August 2026 is 30 months; September is late, October and November are due.
        # February 2026 and before: two employers, counted once.
        assert (social.paid_months, social.months_if_recovered) == (30, 31)
        assert (social.paid_years, social.paid_years_months) == (2, 6)
        health = totals[pb.SCHEME_HEALTH_INSURANCE]
        assert (health.paid_months, health.months_if_recovered) == (31, 32)  # October is paid
        assert set(totals) == {1, 2, 3}

    async def test_totals_and_gaps_come_with_the_first_page_only_and_not_to_an_employer(
        self, service: ContributionsQuery
    ) -> None:
        first, *others = await every_page(service, page_size=7)
        assert first.totals
        assert others
        assert not any(page.totals or page.gaps for page in others)
        own = await service.GetLedger(ledger_of(employer_code=SAO.code), None)
        assert own.months
        assert not own.totals
        assert not own.gaps

    @pytest.mark.parametrize("size", [1, 7, 30, 42])
    async def test_any_page_size_gives_the_same_ledger(self, service: ContributionsQuery, size: int) -> None:
        whole = await service.GetLedger(ledger_of(page_size=500), None)
        pages = await every_page(service, page_size=size)
        assert [row for page in pages for row in page.months] == list(whole.months)
        months = (await service.ListContributionMonths(ask(page_size=500), None)).months
        assert [(row.month, row.employer.code) for row in whole.months] == [
            (row.month, row.employer.code) for row in months
        ]

    async def test_every_amount_names_the_rows_of_law_that_it_used(self, service: ContributionsQuery) -> None:
        answer = await service.GetLedger(ledger_of(from_month="2026-06", to_month="2026-07"), None)
        rows = {(row.code, row.value) for row in answer.law}
        assert {
            ("reference_level", "2340000 VND"), ("reference_level", "2530000 VND"), ("si_cap", "20 × reference_level"),
            ("rate_retirement_employer", "14 %"), ("rate_health_employee", "1.5 %"),
            ("ui_cap", "20 × regional_minimum_wage"), ("regional_minimum_wage_1", "5310000 VND"),
        } <= rows  # fmt: skip
        assert "employer_monthly" in {code for code, _ in rows}
        assert all(row.legal_basis for row in answer.law)
        assert len({(row.code, row.valid_from) for row in answer.law}) == len(answer.law)

    @pytest.mark.parametrize("person_id", [0, NEIGHBOUR, NOBODY])
    async def test_an_employer_cannot_tell_nobody_from_somebody_elses_ledger(
        self, service: ContributionsQuery, person_id: int
    ) -> None:
        with pytest.raises(PermissionDenied) as refused:
            await service.GetLedger(ledger_of(person_id, employer_code=SAO.code), None)
        assert refused.value.reason == "ROW_DENIED"

    async def test_an_employer_sees_its_own_rows_of_a_ledger_only(self, service: ContributionsQuery) -> None:
        pages = await every_page(service, employer_code=BEN.code, page_size=4)
        assert {row.employer.code for page in pages for row in page.months} == {BEN.code}

    async def test_an_inspector_sees_the_rows_of_his_province_without_totals_and_gaps(
        self, service: ContributionsQuery
    ) -> None:
        whole = [row for page in await every_page(service) for row in page.months]
        pages = await every_page(service, province_of_asker=SAO.province_code, page_size=7)
        assert len(pages) > 1
        rows = [row for page in pages for row in page.months]
        assert rows == [row for row in whole if row.employer.code == SAO.code]
        assert not any(page.totals or page.gaps for page in pages)

    @pytest.mark.parametrize("person_id", [0, NEIGHBOUR, NOBODY])
    async def test_an_inspector_cannot_tell_nobody_from_somebody_of_another_provinces_ledger(
        self, service: ContributionsQuery, person_id: int
    ) -> None:
        with pytest.raises(PermissionDenied) as refused:
            await service.GetLedger(ledger_of(person_id, province_of_asker=SAO.province_code), None)
        assert (refused.value.reason, refused.value.message) == (
            "ROW_DENIED",
            "this person was never declared in this province",
        )

    @pytest.mark.parametrize("province", [BEN.province_code, ""])
    async def test_a_ledgers_token_of_one_province_does_not_continue_in_another(
        self, service: ContributionsQuery, province: str
    ) -> None:
        first = await service.GetLedger(ledger_of(page_size=3, province_of_asker=SAO.province_code), None)
        assert first.next_page_token
        with pytest.raises(InvalidArgument) as refused:
            await service.GetLedger(
                ledger_of(page_token=first.next_page_token, province_of_asker=province), None
            )
        assert [field.field for field in refused.value.fields] == ["page_token"]

    async def test_the_ledger_of_nobody_is_not_found(self, service: ContributionsQuery) -> None:
        with pytest.raises(NotFound):
            await service.GetLedger(ledger_of(0), None)

    async def test_a_token_of_months_does_not_continue_a_ledger(self, service: ContributionsQuery) -> None:
        token = (await service.ListContributionMonths(ask(page_size=3), None)).next_page_token
        with pytest.raises(InvalidArgument) as refused:
            await service.GetLedger(ledger_of(page_token=token), None)
        assert [field.field for field in refused.value.fields] == ["page_token"]
