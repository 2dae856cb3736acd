"""The systems and codes by which identifiers and concepts are named.

Ours stand under one base, which the operator chooses; HL7's are the standard's.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from vss.health_claims.v1 import health_claims_pb2 as hc

TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem/"
ACT_CODE: Final = TERMINOLOGY + "v3-ActCode"
ICD_10: Final = "http://hl7.org/fhir/sid/icd-10"
UNITS: Final = "http://unitsofmeasure.org"
REQUEST_ID: Final = "urn:lienthong:request"
PROBLEM: Final = "urn:lienthong:problem"

CURRENCY: Final = "VND"
INSURER: Final = "Bảo hiểm xã hội Việt Nam / Vietnam Social Security"

IDENTIFIERS: Final = ("card", "personal-id", "si-number")
LENGTHS: Final[Mapping[str, int]] = {"card": 15, "personal-id": 12, "si-number": 10}
"""Characters of an identifier, by its system."""

# Ours in the order in which the documentation lists them: name -> what it holds.
NAMES: Final[Mapping[str, str]] = {
    "card": "Identifier: health-insurance card (mã thẻ BHYT), 15 characters",
    "personal-id": "Identifier: personal identification number (số định danh cá nhân), 12 digits",
    "si-number": "Identifier: social-insurance number (mã số BHXH), 10 digits",
    "facility": "Identifier: health facility (MA_CSKCB), 5 characters",
    "visit": "Identifier: a past visit",
    "visit-kind": "Codes: what kind of visit it is",
    "visit-reason": "Codes: why the person is treated here",
    "result": "Codes: the national portal's result of a check (maKetQua)",
    "visit-code": "Codes: the visit against the card, as the claim file has it",
    "route": "Codes: how the person came, as the law sees it",
    "benefit": "Codes: figures of a coverage answer",
    "notice": "Codes: what to tell the patient or to look at",
    "class": "Codes: classes of a card besides HL7's",
    "claim-visit-kind": "Codes: MA_LOAI_KCB of the claim file",
    "claim-information": "Codes: MA_DOITUONG_KCB and KET_QUA_DTRI of the claim file",
    "payer": "Codes: who paid what of a visit, besides HL7's",
    "access": "Codes: on which ground a history is shown",
}


class Systems:
    """Our systems under a base that ends with ":" or "/"."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._urls = {name: base + name for name in NAMES}
        self.identifier_names = {self[name]: name for name in IDENTIFIERS}

    def __getitem__(self, name: str) -> str:
        return self._urls[name]

    def extension(self, name: str) -> str:
        """The URL of an extension of ours."""
        return f"{self.base}extension-{name}"

    def identifier(self, value: str) -> dict[str, str]:
        """An Identifier of a card or a person; its length tells which."""
        for name, length in LENGTHS.items():
            if len(value) == length:
                return {"system": self[name], "value": value}
        return {"value": value}


def code_of(enum_name: str, prefix: str) -> str:
    """The code for a name of the contract's enum: ``VISIT_KIND_DAY_INPATIENT`` -> ``day-inpatient``."""
    return enum_name.removeprefix(prefix).lower().replace("_", "-")


def codes_of(names: Iterable[str], prefix: str) -> dict[str, str]:
    """Code -> name of the contract's enum, without the unspecified one."""
    return {code_of(n, prefix): n for n in names if not n.endswith("_UNSPECIFIED")}


VISIT_KINDS: Final = codes_of(hc.VisitKind.keys(), "VISIT_KIND_")
VISIT_REASONS: Final = codes_of(hc.VisitReason.keys(), "VISIT_REASON_")


def concept(system: str, code: str, text: str = "") -> dict[str, Any]:
    """A CodeableConcept of one coding."""
    made: dict[str, Any] = {"coding": [{"system": system, "code": code}]}
    if text:
        made["text"] = text
    return made


def both(text: Mapping[str, str] | None) -> str:
    """A text in both languages, "tiếng Việt / English", as far as it is there."""
    return " / ".join(part for part in (text.get("vi"), text.get("en")) if part) if text else ""


def money(vnd: str) -> dict[str, Any]:
    """An amount; ProtoJSON has it as text."""
    return {"value": int(vnd), "currency": CURRENCY}
