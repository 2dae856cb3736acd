"""What must not work: a replay, a changed body, a revoked key."""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

from deploy.demo.coverage import HOSPITAL, desk_knows
from deploy.demo.stage import NotAsTold, Stage, expect
from lienthong.agencies import admin
from lienthong.client import AgencyConfig, Asking, Client, NotAuthenticated
from lienthong.client.enrolment import new_key
from lienthong.client.questions import check_coverage
from lienthong.signing import Algorithm, PrivateKey

_ACTOR = "make demo"
_WITHIN_S = 1.0
# Each try is a connection of its own, so that every worker has its turn.
_IN_A_ROW = 8


def replay(stage: Stage) -> list[str]:
    """Answered once, refused the second time."""
    client = stage.client(HOSPITAL)
    sent = client.prepare(check_coverage(desk_knows(stage.person(1)), Asking()))
    first = client.send(sent)
    expect(first.status, 200, "the first answer")
    stage.answered(HOSPITAL, first)
    try:
        client.send(sent)
    except NotAuthenticated as error:
        return ["200 ok", stage.refused(HOSPITAL, error, "replayed", 401)]
    raise NotAsTold("the replay was answered")


def tampered_body(stage: Stage) -> list[str]:
    """The signature covers the digest of the body: another body is refused."""
    client = stage.client(HOSPITAL)
    sent = client.prepare(check_coverage(desk_knows(stage.person(1)), Asking()))
    body = sent.body.replace(b"001190000017", b"001085000025")
    try:
        client.send(replace(sent, body=body))
    except NotAuthenticated as error:
        return [stage.refused(HOSPITAL, error, "signature_invalid", 401)]
    raise NotAsTold("the changed body was answered")


def revoked_key(stage: Stage) -> list[str]:
    """A key works until it is revoked, and no worker takes it a second later."""
    config = _second_key(stage)
    key_id = config.key.key_id
    _until_known(stage, config)
    with stage.registry() as registry:
        admin.revoke_key(registry, key_id, because="the demo is over", actor=_ACTOR)
    took, line = _until_refused(stage, config)
    return [
        f"khoá / key {key_id[:12]}… registered, used, revoked",
        f"{line} (sau / after {took * 1000:.0f} ms)",
    ]


def _second_key(stage: Stage) -> AgencyConfig:
    """A fresh key of the hospital, enrolled as every key is; only the registry keeps it."""
    usual = AgencyConfig.load(stage.folder(HOSPITAL))
    with tempfile.TemporaryDirectory() as folder:
        now = int(time.time())
        made = new_key(
            Path(folder), agency_id=HOSPITAL, gateway=usual.gateway, algorithm=Algorithm.ED25519, now=now
        )
        key = PrivateKey.load(Path(folder) / "key.pem")
    with stage.registry() as registry:
        admin.add_key(registry, HOSPITAL, made.public_key, proof=made.proof, now=time.time(), actor=_ACTOR)
    return replace(usual, key=key)


def _until_known(stage: Stage, config: AgencyConfig) -> None:
    """Ask with the new key, each time on a new connection, until every worker surely has it."""
    deadline, in_a_row = time.monotonic() + 2 * _WITHIN_S, 0
    while in_a_row < _IN_A_ROW:
        try:
            with Client(config) as client:
                receipt = client.ask(check_coverage(desk_knows(stage.person(1)), Asking()))
        except NotAuthenticated as error:
            in_a_row = 0
            if time.monotonic() > deadline:
                raise NotAsTold(f"the new key was not accepted: {error}") from error
        else:
            in_a_row += 1
            stage.answered(HOSPITAL, receipt)


def _until_refused(stage: Stage, config: AgencyConfig) -> tuple[float, str]:
    """Seconds until the last answer, and the refusal; raises when one came too late."""
    revoked, last_answer, in_a_row, line = time.monotonic(), 0.0, 0, ""
    while in_a_row < _IN_A_ROW:
        with Client(config) as client:
            try:
                client.ask(check_coverage(desk_knows(stage.person(1)), Asking()))
            except NotAuthenticated as error:
                in_a_row += 1
                line = stage.refused(HOSPITAL, error, "signature_invalid", 401)
                continue
        in_a_row, last_answer = 0, time.monotonic() - revoked
        if last_answer > _WITHIN_S:
            raise NotAsTold(f"the revoked key was still answered after {last_answer:.2f} s")
    return last_answer, line
