"""What ``ListContributionMonths`` does, whatever holds its records."""

from collections.abc import Sequence
from typing import Any

import pytest

from lienthong.rpc.errors import InvalidArgument, NotFound, PermissionDenied
from services.contributions.server import ContributionsQuery
from tests.support.ledger import BEN, NEIGHBOUR, NOBODY, SAO, WORKER
from vss.contributions.v1 import contributions_pb2 as pb


def ask(person_id: int = WORKER, **given: Any) -> pb.ListContributionMonthsRequest:
    """A question about a person."""
    return pb.ListContributionMonthsRequest(**{"identifier": "999100000001", "person_id": person_id, **given})


async def all_pages(service: ContributionsQuery, **given: Any) -> list[pb.ContributionMonth]:
    """Every row, page after page."""
    rows: list[pb.ContributionMonth] = []
    token = ""
    while True:
        answer = await service.ListContributionMonths(ask(page_token=token, **given), None)
        rows += answer.months
        token = answer.next_page_token
        if not token:
            return rows


def months_of(rows: Sequence[pb.ContributionMonth]) -> list[str]:
    """The months of some rows."""
    return [row.month for row in rows]


@pytest.mark.asyncio
class ContributionsContract:
    """What the servicer does, whatever holds its records."""

    async def test_months_come_newest_first_by_month_and_employer(self, service: ContributionsQuery) -> None:
        answer = await service.ListContributionMonths(ask(from_month="2025-12", to_month="2026-01"), None)
        assert [(row.month, row.employer.code, row.base_vnd) for row in answer.months] == [
            ("2026-01", SAO.code, 10_000_000),
            ("2026-01", BEN.code, 4_000_000),
            ("2025-12", SAO.code, 9_000_000),
            ("2025-12", BEN.code, 4_000_000),
        ]
        assert answer.months[0].employer.name == SAO.name
        assert answer.next_page_token == ""
        assert answer.person_id == WORKER

    async def test_every_month_of_every_period_is_there_once(self, service: ContributionsQuery) -> None:
        rows = await all_pages(service)
        assert len(rows) == 22 + 11 + 9
        assert (rows[0].month, rows[-1].month) == ("2026-11", "2024-03")

    async def test_a_month_is_due_until_its_deadline_then_unpaid(self, service: ContributionsQuery) -> None:
        answer = await service.ListContributionMonths(ask(from_month="2026-08", employer_code=SAO.code), None)
        states = {
            row.month: pb.PaymentState.Name(row.state).removeprefix("PAYMENT_STATE_") for row in answer.months
        }
        assert states == {"2026-11": "DUE", "2026-10": "DUE", "2026-09": "UNPAID", "2026-08": "PAID"}

    async def test_a_month_declared_late_stands_with_its_own_charge(
        self, service: ContributionsQuery
    ) -> None:
        rows = await all_pages(service, person_id=NEIGHBOUR, from_month="2026-01", to_month="2026-04")
        states = {row.month: pb.PaymentState.Name(row.state).removeprefix("PAYMENT_STATE_") for row in rows}
        assert states == {"2026-04": "PAID", "2026-03": "PAID", "2026-02": "UNPAID", "2026-01": "UNPAID"}

    async def test_a_month_without_a_charge_is_due_until_its_deadline(
        self, service: ContributionsQuery
    ) -> None:
        rows = await all_pages(service, person_id=NEIGHBOUR, from_month="2026-09")
        states = {row.month: pb.PaymentState.Name(row.state).removeprefix("PAYMENT_STATE_") for row in rows}
        assert states == {"2026-11": "DUE", "2026-10": "DUE", "2026-09": "PAID"}

    async def test_a_scheme_that_the_person_is_not_in_leaves_the_month_paid(
        self, service: ContributionsQuery
    ) -> None:
        request = ask(from_month="2026-01", to_month="2026-01", employer_code=BEN.code)
        (mine,) = (await service.ListContributionMonths(request, None)).months
        assert list(mine.schemes) == [pb.SCHEME_SOCIAL_INSURANCE, pb.SCHEME_HEALTH_INSURANCE]
        assert mine.state == pb.PAYMENT_STATE_PAID
        request.person_id = NEIGHBOUR
        (theirs,) = (await service.ListContributionMonths(request, None)).months
        assert theirs.state == pb.PAYMENT_STATE_UNPAID

    @pytest.mark.parametrize("size", [1, 2, 3, 7, 41, 42, 43, 500])
    async def test_any_page_size_gives_the_same_list(self, service: ContributionsQuery, size: int) -> None:
        whole = await service.ListContributionMonths(ask(page_size=500), None)
        assert await all_pages(service, page_size=size) == list(whole.months)

    async def test_a_page_stays_in_the_months_asked(self, service: ContributionsQuery) -> None:
        rows = await all_pages(service, from_month="2025-05", to_month="2026-03", page_size=4)
        assert months_of(rows)[0] == "2026-03"
        assert months_of(rows)[-1] == "2025-05"
        assert len(rows) == 11 + 9

    async def test_an_employer_sees_the_months_with_itself_only(self, service: ContributionsQuery) -> None:
        rows = await all_pages(service, employer_code=BEN.code, page_size=4)
        assert {row.employer.code for row in rows} == {BEN.code}
        assert len(rows) == 9

    async def test_a_known_person_without_months_in_the_range_is_an_empty_list(
        self, service: ContributionsQuery
    ) -> None:
        answer = await service.ListContributionMonths(ask(employer_code=SAO.code, to_month="2020-01"), None)
        assert list(answer.months) == []

    @pytest.mark.parametrize("person_id", [0, NEIGHBOUR, NOBODY])
    async def test_an_employer_cannot_tell_nobody_from_somebody_elses(
        self, service: ContributionsQuery, person_id: int
    ) -> None:
        with pytest.raises(PermissionDenied) as refused:
            await service.ListContributionMonths(ask(person_id, employer_code=SAO.code), None)
        assert (refused.value.reason, refused.value.message) == (
            "ROW_DENIED",
            "this person was never declared by this employer",
        )

    async def test_an_unregistered_employer_is_denied_alike(self, service: ContributionsQuery) -> None:
        with pytest.raises(PermissionDenied) as refused:
            await service.ListContributionMonths(ask(employer_code="9900000099DNA03"), None)
        assert refused.value.reason == "ROW_DENIED"

    async def test_an_inspector_sees_the_months_with_units_of_his_province_only(
        self, service: ContributionsQuery
    ) -> None:
        whole = await all_pages(service)
        for unit, others in ((SAO, BEN), (BEN, SAO)):
            mine = await all_pages(service, province_of_asker=unit.province_code, page_size=4)
            assert mine == [row for row in whole if row.employer.code == unit.code]
            assert others.code not in {row.employer.code for row in mine}
            assert mine

    @pytest.mark.parametrize("person_id", [0, NEIGHBOUR, NOBODY])
    async def test_an_inspector_cannot_tell_nobody_from_somebody_of_another_province(
        self, service: ContributionsQuery, person_id: int
    ) -> None:
        with pytest.raises(PermissionDenied) as refused:
            await service.ListContributionMonths(ask(person_id, province_of_asker=SAO.province_code), None)
        assert (refused.value.reason, refused.value.message) == (
            "ROW_DENIED",
            "this person was never declared in this province",
        )

    async def test_months_outside_of_the_range_do_not_hide_that_she_was_declared_in_the_province(
        self, service: ContributionsQuery
    ) -> None:
        request = ask(province_of_asker=BEN.province_code, from_month="2026-06")
        assert list((await service.ListContributionMonths(request, None)).months) == []

    async def test_a_province_without_units_is_denied_alike(self, service: ContributionsQuery) -> None:
        with pytest.raises(PermissionDenied) as refused:
            await service.ListContributionMonths(ask(province_of_asker="96"), None)
        assert refused.value.reason == "ROW_DENIED"

    async def test_whoever_is_bound_to_a_unit_and_a_province_needs_both(
        self, service: ContributionsQuery
    ) -> None:
        both = {"employer_code": BEN.code, "province_of_asker": BEN.province_code}
        assert len(await all_pages(service, **both)) == 9
        with pytest.raises(PermissionDenied) as refused:
            await all_pages(service, **{**both, "province_of_asker": SAO.province_code})
        assert refused.value.reason == "ROW_DENIED"

    async def test_an_unknown_person_is_not_found(self, service: ContributionsQuery) -> None:
        with pytest.raises(NotFound):
            await service.ListContributionMonths(ask(0), None)

    async def test_a_person_without_contributions_has_an_empty_list(
        self, service: ContributionsQuery
    ) -> None:
        answer = await service.ListContributionMonths(ask(NOBODY), None)
        assert (list(answer.months), answer.next_page_token) == ([], "")

    @pytest.mark.parametrize(
        "other",
        [
            {"person_id": NEIGHBOUR},
            {"employer_code": SAO.code},
            {"province_of_asker": SAO.province_code},
            {"from_month": "2025-01"},
            {"to_month": "2026-10"},
        ],
    )
    async def test_a_token_does_not_continue_another_question(
        self, service: ContributionsQuery, other: dict[str, Any]
    ) -> None:
        token = (await service.ListContributionMonths(ask(page_size=3), None)).next_page_token
        with pytest.raises(InvalidArgument) as refused:
            await service.ListContributionMonths(ask(**{"page_token": token, **other}), None)
        assert [field.field for field in refused.value.fields] == ["page_token"]

    @pytest.mark.parametrize("province", [BEN.province_code, ""])
    async def test_a_token_of_one_province_does_not_continue_in_another(
        self, service: ContributionsQuery, province: str
    ) -> None:
        first = ask(page_size=3, province_of_asker=SAO.province_code)
        token = (await service.ListContributionMonths(first, None)).next_page_token
        assert token
        with pytest.raises(InvalidArgument) as refused:
            await service.ListContributionMonths(ask(page_token=token, province_of_asker=province), None)
        assert [field.field for field in refused.value.fields] == ["page_token"]

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"page_token": "x"}, "page_token"),
            ({"page_token": "A" * 39}, "page_token"),
            ({"page_token": "é"}, "page_token"),
            ({"page_token": "A" * 201}, "page_token"),
            ({"page_size": 501}, "page_size"),
            ({"page_size": -1}, "page_size"),
            ({"from_month": "2026-13"}, "from_month"),
            ({"from_month": "2026-02", "to_month": "2026-01"}, "to_month"),
            ({"identifier": ""}, "identifier"),
            ({"identifier": "DN4010100000017"}, "identifier"),
            ({"employer_code": "x' OR 1=1"}, "employer_code"),
            ({"person_id": -1}, "person_id"),
            ({"province_of_asker": "1"}, "province_of_asker"),
            ({"province_of_asker": "01' OR 1=1"}, "province_of_asker"),
            ({"province_of_asker": "٠١"}, "province_of_asker"),
        ],
    )
    async def test_a_wrong_field_is_named(
        self, service: ContributionsQuery, given: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(InvalidArgument) as refused:
            await service.ListContributionMonths(ask(**given), None)
        assert [violation.field for violation in refused.value.fields] == [field]
