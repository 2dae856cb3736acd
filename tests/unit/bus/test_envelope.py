"""What is not a message of this bus is refused, without a word of what it held."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.bus import envelope
from vss.bus.v1 import bus_pb2

EVENT = bus_pb2.Event(event_id="e", type="x.Y", schema_version=1)


@pytest.mark.parametrize(
    "message",
    [
        EVENT,
        bus_pb2.Command(operation_id="o", schema_version=1),
        bus_pb2.Result(operation_id="o", schema_version=1),
    ],
)
def test_each_message_is_read_by_its_type(message: envelope.Envelope) -> None:
    kind = message.DESCRIPTOR.full_name
    assert envelope.parse(envelope.CONTENT_TYPE, kind, message.SerializeToString()) == message


@pytest.mark.parametrize(
    ("content_type", "kind", "body", "what"),
    [
        ("text/plain", envelope.EVENT, EVENT.SerializeToString(), "content type"),
        (None, envelope.EVENT, EVENT.SerializeToString(), "content type"),
        (envelope.CONTENT_TYPE, "vss.bus.v1.Held", b"", "type"),
        (envelope.CONTENT_TYPE, None, b"", "type"),
        (envelope.CONTENT_TYPE, envelope.EVENT, b"\xff\xff", "body"),
        (
            envelope.CONTENT_TYPE,
            envelope.EVENT,
            bus_pb2.Event(schema_version=2).SerializeToString(),
            "schema version",
        ),
        (envelope.CONTENT_TYPE, envelope.EVENT, b"", "schema version"),
    ],
)
def test_the_refusal_names_the_property(
    content_type: str | None, kind: str | None, body: bytes, what: str
) -> None:
    with pytest.raises(envelope.Unreadable) as refused:
        envelope.parse(content_type, kind, body)
    assert str(refused.value) == what


@given(body=st.binary(max_size=200))
def test_no_body_raises_anything_else(body: bytes) -> None:
    try:
        message = envelope.parse(envelope.CONTENT_TYPE, envelope.COMMAND, body)
    except envelope.Unreadable:
        return
    assert message.schema_version == envelope.SCHEMA_VERSION
