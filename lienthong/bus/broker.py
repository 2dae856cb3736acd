"""Where the broker is: one URL, with the password in a file.

    amqp://user@host:port/vhost?passfile=PATH      amqp://user:password@host:port/vhost
    amqps://user@host:port/vhost?passfile=PATH&cafile=PATH[&certfile=PATH&keyfile=PATH]

The vhost is percent-encoded; ``/`` and an empty path are both the vhost ``/``.
"""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pika

from lienthong.bus import envelope
from lienthong.bus.outbox import Outgoing

VARIABLE: Final = "LIENTHONG_AMQP_URL"

HEARTBEAT_S: Final = 10
CONNECT_TIMEOUT_S: Final = 3
_PORTS: Final = {"amqp": 5672, "amqps": 5671}
_OPTIONS: Final = frozenset({"passfile", "cafile", "certfile", "keyfile"})
_PERSISTENT: Final = 2


class BrokerUrlError(Exception):
    """The URL does not say where the broker is; the message never repeats the URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """A broker and the user to be there."""

    host: str
    port: int
    vhost: str
    user: str
    password: str = field(repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    def pika_parameters(self, *, name: str) -> pika.ConnectionParameters:
        """For pika. ``name`` is what the broker shows of this connection."""
        return pika.ConnectionParameters(
            host=self.host,
            port=self.port,
            virtual_host=self.vhost,
            credentials=pika.PlainCredentials(self.user, self.password, erase_on_connect=False),
            heartbeat=HEARTBEAT_S,
            socket_timeout=CONNECT_TIMEOUT_S,
            stack_timeout=2 * CONNECT_TIMEOUT_S,
            blocked_connection_timeout=60,
            ssl_options=None if self.tls is None else pika.SSLOptions(self.tls, self.host),
            client_properties={"connection_name": f"lienthong-{name}"},
        )

    def kombu_url(self) -> str:
        """For kombu and nameko, password included: keep it out of logs. TLS: :attr:`tls` goes beside it."""
        user, password = quote(self.user, safe=""), quote(self.password, safe="")
        return f"pyamqp://{user}:{password}@{self.host}:{self.port}/{quote(self.vhost, safe='')}"


def parse(url: str) -> Broker:
    """The broker that ``url`` names. Raises :class:`BrokerUrlError`."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise BrokerUrlError("must begin with amqp:// or amqps:// and name a host") from None
    if not parts.hostname or not parts.username:
        raise BrokerUrlError("must name a host and a user")
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    if not _OPTIONS.issuperset(given):
        raise BrokerUrlError(f"knows no other options than {', '.join(sorted(_OPTIONS))}")
    return Broker(
        host=parts.hostname,
        port=port,
        vhost=unquote(parts.path.removeprefix("/")) or "/",
        user=unquote(parts.username),
        password=_password(parts.password, given.get("passfile")),
        tls=_tls(given) if parts.scheme == "amqps" else None,
    )


def properties(message: Outgoing, **headers: Any) -> pika.BasicProperties:
    """The AMQP properties of a message: persistent, with its type, its id and ``headers``."""
    return pika.BasicProperties(
        content_type=envelope.CONTENT_TYPE,
        delivery_mode=_PERSISTENT,
        type=message.type,
        message_id=message.message_id,
        headers=headers or None,
    )


def _password(written: str | None, passfile: str | None) -> str:
    if (written is None) == (passfile is None):
        raise BrokerUrlError("must give the password, or its file as ?passfile=")
    if passfile is None:
        return unquote(written or "")
    try:
        password = Path(passfile).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BrokerUrlError(f"passfile: {error.strerror}") from error
    if not password:
        raise BrokerUrlError("passfile: is empty")
    return password


def _tls(given: dict[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=given.get("cafile"))
        if "certfile" in given:
            context.load_cert_chain(given["certfile"], given.get("keyfile"))
    except OSError as error:  # ssl.SSLError is one
        raise BrokerUrlError(f"cafile, certfile or keyfile: {error.strerror}") from error
    return context
