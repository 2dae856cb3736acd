"""The guide's examples, run as an integrating developer runs them: from no key to the signed answer."""

import json
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from lienthong.client import AgencyConfig, Client, NotAuthenticated
from lienthong.signing import WEBHOOK_TAG, Algorithm, PrivateKey, key_directory, prepare_request
from tests.support.stack import until

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
NHUNG = ("001190000017", "Trần Thị Hồng Nhung", "1990-05-17")
LIENTHONG = (sys.executable, "-m", "lienthong.cli")

# A developer has one of these; this machine may not have all of them.
LANGUAGES = [
    name
    for name, tools in {"python": (), "shell": ("curl", "openssl"), "node": ("node",)}.items()
    if all(shutil.which(tool) for tool in tools)
]


def execute(*words: str | Path, code: int = 0) -> str:
    done = subprocess.run(
        [str(word) for word in words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def enrol(language: str, folder: Path, agency_id: str, gateway: str) -> None:
    """What the agency does itself."""
    if language == "python":
        usual = ("--purpose", "admission", "--staff", "desk-1")
        execute(
            *LIENTHONG, "agency", "key", "new", folder, "--agency-id", agency_id, "--gateway", gateway, *usual
        )
    elif language == "shell":
        execute(EXAMPLES / "shell" / "enrol.sh", folder, agency_id, gateway)
    else:
        execute("node", EXAMPLES / "node" / "enrol.mjs", folder, agency_id, gateway)


def check_command(language: str, folder: Path) -> tuple[str | Path, ...]:
    """The example that asks."""
    return {
        "python": (sys.executable, EXAMPLES / "python" / "check.py", folder),
        "shell": (EXAMPLES / "shell" / "check.sh", folder),
        "node": ("node", EXAMPLES / "node" / "check.mjs", folder),
    }[language]


def registered(folder: Path, agency_id: str) -> None:
    """What VSS does, and the wait until every gateway knows the key (less than a second)."""
    registry = (*LIENTHONG, "agency")
    execute(*registry, "add", agency_id, "--name", "Guide", "--kind", "hospital", "--facility-code", "01001")
    execute(*registry, "key", "add", agency_id, folder / "enrolment.json")
    seen = [word for name in ("result", "identity", "coverage") for word in ("--data-class", name)]
    execute(*registry, "grant", agency_id, "coverage:check", "--purpose", "admission", *seen)
    execute(*LIENTHONG, "--agency", folder, "keys", "--pin")
    config, deadline, accepted = AgencyConfig.load(folder), time.monotonic() + 5, 0
    while accepted < 8:  # each on a connection of its own: every worker has its turn
        try:
            with Client(config) as client:
                client.check_coverage(NHUNG[0], full_name=NHUNG[1], born=NHUNG[2])
            accepted += 1
        except NotAuthenticated:
            assert time.monotonic() < deadline, "the new key was not accepted"


@pytest.fixture(scope="module", params=LANGUAGES)
def agency(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    stack_variable: Callable[[str], str],
) -> tuple[str, Path]:
    """An agency that came by the way of one language."""
    language: str = request.param
    agency_id = f"guide-{uuid.uuid4().hex[:10]}"
    folder = tmp_path_factory.mktemp("agencies") / agency_id
    enrol(language, folder, agency_id, stack_variable("GATEWAY_URL"))
    registered(folder, agency_id)
    return language, folder


@pytest.fixture
def enrolled(agency: tuple[str, Path], tmp_path: Path) -> tuple[str, Path]:
    """Its language, and a copy of its folder for one test to spoil."""
    language, folder = agency
    return language, shutil.copytree(folder, tmp_path / "agency")


def test_from_no_key_to_the_first_signed_answer(enrolled: tuple[str, Path]) -> None:
    language, folder = enrolled
    shown = execute(*check_command(language, folder), *NHUNG)
    if language == "python":
        assert shown.splitlines()[0].startswith("000 ")
        assert "DN4010100000017" in shown
    else:
        answer = json.loads(shown)
        assert (answer["resultCode"], answer["covered"]) == ("000", True)
        assert answer["card"]["cardCode"] == "DN4010100000017"
    refused = 1 if language == "python" else 3
    execute(*check_command(language, folder), "12", *NHUNG[1:], code=refused)


def test_the_fhir_example_asks_about_a_visit(enrolled: tuple[str, Path]) -> None:
    _, folder = enrolled
    example = (sys.executable, EXAMPLES / "python" / "fhir.py", folder)
    shown = execute(*example, *NHUNG, "1250000").splitlines()
    assert shown[0].startswith("complete - ")
    assert "inforce: True" in shown[1]
    assert "  copay-percent: 20" in shown
    assert any(line.startswith("  benefit: {'value': 1000000") for line in shown)
    execute(*example, NHUNG[0], NHUNG[1], "17/05/1990", code=1)


def test_an_answer_under_a_key_that_is_not_pinned_is_not_believed(enrolled: tuple[str, Path]) -> None:
    language, folder = enrolled
    stranger = PrivateKey.generate(Algorithm.ECDSA_P256_SHA256).public
    (folder / "gateway-keys.json").write_text(json.dumps(key_directory([stranger])))
    assert execute(*check_command(language, folder), *NHUNG, code=1 if language == "python" else 5) == ""


def test_an_answer_whose_signature_is_anothers_is_not_believed(enrolled: tuple[str, Path]) -> None:
    """The pinned key has the right name and the wrong value: only the cryptography can tell."""
    language, folder = enrolled
    directory = json.loads((folder / "gateway-keys.json").read_text())
    stranger = PrivateKey.generate(Algorithm.ECDSA_P256_SHA256).public.to_jwk()
    directory["keys"] = [{**stranger, "kid": directory["keys"][0]["kid"]}]
    (folder / "gateway-keys.json").write_text(json.dumps(directory))
    assert execute(*check_command(language, folder), *NHUNG, code=1 if language == "python" else 5) == ""


def test_the_batch_example_keeps_the_good_lines_beside_a_wrong_one(
    stack_variable: Callable[[str], str],
) -> None:
    folder = Path(stack_variable("RUN")) / "agencies" / "hospital-demo"
    shown = execute(sys.executable, EXAMPLES / "python" / "batch.py", folder).splitlines()
    assert shown[0] == "Trần Thị Hồng Nhung 000 True"
    assert shown[1] == "Nguyễn Văn Bình 010 False"
    assert shown[2].startswith("Sai số invalid_argument")


@pytest.fixture(scope="module", params=[name for name in LANGUAGES if name != "shell"])
def employer(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    stack_variable: Callable[[str], str],
) -> tuple[str, Path]:
    """An employer that came by the way of one language and may declare."""
    language: str = request.param
    agency_id = f"guide-{uuid.uuid4().hex[:10]}"
    folder = tmp_path_factory.mktemp("employers") / agency_id
    enrol(language, folder, agency_id, stack_variable("GATEWAY_URL"))
    settings = folder / "agency.toml"
    settings.write_text(settings.read_text().replace('"admission"', '"employment"'))
    registry = (*LIENTHONG, "agency")
    unit = ("--kind", "employer", "--employer-code", "0100000001DNA03")
    execute(*registry, "add", agency_id, "--name", "Guide", *unit)
    execute(*registry, "key", "add", agency_id, folder / "enrolment.json")
    for scope in ("declarations:submit", "operations:read"):
        execute(*registry, "grant", agency_id, scope, "--purpose", "employment", "--data-class", "result")
    execute(*LIENTHONG, "--agency", folder, "keys", "--pin")
    accepted, deadline = 0, time.monotonic() + 5
    while accepted < 8:
        try:
            with Client(folder) as client:
                client.operation_page()
            accepted += 1
        except NotAuthenticated:
            assert time.monotonic() < deadline, "the new key was not accepted"
    return language, folder


def test_from_a_declaration_to_its_result(employer: tuple[str, Path], tmp_path: Path) -> None:
    language, folder = employer
    key = uuid.uuid4().hex
    stranger = "Nguyễn " + "".join(chr(ord("a") + int(digit, 16)) for digit in key[:12])  # declared once only
    if language == "node":
        words = ("increase", "999999999998", stranger, "2026-11", "9000000")
        operation = json.loads(execute("node", EXAMPLES / "node" / "declare.mjs", folder, key, *words))
        result = operation["operation"]["result"]
        assert (result["accepted"], result["refused"]) == (0, 1)
        assert result["refusals"][0]["reason"] == "PERSON_UNKNOWN"
        return
    file = tmp_path / "declaration.csv"
    header = "kind,identifier,full_name,from_month,to_month,schemes,base_vnd,position,unpaid_days"
    file.write_text(f"{header}\nincrease,999999999998,{stranger},2026-11,,,9000000,,\n", encoding="utf-8")
    example = (sys.executable, EXAMPLES / "python" / "declare.py", folder, file, key)
    shown = execute(*example).splitlines()
    assert shown[1] == "accepted 0 refused 1"
    assert shown[2].startswith("line 2 identifier PERSON_UNKNOWN ")
    assert execute(*example).splitlines() == shown  # the same key: the same operation
    file.write_text(f"{header}\nincrease,12,{stranger},2026-13,,,x,,\n", encoding="utf-8")
    execute(*example, code=1)


def test_the_receiver_believes_the_gateway_and_nobody_else(tmp_path: Path) -> None:
    gateway, stranger = (PrivateKey.generate(Algorithm.ED25519) for _ in range(2))
    (tmp_path / "key.pem").write_bytes(stranger.to_pem())
    (tmp_path / "gateway-keys.json").write_text(json.dumps(key_directory([gateway.public])))
    (tmp_path / "agency.toml").write_text('agency_id = "employer-x"\ngateway = "https://gateway.test"\n')
    assert told_to(tmp_path, gateway) == (204, "0193b1c2-7d3e-7a61-9d5e-2f1c0a4b8e77 COMPLETED\n")
    assert told_to(tmp_path, stranger) == (401, "")


def told_to(folder: Path, key: PrivateKey) -> tuple[int, str]:
    """Start the receiver, tell it something signed with ``key``; its status, and what it printed."""
    url, headers = "https://employer-x.example/hook", {"content-type": "application/json"}
    told = {"operation_id": "0193b1c2-7d3e-7a61-9d5e-2f1c0a4b8e77", "state": "OPERATION_STATE_COMPLETED"}
    body = json.dumps(told).encode()
    signed = prepare_request(
        key, method="POST", url=url, headers=headers, body=body, created=int(time.time()), tag=WEBHOOK_TAG
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = (sys.executable, EXAMPLES / "python" / "webhook.py", folder, url, str(port))
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as receiver:
        try:
            status = until(
                lambda: posted(f"http://127.0.0.1:{port}/hook", headers | signed.headers, body),
                seconds=20,
                what="the receiver listens",
            )
            shown, _ = receiver.communicate(timeout=20)
        finally:
            receiver.kill()
    return status, shown


def posted(url: str, headers: dict[str, str], body: bytes) -> int | None:
    """The status, or None while nobody listens."""
    try:
        return httpx.post(url, headers=headers, content=body, timeout=10).status_code
    except httpx.ConnectError:
        return None


def test_every_example_is_named_in_the_guide() -> None:
    guide = (ROOT / "docs" / "agency-guide.md").read_text(encoding="utf-8")
    for file in EXAMPLES.rglob("*.*"):
        if "__pycache__" not in file.parts:
            assert str(file.relative_to(ROOT / "docs")) in guide
