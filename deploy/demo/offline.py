"""The line is down: a certificate is verified, the connector answers provisionally and asks again."""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from deploy.demo import scenery
from deploy.demo.coverage import HOSPITAL, desk_knows
from deploy.demo.stage import NotAsTold, Stage, expect
from deploy.local import health, waiting
from deploy.local.stack import Stack
from deploy.local.supervisor import Supervisor
from deploy.nation.cast import Member

_WAIT_S = 30.0
_HTTP_S = 15.0
_CLI = [sys.executable, "-m", "lienthong.cli"]


@dataclass(slots=True)
class Hospital:
    """What the hospital has at hand when the line goes down: a folder, and its running connector."""

    folder: Path
    address: str
    process: subprocess.Popen[bytes]
    certificate: str = ""
    down: list[str] = field(default_factory=list)
    """Gateway workers that were stopped."""

    @property
    def keys(self) -> Path:
        """The issuer's public keys, fetched while the line was up."""
        return self.folder / "jwks.json"

    @property
    def card(self) -> Path:
        """The certificate as the patient carries it."""
        return self.folder / "card.shc"

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request to the connector."""
        token = (self.folder / "state" / "token").read_text().strip()
        answer = httpx.request(
            method,
            f"{self.address}{path}",
            json=body,
            headers={"authorization": f"Bearer {token}"},
            timeout=_HTTP_S,
            trust_env=False,
        )
        if answer.status_code != httpx.codes.OK:
            raise NotAsTold(f"the connector answers {answer.status_code} {answer.text[:200]}")
        document: dict[str, Any] = answer.json()
        return document

    def close(self) -> None:
        """End the connector, and leave nothing of it."""
        self.process.terminate()
        self.process.wait(timeout=_WAIT_S)
        shutil.rmtree(self.folder)


def certificate(stage: Stage) -> list[str]:
    """Issued while the line is up: the patient's QR code, and the keys that verify it."""
    person = stage.person(1)
    answer = stage.client(HOSPITAL).issue_certificate(desk_knows(person))
    stage.answered(HOSPITAL, answer.receipt)
    if answer.expires_at is None or not answer.shc.startswith("shc:/"):
        raise NotAsTold("no certificate in the answer")
    hospital = stage.hospital = _open(stage)
    hospital.certificate = answer.shc
    hospital.card.write_text(answer.shc)
    # Of her an answer is kept; of the other one the hospital has nothing but the certificate.
    known = hospital.ask("POST", "/check", _question(_newcomer(stage)))
    expect((known["resultCode"], known["provisional"]), ("000", False), "the connector's answer by the line")
    return [
        f"shc:/ {len(answer.shc):,} chữ số / digits, đến / until {answer.expires_at:%Y-%m-%d %H:%M}Z",
        f"lienthong connect: {hospital.address}, line {hospital.ask('GET', '/status')['line']}",
    ]


def line_down(stage: Stage) -> list[str]:
    """Every gateway is stopped. The certificate holds, the connector answers, and says that it is provisional."""
    hospital = _hospital(stage)
    hospital.down = _stop_gateways(stage.stack)
    verified = subprocess.run(
        [*_CLI, "certificate", "verify", str(hospital.card), "--keys", str(hospital.keys)],
        capture_output=True,
        text=True,
        timeout=_WAIT_S,
        check=False,
    )
    expect(verified.returncode, 0, "the exit status of lienthong certificate verify")
    person, newcomer = stage.person(1), _newcomer(stage)
    shown = hospital.ask("POST", "/check", _question(person) | {"certificate": hospital.certificate})
    kept = hospital.ask("POST", "/check", _question(newcomer))
    told = [(one["provisional"], one["source"], one["resultCode"]) for one in (shown, kept)]
    expect(told, [(True, "certificate", "000"), (True, "kept", "000")], "the provisional answers")
    # What the hospital cannot know meanwhile.
    scenery.revoke_card(stage.stack, newcomer)
    return [
        f"{len(hospital.down)} gateways dừng / stopped; lienthong certificate verify: [green]0[/]",
        f"{person.full_name}: 000 [yellow]provisional[/], {shown['provisionalReason']['vi']}",
        f"{newcomer.full_name}: 000 [yellow]provisional[/], {kept['provisionalReason']['vi']}",
        "trong lúc đó thẻ thứ hai bị thu hồi / meanwhile the second card is revoked",
    ]


def line_back(stage: Stage) -> list[str]:
    """The connector has asked again by itself, and lists what changed."""
    hospital = _hospital(stage)
    _start_gateways(stage.stack, hospital)
    begun = time.monotonic()

    def missing() -> str | None:
        pending = hospital.ask("GET", "/provisional?state=pending")["provisional"]
        return f"{len(pending)} provisional answers wait" if pending else None

    waiting.until(missing, seconds=_WAIT_S)
    took = time.monotonic() - begun
    listed = {one["identifier"]: one for one in hospital.ask("GET", "/provisional")["provisional"]}
    person, newcomer = stage.person(1), _newcomer(stage)
    states = [listed[one.personal_id]["state"] for one in (person, newcomer)]
    expect(states, ["confirmed", "changed"], "what became of the provisional answers")
    changes = {change["what"]: change for change in listed[newcomer.personal_id]["changes"]}
    expect(
        (changes["result_code"]["before"], changes["result_code"]["after"]), ("000", "110"), "what changed"
    )
    return [
        f"{person.full_name}: [green]confirmed[/]",
        f"{newcomer.full_name}: [red]changed[/] "
        + ", ".join(f"{what} {one['before']} → {one['after']}" for what, one in changes.items()),
        f"{took:.1f} s sau khi có lại đường truyền / after the line came back",
    ]


def clear(stage: Stage) -> None:
    """Nothing of this outlives the story: the gateways run, the connector does not."""
    if stage.hospital is not None:
        _start_gateways(stage.stack, stage.hospital)
        stage.hospital.close()


def _open(stage: Stage) -> Hospital:
    """A connector of the hospital, with the issuer's keys."""
    folder = Path(tempfile.mkdtemp(prefix="lienthong-demo-"))
    keys = httpx.get(f"{stage.stack.gateway_url}/.well-known/jwks.json", timeout=_HTTP_S, trust_env=False)
    (folder / "jwks.json").write_bytes(keys.raise_for_status().content)
    port = _free_port()
    process = subprocess.Popen(
        [
            *_CLI, "--agency", str(stage.folder(HOSPITAL)), "connect", "--state", str(folder / "state"),
            "--listen", f"127.0.0.1:{port}", "--keys", str(folder / "jwks.json"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    hospital = Hospital(folder, f"http://127.0.0.1:{port}", process)

    def missing() -> str | None:
        if process.poll() is not None:
            raise NotAsTold(f"lienthong connect ended with {process.returncode}")
        try:
            hospital.ask("GET", "/status")
        except (OSError, httpx.TransportError) as error:
            return f"the connector does not answer: {error}"
        return None

    try:
        waiting.until(missing, seconds=_WAIT_S)
    except BaseException:
        hospital.close()
        raise
    return hospital


def _stop_gateways(stack: Stack) -> list[str]:
    supervisor = Supervisor(stack)
    names = [state.name for state in supervisor.states() if state.name.startswith("gateway-")]
    for name in names:
        supervisor.stop(name)
    return names


def _start_gateways(stack: Stack, hospital: Hospital) -> None:
    supervisor = Supervisor(stack)
    for name in hospital.down:
        supervisor.start(name)
    for name in hospital.down:
        waiting.until(partial(health.missing, stack, name), seconds=_WAIT_S)
    hospital.down = []


def _question(member: Member) -> dict[str, Any]:
    return {"identifier": member.personal_id, "fullName": member.full_name, "born": member.born}


def _hospital(stage: Stage) -> Hospital:
    if stage.hospital is None:
        raise NotAsTold("there is no connector")
    return stage.hospital


def _newcomer(stage: Stage) -> Member:
    if stage.newcomer is None:
        raise NotAsTold("nobody was declared")
    return stage.newcomer


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
