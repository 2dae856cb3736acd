"""gRPC client side: channels with mTLS, and calls that fail fast and in one way.

Reads only, so a call is retried by gRPC itself on UNAVAILABLE within its
deadline. Delivery guarantee: at most one answer, no answer after the deadline.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc
import grpc.aio
from google.protobuf.message import Message
from google.rpc import status_pb2

from lienthong.rpc import errors

_STATUS_KEY = "grpc-status-details-bin"

# Once again on UNAVAILABLE: a service that restarts must not show.
_SERVICE_CONFIG = json.dumps(
    {
        "methodConfig": [
            {
                "name": [{}],
                "waitForReady": True,
                "retryPolicy": {
                    "maxAttempts": 2,
                    "initialBackoff": "0.05s",
                    "maxBackoff": "0.2s",
                    "backoffMultiplier": 2,
                    # A call that reaches a server between its decision to stop and its GOAWAY is
                    # CANCELLED by it. (Our own cancellation ends the call and is not retried.)
                    "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
                },
            }
        ]
    }
)

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""As large as a service's largest answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Paths of the PEM files that prove who this process is."""

    ca: Path
    certificate: Path
    key: Path


def open_channel(target: str, *, server_name: str, tls: TlsFiles) -> grpc.aio.Channel:
    """A channel to one service. Connects by itself and reconnects within a second.

    ``server_name`` is the name that the server's certificate must carry.
    """
    credentials = grpc.ssl_channel_credentials(
        tls.ca.read_bytes(), tls.key.read_bytes(), tls.certificate.read_bytes()
    )
    options = [
        ("grpc.ssl_target_name_override", server_name),
        ("grpc.service_config", _SERVICE_CONFIG),
        ("grpc.initial_reconnect_backoff_ms", 50),
        ("grpc.min_reconnect_backoff_ms", 50),
        ("grpc.max_reconnect_backoff_ms", 500),
        ("grpc.keepalive_time_ms", 20_000),
        ("grpc.keepalive_timeout_ms", 5_000),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ]
    return grpc.aio.secure_channel(target, credentials, options=options)


class Caller:
    """Calls one RPC over a channel: message in, message out, ``Refusal`` raised."""

    def __init__(self, channel: grpc.aio.Channel, rpc: str, response_class: type[Message]) -> None:
        self.rpc = rpc
        self._call: grpc.aio.UnaryUnaryMultiCallable[Message, Message] = channel.unary_unary(
            f"/{rpc}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response_class.FromString,
        )

    async def __call__(
        self,
        request: Message,
        *,
        timeout: float,  # noqa: ASYNC109 - becomes the gRPC deadline, which travels
        metadata: Sequence[tuple[str, str]] = (),
    ) -> Message:
        """Ask, at most ``timeout`` seconds. Raises ``lienthong.rpc.errors.Refusal``."""
        try:
            response: Message = await self._call(request, timeout=timeout, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            raise refusal_of(error) from None
        return response


def refusal_of(error: grpc.aio.AioRpcError) -> errors.Refusal:
    """What a failed call means: the service's own refusal, or that it could not be reached."""
    for key, value in error.trailing_metadata() or ():
        if key == _STATUS_KEY:
            return errors.from_status(status_pb2.Status.FromString(value))
    if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
        return errors.Unavailable(error.code().name, error.details() or "")
    return errors.Refusal(error.code().name, error.details() or "", code=error.code().value[0])
