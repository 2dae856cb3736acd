from google.api import annotations_pb2 as _annotations_pb2
from vss.access.v1 import access_pb2 as _access_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class HistoryAccess(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HISTORY_ACCESS_UNSPECIFIED: _ClassVar[HistoryAccess]
    HISTORY_ACCESS_CHECKED: _ClassVar[HistoryAccess]
    HISTORY_ACCESS_STAY: _ClassVar[HistoryAccess]
    HISTORY_ACCESS_EMERGENCY: _ClassVar[HistoryAccess]
    HISTORY_ACCESS_OWN_DATA: _ClassVar[HistoryAccess]
    HISTORY_ACCESS_OWN_VISITS: _ClassVar[HistoryAccess]
HISTORY_ACCESS_UNSPECIFIED: HistoryAccess
HISTORY_ACCESS_CHECKED: HistoryAccess
HISTORY_ACCESS_STAY: HistoryAccess
HISTORY_ACCESS_EMERGENCY: HistoryAccess
HISTORY_ACCESS_OWN_DATA: HistoryAccess
HISTORY_ACCESS_OWN_VISITS: HistoryAccess

class ListVisitsRequest(_message.Message):
    __slots__ = ("identifier", "from_day", "to_day", "page_size", "page_token", "person_id", "facility_code", "purpose", "recent_check", "citizen_id")
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    FROM_DAY_FIELD_NUMBER: _ClassVar[int]
    TO_DAY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    FACILITY_CODE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    RECENT_CHECK_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_ID_FIELD_NUMBER: _ClassVar[int]
    identifier: str
    from_day: str
    to_day: str
    page_size: int
    page_token: str
    person_id: int
    facility_code: str
    purpose: str
    recent_check: int
    citizen_id: int
    def __init__(self, identifier: _Optional[str] = ..., from_day: _Optional[str] = ..., to_day: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., person_id: _Optional[int] = ..., facility_code: _Optional[str] = ..., purpose: _Optional[str] = ..., recent_check: _Optional[int] = ..., citizen_id: _Optional[int] = ...) -> None: ...

class ListVisitsResponse(_message.Message):
    __slots__ = ("visits", "next_page_token", "access", "person_id")
    VISITS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    visits: _containers.RepeatedCompositeFieldContainer[PastVisit]
    next_page_token: str
    access: HistoryAccess
    person_id: int
    def __init__(self, visits: _Optional[_Iterable[_Union[PastVisit, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., access: _Optional[_Union[HistoryAccess, str]] = ..., person_id: _Optional[int] = ...) -> None: ...

class PastVisit(_message.Message):
    __slots__ = ("visit_id", "facility_code", "facility_name", "admitted_at", "discharged_at", "visit_kind_code", "patient_kind_code", "main_diagnosis", "other_diagnoses", "diagnosis_text", "has_sensitive", "outcome_code", "cost_vnd", "insured_cost_vnd", "fund_vnd", "copay_vnd", "patient_vnd", "version")
    VISIT_ID_FIELD_NUMBER: _ClassVar[int]
    FACILITY_CODE_FIELD_NUMBER: _ClassVar[int]
    FACILITY_NAME_FIELD_NUMBER: _ClassVar[int]
    ADMITTED_AT_FIELD_NUMBER: _ClassVar[int]
    DISCHARGED_AT_FIELD_NUMBER: _ClassVar[int]
    VISIT_KIND_CODE_FIELD_NUMBER: _ClassVar[int]
    PATIENT_KIND_CODE_FIELD_NUMBER: _ClassVar[int]
    MAIN_DIAGNOSIS_FIELD_NUMBER: _ClassVar[int]
    OTHER_DIAGNOSES_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSIS_TEXT_FIELD_NUMBER: _ClassVar[int]
    HAS_SENSITIVE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_CODE_FIELD_NUMBER: _ClassVar[int]
    COST_VND_FIELD_NUMBER: _ClassVar[int]
    INSURED_COST_VND_FIELD_NUMBER: _ClassVar[int]
    FUND_VND_FIELD_NUMBER: _ClassVar[int]
    COPAY_VND_FIELD_NUMBER: _ClassVar[int]
    PATIENT_VND_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    visit_id: str
    facility_code: str
    facility_name: str
    admitted_at: str
    discharged_at: str
    visit_kind_code: str
    patient_kind_code: str
    main_diagnosis: str
    other_diagnoses: _containers.RepeatedScalarFieldContainer[str]
    diagnosis_text: str
    has_sensitive: bool
    outcome_code: int
    cost_vnd: int
    insured_cost_vnd: int
    fund_vnd: int
    copay_vnd: int
    patient_vnd: int
    version: int
    def __init__(self, visit_id: _Optional[str] = ..., facility_code: _Optional[str] = ..., facility_name: _Optional[str] = ..., admitted_at: _Optional[str] = ..., discharged_at: _Optional[str] = ..., visit_kind_code: _Optional[str] = ..., patient_kind_code: _Optional[str] = ..., main_diagnosis: _Optional[str] = ..., other_diagnoses: _Optional[_Iterable[str]] = ..., diagnosis_text: _Optional[str] = ..., has_sensitive: _Optional[bool] = ..., outcome_code: _Optional[int] = ..., cost_vnd: _Optional[int] = ..., insured_cost_vnd: _Optional[int] = ..., fund_vnd: _Optional[int] = ..., copay_vnd: _Optional[int] = ..., patient_vnd: _Optional[int] = ..., version: _Optional[int] = ...) -> None: ...

class GetVisitRequest(_message.Message):
    __slots__ = ("identifier", "visit_id", "person_id", "facility_code", "purpose", "recent_check", "citizen_id")
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    VISIT_ID_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    FACILITY_CODE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    RECENT_CHECK_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_ID_FIELD_NUMBER: _ClassVar[int]
    identifier: str
    visit_id: str
    person_id: int
    facility_code: str
    purpose: str
    recent_check: int
    citizen_id: int
    def __init__(self, identifier: _Optional[str] = ..., visit_id: _Optional[str] = ..., person_id: _Optional[int] = ..., facility_code: _Optional[str] = ..., purpose: _Optional[str] = ..., recent_check: _Optional[int] = ..., citizen_id: _Optional[int] = ...) -> None: ...

class GetVisitResponse(_message.Message):
    __slots__ = ("visit", "drugs", "services", "access", "person_id")
    VISIT_FIELD_NUMBER: _ClassVar[int]
    DRUGS_FIELD_NUMBER: _ClassVar[int]
    SERVICES_FIELD_NUMBER: _ClassVar[int]
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    visit: PastVisit
    drugs: _containers.RepeatedCompositeFieldContainer[DrugLine]
    services: _containers.RepeatedCompositeFieldContainer[ServiceLine]
    access: HistoryAccess
    person_id: int
    def __init__(self, visit: _Optional[_Union[PastVisit, _Mapping]] = ..., drugs: _Optional[_Iterable[_Union[DrugLine, _Mapping]]] = ..., services: _Optional[_Iterable[_Union[ServiceLine, _Mapping]]] = ..., access: _Optional[_Union[HistoryAccess, str]] = ..., person_id: _Optional[int] = ...) -> None: ...

class DrugLine(_message.Message):
    __slots__ = ("substance_code", "name", "strength", "unit", "route", "directions", "quantity", "ordered_on", "lasts_until", "cost_vnd", "fund_vnd")
    SUBSTANCE_CODE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STRENGTH_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    DIRECTIONS_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    ORDERED_ON_FIELD_NUMBER: _ClassVar[int]
    LASTS_UNTIL_FIELD_NUMBER: _ClassVar[int]
    COST_VND_FIELD_NUMBER: _ClassVar[int]
    FUND_VND_FIELD_NUMBER: _ClassVar[int]
    substance_code: str
    name: str
    strength: str
    unit: str
    route: str
    directions: str
    quantity: str
    ordered_on: str
    lasts_until: str
    cost_vnd: int
    fund_vnd: int
    def __init__(self, substance_code: _Optional[str] = ..., name: _Optional[str] = ..., strength: _Optional[str] = ..., unit: _Optional[str] = ..., route: _Optional[str] = ..., directions: _Optional[str] = ..., quantity: _Optional[str] = ..., ordered_on: _Optional[str] = ..., lasts_until: _Optional[str] = ..., cost_vnd: _Optional[int] = ..., fund_vnd: _Optional[int] = ...) -> None: ...

class ServiceLine(_message.Message):
    __slots__ = ("code", "name", "unit", "quantity", "ordered_on", "cost_vnd", "fund_vnd")
    CODE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    ORDERED_ON_FIELD_NUMBER: _ClassVar[int]
    COST_VND_FIELD_NUMBER: _ClassVar[int]
    FUND_VND_FIELD_NUMBER: _ClassVar[int]
    code: str
    name: str
    unit: str
    quantity: str
    ordered_on: str
    cost_vnd: int
    fund_vnd: int
    def __init__(self, code: _Optional[str] = ..., name: _Optional[str] = ..., unit: _Optional[str] = ..., quantity: _Optional[str] = ..., ordered_on: _Optional[str] = ..., cost_vnd: _Optional[int] = ..., fund_vnd: _Optional[int] = ...) -> None: ...

class ListRunningDrugsRequest(_message.Message):
    __slots__ = ("identifier", "on_day", "person_id", "facility_code", "purpose", "recent_check", "citizen_id")
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    ON_DAY_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    FACILITY_CODE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    RECENT_CHECK_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_ID_FIELD_NUMBER: _ClassVar[int]
    identifier: str
    on_day: str
    person_id: int
    facility_code: str
    purpose: str
    recent_check: int
    citizen_id: int
    def __init__(self, identifier: _Optional[str] = ..., on_day: _Optional[str] = ..., person_id: _Optional[int] = ..., facility_code: _Optional[str] = ..., purpose: _Optional[str] = ..., recent_check: _Optional[int] = ..., citizen_id: _Optional[int] = ...) -> None: ...

class ListRunningDrugsResponse(_message.Message):
    __slots__ = ("drugs", "access", "person_id", "withheld")
    DRUGS_FIELD_NUMBER: _ClassVar[int]
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    WITHHELD_FIELD_NUMBER: _ClassVar[int]
    drugs: _containers.RepeatedCompositeFieldContainer[RunningDrug]
    access: HistoryAccess
    person_id: int
    withheld: bool
    def __init__(self, drugs: _Optional[_Iterable[_Union[RunningDrug, _Mapping]]] = ..., access: _Optional[_Union[HistoryAccess, str]] = ..., person_id: _Optional[int] = ..., withheld: _Optional[bool] = ...) -> None: ...

class RunningDrug(_message.Message):
    __slots__ = ("drug", "visit_id", "facility_code", "overlaps")
    DRUG_FIELD_NUMBER: _ClassVar[int]
    VISIT_ID_FIELD_NUMBER: _ClassVar[int]
    FACILITY_CODE_FIELD_NUMBER: _ClassVar[int]
    OVERLAPS_FIELD_NUMBER: _ClassVar[int]
    drug: DrugLine
    visit_id: str
    facility_code: str
    overlaps: bool
    def __init__(self, drug: _Optional[_Union[DrugLine, _Mapping]] = ..., visit_id: _Optional[str] = ..., facility_code: _Optional[str] = ..., overlaps: _Optional[bool] = ...) -> None: ...

class ListSensitiveVisitsRequest(_message.Message):
    __slots__ = ("identifier", "person_id", "facility_code", "purpose", "recent_check", "citizen_id")
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    FACILITY_CODE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    RECENT_CHECK_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_ID_FIELD_NUMBER: _ClassVar[int]
    identifier: str
    person_id: int
    facility_code: str
    purpose: str
    recent_check: int
    citizen_id: int
    def __init__(self, identifier: _Optional[str] = ..., person_id: _Optional[int] = ..., facility_code: _Optional[str] = ..., purpose: _Optional[str] = ..., recent_check: _Optional[int] = ..., citizen_id: _Optional[int] = ...) -> None: ...

class ListSensitiveVisitsResponse(_message.Message):
    __slots__ = ("visits", "access", "person_id")
    VISITS_FIELD_NUMBER: _ClassVar[int]
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    visits: _containers.RepeatedCompositeFieldContainer[SensitiveVisit]
    access: HistoryAccess
    person_id: int
    def __init__(self, visits: _Optional[_Iterable[_Union[SensitiveVisit, _Mapping]]] = ..., access: _Optional[_Union[HistoryAccess, str]] = ..., person_id: _Optional[int] = ...) -> None: ...

class SensitiveVisit(_message.Message):
    __slots__ = ("visit_id", "facility_code", "admitted_on", "diagnoses", "diagnosis_text", "has_hiv_table")
    VISIT_ID_FIELD_NUMBER: _ClassVar[int]
    FACILITY_CODE_FIELD_NUMBER: _ClassVar[int]
    ADMITTED_ON_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSES_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSIS_TEXT_FIELD_NUMBER: _ClassVar[int]
    HAS_HIV_TABLE_FIELD_NUMBER: _ClassVar[int]
    visit_id: str
    facility_code: str
    admitted_on: str
    diagnoses: _containers.RepeatedScalarFieldContainer[str]
    diagnosis_text: str
    has_hiv_table: bool
    def __init__(self, visit_id: _Optional[str] = ..., facility_code: _Optional[str] = ..., admitted_on: _Optional[str] = ..., diagnoses: _Optional[_Iterable[str]] = ..., diagnosis_text: _Optional[str] = ..., has_hiv_table: _Optional[bool] = ...) -> None: ...
