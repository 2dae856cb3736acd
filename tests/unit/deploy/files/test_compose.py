"""The Compose example fits the programs: variables, commands, secrets, and what prepare.sh makes."""

import base64
import json
import re
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from cryptography import x509

from deploy.local.stack import SERVICES as LOCAL_SERVICES
from deploy.local.stack import WRITERS
from lienthong.audit.entry import Pseudonyms
from lienthong.certificate import CertificateKeys, public_keys
from lienthong.signing import PrivateKey
from tests.support.documents import ROOT
from tests.support.settings import expect_fitting

FOLDER = ROOT / "deploy" / "compose"
FILE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = {
    name: service["command"][2]
    for name, service in SERVICES.items()
    if any(key.startswith("LIENTHONG_") for key in service.get("environment", {}))
}


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compose") / "secrets"
    for _ in range(2):  # the second run keeps what the first one made
        subprocess.run([FOLDER / "prepare.sh", folder], check=True, capture_output=True, timeout=60)
    return folder


def mounted(service: dict[str, Any]) -> dict[str, str]:
    """Path in the container -> name of the secret."""
    entries = [s if isinstance(s, dict) else {"source": s} for s in service.get("secrets", [])]
    return {f"/run/secrets/{e.get('target', e['source'])}": e["source"] for e in entries}


def test_every_process_of_the_local_stack_runs_here_too() -> None:
    assert {*WRITERS, *LOCAL_SERVICES, "gateway-1", "gateway-2"} == OURS.keys()


@pytest.mark.parametrize("name", OURS)
def test_a_process_gets_every_variable_that_it_needs_and_none_that_it_does_not_know(name: str) -> None:
    expect_fitting(OURS[name], set(SERVICES[name]["environment"]))


@pytest.mark.parametrize("name", SERVICES)
def test_a_path_of_a_secret_is_mounted(name: str) -> None:
    values = SERVICES[name].get("environment", {}).values()
    paths = {path for value in values for path in re.findall(r"/run/secrets/[^&]+$", value)}
    assert paths <= mounted(SERVICES[name]).keys()


def test_a_process_logs_in_to_the_broker_as_itself(secrets: Path) -> None:
    known = {
        user["name"] for user in json.loads((secrets / "rabbitmq-definitions.json").read_text())["users"]
    }
    for name, service in SERVICES.items():
        url = service.get("environment", {}).get("LIENTHONG_AMQP_URL")
        if url is not None:
            user = urlsplit(url).username
            assert user in known
            assert user == WRITERS[name]
            assert mounted(service)["/run/secrets/broker"] == f"rabbitmq-{user}.password"


def test_prepare_gives_the_broker_the_hashes_of_the_passwords_that_it_made(secrets: Path) -> None:
    for user in json.loads((secrets / "rabbitmq-definitions.json").read_text())["users"]:
        password = (secrets / f"rabbitmq-{user['name']}.password").read_text().strip()
        raw = base64.b64decode(user["password_hash"])
        assert raw[4:] == sha256(raw[:4] + password.encode()).digest()


def test_a_value_with_a_password_stands_nowhere() -> None:
    for service in SERVICES.values():
        for variable, value in service.get("environment", {}).items():
            assert "password" not in value.lower() or variable.endswith("_FILE")
            assert not re.search(r"//[^/@]*:[^/@]*@", value)


def test_every_secret_is_declared_and_used() -> None:
    used = {secret for service in SERVICES.values() for secret in mounted(service).values()}
    assert used == FILE["secrets"].keys()


def test_prepare_makes_every_secret(secrets: Path) -> None:
    for declared in FILE["secrets"].values():
        assert (secrets / Path(declared["file"]).name).stat().st_size > 0
    assert secrets.stat().st_mode & 0o077 == 0


def test_prepare_makes_certificates_of_one_authority_by_process_name(secrets: Path) -> None:
    authority = x509.load_pem_x509_certificate((secrets / "ca.pem").read_bytes())
    for name, host in [("identity", "identity"), ("gateway", "gateway"), ("https", "gateway.localhost")]:
        certificate = x509.load_pem_x509_certificate((secrets / f"{name}.pem").read_bytes())
        certificate.verify_directly_issued_by(authority)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == [host]


def test_prepare_makes_keys_that_the_gateway_takes(secrets: Path) -> None:
    assert PrivateKey.load(secrets / "answer-signing.pem").public.algorithm == "ecdsa-p256-sha256"
    assert Pseudonyms.load(secrets / "pseudonym.hex").of("001190000017")


def test_prepare_publishes_the_public_half_of_the_key_that_signs_certificates(secrets: Path) -> None:
    key = PrivateKey.load(secrets / "certificate-signing.pem")
    keys = CertificateKeys.load(secrets / "certificate-keys.json")
    assert public_keys(keys.values()) == public_keys([key.public])
    assert json.loads((secrets / "certificate-keys.json").read_text()) == public_keys([key.public])


def test_every_database_url_names_a_section_of_its_service_file(secrets: Path) -> None:
    for service in SERVICES.values():
        for variable, value in service.get("environment", {}).items():
            if "DATABASE_URL" in variable:
                source = mounted(service)[service["environment"]["PGSERVICEFILE"]]
                assert f"[{value.partition('service=')[2]}]" in (secrets / source).read_text().splitlines()


def test_who_must_wait_for_whom_exists() -> None:
    for service in SERVICES.values():
        assert set(service.get("depends_on", [])) <= SERVICES.keys()
        assert set(service["networks"]) <= FILE["networks"].keys()


def test_the_balancer_knows_the_gateways_by_their_port() -> None:
    servers = re.findall(r"^  server (\S+) (\S+)", (FOLDER / "haproxy.cfg").read_text(), re.MULTILINE)
    gateways = {name for name in SERVICES if name.startswith("gateway-")}
    assert {name for name, _ in servers} == gateways
    for name, address in servers:
        port = SERVICES[name]["environment"]["LIENTHONG_LISTEN"].rpartition(":")[2]
        assert address == f"{name}:{port}"


def test_the_image_copies_what_exists_and_the_context_lets_it_through() -> None:
    lines = (FOLDER / "Dockerfile").read_text().splitlines()
    copied = {line.split()[1] for line in lines if re.match(r"COPY (?!--)", line)}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == allowed
    assert all((ROOT / path).exists() for path in copied)
