import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from vss.access.v1 import access_pb2 as _access_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ListAuditEntriesRequest(_message.Message):
    __slots__ = ("agency_id", "identifier", "since", "until", "outcome", "page_size", "page_token", "person_id", "purpose", "rpc")
    AGENCY_ID_FIELD_NUMBER: _ClassVar[int]
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    RPC_FIELD_NUMBER: _ClassVar[int]
    agency_id: str
    identifier: str
    since: str
    until: str
    outcome: str
    page_size: int
    page_token: str
    person_id: int
    purpose: str
    rpc: str
    def __init__(self, agency_id: _Optional[str] = ..., identifier: _Optional[str] = ..., since: _Optional[str] = ..., until: _Optional[str] = ..., outcome: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., person_id: _Optional[int] = ..., purpose: _Optional[str] = ..., rpc: _Optional[str] = ...) -> None: ...

class ListAuditEntriesResponse(_message.Message):
    __slots__ = ("entries", "next_page_token")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[AuditEntry]
    next_page_token: str
    def __init__(self, entries: _Optional[_Iterable[_Union[AuditEntry, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AuditEntry(_message.Message):
    __slots__ = ("entry_id", "recorded_at", "request_id", "agency_id", "key_id", "staff", "rpc", "purpose", "legal_basis", "status", "outcome", "detail", "subjects_asked", "subjects_answered", "request_digest", "request_signature", "answer_digest", "answer_signature")
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    RECORDED_AT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    AGENCY_ID_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    STAFF_FIELD_NUMBER: _ClassVar[int]
    RPC_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    LEGAL_BASIS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    SUBJECTS_ASKED_FIELD_NUMBER: _ClassVar[int]
    SUBJECTS_ANSWERED_FIELD_NUMBER: _ClassVar[int]
    REQUEST_DIGEST_FIELD_NUMBER: _ClassVar[int]
    REQUEST_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    ANSWER_DIGEST_FIELD_NUMBER: _ClassVar[int]
    ANSWER_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    entry_id: int
    recorded_at: _timestamp_pb2.Timestamp
    request_id: str
    agency_id: str
    key_id: str
    staff: str
    rpc: str
    purpose: str
    legal_basis: str
    status: int
    outcome: str
    detail: str
    subjects_asked: int
    subjects_answered: int
    request_digest: str
    request_signature: str
    answer_digest: str
    answer_signature: str
    def __init__(self, entry_id: _Optional[int] = ..., recorded_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., request_id: _Optional[str] = ..., agency_id: _Optional[str] = ..., key_id: _Optional[str] = ..., staff: _Optional[str] = ..., rpc: _Optional[str] = ..., purpose: _Optional[str] = ..., legal_basis: _Optional[str] = ..., status: _Optional[int] = ..., outcome: _Optional[str] = ..., detail: _Optional[str] = ..., subjects_asked: _Optional[int] = ..., subjects_answered: _Optional[int] = ..., request_digest: _Optional[str] = ..., request_signature: _Optional[str] = ..., answer_digest: _Optional[str] = ..., answer_signature: _Optional[str] = ...) -> None: ...
