from vss.contributions.v1 import contributions_pb2 as _contributions_pb2
from vss.types.v1 import text_pb2 as _text_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ParticipationChange(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PARTICIPATION_CHANGE_UNSPECIFIED: _ClassVar[ParticipationChange]
    PARTICIPATION_CHANGE_STARTED: _ClassVar[ParticipationChange]
    PARTICIPATION_CHANGE_CHANGED: _ClassVar[ParticipationChange]
    PARTICIPATION_CHANGE_ENDED: _ClassVar[ParticipationChange]
PARTICIPATION_CHANGE_UNSPECIFIED: ParticipationChange
PARTICIPATION_CHANGE_STARTED: ParticipationChange
PARTICIPATION_CHANGE_CHANGED: ParticipationChange
PARTICIPATION_CHANGE_ENDED: ParticipationChange

class ParticipationChanged(_message.Message):
    __slots__ = ("employer_code", "employer_name", "sector", "province_code", "participants")
    EMPLOYER_CODE_FIELD_NUMBER: _ClassVar[int]
    EMPLOYER_NAME_FIELD_NUMBER: _ClassVar[int]
    SECTOR_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_CODE_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    employer_code: str
    employer_name: str
    sector: str
    province_code: str
    participants: _containers.RepeatedCompositeFieldContainer[Participant]
    def __init__(self, employer_code: _Optional[str] = ..., employer_name: _Optional[str] = ..., sector: _Optional[str] = ..., province_code: _Optional[str] = ..., participants: _Optional[_Iterable[_Union[Participant, _Mapping]]] = ...) -> None: ...

class Participant(_message.Message):
    __slots__ = ("person", "change", "version", "periods")
    PERSON_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PERIODS_FIELD_NUMBER: _ClassVar[int]
    person: _text_pb2.Person
    change: ParticipationChange
    version: int
    periods: _containers.RepeatedCompositeFieldContainer[Period]
    def __init__(self, person: _Optional[_Union[_text_pb2.Person, _Mapping]] = ..., change: _Optional[_Union[ParticipationChange, str]] = ..., version: _Optional[int] = ..., periods: _Optional[_Iterable[_Union[Period, _Mapping]]] = ...) -> None: ...

class Period(_message.Message):
    __slots__ = ("from_month", "to_month", "schemes", "base_vnd")
    FROM_MONTH_FIELD_NUMBER: _ClassVar[int]
    TO_MONTH_FIELD_NUMBER: _ClassVar[int]
    SCHEMES_FIELD_NUMBER: _ClassVar[int]
    BASE_VND_FIELD_NUMBER: _ClassVar[int]
    from_month: int
    to_month: int
    schemes: int
    base_vnd: int
    def __init__(self, from_month: _Optional[int] = ..., to_month: _Optional[int] = ..., schemes: _Optional[int] = ..., base_vnd: _Optional[int] = ...) -> None: ...

class MonthsSettled(_message.Message):
    __slots__ = ("employer_code", "months")
    EMPLOYER_CODE_FIELD_NUMBER: _ClassVar[int]
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    employer_code: str
    months: _containers.RepeatedCompositeFieldContainer[SettledMonth]
    def __init__(self, employer_code: _Optional[str] = ..., months: _Optional[_Iterable[_Union[SettledMonth, _Mapping]]] = ...) -> None: ...

class SettledMonth(_message.Message):
    __slots__ = ("month", "fund", "settled_on", "days_late")
    MONTH_FIELD_NUMBER: _ClassVar[int]
    FUND_FIELD_NUMBER: _ClassVar[int]
    SETTLED_ON_FIELD_NUMBER: _ClassVar[int]
    DAYS_LATE_FIELD_NUMBER: _ClassVar[int]
    month: int
    fund: _contributions_pb2.Fund
    settled_on: str
    days_late: int
    def __init__(self, month: _Optional[int] = ..., fund: _Optional[_Union[_contributions_pb2.Fund, str]] = ..., settled_on: _Optional[str] = ..., days_late: _Optional[int] = ...) -> None: ...

class DebtStateChanged(_message.Message):
    __slots__ = ("employer_code", "province_code", "before", "after", "since")
    EMPLOYER_CODE_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_CODE_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    employer_code: str
    province_code: str
    before: _contributions_pb2.LegalState
    after: _contributions_pb2.LegalState
    since: str
    def __init__(self, employer_code: _Optional[str] = ..., province_code: _Optional[str] = ..., before: _Optional[_Union[_contributions_pb2.LegalState, str]] = ..., after: _Optional[_Union[_contributions_pb2.LegalState, str]] = ..., since: _Optional[str] = ...) -> None: ...

class ReportProgressed(_message.Message):
    __slots__ = ("report_id", "before", "after")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    before: _contributions_pb2.ReportState
    after: _contributions_pb2.ReportState
    def __init__(self, report_id: _Optional[str] = ..., before: _Optional[_Union[_contributions_pb2.ReportState, str]] = ..., after: _Optional[_Union[_contributions_pb2.ReportState, str]] = ...) -> None: ...
