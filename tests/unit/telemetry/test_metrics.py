"""The series that every process shows."""

import socket
import threading
from urllib.request import urlopen

import pytest
from prometheus_client import REGISTRY

from lienthong.telemetry import metrics


def test_a_request_is_counted_by_rpc_and_outcome_with_its_latency() -> None:
    series = metrics.rpc("test.Service/Counted")
    series.done("ok", 0.004)
    series.done("ok", 0.004)
    series.done("UNAVAILABLE", 1.0)
    counted = [
        REGISTRY.get_sample_value(
            "lienthong_requests_total", {"rpc": "test.Service/Counted", "outcome": outcome}
        )
        for outcome in ("ok", "UNAVAILABLE")
    ]
    assert counted == [2, 1]
    below = {"rpc": "test.Service/Counted", "le": "0.005"}
    assert REGISTRY.get_sample_value("lienthong_request_seconds_bucket", below) == 2


def test_asking_for_a_series_again_gives_the_same_one() -> None:
    assert metrics.rpc("test.Service/Same") is metrics.rpc("test.Service/Same")


def test_metrics_are_exposed_until_the_end_of_the_block_and_the_port_is_free_then() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    for _ in range(2):
        with metrics.exposed(f"127.0.0.1:{port}"), urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert answer.status == 200
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


def test_without_a_place_to_listen_nothing_is_exposed() -> None:
    threads = threading.active_count()
    with metrics.exposed(None):
        assert threading.active_count() == threads


def test_metrics_are_served_over_http() -> None:
    metrics.refusal("test_reason")()
    metrics.batch("test_batch")(24)
    metrics.queue("test_queue").set(7)
    server, thread = metrics.serve("127.0.0.1:0")
    with urlopen(f"http://127.0.0.1:{server.server_port}/metrics") as answer:
        text = answer.read().decode()
    server.shutdown()
    thread.join()
    server.server_close()
    assert 'lienthong_refusals_total{reason="test_reason"} 1.0' in text
    assert 'lienthong_batch_items_bucket{batch="test_batch",le="24.0"} 1.0' in text
    assert 'lienthong_queue_depth{queue="test_queue"} 7.0' in text
