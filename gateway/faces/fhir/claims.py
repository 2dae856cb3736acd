"""``ExplanationOfBenefit``: the past visits of a person, and who paid what of each: ListVisits."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from gateway.faces import Incoming, Translated
from gateway.faces.fhir.asking import Ground, ask, first, instant, parameters, token
from gateway.faces.fhir.coverage import masked, searchset
from gateway.faces.fhir.json import put, refuse
from gateway.faces.fhir.opaque import NotOurs
from gateway.faces.fhir.outcome import remark
from gateway.faces.fhir.systems import ICD_10, INSURER, TERMINOLOGY, code_of, concept, money
from lienthong.access.requests import Decoder

_PATIENT: Final = ("patient.identifier", "patient:identifier")
PARAMETERS: Final = (*_PATIENT, "service-date", "_count", "_page", "_format")
_IN_URL: Final = ("_page", "_format")

_KIND: Final = "page"
_LONGEST_ID: Final = 64
_COUNT: Final = re.compile(r"[0-9]{1,4}")
_DAYS: Final = {"ge": "fromDay", "le": "toDay"}
_TYPE: Final = concept(TERMINOLOGY + "claim-type", "institutional")
_DISCHARGE: Final = concept(TERMINOLOGY + "claiminformationcategory", "discharge")
_PRINCIPAL: Final = concept(TERMINOLOGY + "ex-diagnosistype", "principal")
_ADJUDICATION: Final = TERMINOLOGY + "adjudication"
_REDACTED: Final = {"system": TERMINOLOGY + "v3-ObservationValue", "code": "REDACTED"}
GROUNDS: Final = {
    "checked": "Đã tra cứu thẻ trong 72 giờ / A coverage check within 72 hours",
    "stay": "Đang điều trị / An open stay",
    "emergency": "Cấp cứu, sẽ được hậu kiểm / Break-glass, listed for review",
    "own-data": "Dữ liệu của chính người hỏi / The citizen herself",
    "own-visits": "Chỉ các lượt tại cơ sở này / This facility's own visits alone",
}


class _Asked(NamedTuple):
    identifier: str
    agency_id: str
    created: str


class Claims:
    """Reads the question and writes the pages about past visits."""

    def __init__(self, ground: Ground, decode: Decoder) -> None:
        self._ground = ground
        self._systems = ground.systems
        self._decode = decode
        own, adjudication = ground.systems["payer"], _ADJUDICATION
        self._totals = (
            ("costVnd", concept(adjudication, "submitted")),
            ("insuredCostVnd", concept(adjudication, "eligible")),
            ("fundVnd", concept(adjudication, "benefit")),
            ("copayVnd", concept(adjudication, "copay")),
            ("patientVnd", concept(own, "patient")),
        )

    def decode(self, incoming: Incoming) -> Translated:
        """ListVisits' request of a search's parameters, or of its next page."""
        given = parameters(incoming.query, incoming.body, PARAMETERS, _IN_URL, repeated="service-date")
        name, text = first(given, _PATIENT)
        identifier = token(self._systems, text, name)
        values: dict[str, object] = {"identifier": identifier, **_days(given.get("service-date", ""))}
        if "_count" in given:
            count = given["_count"]
            if not count.strip("0"):
                refuse("_count", "must be from 1 to 200")
            values["pageSize"] = int(count) if _COUNT.fullmatch(count) else count
        if "_page" in given:
            values["pageToken"] = self._page(given["_page"], incoming.agency_id, identifier)
        paths = {
            "identifier": name,
            "fromDay": "service-date",
            "toDay": "service-date",
            "pageSize": "_count",
            "pageToken": "_page",
        }
        echo = _Asked(identifier, incoming.agency_id, instant(incoming.received))
        return Translated(ask(self._decode, values, paths), echo, paths)

    def encode(self, answer: Mapping[str, Any], asked: Translated) -> dict[str, Any]:
        """One page: a searchset."""
        echo: _Asked = asked.echo
        url = f"{self._ground.base}/ExplanationOfBenefit/_search"
        following = ""
        if page := answer.get("nextPageToken"):
            sealed = self._ground.names.seal(page, _KIND, echo.agency_id, echo.identifier)
            following = f"{url}?_page={sealed}"
        if "visits" not in answer:
            return searchset(url, [masked(self._systems)], following=following)
        entries = [self._entry(visit, echo) for visit in answer["visits"]]
        ground = code_of(str(answer.get("access", "")), "HISTORY_ACCESS_")
        if ground in GROUNDS:
            entries.append(remark("informational", (self._systems["access"], ground), GROUNDS[ground]))
        return searchset(url, entries, following=following)

    def _page(self, name: str, agency_id: str, identifier: str) -> str:
        try:
            return self._ground.names.open(name, _KIND, agency_id, identifier)
        except NotOurs:
            refuse("_page", "is not a page of this search")

    def _entry(self, visit: Mapping[str, Any], echo: _Asked) -> dict[str, Any]:
        resource = self._resource(visit, echo)
        entry: dict[str, Any] = {}
        if "id" in resource:
            entry["fullUrl"] = f"{self._ground.base}/ExplanationOfBenefit/{resource['id']}"
        return entry | {"resource": resource, "search": {"mode": "match"}}

    def _resource(self, visit: Mapping[str, Any], echo: _Asked) -> dict[str, Any]:
        systems = self._systems
        resource: dict[str, Any] = {"resourceType": "ExplanationOfBenefit"}
        meta: dict[str, Any] = {"versionId": str(visit["version"])} if "version" in visit else {}
        if visit.get("hasSensitive"):
            meta["security"] = [_REDACTED]
        put(resource, "meta", meta)
        if name := visit.get("visitId"):
            resource["id"] = _id(name)
            resource["identifier"] = [{"system": systems["visit"], "value": name}]
        resource |= {"status": "active", "type": _TYPE}
        if kind := visit.get("visitKindCode"):
            resource["subType"] = concept(systems["claim-visit-kind"], kind)
        began, ended = visit.get("admittedAt"), visit.get("dischargedAt")
        resource |= {
            "use": "claim",
            "patient": {"type": "Patient", "identifier": systems.identifier(echo.identifier)},
            "created": ended or began or echo.created,
            "insurer": {"display": INSURER},
            "provider": self._provider(visit),
            "outcome": "complete",
            "insurance": [{"focal": True, "coverage": {"type": "Coverage", "display": "Thẻ BHYT"}}],
        }
        stay: dict[str, Any] = {}
        put(stay, "start", began)
        put(stay, "end", ended)
        put(resource, "billablePeriod", stay)
        put(resource, "supportingInfo", self._information(visit))
        put(resource, "diagnosis", _diagnoses(visit))
        put(resource, "total", self._amounts(visit))
        return resource

    def _provider(self, visit: Mapping[str, Any]) -> dict[str, Any]:
        provider: dict[str, Any] = {"type": "Organization"}
        if code := visit.get("facilityCode"):
            provider["identifier"] = {"system": self._systems["facility"], "value": code}
        put(provider, "display", visit.get("facilityName"))
        return provider

    def _information(self, visit: Mapping[str, Any]) -> list[dict[str, Any]]:
        system = self._systems["claim-information"]
        rows = []
        if kind := visit.get("patientKindCode"):
            rows.append({"category": concept(system, "patient-kind"), "valueString": kind})
        if result := visit.get("outcomeCode"):
            rows.append({"category": _DISCHARGE, "valueString": str(result)})
        return [{"sequence": i, **row} for i, row in enumerate(rows, 1)]

    def _amounts(self, visit: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [
            {"category": category, "amount": money(visit[name])}
            for name, category in self._totals
            if name in visit
        ]


def _days(text: str) -> dict[str, str]:
    """``ge`` and ``le`` days, separated as the parameters were; both bounds touch the visit (R4 3.1.1.4.7)."""
    found: dict[str, str] = {}
    for one in text.split("&") if text else ():
        field = _DAYS.get(one[:2])
        if field is None or field in found:
            refuse("service-date", "must be ge and a day, le and a day, or both once")
        found[field] = one[2:]
    return found


def _diagnoses(visit: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    main, text = visit.get("mainDiagnosis"), visit.get("diagnosisText")
    if main or text:
        value: dict[str, Any] = {}
        put(value, "coding", [{"system": ICD_10, "code": main}] if main else [])
        put(value, "text", text)
        found.append({"diagnosisCodeableConcept": value, "type": [_PRINCIPAL]})
    found += [{"diagnosisCodeableConcept": concept(ICD_10, code)} for code in visit.get("otherDiagnoses", ())]
    return [{"sequence": i, **row} for i, row in enumerate(found, 1)]


def _id(visit_id: str) -> str:
    """A visit's name in the letters of a FHIR id; a long one by its digest."""
    if len(visit_id) <= _LONGEST_ID:
        return visit_id.replace("_", ".")
    return hashlib.sha256(visit_id.encode()).hexdigest()
