from google.api import annotations_pb2 as _annotations_pb2
from vss.access.v1 import access_pb2 as _access_pb2
from vss.contributions.v1 import contributions_pb2 as _contributions_pb2
from vss.types.v1 import text_pb2 as _text_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LineKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINE_KIND_UNSPECIFIED: _ClassVar[LineKind]
    LINE_KIND_INCREASE: _ClassVar[LineKind]
    LINE_KIND_DECREASE: _ClassVar[LineKind]
    LINE_KIND_CHANGE: _ClassVar[LineKind]
    LINE_KIND_CORRECTION: _ClassVar[LineKind]
    LINE_KIND_UNPAID_LEAVE: _ClassVar[LineKind]

class Sector(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SECTOR_UNSPECIFIED: _ClassVar[Sector]
    SECTOR_PUBLIC: _ClassVar[Sector]
    SECTOR_STATE: _ClassVar[Sector]
    SECTOR_PRIVATE: _ClassVar[Sector]
    SECTOR_FOREIGN: _ClassVar[Sector]
LINE_KIND_UNSPECIFIED: LineKind
LINE_KIND_INCREASE: LineKind
LINE_KIND_DECREASE: LineKind
LINE_KIND_CHANGE: LineKind
LINE_KIND_CORRECTION: LineKind
LINE_KIND_UNPAID_LEAVE: LineKind
SECTOR_UNSPECIFIED: Sector
SECTOR_PUBLIC: Sector
SECTOR_STATE: Sector
SECTOR_PRIVATE: Sector
SECTOR_FOREIGN: Sector

class RegisterEmployerRequest(_message.Message):
    __slots__ = ("employer_code", "name", "province_code", "sector", "region", "obliged_since", "reduced_accident_rate", "province_of_asker")
    EMPLOYER_CODE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_CODE_FIELD_NUMBER: _ClassVar[int]
    SECTOR_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    OBLIGED_SINCE_FIELD_NUMBER: _ClassVar[int]
    REDUCED_ACCIDENT_RATE_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_OF_ASKER_FIELD_NUMBER: _ClassVar[int]
    employer_code: str
    name: str
    province_code: str
    sector: Sector
    region: int
    obliged_since: str
    reduced_accident_rate: bool
    province_of_asker: str
    def __init__(self, employer_code: _Optional[str] = ..., name: _Optional[str] = ..., province_code: _Optional[str] = ..., sector: _Optional[_Union[Sector, str]] = ..., region: _Optional[int] = ..., obliged_since: _Optional[str] = ..., reduced_accident_rate: _Optional[bool] = ..., province_of_asker: _Optional[str] = ...) -> None: ...

class RegisterEmployerResponse(_message.Message):
    __slots__ = ("employer_code", "days_late", "law")
    EMPLOYER_CODE_FIELD_NUMBER: _ClassVar[int]
    DAYS_LATE_FIELD_NUMBER: _ClassVar[int]
    LAW_FIELD_NUMBER: _ClassVar[int]
    employer_code: str
    days_late: int
    law: _containers.RepeatedCompositeFieldContainer[_contributions_pb2.LawRow]
    def __init__(self, employer_code: _Optional[str] = ..., days_late: _Optional[int] = ..., law: _Optional[_Iterable[_Union[_contributions_pb2.LawRow, _Mapping]]] = ...) -> None: ...

class SubmitDeclarationRequest(_message.Message):
    __slots__ = ("employer_code", "lines")
    EMPLOYER_CODE_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    employer_code: str
    lines: _containers.RepeatedCompositeFieldContainer[DeclarationLine]
    def __init__(self, employer_code: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[DeclarationLine, _Mapping]]] = ...) -> None: ...

class DeclarationLine(_message.Message):
    __slots__ = ("kind", "identifier", "full_name", "from_month", "to_month", "schemes", "base_vnd", "position", "unpaid_days", "person")
    KIND_FIELD_NUMBER: _ClassVar[int]
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    FROM_MONTH_FIELD_NUMBER: _ClassVar[int]
    TO_MONTH_FIELD_NUMBER: _ClassVar[int]
    SCHEMES_FIELD_NUMBER: _ClassVar[int]
    BASE_VND_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    UNPAID_DAYS_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    kind: LineKind
    identifier: str
    full_name: str
    from_month: str
    to_month: str
    schemes: _containers.RepeatedScalarFieldContainer[_contributions_pb2.Scheme]
    base_vnd: int
    position: str
    unpaid_days: int
    person: _text_pb2.Person
    def __init__(self, kind: _Optional[_Union[LineKind, str]] = ..., identifier: _Optional[str] = ..., full_name: _Optional[str] = ..., from_month: _Optional[str] = ..., to_month: _Optional[str] = ..., schemes: _Optional[_Iterable[_Union[_contributions_pb2.Scheme, str]]] = ..., base_vnd: _Optional[int] = ..., position: _Optional[str] = ..., unpaid_days: _Optional[int] = ..., person: _Optional[_Union[_text_pb2.Person, _Mapping]] = ...) -> None: ...

class SubmitDeclarationResponse(_message.Message):
    __slots__ = ("declaration_number", "accepted", "refused", "refusals", "charged_vnd", "law")
    DECLARATION_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    REFUSALS_FIELD_NUMBER: _ClassVar[int]
    CHARGED_VND_FIELD_NUMBER: _ClassVar[int]
    LAW_FIELD_NUMBER: _ClassVar[int]
    declaration_number: int
    accepted: int
    refused: int
    refusals: _containers.RepeatedCompositeFieldContainer[LineRefusal]
    charged_vnd: int
    law: _containers.RepeatedCompositeFieldContainer[_contributions_pb2.LawRow]
    def __init__(self, declaration_number: _Optional[int] = ..., accepted: _Optional[int] = ..., refused: _Optional[int] = ..., refusals: _Optional[_Iterable[_Union[LineRefusal, _Mapping]]] = ..., charged_vnd: _Optional[int] = ..., law: _Optional[_Iterable[_Union[_contributions_pb2.LawRow, _Mapping]]] = ...) -> None: ...

class LineRefusal(_message.Message):
    __slots__ = ("line", "field", "reason", "text")
    LINE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    line: int
    field: str
    reason: str
    text: _text_pb2.LocalizedText
    def __init__(self, line: _Optional[int] = ..., field: _Optional[str] = ..., reason: _Optional[str] = ..., text: _Optional[_Union[_text_pb2.LocalizedText, _Mapping]] = ...) -> None: ...

class RecordPaymentsRequest(_message.Message):
    __slots__ = ("bank_id", "payments")
    BANK_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENTS_FIELD_NUMBER: _ClassVar[int]
    bank_id: str
    payments: _containers.RepeatedCompositeFieldContainer[Payment]
    def __init__(self, bank_id: _Optional[str] = ..., payments: _Optional[_Iterable[_Union[Payment, _Mapping]]] = ...) -> None: ...

class Payment(_message.Message):
    __slots__ = ("employer_code", "value_date", "amount_vnd", "reference")
    EMPLOYER_CODE_FIELD_NUMBER: _ClassVar[int]
    VALUE_DATE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_VND_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    employer_code: str
    value_date: str
    amount_vnd: int
    reference: str
    def __init__(self, employer_code: _Optional[str] = ..., value_date: _Optional[str] = ..., amount_vnd: _Optional[int] = ..., reference: _Optional[str] = ...) -> None: ...

class RecordPaymentsResponse(_message.Message):
    __slots__ = ("accepted", "refused", "refusals", "recorded_vnd")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    REFUSALS_FIELD_NUMBER: _ClassVar[int]
    RECORDED_VND_FIELD_NUMBER: _ClassVar[int]
    accepted: int
    refused: int
    refusals: _containers.RepeatedCompositeFieldContainer[LineRefusal]
    recorded_vnd: int
    def __init__(self, accepted: _Optional[int] = ..., refused: _Optional[int] = ..., refusals: _Optional[_Iterable[_Union[LineRefusal, _Mapping]]] = ..., recorded_vnd: _Optional[int] = ...) -> None: ...

class UrgePaymentRequest(_message.Message):
    __slots__ = ("employer_code", "document_number", "issued_on", "province_of_asker")
    EMPLOYER_CODE_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ISSUED_ON_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_OF_ASKER_FIELD_NUMBER: _ClassVar[int]
    employer_code: str
    document_number: str
    issued_on: str
    province_of_asker: str
    def __init__(self, employer_code: _Optional[str] = ..., document_number: _Optional[str] = ..., issued_on: _Optional[str] = ..., province_of_asker: _Optional[str] = ...) -> None: ...

class UrgePaymentResponse(_message.Message):
    __slots__ = ("state", "law")
    STATE_FIELD_NUMBER: _ClassVar[int]
    LAW_FIELD_NUMBER: _ClassVar[int]
    state: _contributions_pb2.LegalState
    law: _containers.RepeatedCompositeFieldContainer[_contributions_pb2.LawRow]
    def __init__(self, state: _Optional[_Union[_contributions_pb2.LegalState, str]] = ..., law: _Optional[_Iterable[_Union[_contributions_pb2.LawRow, _Mapping]]] = ...) -> None: ...

class ReportIrregularityRequest(_message.Message):
    __slots__ = ("identifier", "employer_code", "kind", "from_month", "to_month", "actual_base_vnd", "statement", "person_id")
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    EMPLOYER_CODE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    FROM_MONTH_FIELD_NUMBER: _ClassVar[int]
    TO_MONTH_FIELD_NUMBER: _ClassVar[int]
    ACTUAL_BASE_VND_FIELD_NUMBER: _ClassVar[int]
    STATEMENT_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    identifier: str
    employer_code: str
    kind: _contributions_pb2.IrregularityKind
    from_month: str
    to_month: str
    actual_base_vnd: int
    statement: str
    person_id: int
    def __init__(self, identifier: _Optional[str] = ..., employer_code: _Optional[str] = ..., kind: _Optional[_Union[_contributions_pb2.IrregularityKind, str]] = ..., from_month: _Optional[str] = ..., to_month: _Optional[str] = ..., actual_base_vnd: _Optional[int] = ..., statement: _Optional[str] = ..., person_id: _Optional[int] = ...) -> None: ...

class ReportIrregularityResponse(_message.Message):
    __slots__ = ("report_id", "state")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    state: _contributions_pb2.ReportState
    def __init__(self, report_id: _Optional[str] = ..., state: _Optional[_Union[_contributions_pb2.ReportState, str]] = ...) -> None: ...

class AdvanceReportRequest(_message.Message):
    __slots__ = ("report_id", "to_state", "reason", "recovered_vnd", "province_of_asker")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    TO_STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RECOVERED_VND_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_OF_ASKER_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    to_state: _contributions_pb2.ReportState
    reason: str
    recovered_vnd: int
    province_of_asker: str
    def __init__(self, report_id: _Optional[str] = ..., to_state: _Optional[_Union[_contributions_pb2.ReportState, str]] = ..., reason: _Optional[str] = ..., recovered_vnd: _Optional[int] = ..., province_of_asker: _Optional[str] = ...) -> None: ...

class AdvanceReportResponse(_message.Message):
    __slots__ = ("state",)
    STATE_FIELD_NUMBER: _ClassVar[int]
    state: _contributions_pb2.ReportState
    def __init__(self, state: _Optional[_Union[_contributions_pb2.ReportState, str]] = ...) -> None: ...
