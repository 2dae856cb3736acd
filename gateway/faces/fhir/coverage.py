"""``Coverage``: a card. Searched by identifier, read by a name that only the gateway can read: GetCoverage."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from gateway.faces import Incoming, Translated
from gateway.faces.fhir.asking import Ground, ask, first, no_query, parameters, token
from gateway.faces.fhir.json import put
from gateway.faces.fhir.opaque import NotOurs
from gateway.faces.fhir.outcome import remark
from gateway.faces.fhir.systems import ACT_CODE, INSURER, TERMINOLOGY, UNITS, Systems, concept
from gateway.problems import Problem
from lienthong.access.requests import Decoder

_BY_CARD: Final = ("identifier",)
_BY_PERSON: Final = (
    "patient.identifier",
    "patient:identifier",
    "beneficiary.identifier",
    "beneficiary:identifier",
)
PARAMETERS: Final = (*_BY_CARD, *_BY_PERSON, "as-of", "_format")

_KIND: Final = "coverage"
# Characters of a day.
_DAY: Final = 10
_SELF = concept(TERMINOLOGY + "subscriber-relationship", "self")
_PUBLIC = concept(ACT_CODE, "PUBLICPOL")
_COPAY = concept(TERMINOLOGY + "coverage-copay-type", "copaypct")
_GROUP = concept(TERMINOLOGY + "coverage-class", "group")
# Whatever is not active takes part in nothing; so does a status that is not known here.
_STATUS: Final = {"CARD_STATUS_ACTIVE": "active"}


class _Asked(NamedTuple):
    """``card`` is the card that a read is about, "" in a search."""

    identifier: str
    agency_id: str
    card: str


class Coverages:
    """Reads the questions and writes the answers about cards."""

    def __init__(self, ground: Ground, decode: Decoder) -> None:
        self._ground = ground
        self._decode = decode

    def decode_search(self, incoming: Incoming) -> Translated:
        """GetCoverage's request of a search's parameters."""
        given = parameters(incoming.query, incoming.body, PARAMETERS, ("_format",))
        name, text = first(given, (*_BY_CARD, *_BY_PERSON))
        identifier = token(self._ground.systems, text, name, only="card" if name in _BY_CARD else "")
        paths = {"identifier": name, "asOf": "as-of"}
        values = {"identifier": identifier, "asOf": given.get("as-of", "")}
        echo = _Asked(identifier, incoming.agency_id, "")
        return Translated(ask(self._decode, values, paths), echo, paths)

    def decode_read(self, incoming: Incoming) -> Translated:
        """GetCoverage's request of a logical id: its identifier, on the card's first day."""
        if incoming.body:
            raise Problem("malformed", "a GET with a body")
        no_query(incoming.query)
        try:
            card, identifier = card_named(self._ground, incoming.value, incoming.agency_id)
        except NotOurs:
            raise Problem("not_found", "no such Coverage of this agency") from None
        values = {"identifier": identifier, "asOf": card[:_DAY]}
        return Translated(ask(self._decode, values, {}), _Asked(identifier, incoming.agency_id, card), {})

    def encode_search(self, answer: Mapping[str, Any], asked: Translated) -> dict[str, Any]:
        """A searchset with every card of the day."""
        echo: _Asked = asked.echo
        if "cards" not in answer:
            return searchset(self._ground.base + "/Coverage/_search", [masked(self._ground.systems)])
        entries = []
        for card in answer["cards"]:
            resource = self._resource(card, answer, echo)
            url = f"{self._ground.base}/Coverage/{resource['id']}"
            entries.append({"fullUrl": url, "resource": resource, "search": {"mode": "match"}})
        return searchset(self._ground.base + "/Coverage/_search", entries, total=len(entries))

    def encode_read(self, answer: Mapping[str, Any], asked: Translated) -> dict[str, Any]:
        """The one card. Raises ``not_found`` when it is not there any more, or not to be seen."""
        echo: _Asked = asked.echo
        for card in answer.get("cards", ()):
            if _card_name(card) == echo.card:
                return self._resource(card, answer, echo)
        raise Problem("not_found", "the card is not among those of its first day")

    def _resource(self, card: Mapping[str, Any], answer: Mapping[str, Any], echo: _Asked) -> dict[str, Any]:
        plain = f"{_card_name(card)} {echo.identifier}"
        systems = self._ground.systems
        resource = {
            "resourceType": "Coverage",
            "id": self._ground.names.seal(plain, _KIND, echo.agency_id),
            "meta": {"lastUpdated": answer["changedAt"]} if "changedAt" in answer else {},
        } | card_elements(systems, card, systems.identifier(echo.identifier))
        if not resource["meta"]:
            del resource["meta"]
        return resource


def card_named(ground: Ground, name: str, agency_id: str) -> tuple[str, str]:
    """The card and the person's identifier behind a logical id. Raises ``NotOurs``."""
    card, _, identifier = ground.names.open(name, _KIND, agency_id).partition(" ")
    return card, identifier


def card_elements(
    systems: Systems, card: Mapping[str, Any], beneficiary: Mapping[str, str]
) -> dict[str, Any]:
    """A card as the elements of a Coverage, whose beneficiary has this identifier."""
    values: dict[str, Any] = {}
    put(values, "extension", _extensions(systems, card))
    if code := card.get("cardCode"):
        values["identifier"] = [{"system": systems["card"], "value": code}]
        values["subscriberId"] = code
    values |= {
        "status": _STATUS.get(card.get("status", ""), "cancelled"),
        "type": _PUBLIC,
        "beneficiary": {"type": "Patient", "identifier": beneficiary},
        "relationship": _SELF,
        "payor": [{"display": INSURER}],
    }
    put(values, "period", period(card))
    put(values, "class", _classes(systems, card))
    if percent := card.get("benefitPercent"):
        quantity = {"value": 100 - percent, "unit": "%", "system": UNITS, "code": "%"}
        values["costToBeneficiary"] = [{"type": _COPAY, "valueQuantity": quantity}]
    return values


def period(card: Mapping[str, Any]) -> dict[str, Any]:
    """The Period of a card's validity."""
    values: dict[str, Any] = {}
    put(values, "start", card.get("validFrom"))
    put(values, "end", card.get("validTo"))
    return values


def searchset(
    url: str, entries: list[dict[str, Any]], *, total: int | None = None, following: str = ""
) -> dict[str, Any]:
    """A Bundle of what was found. Its links hold no parameter of the search: these are in the body."""
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if total is not None:
        bundle["total"] = total
    bundle["link"] = [{"relation": "self", "url": url}]
    if following:
        bundle["link"].append({"relation": "next", "url": following})
    put(bundle, "entry", entries)
    return bundle


def masked(systems: Systems) -> dict[str, Any]:
    """The remark that there may be more than the grant lets this agency see."""
    text = "Quyền được cấp không bao gồm dữ liệu này / The grant does not cover this data"
    return remark("suppressed", (systems["access"], "masked"), text)


def _extensions(systems: Systems, card: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    if day := card.get("fiveYearsOn"):
        found.append({"url": systems.extension("five-years-on"), "valueDate": day})
    if area := card.get("livingArea"):
        found.append({"url": systems.extension("living-area"), "valueCode": area})
    return found


def _classes(systems: Systems, card: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    if group := card.get("subjectCode"):
        found.append({"type": _GROUP, "value": group})
    if digit := card.get("benefitDigit"):
        found.append({"type": concept(systems["class"], "benefit-digit"), "value": str(digit)})
    facility = card.get("registeredFacility") or {}
    if code := facility.get("code"):
        row = {"type": concept(systems["class"], "registered-facility"), "value": code}
        put(row, "name", facility.get("name"))
        found.append(row)
    return found


def _card_name(card: Mapping[str, Any]) -> str:
    """What tells the cards of a person apart: first day, group and benefit digit."""
    return f"{card['validFrom']}{card['subjectCode']}{card['benefitDigit']}"
