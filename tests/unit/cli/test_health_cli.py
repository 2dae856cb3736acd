"""Health insurance on the command line: visits, histories, claim files, stays."""

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
WHO = ("--id", "001190000017", "--name", "Trần Thị Hồng Nhung", "--born", "1990-05-17")
TEXT = {"vi": "Tự đến", "en": "Self-visit"}


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
    *documents: object, status: int = 200
) -> list[Callable[[object], tuple[int, object, dict[str, str]]]]:
    return [lambda _view, document=document: (status, document, {}) for document in documents]  # type: ignore[misc]


def operation(state: str, result: object = None) -> dict[str, Any]:
    method = "vss.health_claims.v1.HealthClaimsCommandService/SubmitClaims"
    told: dict[str, Any] = {"operationId": "op-1", "method": method, "state": f"OPERATION_STATE_{state}"}
    return {"operation": told | ({"result": result} if result else {})}


def test_a_check_with_a_visit_says_what_is_paid_and_why(
    run: Run, stub_gateway: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    benefit = {
        "fundBasisPoints": 4000,
        "levelPercent": 80,
        "routePercent": 50,
        "route": "self_visit",
        "split": {"costVnd": "1000000", "fundVnd": "400000", "copayVnd": "100000", "patientVnd": "500000"},
        "copay": {"year": 2026, "paidVnd": "291120", "thresholdVnd": "15180000", "leftVnd": "14888881"},
        "steps": [{"rule": "route_self", "text": TEXT, "legalBasis": "Art. 22.4"}],
    }
    notice = {"code": "card_expires", "text": {"vi": "Thẻ sắp hết hạn", "en": "Expires"}}
    change = {"what": "level_percent", "before": "95", "after": "80"}
    stub_gateway.reactions = reacts(
        {
            "resultCode": "000",
            "resultText": TEXT,
            "covered": True,
            "benefit": benefit,
            "notices": [notice],
            "changes": [change],
        }
    )
    words = ("--visit", "outpatient", "--reason", "self", "--cost", "1000000", "--previous", "dG9rZW4")
    assert run("coverage", "check", *WHO, *words) == 0
    sent = json.loads(stub_gateway.received[0].body)
    assert sent["visit"] == {
        "kind": "VISIT_KIND_OUTPATIENT",
        "reason": "VISIT_REASON_SELF",
        "costVnd": "1000000",
    }
    assert sent["previousCheck"] == "dG9rZW4"
    shown = capsys.readouterr().out
    for part in (
        "40 %",
        "400,000",
        "500,000",
        "Tự đến",
        "Art. 22.4",
        "Thẻ sắp hết hạn",
        "95 → 80",
        "14,888,881",
    ):
        assert part in shown


def test_what_belongs_to_a_visit_is_not_sent_without_one(run: Run, stub_gateway: Any) -> None:
    assert run("coverage", "check", *WHO, "--cost", "1000000") == 2
    assert stub_gateway.received == []


FINDING = {
    "table": "XML2",
    "line": 3,
    "field": "T_BHTT",
    "severity": "SEVERITY_ERROR",
    "code": "SUM_WRONG",
    "text": {"vi": "Sai tổng [cộng]", "en": "Wrong sum"},
}
RESULT = {
    "dossiers": 2,
    "accepted": 1,
    "refused": 1,
    "outcomes": [
        {"position": 1, "treatmentCode": "LK-1", "state": "DOSSIER_STATE_ACCEPTED", "version": 1,
         "fundDeclaredVnd": "800000", "fundComputedVnd": "640000"},
        {"position": 2, "treatmentCode": "LK-2", "state": "DOSSIER_STATE_REFUSED", "findings": [FINDING], "errors": 1},
    ],
}  # fmt: skip


def test_a_claim_file_is_handed_in_and_its_findings_are_shown(
    run: Run, stub_gateway: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "claims.xml"
    file.write_bytes(b"<GIAMDINHHS/>")
    stub_gateway.reactions = reacts(operation("PENDING"), operation("COMPLETED", RESULT))
    assert run("claims", "submit", str(file)) == 1
    handed = stub_gateway.received[0]
    assert (handed.path, handed.body, handed.header("purpose")) == ("/v1/claims", b"<GIAMDINHHS/>", "claims")
    assert handed.header("content-type") == "application/xml"
    first = handed.header("idempotency-key")
    shown = capsys.readouterr().out
    for part in ("LK-1", "LK-2", "XML2", "T_BHTT", "Sai tổng [cộng]", "SUM_WRONG", "640,000", "800,000"):
        assert part in shown
    stub_gateway.reactions = reacts(operation("COMPLETED", RESULT | {"refused": 0}))
    assert run("claims", "submit", str(file)) == 0
    again = [view for view in stub_gateway.received if view.path == "/v1/claims"][-1]
    assert again.header("idempotency-key") == first


def test_a_claim_file_that_is_not_there_is_sent_nowhere(run: Run, stub_gateway: Any, tmp_path: Path) -> None:
    assert run("claims", "submit", str(tmp_path / "none.xml")) == 2
    assert stub_gateway.received == []


def test_a_stay_is_opened_and_closed(run: Run, stub_gateway: Any) -> None:
    stub_gateway.reactions = reacts(operation("PENDING"))
    assert run("stay", "open", *WHO, "--treatment", "LK-1", "--at", "2026-11-22T08:15:00") == 0
    assert run("stay", "close", "--treatment", "LK-1") == 0
    opened, closed = (json.loads(view.body) for view in stub_gateway.received)
    assert opened["treatmentCode"] == closed["treatmentCode"] == "LK-1"
    assert opened["admittedAt"].startswith("2026-11-22T08:15:00")
    assert len(opened["admittedAt"]) > len("2026-11-22T08:15:00.000000")  # with its offset
    assert "leftAt" not in closed


VISIT = {
    "visitId": "djE",
    "facilityCode": "01001",
    "admittedAt": "2026-11-01T08:00:00+07:00",
    "dischargedAt": "2026-11-03T10:00:00+07:00",
    "mainDiagnosis": "J18.9",
    "hasSensitive": True,
    "costVnd": "1000000",
    "fundVnd": "800000",
    "copayVnd": "150000",
    "patientVnd": "50000",
}


def test_a_history_shows_every_page_and_on_what_ground(
    run: Run, stub_gateway: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    access = {"access": "HISTORY_ACCESS_EMERGENCY"}
    stub_gateway.reactions = reacts(
        {"visits": [VISIT], "nextPageToken": "t"} | access, {"visits": [VISIT | {"visitId": "djI"}]} | access
    )
    assert run("history", "list", "--id", "001190000017", "--from", "2026-01-01") == 0
    shown = capsys.readouterr().out
    for part in ("djE", "djI", "01/11/2026", "J18.9", "800,000", "200,000", "break-glass", "protected"):
        assert part in shown
    stub_gateway.reactions = reacts({"visits": []} | access)
    assert run("history", "list", "--id", "001190000017") == 1


DRUG = {"substanceCode": "40.1", "name": "Amoxicillin", "strength": "500mg", "quantity": "20", "unit": "viên",
        "lastsUntil": "2026-11-25", "fundVnd": "40000"}  # fmt: skip


def test_a_visit_shows_its_drugs_and_services(
    run: Run, stub_gateway: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    service = {"code": "02.1900", "name": "Khám nội", "quantity": "1", "unit": "lần"}
    stub_gateway.reactions = reacts({"visit": VISIT, "drugs": [DRUG], "services": [service]})
    assert run("history", "visit", "djE", "--id", "001190000017") == 0
    shown = capsys.readouterr().out
    for part in ("Amoxicillin", "25/11/2026", "02.1900", "Khám nội"):
        assert part in shown


@pytest.mark.parametrize(("overlaps", "code"), [(True, 1), (False, 0)])
def test_overlapping_drugs_exit_1(run: Run, stub_gateway: Any, overlaps: bool, code: int) -> None:
    stub_gateway.reactions = reacts({"drugs": [{"drug": DRUG, "overlaps": overlaps}]})
    assert run("history", "drugs", "--id", "001190000017") == code


def test_protected_diagnoses_are_asked_for_by_their_own_command(
    run: Run, stub_gateway: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    stub_gateway.reactions = reacts({"visits": [{"admittedOn": "2026-11-01", "diagnoses": ["B20"]}]})
    assert run("history", "sensitive", "--id", "001190000017") == 0
    assert stub_gateway.received[0].path == "/v1/history:sensitive"
    assert "B20" in capsys.readouterr().out
