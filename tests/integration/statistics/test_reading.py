"""``ListObservations`` over the real database: filters, months, moments, and what an answer may hold."""

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from lienthong.rpc.errors import InvalidArgument, NotFound, Refusal, Unavailable
from lienthong.statistics import reading
from lienthong.statistics.reading import Statistics
from lienthong.statistics.serving import StatisticsService
from tests.support.accounts import increase, person
from tests.support.cubes import FLOW, THIS_MONTH, Cubes, pool_of, somebody
from vss.statistics.v1 import statistics_pb2 as pb
from vss.types.v1 import text_pb2

pytestmark = pytest.mark.asyncio
UNIT = "9900000001TEST1"
SI_WOMEN = {"SCHEME": ["SI"], "SEX": ["F"], "AGE": ["Y35T39"], "REF_AREA": ["VN_01"]}


def declare(cubes: Cubes, count: int, first: str, sex: int = text_pb2.SEX_FEMALE) -> None:
    who = (somebody(person(), sex, 1990) for _ in range(count))
    cubes.desk.declare(UNIT, *(increase(one, first) for one in who))


@pytest_asyncio.fixture
async def service(cubes: Cubes) -> AsyncIterator[StatisticsService]:
    """The servicer over a schema in which forty women and two men have worked since September."""
    cubes.desk.register(UNIT)
    declare(cubes, 40, "2026-09")
    declare(cubes, 2, "2026-09", text_pb2.SEX_MALE)
    cubes.open()
    cubes.fold_all()
    with psycopg.connect(cubes.owner_url) as connection:
        connection.execute("DELETE FROM stat_delta")
    async with pool_of(cubes) as pool:
        yield StatisticsService(Statistics(pool))


async def ask(service: StatisticsService, filters: dict[str, list[str]] | None = None, **given: Any) -> Any:
    asked = [pb.DimensionFilter(dimension=name, codes=codes) for name, codes in (filters or {}).items()]
    request = pb.ListObservationsRequest(dataflow=FLOW, filters=asked, **given)
    return await service.ListObservations(request, None)


def table(answer: Any) -> list[tuple[str, int, bool]]:
    """(key with month, value, suppressed), in the order of the answer."""
    columns = [[column.codes[place] for place in column.indexes] for column in answer.columns]
    keys = map(".".join, zip(*columns, strict=True))
    return list(zip(keys, answer.values, map(bool, answer.suppressed), strict=True))


async def test_a_series_is_answered_month_by_month(service: StatisticsService, cubes: Cubes) -> None:
    answer = await ask(service, SI_WOMEN, from_month="2026-08")
    assert list(answer.dimensions) == ["FREQ", "REF_AREA", "SCHEME", "SEX", "AGE", "TIME_PERIOD"]
    found = table(answer)
    assert [key for key, _, _ in found] == [
        f"M.VN_01.SI.F.Y35T39.2026-{month:02d}" for month in (8, 9, 10, 11)
    ]
    # Nobody was there in August, which looks as if there were few.
    assert found[0][1:] == (0, True)
    figures = [cubes.figures(month)["VN_01.SI.F.Y35T39"] for month in range(THIS_MONTH - 2, THIS_MONTH + 1)]
    assert [row[1:] for row in found[1:]] == figures


async def test_observations_are_sorted_by_series_and_month(service: StatisticsService) -> None:
    keys = [key for key, _, _ in table(await ask(service, from_month="2026-10"))]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    assert "M.VN.SI._T._T.2026-10" in keys


async def test_filters_leave_what_has_one_of_their_codes(service: StatisticsService) -> None:
    answer = await ask(service, {"SCHEME": ["SI", "HI"], "REF_AREA": ["VN"]}, last_n=1)
    keys = {key for key, _, _ in table(answer)}
    assert keys
    assert {tuple(key.split(".")[1:3]) for key in keys} == {("VN", "SI"), ("VN", "HI")}
    assert table(await ask(service, {"FREQ": ["A"]})) == []
    assert table(await ask(service, {"FREQ": ["M"], **SI_WOMEN}, last_n=1)) != []
    assert table(await ask(service, {"AGE": ["Y_NONE"]})) == []


async def test_the_last_and_the_first_months_of_a_range(service: StatisticsService) -> None:
    newest = table(await ask(service, SI_WOMEN, last_n=2))
    assert [key[-7:] for key, _, _ in newest] == ["2026-10", "2026-11"]
    oldest = table(await ask(service, SI_WOMEN, from_month="2026-09", first_n=2))
    assert [key[-7:] for key, _, _ in oldest] == ["2026-09", "2026-10"]


async def test_a_month_that_was_opened_meanwhile_is_in_the_next_answer(
    service: StatisticsService, cubes: Cubes
) -> None:
    assert table(await ask(service, SI_WOMEN, last_n=1))[0][0].endswith("2026-11")
    cubes.open(THIS_MONTH + 1)
    assert table(await ask(service, SI_WOMEN, last_n=1))[0][0].endswith("2026-12")


async def test_what_too_many_are_is_judged_by_the_months_that_there_are_now(
    service: StatisticsService, cubes: Cubes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Sixty-one months of one series, more than may be asked for; then there are three.
    monkeypatch.setattr(reading, "MOST_OBSERVATIONS", 60)
    monkeypatch.setattr(reading, "_FEW", 0)
    with pytest.raises(Refusal, match="an answer holds"):
        await ask(service, SI_WOMEN)
    with psycopg.connect(cubes.owner_url) as connection:
        connection.execute("UPDATE stat_flow SET first_month = opened_through - 2")
    assert len(table(await ask(service, SI_WOMEN))) == 3


async def test_a_flow_that_is_built_anew_is_not_answered_meanwhile(
    service: StatisticsService, cubes: Cubes
) -> None:
    assert table(await ask(service, SI_WOMEN)) != []
    with psycopg.connect(cubes.owner_url) as connection:
        connection.execute(
            "UPDATE stat_flow SET first_month = NULL, opened_through = NULL, minimum_frequency = NULL,"
            " dominance_percent = NULL"
        )
    with pytest.raises(Unavailable, match="is being built"):
        await ask(service, SI_WOMEN)


async def test_keys_alone_are_one_observation_a_series(service: StatisticsService) -> None:
    keys = table(await ask(service, {"SCHEME": ["SI"]}, keys_only=True))
    assert len({key.rsplit(".", 1)[0] for key, _, _ in keys}) == len(keys) > 1
    assert {row[1:] for row in keys} == {(0, False)}


async def test_a_moment_is_answered_as_it_was_then(service: StatisticsService, cubes: Cubes) -> None:
    before = await ask(service, from_month="2026-09")
    then = cubes.rows("SELECT clock_timestamp()")[0][0].isoformat()
    declare(cubes, 30, "2026-10")
    cubes.fold_all()
    after = await ask(service, from_month="2026-09")
    assert table(after) != table(before)
    as_then = await ask(service, from_month="2026-09", as_of=then)
    assert table(as_then) == table(before)
    assert table(await ask(service, from_month="2026-09", as_of="2200-01-01T00:00:00Z")) == table(after)
    assert table(await ask(service, as_of="2000-01-01T00:00:00Z")) == []


@pytest.mark.parametrize("where", [{}, SI_WOMEN, {"REF_AREA": ["VN_01"]}])
async def test_the_first_and_the_last_months_of_a_moment_are_those_of_its_whole_answer(
    service: StatisticsService, cubes: Cubes, where: dict[str, list[str]]
) -> None:
    for month in ("2026-09", "2026-10"):
        declare(cubes, 30, month)
    cubes.fold_all()
    then = cubes.rows("SELECT clock_timestamp()")[0][0].isoformat()
    whole = table(await ask(service, where, as_of=then))
    months = sorted({key[-7:] for key, _, _ in whole})
    assert len(months) >= 3
    for given, some in (({"last_n": 2}, months[-2:]), ({"first_n": 1}, months[:1])):
        found = table(await ask(service, where, as_of=then, **given))
        assert found == [row for row in whole if row[0][-7:] in some]


async def test_updated_after_is_what_moved_since_the_last_update(
    service: StatisticsService, cubes: Cubes
) -> None:
    before = await ask(service, from_month="2026-09")
    assert table(await ask(service, updated_after=before.watermark)) == []
    declare(cubes, 30, "2026-11")
    cubes.fold_all()
    after = {key: row for key, *row in table(await ask(service, from_month="2026-09"))}
    moved = table(await ask(service, updated_after=before.watermark))
    assert moved
    assert {key[-7:] for key, _, _ in moved} == {"2026-11"}
    assert all(after[key] == row for key, *row in moved)
    assert table(await ask(service, updated_after=before.watermark, last_n=1)) == moved


async def test_the_watermark_stands_still_while_a_change_waits(
    service: StatisticsService, cubes: Cubes
) -> None:
    declare(cubes, 1, "2026-11")
    first, second = await ask(service, SI_WOMEN), await ask(service, SI_WOMEN)
    assert first.watermark == second.watermark
    assert second.lag_ms >= first.lag_ms
    cubes.fold_all()
    third = await ask(service, SI_WOMEN)
    assert third.watermark > second.watermark
    assert third.lag_ms == 0


async def test_what_is_too_much_is_refused_before_the_work(
    service: StatisticsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_OBSERVATIONS", 10)
    with pytest.raises(Refusal, match="at most") as refused:
        await ask(service)
    assert (refused.value.reason, refused.value.code) == ("TOO_MANY_OBSERVATIONS", 8)
    with pytest.raises(Refusal, match="at most"):
        await ask(service, updated_after="2000-01-01T00:00:00Z")
    assert table(await ask(service, SI_WOMEN, last_n=3)) != []


async def test_what_cannot_be_asked_is_refused_by_name(service: StatisticsService) -> None:
    for given, field in (
        ({"from_month": "2026-13"}, "from_month"),
        ({"from_month": "2026-03", "to_month": "2026-02"}, "to_month"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": "2026-11-01T00:00:00"}, "as_of"),
        ({"last_n": 1, "first_n": 1}, "first_n"),
        ({"as_of": "2026-11-01T00:00:00Z", "updated_after": "2026-11-01T00:00:00Z"}, "updated_after"),
        ({"filters": {"COLOUR": ["RED"]}}, "filters[0].dimension"),
    ):
        with pytest.raises(InvalidArgument) as refused:
            await ask(service, **given)
        assert [one.field for one in refused.value.fields] == [field]
    with pytest.raises(NotFound):
        await service.ListObservations(pb.ListObservationsRequest(dataflow="DF_NONE"), None)


async def test_a_flow_that_is_not_built_yet_is_unavailable(cubes: Cubes) -> None:
    async with pool_of(cubes) as pool:
        with pytest.raises(Unavailable):
            await ask(StatisticsService(Statistics(pool)))
