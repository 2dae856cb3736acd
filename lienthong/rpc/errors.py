"""The one error type that crosses the wire, and its form as ``google.rpc.Status``.

    Refusal
    ├── InvalidArgument      a field is missing or wrong; names each field
    ├── NotFound             nobody has this identifier
    ├── PermissionDenied     a row rule says no
    ├── FailedPrecondition   things are not so that this can be done
    └── Unavailable          try again later

Imports no grpc, so that bus consumers (eventlet) can use it too.
"""

from dataclasses import dataclass
from typing import Final

from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

DOMAIN = "lienthong.vss"


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One wrong field: its path in the request (proto names) and what is expected."""

    field: str
    description: str


class Refusal(Exception):
    """A request that is answered with an error on purpose.

    ``reason`` is stable and in UPPER_SNAKE_CASE (AIP-193); ``message`` is for
    developers and carries no personal data.
    """

    code: int = code_pb2.UNKNOWN

    def __init__(
        self, reason: str, message: str, *, fields: tuple[FieldViolation, ...] = (), code: int | None = None
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.fields = fields
        if code is not None:
            self.code = code


class InvalidArgument(Refusal):
    """The request breaks the contract; ``fields`` names where."""

    REASON: Final = "INVALID_ARGUMENT"
    code = code_pb2.INVALID_ARGUMENT

    def __init__(self, *fields: FieldViolation) -> None:
        summary = "; ".join(f"{f.field}: {f.description}" for f in fields)
        super().__init__(self.REASON, summary, fields=fields)


class NotFound(Refusal):
    """What was asked about does not exist."""

    code = code_pb2.NOT_FOUND


class PermissionDenied(Refusal):
    """A row rule refuses this caller this row (reason ``ROW_DENIED``)."""

    code = code_pb2.PERMISSION_DENIED


class FailedPrecondition(Refusal):
    """Things are not so that this can be done; asking again changes nothing until they are."""

    code = code_pb2.FAILED_PRECONDITION


class Unavailable(Refusal):
    """A part that is needed is down or too slow; asking again later may work."""

    code = code_pb2.UNAVAILABLE


_BY_CODE: dict[int, type[Refusal]] = {
    code_pb2.NOT_FOUND: NotFound,
    code_pb2.PERMISSION_DENIED: PermissionDenied,
    code_pb2.FAILED_PRECONDITION: FailedPrecondition,
    code_pb2.UNAVAILABLE: Unavailable,
}


def to_status(refusal: Refusal) -> status_pb2.Status:
    """The refusal as ``google.rpc.Status`` with ``ErrorInfo`` and ``BadRequest`` details."""
    details = [_packed(error_details_pb2.ErrorInfo(reason=refusal.reason, domain=DOMAIN))]
    if refusal.fields:
        violations = [
            error_details_pb2.BadRequest.FieldViolation(field=f.field, description=f.description)
            for f in refusal.fields
        ]
        details.append(_packed(error_details_pb2.BadRequest(field_violations=violations)))
    return status_pb2.Status(code=refusal.code, message=refusal.message, details=details)


def from_status(status: status_pb2.Status) -> Refusal:
    """The refusal that ``to_status`` wrote; unknown details are left out."""
    reason = ""
    fields: tuple[FieldViolation, ...] = ()
    for detail in status.details:
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if detail.Unpack(info):
            reason = info.reason
        elif detail.Unpack(bad):
            fields = tuple(FieldViolation(v.field, v.description) for v in bad.field_violations)
    if status.code == code_pb2.INVALID_ARGUMENT and reason in {"", InvalidArgument.REASON}:
        return InvalidArgument(*fields)
    name = reason or code_pb2.Code.Name(status.code)
    known = _BY_CODE.get(status.code)
    if known is not None:
        return known(name, status.message, fields=fields)
    return Refusal(name, status.message, fields=fields, code=status.code)


def _packed(message: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed
