"""Subscriptions and deliveries as they stand in the database, as messages of the contract."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from gateway.deliveries.periods import closes_at, written
from vss.deliveries.v1 import deliveries_pb2 as pb

FORMATS: Final[Mapping[pb.FileFormat, str]] = {pb.FILE_FORMAT_CSV: "csv", pb.FILE_FORMAT_PARQUET: "parquet"}
"""The contract's formats, as the database has them and as their files end."""
_NUMBERS: Final = {name: number for number, name in FORMATS.items()}


def subscription_of(row: Mapping[str, Any], close_days: int) -> pb.Subscription:
    """The subscription in a row."""
    return pb.Subscription(
        subscription_id=str(row["subscription_id"]),
        dataflow=row["dataflow"],
        key=row["key"],
        formats=[_NUMBERS[name] for name in row["formats"]],
        language=row["language"],
        webhook=row["webhook"],
        created_at=moment(row["created_at"]),
        ended_at=moment(row["ended_at"]),
        next_period=written(row["next_period"]),
        closes_at=moment(closes_at(row["next_period"], close_days)),
    )


def delivery_of(row: Mapping[str, Any], files: Iterable[Mapping[str, Any]]) -> pb.Delivery:
    """The delivery in a row, with its files."""
    return pb.Delivery(
        delivery_id=str(row["delivery_id"]),
        subscription_id=str(row["subscription_id"]),
        dataflow=row["dataflow"],
        period=written(row["period"]),
        sequence=row["sequence"],
        watermark=moment(row["watermark"]),
        created_at=moment(row["created_at"]),
        files=[_file(row["delivery_id"], file) for file in files],
    )


def _file(delivery_id: object, row: Mapping[str, Any]) -> pb.DeliveryFile:
    return pb.DeliveryFile(
        file_id=f"{delivery_id}.{row['format']}",
        name=row["name"],
        media_type=row["media_type"],
        octets=row["octets"],
        rows=row["rows"],
        sha256=row["sha256"],
    )


def moment(at: datetime | None) -> str:
    """RFC 3339 in UTC; empty for None."""
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
