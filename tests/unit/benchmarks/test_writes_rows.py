"""What one of many cost, in words."""

from benchmarks.writes.rows import spent


def test_processor_time_is_told_for_one_of_many_and_by_process() -> None:
    before, after = {"gateway": 1.0, "postgres": 2.0}, {"gateway": 1.5, "postgres": 4.0, "idle": 0.0}
    assert spent(before, after, 1_000) == "2,500.0 µs of processor time each: postgres 2,000.0, gateway 500.0"


def test_of_nothing_nothing_is_told_and_nothing_is_divided() -> None:
    assert spent({}, {}, 0) == "0.0 µs of processor time each: "
