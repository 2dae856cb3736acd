"""Other dialects of the contract's capabilities: translation only, on the same request path.

    Dialect       what all requests under one prefix have in common: how a refusal is written
    └── Face      one capability in it: how its request is read and its masked answer written

A face changes neither who may ask nor what is answered, masked, counted or recorded:
all of that follows from the capability whose face it is.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A request whose sender has been checked, as it stands on the wire.

    ``value`` is the path's last part, ``received`` wall-clock seconds. ``headers`` in lower
    case; ``covered`` are the names of those that the signature covers.
    """

    value: str
    query: str
    body: bytes
    agency_id: str
    request_id: str
    received: float
    path: str = ""
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    covered: frozenset[bytes | str | tuple[bytes, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Translated:
    """A request in the contract's terms.

    ``echo`` is what the answer repeats of the request; ``paths`` leads from the
    contract's field paths (JSON names) to where the dialect has the same value.
    """

    request: Message
    echo: Any
    paths: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An answer that its face, or its capability, has written itself, instead of values that become JSON.

    ``headers`` come in addition, and say how long the answer may be kept (``Cache-Control``).
    ``detail`` is what the audit entry keeps of what was answered, ``observations`` how many
    of statistics were.
    """

    status: int
    media_type: str
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    detail: str | None = None
    observations: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """``problem`` writes a problem document (RFC 9457) as the dialect has it: values, or octets as they are.

    ``prefix`` ends with a slash.
    """

    name: str
    prefix: str
    media_type: str
    problem: Callable[[Mapping[str, Any]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One capability in a dialect.

    ``value`` is the form of what follows ``path``, None when nothing does (then the
    request is a POST). ``decode`` raises as a contract's decoder does, or a ``Problem``;
    ``encode`` takes the answer as it is after the masks, and may find that it is none; it
    gives values for JSON, or ``Written``. ``long`` says that a large answer takes so long to
    write that the event loop must not wait for it.
    """

    dialect: Dialect
    rpc: str
    path: str
    value: re.Pattern[str] | None
    media_types: frozenset[bytes]
    max_body: int
    decode: Callable[[Incoming], Translated]
    encode: Callable[[Mapping[str, Any], Translated], object]
    long: bool = False
