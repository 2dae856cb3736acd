"""Whatever spelling the gateway has for a refusal, the client reads the same of it."""

import pytest

from gateway.faces.sdmx.refusing import error_of
from gateway.problems import REASONS, Problem
from lienthong.client.refusals import problem_of
from lienthong.rpc.errors import FieldViolation

WRONG = (FieldViolation("startPeriod", "a month: expected <YYYY-MM>"), FieldViolation("key", "too long"))


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_is_read_from_an_error_of_sdmx(reason: str) -> None:
    row = REASONS[reason]
    document = Problem(reason, fields=WRONG).document("en", "0123456789abcdef")
    read = problem_of(row.status, error_of(document), "0123456789abcdef", 7.0)
    assert (read.status, read.reason, read.title) == (row.status, reason, row.vi)
    assert [(one.field, one.description) for one in read.fields] == [
        (one.field, one.description) for one in WRONG
    ]
    assert (read.request_id, read.retry_after) == ("0123456789abcdef", 7.0)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Bad Gateway</body></html>",
        b"<mes:Error",
        b'<!DOCTYPE e [<!ENTITY a SYSTEM "file:///etc/passwd">]><e>&a;</e>',
        b'<Error xmlns="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"/>',
    ],
)
def test_xml_that_is_no_error_of_sdmx_is_a_refusal_all_the_same(body: bytes) -> None:
    read = problem_of(400, body, "a1", None)
    assert (read.status, read.reason, read.title, read.fields) == (400, "unknown", "", ())
