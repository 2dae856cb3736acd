"""Writes the ``CoverageEligibilityResponse`` of a masked answer of CheckCoverage."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from gateway.faces.fhir.coverage import card_elements, period
from gateway.faces.fhir.json import put
from gateway.faces.fhir.systems import (
    INSURER,
    REQUEST_ID,
    TERMINOLOGY,
    Systems,
    both,
    code_of,
    concept,
    money,
)


class Echo(NamedTuple):
    """What the response repeats of its request. ``kind`` and ``reason`` are the contract's enum names."""

    request_id: str
    created: str
    purposes: list[Any]
    identifier: str
    request: dict[str, str] | None
    serviced: dict[str, Any]
    kind: str
    reason: str


# The visit codes of a check that found nobody, or somebody else: nothing was processed to its end.
_NOT_FOUND: Final = frozenset({"05", "06", "07"})
_PLAN: Final = concept(TERMINOLOGY + "ex-benefitcategory", "30", "Health Benefit Plan Coverage")
_BENEFIT_TYPE: Final = TERMINOLOGY + "benefit-type"
_HUNDREDTHS: Final = 100
_ALL: Final = 10_000

# The contract's figure -> our code for it.
_PERCENTAGES: Final = (
    ("fundBasisPoints", "fund-basis-points"),
    ("levelPercent", "level-percent"),
    ("routePercent", "route-percent"),
)
_SPLIT: Final = (("costVnd", "cost"), ("patientVnd", "patient"))


class Writer:
    """Prepared once: every concept that does not depend on the answer is made at start."""

    def __init__(self, systems: Systems) -> None:
        self._systems = systems
        self._own = {
            code: concept(systems["benefit"], code)
            for code in ("cost", "patient", "copay-left", "exempt-from", "pays-until")
        } | {code: concept(systems["benefit"], code) for _, code in _PERCENTAGES}
        self._hl7 = {
            code: concept(_BENEFIT_TYPE, code)
            for code in ("benefit", "copay", "copay-percent", "copay-maximum")
        }

    def response(self, answer: Mapping[str, Any], echo: Echo) -> dict[str, Any]:
        """The resource; what the masks have taken away is not in it."""
        systems = self._systems
        patient = {"type": "Patient", "identifier": systems.identifier(echo.identifier)}
        cards = [(name, answer[name]) for name in ("card", "newCard") if name in answer]
        resource: dict[str, Any] = {"resourceType": "CoverageEligibilityResponse"}
        put(resource, "contained", [self._contained(name, card, patient) for name, card in cards])
        put(resource, "extension", self._remarks(answer))
        resource |= {
            "identifier": [{"system": REQUEST_ID, "value": echo.request_id}],
            "status": "active",
            "purpose": echo.purposes,
            "patient": patient,
            **echo.serviced,
            "created": echo.created,
            "request": {
                "type": "CoverageEligibilityRequest",
                "identifier": echo.request or {"system": REQUEST_ID, "value": echo.request_id},
            },
            "outcome": "error" if answer.get("visitCode") in _NOT_FOUND else "complete",
        }
        put(resource, "disposition", both(answer.get("resultText")))
        resource["insurer"] = {"display": INSURER}
        resource["insurance"] = self._insurances(cards, answer, echo, patient)
        put(resource, "preAuthRef", answer.get("checkToken"))
        put(resource, "error", self._errors(answer))
        return resource

    def _contained(self, name: str, card: Mapping[str, Any], patient: Mapping[str, Any]) -> dict[str, Any]:
        elements = card_elements(self._systems, card, patient["identifier"])
        return {"resourceType": "Coverage", "id": name, **elements}

    def _insurances(
        self, cards: list[tuple[str, Any]], answer: Mapping[str, Any], echo: Echo, patient: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """First the card that decides, or what was asked about; then the card that replaces it."""
        found: list[dict[str, Any]] = []
        for name, card in cards:
            row: dict[str, Any] = {"coverage": {"reference": f"#{name}"}}
            put(row, "benefitPeriod", period(card))
            found.append(row)
        if not found or cards[0][0] != "card":
            found.insert(0, {"coverage": {"type": "Coverage", "identifier": patient["identifier"]}})
        deciding = found[0]
        if "covered" in answer:
            deciding["inforce"] = answer["covered"]
        item = self._item(answer, echo)
        if item is not None and "benefits" in echo.purposes:
            deciding["item"] = [item]
        return found

    def _item(self, answer: Mapping[str, Any], echo: Echo) -> dict[str, Any] | None:
        """What the fund pays for the visit; what the card pays in general when none was asked about."""
        benefit = answer.get("benefit")
        if benefit is None:
            percent = answer["card"].get("benefitPercent", 0) if "card" in answer else 0
            if not percent or echo.kind or not answer.get("covered"):
                return None
            return {"category": _PLAN, "benefit": [self._percent(percent * _HUNDREDTHS)]}
        systems = self._systems
        item: dict[str, Any] = {}
        put(item, "extension", self._steps(benefit))
        # One of category and productOrService, never both (R4 constraint ces-1).
        item["category"] = (
            concept(systems["visit-kind"], code_of(echo.kind, "VISIT_KIND_")) if echo.kind else _PLAN
        )
        if echo.reason:
            item["modifier"] = [concept(systems["visit-reason"], code_of(echo.reason, "VISIT_REASON_"))]
        if route := benefit.get("route"):
            item["network"] = concept(systems["route"], route)
        item["benefit"] = [self._percent(benefit.get("fundBasisPoints", 0)), *self._figures(benefit)]
        return item

    def _percent(self, fund_basis_points: int) -> dict[str, Any]:
        """What is left to the patient of a cost within the fund's scope; half percents are written as text."""
        left = _ALL - fund_basis_points
        row: dict[str, Any] = {"type": self._hl7["copay-percent"]}
        if left % _HUNDREDTHS:
            row["allowedString"] = f"{left // _HUNDREDTHS}.{left % _HUNDREDTHS:02d}"
        else:
            row["allowedUnsignedInt"] = left // _HUNDREDTHS
        return row

    def _figures(self, benefit: Mapping[str, Any]) -> list[dict[str, Any]]:
        own, hl7 = self._own, self._hl7
        rows = [
            {"type": own[code], "allowedUnsignedInt": benefit[name]}
            for name, code in _PERCENTAGES
            if name in benefit
        ]
        if until := benefit.get("paysUntil"):
            rows.append({"type": own["pays-until"], "allowedString": until})
        if split := benefit.get("split"):
            rows.append({"type": hl7["benefit"], "allowedMoney": money(split["fundVnd"])})
            rows.append({"type": hl7["copay"], "allowedMoney": money(split["copayVnd"])})
            rows += [{"type": own[code], "allowedMoney": money(split[name])} for name, code in _SPLIT]
        if copay := benefit.get("copay"):
            paid = money(copay["paidVnd"])
            rows.append(
                {
                    "type": hl7["copay-maximum"],
                    "allowedMoney": money(copay["thresholdVnd"]),
                    "usedMoney": paid,
                }
            )
            rows.append({"type": own["copay-left"], "allowedMoney": money(copay["leftVnd"])})
            if copay["exempt"] and copay["exemptFrom"]:
                rows.append({"type": own["exempt-from"], "allowedString": copay["exemptFrom"]})
        return rows

    def _steps(self, benefit: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rules that decided, in their order."""
        found = []
        for step in benefit.get("steps", ()):
            parts = [
                *_part("rule", "valueCode", step.get("rule")),
                *_part("text", "valueString", both(step.get("text"))),
                *_part("legal-basis", "valueString", step.get("legalBasis")),
                *(part for row in step.get("rows", ()) for part in _part("row", "valueString", row)),
            ]
            if parts:
                found.append({"url": self._systems.extension("step"), "extension": parts})
        return found

    def _remarks(self, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The result's codes, the notices and the changes."""
        systems = self._systems
        found: list[dict[str, Any]] = []
        if code := answer.get("resultCode"):
            coding = {"system": systems["result"], "code": code}
            found.append({"url": systems.extension("result"), "valueCoding": coding})
        if code := answer.get("visitCode"):
            coding = {"system": systems["visit-code"], "code": code}
            found.append({"url": systems.extension("visit-code"), "valueCoding": coding})
        if changed := answer.get("changedAt"):
            found.append({"url": systems.extension("changed-at"), "valueInstant": changed})
        for notice in answer.get("notices", ()):
            value = concept(systems["notice"], notice["code"], both(notice.get("text")))
            found.append({"url": systems.extension("notice"), "valueCodeableConcept": value})
        for change in answer.get("changes", ()):
            parts = [
                part
                for name in ("what", "before", "after")
                for part in _part(name, "valueString", change[name])
            ]
            found.append({"url": systems.extension("change"), "extension": parts})
        return found

    def _errors(self, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The portal's code and text when the fund does not pay."""
        code = answer.get("resultCode")
        if not code or answer.get("covered"):
            return []
        return [{"code": concept(self._systems["result"], code, both(answer.get("resultText")))}]


def _part(name: str, kind: str, value: str | None) -> list[dict[str, str]]:
    return [{"url": name, kind: value}] if value else []
