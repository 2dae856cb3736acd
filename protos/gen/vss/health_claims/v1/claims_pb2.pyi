from google.api import annotations_pb2 as _annotations_pb2
from vss.access.v1 import access_pb2 as _access_pb2
from vss.types.v1 import text_pb2 as _text_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DossierState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DOSSIER_STATE_UNSPECIFIED: _ClassVar[DossierState]
    DOSSIER_STATE_ACCEPTED: _ClassVar[DossierState]
    DOSSIER_STATE_REPLACED: _ClassVar[DossierState]
    DOSSIER_STATE_UNCHANGED: _ClassVar[DossierState]
    DOSSIER_STATE_REFUSED: _ClassVar[DossierState]

class Severity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEVERITY_UNSPECIFIED: _ClassVar[Severity]
    SEVERITY_WARNING: _ClassVar[Severity]
    SEVERITY_ERROR: _ClassVar[Severity]
DOSSIER_STATE_UNSPECIFIED: DossierState
DOSSIER_STATE_ACCEPTED: DossierState
DOSSIER_STATE_REPLACED: DossierState
DOSSIER_STATE_UNCHANGED: DossierState
DOSSIER_STATE_REFUSED: DossierState
SEVERITY_UNSPECIFIED: Severity
SEVERITY_WARNING: Severity
SEVERITY_ERROR: Severity

class OpenStayRequest(_message.Message):
    __slots__ = ("identifier", "full_name", "born", "treatment_code", "admitted_at", "facility_code")
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BORN_FIELD_NUMBER: _ClassVar[int]
    TREATMENT_CODE_FIELD_NUMBER: _ClassVar[int]
    ADMITTED_AT_FIELD_NUMBER: _ClassVar[int]
    FACILITY_CODE_FIELD_NUMBER: _ClassVar[int]
    identifier: str
    full_name: str
    born: str
    treatment_code: str
    admitted_at: str
    facility_code: str
    def __init__(self, identifier: _Optional[str] = ..., full_name: _Optional[str] = ..., born: _Optional[str] = ..., treatment_code: _Optional[str] = ..., admitted_at: _Optional[str] = ..., facility_code: _Optional[str] = ...) -> None: ...

class OpenStayResponse(_message.Message):
    __slots__ = ("treatment_code", "opened_at", "person_id")
    TREATMENT_CODE_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    treatment_code: str
    opened_at: str
    person_id: int
    def __init__(self, treatment_code: _Optional[str] = ..., opened_at: _Optional[str] = ..., person_id: _Optional[int] = ...) -> None: ...

class CloseStayRequest(_message.Message):
    __slots__ = ("treatment_code", "left_at", "facility_code")
    TREATMENT_CODE_FIELD_NUMBER: _ClassVar[int]
    LEFT_AT_FIELD_NUMBER: _ClassVar[int]
    FACILITY_CODE_FIELD_NUMBER: _ClassVar[int]
    treatment_code: str
    left_at: str
    facility_code: str
    def __init__(self, treatment_code: _Optional[str] = ..., left_at: _Optional[str] = ..., facility_code: _Optional[str] = ...) -> None: ...

class CloseStayResponse(_message.Message):
    __slots__ = ("treatment_code", "closed_at")
    TREATMENT_CODE_FIELD_NUMBER: _ClassVar[int]
    CLOSED_AT_FIELD_NUMBER: _ClassVar[int]
    treatment_code: str
    closed_at: str
    def __init__(self, treatment_code: _Optional[str] = ..., closed_at: _Optional[str] = ...) -> None: ...

class SubmitClaimsRequest(_message.Message):
    __slots__ = ("file", "facility_code")
    FILE_FIELD_NUMBER: _ClassVar[int]
    FACILITY_CODE_FIELD_NUMBER: _ClassVar[int]
    file: bytes
    facility_code: str
    def __init__(self, file: _Optional[bytes] = ..., facility_code: _Optional[str] = ...) -> None: ...

class SubmitClaimsResponse(_message.Message):
    __slots__ = ("dossiers", "accepted", "refused", "outcomes")
    DOSSIERS_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    dossiers: int
    accepted: int
    refused: int
    outcomes: _containers.RepeatedCompositeFieldContainer[DossierOutcome]
    def __init__(self, dossiers: _Optional[int] = ..., accepted: _Optional[int] = ..., refused: _Optional[int] = ..., outcomes: _Optional[_Iterable[_Union[DossierOutcome, _Mapping]]] = ...) -> None: ...

class DossierOutcome(_message.Message):
    __slots__ = ("position", "treatment_code", "state", "version", "findings", "errors", "warnings", "fund_declared_vnd", "fund_computed_vnd")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    TREATMENT_CODE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    FUND_DECLARED_VND_FIELD_NUMBER: _ClassVar[int]
    FUND_COMPUTED_VND_FIELD_NUMBER: _ClassVar[int]
    position: int
    treatment_code: str
    state: DossierState
    version: int
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    errors: int
    warnings: int
    fund_declared_vnd: int
    fund_computed_vnd: int
    def __init__(self, position: _Optional[int] = ..., treatment_code: _Optional[str] = ..., state: _Optional[_Union[DossierState, str]] = ..., version: _Optional[int] = ..., findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., errors: _Optional[int] = ..., warnings: _Optional[int] = ..., fund_declared_vnd: _Optional[int] = ..., fund_computed_vnd: _Optional[int] = ...) -> None: ...

class Finding(_message.Message):
    __slots__ = ("table", "line", "field", "severity", "code", "text")
    TABLE_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    table: str
    line: int
    field: str
    severity: Severity
    code: str
    text: _text_pb2.LocalizedText
    def __init__(self, table: _Optional[str] = ..., line: _Optional[int] = ..., field: _Optional[str] = ..., severity: _Optional[_Union[Severity, str]] = ..., code: _Optional[str] = ..., text: _Optional[_Union[_text_pb2.LocalizedText, _Mapping]] = ...) -> None: ...
