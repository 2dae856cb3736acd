"""``lienthong agency`` on the real registry."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
import pytest

from lienthong import cli

Command: TypeAlias = Callable[..., int]


@pytest.fixture
def lienthong(owner: psycopg.Connection[Any], owner_url: str, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command as an administrator; returns the exit code."""
    monkeypatch.setenv("DATABASE_URL_GATEWAY_OWNER", owner_url)
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*words: str) -> int:
        monkeypatch.setattr("sys.argv", ["lienthong", "agency", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0)

    return invoke


def row(lienthong: Command, agency_id: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert lienthong("list", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    return next(r for r in rows if r["agency_id"] == agency_id)


def test_the_life_of_an_agency_by_commands(
    lienthong: Command, agency_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new"
    new = ("key", "new", str(folder), "--agency-id", agency_id, "--gateway", "https://g", "--staff", 'a"b')
    assert lienthong(*new) == 0
    assert lienthong(*new) == 2
    assert lienthong("key", "add", agency_id, str(folder / "enrolment.json")) == 0
    grant = (
        "grant",
        agency_id,
        "identity:verify",
        "--purpose",
        "identity_proofing",
        "--data-class",
        "result",
    )
    assert lienthong(*grant, "--quota", "60", "--as", "nguyen.van.a") == 0
    assert lienthong(*grant) == 3
    assert lienthong(*grant, "--replace") == 0
    known = row(lienthong, agency_id, capsys)
    key_id = known["keys"][0]["key_id"]
    assert [g["revoked_at"] is None for g in known["grants"]] == [False, True]
    assert lienthong("key", "revoke", key_id, "--because", "lost") == 0
    assert lienthong("key", "revoke", key_id, "--because", "lost") == 3
    assert lienthong("revoke-grant", agency_id, "identity:verify") == 0
    assert lienthong("suspend", agency_id) == 0
    ended = row(lienthong, agency_id, capsys)
    assert ended["active"] is False
    assert ended["keys"][0]["revoked_because"] == "lost"
    assert all(g["revoked_at"] for g in ended["grants"])
    assert lienthong("resume", agency_id) == 0
    assert lienthong("list", "--changes") == 0
    assert "nguyen.van.a" in capsys.readouterr().out


def test_statistics_alone_have_a_budget_of_observations(
    lienthong: Command, agency_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    terms = ("--data-class", "result", "--observations-per-day", "200000")
    assert lienthong("grant", agency_id, "identity:verify", "--purpose", "identity_proofing", *terms) == 3
    assert lienthong("grant", agency_id, "statistics:read", "--purpose", "statistics", *terms) == 0
    (granted,) = row(lienthong, agency_id, capsys)["grants"]
    assert (granted["scope"], granted["observations_per_day"]) == ("statistics:read", 200_000)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("suspend", "nobody-here"), 3),
        (("key", "add", "nobody-here", "/nonexistent"), 2),
        (("grant", "nobody-here", "audit:read", "--purpose", "audit", "--data-class", "audit"), 3),
        (("add", "no-code", "--name", "X", "--kind", "hospital"), 3),
        (("add", "x", "--name", "X", "--kind", "school"), 2),
        (("key", "new", "/nonexistent/x", "--agency-id", "A B", "--gateway", "https://g"), 2),
    ],
)
def test_what_cannot_be_done_is_one_line_and_an_exit_code(
    lienthong: Command, words: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lienthong(*words) == code
    written = capsys.readouterr()
    assert written.out == ""
    assert "Traceback" not in written.err


def test_the_gateways_own_role_cannot_change_the_registry(
    lienthong: Command, agency_id: str, runtime_url: str
) -> None:
    assert lienthong("suspend", agency_id, "--database-url", runtime_url) == 3


def test_an_inspector_is_registered_with_his_province(
    lienthong: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"test-{uuid.uuid4().hex[:12]}"
    add = ("add", name, "--name", "Thanh tra", "--kind", "inspector", "--province-code", "01")
    assert lienthong(*add, "--webhook-url", "http://agency.example") == 3
    assert lienthong(*add) == 0
    assert row(lienthong, name, capsys)["province_code"] == "01"


def test_webhooks_are_set_cleared_and_their_deliveries_shown(
    lienthong: Command,
    owner: psycopg.Connection[Any],
    agency_id: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert lienthong("webhook", "set", agency_id, "http://agency.example/hook") == 3
    assert lienthong("webhook", "set", agency_id, "https://agency.example/hook") == 0
    assert row(lienthong, agency_id, capsys)["webhook_url"] == "https://agency.example/hook"
    assert lienthong("webhook", "clear", agency_id) == 0
    assert row(lienthong, agency_id, capsys)["webhook_url"] is None
    operation_id = str(uuid.uuid4())
    owner.execute(
        "WITH ended AS (INSERT INTO operation (operation_id, agency_id, key_id, rpc, purpose, idempotency_key,"
        " request_digest, ordering_key, sequence, state, accepted_at, finished_at)"
        " VALUES (%(id)s::uuid, %(agency)s, 'k', 'r', 'p', 'name', 'd', '', 0, 2, now(), now()))"
        " INSERT INTO webhook_delivery (operation_id, agency_id, state, attempts, due_at, given_up_at, last_error)"
        " VALUES (%(id)s::uuid, %(agency)s, 2, 7, NULL, now(), 'HTTP 503')",
        {"id": operation_id, "agency": agency_id},
    )
    capsys.readouterr()
    assert lienthong("webhook", "status", agency_id) == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in (operation_id, "completed", "given up", "7", "HTTP 503"))
    assert lienthong("webhook", "status", agency_id, "--json") == 0
    (delivery,) = json.loads(capsys.readouterr().out)
    assert (delivery["operation_id"], delivery["attempts"]) == (operation_id, 7)
    assert lienthong("webhook", "set", "nobody-at-all", "https://agency.example") == 3
