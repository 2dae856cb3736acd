"""Deliveries on a real PostgreSQL: once each, whole, only what is granted, and only to whom it belongs."""

import asyncio
import base64
import hashlib
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from gateway import forgetting
from gateway.accepting import uuid7
from gateway.deliveries import measures, periods
from gateway.deliveries.answering import MOST_SUBSCRIPTIONS
from gateway.problems import Problem
from lienthong import deliveries
from lienthong.agencies import admin
from lienthong.bus.handling import TimerContext
from lienthong.clock import VIETNAM
from lienthong.db.pool import Pool, open_pool
from lienthong.rpc.errors import InvalidArgument, NotFound, Unavailable
from lienthong.signing import Algorithm, PrivateKey
from tests.support.deliveries import (
    DAY,
    FIRST,
    IN_MONTH,
    MONTH,
    SECOND,
    SUBSCRIBER,
    TERMS,
    THIRD,
    Office,
    rows,
)
from tests.support.documents import ROOT
from vss.deliveries.v1 import deliveries_pb2 as pb

KEY = PrivateKey.generate(Algorithm.ECDSA_P256_SHA256)
ANCIENT = timedelta(days=110)
"""So long before the tests' day, more than 400 days ago."""
Owner = psycopg.Connection[Any]


@pytest.fixture(scope="module", autouse=True)
def partition(stack_variable: Callable[[str], str]) -> Iterator[None]:
    """The access log has room on the day of these tests."""
    with psycopg.connect(stack_variable("DATABASE_URL_GATEWAY_OWNER"), autocommit=True) as owner:
        for day in (DAY, periods.closes_at(MONTH, 5), DAY - ANCIENT):
            owner.execute("SELECT audit_prepare_days(%s, 2)", (day.date(),))
        yield


@pytest.fixture
async def pool(stack_variable: Callable[[str], str]) -> AsyncIterator[Pool]:
    async with open_pool(
        stack_variable("DATABASE_URL_GATEWAY"), name="test", connections=4, wait_s=10.0
    ) as opened:
        yield opened


@pytest.fixture
async def office(pool: Pool, owner: Owner, agency_id: str) -> AsyncIterator[Office]:
    admin.grant(owner, agency_id, TERMS, actor="tests")
    yield Office(pool, KEY, agency_id)
    # Nobody else's clock shall ever reach them.
    owner.execute("UPDATE stat_subscription SET ended_at = now() WHERE agency_id = %s", (agency_id,))


async def test_a_closed_month_is_delivered_with_its_manifest_and_its_entry(
    office: Office, owner: Owner, tmp_path: Path
) -> None:
    await office.subscribe(from_month=SECOND, formats=[pb.FILE_FORMAT_CSV, pb.FILE_FORMAT_PARQUET])
    assert await office.turns() == 1
    (made,) = await office.deliveries()
    answer = await office.desk.delivery(office.question(pb.GetDeliveryRequest(delivery_id=made.delivery_id)))
    files = {}
    for file in answer.delivery.files:
        asked = office.question(pb.GetDeliveryFileRequest(file_id=file.file_id))
        files[file.name] = (await office.desk.file(asked)).content
    deliveries.write(tmp_path, files, answer.manifest.encode(), answer.signature)
    (found,) = deliveries.verify(tmp_path, {KEY.key_id: KEY.public})
    assert found.uncounted == found.strange == ()
    assert (found.manifest.agency_id, found.manifest.period) == (office.agency_id, SECOND)
    assert {f.name for f in found.manifest.files} == {
        f"DF_PARTICIPANTS-{SECOND}.csv",
        f"DF_PARTICIPANTS-{SECOND}.parquet",
    }
    (entry,) = rows(owner, "SELECT * FROM audit_entry WHERE agency_id = %s", office.agency_id)
    assert entry["rpc"] == "vss.contributions.v1.ContributionsStatisticsService/ListObservations"
    assert (entry["purpose"], entry["staff"], entry["outcome"]) == ("statistics", SUBSCRIBER, "ok")
    assert made.delivery_id in entry["detail"]
    assert (
        entry["answer_digest"] == base64.b64encode(hashlib.sha256(answer.manifest.encode()).digest()).decode()
    )


async def test_the_service_is_asked_for_that_month_and_key_alone(office: Office) -> None:
    await office.subscribe(key="M.VN..F.", from_month=SECOND)
    await office.turns()
    (asked,) = office.service.asked
    assert (asked.from_month, asked.to_month, asked.as_of) == (SECOND, SECOND, "")
    assert {f.dimension: list(f.codes) for f in asked.filters} == {
        "FREQ": ["M"],
        "REF_AREA": ["VN"],
        "SEX": ["F"],
    }


async def test_a_month_is_not_delivered_before_it_closes(office: Office) -> None:
    subscription = await office.subscribe(from_month="")
    closes = periods.closes_at(MONTH, 5)
    assert subscription.next_period == THIRD
    assert subscription.closes_at == closes.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert closes.astimezone(VIETNAM).strftime("%d %H:%M") == "06 00:00"
    office.now = office.service.watermark = closes - timedelta(seconds=1)
    assert await office.turns() == 0
    office.now = office.service.watermark = closes
    assert await office.turns() == 1
    assert [made.period for made in await office.deliveries()] == [THIRD]


async def test_each_delivery_names_the_manifest_of_the_one_before(office: Office, owner: Owner) -> None:
    await office.subscribe()
    assert await office.turns() == 2
    first, second = (
        deliveries.read(row["manifest"])
        for row in rows(
            owner,
            "SELECT manifest FROM stat_delivery WHERE agency_id = %s ORDER BY sequence",
            office.agency_id,
        )
    )
    assert (first.period, first.sequence, first.previous) == (FIRST, 1, None)
    assert (second.period, second.sequence) == (SECOND, 2)
    assert second.previous == deliveries.digest_of(deliveries.written(first))


async def test_of_two_workers_at_the_same_month_one_delivers_it(office: Office) -> None:
    """As when a worker stood still for longer than its lease."""
    await office.subscribe(from_month=SECOND)
    other = Office(office.pool, KEY, office.agency_id)

    async def overtaken() -> None:
        office.service.before = None
        other.now = office.now
        await other.later(seconds=61)
        assert await other.turns() == 1

    office.service.before = overtaken
    assert await office.making.turn()
    assert [made.sequence for made in await office.deliveries()] == [1]


async def test_many_workers_deliver_each_month_of_each_subscription_once(office: Office) -> None:
    for _ in range(6):
        await office.subscribe()
    workers = [Office(office.pool, KEY, office.agency_id) for _ in range(4)]
    await asyncio.gather(*(worker.turns() for worker in workers))
    made = await office.deliveries()
    assert len(made) == 12
    assert len({(one.subscription_id, one.period) for one in made}) == 12


POINTS = {"delivery.signed": 0, "delivery.filed": 0, "delivery.committed": 1}


@pytest.mark.parametrize("point", POINTS)
async def test_a_worker_that_is_killed_leaves_nothing_half_and_nothing_twice(
    office: Office, owner: Owner, stack_variable: Callable[[str], str], tmp_path: Path, point: str
) -> None:
    await office.subscribe(from_month=SECOND, formats=[pb.FILE_FORMAT_CSV, pb.FILE_FORMAT_PARQUET])
    (tmp_path / "key.pem").write_bytes(KEY.to_pem())
    (tmp_path / "points").mkdir()
    (tmp_path / "points" / point).touch()
    killed = await asyncio.to_thread(
        subprocess.run,
        [
            sys.executable, "-m", "tests.support.delivery_process",
            stack_variable("DATABASE_URL_GATEWAY"), office.agency_id, str(tmp_path / "key.pem"),
        ],
        env={
            **os.environ,
            "LIENTHONG_FAILPOINTS": str(tmp_path / "points"),
            IN_MONTH: MONTH.isoformat(),
            "PYTHONPATH": f"{ROOT}:{ROOT / 'protos' / 'gen'}",
        },
        cwd=ROOT,
        timeout=120,
        check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    assert len(await office.deliveries()) == POINTS[point]
    assert await office.turns() == 0  # taken for a minute, or delivered
    await office.later(seconds=61)
    assert await office.turns() == 1 - POINTS[point]
    (made,) = await office.deliveries()
    assert len(made.files) == 2
    assert len(rows(owner, "SELECT FROM audit_entry WHERE agency_id = %s", office.agency_id)) == 1


async def revoked(office: Office, owner: Owner) -> None:
    admin.revoke_grant(owner, office.agency_id, "statistics:read", actor="tests")


async def suspended(office: Office, owner: Owner) -> None:
    admin.set_active(owner, office.agency_id, active=False, actor="tests")


async def unsubscribed(office: Office, owner: Owner) -> None:
    owner.execute("UPDATE stat_subscription SET ended_at = now() WHERE agency_id = %s", (office.agency_id,))


@pytest.mark.parametrize("withdraw", [revoked, suspended, unsubscribed])
async def test_what_is_withdrawn_while_a_delivery_is_made_is_not_delivered(
    office: Office, owner: Owner, withdraw: Callable[[Office, Owner], Any]
) -> None:
    await office.subscribe(from_month=SECOND)
    office.service.before = lambda: withdraw(office, owner)
    assert await office.making.turn()
    assert await office.deliveries() == []
    assert rows(owner, "SELECT FROM audit_entry WHERE agency_id = %s", office.agency_id) == []
    (row,) = rows(owner, "SELECT * FROM stat_subscription WHERE agency_id = %s", office.agency_id)
    assert (row["last_error"], row["last_sequence"]) == ("WITHDRAWN", 0)
    await office.later(hours=2)
    assert await office.turns() == 0


async def test_a_grant_that_covers_no_results_gets_no_figures(office: Office, owner: Owner) -> None:
    other = replace(TERMS, data_classes=frozenset({"audit"}))
    admin.grant(owner, office.agency_id, other, actor="tests", replace=True)
    await office.subscribe(from_month=SECOND)
    await office.making.turn()
    assert await office.deliveries() == []
    (row,) = rows(owner, "SELECT last_error FROM stat_subscription WHERE agency_id = %s", office.agency_id)
    assert row["last_error"] == "scope_denied"


async def test_a_delivery_counts_to_the_days_budget_and_waits_for_one_that_it_fits(
    office: Office, owner: Owner
) -> None:
    admin.grant(
        owner, office.agency_id, replace(TERMS, observations_per_day=500), actor="tests", replace=True
    )
    await office.subscribe()
    assert await office.turns() == 2
    (made,) = await office.deliveries()
    rows_of_one = made.files[0].rows
    assert 250 < rows_of_one <= 500
    pulled = "SELECT p.observations FROM observations_pulled p JOIN agency_grant USING (grant_id) WHERE agency_id = %s"
    assert rows(owner, pulled, office.agency_id) == [{"observations": rows_of_one}]
    (row,) = rows(owner, "SELECT * FROM stat_subscription WHERE agency_id = %s", office.agency_id)
    assert row["last_error"] == "quota_exceeded"
    assert row["due_at"] == DAY.replace(hour=17)  # midnight in Việt Nam
    office.now = row["due_at"]
    assert await office.turns() == 1
    assert [one.sequence for one in await office.deliveries()] == [1, 2]


async def test_a_delivery_waits_until_everything_before_the_close_is_counted(
    office: Office, owner: Owner
) -> None:
    await office.subscribe(from_month=SECOND)
    office.service.watermark = DAY.replace(day=5, hour=16, minute=59)  # a minute before the close
    await office.making.turn()
    assert await office.deliveries() == []
    (row,) = rows(owner, "SELECT * FROM stat_subscription WHERE agency_id = %s", office.agency_id)
    assert (row["last_error"], row["attempts"]) == ("FIGURES_LAG", 1)
    assert row["due_at"] > office.now
    office.service.watermark = DAY
    await office.later(minutes=1)
    assert await office.turns() == 1


async def test_a_service_that_fails_keeps_no_other_subscription_waiting(office: Office, owner: Owner) -> None:
    await office.subscribe(from_month=SECOND)
    await office.subscribe(from_month=SECOND, dataflow="DF_COVERAGE")

    async def down() -> None:
        if office.service.asked[-1].dataflow == "DF_PARTICIPANTS":
            raise Unavailable("UNAVAILABLE", "down")

    office.service.before = down
    assert await office.turns() == 2
    assert [made.dataflow for made in await office.deliveries()] == ["DF_COVERAGE"]
    found = rows(owner, "SELECT last_error FROM stat_subscription WHERE agency_id = %s", office.agency_id)
    assert {row["last_error"] for row in found} == {None, "UNAVAILABLE"}


async def test_somebody_elses_subscription_and_delivery_are_as_unknown_as_none(office: Office) -> None:
    subscription = await office.subscribe(from_month=SECOND)
    await office.turns()
    (made,) = await office.deliveries()
    stranger = Office(office.pool, KEY, "somebody-else")
    assert await stranger.deliveries() == []
    for delivery_id in (made.delivery_id, str(uuid.uuid4())):
        with pytest.raises(NotFound, match="no such delivery"):
            await stranger.desk.delivery(stranger.question(pb.GetDeliveryRequest(delivery_id=delivery_id)))
        file = stranger.question(pb.GetDeliveryFileRequest(file_id=f"{delivery_id}.csv"))
        with pytest.raises(NotFound, match="no such delivery"):
            await stranger.desk.file(file)
    end = stranger.question(pb.UnsubscribeRequest(subscription_id=subscription.subscription_id))
    with pytest.raises(NotFound):
        await stranger.desk.unsubscribe(end)


async def test_the_same_subscription_again_is_the_same_also_after_its_end(
    office: Office, owner: Owner
) -> None:
    name = str(uuid.uuid4())
    first = await office.subscribe(subscription_id=name)
    assert await office.subscribe(subscription_id=name) == first
    await office.desk.unsubscribe(office.question(pb.UnsubscribeRequest(subscription_id=name)))
    again = await office.subscribe(subscription_id=name)
    assert again.ended_at
    assert len(rows(owner, "SELECT FROM stat_subscription WHERE agency_id = %s", office.agency_id)) == 1
    listed = await office.desk.subscriptions(office.question(pb.ListSubscriptionsRequest()))
    assert list(listed.subscriptions) == []
    with pytest.raises(InvalidArgument):
        await office.subscribe(subscription_id=name, dataflow="DF_COVERAGE")


async def test_an_agency_has_no_more_than_a_hundred_subscriptions(office: Office) -> None:
    answers = await asyncio.gather(
        *(office.subscribe(from_month="") for _ in range(MOST_SUBSCRIPTIONS + 3)), return_exceptions=True
    )
    refused = [one for one in answers if isinstance(one, BaseException)]
    assert len(refused) == 3
    assert {type(one) for one in refused} == {InvalidArgument}


@pytest.mark.parametrize(
    "wrong",
    [
        {"dataflow": "DF_NOTHING"},
        {"key": "M.VN"},
        {"key": "M.XX..."},
        {"formats": []},
        {"from_month": "2026-13"},
        {"from_month": periods.written(periods.after(MONTH))},
        {"from_month": periods.written(periods.before(MONTH, 25))},
    ],
)
async def test_what_cannot_be_delivered_cannot_be_subscribed_to(
    office: Office, wrong: dict[str, Any]
) -> None:
    with pytest.raises((InvalidArgument, Problem)):
        await office.subscribe(**wrong)
    earliest = periods.written(periods.before(MONTH, 24))
    assert (await office.subscribe(from_month=earliest)).next_period == earliest


async def test_a_webhook_is_told_the_delivery_if_that_was_wanted(office: Office, owner: Owner) -> None:
    admin.set_webhook(owner, office.agency_id, "https://agency.example/hook", actor="tests")
    await office.subscribe(from_month=SECOND, dataflow="DF_COVERAGE")
    told = await office.subscribe(from_month=SECOND, webhook=True)
    await office.turns()
    (row,) = rows(owner, "SELECT * FROM webhook_delivery WHERE agency_id = %s", office.agency_id)
    owner.execute(
        "UPDATE webhook_delivery SET due_at = NULL, given_up_at = now() WHERE agency_id = %s",
        (office.agency_id,),
    )
    (made,) = [one for one in await office.deliveries() if one.subscription_id == told.subscription_id]
    assert (str(row["stat_delivery_id"]), row["operation_id"], row["state"]) == (made.delivery_id, None, None)


def turn_of(runtime: Owner) -> TimerContext:
    """What a timer's turn is given."""
    return TimerContext(connection=runtime, now=DAY, publish=lambda event, *, key="": None)


def ancient(owner: Owner, agency_id: str, *, months: int, octets: int = 1) -> None:
    """A subscription that ended long ago, with so many deliveries, each with a file of so many octets that do not pack."""
    subscription, at = uuid.uuid4(), DAY - ANCIENT
    owner.execute(
        "INSERT INTO stat_subscription (agency_id, subscription_id, dataflow, key, formats, language, webhook,"
        " created_at, ended_at, next_period, due_at)"
        " VALUES (%s, %s, 'DF_PARTICIPANTS', '', '{parquet}', 'vi', false, %s, %s, '2020-01-01', %s)",
        (agency_id, subscription, at, at, at),
    )
    for number in range(1, months + 1):
        made = uuid7(at.timestamp())
        owner.execute(
            "INSERT INTO stat_delivery (delivery_id, agency_id, subscription_id, period, sequence, dataflow,"
            " watermark, created_at, manifest, signature)"
            " VALUES (%s, %s, %s, '2019-01-01'::date + %s * interval '1 month', %s, 'DF_PARTICIPANTS', %s, %s, '', '')",
            (made, agency_id, subscription, number, number, at, at),
        )
        owner.execute(
            "INSERT INTO stat_delivery_file VALUES (%s, 'parquet', 'x', 'x', 1, 'x', %s)",
            (made, os.urandom(octets)),
        )


def left_of(owner: Owner, agency_id: str) -> tuple[int, int]:
    """How many deliveries and subscriptions the agency has."""
    count = "SELECT count(*) AS n FROM {} WHERE agency_id = %s"
    deliveries_left, subscriptions_left = (
        rows(owner, count.format(table), agency_id)[0]["n"]
        for table in ("stat_delivery", "stat_subscription")
    )
    return deliveries_left, subscriptions_left


def test_of_large_files_fewer_are_forgotten_at_once_and_the_turn_says_that_there_is_more(
    owner: Owner, agency_id: str, stack_variable: Callable[[str], str]
) -> None:
    with psycopg.connect(stack_variable("DATABASE_URL_GATEWAY"), autocommit=True) as runtime:
        while forgetting.forget_deliveries(turn_of(runtime)):
            pass
        ancient(owner, agency_id, months=4, octets=30 * 1024 * 1024)
        turns = []
        while forgetting.forget_deliveries(turn_of(runtime)):
            turns.append(left_of(owner, agency_id))
    assert turns == [(1, 1), (0, 0)]


@pytest.mark.parametrize("asked", [2, None])
def test_no_more_subscriptions_are_forgotten_at_once_than_were_asked_for(
    owner: Owner, agency_id: str, stack_variable: Callable[[str], str], asked: int | None
) -> None:
    with psycopg.connect(stack_variable("DATABASE_URL_GATEWAY"), autocommit=True) as runtime:
        while forgetting.forget_deliveries(turn_of(runtime)):
            pass
        for _ in range(3):
            ancient(owner, agency_id, months=0)
        found = runtime.execute("SELECT forget_deliveries(%s)", (asked,)).fetchone()
        assert found == (asked or 0,)
        assert left_of(owner, agency_id) == (0, 3 - (asked or 0))
        while forgetting.forget_deliveries(turn_of(runtime)):
            pass
    assert left_of(owner, agency_id) == (0, 0)


async def test_deliveries_are_forgotten_by_age_and_the_gateway_can_delete_nothing(
    office: Office, owner: Owner, stack_variable: Callable[[str], str]
) -> None:
    before = office.now - ANCIENT
    office.now = office.service.watermark = before
    await office.subscribe(from_month=periods.written(periods.last_closed(before, 5)))
    assert await office.turns() == 1
    office.now = office.service.watermark = DAY
    (old,) = await office.deliveries()
    assert await office.making.turn()
    _, young = await office.deliveries()
    with psycopg.connect(stack_variable("DATABASE_URL_GATEWAY"), autocommit=True) as runtime:
        while forgetting.forget_deliveries(turn_of(runtime)):
            pass
        statements: tuple[LiteralString, ...] = (
            "DELETE FROM stat_delivery",
            "DELETE FROM stat_delivery_file",
            "DELETE FROM stat_subscription",
            "UPDATE stat_delivery SET manifest = ''",
            "UPDATE stat_subscription SET agency_id = 'x'",
        )
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                runtime.execute(statement)
    assert [one.delivery_id for one in await office.deliveries()] == [young.delivery_id]
    left = rows(
        owner,
        "SELECT FROM stat_delivery_file WHERE delivery_id = ANY (%s)",
        [old.delivery_id, young.delivery_id],
    )
    assert len(left) == 1


async def test_the_list_pages_by_key(office: Office) -> None:
    for _ in range(2):
        await office.subscribe()
    await office.turns()
    whole = list(reversed(await office.deliveries()))
    token, found = "", []
    while True:
        asked = pb.ListDeliveriesRequest(page_size=3, page_token=token)
        page = await office.desk.deliveries(office.question(asked))
        found += page.deliveries
        token = page.next_page_token
        if not token:
            break
    assert found == whole
    with pytest.raises(InvalidArgument):
        await office.desk.deliveries(office.question(pb.ListDeliveriesRequest(page_token="x")))


async def test_what_is_late_is_measured_from_its_close(office: Office) -> None:
    await office.subscribe(from_month=SECOND)
    office.service.watermark = DAY.replace(day=1)
    await office.making.turn()
    await office.later(hours=3)
    await office.making.measure()
    assert measures.DUE._value.get() >= 1
    assert measures.LATE._value.get() >= 3 * 3600
