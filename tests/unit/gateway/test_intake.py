"""The caps, before anything is parsed: exact at their edge, and linear in what anybody may send."""

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.intake import Room, check_depth, check_headers, declared_length, read_body
from gateway.problems import Problem
from tests.unit.gateway.conftest import House


def too_deep(body: bytes, limit: int = 4) -> bool:
    try:
        check_depth(body, limit)
    except Problem as problem:
        return problem.reason.name == "too_large"
    return False


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


TEXTS = st.text(alphabet='[]{}"\\,:a\né', max_size=12)
VALUES = st.recursive(
    TEXTS | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=20,
)


@given(VALUES, st.integers(1, 5), st.sampled_from([None, 2]))
def test_exactly_what_is_nested_deeper_than_the_limit_is_refused(
    value: object, limit: int, indent: int | None
) -> None:
    for ascii_only in (True, False):
        body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
        assert too_deep(body, limit) == (depth_of(value) > limit)


def test_brackets_inside_of_texts_do_not_count() -> None:
    assert not too_deep(json.dumps({"fullName": '[[[[[["\\[[[[['}).encode())
    assert too_deep(b'["\\\\",[[[[1]]]]]')


@pytest.mark.parametrize(
    "start",
    [b'"' + b'\\"' * 500_000, b'"' + b'\\"' * 500_000 + b"\\", b'"a' * 500_000, b"[" * 1_000_000, b"[]" * 500_000,
     (b"[" * 17 + b"]" * 17) * 30_000, b'"' * 1_000_000, b"\\" * 1_000_000, b'{"":' * 250_000],
    ids=["escapes", "a last backslash", "texts", "opened", "pairs", "towers", "quotes", "backslashes", "objects"],
)  # fmt: skip
def test_a_mebibyte_of_anything_is_looked_through_at_once(start: bytes) -> None:
    """A search that takes the square of the length would take hours; ten seconds leave room for a slow machine."""
    began = time.process_time()
    too_deep(b"[" * 17 + start)
    assert time.process_time() - began < 10


@given(st.binary(max_size=300))
def test_no_octets_make_it_fail(body: bytes) -> None:
    too_deep(b"[" * 5 + body)


# --- headers


def test_as_many_and_as_long_header_fields_as_allowed_pass(house: House) -> None:
    check_headers([(b"x", b"")] * house.settings.max_header_fields, house.settings)
    check_headers([(b"x", b"a" * (house.settings.max_header_bytes - 1))], house.settings)


@pytest.mark.parametrize(
    "headers", [[(b"x", b"")] * 65, [(b"x", b"a" * 16 * 1024)], [(b"a" * 16 * 1024, b"x")]]
)
def test_one_more_does_not(house: House, headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(Problem, match="headers_too_large"):
        check_headers(headers, house.settings)


# --- bodies


async def read(house: House, *events: Mapping[str, Any]) -> bytes:
    incoming = iter(events)

    async def receive() -> Mapping[str, Any]:
        return next(incoming)

    return await read_body(receive, house.settings.max_body)


def part(body: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


GONE = {"type": "http.disconnect"}


async def test_a_body_is_the_sum_of_its_parts(house: House) -> None:
    assert await read(house, part(b"one")) == b"one"
    assert await read(house, part(b"one", True), part(b"", True), part(b"two")) == b"onetwo"
    assert await read(house, {"type": "http.request"}) == b""


async def test_a_body_of_the_cap_passes_and_one_octet_more_does_not(house: House) -> None:
    cap = house.settings.max_body
    assert len(await read(house, part(b"a" * (cap - 1), True), part(b"a"))) == cap
    for events in ([part(b"a" * (cap + 1))], [part(b"a" * cap, True), part(b"a", True)]):
        with pytest.raises(Problem, match="too_large"):
            await read(house, *events)


@pytest.mark.parametrize(
    "length", [b"1048577", b"9" * 13, b"9" * 10_000, b"-1", b"+1", b"1.0", b"0x10", "１".encode()]
)
def test_a_length_that_is_too_large_or_no_number_is_refused_before_the_body(length: bytes) -> None:
    with pytest.raises(Problem, match="too_large"):
        declared_length({b"content-length": length}, 1_048_576)


def test_a_length_up_to_the_cap_of_its_route_is_taken() -> None:
    assert declared_length({}, 10) == 0
    assert declared_length({b"content-length": b"10"}, 10) == 10


def test_large_bodies_have_so_much_room_and_no_more() -> None:
    room = Room(10)
    with room.hold(6, "a"), room.hold(4, "b"), pytest.raises(Problem, match="unavailable"), room.hold(1, "c"):
        pytest.fail("there was no room")
    with pytest.raises(KeyError), room.hold(10, "a"):
        raise KeyError
    with room.hold(10, "a"):
        pass


def test_no_agency_takes_the_room_from_the_others() -> None:
    room = Room(40)
    with room.hold(20, "greedy"), room.hold(10, "other"), room.hold(10, "other"):
        pass
    with room.hold(20, "greedy"), pytest.raises(Problem, match="unavailable"), room.hold(1, "greedy"):
        pytest.fail("half of it is enough for one")
    with room.hold(40, "large"):
        pass  # a single body may be as large as all of it


@pytest.mark.parametrize(
    "events", [[GONE], [part(b"{", True), GONE], [part(b"", True), part(b"{", True), GONE]]
)
async def test_a_body_that_breaks_off_is_not_a_body(house: House, events: list[Mapping[str, Any]]) -> None:
    with pytest.raises(Problem, match="malformed"):
        await read(house, *events)
