"""The recovery benchmark: which process it kills, what counts as a gap or as late, and what its load remembers."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from benchmarks.recovery import Load, give_up, is_steady, summed_up
from benchmarks.stack import BenchError
from benchmarks.victims import pid_of, running
from benchmarks.writes.recovery import Felt
from deploy.local.supervisor import State

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nx-request-id: 00ff\r\n\r\ntrue"
REFUSED = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno"
STATES = [
    State("gateway-0", "RUNNING", 41, 9, ""),
    State("gateway-1", "RUNNING", 42, 9, ""),
    State("health_claims", "STARTING", 43, 0, ""),
    State("identity", "BACKOFF", 0, 0, "exited too quickly"),
]


# --- which process


def test_the_process_of_exactly_this_name_is_killed() -> None:
    assert running("gateway-1", STATES) == 42
    assert running("health_claims", STATES) == 43


@pytest.mark.parametrize("victim", ["identity", "gateway", "postgres"])
def test_what_does_not_run_is_not_killed(victim: str) -> None:
    assert pid_of(victim, STATES) == 0
    with pytest.raises(BenchError, match=f"{victim} does not run"):
        running(victim, STATES)


# --- when it is over


def load_of(good: list[float], bad: list[float] | None = None) -> Load:
    return Load(
        ("127.0.0.1", 0), iter(()), good=good, bad=[(at, f"status 50{int(at) % 2}") for at in bad or []]
    )


@pytest.mark.parametrize(
    ("good", "bad", "now", "steady"),
    [
        ([99.9, 103.0], [], 103.1, True),
        ([99.9, 102.0], [], 102.1, False),  # too soon after the kill
        ([104.0], [102.0], 104.1, False),  # too soon after the last failure
        ([105.5], [102.0], 105.6, True),
        ([99.9], [], 104.0, False),  # nothing has failed, and nothing is answered
        ([], [], 104.0, False),
    ],
)
def test_it_is_over_when_nothing_has_failed_for_three_seconds_and_checks_are_answered(
    good: list[float], bad: list[float], now: float, steady: bool
) -> None:
    assert is_steady(load_of(good, bad), killed=100.0, now=now) is steady


def test_who_does_not_come_back_within_a_minute_is_given_up() -> None:
    give_up("postgres", 60.0)
    with pytest.raises(BenchError, match="postgres: checks do not succeed again 60 s after the kill"):
        give_up("postgres", 60.1)


# --- what it says


def test_the_longest_gap_begins_with_the_kill_or_a_good_answer_and_ends_with_the_next() -> None:
    at_once = summed_up("identity", load_of([95.0, 102.5, 103.0, 104.0]), killed=100.0, successor_s=1.0)
    assert (at_once.longest_gap_s, at_once.answered) == (2.5, 3)
    later = summed_up("identity", load_of([100.25, 101.0, 104.0, 104.5]), killed=100.0, successor_s=1.0)
    assert (later.longest_gap_s, later.answered) == (3.0, 4)


def test_failures_between_do_not_end_a_gap_and_those_before_the_kill_do_not_count() -> None:
    found = summed_up(
        "postgres", load_of([101.0, 104.0], [99.0, 102.0, 103.0]), killed=100.0, successor_s=0.5
    )
    assert found.longest_gap_s == 3.0
    assert found.back_s == 3.0
    assert found.failed == {"status 500": 1, "status 501": 1}
    assert found.successor_s == 0.5


def test_nobody_who_failed_is_zero_seconds() -> None:
    found = summed_up("rabbitmq", load_of([100.5]), killed=100.0, successor_s=0.5)
    assert (found.back_s, found.failed.total()) == (0.0, 0)


# --- commands after a kill


@pytest.mark.parametrize(
    ("first_s", "later_s", "soon"),
    [
        (5.0, [0.04, 2.0], True),
        (5.1, [0.04, 0.05], False),  # the first one may wait for connections, not for ever
        (0.1, [0.04, 2.1], False),  # whoever comes later may not even that
    ],
)
def test_the_first_command_has_five_seconds_and_those_that_follow_have_two(
    first_s: float, later_s: list[float], *, soon: bool
) -> None:
    felt = Felt(killed=("postgres",), back_s=(0.3,), first_s=first_s, refused=1, later_s=later_s)
    assert felt.is_soon is soon


# --- the load


async def run(behave: Callable[[int, asyncio.StreamWriter], None], requests: Iterator[bytes]) -> Load:
    """A load against a server that answers the n-th request as told."""
    received = count(1)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            behave(next(received), writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        load = Load(server.sockets[0].getsockname()[:2], requests)
        async with asyncio.timeout(20):
            await load.run()
    return load


def asked(many: int) -> Iterator[bytes]:
    return iter([b"GET\n"] * many)


async def test_every_request_is_sent_once_and_every_good_answer_remembered_with_its_name() -> None:
    load = await run(lambda _, writer: writer.write(OK), asked(120))
    assert (len(load.good), load.bad) == (120, [])
    assert load.request_ids == ["00ff"] * 120
    assert load.good == sorted(load.good)
    assert [answer for _, answer in load.outcome.sample] == [OK] * 3


async def test_an_answer_without_a_name_is_kept_as_one_that_no_log_has() -> None:
    load = await run(lambda _, writer: writer.write(OK.replace(b"x-request-id: 00ff\r\n", b"")), asked(2))
    assert load.request_ids == ["", ""]


async def test_a_refusal_and_a_cut_connection_are_failures_and_the_load_comes_again() -> None:
    def behave(number: int, writer: asyncio.StreamWriter) -> None:
        if number <= 20:
            writer.close()
        else:
            writer.write(REFUSED if number <= 25 else OK)

    load = await run(behave, asked(60))
    kinds = [kind for _, kind in load.bad]
    assert kinds.count("status 503") == 5
    assert sum(kind.startswith("connection lost") for kind in kinds) == 20
    assert len(load.good) == 35
