import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Command(_message.Message):
    __slots__ = ("method", "operation_id", "request", "caller", "purpose", "evidence", "deadline", "traceparent", "schema_version", "ordering_key", "sequence", "reply_to", "accepted_at", "metadata")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    METHOD_FIELD_NUMBER: _ClassVar[int]
    OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    ORDERING_KEY_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_AT_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    method: str
    operation_id: str
    request: bytes
    caller: Caller
    purpose: str
    evidence: bytes
    deadline: _timestamp_pb2.Timestamp
    traceparent: str
    schema_version: int
    ordering_key: str
    sequence: int
    reply_to: str
    accepted_at: _timestamp_pb2.Timestamp
    metadata: _containers.ScalarMap[str, str]
    def __init__(self, method: _Optional[str] = ..., operation_id: _Optional[str] = ..., request: _Optional[bytes] = ..., caller: _Optional[_Union[Caller, _Mapping]] = ..., purpose: _Optional[str] = ..., evidence: _Optional[bytes] = ..., deadline: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., traceparent: _Optional[str] = ..., schema_version: _Optional[int] = ..., ordering_key: _Optional[str] = ..., sequence: _Optional[int] = ..., reply_to: _Optional[str] = ..., accepted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., metadata: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Caller(_message.Message):
    __slots__ = ("agency_id", "key_id", "staff", "legal_basis")
    AGENCY_ID_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    STAFF_FIELD_NUMBER: _ClassVar[int]
    LEGAL_BASIS_FIELD_NUMBER: _ClassVar[int]
    agency_id: str
    key_id: str
    staff: str
    legal_basis: str
    def __init__(self, agency_id: _Optional[str] = ..., key_id: _Optional[str] = ..., staff: _Optional[str] = ..., legal_basis: _Optional[str] = ...) -> None: ...

class Result(_message.Message):
    __slots__ = ("operation_id", "method", "response", "error", "held", "schema_version", "finished_at", "traceparent")
    OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    FINISHED_AT_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    operation_id: str
    method: str
    response: bytes
    error: _status_pb2.Status
    held: Held
    schema_version: int
    finished_at: _timestamp_pb2.Timestamp
    traceparent: str
    def __init__(self, operation_id: _Optional[str] = ..., method: _Optional[str] = ..., response: _Optional[bytes] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., held: _Optional[_Union[Held, _Mapping]] = ..., schema_version: _Optional[int] = ..., finished_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., traceparent: _Optional[str] = ...) -> None: ...

class Held(_message.Message):
    __slots__ = ("reason", "attempts")
    REASON_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    reason: str
    attempts: int
    def __init__(self, reason: _Optional[str] = ..., attempts: _Optional[int] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("event_id", "type", "payload", "occurred_at", "operation_id", "traceparent", "schema_version")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    type: str
    payload: bytes
    occurred_at: _timestamp_pb2.Timestamp
    operation_id: str
    traceparent: str
    schema_version: int
    def __init__(self, event_id: _Optional[str] = ..., type: _Optional[str] = ..., payload: _Optional[bytes] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., operation_id: _Optional[str] = ..., traceparent: _Optional[str] = ..., schema_version: _Optional[int] = ...) -> None: ...
