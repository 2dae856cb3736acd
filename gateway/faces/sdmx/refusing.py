"""How the face says no, and how an SDMX client reads it: ``mes:Error`` (SDMX 2.1, SDMXMessage.xsd).

Codes: "Status and error codes" of the SDMX web services guidelines.
"""

from collections.abc import Mapping
from typing import Any, Final, NoReturn
from xml.sax.saxutils import escape

from gateway.problems import REASONS, Problem
from lienthong.rpc.errors import FieldViolation

MEDIA_TYPE: Final = "application/xml"

# Our reasons -> the standard's code; what is not listed is 500, internal server error.
CODES: Final[Mapping[str, int]] = {
    "malformed": 140,
    "signature_missing": 110,
    "signature_invalid": 110,
    "signature_expired": 110,
    "replayed": 110,
    "scope_denied": 110,
    "purpose_denied": 110,
    "row_denied": 110,
    "not_found": 100,
    "method_not_allowed": 140,
    "not_acceptable": 140,
    "answer_too_large": 130,
    "too_large": 140,
    "headers_too_large": 140,
    "unsupported_media_type": 140,
    "invalid_argument": 150,
    "quota_exceeded": 503,
    "unavailable": 503,
}
_INTERNAL: Final = 500


def error_of(document: Mapping[str, Any]) -> bytes:
    """The SDMX error for a problem document (RFC 9457): a message for it, one more for each wrong field.

    The first text begins with the reason, so that a program need not understand the sentence.
    """
    reason = str(document["reason"])
    known = REASONS.get(reason)
    code = CODES.get(reason, _INTERNAL)
    lines = [
        _message(
            code,
            ("en", f"{reason}: {known.en if known else document['title']} ({document['instance']})"),
            ("vi", f"{reason}: {known.vi if known else document['title']} ({document['instance']})"),
        )
    ]
    lines += [
        _message(code, ("en", f"{one['field']}: {one['description']}")) for one in document.get("errors", ())
    ]
    text = "".join(lines)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<mes:Error xmlns:mes="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"'
        ' xmlns:com="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common">\n'
        f"{text}</mes:Error>\n"
    ).encode()


def _message(code: int, *texts: tuple[str, str]) -> str:
    inner = "".join(f'<com:Text xml:lang="{language}">{escape(text)}</com:Text>' for language, text in texts)
    return f'<mes:ErrorMessage code="{code}">{inner}</mes:ErrorMessage>\n'


def syntax(field: str, description: str) -> NoReturn:
    """Raise the refusal of what does not follow the grammar (400, code 140)."""
    raise Problem("malformed", f"{field}: {description}", fields=(FieldViolation(field, description),))


def semantic(field: str, description: str) -> NoReturn:
    """Raise the refusal of what is well formed and does not fit the structure (422, code 150)."""
    raise Problem("invalid_argument", f"{field}: {description}", fields=(FieldViolation(field, description),))


def nothing(detail: str) -> NoReturn:
    """Raise the refusal of what has no result (404, code 100)."""
    raise Problem("not_found", detail)
