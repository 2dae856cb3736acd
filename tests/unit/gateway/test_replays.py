"""What a worker remembers of nonces is bounded, and long enough."""

from gateway.replays import RecentNonces

KEY = "k" * 43


def seen(memory: RecentNonces, nonce: str, *, now: float = 0.0, life: float = 60.0, key: str = KEY) -> bool:
    return not memory.first_time(key, nonce, expires=now + life, now=now)


def test_a_nonce_is_new_once_for_each_key() -> None:
    memory = RecentNonces()
    assert [seen(memory, "one"), seen(memory, "one"), seen(memory, "two")] == [False, True, False]
    assert not seen(memory, "one", key="other")


def test_a_nonce_is_remembered_as_long_as_its_signature_could_pass() -> None:
    memory = RecentNonces()
    seen(memory, "one", life=60.0)
    # Freshness allows 30 s of clock skew after the expiry.
    assert not memory.first_time(KEY, "one", expires=60, now=90.0)


def test_memory_does_not_grow_beyond_its_capacity() -> None:
    memory = RecentNonces(capacity=100)
    for number in range(10_000):
        assert not seen(memory, str(number))
    assert len(memory._seen) == len(memory._order) == 100
    assert seen(memory, "9999"), "the latest are the ones remembered"
    assert seen(memory, "9900")


def test_expired_nonces_make_room_by_themselves() -> None:
    memory = RecentNonces()
    for number in range(1000):
        seen(memory, str(number))
    seen(memory, "later", now=1000.0)
    assert len(memory._seen) == len(memory._order) == 1


def test_a_flood_of_replays_takes_no_memory() -> None:
    memory = RecentNonces(capacity=10)
    seen(memory, "victim")
    for _ in range(1000):
        assert seen(memory, "victim")
    assert len(memory._order) == 1
