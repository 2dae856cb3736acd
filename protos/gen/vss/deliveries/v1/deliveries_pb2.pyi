from google.api import annotations_pb2 as _annotations_pb2
from vss.access.v1 import access_pb2 as _access_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FileFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FILE_FORMAT_UNSPECIFIED: _ClassVar[FileFormat]
    FILE_FORMAT_CSV: _ClassVar[FileFormat]
    FILE_FORMAT_PARQUET: _ClassVar[FileFormat]
FILE_FORMAT_UNSPECIFIED: FileFormat
FILE_FORMAT_CSV: FileFormat
FILE_FORMAT_PARQUET: FileFormat

class SubscribeRequest(_message.Message):
    __slots__ = ("subscription_id", "dataflow", "key", "formats", "language", "webhook", "from_month", "agency_id", "staff")
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    DATAFLOW_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    FORMATS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    WEBHOOK_FIELD_NUMBER: _ClassVar[int]
    FROM_MONTH_FIELD_NUMBER: _ClassVar[int]
    AGENCY_ID_FIELD_NUMBER: _ClassVar[int]
    STAFF_FIELD_NUMBER: _ClassVar[int]
    subscription_id: str
    dataflow: str
    key: str
    formats: _containers.RepeatedScalarFieldContainer[FileFormat]
    language: str
    webhook: bool
    from_month: str
    agency_id: str
    staff: str
    def __init__(self, subscription_id: _Optional[str] = ..., dataflow: _Optional[str] = ..., key: _Optional[str] = ..., formats: _Optional[_Iterable[_Union[FileFormat, str]]] = ..., language: _Optional[str] = ..., webhook: _Optional[bool] = ..., from_month: _Optional[str] = ..., agency_id: _Optional[str] = ..., staff: _Optional[str] = ...) -> None: ...

class SubscribeResponse(_message.Message):
    __slots__ = ("subscription",)
    SUBSCRIPTION_FIELD_NUMBER: _ClassVar[int]
    subscription: Subscription
    def __init__(self, subscription: _Optional[_Union[Subscription, _Mapping]] = ...) -> None: ...

class UnsubscribeRequest(_message.Message):
    __slots__ = ("subscription_id", "agency_id")
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    AGENCY_ID_FIELD_NUMBER: _ClassVar[int]
    subscription_id: str
    agency_id: str
    def __init__(self, subscription_id: _Optional[str] = ..., agency_id: _Optional[str] = ...) -> None: ...

class UnsubscribeResponse(_message.Message):
    __slots__ = ("subscription",)
    SUBSCRIPTION_FIELD_NUMBER: _ClassVar[int]
    subscription: Subscription
    def __init__(self, subscription: _Optional[_Union[Subscription, _Mapping]] = ...) -> None: ...

class ListSubscriptionsRequest(_message.Message):
    __slots__ = ("agency_id",)
    AGENCY_ID_FIELD_NUMBER: _ClassVar[int]
    agency_id: str
    def __init__(self, agency_id: _Optional[str] = ...) -> None: ...

class ListSubscriptionsResponse(_message.Message):
    __slots__ = ("subscriptions",)
    SUBSCRIPTIONS_FIELD_NUMBER: _ClassVar[int]
    subscriptions: _containers.RepeatedCompositeFieldContainer[Subscription]
    def __init__(self, subscriptions: _Optional[_Iterable[_Union[Subscription, _Mapping]]] = ...) -> None: ...

class ListDeliveriesRequest(_message.Message):
    __slots__ = ("subscription_id", "page_size", "page_token", "agency_id")
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    AGENCY_ID_FIELD_NUMBER: _ClassVar[int]
    subscription_id: str
    page_size: int
    page_token: str
    agency_id: str
    def __init__(self, subscription_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., agency_id: _Optional[str] = ...) -> None: ...

class ListDeliveriesResponse(_message.Message):
    __slots__ = ("deliveries", "next_page_token")
    DELIVERIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    deliveries: _containers.RepeatedCompositeFieldContainer[Delivery]
    next_page_token: str
    def __init__(self, deliveries: _Optional[_Iterable[_Union[Delivery, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetDeliveryRequest(_message.Message):
    __slots__ = ("delivery_id", "agency_id")
    DELIVERY_ID_FIELD_NUMBER: _ClassVar[int]
    AGENCY_ID_FIELD_NUMBER: _ClassVar[int]
    delivery_id: str
    agency_id: str
    def __init__(self, delivery_id: _Optional[str] = ..., agency_id: _Optional[str] = ...) -> None: ...

class GetDeliveryResponse(_message.Message):
    __slots__ = ("delivery", "manifest", "signature")
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    delivery: Delivery
    manifest: str
    signature: str
    def __init__(self, delivery: _Optional[_Union[Delivery, _Mapping]] = ..., manifest: _Optional[str] = ..., signature: _Optional[str] = ...) -> None: ...

class GetDeliveryFileRequest(_message.Message):
    __slots__ = ("file_id", "agency_id")
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENCY_ID_FIELD_NUMBER: _ClassVar[int]
    file_id: str
    agency_id: str
    def __init__(self, file_id: _Optional[str] = ..., agency_id: _Optional[str] = ...) -> None: ...

class GetDeliveryFileResponse(_message.Message):
    __slots__ = ("content", "media_type")
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    content: bytes
    media_type: str
    def __init__(self, content: _Optional[bytes] = ..., media_type: _Optional[str] = ...) -> None: ...

class Subscription(_message.Message):
    __slots__ = ("subscription_id", "dataflow", "key", "formats", "language", "webhook", "created_at", "ended_at", "next_period", "closes_at")
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    DATAFLOW_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    FORMATS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    WEBHOOK_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_FIELD_NUMBER: _ClassVar[int]
    NEXT_PERIOD_FIELD_NUMBER: _ClassVar[int]
    CLOSES_AT_FIELD_NUMBER: _ClassVar[int]
    subscription_id: str
    dataflow: str
    key: str
    formats: _containers.RepeatedScalarFieldContainer[FileFormat]
    language: str
    webhook: bool
    created_at: str
    ended_at: str
    next_period: str
    closes_at: str
    def __init__(self, subscription_id: _Optional[str] = ..., dataflow: _Optional[str] = ..., key: _Optional[str] = ..., formats: _Optional[_Iterable[_Union[FileFormat, str]]] = ..., language: _Optional[str] = ..., webhook: _Optional[bool] = ..., created_at: _Optional[str] = ..., ended_at: _Optional[str] = ..., next_period: _Optional[str] = ..., closes_at: _Optional[str] = ...) -> None: ...

class Delivery(_message.Message):
    __slots__ = ("delivery_id", "subscription_id", "dataflow", "period", "sequence", "watermark", "created_at", "files")
    DELIVERY_ID_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    DATAFLOW_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    WATERMARK_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    delivery_id: str
    subscription_id: str
    dataflow: str
    period: str
    sequence: int
    watermark: str
    created_at: str
    files: _containers.RepeatedCompositeFieldContainer[DeliveryFile]
    def __init__(self, delivery_id: _Optional[str] = ..., subscription_id: _Optional[str] = ..., dataflow: _Optional[str] = ..., period: _Optional[str] = ..., sequence: _Optional[int] = ..., watermark: _Optional[str] = ..., created_at: _Optional[str] = ..., files: _Optional[_Iterable[_Union[DeliveryFile, _Mapping]]] = ...) -> None: ...

class DeliveryFile(_message.Message):
    __slots__ = ("file_id", "name", "media_type", "octets", "rows", "sha256")
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    OCTETS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    file_id: str
    name: str
    media_type: str
    octets: int
    rows: int
    sha256: str
    def __init__(self, file_id: _Optional[str] = ..., name: _Optional[str] = ..., media_type: _Optional[str] = ..., octets: _Optional[int] = ..., rows: _Optional[int] = ..., sha256: _Optional[str] = ...) -> None: ...
