"""``lienthong connect`` as a process of its own, and the hospital's software that asks it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx

from deploy.local.stack import ROOT
from lienthong.client import AgencyConfig
from lienthong.signing import key_directory

_ADDRESS = re.compile(r"http://\S+")
_STOP_S = 20


@dataclass(slots=True)
class Connecting:
    """A running connector."""

    process: subprocess.Popen[str]
    http: httpx.Client

    def ask(self, **question: Any) -> httpx.Response:
        """POST /check."""
        return self.http.post("/check", json=question)

    def listed(self, state: str = "") -> list[dict[str, Any]]:
        """GET /provisional."""
        answer = self.http.get("/provisional", params={"state": state} if state else {})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["provisional"]
        return found

    def kill(self) -> None:
        """As if the machine had lost its power, as far as a process can."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(_STOP_S)


def command(agency: Path, state: Path, *more: str) -> list[str]:
    """The command line."""
    listen = () if "--listen" in more else ("--listen", "127.0.0.1:0")
    run = [sys.executable, "-m", "lienthong.cli", "--agency", str(agency), "connect"]
    return [*run, "--state", str(state), *listen, *more]


@contextmanager
def connecting(agency: Path, state: Path, log: Path, *more: str) -> Iterator[Connecting]:
    """A connector for the length of the block, its standard output in ``log``; it is told to stop at the end."""
    with log.open("a") as out:
        process = subprocess.Popen(
            command(agency, state, *more),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'protos' / 'gen'}"},
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
        )
    try:
        address = _address(process)
        token = (state / "token").read_text().strip()
        headers = {"authorization": f"Bearer {token}"}
        with httpx.Client(base_url=address, headers=headers, timeout=20, trust_env=False) as http:
            yield Connecting(process, http)
    finally:
        process.terminate()
        process.wait(_STOP_S)
        if process.stderr is not None:
            process.stderr.close()


def _address(process: subprocess.Popen[str]) -> str:
    stream: IO[str] | None = process.stderr
    assert stream is not None
    line = stream.readline()
    found = _ADDRESS.search(line)
    assert found, f"the connector did not start: {line}{stream.read()}"
    return found[0]


def write_agency(folder: Path, config: AgencyConfig) -> Path:
    """The agency as a folder."""
    folder.mkdir()
    (folder / "key.pem").write_bytes(config.key.to_pem())
    (folder / "gateway-keys.json").write_text(json.dumps(key_directory(config.gateway_keys.values())))
    settings = f'agency_id = "{config.agency_id}"\ngateway = "{config.gateway}"\n'
    (folder / "agency.toml").write_text(f'{settings}purpose = "admission"\nstaff = "desk-1"\n')
    return folder
