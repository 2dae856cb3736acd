import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
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

class VisitKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VISIT_KIND_UNSPECIFIED: _ClassVar[VisitKind]
    VISIT_KIND_OUTPATIENT: _ClassVar[VisitKind]
    VISIT_KIND_INPATIENT: _ClassVar[VisitKind]
    VISIT_KIND_DAY_INPATIENT: _ClassVar[VisitKind]

class VisitReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VISIT_REASON_UNSPECIFIED: _ClassVar[VisitReason]
    VISIT_REASON_SELF: _ClassVar[VisitReason]
    VISIT_REASON_REFERRAL: _ClassVar[VisitReason]
    VISIT_REASON_REVISIT: _ClassVar[VisitReason]
    VISIT_REASON_EMERGENCY: _ClassVar[VisitReason]
    VISIT_REASON_TEMPORARY_STAY: _ClassVar[VisitReason]

class CardStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CARD_STATUS_UNSPECIFIED: _ClassVar[CardStatus]
    CARD_STATUS_ACTIVE: _ClassVar[CardStatus]
    CARD_STATUS_REVOKED: _ClassVar[CardStatus]
    CARD_STATUS_DECREASED: _ClassVar[CardStatus]
    CARD_STATUS_STOPPED: _ClassVar[CardStatus]

class FacilityLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FACILITY_LEVEL_UNSPECIFIED: _ClassVar[FacilityLevel]
    FACILITY_LEVEL_PRIMARY: _ClassVar[FacilityLevel]
    FACILITY_LEVEL_BASIC: _ClassVar[FacilityLevel]
    FACILITY_LEVEL_SPECIALISED: _ClassVar[FacilityLevel]
VISIT_KIND_UNSPECIFIED: VisitKind
VISIT_KIND_OUTPATIENT: VisitKind
VISIT_KIND_INPATIENT: VisitKind
VISIT_KIND_DAY_INPATIENT: VisitKind
VISIT_REASON_UNSPECIFIED: VisitReason
VISIT_REASON_SELF: VisitReason
VISIT_REASON_REFERRAL: VisitReason
VISIT_REASON_REVISIT: VisitReason
VISIT_REASON_EMERGENCY: VisitReason
VISIT_REASON_TEMPORARY_STAY: VisitReason
CARD_STATUS_UNSPECIFIED: CardStatus
CARD_STATUS_ACTIVE: CardStatus
CARD_STATUS_REVOKED: CardStatus
CARD_STATUS_DECREASED: CardStatus
CARD_STATUS_STOPPED: CardStatus
FACILITY_LEVEL_UNSPECIFIED: FacilityLevel
FACILITY_LEVEL_PRIMARY: FacilityLevel
FACILITY_LEVEL_BASIC: FacilityLevel
FACILITY_LEVEL_SPECIALISED: FacilityLevel

class CheckCoverageRequest(_message.Message):
    __slots__ = ("identifier", "full_name", "born", "visit_on", "facility_code", "visit", "previous_check")
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BORN_FIELD_NUMBER: _ClassVar[int]
    VISIT_ON_FIELD_NUMBER: _ClassVar[int]
    FACILITY_CODE_FIELD_NUMBER: _ClassVar[int]
    VISIT_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_CHECK_FIELD_NUMBER: _ClassVar[int]
    identifier: str
    full_name: str
    born: str
    visit_on: str
    facility_code: str
    visit: Visit
    previous_check: str
    def __init__(self, identifier: _Optional[str] = ..., full_name: _Optional[str] = ..., born: _Optional[str] = ..., visit_on: _Optional[str] = ..., facility_code: _Optional[str] = ..., visit: _Optional[_Union[Visit, _Mapping]] = ..., previous_check: _Optional[str] = ...) -> None: ...

class Visit(_message.Message):
    __slots__ = ("kind", "reason", "admitted_on", "slip_on", "diagnosis", "cost_vnd")
    KIND_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ADMITTED_ON_FIELD_NUMBER: _ClassVar[int]
    SLIP_ON_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSIS_FIELD_NUMBER: _ClassVar[int]
    COST_VND_FIELD_NUMBER: _ClassVar[int]
    kind: VisitKind
    reason: VisitReason
    admitted_on: str
    slip_on: str
    diagnosis: str
    cost_vnd: int
    def __init__(self, kind: _Optional[_Union[VisitKind, str]] = ..., reason: _Optional[_Union[VisitReason, str]] = ..., admitted_on: _Optional[str] = ..., slip_on: _Optional[str] = ..., diagnosis: _Optional[str] = ..., cost_vnd: _Optional[int] = ...) -> None: ...

class CheckCoverageResponse(_message.Message):
    __slots__ = ("result_code", "result_text", "covered", "card", "new_card", "visit_code", "changed_at", "person_id", "benefit", "notices", "check_token", "changes")
    RESULT_CODE_FIELD_NUMBER: _ClassVar[int]
    RESULT_TEXT_FIELD_NUMBER: _ClassVar[int]
    COVERED_FIELD_NUMBER: _ClassVar[int]
    CARD_FIELD_NUMBER: _ClassVar[int]
    NEW_CARD_FIELD_NUMBER: _ClassVar[int]
    VISIT_CODE_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AT_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    BENEFIT_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    CHECK_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    result_code: str
    result_text: _text_pb2.LocalizedText
    covered: bool
    card: Card
    new_card: Card
    visit_code: str
    changed_at: _timestamp_pb2.Timestamp
    person_id: int
    benefit: Benefit
    notices: _containers.RepeatedCompositeFieldContainer[Notice]
    check_token: str
    changes: _containers.RepeatedCompositeFieldContainer[Change]
    def __init__(self, result_code: _Optional[str] = ..., result_text: _Optional[_Union[_text_pb2.LocalizedText, _Mapping]] = ..., covered: _Optional[bool] = ..., card: _Optional[_Union[Card, _Mapping]] = ..., new_card: _Optional[_Union[Card, _Mapping]] = ..., visit_code: _Optional[str] = ..., changed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., person_id: _Optional[int] = ..., benefit: _Optional[_Union[Benefit, _Mapping]] = ..., notices: _Optional[_Iterable[_Union[Notice, _Mapping]]] = ..., check_token: _Optional[str] = ..., changes: _Optional[_Iterable[_Union[Change, _Mapping]]] = ...) -> None: ...

class Benefit(_message.Message):
    __slots__ = ("fund_basis_points", "level_percent", "route_percent", "route", "pays_until", "split", "copay", "steps")
    FUND_BASIS_POINTS_FIELD_NUMBER: _ClassVar[int]
    LEVEL_PERCENT_FIELD_NUMBER: _ClassVar[int]
    ROUTE_PERCENT_FIELD_NUMBER: _ClassVar[int]
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    PAYS_UNTIL_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    COPAY_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    fund_basis_points: int
    level_percent: int
    route_percent: int
    route: str
    pays_until: str
    split: Split
    copay: Copay
    steps: _containers.RepeatedCompositeFieldContainer[Step]
    def __init__(self, fund_basis_points: _Optional[int] = ..., level_percent: _Optional[int] = ..., route_percent: _Optional[int] = ..., route: _Optional[str] = ..., pays_until: _Optional[str] = ..., split: _Optional[_Union[Split, _Mapping]] = ..., copay: _Optional[_Union[Copay, _Mapping]] = ..., steps: _Optional[_Iterable[_Union[Step, _Mapping]]] = ...) -> None: ...

class Split(_message.Message):
    __slots__ = ("cost_vnd", "fund_vnd", "copay_vnd", "patient_vnd")
    COST_VND_FIELD_NUMBER: _ClassVar[int]
    FUND_VND_FIELD_NUMBER: _ClassVar[int]
    COPAY_VND_FIELD_NUMBER: _ClassVar[int]
    PATIENT_VND_FIELD_NUMBER: _ClassVar[int]
    cost_vnd: int
    fund_vnd: int
    copay_vnd: int
    patient_vnd: int
    def __init__(self, cost_vnd: _Optional[int] = ..., fund_vnd: _Optional[int] = ..., copay_vnd: _Optional[int] = ..., patient_vnd: _Optional[int] = ...) -> None: ...

class Copay(_message.Message):
    __slots__ = ("year", "paid_vnd", "threshold_vnd", "left_vnd", "exempt", "exempt_from")
    YEAR_FIELD_NUMBER: _ClassVar[int]
    PAID_VND_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_VND_FIELD_NUMBER: _ClassVar[int]
    LEFT_VND_FIELD_NUMBER: _ClassVar[int]
    EXEMPT_FIELD_NUMBER: _ClassVar[int]
    EXEMPT_FROM_FIELD_NUMBER: _ClassVar[int]
    year: int
    paid_vnd: int
    threshold_vnd: int
    left_vnd: int
    exempt: bool
    exempt_from: str
    def __init__(self, year: _Optional[int] = ..., paid_vnd: _Optional[int] = ..., threshold_vnd: _Optional[int] = ..., left_vnd: _Optional[int] = ..., exempt: _Optional[bool] = ..., exempt_from: _Optional[str] = ...) -> None: ...

class Step(_message.Message):
    __slots__ = ("rule", "text", "legal_basis", "rows")
    RULE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LEGAL_BASIS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    rule: str
    text: _text_pb2.LocalizedText
    legal_basis: str
    rows: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, rule: _Optional[str] = ..., text: _Optional[_Union[_text_pb2.LocalizedText, _Mapping]] = ..., legal_basis: _Optional[str] = ..., rows: _Optional[_Iterable[str]] = ...) -> None: ...

class Notice(_message.Message):
    __slots__ = ("code", "text")
    CODE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    code: str
    text: _text_pb2.LocalizedText
    def __init__(self, code: _Optional[str] = ..., text: _Optional[_Union[_text_pb2.LocalizedText, _Mapping]] = ...) -> None: ...

class Change(_message.Message):
    __slots__ = ("what", "before", "after")
    WHAT_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    what: str
    before: str
    after: str
    def __init__(self, what: _Optional[str] = ..., before: _Optional[str] = ..., after: _Optional[str] = ...) -> None: ...

class IssueCertificateRequest(_message.Message):
    __slots__ = ("identifier", "full_name", "born")
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    BORN_FIELD_NUMBER: _ClassVar[int]
    identifier: str
    full_name: str
    born: str
    def __init__(self, identifier: _Optional[str] = ..., full_name: _Optional[str] = ..., born: _Optional[str] = ...) -> None: ...

class IssueCertificateResponse(_message.Message):
    __slots__ = ("shc", "jws", "expires_at", "person_id")
    SHC_FIELD_NUMBER: _ClassVar[int]
    JWS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    shc: str
    jws: str
    expires_at: _timestamp_pb2.Timestamp
    person_id: int
    def __init__(self, shc: _Optional[str] = ..., jws: _Optional[str] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., person_id: _Optional[int] = ...) -> None: ...

class BatchCheckCoverageRequest(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[CheckCoverageRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[CheckCoverageRequest, _Mapping]]] = ...) -> None: ...

class BatchCheckCoverageResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[CheckCoverageResult]
    def __init__(self, results: _Optional[_Iterable[_Union[CheckCoverageResult, _Mapping]]] = ...) -> None: ...

class CheckCoverageResult(_message.Message):
    __slots__ = ("response", "error")
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    response: CheckCoverageResponse
    error: _status_pb2.Status
    def __init__(self, response: _Optional[_Union[CheckCoverageResponse, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class GetCoverageRequest(_message.Message):
    __slots__ = ("identifier", "as_of")
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    identifier: str
    as_of: str
    def __init__(self, identifier: _Optional[str] = ..., as_of: _Optional[str] = ...) -> None: ...

class GetCoverageResponse(_message.Message):
    __slots__ = ("as_of", "covered", "cards", "changed_at", "person_id")
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    COVERED_FIELD_NUMBER: _ClassVar[int]
    CARDS_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AT_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    as_of: str
    covered: bool
    cards: _containers.RepeatedCompositeFieldContainer[Card]
    changed_at: _timestamp_pb2.Timestamp
    person_id: int
    def __init__(self, as_of: _Optional[str] = ..., covered: _Optional[bool] = ..., cards: _Optional[_Iterable[_Union[Card, _Mapping]]] = ..., changed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., person_id: _Optional[int] = ...) -> None: ...

class Card(_message.Message):
    __slots__ = ("card_code", "subject_code", "benefit_digit", "benefit_percent", "valid_from", "valid_to", "registered_facility", "five_years_on", "living_area", "status")
    CARD_CODE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_CODE_FIELD_NUMBER: _ClassVar[int]
    BENEFIT_DIGIT_FIELD_NUMBER: _ClassVar[int]
    BENEFIT_PERCENT_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_FACILITY_FIELD_NUMBER: _ClassVar[int]
    FIVE_YEARS_ON_FIELD_NUMBER: _ClassVar[int]
    LIVING_AREA_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    card_code: str
    subject_code: str
    benefit_digit: int
    benefit_percent: int
    valid_from: str
    valid_to: str
    registered_facility: Facility
    five_years_on: str
    living_area: str
    status: CardStatus
    def __init__(self, card_code: _Optional[str] = ..., subject_code: _Optional[str] = ..., benefit_digit: _Optional[int] = ..., benefit_percent: _Optional[int] = ..., valid_from: _Optional[str] = ..., valid_to: _Optional[str] = ..., registered_facility: _Optional[_Union[Facility, _Mapping]] = ..., five_years_on: _Optional[str] = ..., living_area: _Optional[str] = ..., status: _Optional[_Union[CardStatus, str]] = ...) -> None: ...

class Facility(_message.Message):
    __slots__ = ("code", "name", "level")
    CODE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    code: str
    name: str
    level: FacilityLevel
    def __init__(self, code: _Optional[str] = ..., name: _Optional[str] = ..., level: _Optional[_Union[FacilityLevel, str]] = ...) -> None: ...
