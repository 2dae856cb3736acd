"""What becomes of a delivery."""

import psycopg
import psycopg_pool
import pytest

from lienthong.bus import envelope, retrying
from lienthong.bus.retrying import Dead, History, Retry
from lienthong.bus.topology import RETRY_DELAYS_S

NOW = 1_800_000_000.5


def test_the_delay_grows_with_each_failed_attempt_and_the_fifth_is_the_last() -> None:
    history, delays = History(), []
    while True:
        verdict = retrying.attempt_failed(history, ValueError(), now=NOW)
        if isinstance(verdict, Dead):
            break
        delays.append(verdict.delay_s)
        history = History.of(verdict.headers)
    assert tuple(delays) == RETRY_DELAYS_S
    assert (verdict.reason, verdict.attempts) == ("ATTEMPTS_SPENT", 5)
    assert verdict.headers == {
        envelope.ATTEMPTS: 5,
        envelope.REASON: "ATTEMPTS_SPENT",
        envelope.ERROR: "ValueError",
        envelope.HELD_AT: 1_800_000_000,
    }


def test_waiting_counts_no_attempt_and_never_ends() -> None:
    history, delays = History(attempts=3, replayed=True), []
    for _ in range(200):
        verdict = retrying.wait(history, "OUT_OF_TURN")
        delays.append(verdict.delay_s)
        history = History.of(verdict.headers)
    assert (history.attempts, history.waits, history.replayed) == (3, 200, True)
    assert delays == sorted(delays)
    assert (delays[0], delays[-1]) == (1, 30)


def test_of_an_error_only_its_class_is_told() -> None:
    error = ValueError("Trần Thị Hồng Nhung")
    for verdict in (
        retrying.attempt_failed(History(), error, now=NOW),
        retrying.dead(History(attempts=5), retrying.ATTEMPTS_SPENT, error, now=NOW),
    ):
        assert isinstance(verdict, (Retry, Dead))
        assert "Nhung" not in repr(verdict)


@pytest.mark.parametrize(
    "headers",
    [None, {}, {envelope.ATTEMPTS: "4"}, {envelope.ATTEMPTS: -1}, {envelope.ATTEMPTS: True},
     {envelope.ATTEMPTS: 2**40}, {retrying.WAITS: 1.5}, {envelope.REPLAYED: 1}],
)  # fmt: skip
def test_a_header_that_is_not_what_it_should_be_counts_as_absent(headers: dict[str, object] | None) -> None:
    assert History.of(headers) == History()


def test_a_history_reads_back_as_it_was_told() -> None:
    for history in (History(), History(attempts=2, waits=7), History(attempts=1, replayed=True)):
        assert History.of(history.headers()) == history


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("the connection is closed"),
        psycopg.InterfaceError("the connection is closed"),
        psycopg.errors.AdminShutdown(),
        psycopg.errors.CrashShutdown(),
        psycopg.errors.CannotConnectNow(),
        psycopg.errors.ConnectionFailure(),
        psycopg.errors.TooManyConnections(),
        psycopg.errors.ReadOnlySqlTransaction(),
        psycopg_pool.PoolTimeout(),
    ],
)
def test_a_database_that_is_away_says_nothing_about_the_message(error: Exception) -> None:
    assert retrying.is_database_away(error)


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.DeadlockDetected(),
        psycopg.errors.SerializationFailure(),
        psycopg.errors.QueryCanceled(),
        psycopg.errors.LockNotAvailable(),
        psycopg.errors.DiskFull(),
        psycopg.errors.OutOfMemory(),
    ],
)
def test_trouble_that_may_go_by_is_no_attempt(error: Exception) -> None:
    assert retrying.is_database_trouble(error)
    assert not retrying.is_database_away(error)


@pytest.mark.parametrize(
    "error",
    [psycopg.errors.UniqueViolation(), psycopg.errors.SyntaxError(), psycopg.ProgrammingError(), KeyError()],
)
def test_a_fault_of_the_handler_is_an_attempt(error: Exception) -> None:
    assert not retrying.is_database_trouble(error)
    assert not retrying.is_database_away(error)
