"""The command: what people and machines read, and what the exit code says."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest

from lienthong import cli
from lienthong.client import Client, RetryPolicy
from lienthong.signing import Algorithm, PrivateKey

Run: TypeAlias = Callable[..., int]
CHECK = ("coverage", "check", "--id", "001190000017", "--name", "Trần Thị Hồng Nhung", "--born", "1990-05-17")
TEXT = {"vi": "Thẻ [có] giá trị", "en": "Valid"}


@pytest.fixture
def run(agency_folder: Path, stub_gateway: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command as the agency, with the stub behind the wire; returns the exit code."""
    transport = httpx.MockTransport(stub_gateway.handle)
    asking = functools.partial(Client, transport=transport, retry=RetryPolicy(tries=1))
    monkeypatch.setattr("lienthong.cli.ask.Client", asking)
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*words: str) -> int:
        monkeypatch.setattr("sys.argv", ["lienthong", "--agency", str(agency_folder), *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0)

    return invoke


def reacts(
    document: object, status: int = 200
) -> list[Callable[[object], tuple[int, object, dict[str, str]]]]:
    return [lambda _view: (status, document, {})]


@pytest.mark.parametrize(("covered", "code"), [(True, 0), (False, 1)])
def test_a_check_exits_by_whether_the_person_is_covered(
    run: Run, stub_gateway: Any, capsys: pytest.CaptureFixture[str], covered: bool, code: int
) -> None:
    stub_gateway.reactions = reacts({"resultCode": "000", "resultText": TEXT, "covered": covered})
    assert run(*CHECK) == code
    shown = capsys.readouterr().out
    assert "Thẻ [có] giá trị" in shown
    assert "Valid" in shown


def test_json_is_exactly_what_the_gateway_signed(
    run: Run, stub_gateway: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    document = {"resultCode": "010", "resultText": TEXT, "covered": False, "newField": [1]}
    stub_gateway.reactions = reacts(document)
    assert run(*CHECK, "--json") == 1
    assert capsys.readouterr().out == json.dumps(document) + "\n"


@pytest.mark.parametrize(
    ("status", "code"), [(401, 3), (403, 3), (409, 3), (404, 1), (422, 2), (429, 4), (503, 4), (500, 4)]
)
def test_a_refusal_exits_by_its_kind_and_says_its_reason_on_standard_error(
    run: Run, stub_gateway: Any, capsys: pytest.CaptureFixture[str], status: int, code: int
) -> None:
    problem = {"reason": "told", "title": "Không", "errors": [{"field": "born", "description": "is wrong"}]}
    stub_gateway.reactions = reacts(problem, status)
    assert run(*CHECK) == code
    written = capsys.readouterr()
    assert written.out == ""
    assert "Traceback" not in written.err
    if status != 503:
        assert "told" in written.err
        assert "born: is wrong" in written.err


def test_a_refusal_with_json_is_the_problem_document(
    run: Run, stub_gateway: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    stub_gateway.reactions = reacts({"reason": "scope_denied"}, 403)
    assert run(*CHECK, "--json") == 3
    assert json.loads(capsys.readouterr().out) == {"reason": "scope_denied"}


def test_an_answer_that_is_not_the_gateways_exits_5_and_shows_nothing_of_it(
    run: Run, stub_gateway: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    stub_gateway.reactions = reacts({"resultCode": "000", "resultText": TEXT, "covered": True})
    stub_gateway.key = PrivateKey.generate(Algorithm.ED25519)
    assert run(*CHECK) == 5
    written = capsys.readouterr()
    assert written.out == ""
    assert "Valid" not in written.err


@pytest.mark.parametrize(
    ("result", "code"), [("MATCH", 0), ("PARTIAL", 1), ("NO_MATCH", 1), ("NOT_FOUND", 1)]
)
def test_identity_exits_0_only_for_a_full_match(run: Run, stub_gateway: Any, result: str, code: int) -> None:
    stub_gateway.reactions = reacts({"result": f"IDENTITY_RESULT_{result}", "resultText": TEXT})
    assert run("identity", "verify", "--id", "1", "--name", "A", "--born", "1990", "--sex", "female") == code


def test_contributions_show_every_page(
    run: Run, stub_gateway: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def page(month: str, token: str) -> Callable[[object], tuple[int, object, dict[str, str]]]:
        row = {"month": month, "baseVnd": "12000000", "state": "PAYMENT_STATE_UNPAID"}
        return lambda _view: (200, {"months": [row], "nextPageToken": token}, {})

    stub_gateway.reactions = [page("2026-10", "t"), page("2026-09", "")]
    assert run("contributions", "list", "--id", "1") == 0
    shown = capsys.readouterr().out
    assert "2026-10" in shown
    assert "2026-09" in shown
    assert "12,000,000" in shown
    assert "chưa đóng / unpaid" in shown


@pytest.mark.parametrize(("covered", "code"), [(True, 0), (False, 1)])
def test_a_batch_reads_a_csv_file_and_exits_0_only_when_all_are_covered(
    run: Run, stub_gateway: Any, tmp_path: Path, covered: bool, code: int
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(
        "identifier,full_name,born\n1,Nguyễn Văn A,1990\n2,Lê Thị B,1991-02-03\n", encoding="utf-8-sig"
    )
    answer = {"resultCode": "000", "resultText": TEXT}
    stub_gateway.reactions = reacts(
        {"results": [{"response": {**answer, "covered": True}}, {"response": {**answer, "covered": covered}}]}
    )
    assert run("coverage", "batch", str(file)) == code
    assert "Nguyễn Văn A".encode() in stub_gateway.received[0].body


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "identifier,full_name,born\n"])
def test_a_csv_file_without_what_is_needed_is_a_usage_error(
    run: Run, stub_gateway: Any, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(content)
    assert run("coverage", "batch", str(file)) == 2
    assert stub_gateway.received == []


@pytest.mark.parametrize(
    "words",
    [
        ("coverage", "check"),
        ("nonsense",),
        ("identity", "verify", "--id", "1", "--sex", "other"),
        ("--nonsense",),
    ],
)
def test_usage_errors_exit_2(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words) == 2


def test_a_folder_that_is_not_an_agencys_exits_2_with_one_line(
    run: Run, agency_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (agency_folder / "gateway-keys.json").unlink()
    assert run(*CHECK) == 2
    assert "keys --pin" in capsys.readouterr().err


def test_exit_codes_are_in_the_help(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    shown = capsys.readouterr().out
    assert "Exit codes" in shown
    assert "signature does not hold" in shown


def test_a_registry_that_cannot_be_reached_exits_4(run: Run) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    assert run("agency", "list", "--database-url", nowhere) == 4


def test_keys_shows_whether_the_gateways_key_is_pinned(
    run: Run, stub_gateway: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from lienthong.client import fetch_gateway_keys

    transport = httpx.MockTransport(stub_gateway.handle)
    monkeypatch.setattr(
        "lienthong.cli.ask.fetch_gateway_keys", functools.partial(fetch_gateway_keys, transport=transport)
    )
    assert run("keys") == 0
    assert "not pinned" not in capsys.readouterr().out
    stub_gateway.key = PrivateKey.generate(Algorithm.ED25519)
    assert run("keys") == 0
    assert "not pinned" in capsys.readouterr().out
    assert run("keys", "--pin") == 0
    stub_gateway.reactions = reacts({"resultCode": "000", "resultText": TEXT, "covered": True})
    assert run(*CHECK) == 0


def test_a_database_url_that_is_none_exits_2(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("agency", "list", "--database-url", "nonsense=1") == 2
    assert "Traceback" not in capsys.readouterr().err
