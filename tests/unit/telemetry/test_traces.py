"""Trace context is passed on as W3C says, and spans link what shares a call."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from lienthong.telemetry import traces

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-11111111111111111111111111111111-2222222222222222-01"


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    """Spans go to memory for the length of a test."""
    exporter = InMemorySpanExporter()
    traces.use("tests", SimpleSpanProcessor(exporter))
    yield exporter
    traces.shutdown()


def test_a_made_traceparent_is_valid() -> None:
    made = traces.make(sampled=True)
    assert traces.parse(str(made)) == made


@given(st.integers(1, (1 << 128) - 1), st.integers(1, (1 << 64) - 1), st.booleans())
def test_parsing_reads_what_was_written(trace: int, span: int, sampled: bool) -> None:
    traceparent = traces.Traceparent(f"{trace:032x}", f"{span:016x}", sampled)
    assert traces.parse(str(traceparent)) == traceparent


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        PARENT + "-extra",
        PARENT + "\n",
    ],
)
def test_a_broken_traceparent_starts_a_new_trace(header: str | None) -> None:
    assert traces.parse(header) is None
    assert traces.parse(traces.passed_on(header)) is not None
    assert traces.passed_on(header) != header


def test_a_later_version_with_more_fields_is_read() -> None:
    assert traces.parse("01" + PARENT[2:] + "-more") is not None


def test_without_an_exporter_the_traceparent_is_passed_on_unchanged() -> None:
    assert not traces.enabled()
    with traces.span("call", parent=PARENT) as sent:
        assert sent == PARENT


def test_a_span_continues_the_trace_and_links_the_requests_that_share_it(
    exported: InMemorySpanExporter,
) -> None:
    with traces.span("call", parent=PARENT, links=[PARENT, OTHER, "nonsense"], items=2) as sent:
        assert sent.split("-")[1] == PARENT.split("-")[1]
        assert sent != PARENT
    (span,) = exported.get_finished_spans()
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == PARENT.split("-")[2]
    assert [f"{link.context.trace_id:032x}" for link in span.links] == [PARENT.split("-")[1], "1" * 32]
    assert span.attributes == {"items": 2}


def test_a_failed_span_names_the_type_only(exported: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="personal"), traces.span("call", parent=PARENT):
        raise ValueError("personal")
    (span,) = exported.get_finished_spans()
    assert span.status.description == "ValueError"
    assert not span.events
