"""Replays, revocations and grants: what one worker learns holds in all of them, and after a restart."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from deploy.local.stack import ROOT
from lienthong.agencies import admin
from tests.support.stack import ACTOR, Running, until
from tests.support.wire import CHECK, COVERED, GET, MONTHS, NHUNG, VERIFY, Connection, Sender

SEEN = frozenset({"result", "identity", "coverage", "employment", "financial"})


def terms(scope: str, *purposes: str, **more: object) -> admin.GrantTerms:
    return admin.GrantTerms(scope=scope, purposes=frozenset(purposes), data_classes=SEEN, **more)  # type: ignore[arg-type]


# --- replays


def test_a_spent_nonce_is_refused_by_every_worker(hospital: Sender, running: Running) -> None:
    raw = hospital.sign(CHECK, NHUNG)
    with running.connection_to_each_worker() as connections:
        answers = {name: connection.send(raw.wire()) for name, connection in connections.items()}
        again = {name: connection.send(raw.wire()) for name, connection in connections.items()}
    first, *others = answers.values()
    assert first.status == 200
    assert [(a.status, a.reason) for a in (*others, *again.values())] == [(401, "replayed")] * len(
        [*others, *again]
    )
    for answer in (*others, *again.values()):
        hospital.believe(raw, answer)
        entry = running.entry(answer.request_id)
        assert (entry["outcome"], entry["agency_id"], entry["nonce"]) == ("replayed", "hospital-demo", None)
        assert entry["subjects_answered"] == []
    assert running.entry(first.request_id)["nonce"] is not None


def test_many_replays_at_once_are_answered_once(hospital: Sender, running: Running) -> None:
    raw = hospital.sign(CHECK, NHUNG)
    connections = [Connection(running.gateway) for _ in range(16)]
    try:
        for connection in connections:
            connection.socket.sendall(raw.wire())
        answers = [connection.receive() for connection in connections]
    finally:
        for connection in connections:
            connection.socket.close()
    assert sorted(a.reason for a in answers) == ["ok"] + ["replayed"] * 15
    assert all(running.entry(a.request_id)["outcome"] == a.reason for a in answers)


def test_a_spent_nonce_is_refused_after_a_restart_of_every_worker(hospital: Sender, running: Running) -> None:
    raw = hospital.sign(CHECK, NHUNG, lifetime=300)
    assert hospital.send(raw).status == 200
    restart = [sys.executable, "-m", "deploy.local", "restart", *running.workers]
    subprocess.run(restart, cwd=ROOT, env=running.environment, check=True, timeout=60, capture_output=True)
    with running.connection_to_each_worker() as connections:
        answers = [connection.send(raw.wire()) for connection in connections.values()]
    assert [(a.status, a.reason) for a in answers] == [(401, "replayed")] * len(running.workers)


def test_a_nonce_of_a_refused_signature_can_still_be_used(hospital: Sender) -> None:
    """Otherwise whoever sees a nonce could spend it for the agency."""
    raw = hospital.sign(CHECK, NHUNG)
    assert hospital.send(raw.but(signature="lienthong=:AAAA:")).status == 401
    assert hospital.send(raw).status == 200


def test_the_same_nonce_under_another_key_is_another_nonce(hospital: Sender, ministry: Sender) -> None:
    nonce = "0123456789abcdef0123456789ABCDEFxyz" + str(time.time_ns())
    asked = {"identifier": NHUNG["identifier"], "fullName": NHUNG["fullName"]}
    for sender in (hospital, ministry):
        assert (
            sender.send(sender.by_hand(VERIFY, asked, covered=COVERED, params={"nonce": nonce})).status == 200
        )
    again = ministry.send(ministry.by_hand(VERIFY, asked, params={"nonce": nonce}))
    assert again.reason == "replayed"


# --- keys


def test_a_revoked_key_is_refused_by_every_worker_within_a_second(running: Running) -> None:
    sender = running.enrol_hospital(terms("coverage:check", "admission"))
    with running.connection_to_each_worker() as connections:
        assert all(c.send(sender.sign(CHECK, NHUNG).wire()).status == 200 for c in connections.values())
        with running.registry() as registry:
            admin.revoke_key(registry, sender.config.key.key_id, because="lost", actor=ACTOR)
        revoked = time.monotonic()
        for name, connection in connections.items():
            until(
                lambda c=connection: c.send(sender.sign(CHECK, NHUNG).wire()).status == 401,  # type: ignore[misc]
                seconds=max(0.0, revoked + 1.0 - time.monotonic()),
                what=f"{name} refuses the revoked key",
            )
        answers = [c.send(sender.sign(CHECK, NHUNG).wire()) for c in connections.values()]
    assert [(a.status, a.reason) for a in answers] == [(401, "signature_invalid")] * len(answers)
    entry = running.entry(answers[0].request_id)
    assert "revoked" in entry["detail"]
    assert "revoked" not in answers[0].body.decode()


def test_a_suspended_agency_is_refused_with_all_its_keys(running: Running) -> None:
    sender = running.enrol_hospital(terms("coverage:check", "admission"))
    with running.registry() as registry:
        admin.set_active(registry, sender.config.agency_id, active=False, actor=ACTOR)
    with running.connection_to_each_worker() as connections:
        for connection in connections.values():
            until(
                lambda c=connection: c.send(sender.sign(CHECK, NHUNG).wire()).status == 401,  # type: ignore[misc]
                seconds=1,
                what="the agency is refused",
            )


# --- grants


def test_a_grant_outside_of_its_dates_is_refused(running: Running) -> None:
    now = datetime.now(UTC)
    over = terms(
        "coverage:check", "admission", valid_from=now - timedelta(days=2), valid_to=now - timedelta(days=1)
    )
    ahead = terms("identity:verify", "admission", valid_from=now + timedelta(days=1))
    sender = running.enrol_hospital(over, ahead)
    for path in (CHECK, VERIFY):
        answer = sender.ask(path, NHUNG)
        assert (answer.status, answer.reason) == (403, "scope_denied")
        entry = running.entry(answer.request_id)
        assert (entry["outcome"], entry["agency_id"]) == ("scope_denied", sender.config.agency_id)


def test_own_data_needs_a_proof_of_the_person(running: Running) -> None:
    sender = running.enrol_hospital(terms("coverage:read", "own_data", "admission"))
    asked = {"identifier": NHUNG["identifier"]}
    answer = sender.ask(GET, asked, purpose="own_data")
    assert (answer.status, answer.reason) == (403, "row_denied")
    assert running.entry(answer.request_id)["purpose"] == "own_data"
    assert sender.ask(GET, asked, purpose="admission").status == 200


def test_who_is_no_employer_does_not_ask_as_one(running: Running) -> None:
    """Its request would carry no employer code, and the service would answer with everybody's rows."""
    sender = running.enrol_hospital(terms("contributions:read", "employment"))
    answer = sender.ask(MONTHS, {"identifier": NHUNG["identifier"]}, purpose="employment")
    assert (answer.status, answer.reason) == (403, "row_denied")


def test_an_employer_sees_nobody_elses_employee(employer: Sender, running: Running) -> None:
    answer = employer.ask(MONTHS, {"identifier": "001085000025"})
    assert (answer.status, answer.reason) == (403, "row_denied")
    assert running.entry(answer.request_id)["subjects_answered"] == []


def test_a_quota_holds_over_all_workers_and_names_the_wait(running: Running) -> None:
    quota = 6
    sender = running.enrol_hospital(terms("coverage:check", "admission", quota_per_minute=quota))
    with running.connection_to_each_worker() as connections:
        _await_calm_minute(20)
        answered = 0
        refused: dict[str, int] = {}
        for name, connection in connections.items():
            while True:
                answer = connection.send(sender.sign(CHECK, NHUNG).wire())
                if answer.status == 429:
                    break
                assert answer.status == 200
                answered += 1
                _await_told(running, sender, answered)
            refused[name] = int(answer.header("retry-after"))
            assert answer.reason == "quota_exceeded"
            assert answer.header("ratelimit-policy") == f'"minute";q={quota};w=60'
            assert answer.header("ratelimit") == f'"minute";r=0;t={refused[name]}'
            assert running.entry(answer.request_id)["outcome"] == "quota_exceeded"
    # A worker that has not listened yet lets one through; never less than was granted.
    assert quota <= answered < quota + len(running.workers)
    assert all(1 <= seconds <= 60 for seconds in refused.values())


def _await_calm_minute(seconds: int) -> None:
    """Return when this minute has at least so many seconds left."""
    until(lambda: time.time() % 60 < 60 - seconds, seconds=seconds + 1, what="the next minute")


def _await_told(running: Running, sender: Sender, count: int) -> None:
    """Return when the workers have told each other of ``count`` requests, and have had time to listen."""
    query = """SELECT coalesce(sum(used), 0) FROM quota_use JOIN agency_grant USING (grant_id)
               WHERE agency_id = %s AND minute = (extract(epoch FROM now())::bigint / 60)"""
    with running.registry() as registry:
        until(
            lambda: registry.execute(query, (sender.config.agency_id,)).fetchall()[0][0] == count,
            seconds=10,
            what=f"{count} requests are told",
        )


@pytest.mark.parametrize("path", [CHECK, VERIFY])
def test_a_grant_shows_only_its_classes_of_data(running: Running, path: str) -> None:
    scope = "coverage:check" if path == CHECK else "identity:verify"
    narrow = admin.GrantTerms(
        scope=scope, purposes=frozenset({"admission"}), data_classes=frozenset({"result"})
    )
    answer = running.enrol_hospital(narrow).ask(path, NHUNG)
    assert answer.status == 200
    text = answer.body.decode()
    assert not any(
        told in text
        for told in ("DN4010100000017", "registeredFacility", "personId", "changedAt", "cardCode", "newCard")
    )
