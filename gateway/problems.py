"""Every way in which the gateway says no, as one table and one exception.

A problem document (RFC 9457) carries one public reason per class of failure; what
exactly was wrong goes to the audit entry alone.
"""

from dataclasses import dataclass
from http import HTTPStatus

from google.rpc import code_pb2

from lienthong.access.raw import NotOfItsType
from lienthong.access.requests import MalformedJson
from lienthong.audit.writer import NOT_RECORDED
from lienthong.rpc import errors
from lienthong.rpc.coalesce import Overloaded, TooLate
from lienthong.signing import ACCEPT_SIGNATURE, SignatureRefused

PROBLEM_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Reason:
    """A class of failure: stable name, HTTP status, titles for people."""

    name: str
    status: HTTPStatus
    vi: str
    en: str


_ROWS = (
    Reason("malformed", HTTPStatus.BAD_REQUEST, "Yêu cầu sai cấu trúc", "The request is malformed"),
    Reason("signature_missing", HTTPStatus.UNAUTHORIZED, "Yêu cầu chưa được ký", "The request is not signed"),
    Reason("signature_invalid", HTTPStatus.UNAUTHORIZED, "Chữ ký không hợp lệ", "The signature is not valid"),
    Reason("signature_expired", HTTPStatus.UNAUTHORIZED, "Chữ ký đã hết hạn", "The signature is not current"),
    Reason(
        "replayed", HTTPStatus.UNAUTHORIZED, "Yêu cầu đã được gửi trước đó", "The request was sent before"
    ),
    Reason(
        "scope_denied", HTTPStatus.FORBIDDEN, "Không có quyền dùng chức năng này", "The scope is not granted"
    ),
    Reason("purpose_denied", HTTPStatus.FORBIDDEN, "Mục đích không được phép", "The purpose is not granted"),
    Reason(
        "row_denied", HTTPStatus.FORBIDDEN, "Không có quyền xem người này", "This record is not yours to see"
    ),
    Reason("not_found", HTTPStatus.NOT_FOUND, "Không tìm thấy", "Not found"),
    Reason(
        "method_not_allowed", HTTPStatus.METHOD_NOT_ALLOWED, "Sai phương thức", "The method is not allowed"
    ),
    Reason(
        "idempotency_conflict",
        HTTPStatus.CONFLICT,
        "Mã Idempotency-Key đã dùng cho yêu cầu khác",
        "The Idempotency-Key names another operation",
    ),
    Reason(
        "not_covered", HTTPStatus.CONFLICT, "Không có thẻ BHYT có giá trị hôm nay", "No card is valid today"
    ),
    Reason(
        "not_acceptable",
        HTTPStatus.NOT_ACCEPTABLE,
        "Không có định dạng được yêu cầu",
        "None of the accepted formats is available",
    ),
    Reason(
        "answer_too_large",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "Kết quả quá lớn, hãy thu hẹp yêu cầu",
        "The answer would be too large; ask for less",
    ),
    Reason("too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Yêu cầu quá lớn", "The request is too large"),
    Reason(
        "headers_too_large",
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "Phần tiêu đề quá lớn",
        "The header fields are too large",
    ),
    Reason(
        "unsupported_media_type",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "Kiểu nội dung không được hỗ trợ",
        "The content type is not supported",
    ),
    Reason(
        "invalid_argument",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Dữ liệu không hợp lệ",
        "A field is missing or wrong",
    ),
    Reason("quota_exceeded", HTTPStatus.TOO_MANY_REQUESTS, "Vượt hạn mức", "The quota is used up"),
    Reason("internal", HTTPStatus.INTERNAL_SERVER_ERROR, "Lỗi hệ thống", "Something failed on our side"),
    Reason("unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "Tạm thời không phục vụ được", "Not available now"),
)
REASONS = {row.name: row for row in _ROWS}


class Problem(Exception):
    """A refusal on its way out.

    ``detail`` is for the audit entry; ``fields`` and ``headers`` are public.
    """

    def __init__(
        self,
        reason: str,
        detail: str = "",
        *,
        fields: tuple[errors.FieldViolation, ...] = (),
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__(reason, detail)
        self.reason = REASONS[reason]
        self.detail = detail
        self.fields = fields
        self.headers = headers

    def document(self, language: str, request_id: str) -> dict[str, object]:
        """The RFC 9457 document in "vi" or "en"."""
        body: dict[str, object] = {
            "type": f"urn:lienthong:problem:{self.reason.name}",
            "title": self.reason.vi if language == "vi" else self.reason.en,
            "status": int(self.reason.status),
            "reason": self.reason.name,
            "instance": f"urn:lienthong:request:{request_id}",
        }
        if self.fields:
            body["errors"] = [{"field": f.field, "description": f.description} for f in self.fields]
        return body

    def extra_headers(self) -> list[tuple[bytes, bytes]]:
        """Headers that this class of failure always carries, and its own."""
        headers = list(self.headers)
        if self.reason.status == HTTPStatus.UNAUTHORIZED:
            headers.append((b"accept-signature", ACCEPT_SIGNATURE.encode()))
        if self.reason.status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append((b"retry-after", b"%d" % RETRY_AFTER_SECONDS))
        return headers


def problem_of(error: Exception) -> Problem:
    """The one table from what was raised to what is answered; the unknown is ``internal``."""
    match error:
        case Problem():
            problem = error
        case SignatureRefused():
            problem = Problem(error.reason, error.detail)
        case MalformedJson():
            problem = Problem("malformed", str(error))
        case NotOfItsType():
            what = errors.FieldViolation("$", str(error))
            problem = Problem("unsupported_media_type", str(error), fields=(what,))
        case errors.Refusal():
            problem = _of_refusal(error)
        case _ if isinstance(error, _UNAVAILABLE):
            problem = Problem("unavailable", type(error).__name__)
        case _:
            problem = Problem("internal", type(error).__name__)
    return problem


_UNAVAILABLE = (Overloaded, TooLate, TimeoutError, NOT_RECORDED)
_BY_CODE = {
    code_pb2.INVALID_ARGUMENT: "invalid_argument",
    code_pb2.NOT_FOUND: "not_found",
    code_pb2.UNAVAILABLE: "unavailable",
    code_pb2.DEADLINE_EXCEEDED: "unavailable",
    code_pb2.RESOURCE_EXHAUSTED: "unavailable",
    code_pb2.CANCELLED: "unavailable",
}


def _of_refusal(refusal: errors.Refusal) -> Problem:
    if refusal.code == code_pb2.PERMISSION_DENIED and refusal.reason == "ROW_DENIED":
        return Problem("row_denied", refusal.message)
    if refusal.code == code_pb2.FAILED_PRECONDITION and refusal.reason == "NOT_COVERED":
        return Problem("not_covered", refusal.message, fields=_public(refusal))
    if refusal.code == code_pb2.RESOURCE_EXHAUSTED and refusal.reason == "TOO_MANY_OBSERVATIONS":
        return Problem("answer_too_large", refusal.message, fields=_public(refusal))
    return Problem(
        _BY_CODE.get(refusal.code, "internal"),
        f"{refusal.reason}: {refusal.message}",
        fields=_public(refusal),
    )


def _public(refusal: errors.Refusal) -> tuple[errors.FieldViolation, ...]:
    return tuple(errors.FieldViolation(_json_path(f.field), f.description) for f in refusal.fields)


def _json_path(path: str) -> str:
    """A proto field path as the agency wrote it: ``requests[3].full_name`` -> ``requests[3].fullName``."""
    head, *rest = path.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)
