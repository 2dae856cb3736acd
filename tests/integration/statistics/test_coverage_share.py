"""Shares of the population are the published numbers by the public ones, at any moment, and nothing else."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

import psycopg
import pytest
import pytest_asyncio

from lienthong.rpc.errors import InvalidArgument, NotFound, Unavailable
from lienthong.statistics import population
from lienthong.statistics.population import Population
from lienthong.statistics.serving import StatisticsService
from lienthong.statistics.shares import StatisticsWithShares
from tests.support.cubes import THIS_MONTH, pool_of
from tests.support.health_cubes import ISSUE, HealthCubes, health_cubes_of
from vss.statistics.v1 import statistics_pb2 as pb

pytestmark = pytest.mark.asyncio
COUNT, SHARE = "DF_COVERAGE", "DF_COVERAGE_SHARE"
LOADED = [
    Population(2024, "VN", 1_000, "yearbook 2024", date(2025, 6, 30)),
    Population(2024, "VN_01", 90, "yearbook 2024", date(2025, 6, 30)),
    Population(2025, "VN", 1_100, "yearbook 2025", date(2026, 6, 30)),
]


class Desk(NamedTuple):
    """Who changes, and who asks."""

    cubes: HealthCubes
    service: StatisticsService

    def issue(self, first: int, last: int, facility: str = "01001") -> None:
        """Cards of these people."""
        self.cubes.writer.execute(ISSUE, [facility, first, last])
        self.cubes.fold_all()

    def load(self, *rows: Population) -> population.Stored:
        """As the operator does it."""
        return population.store(self.cubes.owner, rows, actor="test")

    async def ask(self, flow: str = SHARE, filters: dict[str, list[str]] | None = None, **given: Any) -> Any:
        """The answer."""
        asked = [pb.DimensionFilter(dimension=name, codes=codes) for name, codes in (filters or {}).items()]
        return await self.service.ListObservations(
            pb.ListObservationsRequest(dataflow=flow, filters=asked, **given), None
        )

    async def figures(
        self, filters: dict[str, list[str]] | None = None, **given: Any
    ) -> dict[str, tuple[int, str]]:
        """(value, status) of each key with its month."""
        return table(await self.ask(SHARE, filters, **given))

    async def published(self, **given: Any) -> dict[tuple[str, str], tuple[int, str]]:
        """What the dataflow of numbers says of all areas: (area, month) -> (value, status)."""
        answer = await self.ask(COUNT, {"GROUP": ["_T"], "BENEFIT": ["_T"]}, **given)
        return {(key.split(".")[1], key[-7:]): told for key, told in table(answer).items()}


def table(answer: Any) -> dict[str, tuple[int, str]]:
    columns = [[column.codes[place] for place in column.indexes] for column in answer.columns]
    keys = list(map(".".join, zip(*columns, strict=True)))
    assert keys == sorted(keys)
    estimated = answer.estimated or [0] * len(keys)
    states = [
        "Q" if hidden else "AE"[guess] for hidden, guess in zip(answer.suppressed, estimated, strict=True)
    ]
    return dict(zip(keys, zip(answer.values, states, strict=True), strict=True))


def by(persons: int, people: int) -> int:
    """The share in hundredths of a per cent, as a statistician rounds."""
    exact = Decimal(persons) * 10_000 / Decimal(people)
    return int(exact.to_integral_value(ROUND_HALF_UP))


@pytest_asyncio.fixture
async def desk(stack_variable: Callable[[str], str]) -> AsyncIterator[Desk]:
    """Ninety people in Ha Noi, one in Ho Chi Minh City: the one is suppressed."""
    with health_cubes_of(stack_variable) as cubes:
        cubes.open()
        cubes.writer.execute(ISSUE, ["01001", 1, 90])
        cubes.writer.execute(ISSUE, ["79001", 91, 91])
        cubes.fold_all()
        async with pool_of(cubes) as pool:
            yield Desk(cubes, StatisticsService(StatisticsWithShares(pool)))


async def test_a_share_is_the_published_number_by_the_population_of_its_year(desk: Desk) -> None:
    desk.load(*LOADED)
    counted = await desk.published(from_month="2025-12", to_month="2026-01")
    told = await desk.figures(from_month="2025-12", to_month="2026-01")
    of_country, of_city = counted["VN", "2025-12"][0], counted["VN_01", "2025-12"][0]
    assert told == {
        "M.VN.POPULATION.2025-12": (1_100, "A"),
        "M.VN.POPULATION.2026-01": (1_100, "E"),
        "M.VN.SHARE.2025-12": (by(of_country, 1_100), "A"),
        "M.VN.SHARE.2026-01": (by(counted["VN", "2026-01"][0], 1_100), "E"),
        "M.VN_01.POPULATION.2025-12": (90, "E"),
        "M.VN_01.POPULATION.2026-01": (90, "E"),
        "M.VN_01.SHARE.2025-12": (by(of_city, 90), "E"),
        "M.VN_01.SHARE.2026-01": (by(counted["VN_01", "2026-01"][0], 90), "E"),
    }


async def test_the_answer_says_which_values_have_decimals(desk: Desk) -> None:
    desk.load(*LOADED)
    answer = await desk.ask(SHARE, {"REF_AREA": ["VN"]}, last_n=1)
    assert list(answer.dimensions) == ["FREQ", "REF_AREA", "INDICATOR", "TIME_PERIOD"]
    assert list(answer.columns[2].codes) == ["POPULATION", "SHARE"]
    assert list(answer.decimals) == [0, 2]
    whole = await desk.ask(SHARE, {"INDICATOR": ["POPULATION"]}, to_month="2024-03")
    assert (list(whole.decimals), list(whole.estimated)) == ([], [])


async def test_where_the_number_is_suppressed_so_is_the_share(desk: Desk) -> None:
    desk.load(*LOADED, Population(2025, "VN_79", 500, "yearbook 2025", date(2026, 6, 30)))
    # Enough to be shown in the last two months alone: its series is known, its older months are not.
    desk.cubes.writer.execute(
        "INSERT INTO card (person_id, changed_at, valid_from, valid_to, benefit_digit, status, card_code,"
        " subject_code, province_code, facility_code) SELECT n, now(), '2026-10-01', '2027-12-31', 4, 1,"
        " 'DN401' || lpad(n::text, 10, '0'), 'DN', '01', '79001' FROM generate_series(200::bigint, 260) AS n"
    )
    desk.cubes.fold_all()
    counted = await desk.published(from_month="2025-01")
    told = await desk.figures({"REF_AREA": ["VN_79"], "INDICATOR": ["SHARE"]}, from_month="2025-01")
    states = {key[-7:]: state for key, (_, state) in told.items()}
    assert {month: state == "Q" for month, state in states.items()} == {
        month: state == "Q" for (area, month), (_, state) in counted.items() if area == "VN_79"
    }
    assert states["2026-09"] == "Q"
    assert states["2026-10"] == "E"
    assert all(value == 0 for value, state in told.values() if state == "Q")
    answer = await desk.ask(SHARE, {"REF_AREA": ["VN_79"], "INDICATOR": ["SHARE"]}, from_month="2026-09")
    assert [bool(at) for at in answer.updated_at] == [False, True, True]


async def test_without_a_population_there_is_no_share_and_no_error(desk: Desk) -> None:
    assert await desk.figures() == {}
    desk.load(*LOADED)
    told = await desk.figures()
    assert {key.split(".")[1] for key in told} == {"VN", "VN_01"}
    assert min(key[-7:] for key in told) == "2024-01"
    # Nobody knows what people without a province are a share of.
    assert await desk.figures({"REF_AREA": ["_U"]}) == {}


async def test_the_first_and_the_last_months_are_those_that_there_are(desk: Desk) -> None:
    desk.load(*LOADED)
    first = await desk.figures({"REF_AREA": ["VN"], "INDICATOR": ["SHARE"]}, first_n=2)
    assert [key[-7:] for key in first] == ["2024-01", "2024-02"]
    last = await desk.figures({"INDICATOR": ["SHARE"]}, last_n=1)
    assert list(last) == ["M.VN.SHARE.2026-11", "M.VN_01.SHARE.2026-11"]
    assert list(await desk.figures({"FREQ": ["A"]})) == []


async def test_each_series_is_named_once_with_the_first_month_that_it_has(desk: Desk) -> None:
    desk.load(*LOADED[1:])
    keys = await desk.figures(keys_only=True)
    assert list(keys) == [
        "M.VN.POPULATION.2025-01", "M.VN.SHARE.2025-01", "M.VN_01.POPULATION.2024-01", "M.VN_01.SHARE.2024-01",
    ]  # fmt: skip


async def test_what_is_loaded_anew_changes_the_past_and_is_told_as_changed(desk: Desk) -> None:
    desk.load(*LOADED)
    before = datetime.now(UTC).isoformat()
    old = await desk.figures({"REF_AREA": ["VN_01"]}, from_month="2025-12", to_month="2026-01")
    assert await desk.figures(updated_after=before) == {}
    desk.load(Population(2025, "VN_01", 180, "yearbook 2025", date(2026, 6, 30)))
    moved = await desk.figures(updated_after=before)
    assert {key.split(".")[1] for key in moved} == {"VN_01"}
    # 2024 keeps its own population; what rested on it for lack of another has moved.
    assert min(key[-7:] for key in moved) == "2025-01"
    assert moved["M.VN_01.POPULATION.2025-12"] == (180, "A")
    assert moved["M.VN_01.POPULATION.2026-01"] == (180, "E")
    as_of = await desk.figures(
        {"REF_AREA": ["VN_01"]}, as_of=before, from_month="2025-12", to_month="2026-01"
    )
    assert as_of == old
    last = await desk.ask(SHARE, last_n=1)
    (loaded_at,) = desk.cubes.rows("SELECT max(loaded_at) FROM population")[0]
    assert datetime.fromisoformat(last.last_updated) == loaded_at.replace(
        microsecond=loaded_at.microsecond // 1000 * 1000
    )


async def test_a_published_number_that_moves_moves_its_share_and_not_the_population(desk: Desk) -> None:
    desk.load(*LOADED)
    before = datetime.now(UTC).isoformat()
    old = await desk.figures(from_month="2026-10")
    desk.issue(100, 190)
    moved = await desk.figures(updated_after=before, from_month="2026-10")
    assert list(moved) == [f"M.{area}.SHARE.2026-{month}" for area in ("VN", "VN_01") for month in (10, 11)]
    counted = await desk.published(from_month="2026-10")
    people = {"VN": 1_100, "VN_01": 90}
    assert {key: value for key, (value, _) in moved.items()} == {
        f"M.{area}.SHARE.{month}": by(value, people[area])
        for (area, month), (value, _) in counted.items()
        if area in people
    }
    assert await desk.figures(as_of=before, from_month="2026-10") == old
    # Over the whole: nothing is capped.
    assert moved["M.VN_01.SHARE.2026-11"][0] > 10_000


async def test_a_share_tells_nothing_that_the_published_number_and_the_population_do_not(desk: Desk) -> None:
    """Computed anew from two public tables, of every area, month and moment: equal, so there is no third source."""
    desk.load(*LOADED, Population(2025, "VN_79", 500, "yearbook 2025", date(2026, 6, 30)))
    moments = [""]
    for first in (100, 200, 300):
        moments.append(datetime.now(UTC).isoformat())
        desk.issue(first, first + 60, "79001" if first == 200 else "01001")
    for moment in moments:
        given = {"as_of": moment} if moment else {}
        counted, told = await desk.published(**given), await desk.figures({"INDICATOR": ["SHARE"]}, **given)
        people = {
            key.split(".")[1] + key[-7:]: value
            for key, (value, _) in (await desk.figures(**given)).items()
            if "POPU" in key
        }
        assert told
        for key, (value, state) in told.items():
            area, month = key.split(".")[1], key[-7:]
            number, of_number = counted[area, month]
            assert (state == "Q") is (of_number == "Q"), key
            assert value == (0 if state == "Q" else by(number, people[area + month])), key
        assert {key.split(".")[1] for key in told} <= {area for area, _ in counted}


async def test_who_answers_may_not_see_the_true_numbers_nor_change_the_population(desk: Desk) -> None:
    desk.load(*LOADED)
    with psycopg.connect(desk.cubes.runtime_url, autocommit=True) as reader:
        for statement in (
            b"SELECT FROM stat_cell",
            b"DELETE FROM population",
            b"UPDATE population SET persons = 1",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(statement)


async def test_what_is_no_dimension_of_a_share_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidArgument):
        await desk.ask(SHARE, {"REF_AREA": ["VN"], "GROUP": ["_T"]})
    with pytest.raises(NotFound):
        await desk.ask("DF_VISITS_SHARE")
    desk.cubes.change(
        "UPDATE stat_flow SET first_month = NULL, opened_through = NULL, minimum_frequency = NULL,"
        " dominance_percent = NULL"
    )
    with pytest.raises(Unavailable):
        await desk.ask(SHARE)


async def test_the_same_rows_twice_are_loaded_once_and_a_correction_keeps_what_it_corrects(
    desk: Desk,
) -> None:
    assert desk.load(*LOADED) == (3, 0, 0)
    assert desk.load(*LOADED) == (0, 0, 3)
    corrected = Population(2025, "VN", 1_200, "yearbook 2025, corrected", date(2026, 9, 1))
    assert desk.load(*LOADED[:2], corrected) == (0, 1, 2)
    assert desk.cubes.rows("SELECT persons FROM population WHERE year = 2025 ORDER BY loaded_at") == [
        (1_100,),
        (1_200,),
    ]
    assert population.listed(desk.cubes.owner) == [LOADED[0], corrected, LOADED[1]]


async def test_a_load_that_fails_leaves_nothing(desk: Desk) -> None:
    wrong = Population(2025, "VN_01", -1, "yearbook 2025", date(2026, 6, 30))
    with pytest.raises(psycopg.errors.CheckViolation):
        desk.load(LOADED[0], wrong)
    assert population.listed(desk.cubes.owner) == []


async def test_months_that_are_not_opened_have_no_share(desk: Desk) -> None:
    desk.load(*LOADED)
    assert max(key[-7:] for key in await desk.figures()) == f"{THIS_MONTH // 12}-{THIS_MONTH % 12 + 1}"
