"""A webhook is believed only as the gateway signed it, for this address, now."""

import json
import time
from typing import Any

import pytest

from lienthong.client import AnswerNotTrusted, OperationState, read_webhook
from lienthong.signing import WEBHOOK_TAG, Algorithm, PrivateKey, prepare_request

URL = "https://employer.test/hooks/vss?from=gateway"
OPERATION = "0193b1c2-7d3e-7a61-9d5e-2f1c0a4b8e77"
GATEWAY = PrivateKey.generate(Algorithm.ED25519)
KEYS = {GATEWAY.key_id: GATEWAY.public}
BODY = json.dumps({"operation_id": OPERATION, "state": "OPERATION_STATE_COMPLETED"}).encode()


def told(
    body: bytes = BODY, *, key: PrivateKey = GATEWAY, tag: str = WEBHOOK_TAG, age: int = 0
) -> dict[str, Any]:
    headers = {"content-type": "application/json"}
    created = int(time.time()) - age
    signed = prepare_request(
        key, method="POST", url=URL, headers=headers, body=body, created=created, tag=tag
    )
    return {"url": URL, "headers": list({**headers, **signed.headers}.items()), "body": body}


def test_what_the_gateway_signed_is_believed() -> None:
    heard = read_webhook(KEYS, **told())
    assert (heard.operation_id, heard.state) == (OPERATION, OperationState.COMPLETED)


@pytest.mark.parametrize(
    "changed",
    [
        {"body": BODY.replace(b"COMPLETED", b"FAILED")},
        {"url": "https://employer.test/hooks/other?from=gateway"},
        {"url": "https://other.test/hooks/vss?from=gateway"},
        {"headers": [("content-type", "application/json")]},
    ],
)
def test_anything_changed_is_not_believed(changed: dict[str, Any]) -> None:
    with pytest.raises(AnswerNotTrusted):
        read_webhook(KEYS, **{**told(), **changed})


def test_a_strangers_key_another_purpose_and_an_old_one_are_not_believed() -> None:
    stranger = PrivateKey.generate(Algorithm.ED25519)
    with pytest.raises(AnswerNotTrusted):
        read_webhook(KEYS, **told(key=stranger))
    with pytest.raises(AnswerNotTrusted):
        read_webhook({GATEWAY.key_id: stranger.public}, **told())
    with pytest.raises(AnswerNotTrusted):
        read_webhook(KEYS, **told(tag="lienthong-request"))
    with pytest.raises(AnswerNotTrusted):
        read_webhook(KEYS, **told(age=3_600))


@pytest.mark.parametrize("body", [b"{}", b"no json", b'{"operation_id": 5, "state": ""}'])
def test_a_signed_body_that_is_no_webhook_is_not_believed(body: bytes) -> None:
    with pytest.raises(AnswerNotTrusted):
        read_webhook(KEYS, **told(body))
