"""Operations as they stand in the gateway's database, as messages of the contract."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from google.rpc import status_pb2

from gateway.accepting import Operation
from gateway.operation_texts import text_of
from lienthong.access.answers import answer_encoder
from lienthong.rpc import errors
from vss.operations.v1 import operations_pb2
from vss.types.v1 import text_pb2

PENDING, COMPLETED, FAILED, HELD = 1, 2, 3, 4

_encode = answer_encoder(operations_pb2.GetOperationResponse, frozenset({"result"}))


def pending(operation: Operation) -> dict[str, Any]:
    """The answer to a command that is accepted now, as plain JSON values."""
    return _values(
        operations_pb2.Operation(
            operation_id=str(operation.operation_id),
            method=operation.rpc,
            state=operations_pb2.OPERATION_STATE_PENDING,
            accepted_at=_time(operation.accepted_at),
            idempotency_key=operation.idempotency_key,
        )
    )


def row_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a command that is known already, as plain JSON values, without its result."""
    return _values(operation_of(row))


def operation_of(row: Mapping[str, Any]) -> operations_pb2.Operation:
    """The operation in a row, without its result."""
    return operations_pb2.Operation(
        operation_id=str(row["operation_id"]),
        method=row["rpc"],
        state=row["state"],
        accepted_at=_time(row["accepted_at"]),
        finished_at=_time(row["finished_at"]) if row["finished_at"] is not None else "",
        idempotency_key=row["idempotency_key"],
    )


def error_of(result: bytes) -> operations_pb2.OperationError:
    """Why an operation failed, from the ``google.rpc.Status`` that is kept of it."""
    refusal = errors.from_status(status_pb2.Status.FromString(result))
    vi, en = text_of(refusal.reason, refusal.message)
    return operations_pb2.OperationError(
        reason=refusal.reason,
        text=text_pb2.LocalizedText(vi=vi, en=en),
        fields=[operations_pb2.FieldError(field=f.field, description=f.description) for f in refusal.fields],
    )


def _values(operation: operations_pb2.Operation) -> dict[str, Any]:
    values: dict[str, Any] = _encode(operations_pb2.GetOperationResponse(operation=operation))
    return values


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
