"""What a delivery says of itself: its manifest, and its entry in the access log. Pure."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from gateway.deliveries.figures import Pulled, Wanted
from gateway.deliveries.periods import written
from gateway.deliveries.rows import moment
from lienthong import deliveries
from lienthong.audit.entry import AuditEntry
from lienthong.deliveries.manifest import SCHEMA_VERSION
from lienthong.signing.jwk import decode
from lienthong.statistics.structures import VERSION

PURPOSE: Final = "statistics"
_DETAIL: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A month of a subscription that a worker has taken. ``previous``: SHA-256 of the manifest before."""

    agency_id: str
    subscription_id: UUID
    wanted: Wanted
    sequence: int
    previous: str | None
    staff: str | None
    grant_id: int
    # Observations that the grant allows a day; None for no limit.
    budget: int | None
    attempts: int

    @property
    def period(self) -> date:
        """The month's first day."""
        return self.wanted.period


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A manifest with its signature; ``request_id`` names the pull in the logs of gateway and service."""

    delivery_id: UUID
    request_id: str
    at: datetime
    manifest: bytes
    signature: str


def manifest_of(job: Job, pulled: Pulled, delivery_id: UUID, now: datetime) -> deliveries.Manifest:
    """The manifest of these files."""
    return deliveries.Manifest(
        schema_version=SCHEMA_VERSION,
        delivery_id=str(delivery_id),
        subscription_id=str(job.subscription_id),
        sequence=job.sequence,
        agency_id=job.agency_id,
        dataflow=job.wanted.dataflow,
        version=VERSION,
        key=job.wanted.key,
        period=written(job.period),
        watermark=moment(pulled.watermark),
        created=moment(now),
        files=[
            deliveries.ManifestFile(
                name=file.name,
                media_type=file.media_type,
                octets=len(file.content),
                rows=file.rows,
                sha256=file.sha256,
            )
            for file in pulled.files
        ],
        previous=job.previous,
    )


def entry_of(job: Job, pulled: Pulled, signed: Signed) -> AuditEntry:
    """A pull of the agency, the manifest in the place of the answer. Nobody has signed a request for it."""
    query = f"{job.wanted.dataflow}/{job.wanted.key or 'all'} {written(job.period)}"
    return AuditEntry(
        day=signed.at.astimezone(UTC).date().isoformat(),
        request_id=signed.request_id,
        status=200,
        outcome="ok",
        detail=f"delivery {signed.delivery_id}: {pulled.rows} observations of {query}"[:_DETAIL],
        agency_id=job.agency_id,
        staff=job.staff,
        rpc=pulled.rpc,
        purpose=PURPOSE,
        subjects_asked=[],
        subjects_answered=[],
        answer_created=int(signed.at.timestamp()),
        answer_signature=_base64(decode(signed.signature.rpartition(".")[2])),
        answer_digest=_base64(hashlib.sha256(signed.manifest).digest()),
    )


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
