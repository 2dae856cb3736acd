"""What the gateway tells an agency: an operation has ended, or figures were delivered.

Believed only with the gateway's signature. Told at least once, and never what it is about: ask
for it (:meth:`lienthong.client.Client.operation`, ``lienthong stats fetch``). Bear the same one
twice, and answer with any 2xx within five seconds.
"""

import time
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import msgspec

from lienthong.client.errors import AnswerNotTrusted
from lienthong.client.operations import OperationState
from lienthong.signing import (
    WEBHOOK_TAG,
    PublicKey,
    RequestView,
    SignatureRefused,
    check_digest,
    check_freshness,
    check_signature,
    parse_signature,
)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Which operation has ended, and how; or which delivery of statistics is there. The other is empty."""

    operation_id: str = ""
    delivery_id: str = ""
    state: OperationState = OperationState.UNSPECIFIED


def read_webhook(
    gateway_keys: Mapping[str, PublicKey],
    *,
    url: str,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    now: float | None = None,
) -> Told:
    """What a POST to the agency's registered address says, once its signature holds.

    ``url`` is that address, from the agency's own configuration and never from the
    request; ``headers`` and ``body`` are as received; ``now`` in seconds since 1970.
    Raises AnswerNotTrusted.
    """
    parts = urlsplit(url)
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    view = RequestView("POST", parts.scheme, parts.netloc, parts.path, parts.query, raw, body)
    try:
        parsed = parse_signature(view, WEBHOOK_TAG)
        key = gateway_keys.get(parsed.key_id)
        if key is None:
            raise AnswerNotTrusted("the webhook's key is not pinned")
        check_signature(parsed, view, key)
        check_digest(parsed, view)
        check_freshness(parsed, time.time() if now is None else now)
        told = msgspec.json.decode(body, type=Told)
    except SignatureRefused as error:
        raise AnswerNotTrusted(f"the webhook is not trusted: {error}") from error
    except msgspec.DecodeError as error:
        raise AnswerNotTrusted(f"the webhook does not fit the contract: {error}") from error
    if bool(told.operation_id) == bool(told.delivery_id):
        raise AnswerNotTrusted("the webhook must name an operation_id or a delivery_id, and one alone")
    return told
