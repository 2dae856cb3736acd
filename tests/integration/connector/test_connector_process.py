"""A real connector on a real port, before a gateway that goes away and comes back."""

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest

from lienthong.certificate import public_keys
from lienthong.signing import Algorithm, PrivateKey
from tests.support.certificates import KEY, certificate
from tests.support.connector_process import command, connecting, write_agency
from tests.support.fake_gateway import FakeGateway
from tests.support.stack import until

NHUNG = {"identifier": "DN4010100000017", "fullName": "Trần Thị Hồng Nhung", "born": "1990-05-17"}
SETTLED_S = 30.0


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    """A gateway that can go away."""
    found = FakeGateway(PrivateKey.generate(Algorithm.ECDSA_P256_SHA256))
    found.start()
    yield found
    found.stop()


@pytest.fixture
def agency(tmp_path: Path, gateway: FakeGateway) -> Path:
    """The hospital's folder, with the keys of certificates."""
    folder = write_agency(tmp_path / "agency", gateway.config())
    (folder / "jwks.json").write_text(json.dumps(public_keys([KEY.public])))
    return folder


def presented(gateway: FakeGateway) -> str:
    """A certificate of this gateway, made now."""
    now = datetime.now(UTC)
    return certificate(url=f"http://{gateway.authority}", now=now, valid_to=date(now.year + 1, 12, 31))


def keys(agency: Path) -> tuple[str, str]:
    return "--keys", str(agency / "jwks.json")


def test_an_outage_is_bridged_and_checked_again_by_itself(
    gateway: FakeGateway, agency: Path, tmp_path: Path
) -> None:
    with connecting(agency, tmp_path / "state", tmp_path / "log", *keys(agency)) as connector:
        assert connector.ask(**NHUNG).json()["provisional"] is False
        with gateway.away():
            kept = connector.ask(**NHUNG).json()
            # By another number, under which nothing is kept.
            shown = connector.ask(
                **NHUNG | {"identifier": "0100000017"}, certificate=presented(gateway)
            ).json()
            nobody = connector.ask(**NHUNG | {"identifier": "001190000017"})
            assert {entry["state"] for entry in connector.listed()} == {"pending"}
        assert [(told["provisional"], told["source"]) for told in (kept, shown)] == [
            (True, "kept"),
            (True, "certificate"),
        ]
        assert nobody.status_code == 503
        until(lambda: len(connector.listed("confirmed")) == 2, seconds=SETTLED_S, what="both are confirmed")
        assert connector.ask(**NHUNG).json()["provisional"] is False


def test_what_changed_during_the_outage_is_listed(gateway: FakeGateway, agency: Path, tmp_path: Path) -> None:
    with connecting(agency, tmp_path / "state", tmp_path / "log", *keys(agency)) as connector:
        with gateway.away():
            assert connector.ask(**NHUNG, certificate=presented(gateway)).json()["covered"] is True
            gateway.revoked = True
        (entry,) = until(lambda: connector.listed("changed"), seconds=SETTLED_S, what="the change is listed")
    changes = {change["what"]: change["after"] for change in entry["changes"]}
    assert changes["result_code"] == "110"
    assert changes["covered"] == "false"


def test_a_connector_that_is_killed_forgets_nothing_that_it_had_answered(
    gateway: FakeGateway, agency: Path, tmp_path: Path
) -> None:
    answered: list[str] = []
    with connecting(agency, tmp_path / "state", tmp_path / "log", *keys(agency)) as connector:
        gateway.stop()
        shc = presented(gateway)

        def ask(_: int) -> None:
            try:
                answered.append(connector.ask(**NHUNG, certificate=shc).json()["evidenceId"])
            except httpx.TransportError:
                return  # killed before it answered

        with ThreadPoolExecutor(4) as desks:
            asked = desks.map(ask, range(200))
            until(lambda: len(answered) >= 20, seconds=20, what="answers before the kill")
            connector.kill()
            list(asked)
    with connecting(agency, tmp_path / "state", tmp_path / "log", *keys(agency)) as again:
        found = {entry["evidenceId"] for entry in again.listed("pending")}
        assert set(answered) <= found
        assert len(found) <= len(answered) + 4  # written down, and killed before it was told
        gateway.start()
        until(lambda: not again.listed("pending"), seconds=SETTLED_S, what="all are checked again")
        assert {entry["evidenceId"] for entry in again.listed("confirmed")} == found


def test_one_state_has_one_connector(agency: Path, tmp_path: Path) -> None:
    with connecting(agency, tmp_path / "state", tmp_path / "log"):
        second = subprocess.run(
            command(agency, tmp_path / "state"), capture_output=True, text=True, timeout=30, check=False
        )
    assert second.returncode == 2
    assert "another connector" in second.stderr


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0"])
def test_it_does_not_start_where_other_machines_could_ask(agency: Path, tmp_path: Path, listen: str) -> None:
    refused = subprocess.run(
        command(agency, tmp_path / "state", "--listen", listen),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert refused.returncode == 2
    assert "--remote" in refused.stderr
    assert not (tmp_path / "state").exists()


def test_it_stops_when_it_is_told_to_and_logs_nothing_personal(
    gateway: FakeGateway, agency: Path, tmp_path: Path
) -> None:
    with connecting(agency, tmp_path / "state", tmp_path / "log", *keys(agency)) as connector:
        with gateway.away():
            connector.ask(**NHUNG, certificate=presented(gateway))
            connector.ask(**NHUNG | {"fullName": "Lê Thị Mai"}, certificate=presented(gateway))
        until(lambda: not connector.listed("pending"), seconds=SETTLED_S, what="checked again")
        connector.process.terminate()
        assert connector.process.wait(20) == 0
    log = (tmp_path / "log").read_text()
    assert '"answered.provisionally"' in log
    assert '"certificate.refused"' in log
    for secret in (
        "0100000017",
        "Nhung",
        "Mai",
        "1990",
        "shc:/",
        (tmp_path / "state" / "token").read_text().strip(),
    ):
        assert secret not in log
