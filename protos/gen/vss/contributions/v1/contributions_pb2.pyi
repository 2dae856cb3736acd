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

class Scheme(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCHEME_UNSPECIFIED: _ClassVar[Scheme]
    SCHEME_SOCIAL_INSURANCE: _ClassVar[Scheme]
    SCHEME_HEALTH_INSURANCE: _ClassVar[Scheme]
    SCHEME_UNEMPLOYMENT_INSURANCE: _ClassVar[Scheme]
    SCHEME_VOLUNTARY_SOCIAL_INSURANCE: _ClassVar[Scheme]

class PaymentState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PAYMENT_STATE_UNSPECIFIED: _ClassVar[PaymentState]
    PAYMENT_STATE_DUE: _ClassVar[PaymentState]
    PAYMENT_STATE_PAID: _ClassVar[PaymentState]
    PAYMENT_STATE_UNPAID: _ClassVar[PaymentState]

class Fund(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FUND_UNSPECIFIED: _ClassVar[Fund]
    FUND_RETIREMENT: _ClassVar[Fund]
    FUND_SICKNESS: _ClassVar[Fund]
    FUND_OCCUPATIONAL: _ClassVar[Fund]
    FUND_UNEMPLOYMENT: _ClassVar[Fund]
    FUND_HEALTH: _ClassVar[Fund]
    FUND_INTEREST: _ClassVar[Fund]

class FundState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FUND_STATE_UNSPECIFIED: _ClassVar[FundState]
    FUND_STATE_DUE: _ClassVar[FundState]
    FUND_STATE_PAID: _ClassVar[FundState]
    FUND_STATE_PAID_LATE: _ClassVar[FundState]
    FUND_STATE_LATE: _ClassVar[FundState]

class LegalState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEGAL_STATE_UNSPECIFIED: _ClassVar[LegalState]
    LEGAL_STATE_ON_TIME: _ClassVar[LegalState]
    LEGAL_STATE_LATE: _ClassVar[LegalState]
    LEGAL_STATE_EVASION: _ClassVar[LegalState]

class IrregularityKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IRREGULARITY_KIND_UNSPECIFIED: _ClassVar[IrregularityKind]
    IRREGULARITY_KIND_NOT_PAID: _ClassVar[IrregularityKind]
    IRREGULARITY_KIND_UNDER_DECLARED: _ClassVar[IrregularityKind]
    IRREGULARITY_KIND_NOT_DECLARED: _ClassVar[IrregularityKind]

class ReportState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPORT_STATE_UNSPECIFIED: _ClassVar[ReportState]
    REPORT_STATE_RECEIVED: _ClassVar[ReportState]
    REPORT_STATE_ASSIGNED: _ClassVar[ReportState]
    REPORT_STATE_INSPECTED: _ClassVar[ReportState]
    REPORT_STATE_CONFIRMED: _ClassVar[ReportState]
    REPORT_STATE_REJECTED: _ClassVar[ReportState]
    REPORT_STATE_RECOVERED: _ClassVar[ReportState]
SCHEME_UNSPECIFIED: Scheme
SCHEME_SOCIAL_INSURANCE: Scheme
SCHEME_HEALTH_INSURANCE: Scheme
SCHEME_UNEMPLOYMENT_INSURANCE: Scheme
SCHEME_VOLUNTARY_SOCIAL_INSURANCE: Scheme
PAYMENT_STATE_UNSPECIFIED: PaymentState
PAYMENT_STATE_DUE: PaymentState
PAYMENT_STATE_PAID: PaymentState
PAYMENT_STATE_UNPAID: PaymentState
FUND_UNSPECIFIED: Fund
FUND_RETIREMENT: Fund
FUND_SICKNESS: Fund
FUND_OCCUPATIONAL: Fund
FUND_UNEMPLOYMENT: Fund
FUND_HEALTH: Fund
FUND_INTEREST: Fund
FUND_STATE_UNSPECIFIED: FundState
FUND_STATE_DUE: FundState
FUND_STATE_PAID: FundState
FUND_STATE_PAID_LATE: FundState
FUND_STATE_LATE: FundState
LEGAL_STATE_UNSPECIFIED: LegalState
LEGAL_STATE_ON_TIME: LegalState
LEGAL_STATE_LATE: LegalState
LEGAL_STATE_EVASION: LegalState
IRREGULARITY_KIND_UNSPECIFIED: IrregularityKind
IRREGULARITY_KIND_NOT_PAID: IrregularityKind
IRREGULARITY_KIND_UNDER_DECLARED: IrregularityKind
IRREGULARITY_KIND_NOT_DECLARED: IrregularityKind
REPORT_STATE_UNSPECIFIED: ReportState
REPORT_STATE_RECEIVED: ReportState
REPORT_STATE_ASSIGNED: ReportState
REPORT_STATE_INSPECTED: ReportState
REPORT_STATE_CONFIRMED: ReportState
REPORT_STATE_REJECTED: ReportState
REPORT_STATE_RECOVERED: ReportState

class ListContributionMonthsRequest(_message.Message):
    __slots__ = ("identifier", "from_month", "to_month", "page_size", "page_token", "person_id", "employer_code", "province_of_asker")
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    FROM_MONTH_FIELD_NUMBER: _ClassVar[int]
    TO_MONTH_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    EMPLOYER_CODE_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_OF_ASKER_FIELD_NUMBER: _ClassVar[int]
    identifier: str
    from_month: str
    to_month: str
    page_size: int
    page_token: str
    person_id: int
    employer_code: str
    province_of_asker: str
    def __init__(self, identifier: _Optional[str] = ..., from_month: _Optional[str] = ..., to_month: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., person_id: _Optional[int] = ..., employer_code: _Optional[str] = ..., province_of_asker: _Optional[str] = ...) -> None: ...

class ListContributionMonthsResponse(_message.Message):
    __slots__ = ("months", "next_page_token", "person_id")
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    months: _containers.RepeatedCompositeFieldContainer[ContributionMonth]
    next_page_token: str
    person_id: int
    def __init__(self, months: _Optional[_Iterable[_Union[ContributionMonth, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., person_id: _Optional[int] = ...) -> None: ...

class GetLedgerRequest(_message.Message):
    __slots__ = ("identifier", "from_month", "to_month", "page_size", "page_token", "person_id", "employer_code", "province_of_asker")
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    FROM_MONTH_FIELD_NUMBER: _ClassVar[int]
    TO_MONTH_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    EMPLOYER_CODE_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_OF_ASKER_FIELD_NUMBER: _ClassVar[int]
    identifier: str
    from_month: str
    to_month: str
    page_size: int
    page_token: str
    person_id: int
    employer_code: str
    province_of_asker: str
    def __init__(self, identifier: _Optional[str] = ..., from_month: _Optional[str] = ..., to_month: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., person_id: _Optional[int] = ..., employer_code: _Optional[str] = ..., province_of_asker: _Optional[str] = ...) -> None: ...

class GetLedgerResponse(_message.Message):
    __slots__ = ("months", "next_page_token", "totals", "gaps", "law", "person_id")
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    GAPS_FIELD_NUMBER: _ClassVar[int]
    LAW_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    months: _containers.RepeatedCompositeFieldContainer[LedgerMonth]
    next_page_token: str
    totals: _containers.RepeatedCompositeFieldContainer[SchemeTotal]
    gaps: _containers.RepeatedCompositeFieldContainer[Gap]
    law: _containers.RepeatedCompositeFieldContainer[LawRow]
    person_id: int
    def __init__(self, months: _Optional[_Iterable[_Union[LedgerMonth, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., totals: _Optional[_Iterable[_Union[SchemeTotal, _Mapping]]] = ..., gaps: _Optional[_Iterable[_Union[Gap, _Mapping]]] = ..., law: _Optional[_Iterable[_Union[LawRow, _Mapping]]] = ..., person_id: _Optional[int] = ...) -> None: ...

class LedgerMonth(_message.Message):
    __slots__ = ("month", "employer", "schemes", "position", "base_vnd", "funds")
    MONTH_FIELD_NUMBER: _ClassVar[int]
    EMPLOYER_FIELD_NUMBER: _ClassVar[int]
    SCHEMES_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    BASE_VND_FIELD_NUMBER: _ClassVar[int]
    FUNDS_FIELD_NUMBER: _ClassVar[int]
    month: str
    employer: Employer
    schemes: _containers.RepeatedScalarFieldContainer[Scheme]
    position: str
    base_vnd: int
    funds: _containers.RepeatedCompositeFieldContainer[FundMonth]
    def __init__(self, month: _Optional[str] = ..., employer: _Optional[_Union[Employer, _Mapping]] = ..., schemes: _Optional[_Iterable[_Union[Scheme, str]]] = ..., position: _Optional[str] = ..., base_vnd: _Optional[int] = ..., funds: _Optional[_Iterable[_Union[FundMonth, _Mapping]]] = ...) -> None: ...

class FundMonth(_message.Message):
    __slots__ = ("fund", "capped_base_vnd", "employer_vnd", "employee_vnd", "state", "settled_on", "days_late")
    FUND_FIELD_NUMBER: _ClassVar[int]
    CAPPED_BASE_VND_FIELD_NUMBER: _ClassVar[int]
    EMPLOYER_VND_FIELD_NUMBER: _ClassVar[int]
    EMPLOYEE_VND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SETTLED_ON_FIELD_NUMBER: _ClassVar[int]
    DAYS_LATE_FIELD_NUMBER: _ClassVar[int]
    fund: Fund
    capped_base_vnd: int
    employer_vnd: int
    employee_vnd: int
    state: FundState
    settled_on: str
    days_late: int
    def __init__(self, fund: _Optional[_Union[Fund, str]] = ..., capped_base_vnd: _Optional[int] = ..., employer_vnd: _Optional[int] = ..., employee_vnd: _Optional[int] = ..., state: _Optional[_Union[FundState, str]] = ..., settled_on: _Optional[str] = ..., days_late: _Optional[int] = ...) -> None: ...

class SchemeTotal(_message.Message):
    __slots__ = ("scheme", "paid_months", "months_if_recovered", "paid_years", "paid_years_months")
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    PAID_MONTHS_FIELD_NUMBER: _ClassVar[int]
    MONTHS_IF_RECOVERED_FIELD_NUMBER: _ClassVar[int]
    PAID_YEARS_FIELD_NUMBER: _ClassVar[int]
    PAID_YEARS_MONTHS_FIELD_NUMBER: _ClassVar[int]
    scheme: Scheme
    paid_months: int
    months_if_recovered: int
    paid_years: int
    paid_years_months: int
    def __init__(self, scheme: _Optional[_Union[Scheme, str]] = ..., paid_months: _Optional[int] = ..., months_if_recovered: _Optional[int] = ..., paid_years: _Optional[int] = ..., paid_years_months: _Optional[int] = ...) -> None: ...

class Gap(_message.Message):
    __slots__ = ("from_month", "to_month", "months")
    FROM_MONTH_FIELD_NUMBER: _ClassVar[int]
    TO_MONTH_FIELD_NUMBER: _ClassVar[int]
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    from_month: str
    to_month: str
    months: int
    def __init__(self, from_month: _Optional[str] = ..., to_month: _Optional[str] = ..., months: _Optional[int] = ...) -> None: ...

class GetEmployerStatementRequest(_message.Message):
    __slots__ = ("employer_code", "as_of", "days", "own_employer_code", "province_of_asker")
    EMPLOYER_CODE_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    DAYS_FIELD_NUMBER: _ClassVar[int]
    OWN_EMPLOYER_CODE_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_OF_ASKER_FIELD_NUMBER: _ClassVar[int]
    employer_code: str
    as_of: str
    days: int
    own_employer_code: str
    province_of_asker: str
    def __init__(self, employer_code: _Optional[str] = ..., as_of: _Optional[str] = ..., days: _Optional[int] = ..., own_employer_code: _Optional[str] = ..., province_of_asker: _Optional[str] = ...) -> None: ...

class GetEmployerStatementResponse(_message.Message):
    __slots__ = ("employer", "as_of", "state", "reasons", "late_vnd", "due_vnd", "interest_vnd", "advance_vnd", "days_late", "days_to_evasion", "urged_on", "months", "interest_days", "law")
    EMPLOYER_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    LATE_VND_FIELD_NUMBER: _ClassVar[int]
    DUE_VND_FIELD_NUMBER: _ClassVar[int]
    INTEREST_VND_FIELD_NUMBER: _ClassVar[int]
    ADVANCE_VND_FIELD_NUMBER: _ClassVar[int]
    DAYS_LATE_FIELD_NUMBER: _ClassVar[int]
    DAYS_TO_EVASION_FIELD_NUMBER: _ClassVar[int]
    URGED_ON_FIELD_NUMBER: _ClassVar[int]
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    INTEREST_DAYS_FIELD_NUMBER: _ClassVar[int]
    LAW_FIELD_NUMBER: _ClassVar[int]
    employer: Employer
    as_of: str
    state: LegalState
    reasons: _containers.RepeatedCompositeFieldContainer[StateReason]
    late_vnd: int
    due_vnd: int
    interest_vnd: int
    advance_vnd: int
    days_late: int
    days_to_evasion: int
    urged_on: str
    months: _containers.RepeatedCompositeFieldContainer[StatementMonth]
    interest_days: _containers.RepeatedCompositeFieldContainer[InterestDay]
    law: _containers.RepeatedCompositeFieldContainer[LawRow]
    def __init__(self, employer: _Optional[_Union[Employer, _Mapping]] = ..., as_of: _Optional[str] = ..., state: _Optional[_Union[LegalState, str]] = ..., reasons: _Optional[_Iterable[_Union[StateReason, _Mapping]]] = ..., late_vnd: _Optional[int] = ..., due_vnd: _Optional[int] = ..., interest_vnd: _Optional[int] = ..., advance_vnd: _Optional[int] = ..., days_late: _Optional[int] = ..., days_to_evasion: _Optional[int] = ..., urged_on: _Optional[str] = ..., months: _Optional[_Iterable[_Union[StatementMonth, _Mapping]]] = ..., interest_days: _Optional[_Iterable[_Union[InterestDay, _Mapping]]] = ..., law: _Optional[_Iterable[_Union[LawRow, _Mapping]]] = ...) -> None: ...

class StatementMonth(_message.Message):
    __slots__ = ("month", "fund", "due_vnd", "paid_vnd", "deadline", "settled_on", "days_late", "interest_vnd", "declaration_number")
    MONTH_FIELD_NUMBER: _ClassVar[int]
    FUND_FIELD_NUMBER: _ClassVar[int]
    DUE_VND_FIELD_NUMBER: _ClassVar[int]
    PAID_VND_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    SETTLED_ON_FIELD_NUMBER: _ClassVar[int]
    DAYS_LATE_FIELD_NUMBER: _ClassVar[int]
    INTEREST_VND_FIELD_NUMBER: _ClassVar[int]
    DECLARATION_NUMBER_FIELD_NUMBER: _ClassVar[int]
    month: str
    fund: Fund
    due_vnd: int
    paid_vnd: int
    deadline: str
    settled_on: str
    days_late: int
    interest_vnd: int
    declaration_number: int
    def __init__(self, month: _Optional[str] = ..., fund: _Optional[_Union[Fund, str]] = ..., due_vnd: _Optional[int] = ..., paid_vnd: _Optional[int] = ..., deadline: _Optional[str] = ..., settled_on: _Optional[str] = ..., days_late: _Optional[int] = ..., interest_vnd: _Optional[int] = ..., declaration_number: _Optional[int] = ...) -> None: ...

class InterestDay(_message.Message):
    __slots__ = ("day", "unpaid_vnd", "interest_vnd")
    DAY_FIELD_NUMBER: _ClassVar[int]
    UNPAID_VND_FIELD_NUMBER: _ClassVar[int]
    INTEREST_VND_FIELD_NUMBER: _ClassVar[int]
    day: str
    unpaid_vnd: int
    interest_vnd: int
    def __init__(self, day: _Optional[str] = ..., unpaid_vnd: _Optional[int] = ..., interest_vnd: _Optional[int] = ...) -> None: ...

class StateReason(_message.Message):
    __slots__ = ("code", "text", "legal_basis")
    CODE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LEGAL_BASIS_FIELD_NUMBER: _ClassVar[int]
    code: str
    text: _text_pb2.LocalizedText
    legal_basis: str
    def __init__(self, code: _Optional[str] = ..., text: _Optional[_Union[_text_pb2.LocalizedText, _Mapping]] = ..., legal_basis: _Optional[str] = ...) -> None: ...

class ListDebtorsRequest(_message.Message):
    __slots__ = ("state", "least_vnd", "sector", "page_size", "page_token", "province_of_asker")
    STATE_FIELD_NUMBER: _ClassVar[int]
    LEAST_VND_FIELD_NUMBER: _ClassVar[int]
    SECTOR_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_OF_ASKER_FIELD_NUMBER: _ClassVar[int]
    state: LegalState
    least_vnd: int
    sector: str
    page_size: int
    page_token: str
    province_of_asker: str
    def __init__(self, state: _Optional[_Union[LegalState, str]] = ..., least_vnd: _Optional[int] = ..., sector: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., province_of_asker: _Optional[str] = ...) -> None: ...

class ListDebtorsResponse(_message.Message):
    __slots__ = ("debtors", "next_page_token", "law")
    DEBTORS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    LAW_FIELD_NUMBER: _ClassVar[int]
    debtors: _containers.RepeatedCompositeFieldContainer[Debtor]
    next_page_token: str
    law: _containers.RepeatedCompositeFieldContainer[LawRow]
    def __init__(self, debtors: _Optional[_Iterable[_Union[Debtor, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., law: _Optional[_Iterable[_Union[LawRow, _Mapping]]] = ...) -> None: ...

class Debtor(_message.Message):
    __slots__ = ("employer", "state", "owed_vnd", "oldest_month", "days_late", "urged_on")
    EMPLOYER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    OWED_VND_FIELD_NUMBER: _ClassVar[int]
    OLDEST_MONTH_FIELD_NUMBER: _ClassVar[int]
    DAYS_LATE_FIELD_NUMBER: _ClassVar[int]
    URGED_ON_FIELD_NUMBER: _ClassVar[int]
    employer: Employer
    state: LegalState
    owed_vnd: int
    oldest_month: str
    days_late: int
    urged_on: str
    def __init__(self, employer: _Optional[_Union[Employer, _Mapping]] = ..., state: _Optional[_Union[LegalState, str]] = ..., owed_vnd: _Optional[int] = ..., oldest_month: _Optional[str] = ..., days_late: _Optional[int] = ..., urged_on: _Optional[str] = ...) -> None: ...

class GetReportRequest(_message.Message):
    __slots__ = ("report_id", "citizen_id", "province_of_asker")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_ID_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_OF_ASKER_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    citizen_id: int
    province_of_asker: str
    def __init__(self, report_id: _Optional[str] = ..., citizen_id: _Optional[int] = ..., province_of_asker: _Optional[str] = ...) -> None: ...

class GetReportResponse(_message.Message):
    __slots__ = ("report", "person_id")
    REPORT_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    report: Report
    person_id: int
    def __init__(self, report: _Optional[_Union[Report, _Mapping]] = ..., person_id: _Optional[int] = ...) -> None: ...

class ListReportsRequest(_message.Message):
    __slots__ = ("state", "page_size", "page_token", "citizen_id", "province_of_asker")
    STATE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CITIZEN_ID_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_OF_ASKER_FIELD_NUMBER: _ClassVar[int]
    state: ReportState
    page_size: int
    page_token: str
    citizen_id: int
    province_of_asker: str
    def __init__(self, state: _Optional[_Union[ReportState, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., citizen_id: _Optional[int] = ..., province_of_asker: _Optional[str] = ...) -> None: ...

class ListReportsResponse(_message.Message):
    __slots__ = ("reports", "next_page_token")
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reports: _containers.RepeatedCompositeFieldContainer[Report]
    next_page_token: str
    def __init__(self, reports: _Optional[_Iterable[_Union[Report, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Report(_message.Message):
    __slots__ = ("report_id", "employer", "kind", "from_month", "to_month", "actual_base_vnd", "statement", "state", "reported_at", "steps")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    EMPLOYER_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    FROM_MONTH_FIELD_NUMBER: _ClassVar[int]
    TO_MONTH_FIELD_NUMBER: _ClassVar[int]
    ACTUAL_BASE_VND_FIELD_NUMBER: _ClassVar[int]
    STATEMENT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REPORTED_AT_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    employer: Employer
    kind: IrregularityKind
    from_month: str
    to_month: str
    actual_base_vnd: int
    statement: str
    state: ReportState
    reported_at: str
    steps: _containers.RepeatedCompositeFieldContainer[ReportStep]
    def __init__(self, report_id: _Optional[str] = ..., employer: _Optional[_Union[Employer, _Mapping]] = ..., kind: _Optional[_Union[IrregularityKind, str]] = ..., from_month: _Optional[str] = ..., to_month: _Optional[str] = ..., actual_base_vnd: _Optional[int] = ..., statement: _Optional[str] = ..., state: _Optional[_Union[ReportState, str]] = ..., reported_at: _Optional[str] = ..., steps: _Optional[_Iterable[_Union[ReportStep, _Mapping]]] = ...) -> None: ...

class ReportStep(_message.Message):
    __slots__ = ("state", "at", "agency_id", "staff", "reason", "recovered_vnd")
    STATE_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    AGENCY_ID_FIELD_NUMBER: _ClassVar[int]
    STAFF_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RECOVERED_VND_FIELD_NUMBER: _ClassVar[int]
    state: ReportState
    at: str
    agency_id: str
    staff: str
    reason: str
    recovered_vnd: int
    def __init__(self, state: _Optional[_Union[ReportState, str]] = ..., at: _Optional[str] = ..., agency_id: _Optional[str] = ..., staff: _Optional[str] = ..., reason: _Optional[str] = ..., recovered_vnd: _Optional[int] = ...) -> None: ...

class ContributionMonth(_message.Message):
    __slots__ = ("month", "employer", "schemes", "base_vnd", "state")
    MONTH_FIELD_NUMBER: _ClassVar[int]
    EMPLOYER_FIELD_NUMBER: _ClassVar[int]
    SCHEMES_FIELD_NUMBER: _ClassVar[int]
    BASE_VND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    month: str
    employer: Employer
    schemes: _containers.RepeatedScalarFieldContainer[Scheme]
    base_vnd: int
    state: PaymentState
    def __init__(self, month: _Optional[str] = ..., employer: _Optional[_Union[Employer, _Mapping]] = ..., schemes: _Optional[_Iterable[_Union[Scheme, str]]] = ..., base_vnd: _Optional[int] = ..., state: _Optional[_Union[PaymentState, str]] = ...) -> None: ...

class Employer(_message.Message):
    __slots__ = ("code", "name")
    CODE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    code: str
    name: str
    def __init__(self, code: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class LawRow(_message.Message):
    __slots__ = ("code", "valid_from", "valid_to", "value", "legal_basis", "verified")
    CODE_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LEGAL_BASIS_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    code: str
    valid_from: str
    valid_to: str
    value: str
    legal_basis: str
    verified: bool
    def __init__(self, code: _Optional[str] = ..., valid_from: _Optional[str] = ..., valid_to: _Optional[str] = ..., value: _Optional[str] = ..., legal_basis: _Optional[str] = ..., verified: _Optional[bool] = ...) -> None: ...
