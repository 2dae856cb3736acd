"""``CoverageEligibilityRequest`` -> ``CoverageEligibilityResponse``: CheckCoverage."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from gateway.faces import Incoming, Translated
from gateway.faces.fhir.asking import Ground, ask, day, identifier_of, instant, no_query
from gateway.faces.fhir.coverage import card_named
from gateway.faces.fhir.json import (
    Backbone,
    CodeableConcept,
    Contained,
    Extension,
    Few,
    HumanName,
    Identifier,
    Period,
    Quantity,
    Reference,
    Text,
    not_modified,
    read,
    refuse,
)
from gateway.faces.fhir.opaque import NotOurs
from gateway.faces.fhir.response import Echo, Writer
from gateway.faces.fhir.systems import (
    ACT_CODE,
    CURRENCY,
    ICD_10,
    VISIT_KINDS,
    VISIT_REASONS,
)
from lienthong.access.requests import Decoder

_ROOT: Final = "CoverageEligibilityRequest"
_CARD_PURPOSES: Final = frozenset({"benefits", "validation"})


class _Diagnosis(Backbone):
    diagnosisCodeableConcept: CodeableConcept | None = None  # noqa: N815 -- FHIR's names


class _Item(Backbone):
    extension: Annotated[list[Extension], Few] | None = None
    category: CodeableConcept | None = None
    productOrService: CodeableConcept | None = None  # noqa: N815
    quantity: Quantity | None = None
    unitPrice: Quantity | None = None  # noqa: N815
    diagnosis: Annotated[list[_Diagnosis], Few] | None = None


class _Insurance(Backbone):
    coverage: Reference
    focal: bool = False


class _Patient(Backbone):
    implicitRules: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET  # noqa: N815
    identifier: Annotated[list[Identifier], Few] | None = None
    name: Annotated[list[HumanName], Few] | None = None
    birthDate: Text | None = None  # noqa: N815


class _Coverage(Backbone):
    implicitRules: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET  # noqa: N815
    identifier: Annotated[list[Identifier], Few] | None = None


class _Request(Backbone):
    resourceType: Literal["CoverageEligibilityRequest"]  # noqa: N815
    status: Literal["active"]
    purpose: Annotated[list[Literal["auth-requirements", "benefits", "discovery", "validation"]], Few]
    patient: Reference
    # Required by FHIR; what they say changes nothing here.
    created: Text
    insurer: Reference
    implicitRules: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET  # noqa: N815
    contained: Annotated[list[msgspec.Raw], Few] | None = None
    extension: Annotated[list[Extension], Few] | None = None
    identifier: Annotated[list[Identifier], Few] | None = None
    servicedDate: Text | None = None  # noqa: N815
    servicedPeriod: Period | None = None  # noqa: N815
    insurance: Annotated[list[_Insurance], Few] | None = None
    item: Annotated[list[_Item], Few] | None = None


class _Found(NamedTuple):
    """The contract's fields, and where in the resource each was found."""

    values: dict[str, Any]
    paths: dict[str, str]

    def put(self, name: str, value: object, at: str) -> None:
        self.values[name] = value
        self.paths[name] = at


class Eligibility:
    """Reads the request and writes the response."""

    def __init__(self, ground: Ground, decode: Decoder) -> None:
        self._ground = ground
        self._systems = ground.systems
        self._decode = decode
        self._writer = Writer(ground.systems)
        systems = self._systems
        self._kinds = {(systems["visit-kind"], code): name for code, name in VISIT_KINDS.items()} | {
            (ACT_CODE, "AMB"): "VISIT_KIND_OUTPATIENT",
            (ACT_CODE, "IMP"): "VISIT_KIND_INPATIENT",
        }
        self._reasons = {(systems["visit-reason"], code): name for code, name in VISIT_REASONS.items()}
        self._previous_check = systems.extension("previous-check")
        self._slip_on = systems.extension("slip-on")

    def decode(self, incoming: Incoming) -> Translated:
        """CheckCoverage's request."""
        no_query(incoming.query)
        asked = read(incoming.body, _Request, _ROOT)
        _check_understood(asked, _ROOT)
        if _CARD_PURPOSES.isdisjoint(asked.purpose):
            refuse(f"{_ROOT}.purpose", "must have benefits or validation")
        found = _Found({}, {})
        contained = Contained(_ROOT, asked.contained)
        patient = self._read_person(asked, contained, found)
        self._read_identifier(asked, contained, found, patient, incoming.agency_id)
        self._read_days(asked, found)
        for one in asked.extension or ():
            if one.url == self._previous_check and one.valueString:
                found.put("previousCheck", one.valueString, f"{_ROOT}.extension.valueString")
        if "benefits" in asked.purpose and asked.item:
            self._read_visit(asked, found)
        request = ask(self._decode, found.values, found.paths)
        return Translated(request, self._echo(asked, found, incoming), found.paths)

    def encode(self, answer: Mapping[str, Any], asked: Translated) -> dict[str, Any]:
        """The CoverageEligibilityResponse."""
        return self._writer.response(answer, asked.echo)

    def _read_person(self, asked: _Request, contained: Contained, found: _Found) -> Identifier | None:
        """Name and date of birth, and the person's own identifier if there is one."""
        at = f"{_ROOT}.patient"
        reference = asked.patient.reference
        if reference is None or not reference.startswith("#"):
            refuse(at, "must name a contained Patient with name and birthDate")
        here, patient = contained.find(reference, "Patient", _Patient, at)
        _check_understood(patient, here)
        if not patient.name:
            refuse(f"{here}.name", "is required")
        index = next((i for i, n in enumerate(patient.name) if n.use == "official"), 0)
        name = patient.name[index]
        found.put(
            "fullName",
            name.text or " ".join([name.family or "", *(name.given or ())]).strip(),
            f"{here}.name[{index}]",
        )
        found.put("born", patient.birthDate or "", f"{here}.birthDate")
        for i, one in enumerate(patient.identifier or ()):
            # A hospital's own number of the patient is none of ours: passed over.
            if one.system in self._systems.identifier_names:
                found.paths["identifier"] = f"{here}.identifier[{i}]"
                return one
        if asked.patient.identifier is not None:
            found.paths["identifier"] = f"{at}.identifier"
        return asked.patient.identifier

    def _read_identifier(
        self, asked: _Request, contained: Contained, found: _Found, patient: Identifier | None, agency_id: str
    ) -> None:
        """The card's identifier when the request names a card, else the person's."""
        at = f"{_ROOT}.insurance"
        chosen = asked.insurance or []
        if len(chosen) > 1:
            chosen = [one for one in chosen if one.focal]
            if len(chosen) != 1:
                refuse(at, "exactly one must be focal")
        for insurance in chosen:
            not_modified(insurance, at)
            here, identifier = self._card_of(insurance.coverage, contained, at, agency_id)
            if identifier is not None:
                found.put("identifier", identifier_of(self._systems, identifier, here), f"{here}.value")
                return
        if patient is None:
            refuse(f"{_ROOT}.insurance.coverage", "an identifier of the card, or of the patient, is required")
        here = found.paths["identifier"]
        found.put("identifier", identifier_of(self._systems, patient, here), f"{here}.value")

    def _card_of(
        self, reference: Reference, contained: Contained, at: str, agency_id: str
    ) -> tuple[str, Identifier | None]:
        """The identifier of a card, and where it stands: logical, of a contained Coverage, or of one of ours."""
        here = f"{at}.coverage"
        if reference.identifier is not None:
            return f"{here}.identifier", reference.identifier
        if reference.reference is None:
            return here, None
        here += ".reference"
        if not reference.reference.startswith("#"):
            try:
                name = reference.reference.removeprefix(self._ground.base + "/").removeprefix("Coverage/")
                return here, Identifier(None, card_named(self._ground, name, agency_id)[1])
            except NotOurs:
                refuse(here, "must name a contained Coverage, or one that was answered to this agency")
        path, coverage = contained.find(reference.reference, "Coverage", _Coverage, here)
        _check_understood(coverage, path)
        return f"{path}.identifier[0]", coverage.identifier[0] if coverage.identifier else None

    @staticmethod
    def _read_days(asked: _Request, found: _Found) -> None:
        if asked.servicedDate is not None:
            if asked.servicedPeriod is not None:
                refuse(f"{_ROOT}.serviced", "is given twice")
            found.put("visitOn", asked.servicedDate, f"{_ROOT}.servicedDate")
        elif asked.servicedPeriod is not None and asked.servicedPeriod.end is not None:
            found.put("visitOn", day(asked.servicedPeriod.end), f"{_ROOT}.servicedPeriod.end")

    def _read_visit(self, asked: _Request, found: _Found) -> None:
        items = asked.item or []
        if len(items) != 1:
            refuse(f"{_ROOT}.item", "must be one: a request is about one visit")
        item, at = items[0], f"{_ROOT}.item[0]"
        not_modified(item, at)
        visit: dict[str, object] = {}
        found.put("visit", visit, at)

        def put(name: str, value: object, where: str) -> None:
            visit[name] = value
            found.paths[f"visit.{name}"] = where

        found.paths["visit.kind"] = f"{at}.category"
        if item.category is not None:
            put("kind", _known(item.category, self._kinds, f"{at}.category"), f"{at}.category")
        if item.productOrService is not None:
            where = f"{at}.productOrService"
            put("reason", _known(item.productOrService, self._reasons, where), where)
        if asked.servicedPeriod is not None and asked.servicedPeriod.start is not None:
            put("admittedOn", day(asked.servicedPeriod.start), f"{_ROOT}.servicedPeriod.start")
        for one in item.extension or ():
            if one.url == self._slip_on and one.valueDate:
                put("slipOn", one.valueDate, f"{at}.extension.valueDate")
        if item.diagnosis:
            put("diagnosis", _icd_10(item.diagnosis, f"{at}.diagnosis"), f"{at}.diagnosis[0]")
        if item.unitPrice is not None:
            put("costVnd", _cost(item, at), f"{at}.unitPrice")

    def _echo(self, asked: _Request, found: _Found, incoming: Incoming) -> Echo:
        visit = found.values.get("visit", {})
        own = next((i for i in asked.identifier or () if i.value), None)
        return Echo(
            request_id=incoming.request_id,
            created=instant(incoming.received),
            purposes=asked.purpose,
            identifier=found.values["identifier"],
            request=_plain(own) if own is not None else None,
            serviced=_serviced(asked),
            kind=visit.get("kind", ""),
            reason=visit.get("reason", ""),
        )


def _check_understood(resource: _Request | _Patient | _Coverage, at: str) -> None:
    not_modified(resource, at)
    if resource.implicitRules is not msgspec.UNSET:
        refuse(f"{at}.implicitRules", "is not understood here, and must not be ignored")


def _known(concept: CodeableConcept, codes: Mapping[tuple[str, str], str], at: str) -> str:
    """The contract's name of the first coding that is known here."""
    for one in concept.coding or ():
        name = codes.get((one.system or "", one.code or ""))
        if name is not None:
            return name
    listed = ", ".join(f"{system}|{code}" for system, code in codes)
    return refuse(at, f"needs a coding of {listed}")


def _icd_10(diagnoses: list[_Diagnosis], at: str) -> str:
    if len(diagnoses) != 1:
        refuse(at, "must be one: the main diagnosis")
    not_modified(diagnoses[0], f"{at}[0]")
    concept = diagnoses[0].diagnosisCodeableConcept
    for one in (concept.coding if concept is not None else None) or ():
        if one.system == ICD_10 and one.code:
            return one.code
    return refuse(f"{at}[0]", f"needs a coding of {ICD_10}")


def _cost(item: _Item, at: str) -> int:
    price = item.unitPrice
    if price is None or price.value is None or price.currency != CURRENCY or price.value != int(price.value):
        refuse(f"{at}.unitPrice", "must be whole VND")
    if item.quantity is not None and item.quantity.value != 1:
        refuse(f"{at}.quantity", "must be 1: unitPrice is the cost of the visit")
    return int(price.value)


def _serviced(asked: _Request) -> dict[str, Any]:
    if asked.servicedDate is not None:
        return {"servicedDate": asked.servicedDate}
    period = asked.servicedPeriod
    given = {"start": period.start, "end": period.end} if period is not None else {}
    kept = {name: value for name, value in given.items() if value}
    return {"servicedPeriod": kept} if kept else {}


def _plain(identifier: Identifier) -> dict[str, str]:
    given = {"system": identifier.system, "value": identifier.value}
    return {name: value for name, value in given.items() if value}
