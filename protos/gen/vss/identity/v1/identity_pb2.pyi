from google.api import annotations_pb2 as _annotations_pb2
from google.rpc import status_pb2 as _status_pb2
from vss.access.v1 import access_pb2 as _access_pb2
from vss.types.v1 import text_pb2 as _text_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IdentityResult(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IDENTITY_RESULT_UNSPECIFIED: _ClassVar[IdentityResult]
    IDENTITY_RESULT_MATCH: _ClassVar[IdentityResult]
    IDENTITY_RESULT_PARTIAL: _ClassVar[IdentityResult]
    IDENTITY_RESULT_NO_MATCH: _ClassVar[IdentityResult]
    IDENTITY_RESULT_NOT_FOUND: _ClassVar[IdentityResult]

class FieldOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FIELD_OUTCOME_UNSPECIFIED: _ClassVar[FieldOutcome]
    FIELD_OUTCOME_NOT_ASKED: _ClassVar[FieldOutcome]
    FIELD_OUTCOME_MATCH: _ClassVar[FieldOutcome]
    FIELD_OUTCOME_MISMATCH: _ClassVar[FieldOutcome]
IDENTITY_RESULT_UNSPECIFIED: IdentityResult
IDENTITY_RESULT_MATCH: IdentityResult
IDENTITY_RESULT_PARTIAL: IdentityResult
IDENTITY_RESULT_NO_MATCH: IdentityResult
IDENTITY_RESULT_NOT_FOUND: IdentityResult
FIELD_OUTCOME_UNSPECIFIED: FieldOutcome
FIELD_OUTCOME_NOT_ASKED: FieldOutcome
FIELD_OUTCOME_MATCH: FieldOutcome
FIELD_OUTCOME_MISMATCH: FieldOutcome

class VerifyIdentityRequest(_message.Message):
    __slots__ = ("identifier", "full_name", "born", "sex")
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BORN_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    identifier: str
    full_name: str
    born: str
    sex: _text_pb2.Sex
    def __init__(self, identifier: _Optional[str] = ..., full_name: _Optional[str] = ..., born: _Optional[str] = ..., sex: _Optional[_Union[_text_pb2.Sex, str]] = ...) -> None: ...

class VerifyIdentityResponse(_message.Message):
    __slots__ = ("result", "full_name", "born", "sex", "result_text", "person_id")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BORN_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    RESULT_TEXT_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    result: IdentityResult
    full_name: FieldOutcome
    born: FieldOutcome
    sex: FieldOutcome
    result_text: _text_pb2.LocalizedText
    person_id: int
    def __init__(self, result: _Optional[_Union[IdentityResult, str]] = ..., full_name: _Optional[_Union[FieldOutcome, str]] = ..., born: _Optional[_Union[FieldOutcome, str]] = ..., sex: _Optional[_Union[FieldOutcome, str]] = ..., result_text: _Optional[_Union[_text_pb2.LocalizedText, _Mapping]] = ..., person_id: _Optional[int] = ...) -> None: ...

class BatchVerifyIdentityRequest(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[VerifyIdentityRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[VerifyIdentityRequest, _Mapping]]] = ...) -> None: ...

class BatchVerifyIdentityResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[VerifyIdentityResult]
    def __init__(self, results: _Optional[_Iterable[_Union[VerifyIdentityResult, _Mapping]]] = ...) -> None: ...

class VerifyIdentityResult(_message.Message):
    __slots__ = ("response", "error")
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    response: VerifyIdentityResponse
    error: _status_pb2.Status
    def __init__(self, response: _Optional[_Union[VerifyIdentityResponse, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class ResolvePersonsRequest(_message.Message):
    __slots__ = ("identifiers",)
    IDENTIFIERS_FIELD_NUMBER: _ClassVar[int]
    identifiers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, identifiers: _Optional[_Iterable[str]] = ...) -> None: ...

class ResolvePersonsResponse(_message.Message):
    __slots__ = ("person_ids",)
    PERSON_IDS_FIELD_NUMBER: _ClassVar[int]
    person_ids: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, person_ids: _Optional[_Iterable[int]] = ...) -> None: ...

class LookUpPersonsRequest(_message.Message):
    __slots__ = ("identifiers",)
    IDENTIFIERS_FIELD_NUMBER: _ClassVar[int]
    identifiers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, identifiers: _Optional[_Iterable[str]] = ...) -> None: ...

class LookUpPersonsResponse(_message.Message):
    __slots__ = ("persons",)
    PERSONS_FIELD_NUMBER: _ClassVar[int]
    persons: _containers.RepeatedCompositeFieldContainer[_text_pb2.Person]
    def __init__(self, persons: _Optional[_Iterable[_Union[_text_pb2.Person, _Mapping]]] = ...) -> None: ...
