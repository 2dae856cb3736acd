"""Patience has bounds, whatever the gateway asks for."""

from hypothesis import given
from hypothesis import strategies as st

from lienthong.client import RetryPolicy, Unavailable
from lienthong.client.retry import Patience


@given(
    st.lists(st.one_of(st.none(), st.floats(0, 100)), min_size=1, max_size=30),
    st.integers(1, 6),
    st.floats(0.1, 30),
)
def test_tries_and_total_time_stay_within_the_policy(
    asked: list[float | None], tries: int, total_s: float
) -> None:
    policy = RetryPolicy(tries=tries, total_s=total_s)
    patience, now, made = Patience(policy, started=0.0), 0.0, 1
    for retry_after in asked:
        wait = patience.wait_after(Unavailable("", retry_after=retry_after), repeatable=True, now=now)
        if wait is None:
            break
        assert wait >= (retry_after or 0)
        now, made = now + wait, made + 1
    assert made <= tries
    assert now <= total_s


def test_what_may_not_be_repeated_is_not() -> None:
    patience = Patience(RetryPolicy(), started=0.0)
    assert patience.wait_after(Unavailable(""), repeatable=False, now=0.0) is None
