"""A card that works offline, on the running stack: issued, verified with the gateway stopped, bridged, re-checked."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from deploy.local import health
from deploy.local.stack import ROOT
from deploy.local.supervisor import Supervisor
from lienthong.certificate import CertificateKeys, verify
from lienthong.client import Asking, Client, NotAllowed, NotCovered, Person, RetryPolicy
from tests.support.connector_process import connecting
from tests.support.stack import Running, until

NHUNG = Person(identifier="001190000017", full_name="Trần Thị Hồng Nhung", born="1990-05-17")
BINH = Person(identifier="001085000025", full_name="Nguyễn Văn Bình", born="1985-11-02")
ASKED = {"identifier": NHUNG.identifier, "fullName": NHUNG.full_name, "born": NHUNG.born}
BACK_S = 30.0


@contextmanager
def gateway_stopped(running: Running) -> Iterator[None]:
    """No worker of the gateway runs for the length of the block."""
    supervisor = Supervisor(running.stack)
    for name in running.workers:
        supervisor.stop(name)
    try:
        yield
    finally:
        for name in running.workers:
            supervisor.start(name)
        for name in running.workers:
            until(
                lambda name=name: health.missing(running.stack, name) is None,  # type: ignore[misc]
                seconds=BACK_S,
                what=f"{name} does its work",
            )


@pytest.fixture
def client(running: Running) -> Iterator[Client]:
    """The demo hospital's."""
    with Client(running.demo("hospital-demo").config, retry=RetryPolicy(tries=1)) as client:
        yield client


@pytest.fixture
def jwks(running: Running, tmp_path: Path) -> Path:
    """The published keys, kept while the line is up."""
    path = tmp_path / "jwks.json"
    path.write_bytes(httpx.get(f"{running.gateway}/.well-known/jwks.json", trust_env=False).content)
    return path


def test_the_keys_are_published_for_any_verifier(running: Running) -> None:
    answer = httpx.get(f"{running.gateway}/.well-known/jwks.json", trust_env=False)
    assert answer.headers["access-control-allow-origin"] == "*"
    (key,) = answer.json()["keys"]
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
    assert "d" not in key


def test_a_certificate_is_issued_audited_and_verified_by_the_published_keys(
    running: Running, client: Client, jwks: Path
) -> None:
    answer = client.issue_certificate(NHUNG)
    now = datetime.now(UTC)
    told = verify(answer.shc, CertificateKeys.load(jwks), now=now, issuer=running.gateway)
    assert (told.holder.full_name, told.card.code) == (NHUNG.full_name, "DN4010100000017")
    assert answer.expires_at == told.expires_at
    assert answer.receipt is not None
    entry = running.entry(answer.receipt.request_id)
    assert (entry["outcome"], entry["subjects_answered"]) == ("ok", [1])


def test_who_is_not_covered_gets_no_certificate_but_the_portals_code(
    running: Running, client: Client
) -> None:
    with pytest.raises(NotCovered) as refused:
        client.issue_certificate(BINH)
    assert refused.value.result_code == "010"
    assert running.entry(refused.value.request_id)["outcome"] == "not_covered"
    with pytest.raises(NotCovered) as mismatched:
        client.issue_certificate(Person(identifier=NHUNG.identifier, full_name="Lê Thị Mai", born=1990))
    assert mismatched.value.result_code in {"060", "061"}


def test_a_citizen_gets_her_own_certificate_and_nobody_elses(running: Running, jwks: Path) -> None:
    herself = Asking(purpose="own_data", staff=NHUNG.identifier)
    with Client(running.demo("citizens-demo").config) as portal:
        answer = portal.issue_certificate(NHUNG, asking=herself)
        told = verify(answer.shc, CertificateKeys.load(jwks), now=datetime.now(UTC), issuer=running.gateway)
        assert told.holder.full_name == NHUNG.full_name
        with pytest.raises(NotAllowed) as refused:
            portal.issue_certificate(BINH, asking=herself)
    assert refused.value.reason == "row_denied"


def test_an_agency_without_the_scope_gets_none(running: Running) -> None:
    with Client(running.demo("ministry-demo").config) as ministry, pytest.raises(NotAllowed):
        ministry.issue_certificate(NHUNG)


def test_with_the_gateway_stopped_a_certificate_is_verified_and_the_desk_answered_and_then_checked_again(
    running: Running, client: Client, jwks: Path, tmp_path: Path
) -> None:
    shc = tmp_path / "card.shc"
    shc.write_text(client.issue_certificate(NHUNG).shc)
    agency = running.stack.agencies / "hospital-demo"
    with connecting(agency, tmp_path / "state", tmp_path / "log", "--keys", str(jwks)) as connector:
        assert connector.ask(**ASKED).json()["provisional"] is False
        with gateway_stopped(running):
            offline = ["certificate", "verify", str(shc), "--keys", str(jwks), "--issuer", running.gateway]
            verified = subprocess.run(
                [sys.executable, "-m", "lienthong.cli", *offline, "--json"],
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            )
            kept = connector.ask(**ASKED).json()
            # By another number, under which nothing is kept.
            by_card = ASKED | {"identifier": "DN4010100000017"}
            shown = connector.ask(**by_card, certificate=shc.read_text()).json()
            forged = connector.ask(**ASKED | {"born": "1990"}, certificate=shc.read_text()[:-2] + "45")
        assert json.loads(verified.stdout)["cardCode"] == "DN4010100000017"
        assert (kept["provisional"], kept["source"], kept["covered"]) == (True, "kept", True)
        assert (shown["provisional"], shown["source"], shown["covered"]) == (True, "certificate", True)
        assert (forged.status_code, forged.json()["reason"]) == (503, "certificate_refused")
        until(lambda: len(connector.listed("confirmed")) == 2, seconds=60, what="checked again")
        assert connector.ask(**ASKED).json()["provisional"] is False
