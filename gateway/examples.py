"""One example answer for each capability, about a person who does not exist.

Shown in the documentation; a test holds each to its contract.
"""

from typing import Any

from gateway.examples_deliveries import DELIVERY_ANSWERS, FILES
from gateway.examples_health import BODIES, HEALTH_ANSWERS

__all__ = ["ANSWERS", "BODIES", "FILES", "accepted_example"]

_EMPLOYER = {"code": "0100000001DNA03", "name": "Công ty Cổ phần Dệt may số 1"}
_SCHEMES = ["SCHEME_SOCIAL_INSURANCE", "SCHEME_HEALTH_INSURANCE", "SCHEME_UNEMPLOYMENT_INSURANCE"]


def _month(month: str, state: str) -> dict[str, Any]:
    return {
        "month": month,
        "employer": _EMPLOYER,
        "schemes": _SCHEMES,
        "baseVnd": "12500000",
        "state": f"PAYMENT_STATE_{state}",
    }


_OPERATION_ID = "0193b1c2-7d3e-7a61-9d5e-2f1c0a4b8e77"
_COMMANDS = "vss.contributions.v1.ContributionsCommandService"
_QUERIES = "vss.contributions.v1.ContributionsQueryService"
_STATISTICS = "vss.contributions.v1.ContributionsStatisticsService"
_HEALTH_STATISTICS = "vss.health_claims.v1.HealthClaimsStatisticsService"
_IDENTITY_STATISTICS = "vss.identity.v1.IdentityStatisticsService"


def _operation(rpc: str, *, ended: bool) -> dict[str, Any]:
    return {
        "operationId": _OPERATION_ID,
        "method": rpc,
        "state": "OPERATION_STATE_COMPLETED" if ended else "OPERATION_STATE_PENDING",
        "acceptedAt": "2026-11-22T08:15:30.123Z",
        "finishedAt": "2026-11-22T08:15:30.214Z" if ended else "",
        "idempotencyKey": "declaration-2026-11-0001",
    }


def accepted_example(rpc: str) -> dict[str, Any]:
    """The answer 202 to a command."""
    return {"operation": _operation(rpc, ended=False)}


def _law(code: str, value: str, basis: str) -> dict[str, Any]:
    return {
        "code": code,
        "validFrom": "2025-07-01",
        "validTo": "",
        "value": value,
        "legalBasis": basis,
        "verified": True,
    }


_INTEREST = _law("interest_daily", "0.03 %", "Law 41/2024/QH15 Art. 40")
_DECLARED: dict[str, Any] = {
    "declarationNumber": "7",
    "accepted": 1,
    "refused": 1,
    "refusals": [
        {
            "line": 2,
            "field": "base_vnd",
            "reason": "BASE_UNDER_FLOOR",
            "text": {"vi": "Mức đóng thấp hơn mức tối thiểu", "en": "The base is under the floor"},
        }
    ],
    "chargedVnd": "0",
    "law": [_law("base_floor", "2340000", "Law 41/2024/QH15 Art. 31")],
}
_REPORT: dict[str, Any] = {
    "reportId": _OPERATION_ID,
    "employer": _EMPLOYER,
    "kind": "IRREGULARITY_KIND_NOT_PAID",
    "fromMonth": "2026-08",
    "toMonth": "2026-09",
    "actualBaseVnd": "0",
    "statement": "Công ty trừ lương nhưng không đóng.",
    "state": "REPORT_STATE_ASSIGNED",
    "reportedAt": "2026-11-20T02:00:00Z",
    "steps": [
        {
            "state": "REPORT_STATE_ASSIGNED",
            "at": "2026-11-21T02:00:00Z",
            "agencyId": "inspector-demo",
            "staff": "inspector-3",
            "reason": "Phân công đoàn thanh tra số 3.",
            "recoveredVnd": "0",
        }
    ],
}


def _observations(codes: dict[str, list[str]]) -> dict[str, Any]:
    """Two figures of one month, the first of them suppressed."""
    columns = {"FREQ": ["M"], **codes, "TIME_PERIOD": ["2026-10"]}
    return {
        "dimensions": list(columns),
        "columns": [{"codes": some, "indexes": [0, len(some) - 1]} for some in columns.values()],
        "values": ["0", "118"],
        "suppressed": [1, 0],
        "updatedAt": ["0", "1795310130"],
        "watermark": "2026-11-22T08:15:30.214Z",
        "lastUpdated": "2026-11-22T08:15:29.871Z",
        "lagMs": "0",
        "decimals": [],
        "estimated": [],
    }


ANSWERS: dict[str, dict[str, Any]] = (
    HEALTH_ANSWERS
    | DELIVERY_ANSWERS
    | {
        f"{_STATISTICS}/ListObservations": _observations(
            {"REF_AREA": ["VN_24"], "SCHEME": ["SI"], "SEX": ["F", "M"], "AGE": ["Y_GE65"]}
        ),
        f"{_HEALTH_STATISTICS}/ListObservations": _observations(
            {"REF_AREA": ["VN_24"], "GROUP": ["HT", "TC"], "BENEFIT": ["B2"]}
        ),
        f"{_IDENTITY_STATISTICS}/ListObservations": _observations(
            {"REF_AREA": ["VN_24"], "OUTCOME": ["MATCH", "NO_MATCH"]}
        ),
        "vss.identity.v1.IdentityQueryService/VerifyIdentity": {
            "result": "IDENTITY_RESULT_PARTIAL",
            "fullName": "FIELD_OUTCOME_MATCH",
            "born": "FIELD_OUTCOME_MATCH",
            "sex": "FIELD_OUTCOME_MISMATCH",
            "resultText": {"vi": "Một số thông tin không khớp", "en": "Some particulars do not fit"},
        },
        "vss.contributions.v1.ContributionsQueryService/ListContributionMonths": {
            "months": [_month("2026-10", "DUE"), _month("2026-09", "UNPAID"), _month("2026-08", "PAID")],
            "nextPageToken": "",
        },
        "vss.audit.v1.AuditQueryService/ListAuditEntries": {
            "entries": [
                {
                    "entryId": "4711",
                    "recordedAt": "2026-11-22T08:15:30.123456Z",
                    "requestId": "9f2c4be01d77a835",
                    "agencyId": "hospital-demo",
                    "keyId": "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U",
                    "staff": "desk-7",
                    "rpc": "vss.health_claims.v1.HealthClaimsQueryService/CheckCoverage",
                    "purpose": "admission",
                    "legalBasis": "",
                    "status": 200,
                    "outcome": "ok",
                    "detail": "",
                    "subjectsAsked": 1,
                    "subjectsAnswered": 1,
                    "requestDigest": "RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=",
                    "requestSignature": "…",
                    "answerDigest": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                    "answerSignature": "…",
                }
            ],
            "nextPageToken": "",
        },
        f"{_QUERIES}/GetLedger": {
            "months": [
                {
                    "month": "2026-09",
                    "employer": _EMPLOYER,
                    "schemes": ["SCHEME_HEALTH_INSURANCE"],
                    "position": "Công nhân may",
                    "baseVnd": "12500000",
                    "funds": [
                        {
                            "fund": "FUND_HEALTH",
                            "cappedBaseVnd": "12500000",
                            "employerVnd": "375000",
                            "employeeVnd": "187500",
                            "state": "FUND_STATE_LATE",
                            "settledOn": "",
                            "daysLate": 22,
                        }
                    ],
                }
            ],
            "nextPageToken": "",
            "totals": [
                {
                    "scheme": "SCHEME_SOCIAL_INSURANCE",
                    "paidMonths": 62,
                    "monthsIfRecovered": 64,
                    "paidYears": 5,
                    "paidYearsMonths": 2,
                }
            ],
            "gaps": [{"fromMonth": "2023-03", "toMonth": "2023-04", "months": 2}],
            "law": [_INTEREST],
        },
        f"{_QUERIES}/GetEmployerStatement": {
            "employer": _EMPLOYER,
            "asOf": "2026-11-22",
            "state": "LEGAL_STATE_LATE",
            "reasons": [
                {
                    "code": "UNPAID_AFTER_DEADLINE",
                    "text": {"vi": "Chưa đóng khi đã hết hạn", "en": "Unpaid after the deadline"},
                    "legalBasis": "Law 41/2024/QH15 Art. 38",
                }
            ],
            "lateVnd": "562500",
            "dueVnd": "0",
            "interestVnd": "3713",
            "advanceVnd": "0",
            "daysLate": 22,
            "daysToEvasion": 38,
            "urgedOn": "",
            "months": [
                {
                    "month": "2026-09",
                    "fund": "FUND_HEALTH",
                    "dueVnd": "562500",
                    "paidVnd": "0",
                    "deadline": "2026-10-31",
                    "settledOn": "",
                    "daysLate": 22,
                    "interestVnd": "3713",
                    "declarationNumber": "0",
                }
            ],
            "interestDays": [{"day": "2026-11-22", "unpaidVnd": "562500", "interestVnd": "169"}],
            "law": [_INTEREST],
        },
        f"{_QUERIES}/ListDebtors": {
            "debtors": [
                {
                    "employer": _EMPLOYER,
                    "state": "LEGAL_STATE_EVASION",
                    "owedVnd": "412800000",
                    "oldestMonth": "2026-06",
                    "daysLate": 114,
                    "urgedOn": "2026-10-01",
                }
            ],
            "nextPageToken": "",
            "law": [],
        },
        f"{_QUERIES}/GetReport": {"report": _REPORT},
        f"{_QUERIES}/ListReports": {
            "reports": [_REPORT | {"statement": "", "steps": []}],
            "nextPageToken": "",
        },
        f"{_COMMANDS}/RegisterEmployer": {
            "employerCode": "0100000003DNA03",
            "daysLate": 0,
            "law": [_law("registration_deadline", "30 days", "Law 41/2024/QH15 Art. 28.1")],
        },
        f"{_COMMANDS}/SubmitDeclaration": _DECLARED,
        f"{_COMMANDS}/RecordPayments": {
            "accepted": 1,
            "refused": 0,
            "refusals": [],
            "recordedVnd": "25600000",
        },
        f"{_COMMANDS}/UrgePayment": {
            "state": "LEGAL_STATE_EVASION",
            "law": [_law("evasion_days", "60", "Law 41/2024/QH15 Art. 39.1")],
        },
        f"{_COMMANDS}/ReportIrregularity": {"reportId": _OPERATION_ID, "state": "REPORT_STATE_RECEIVED"},
        f"{_COMMANDS}/AdvanceReport": {"state": "REPORT_STATE_ASSIGNED"},
        "vss.operations.v1.OperationsService/GetOperation": {
            "operation": _operation(f"{_COMMANDS}/SubmitDeclaration", ended=True) | {"result": _DECLARED},
        },
        "vss.operations.v1.OperationsService/ListOperations": {
            "operations": [_operation(f"{_COMMANDS}/SubmitDeclaration", ended=True)],
            "nextPageToken": "",
        },
    }
)
