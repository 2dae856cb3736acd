"""W3C Trace Context, and OpenTelemetry when it is configured.

Without ``OTEL_EXPORTER_OTLP_ENDPOINT`` nothing of OpenTelemetry is imported: a
``traceparent`` is checked and passed on, or made if there is none, which costs
about a microsecond. With it, spans are exported over OTLP/gRPC by the SDK's batch
processor, and a call that several requests share links to each of them.

Source: W3C Trace Context, section 3.2 (traceparent).
"""

import os
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import SpanContext, Tracer

ENDPOINT_VARIABLE: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
_FORM: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_MOST_LINKS: Final = 32
_random: Final = random.Random()  # noqa: S311 -- identifiers, not secrets
_provider: "TracerProvider | None" = None
_tracer: "Tracer | None" = None


@dataclass(frozen=True, slots=True)
class Traceparent:
    """Which trace a request belongs to, and which span asked."""

    trace_id: str
    span_id: str
    sampled: bool

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


def parse(header: str | None) -> Traceparent | None:
    """The trace of a ``traceparent`` header; ``None`` if there is none or it is not valid."""
    found = _FORM.fullmatch(header) if header else None
    if found is None:
        return None
    version, trace_id, span_id, flags, rest = found.groups()
    if version == "ff" or (version == "00" and rest) or not trace_id.strip("0") or not span_id.strip("0"):
        return None
    return Traceparent(trace_id, span_id, bool(int(flags, 16) & 1))


def make(*, sampled: bool = False) -> Traceparent:
    """The start of a new trace."""
    return Traceparent(f"{_nonzero(128):032x}", f"{_nonzero(64):016x}", sampled)


def _nonzero(bits: int) -> int:
    return _random.getrandbits(bits) or 1


def configure(service: str) -> None:
    """Export spans if ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set; otherwise do nothing."""
    if os.environ.get(ENDPOINT_VARIABLE):
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        use(service, BatchSpanProcessor(OTLPSpanExporter()))


def use(service: str, processor: Any) -> None:
    """Give every span to ``processor`` (an OpenTelemetry span processor)."""
    global _provider, _tracer  # noqa: PLW0603 -- one exporter a process
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    shutdown()
    _provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
    _provider.add_span_processor(processor)
    _tracer = _provider.get_tracer("lienthong")


def shutdown() -> None:
    """Export what is left and stop."""
    global _provider, _tracer  # noqa: PLW0603 -- one exporter a process
    if _provider is not None:
        _provider.shutdown()
    _provider = _tracer = None


def enabled() -> bool:
    """Whether spans are exported from this process."""
    return _tracer is not None


def passed_on(header: str | None) -> str:
    """The ``traceparent`` to send on when no span is made: the given one if valid, else a new one.

    Always in the form of version 00: what a later version may append is of any length
    and any octets, and a call that several requests share carries it in its metadata.
    """
    return str(parse(header) or make())


@contextmanager
def span(
    name: str,
    *,
    kind: str = "server",
    parent: str | None = None,
    links: Sequence[str] = (),
    **attributes: str | int,
) -> Iterator[str]:
    """Time a piece of work; yields the ``traceparent`` to send on.

    ``kind`` is ``server``, ``client`` or ``internal``. ``parent`` and ``links`` are
    ``traceparent`` headers: ``links`` are the requests that share this call, at most 32
    of them kept. ``attributes`` hold nothing personal. An exception marks the span as
    failed, by its type only, and goes on.
    """
    if _tracer is None:
        yield passed_on(parent)
        return
    from opentelemetry import trace

    context = (
        trace.set_span_in_context(trace.NonRecordingSpan(_context_of(parent))) if parse(parent) else None
    )
    linked = [trace.Link(_context_of(link)) for link in links[:_MOST_LINKS] if parse(link)]
    started = _tracer.start_span(
        name, context=context, kind=trace.SpanKind[kind.upper()], links=linked, attributes=dict(attributes)
    )
    made = started.get_span_context()
    try:
        yield str(
            Traceparent(f"{made.trace_id:032x}", f"{made.span_id:016x}", bool(made.trace_flags.sampled))
        )
    except BaseException as error:
        started.set_status(trace.StatusCode.ERROR, type(error).__qualname__)
        raise
    finally:
        started.end()


def _context_of(header: str | None) -> "SpanContext":
    from opentelemetry import trace

    parsed = parse(header)
    if parsed is None:
        return trace.INVALID_SPAN_CONTEXT
    return trace.SpanContext(
        int(parsed.trace_id, 16),
        int(parsed.span_id, 16),
        is_remote=True,
        trace_flags=trace.TraceFlags(parsed.sampled),
    )
