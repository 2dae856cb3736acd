"""What a refusal says, in each of the three spellings that the gateway has for it.

A problem document (RFC 9457) for its own paths, an OperationOutcome for FHIR, ``mes:Error`` for SDMX. What
cannot be read is a refusal all the same, with the reason ``unknown``. No I/O.
"""

import re
from typing import Any, Final

import msgspec

from lienthong.client.errors import FieldProblem, Problem

_COMMON: Final = "{http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common}"
_MESSAGE: Final = "{http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message}"
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_TOLD: Final = re.compile(r"(?P<reason>[a-z_]+): (?P<title>.*?)(?: \(urn:[^)]*\))?", re.DOTALL)
"""The first text of an SDMX error: the reason, its title, and the request's name, which a header has too."""


def problem_of(status: int, body: bytes, request_id: str, retry_after: float | None) -> Problem:
    """The problem that a refusal's body tells of, as far as it can be read."""
    told = _of_error(body) if body.lstrip().startswith(b"<") else _of_json(body)
    listed = told.get("errors")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    return Problem(
        status=status,
        reason=str(told.get("reason", "unknown")),
        title=str(told.get("title", "")),
        detail=str(told.get("detail", "")),
        fields=tuple(FieldProblem(str(r.get("field", "")), str(r.get("description", ""))) for r in rows),
        request_id=request_id,
        retry_after=retry_after,
        body=body,
    )


def _of_json(body: bytes) -> dict[str, Any]:
    """The members of a problem document."""
    try:
        document: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        document = None
    told: dict[str, Any] = document if isinstance(document, dict) else {}
    return _of_outcome(told) if told.get("resourceType") == "OperationOutcome" else told


def _of_outcome(outcome: dict[str, Any]) -> dict[str, Any]:
    """What a FHIR OperationOutcome says, as the members of a problem document."""
    listed = outcome.get("issue")
    issues = [issue for issue in listed if isinstance(issue, dict)] if isinstance(listed, list) else []
    errors = []
    reason = title = ""
    for issue in issues:
        details = issue.get("details")
        coded: dict[str, Any] = details if isinstance(details, dict) else {}
        codings = coded.get("coding")
        first = codings[0] if isinstance(codings, list) and codings else None
        reason = reason or str(first.get("code", "")) if isinstance(first, dict) else reason
        title = title or str(coded.get("text", ""))
        places = issue.get("expression") or issue.get("location")
        if isinstance(places, list) and places:
            errors.append({"field": places[0], "description": issue.get("diagnostics", "")})
    return {"reason": reason or "unknown", "title": title, "errors": errors}


def _of_error(body: bytes) -> dict[str, Any]:
    """What an SDMX error says, as the members of a problem document: in Vietnamese, where it can choose."""
    # Here, because nothing else that agencies install reads XML, and loading it takes time.
    from lxml import etree

    parser: etree.XMLParser[Any] = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return {}
    texts = [
        {text.get(_LANGUAGE, ""): text.text or "" for text in message.iterfind(f"{_COMMON}Text")}
        for message in root.iterfind(f"{_MESSAGE}ErrorMessage")
    ]
    if root.tag != f"{_MESSAGE}Error" or not texts:
        return {}
    first, *fields = texts
    told = _TOLD.fullmatch(first.get("vi") or first.get("en") or "")
    parts = [each.get("en", "").partition(": ") for each in fields]
    return {
        **(told.groupdict() if told else {}),
        "errors": [{"field": field, "description": description} for field, _, description in parts],
    }
