from vss.access.v1 import access_pb2 as _access_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ListObservationsRequest(_message.Message):
    __slots__ = ("dataflow", "filters", "from_month", "to_month", "as_of", "updated_after", "last_n", "first_n", "keys_only")
    DATAFLOW_FIELD_NUMBER: _ClassVar[int]
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    FROM_MONTH_FIELD_NUMBER: _ClassVar[int]
    TO_MONTH_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AFTER_FIELD_NUMBER: _ClassVar[int]
    LAST_N_FIELD_NUMBER: _ClassVar[int]
    FIRST_N_FIELD_NUMBER: _ClassVar[int]
    KEYS_ONLY_FIELD_NUMBER: _ClassVar[int]
    dataflow: str
    filters: _containers.RepeatedCompositeFieldContainer[DimensionFilter]
    from_month: str
    to_month: str
    as_of: str
    updated_after: str
    last_n: int
    first_n: int
    keys_only: bool
    def __init__(self, dataflow: _Optional[str] = ..., filters: _Optional[_Iterable[_Union[DimensionFilter, _Mapping]]] = ..., from_month: _Optional[str] = ..., to_month: _Optional[str] = ..., as_of: _Optional[str] = ..., updated_after: _Optional[str] = ..., last_n: _Optional[int] = ..., first_n: _Optional[int] = ..., keys_only: _Optional[bool] = ...) -> None: ...

class ListObservationsResponse(_message.Message):
    __slots__ = ("dimensions", "columns", "values", "suppressed", "updated_at", "watermark", "last_updated", "lag_ms", "decimals", "estimated")
    DIMENSIONS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    SUPPRESSED_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    WATERMARK_FIELD_NUMBER: _ClassVar[int]
    LAST_UPDATED_FIELD_NUMBER: _ClassVar[int]
    LAG_MS_FIELD_NUMBER: _ClassVar[int]
    DECIMALS_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_FIELD_NUMBER: _ClassVar[int]
    dimensions: _containers.RepeatedScalarFieldContainer[str]
    columns: _containers.RepeatedCompositeFieldContainer[CodeColumn]
    values: _containers.RepeatedScalarFieldContainer[int]
    suppressed: _containers.RepeatedScalarFieldContainer[int]
    updated_at: _containers.RepeatedScalarFieldContainer[int]
    watermark: str
    last_updated: str
    lag_ms: int
    decimals: _containers.RepeatedScalarFieldContainer[int]
    estimated: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, dimensions: _Optional[_Iterable[str]] = ..., columns: _Optional[_Iterable[_Union[CodeColumn, _Mapping]]] = ..., values: _Optional[_Iterable[int]] = ..., suppressed: _Optional[_Iterable[int]] = ..., updated_at: _Optional[_Iterable[int]] = ..., watermark: _Optional[str] = ..., last_updated: _Optional[str] = ..., lag_ms: _Optional[int] = ..., decimals: _Optional[_Iterable[int]] = ..., estimated: _Optional[_Iterable[int]] = ...) -> None: ...

class DimensionFilter(_message.Message):
    __slots__ = ("dimension", "codes")
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    CODES_FIELD_NUMBER: _ClassVar[int]
    dimension: str
    codes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, dimension: _Optional[str] = ..., codes: _Optional[_Iterable[str]] = ...) -> None: ...

class CodeColumn(_message.Message):
    __slots__ = ("codes", "indexes")
    CODES_FIELD_NUMBER: _ClassVar[int]
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    codes: _containers.RepeatedScalarFieldContainer[str]
    indexes: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, codes: _Optional[_Iterable[str]] = ..., indexes: _Optional[_Iterable[int]] = ...) -> None: ...
