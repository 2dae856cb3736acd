"""Commands that hand something in and follow it: what is shown, and what the exit code says."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest

from lienthong import cli
from lienthong.client import Client, RetryPolicy

Run: TypeAlias = Callable[..., int]
OPERATION = "0193b1c2-7d3e-7a61-9d5e-2f1c0a4b8e77"
HEADER = "kind,identifier,full_name,from_month,to_month,schemes,base_vnd,position,unpaid_days\n"
NHUNG = "increase,001190000017,Trần Thị Hồng Nhung,2026-11,,,8500000,,\n"
TEXT = {"vi": "Mức đóng [thấp] hơn sàn", "en": "The base is under the floor"}
REFUSAL = {"line": 2, "field": "base_vnd", "reason": "BASE_UNDER_FLOOR", "text": TEXT}


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


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A declaration with an empty line in it: line 2 of the request is line 4 of the file."""
    path = tmp_path / "declaration.csv"
    path.write_text(HEADER + NHUNG + "\n" + NHUNG, encoding="utf-8-sig")
    return path


def tells(state: str, status: int = 200, rpc: str = "SubmitDeclaration", **more: Any) -> Any:
    told = {
        "operationId": OPERATION,
        "method": f"vss.contributions.v1.ContributionsCommandService/{rpc}",
        "state": f"OPERATION_STATE_{state}",
        "acceptedAt": "2026-11-22T01:02:03Z",
        **more,
    }
    return lambda _view: (status, {"operation": told}, {})


def declared(accepted: int, *refusals: object) -> dict[str, object]:
    return {
        "declarationNumber": "7",
        "accepted": accepted,
        "refused": len(refusals),
        "refusals": list(refusals),
        "chargedVnd": "2720000",
    }


def test_a_declaration_is_accepted_and_its_number_shown(
    run: Run, stub_gateway: Any, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stub_gateway.reactions = [tells("PENDING", 202)]
    assert run("declaration", "submit", str(file), "--key", "november") == 0
    assert OPERATION in capsys.readouterr().out
    (sent,) = stub_gateway.received
    assert (sent.path, sent.header("idempotency-key")) == ("/v1/declarations", "november")
    assert len(json.loads(sent.body)["lines"]) == 2


@pytest.mark.parametrize(
    ("end", "code", "shown"),
    [
        (tells("COMPLETED", result=declared(2)), 0, "2,720,000 VND"),
        (tells("COMPLETED", result=declared(1, REFUSAL)), 1, "Mức đóng [thấp] hơn sàn"),
        (tells("FAILED", error={"reason": "ALREADY_DECLARED", "text": TEXT}), 3, "ALREADY_DECLARED"),
        (tells("HELD"), 4, "tạm giữ / held"),
        (tells("PENDING"), 4, "đang xử lý / pending"),
    ],
)
def test_waiting_exits_by_how_the_operation_ended(
    run: Run,
    stub_gateway: Any,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    end: Any,
    code: int,
    shown: str,
) -> None:
    stub_gateway.reactions = [tells("PENDING", 202), end]
    assert run("declaration", "submit", str(file), "--wait", "--timeout", "0") == code
    assert shown in capsys.readouterr().out


def test_a_refused_line_is_named_by_its_line_in_the_file(
    run: Run, stub_gateway: Any, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stub_gateway.reactions = [tells("PENDING", 202), tells("COMPLETED", result=declared(1, REFUSAL))]
    run("declaration", "submit", str(file), "--wait")
    (row,) = (line for line in capsys.readouterr().out.splitlines() if "BASE_UNDER_FLOOR" in line)
    assert row.split()[:3] == ["4", "base_vnd", "BASE_UNDER_FLOOR"]


def test_a_wrong_file_is_told_by_line_and_field_and_nothing_is_sent(
    run: Run, stub_gateway: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(HEADER + NHUNG + NHUNG.replace("8500000", "8.500.000") + "torn\n", encoding="utf-8")
    assert run("declaration", "submit", str(wrong), "--json") == 2
    told = capsys.readouterr()
    assert [(p["line"], p["field"]) for p in json.loads(told.out)["problems"]] == [(3, "base_vnd"), (4, "")]
    assert "base_vnd" in told.err
    assert stub_gateway.received == []


def test_a_file_that_is_not_there_is_a_usage_problem(run: Run, stub_gateway: Any) -> None:
    assert run("payments", "submit", "/nowhere/payments.csv") == 2
    assert stub_gateway.received == []


def test_without_an_answer_the_key_is_told_under_which_to_repeat(
    run: Run, stub_gateway: Any, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stub_gateway.reactions = [lambda _view: (503, {"reason": "unavailable"}, {})]
    assert run("declaration", "submit", str(file)) == 4
    (sent,) = stub_gateway.received
    assert f"--key {sent.header('idempotency-key')}" in capsys.readouterr().err


def test_json_is_exactly_what_the_gateway_signed(
    run: Run, stub_gateway: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    stub_gateway.reactions = [tells("COMPLETED", result=declared(2))]
    assert run("operation", "show", OPERATION, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["operation"]["result"] == declared(2)


def test_payments_are_handed_in_and_their_sum_shown(
    run: Run, stub_gateway: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "payments.csv"
    file.write_text(
        "employer_code;value_date;amount_vnd;reference\n0100000001DNA03;2026-11-20;25600000;V-1\n"
    )
    ended = {"accepted": 1, "refused": 0, "refusals": [], "recordedVnd": "25600000"}
    stub_gateway.reactions = [
        tells("PENDING", 202, "RecordPayments"),
        tells("COMPLETED", rpc="RecordPayments", result=ended),
    ]
    assert run("payments", "submit", str(file), "--wait") == 0
    assert "25,600,000 VND" in capsys.readouterr().out
    assert json.loads(stub_gateway.received[0].body)["payments"][0]["amountVnd"] == "25600000"


@pytest.mark.parametrize(
    ("words", "path", "rpc", "result", "shown"),
    [
        (
            (
                *("employer", "register", "0100000003DNA03", "--name", "Hoa Sen", "--province", "01"),
                *("--sector", "private", "--region", "1", "--obliged-since", "2026-11-02"),
            ),
            "/v1/employers:register",
            "RegisterEmployer",
            {"employerCode": "0100000003DNA03", "daysLate": 3},
            "chậm / late 3",
        ),
        (
            ("debt", "urge", "0100000001DNA03", "--document", "12/BHXH", "--issued-on", "2026-11-20"),
            "/v1/debts:urge",
            "UrgePayment",
            {"state": "LEGAL_STATE_EVASION"},
            "evasion",
        ),
        (
            (
                *("report", "make", "--id", "001190000017", "--employer", "0100000001DNA03"),
                *("--kind", "not_paid", "--from", "2026-08", "--to", "2026-09"),
            ),
            "/v1/reports",
            "ReportIrregularity",
            {"reportId": OPERATION, "state": "REPORT_STATE_RECEIVED"},
            "received",
        ),
        (
            ("report", "advance", OPERATION, "--to", "assigned", "--reason", "Đoàn số 3"),
            "/v1/reports:advance",
            "AdvanceReport",
            {"state": "REPORT_STATE_ASSIGNED"},
            "assigned",
        ),
    ],
)
def test_every_command_goes_its_route_and_shows_its_result(
    run: Run,
    stub_gateway: Any,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    path: str,
    rpc: str,
    result: dict[str, object],
    shown: str,
) -> None:
    stub_gateway.reactions = [tells("PENDING", 202, rpc), tells("COMPLETED", rpc=rpc, result=result)]
    assert run(*words, "--wait") == 0
    assert stub_gateway.received[0].path == path
    assert shown in capsys.readouterr().out


UNIT = {"code": "0100000001DNA03", "name": "Hồng Hà [giả định]"}
LAW = [{"code": "rate_health", "legalBasis": "Law 51/2024", "verified": False}]


@pytest.mark.parametrize(
    ("words", "answer", "code", "shown"),
    [
        (
            ("ledger", "--id", "001190000017", "--funds"),
            {
                "months": [
                    {
                        "month": "2026-09",
                        "employer": UNIT,
                        "baseVnd": "9600000",
                        "funds": [
                            {
                                "fund": "FUND_HEALTH",
                                "employerVnd": "288000",
                                "employeeVnd": "144000",
                                "state": "FUND_STATE_LATE",
                                "daysLate": 23,
                            }
                        ],
                    }
                ],
                "totals": [{"scheme": "SCHEME_SOCIAL_INSURANCE", "paidYears": 3, "paidYearsMonths": 2}],
                "gaps": [{"fromMonth": "2024-01", "toMonth": "2024-03", "months": 3}],
                "law": LAW,
            },
            0,
            ("BHYT / health", "288,000", "23 ngày", "2024-01", "Law 51/2024", "chưa đối chiếu"),
        ),
        (("ledger", "--id", "001190000017"), {"months": []}, 1, ()),
        (
            ("statement", "0100000001DNA03", "--days", "1"),
            {
                "employer": UNIT,
                "asOf": "2026-11-22",
                "state": "LEGAL_STATE_LATE",
                "reasons": [{"code": "UNPAID", "text": TEXT, "legalBasis": "Art. 38.1"}],
                "lateVnd": "10752000",
                "daysLate": 53,
                "daysToEvasion": 7,
                "months": [{"month": "2026-08", "fund": "FUND_RETIREMENT", "dueVnd": "3696000"}],
                "interestDays": [{"day": "2026-11-22", "unpaidVnd": "10752000", "interestVnd": "3226"}],
            },
            1,
            ("chậm đóng / late", "Hồng Hà [giả định]", "10,752,000", "Art. 38.1", "3,226"),
        ),
        (("statement",), {"employer": UNIT, "state": "LEGAL_STATE_ON_TIME"}, 0, ("on time",)),
        (
            ("debtors", "--state", "evasion"),
            {"debtors": [{"employer": UNIT, "state": "LEGAL_STATE_EVASION", "owedVnd": "1"}]},
            0,
            ("trốn đóng / evasion", "Hồng Hà [giả định]"),
        ),
        (
            ("report", "show", OPERATION),
            {
                "report": {
                    "reportId": OPERATION,
                    "employer": UNIT,
                    "kind": "IRREGULARITY_KIND_NOT_PAID",
                    "state": "REPORT_STATE_ASSIGNED",
                    "steps": [
                        {"state": "REPORT_STATE_ASSIGNED", "at": "2026-11-22T01:02:03Z", "reason": "Đoàn [3]"}
                    ],
                }
            },
            0,
            ("not paid", "Đoàn [3]"),
        ),
        (
            ("report", "list"),
            {"reports": [{"reportId": OPERATION, "employer": UNIT, "state": "REPORT_STATE_RECEIVED"}]},
            0,
            (OPERATION, "received"),
        ),
        (
            ("operation", "list", "--state", "failed"),
            {"operations": [{"operationId": OPERATION, "method": "a/B", "state": "OPERATION_STATE_FAILED"}]},
            0,
            (OPERATION, "bị từ chối / failed"),
        ),
    ],
)
def test_accounts_are_shown_with_what_they_rest_on(
    run: Run,
    stub_gateway: Any,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    answer: dict[str, object],
    code: int,
    shown: tuple[str, ...],
) -> None:
    stub_gateway.reactions = [lambda _view: (200, answer, {})]
    assert run(*words) == code
    told = capsys.readouterr().out
    for text in shown:
        assert text in told
