"""Visits and coverage by former province: their cells, and today's provinces as sums of what is published of these."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing

import psycopg
import pytest
import pytest_asyncio

from lienthong.db.migrations import upgrade
from lienthong.statistics import folding
from lienthong.statistics.serving import StatisticsService
from lienthong.statistics.shares import StatisticsWithShares
from tests.support.cubes import THIS_MONTH, pool_of, schema_of
from tests.support.health_cubes import (
    FACILITIES,
    ISSUE,
    HealthCubes,
    area_of,
    health_cubes_of,
    province_of,
    treat,
)
from vss.statistics.v1 import statistics_pb2 as pb

COVERAGE, VISITS = "DF_COVERAGE", "DF_VISITS"
NEW = [("30001", 2, "31"), ("31001", 2, "31"), ("31002", 1, "31"), ("02001", 2, "31")]
"""Hai Duong and Hai Phong, which are one today, and a code of a province that is elsewhere."""

_BETWEEN = "bigint, integer, integer"


@pytest.fixture
def cubes(stack_variable: Callable[[str], str]) -> Iterator[HealthCubes]:
    """People with cards and visits at facilities of every kind, few at some: built, and then more of them at two."""
    with health_cubes_of(stack_variable) as found:
        for facility in NEW:
            found.change(
                "INSERT INTO facility (code, level, name, province_code) VALUES (%s, %s, 'x', %s)", *facility
            )
        first = 1
        for number, (code, *_) in enumerate([*FACILITIES, *NEW, ("55555", 1, None)]):
            come(found, code, first, first + (30, 2, 12, 4)[number % 4])
            first += 100
        for table in ("card", "facility", "dossier"):
            found.change(f"DELETE FROM stat_delta_{table}")  # noqa: S608 -- of this test
        found.open()
        come(found, "30001", 8_000, 8_040)
        come(found, "01001", 8_100, 8_140)
        found.fold_all()
        yield found


def come(cubes: HealthCubes, facility: str, first: int, last: int) -> None:
    """These people have a card of the facility, and every other one was treated there."""
    cubes.writer.execute(ISSUE, [facility, first, last])
    for person in range(first, last + 1, 2):
        treat(cubes, person, str(person), facility=facility, cost=1_000_000 + person)


def published(cubes: HealthCubes, flow: str, *, base: bool) -> dict[str, tuple[int, ...]]:
    """Figures by key, of this month; of base cells those of their last release."""
    kept = "SELECT key, figures FROM stat_series JOIN stat_key USING (series) WHERE NOT base AND flow = %s AND month = %s"
    released = (
        "SELECT DISTINCT ON (series) key, figures FROM stat_release JOIN stat_key USING (series)"
        " WHERE flow = %s AND month = %s ORDER BY series, number DESC"
    )
    return {key: tuple(values) for key, values in cubes.rows(released if base else kept, flow, THIS_MONTH)}


def summed(states: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Every margin of these base cells, as somebody adds them up who knows which province became a part of which."""
    sums: dict[str, tuple[int, ...]] = {}
    for key, figures in states.items():
        area, *others = key.split(".")
        areas = dict.fromkeys([area, province_of(area), "VN"])
        for one, first, second in (
            (a, f, s) for a in areas for f in (others[0], "_T") for s in (others[1], "_T")
        ):
            margin = f"{one}.{first}.{second}"
            if margin != key:
                known = sums.get(margin, (0,) * len(figures))
                sums[margin] = tuple(a + b for a, b in zip(known, figures, strict=True))
    return sums


@pytest.mark.parametrize("flow", [COVERAGE, VISITS])
def test_todays_provinces_and_the_country_are_sums_of_what_is_published_of_the_former_ones(
    cubes: HealthCubes, flow: str
) -> None:
    states = published(cubes, flow, base=True)
    assert {key.split(".")[0] for key in states} >= {
        "VNF_030",
        "VNF_031",
        "VNU_31",
        "VNF_074",
        "VNU_79",
        "_U",
    }
    margins = published(cubes, flow, base=False)
    assert margins == summed(states)
    # Of an area that stands under the country directly there is no level between.
    assert not {key for key in margins if key.startswith("VN_U")}
    assert sum(key.startswith("VN.") for key in margins) == len({key.partition(".")[2] for key in margins})
    cubes.expect_equal()


def test_a_province_has_everybody_whatever_the_code_of_the_facility_says(cubes: HealthCubes) -> None:
    counted: dict[str, int] = defaultdict(int)
    for key, contributors in cubes.true_cells(COVERAGE).items():
        counted[province_of(key.split(".")[0])] += contributors
    expected = cubes.rows(
        "SELECT coalesce('VN_' || facility.province_code, '_U'), count(*) FROM card LEFT JOIN facility ON code = facility_code"
        " GROUP BY 1"
    )
    assert counted == dict(expected)


def test_a_facility_that_moves_to_where_its_code_belongs_moves_within_what_is_known(
    cubes: HealthCubes,
) -> None:
    before = set(cubes.true_cells(VISITS))
    assert "VNU_31.BASIC.OUTPATIENT" in before
    cubes.change("UPDATE facility SET province_code = '08' WHERE code = '02001'")
    cubes.fold_all()
    after = set(cubes.true_cells(VISITS))
    assert (before - after, after - before) == ({"VNU_31.BASIC.OUTPATIENT"}, {"VNF_002.BASIC.OUTPATIENT"})
    cubes.expect_equal()


@pytest_asyncio.fixture
async def service(cubes: HealthCubes) -> AsyncIterator[StatisticsService]:
    async with pool_of(cubes) as pool:
        yield StatisticsService(StatisticsWithShares(pool))


async def asked(service: StatisticsService, flow: str, **given: object) -> dict[str, int | None]:
    """The figures of this month by area, of the totals of everything else; None where suppressed."""
    filters = [pb.DimensionFilter(dimension=name, codes=["_T"]) for name in ("GROUP", "BENEFIT")]
    answer = await service.ListObservations(
        pb.ListObservationsRequest(
            dataflow=flow, filters=filters, from_month="2026-11", to_month="2026-11", **given
        ),  # type: ignore[arg-type] # the tests' own names
        None,
    )
    areas = [answer.columns[1].codes[place] for place in answer.columns[1].indexes]
    told = zip(areas, answer.values, answer.suppressed, strict=True)
    return {area: None if hidden else value for area, value, hidden in told}


@pytest.mark.asyncio
async def test_both_divisions_are_answered_now_and_of_a_moment(
    cubes: HealthCubes, service: StatisticsService
) -> None:
    ((moment,),) = cubes.rows("SELECT max(released_at)::text FROM stat_release")
    now = await asked(service, COVERAGE)
    assert {"VN", "VN_01", "VN_31", "VN_79", "VNF_001", "VNF_030"} <= set(now)
    parts = {row[0]: row[1] for row in cubes.rows(
        "SELECT codes[1], sum(figures[1])::integer FROM stat_series JOIN stat_key USING (series)"
        " WHERE base AND flow = %s AND month = %s GROUP BY 1", COVERAGE, THIS_MONTH,
    )}  # fmt: skip
    for province in ("VN_01", "VN_31", "VN_79"):
        assert now[province] == sum(part for area, part in parts.items() if province_of(area) == province)
    cubes.writer.execute(ISSUE, ["30001", 9_000, 9_100])
    cubes.fold_all()
    later = await asked(service, COVERAGE)
    assert later["VNF_030"] != now["VNF_030"]
    assert later["VN_31"] != now["VN_31"]
    assert later["VNF_031"] == now["VNF_031"]
    then = await asked(
        service, COVERAGE, as_of=moment.replace(" ", "T") + ":00" * (len(moment.split("+")[1]) == 2)
    )
    assert {area: then[area] for area in now} == now


@pytest.mark.asyncio
async def test_a_share_has_the_areas_of_which_a_population_can_be_known(
    cubes: HealthCubes, service: StatisticsService
) -> None:
    cubes.owner.execute(
        "INSERT INTO population (year, area, persons, source, published_on, loaded_by)"
        " SELECT 2026, a, 1000, 'x', '2026-01-01', 'x' FROM unnest(%s::text[]) AS a",
        [["VN", "VN_31", "VNF_030"]],
    )
    answer = await service.ListObservations(
        pb.ListObservationsRequest(dataflow="DF_COVERAGE_SHARE", last_n=1, keys_only=False), None
    )
    assert set(answer.columns[1].codes) <= {"VN", "VN_01", "VN_31", "VN_79"}
    assert {answer.columns[1].codes[place] for place in answer.columns[1].indexes} == {"VN", "VN_31"}


def test_a_database_at_work_is_counted_anew(stack_variable: Callable[[str], str]) -> None:
    with (
        schema_of(stack_variable, "health_claims", revision="0006") as (owner_url, runtime_url, folder_url),
        closing(folding.connect(folder_url, name="cubes-test")) as folder,
        psycopg.connect(owner_url, autocommit=True) as owner,
    ):
        cubes = HealthCubes(
            owner=owner, writer=owner, folder=folder, folder_url=folder_url, runtime_url=runtime_url
        )
        for facility in [*FACILITIES, *NEW]:
            cubes.change(
                "INSERT INTO facility (code, level, name, province_code) VALUES (%s, %s, 'x', %s)", *facility
            )
        cubes.change("DELETE FROM stat_delta_facility")
        cubes.open()
        for number, (code, *_) in enumerate([*FACILITIES, *NEW]):
            treat(cubes, number, str(number), facility=code)
        cubes.fold(most=1)
        as_it_was(cubes)
        assert cubes.waiting() > 0
        upgrade("health_claims", owner_url)
        assert cubes.rows("SELECT DISTINCT flow FROM stat_key") == [("DF_VISITS_ICD",)]
        # A worker of the version before finds no functions: it cannot build what it would sum up otherwise.
        assert cubes.rows("SELECT to_regproc('df_visits_all'), to_regproc('df_coverage_all')") == [
            (None, None)
        ]
        assert cubes.open() == 2
        cubes.expect_equal()
        cubes.fold_all()
        wanted = {area_of(code, province) for code, _, province in [*FACILITIES, *NEW]}
        assert {key.split(".")[0] for key in cubes.true_cells(VISITS)} == wanted
        cubes.expect_equal()


def as_it_was(cubes: HealthCubes) -> None:
    """What the version before has left: its functions, and base cells of today's provinces."""
    for function in ("contributors()", "touched(bigint)", f"both(bigint[], {_BETWEEN})", f"all({_BETWEEN})"):
        for flow in ("df_visits", "df_coverage"):
            before = f"{flow}_{function.partition('(')[0]}"
            cubes.change(f"ALTER FUNCTION {flow}_rolled_{function} RENAME TO {before}")
    # Those of Ha Noi are what they were before: their former province is the whole of it.
    of_today = "key = replace(key, 'VNF_0', 'VN_'), codes[1] = replace(codes[1], 'VNF_0', 'VN_')"
    cubes.change("DELETE FROM stat_key WHERE NOT base AND codes[1] = 'VN_01'")
    cubes.change(f"UPDATE stat_key SET {of_today} WHERE base AND codes[1] = 'VNF_001'")  # noqa: S608 -- of this test
