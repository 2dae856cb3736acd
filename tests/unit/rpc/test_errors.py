"""A refusal that has travelled as a status is the refusal that was raised."""

import pytest
from google.rpc import code_pb2

from lienthong.rpc.errors import (
    FieldViolation,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Refusal,
    from_status,
    to_status,
)

FILE = (FieldViolation("file", "expected XML, found a ZIP archive"),)


@pytest.mark.parametrize(
    "refusal",
    [
        InvalidArgument(FieldViolation("born", "is required")),
        Refusal("FILE_TYPE", "expected XML", fields=FILE, code=code_pb2.INVALID_ARGUMENT),
        NotFound("STAY_UNKNOWN", "no stay"),
        PermissionDenied("ROW_DENIED", "not yours"),
    ],
)
def test_reason_code_and_fields_come_back(refusal: Refusal) -> None:
    back = from_status(to_status(refusal))
    assert (back.reason, back.code, back.fields) == (refusal.reason, refusal.code, refusal.fields)


def test_a_wrong_request_is_known_by_its_class() -> None:
    assert isinstance(from_status(to_status(InvalidArgument(*FILE))), InvalidArgument)
