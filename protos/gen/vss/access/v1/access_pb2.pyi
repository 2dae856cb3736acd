from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Purpose(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PURPOSE_UNSPECIFIED: _ClassVar[Purpose]
    PURPOSE_ADMISSION: _ClassVar[Purpose]
    PURPOSE_EMERGENCY: _ClassVar[Purpose]
    PURPOSE_OWN_DATA: _ClassVar[Purpose]
    PURPOSE_EMPLOYMENT: _ClassVar[Purpose]
    PURPOSE_IDENTITY_PROOFING: _ClassVar[Purpose]
    PURPOSE_INSPECTION: _ClassVar[Purpose]
    PURPOSE_STATISTICS: _ClassVar[Purpose]
    PURPOSE_AUDIT: _ClassVar[Purpose]
    PURPOSE_COLLECTION: _ClassVar[Purpose]
    PURPOSE_CLAIMS: _ClassVar[Purpose]

class DataClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DATA_CLASS_UNSPECIFIED: _ClassVar[DataClass]
    DATA_CLASS_RESULT: _ClassVar[DataClass]
    DATA_CLASS_IDENTITY: _ClassVar[DataClass]
    DATA_CLASS_COVERAGE: _ClassVar[DataClass]
    DATA_CLASS_EMPLOYMENT: _ClassVar[DataClass]
    DATA_CLASS_FINANCIAL: _ClassVar[DataClass]
    DATA_CLASS_HEALTH: _ClassVar[DataClass]
    DATA_CLASS_AUDIT: _ClassVar[DataClass]
    DATA_CLASS_INTERNAL: _ClassVar[DataClass]
    DATA_CLASS_SENSITIVE: _ClassVar[DataClass]

class Delivery(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DELIVERY_UNSPECIFIED: _ClassVar[Delivery]
    DELIVERY_GRPC: _ClassVar[Delivery]
    DELIVERY_BUS: _ClassVar[Delivery]
    DELIVERY_GATEWAY: _ClassVar[Delivery]

class Binding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BINDING_UNSPECIFIED: _ClassVar[Binding]
    BINDING_FACILITY_CODE: _ClassVar[Binding]
    BINDING_EMPLOYER_CODE: _ClassVar[Binding]
    BINDING_PERSON_ID: _ClassVar[Binding]
    BINDING_PERSON: _ClassVar[Binding]
    BINDING_AGENCY_ID: _ClassVar[Binding]
    BINDING_PROVINCE_CODE: _ClassVar[Binding]
    BINDING_STAFF: _ClassVar[Binding]
    BINDING_CITIZEN_ID: _ClassVar[Binding]
    BINDING_PURPOSE: _ClassVar[Binding]
    BINDING_RECENT_CHECK: _ClassVar[Binding]

class SubjectRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUBJECT_ROLE_UNSPECIFIED: _ClassVar[SubjectRole]
    SUBJECT_ROLE_ASKED: _ClassVar[SubjectRole]
    SUBJECT_ROLE_ANSWERED: _ClassVar[SubjectRole]
PURPOSE_UNSPECIFIED: Purpose
PURPOSE_ADMISSION: Purpose
PURPOSE_EMERGENCY: Purpose
PURPOSE_OWN_DATA: Purpose
PURPOSE_EMPLOYMENT: Purpose
PURPOSE_IDENTITY_PROOFING: Purpose
PURPOSE_INSPECTION: Purpose
PURPOSE_STATISTICS: Purpose
PURPOSE_AUDIT: Purpose
PURPOSE_COLLECTION: Purpose
PURPOSE_CLAIMS: Purpose
DATA_CLASS_UNSPECIFIED: DataClass
DATA_CLASS_RESULT: DataClass
DATA_CLASS_IDENTITY: DataClass
DATA_CLASS_COVERAGE: DataClass
DATA_CLASS_EMPLOYMENT: DataClass
DATA_CLASS_FINANCIAL: DataClass
DATA_CLASS_HEALTH: DataClass
DATA_CLASS_AUDIT: DataClass
DATA_CLASS_INTERNAL: DataClass
DATA_CLASS_SENSITIVE: DataClass
DELIVERY_UNSPECIFIED: Delivery
DELIVERY_GRPC: Delivery
DELIVERY_BUS: Delivery
DELIVERY_GATEWAY: Delivery
BINDING_UNSPECIFIED: Binding
BINDING_FACILITY_CODE: Binding
BINDING_EMPLOYER_CODE: Binding
BINDING_PERSON_ID: Binding
BINDING_PERSON: Binding
BINDING_AGENCY_ID: Binding
BINDING_PROVINCE_CODE: Binding
BINDING_STAFF: Binding
BINDING_CITIZEN_ID: Binding
BINDING_PURPOSE: Binding
BINDING_RECENT_CHECK: Binding
SUBJECT_ROLE_UNSPECIFIED: SubjectRole
SUBJECT_ROLE_ASKED: SubjectRole
SUBJECT_ROLE_ANSWERED: SubjectRole
ACCESS_FIELD_NUMBER: _ClassVar[int]
access: _descriptor.FieldDescriptor
DATA_CLASS_FIELD_NUMBER: _ClassVar[int]
data_class: _descriptor.FieldDescriptor
RULES_FIELD_NUMBER: _ClassVar[int]
rules: _descriptor.FieldDescriptor
BINDING_FIELD_NUMBER: _ClassVar[int]
binding: _descriptor.FieldDescriptor
SUBJECT_FIELD_NUMBER: _ClassVar[int]
subject: _descriptor.FieldDescriptor
RAW_BODY_FIELD_NUMBER: _ClassVar[int]
raw_body: _descriptor.FieldDescriptor
RECURRING_FIELD_NUMBER: _ClassVar[int]
recurring: _descriptor.FieldDescriptor

class MethodAccess(_message.Message):
    __slots__ = ("scope", "purposes", "delivery", "batch_method", "staff_required", "summary_vi", "ordering_field", "max_body_bytes")
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    PURPOSES_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    BATCH_METHOD_FIELD_NUMBER: _ClassVar[int]
    STAFF_REQUIRED_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_VI_FIELD_NUMBER: _ClassVar[int]
    ORDERING_FIELD_FIELD_NUMBER: _ClassVar[int]
    MAX_BODY_BYTES_FIELD_NUMBER: _ClassVar[int]
    scope: str
    purposes: _containers.RepeatedScalarFieldContainer[Purpose]
    delivery: Delivery
    batch_method: str
    staff_required: bool
    summary_vi: str
    ordering_field: str
    max_body_bytes: int
    def __init__(self, scope: _Optional[str] = ..., purposes: _Optional[_Iterable[_Union[Purpose, str]]] = ..., delivery: _Optional[_Union[Delivery, str]] = ..., batch_method: _Optional[str] = ..., staff_required: _Optional[bool] = ..., summary_vi: _Optional[str] = ..., ordering_field: _Optional[str] = ..., max_body_bytes: _Optional[int] = ...) -> None: ...

class FieldRules(_message.Message):
    __slots__ = ("required", "max_length", "pattern", "max_items", "minimum", "maximum", "example")
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    MAX_LENGTH_FIELD_NUMBER: _ClassVar[int]
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    MAX_ITEMS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    EXAMPLE_FIELD_NUMBER: _ClassVar[int]
    required: bool
    max_length: int
    pattern: str
    max_items: int
    minimum: int
    maximum: int
    example: str
    def __init__(self, required: _Optional[bool] = ..., max_length: _Optional[int] = ..., pattern: _Optional[str] = ..., max_items: _Optional[int] = ..., minimum: _Optional[int] = ..., maximum: _Optional[int] = ..., example: _Optional[str] = ...) -> None: ...

class RawBody(_message.Message):
    __slots__ = ("media_types", "deflated")
    MEDIA_TYPES_FIELD_NUMBER: _ClassVar[int]
    DEFLATED_FIELD_NUMBER: _ClassVar[int]
    media_types: _containers.RepeatedScalarFieldContainer[str]
    deflated: bool
    def __init__(self, media_types: _Optional[_Iterable[str]] = ..., deflated: _Optional[bool] = ...) -> None: ...
