"""What reaches the log, and what never does."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from lienthong.telemetry import logs
from tests.support.silence import silence
from vss.health_claims.v1 import health_claims_pb2 as pb

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Configures logging onto a pipe; calling it gives the lines written so far."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    logs.configure("identity", "info", descriptor=writing)

    def read() -> list[dict[str, Any]]:
        logs.flush()
        try:
            data = os.read(reading, 1_000_000)
        except BlockingIOError:
            return []
        return [json.loads(line) for line in data.splitlines()]

    yield read
    structlog.contextvars.clear_contextvars()
    silence()
    os.close(reading)
    os.close(writing)


def test_a_line_is_one_json_object_with_service_level_time_and_event(lines: Lines) -> None:
    logs.get_logger("rpc").info("call.done", items=3)
    (line,) = lines()
    assert line["event"] == "call.done"
    assert (line["service"], line["level"], line["component"], line["items"]) == (
        "identity",
        "info",
        "rpc",
        3,
    )
    assert line["at"].endswith("Z")
    assert len(line["at"]) == len("2026-11-22T08:00:00.123Z")


def test_the_request_id_bound_at_the_edge_is_on_every_line(lines: Lines) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        logs.get_logger("a").info("one")
        logs.get_logger("b").info("two")
    logs.get_logger("a").info("three")
    assert [line.get("request_id") for line in lines()] == ["r-1", "r-1", None]


@pytest.mark.parametrize("key", sorted(logs.PERSONAL_KEYS))
def test_a_personal_key_is_dropped_and_named(lines: Lines, key: str) -> None:
    logs.get_logger("rpc").info("call.done", rows=1, nested={key: "001190000017"}, **{key: "001190000017"})
    (line,) = lines()
    assert line["dropped"] == [key]
    assert "001190000017" not in json.dumps(line)
    assert line["rows"] == 1


def test_a_message_is_logged_as_its_type_only(lines: Lines) -> None:
    request = pb.CheckCoverageRequest(identifier="001190000017", full_name="Trần Thị Hồng Nhung")
    logs.get_logger("rpc").info("call.done", request=request, raw=b"001190000017", several=[request])
    text = json.dumps(lines())
    assert "CheckCoverageRequest" in text
    assert "001190000017" not in text
    assert "Nhung" not in text


def test_an_exception_is_logged_without_its_message(lines: Lines) -> None:
    try:
        try:
            int("001190000017x")
        except ValueError as error:
            raise RuntimeError("Nguyễn Văn Bình") from error
    except RuntimeError:
        logs.get_logger("rpc").exception("call.failed")
    (line,) = lines()
    text = json.dumps(line, ensure_ascii=False)
    assert line["error"] == "RuntimeError"
    assert line["cause"]["error"] == "ValueError"
    assert line["trace"][-1].endswith("test_an_exception_is_logged_without_its_message")
    assert "001190000017x" not in text
    assert "Bình" not in text


def test_what_json_cannot_hold_does_not_fail_the_caller(lines: Lines) -> None:
    logs.get_logger("rpc").info("call.done", big=1 << 70, broken="\ud800")
    (line,) = lines()
    assert line["event"] == "log.unrenderable"


def test_lines_below_the_level_are_not_written(lines: Lines) -> None:
    logs.get_logger("rpc").debug("detail")
    assert lines() == []


def test_a_buffered_line_is_written_soon_by_itself() -> None:
    reading, writing = os.pipe()
    logs.configure("identity", "info", descriptor=writing)
    logs.get_logger("rpc").info("call.done")
    assert json.loads(os.read(reading, 10_000))["event"] == "call.done"  # blocks until it is there
    silence()
    os.close(reading)
    os.close(writing)


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="log level must be one of"):
        logs.configure("identity", "loud")


def test_what_a_library_logs_is_written_without_its_arguments(lines: Lines) -> None:
    logging.getLogger("psycopg.pool").warning("error connecting in %r: %s", "pool", "Key (001190000017)")
    (line,) = lines()
    assert (line["event"], line["logger"], line["level"]) == ("library", "psycopg.pool", "warning")
    assert line["said"] == "error connecting in %r: %s"
    assert "001190000017" not in json.dumps(line)
