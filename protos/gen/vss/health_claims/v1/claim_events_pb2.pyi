from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class ClaimAccepted(_message.Message):
    __slots__ = ("person_id", "facility_code", "treatment_code", "version", "discharged_on", "fund_declared_vnd", "fund_computed_vnd")
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    FACILITY_CODE_FIELD_NUMBER: _ClassVar[int]
    TREATMENT_CODE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DISCHARGED_ON_FIELD_NUMBER: _ClassVar[int]
    FUND_DECLARED_VND_FIELD_NUMBER: _ClassVar[int]
    FUND_COMPUTED_VND_FIELD_NUMBER: _ClassVar[int]
    person_id: int
    facility_code: str
    treatment_code: str
    version: int
    discharged_on: str
    fund_declared_vnd: int
    fund_computed_vnd: int
    def __init__(self, person_id: _Optional[int] = ..., facility_code: _Optional[str] = ..., treatment_code: _Optional[str] = ..., version: _Optional[int] = ..., discharged_on: _Optional[str] = ..., fund_declared_vnd: _Optional[int] = ..., fund_computed_vnd: _Optional[int] = ...) -> None: ...
