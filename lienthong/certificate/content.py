"""What a certificate says: a FHIR R4 ``Bundle`` of one ``Patient`` and one ``Coverage``.

Written and read in one place, so that the issuer and every verifier mean the same. As
small as the framework asks: no ids, no metadata, no texts (SMART Health Cards, "data
minimization").
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from lienthong import fields, names
from lienthong.certificate.errors import CertificateRefused, Reason

TYPE: Final = "https://smarthealth.cards#health-card"
FHIR_VERSION: Final = "4.0.1"
PAYOR: Final = "Bảo hiểm xã hội Việt Nam"
_CLASSES: Final = "http://terminology.hl7.org/CodeSystem/coverage-class"
_PATIENT, _COVERAGE = "resource:0", "resource:1"
_MOST_ENTRIES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The card (thẻ BHYT) within; ``benefit_digit`` 1 to 5, ``benefit_percent`` on the right route."""

    code: str
    valid_from: date
    valid_to: date
    benefit_digit: int
    benefit_percent: int
    facility_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose card it is; ``born`` is ``YYYY-MM-DD``, or ``YYYY`` where no more is known."""

    full_name: str
    born: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate that was verified. ``card_code`` and the days are those of the card."""

    issuer: str
    key_id: str
    issued_at: datetime
    expires_at: datetime
    holder: Holder
    card: Card

    def require_person(self, *, identifier: str, full_name: str, born: str) -> None:
        """Return if these are the certificate's person. Raises CertificateRefused ``other_person``.

        The name is compared as everywhere, the birth by day if both know it, else by year. A
        card code must be the card's, a social-insurance number its last ten characters; a
        personal ID stands in no certificate, so it proves nothing and refuses nothing.
        """
        today = self.issued_at.date()
        try:
            asked, known = fields.born(born, today=today), fields.born(self.holder.born, today=today)
            number = fields.card_identifier(identifier)
        except fields.WrongField as error:
            raise CertificateRefused(Reason.OTHER_PERSON, "the particulars are not readable") from error
        if names.match_key(full_name) != names.match_key(self.holder.full_name):
            raise CertificateRefused(Reason.OTHER_PERSON, "another name")
        if not asked.agrees_with(known.year, known.day):
            raise CertificateRefused(Reason.OTHER_PERSON, "another date of birth")
        if len(number) in (10, 15) and not self.card.code.endswith(number):
            raise CertificateRefused(Reason.OTHER_PERSON, "another card")


def credential(holder: Holder, card: Card) -> dict[str, Any]:
    """The ``vc`` claim."""
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": _PATIENT, "resource": _patient(holder)},
            {"fullUrl": _COVERAGE, "resource": _coverage(card)},
        ],
    }
    return {"type": [TYPE], "credentialSubject": {"fhirVersion": FHIR_VERSION, "fhirBundle": bundle}}


def _patient(holder: Holder) -> dict[str, Any]:
    # A Vietnamese name begins with the family's.
    family, *given = names.stored_name(holder.full_name).split(" ")
    name = {"family": family, **({"given": given} if given else {})}
    return {"resourceType": "Patient", "name": [name], "birthDate": holder.born}


def _coverage(card: Card) -> dict[str, Any]:
    plan = {"coding": [{"system": _CLASSES, "code": "plan"}]}
    return {
        "resourceType": "Coverage",
        "status": "active",
        "subscriberId": card.code,
        "beneficiary": {"reference": _PATIENT},
        "period": {"start": card.valid_from.isoformat(), "end": card.valid_to.isoformat()},
        "payor": [{"display": PAYOR}],
        # The benefit digit (mã mức hưởng), and the percentage that it stands for.
        "class": [{"type": plan, "value": str(card.benefit_digit), "name": str(card.benefit_percent)}],
        # Where the person is registered (mã ĐKBĐ).
        "network": card.facility_code,
    }


def read_credential(vc: Any) -> tuple[Holder, Card]:
    """What the ``vc`` claim says. Raises CertificateRefused ``structure`` for anything else."""
    try:
        patient, coverage = _resources(_bundle(vc))
        return _holder(patient), _card(coverage)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise CertificateRefused(Reason.STRUCTURE, type(error).__name__) from error


def _bundle(vc: dict[str, Any]) -> dict[str, Any]:
    if TYPE not in vc["type"] or vc["credentialSubject"]["fhirVersion"] != FHIR_VERSION:
        raise ValueError("not a health card of FHIR R4")
    bundle: dict[str, Any] = vc["credentialSubject"]["fhirBundle"]
    return bundle


def _resources(bundle: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    entries = bundle["entry"]
    found = {entry["fullUrl"]: entry["resource"] for entry in entries}
    if len(entries) != _MOST_ENTRIES or found.keys() != {_PATIENT, _COVERAGE}:
        raise ValueError("not a Patient and a Coverage")
    patient, coverage = found[_PATIENT], found[_COVERAGE]
    kinds = (bundle["resourceType"], bundle["type"], patient["resourceType"], coverage["resourceType"])
    if kinds != ("Bundle", "collection", "Patient", "Coverage"):
        raise ValueError("resources of other kinds")
    return patient, coverage


def _holder(patient: dict[str, Any]) -> Holder:
    (name,) = patient["name"]
    full_name = fields.full_name(" ".join([name["family"], *name.get("given", [])]))
    born: str = patient["birthDate"]
    fields.born(born, today=date.max)
    return Holder(full_name=full_name, born=born)


def _card(coverage: dict[str, Any]) -> Card:
    (plan,) = coverage["class"]
    (kind,) = plan["type"]["coding"]
    if coverage["status"] != "active" or coverage["beneficiary"]["reference"] != _PATIENT:
        raise ValueError("not this person's, or not in force")
    if kind != {"system": _CLASSES, "code": "plan"} or not coverage["payor"]:
        raise ValueError("no class, or nobody who pays")
    code = fields.card_identifier(coverage["subscriberId"])
    period = coverage["period"]
    card = Card(
        code=code,
        valid_from=fields.calendar_day(period["start"]),
        valid_to=fields.calendar_day(period["end"]),
        benefit_digit=int(plan["value"]),
        benefit_percent=int(plan["name"]),
        facility_code=str(coverage["network"]),
    )
    if len(code) != 15 or card.valid_from > card.valid_to or not 0 <= card.benefit_percent <= 100:
        raise ValueError("no card")
    return card
