"""One worker's count of a quota."""

from datetime import UTC, datetime

from gateway.quota import QuotaLedger
from lienthong.agencies.registry import Grant

NOW = 1_795_000_020.0  # a full minute


def grant(quota: int | None, grant_id: int = 1) -> Grant:
    codes = frozenset({"x"})
    return Grant(grant_id, "x", "x:y", codes, codes, datetime(2026, 1, 1, tzinfo=UTC), None, quota)


def test_as_many_as_granted_pass_and_the_next_is_told_to_wait() -> None:
    ledger = QuotaLedger("test")
    assert [ledger.take(grant(3), NOW + 15) for _ in range(4)] == [None, None, None, 45]


def test_a_refused_request_does_not_count() -> None:
    ledger = QuotaLedger("test")
    for _ in range(100):
        ledger.take(grant(1), NOW)
    assert ledger._mine == {1: 1}


def test_the_wait_is_never_zero() -> None:
    ledger = QuotaLedger("test")
    ledger.take(grant(1), NOW + 59.99)
    assert ledger.take(grant(1), NOW + 59.99) == 1


def test_a_minute_that_turns_starts_anew() -> None:
    ledger = QuotaLedger("test")
    assert [ledger.take(grant(1), NOW + at) for at in (0, 59.9, 60, 119, 120)] == [None, 1, None, 1, None]


def test_grants_are_counted_apart() -> None:
    ledger = QuotaLedger("test")
    assert [ledger.take(grant(1, one), NOW) for one in (1, 2, 1, 2)] == [None, None, 60, 60]


def test_a_grant_without_quota_has_no_end() -> None:
    ledger = QuotaLedger("test")
    assert {ledger.take(grant(None), NOW) for _ in range(1000)} == {None}
