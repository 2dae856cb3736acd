"""Example requests and answers of the health-insurance capabilities: see ``gateway.examples``."""

from typing import Any

_TEXT_VALID = {"vi": "Thẻ BHYT còn giá trị sử dụng", "en": "The card is valid"}
_CARD: dict[str, Any] = {
    "cardCode": "DN4010100000017",
    "subjectCode": "DN",
    "benefitDigit": 4,
    "benefitPercent": 80,
    "validFrom": "2026-01-01",
    "validTo": "2026-12-31",
    "registeredFacility": {
        "code": "01001",
        "name": "Bệnh viện Đa khoa số 1 Hà Nội",
        "level": "FACILITY_LEVEL_SPECIALISED",
    },
    "fiveYearsOn": "2020-01-01",
    "livingArea": "",
    "status": "CARD_STATUS_ACTIVE",
}
_BENEFIT: dict[str, Any] = {
    "fundBasisPoints": 8000,
    "levelPercent": 80,
    "routePercent": 100,
    "route": "registered",
    "paysUntil": "2026-12-31",
    "split": {"costVnd": "1250000", "fundVnd": "1000000", "copayVnd": "250000", "patientVnd": "0"},
    "copay": {
        "year": 2026,
        "paidVnd": "1840000",
        "thresholdVnd": "15180000",
        "leftVnd": "13340001",
        "exempt": False,
        "exemptFrom": "",
    },
    "steps": [
        {
            "rule": "route_registered",
            "text": {
                "vi": "Khám bệnh đúng nơi đăng ký ban đầu",
                "en": "Treated where the person is registered",
            },
            "legalBasis": "Law 51/2024/QH15 Art. 1.17",
            "rows": ["benefits/4@2025-07-01=80"],
        }
    ],
}
_CHECKED: dict[str, Any] = {
    "resultCode": "000",
    "resultText": _TEXT_VALID,
    "covered": True,
    "card": _CARD,
    "visitCode": "00",
    "changedAt": "2026-01-02T03:04:05Z",
    "benefit": _BENEFIT,
    "notices": [
        {
            "code": "card_expires_soon",
            "text": {"vi": "Thẻ sắp hết hạn", "en": "The card expires soon"},
        }
    ],
    "checkToken": "AQAwMDBkZDQ",
    "changes": [{"what": "valid_to", "before": "2025-12-31", "after": "2026-12-31"}],
}
_REFUSED_ITEM: dict[str, Any] = {
    "reason": "invalid_argument",
    "detail": "born: no such day",
    "errors": [{"field": "born", "description": "no such day"}],
}
_VISIT_ID = "MDEwMDEuTEstMjAyNi0wMDAxMjM"
_PAST_VISIT: dict[str, Any] = {
    "visitId": _VISIT_ID,
    "facilityCode": "01001",
    "facilityName": "Bệnh viện Đa khoa số 1 Hà Nội",
    "admittedAt": "2026-09-14T08:15:00+07:00",
    "dischargedAt": "2026-09-18T10:00:00+07:00",
    "visitKindCode": "03",
    "patientKindCode": "1.1",
    "mainDiagnosis": "J18.9",
    "otherDiagnoses": ["I10"],
    "diagnosisText": "Viêm phổi, tăng huyết áp",
    "hasSensitive": False,
    "outcomeCode": 1,
    "costVnd": "4820000",
    "insuredCostVnd": "4500000",
    "fundVnd": "3600000",
    "copayVnd": "900000",
    "patientVnd": "320000",
    "version": 1,
}
_DRUG: dict[str, Any] = {
    "substanceCode": "40.169",
    "name": "Amoxicilin + acid clavulanic",
    "strength": "875mg + 125mg",
    "unit": "viên",
    "route": "Uống",
    "directions": "Ngày 2 lần, mỗi lần 1 viên",
    "quantity": "14",
    "orderedOn": "2026-09-18",
    "lastsUntil": "2026-09-24",
    "costVnd": "168000",
    "fundVnd": "134400",
}
_SERVICE: dict[str, Any] = {
    "code": "18.0119.0028",
    "name": "Chụp X-quang ngực thẳng số hóa",
    "unit": "lần",
    "quantity": "1",
    "orderedOn": "2026-09-14",
    "costVnd": "73300",
    "fundVnd": "58640",
}
_OUTCOMES: list[dict[str, Any]] = [
    {
        "position": 1,
        "treatmentCode": "LK-2026-000123",
        "state": "DOSSIER_STATE_ACCEPTED",
        "version": 1,
        "findings": [],
        "errors": 0,
        "warnings": 0,
        "fundDeclaredVnd": "3600000",
        "fundComputedVnd": "3600000",
    },
    {
        "position": 2,
        "treatmentCode": "LK-2026-000124",
        "state": "DOSSIER_STATE_REFUSED",
        "version": 0,
        "findings": [
            {
                "table": "XML2",
                "line": 3,
                "field": "THANH_TIEN_BH",
                "severity": "SEVERITY_ERROR",
                "code": "SUM_WRONG",
                "text": {
                    "vi": "Thành tiền không bằng số lượng nhân đơn giá",
                    "en": "The amount is not quantity times price",
                },
            }
        ],
        "errors": 1,
        "warnings": 0,
        "fundDeclaredVnd": "512000",
        "fundComputedVnd": "0",
    },
]
_QUERIES = "vss.health_claims.v1.HealthClaimsQueryService"
_HISTORY = "vss.health_claims.v1.HistoryQueryService"
_COMMANDS = "vss.health_claims.v1.HealthClaimsCommandService"

HEALTH_ANSWERS: dict[str, dict[str, Any]] = {
    f"{_QUERIES}/CheckCoverage": _CHECKED,
    f"{_QUERIES}/BatchCheckCoverage": {"results": [{"response": _CHECKED}, {"error": _REFUSED_ITEM}]},
    f"{_QUERIES}/GetCoverage": {
        "asOf": "2026-06-30",
        "covered": True,
        "cards": [_CARD],
        "changedAt": "2026-01-02T03:04:05Z",
    },
    f"{_QUERIES}/IssueCertificate": {
        "shc": "shc:/56762909524320603460292437404460…",
        "jws": "eyJhbGciOiJFUzI1NiIsInppcCI6IkRFRiIsImtpZCI6IjNLZmRnLVh3UC03Z…",
        "expiresAt": "2026-11-29T08:15:30Z",
    },
    f"{_HISTORY}/ListVisits": {
        "visits": [_PAST_VISIT],
        "nextPageToken": "",
        "access": "HISTORY_ACCESS_CHECKED",
    },
    f"{_HISTORY}/GetVisit": {
        "visit": _PAST_VISIT,
        "drugs": [_DRUG],
        "services": [_SERVICE],
        "access": "HISTORY_ACCESS_CHECKED",
    },
    f"{_HISTORY}/ListRunningDrugs": {
        "drugs": [{"drug": _DRUG, "visitId": _VISIT_ID, "facilityCode": "01001", "overlaps": False}],
        "access": "HISTORY_ACCESS_STAY",
        "withheld": False,
    },
    f"{_HISTORY}/ListSensitiveVisits": {
        "visits": [
            {
                "visitId": "MDEwMDEuTEstMjAyNi0wMDAwOTE",
                "facilityCode": "01001",
                "admittedOn": "2026-03-02",
                "diagnoses": ["F32.1"],
                "diagnosisText": "Giai đoạn trầm cảm vừa",
                "hasHivTable": False,
            }
        ],
        "access": "HISTORY_ACCESS_OWN_DATA",
    },
    f"{_COMMANDS}/OpenStay": {"treatmentCode": "LK-2026-000123", "openedAt": "2026-11-22T01:15:00Z"},
    f"{_COMMANDS}/CloseStay": {"treatmentCode": "LK-2026-000123", "closedAt": "2026-11-24T03:00:00Z"},
    f"{_COMMANDS}/SubmitClaims": {"dossiers": 2, "accepted": 1, "refused": 1, "outcomes": _OUTCOMES},
}

BODIES: dict[str, str] = {
    f"{_COMMANDS}/SubmitClaims": """\
<?xml version="1.0" encoding="utf-8"?>
<GIAMDINHHS>
  <THONGTINDONVI><MACSKCB>01001</MACSKCB></THONGTINDONVI>
  <THONGTINHOSO>
    <NGAYLAP>20261122</NGAYLAP>
    <SOLUONGHOSO>1</SOLUONGHOSO>
    <DANHSACHHOSO>
      <HOSO>
        <FILEHOSO><LOAIHOSO>XML1</LOAIHOSO><NOIDUNGFILE>PFRPTkdfSE9QPuKApjwvVE9OR19IT1A+</NOIDUNGFILE></FILEHOSO>
      </HOSO>
    </DANHSACHHOSO>
  </THONGTINHOSO>
  <CHUKYDONVI/>
</GIAMDINHHS>
""",
}
"""Bodies that are carried as they are, by capability."""
