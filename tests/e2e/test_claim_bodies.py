"""Claim files at the real gateway: carried as they come, and what is none is told so at once."""

import time
import uuid
from typing import Any

import pytest

from tests.support.stack import until
from tests.support.wire import Answer, Sender

CLAIMS = "/v1/claims"
MOST = 10 * 1024 * 1024


def hand_in(sender: Sender, body: bytes, media_type: str = "application/xml") -> Answer:
    return sender.ask(
        CLAIMS, body, purpose="claims", content_type=media_type, idempotency_key=f"e2e-{uuid.uuid4()}"
    )


def ended(sender: Sender, accepted: Answer) -> dict[str, Any]:
    """The operation once it has ended."""
    path = accepted.header("location")

    def look() -> dict[str, Any] | None:
        raw = sender.sign(path, b"", method="GET", purpose="claims", content_type=None)
        operation: dict[str, Any] = sender.send(raw).document["operation"]
        return operation if operation["finishedAt"] else None

    return until(look, seconds=30, what="the operation ends")


@pytest.mark.parametrize("padding", [0, 200_000])
@pytest.mark.parametrize(
    "start", [b"PK\x03\x04", b"%PDF-1.7\n", b'{"lines": []}', b"\x1f\x8b\x08", b"MA_LK,STT"]
)
def test_another_kind_of_file_is_refused_at_once(hospital: Sender, start: bytes, padding: int) -> None:
    answer = hand_in(hospital, start + b" " * padding)
    assert (answer.status, answer.reason, answer.fields) == (415, "unsupported_media_type", ["$"])


def test_a_file_of_ten_mebibytes_in_one_line_is_accepted_and_refused_by_who_reads_it(
    hospital: Sender,
) -> None:
    started = time.monotonic()
    accepted = hand_in(hospital, b"<a>" + b"x" * (MOST - 7) + b"</a>")
    assert accepted.status == 202
    assert time.monotonic() - started < 15
    operation = ended(hospital, accepted)
    assert operation["state"] == "OPERATION_STATE_FAILED"
    assert [f["field"] for f in operation["error"]["fields"]] == ["file"]


def test_one_octet_more_is_too_large(hospital: Sender) -> None:
    raw = hospital.sign(
        CLAIMS, b"<a/>", purpose="claims", content_type="application/xml", idempotency_key="e2e-large"
    )
    assert hospital.send(raw.also(("content-length", str(MOST + 1)))).reason == "too_large"


def test_a_claim_file_is_no_json(hospital: Sender) -> None:
    assert hand_in(hospital, b"<a/>", "application/json").reason == "unsupported_media_type"
