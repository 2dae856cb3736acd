"""Good requests beside bad ones, and whatever a generator makes: signed correctly, answered without a 500."""

import threading
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.bad_input import OTHER_PERSON
from tests.support.stack import Running
from tests.support.wire import AUDIT, BATCH, CHECK, GET, MONTHS, NHUNG, VERIFY, Connection, Sender

WRONG = NHUNG | {"identifier": "123"}
UNKNOWN = NHUNG | {"identifier": "001299999999"}


def test_1000_people_are_answered_in_one_batch_and_counted(hospital: Sender, running: Running) -> None:
    answer = hospital.ask(BATCH, {"requests": [NHUNG, OTHER_PERSON, UNKNOWN, NHUNG] * 250})
    assert answer.status == 200
    codes = [result["response"]["resultCode"] for result in answer.document["results"]]
    assert codes[:2] == ["000", "010"]
    assert codes == codes[:4] * 250
    entry = running.entry(answer.request_id)
    assert len(entry["subjects_asked"]) == 1000
    assert len(entry["subjects_answered"]) == 750, "nobody was answered about behind an unknown identifier"
    assert len(set(entry["subjects_asked"])) == 3


def test_a_bad_item_of_a_batch_leaves_the_others_their_answers(hospital: Sender) -> None:
    answer = hospital.ask(BATCH, {"requests": [NHUNG, WRONG, OTHER_PERSON]})
    assert answer.status == 200
    first, second, third = answer.document["results"]
    assert first["response"]["resultCode"] == "000"
    assert third["response"]["resultCode"] == "010"
    assert "response" not in second
    assert "123" not in str(second["error"])


def together(sender: Sender, *asked: tuple[str, object]) -> list[Any]:
    """The answers to requests that are sent at once, over one connection each."""
    connections = [Connection(sender.config.gateway) for _ in asked]
    try:
        for connection, (path, content) in zip(connections, asked, strict=True):
            connection.socket.sendall(sender.sign(path, content).wire())
        return [connection.receive() for connection in connections]
    finally:
        for connection in connections:
            connection.socket.close()


def test_a_wrong_request_spoils_none_that_shares_its_call(hospital: Sender, employer: Sender) -> None:
    for sender, path, right in (
        (hospital, CHECK, NHUNG),
        (employer, MONTHS, {"identifier": NHUNG["identifier"]}),
    ):
        answers = together(sender, *[(path, right), (path, right | {"identifier": "123"})] * 20)
        assert [a.status for a in answers[::2]] == [200] * 20
        assert [(a.status, a.fields) for a in answers[1::2]] == [(422, ["identifier"])] * 20


def test_a_client_that_hangs_up_takes_no_neighbour_along(hospital: Sender) -> None:
    gone = [Connection(hospital.config.gateway) for _ in range(20)]
    for connection in gone:
        connection.socket.sendall(hospital.sign(CHECK, NHUNG).wire())
        connection.socket.close()
    assert [a.status for a in together(hospital, *[(CHECK, NHUNG)] * 20)] == [200] * 20


def test_answers_never_meet_the_wrong_request(hospital: Sender) -> None:
    """Each thread asks about its own person over its own connection while all share calls."""
    asked = [(NHUNG, "000"), (OTHER_PERSON, "010"), (UNKNOWN, None)] * 4
    told: dict[int, set[str | None]] = {}

    def ask(number: int) -> None:
        content, right = asked[number]
        told[number] = set()
        with Connection(hospital.config.gateway) as connection:
            for _ in range(20):
                raw = hospital.sign(CHECK, content)
                answer = connection.send(raw.wire())
                hospital.believe(raw, answer)
                code = answer.document["resultCode"]
                told[number].add(right if right is None and code not in {"000", "010"} else code)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(asked))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == {number: {right} for number, (_, right) in enumerate(asked)}


# --- whatever a generator makes

NAMES = st.sampled_from(
    ["identifier", "fullName", "full_name", "born", "visitOn", "sex", "requests", "pageSize", "pageToken", "since",
     "until", "outcome", "asOf", "fromMonth", "toMonth", "agencyId", "personId", "facilityCode", "x"]
)  # fmt: skip
LIKELY = st.sampled_from(
    ["001190000017", "0100000017", "DN4010100000017", "Trần Thị Hồng Nhung", "1990-05-17", "1990", "2026-11", "ok",
     "SEX_FEMALE", "9999-12-31", "0001-01-01", "2026-11-22T00:00:00Z", "-1", "", "\u0000", "\u202e", "😀" * 50,
     "Infinity", "YmVmb3JlOjE=", "9" * 19]
)  # fmt: skip
SCALARS = st.one_of(
    LIKELY, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=120)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=8), inner, max_size=6)
    ),
    max_leaves=12,
)
BODIES = st.one_of(
    st.dictionaries(NAMES, JSON, max_size=8),
    st.builds(lambda more: NHUNG | more, st.dictionaries(NAMES, SCALARS, max_size=2)),
    st.builds(lambda more: {"requests": [NHUNG, NHUNG | more]}, st.dictionaries(NAMES, SCALARS, max_size=2)),
    JSON,
    st.binary(max_size=200),
)
PATHS = {CHECK: "hospital-demo", VERIFY: "hospital-demo", BATCH: "hospital-demo", GET: "hospital-demo",
         MONTHS: "employer-demo", AUDIT: "auditor-demo"}  # fmt: skip


def test_no_signed_body_makes_the_gateway_fail(running: Running) -> None:
    senders = {name: running.demo(name) for name in set(PATHS.values())}
    answered: list[int] = []
    busy: list[str] = []

    with Connection(running.gateway) as connection:

        @settings(
            max_examples=500,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(st.sampled_from(sorted(PATHS)), BODIES)
        def fuzz(path: str, content: Any) -> None:
            raw = senders[PATHS[path]].sign(path, content)
            answer = connection.send(raw.wire())
            if answer.status == 503:  # a machine that stood still for seconds: allowed once in all
                busy.append(path)
                raw = senders[PATHS[path]].sign(path, content)
                answer = connection.send(raw.wire())
            answered.append(answer.status)
            assert answer.status in {200, 400, 403, 404, 422}, (path, content, answer)
            senders[PATHS[path]].believe(raw, answer)

        fuzz()
    assert len(answered) >= 500
    assert len(busy) <= 1
    assert {200, 400, 422} <= set(answered)
