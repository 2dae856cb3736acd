"""Makes one delivery: figures, files, manifest, signature, and the entry of the access log in one commit.

Guarantee: a month of a subscription is delivered exactly once, however many workers there are and
whenever one is killed: delivery, files, entry, the place in the chain and the webhook are one
transaction, whose key is unique. Without the agency's grant at that moment nothing is committed.
A subscription that a worker has taken is left alone for ``_LEASE``; after a failure it is taken
again with growing pauses, at most an hour, for as long as it stands.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from gateway.accepting import uuid7
from gateway.budget import charge_in, next_day
from gateway.deliveries import measures
from gateway.deliveries.evidence import PURPOSE, Job, Signed, entry_of, manifest_of
from gateway.deliveries.figures import Figures, Pulled, UnknownDataflow, Wanted
from gateway.deliveries.periods import closes_at, last_closed, written
from gateway.problems import Problem
from gateway.webhooks import delay_after
from lienthong import deliveries
from lienthong.audit.writer import Connections, insert_entries
from lienthong.bus.failpoints import reach
from lienthong.rpc.errors import Refusal
from lienthong.signing import PrivateKey
from lienthong.telemetry import logs, metrics

SCOPE: Final = "statistics:read"
# Longer than an attempt can take: after it somebody else may try.
_LEASE: Final = timedelta(seconds=60)

_GRANTED: LiteralString = """
a.active AND g.scope = %(scope)s AND g.revoked_at IS NULL AND %(purpose)s = ANY (g.purposes)
    AND g.valid_from <= %(now)s AND (g.valid_to IS NULL OR g.valid_to > %(now)s)
"""
_CLAIM: LiteralString = f"""
WITH due AS (
    SELECT s.agency_id, s.subscription_id, g.grant_id, g.data_classes, g.observations_per_day
    FROM stat_subscription s JOIN agency a USING (agency_id) JOIN agency_grant g USING (agency_id)
    WHERE s.ended_at IS NULL AND s.due_at <= %(now)s AND s.next_period <= %(closed)s AND {_GRANTED}
    ORDER BY s.due_at LIMIT 1
    FOR UPDATE OF s SKIP LOCKED
)
UPDATE stat_subscription s SET due_at = %(leased)s, attempts = attempts + 1
FROM due WHERE s.agency_id = due.agency_id AND s.subscription_id = due.subscription_id
RETURNING s.*, due.grant_id, due.data_classes, due.observations_per_day
"""  # noqa: S608 -- a condition of this module
# Once more whether it stands, may be delivered and was not: the last word before the commit.
_DELIVER: LiteralString = f"""
WITH moved AS (
    UPDATE stat_subscription s
    SET next_period = (s.next_period + interval '1 month')::date, last_sequence = %(sequence)s,
        last_digest = %(digest)s, due_at = %(now)s, attempts = 0, last_error = NULL
    WHERE s.agency_id = %(agency_id)s AND s.subscription_id = %(subscription_id)s AND s.ended_at IS NULL
      AND s.next_period = %(period)s AND s.last_sequence = %(sequence)s - 1
      AND EXISTS (SELECT FROM agency a JOIN agency_grant g USING (agency_id)
                  WHERE a.agency_id = s.agency_id AND g.grant_id = %(grant_id)s AND {_GRANTED})
    RETURNING s.*
), made AS (
    INSERT INTO stat_delivery (delivery_id, agency_id, subscription_id, period, sequence, dataflow, watermark,
                               created_at, manifest, signature)
    SELECT %(delivery_id)s, agency_id, subscription_id, %(period)s, %(sequence)s, dataflow, %(watermark)s, %(now)s,
           %(manifest)s, %(signature)s
    FROM moved
    RETURNING delivery_id
), told AS (
    INSERT INTO webhook_delivery (stat_delivery_id, agency_id)
    SELECT made.delivery_id, agency_id FROM made, moved JOIN agency USING (agency_id)
    WHERE moved.webhook AND agency.webhook_url IS NOT NULL
    RETURNING pg_notify('webhook', '')
)
SELECT delivery_id, (SELECT count(*) FROM told) FROM made
"""  # noqa: S608
_FILE: LiteralString = """
INSERT INTO stat_delivery_file (delivery_id, format, name, media_type, rows, sha256, content)
VALUES (%(delivery_id)s, %(format)s, %(name)s, %(media_type)s, %(rows)s, %(sha256)s, %(content)s)
"""
_FAILED: LiteralString = """
UPDATE stat_subscription SET due_at = %(due)s, last_error = %(error)s
WHERE agency_id = %(agency_id)s AND subscription_id = %(subscription_id)s AND next_period = %(period)s
"""
_STATE: LiteralString = f"""
SELECT count(*), min(greatest(
    s.created_at,
    ((s.next_period + interval '1 month')::timestamp + make_interval(days => %(days)s)) AT TIME ZONE 'Asia/Ho_Chi_Minh'))
FROM stat_subscription s JOIN agency a USING (agency_id) JOIN agency_grant g USING (agency_id)
WHERE s.ended_at IS NULL AND s.next_period <= %(closed)s AND {_GRANTED}
"""  # noqa: S608

_log = logs.get_logger("gateway.deliveries")


class NotDelivered(Exception):
    """The month is not delivered now; ``reason`` is kept with the subscription.

    ``until``: it makes no sense to try before; None for a pause that grows.
    """

    def __init__(self, reason: str, until: datetime | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.until = until


class Making:
    """Takes what is due and delivers it, one at a time."""

    def __init__(
        self,
        pool: Connections,
        figures: Figures,
        key: PrivateKey,
        *,
        close_days: int,
        clock: Callable[[], datetime],
    ) -> None:
        self._pool = pool
        self._figures = figures
        self._key = key
        self._close_days = close_days
        self._clock = clock
        self._measure = metrics.rpc("delivery")

    async def turn(self) -> bool:
        """Deliver one month, or note why not; False when none is due. Raises psycopg's errors."""
        job = await self._claim()
        if job is None:
            return False
        began = self._clock()
        error = await self._attempt(job)
        if error is not None:
            await self._record_failure(job, error)
        seconds = (self._clock() - began).total_seconds()
        self._measure.done("ok" if error is None else "failed", seconds)
        return True

    async def measure(self) -> None:
        """Tell Prometheus what is due, and since when."""
        now = self._clock()
        given = self._granted(now) | {"days": self._close_days}
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_STATE, given)).fetchone()
        due, oldest = row or (0, None)
        measures.DUE.set(due)
        measures.LATE.set(0 if oldest is None else max(0.0, (now - oldest).total_seconds()))

    async def _claim(self) -> Job | None:
        now = self._clock()
        given = self._granted(now) | {"leased": now + _LEASE}
        async with self._pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(_CLAIM, given)
            row = await cursor.fetchone()
        return None if row is None else _job(row)

    async def _attempt(self, job: Job) -> NotDelivered | None:
        """None when it was delivered, else why not: a reason or the class of an error."""
        try:
            await self._deliver(job)
        except NotDelivered as error:
            return error
        except (Refusal, Problem) as error:
            return NotDelivered(error.reason if isinstance(error, Refusal) else error.reason.name)
        except UnknownDataflow:
            return NotDelivered("DATAFLOW_UNKNOWN")
        except psycopg.OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 -- another subscription must not wait for this one's fault
            _log.error("delivery.broken", subscription_id=str(job.subscription_id), exc_info=error)
            return NotDelivered(type(error).__name__)
        return None

    async def _deliver(self, job: Job) -> None:
        now, request_id = self._clock(), os.urandom(8).hex()
        pulled = await self._figures.pull(job.wanted, request_id=request_id, now=now)
        if pulled.watermark < closes_at(job.period, self._close_days):
            # What was committed before the close is not all counted: the worker of statistics lags.
            raise NotDelivered("FIGURES_LAG")
        delivery_id = uuid7(now.timestamp())
        manifest = deliveries.written(manifest_of(job, pulled, delivery_id, now))
        signed = Signed(
            delivery_id=delivery_id,
            request_id=request_id,
            at=now,
            manifest=manifest,
            signature=deliveries.sign(manifest, self._key),
        )
        async with self._pool.connection() as connection, connection.transaction():
            await self._commit(connection, job, pulled, signed)
        reach("delivery.committed")
        _log.info(
            "delivery.made",
            delivery_id=str(delivery_id),
            agency=job.agency_id,
            dataflow=job.wanted.dataflow,
            period=written(job.period),
            rows=pulled.rows,
        )

    async def _commit(
        self, connection: AsyncConnection[Any], job: Job, pulled: Pulled, signed: Signed
    ) -> None:
        """Everything that there is of a delivery, in the transaction of ``connection``."""
        # By the clock of this moment: the grant must cover it.
        given = self._granted(self._clock()) | {
            "agency_id": job.agency_id,
            "subscription_id": job.subscription_id,
            "grant_id": job.grant_id,
            "delivery_id": signed.delivery_id,
            "period": job.period,
            "sequence": job.sequence,
            "watermark": pulled.watermark,
            "manifest": signed.manifest,
            "signature": signed.signature,
            "digest": deliveries.digest_of(signed.manifest),
        }
        if await (await connection.execute(_DELIVER, given)).fetchone() is None:
            raise NotDelivered("WITHDRAWN")
        await self._charge(connection, job, pulled.rows)
        reach("delivery.signed")
        for file in pulled.files:
            await connection.execute(_FILE, {"delivery_id": signed.delivery_id, **asdict(file)})
        await insert_entries(connection, [entry_of(job, pulled, signed)])
        reach("delivery.filed")

    async def _charge(self, connection: AsyncConnection[Any], job: Job, observations: int) -> None:
        """What is delivered counts to the day's budget of the grant, as what is pulled does."""
        if job.budget is None or not observations:
            return
        now = self._clock().timestamp()
        if not await charge_in(connection, job.grant_id, job.budget, observations, now):
            raise NotDelivered("quota_exceeded", datetime.fromtimestamp(next_day(now), UTC))

    async def _record_failure(self, job: Job, error: NotDelivered) -> None:
        due = error.until or self._clock() + delay_after(job.attempts, 0.0)
        given = {
            "agency_id": job.agency_id,
            "subscription_id": job.subscription_id,
            "period": job.period,
            "due": due,
            "error": error.reason,
        }
        async with self._pool.connection() as connection:
            await connection.execute(_FAILED, given)
        _log.warning(
            "delivery.failed",
            subscription_id=str(job.subscription_id),
            agency=job.agency_id,
            period=written(job.period),
            attempts=job.attempts,
            error=error.reason,
        )

    def _granted(self, now: datetime) -> dict[str, Any]:
        return {
            "scope": SCOPE,
            "purpose": PURPOSE,
            "now": now,
            "closed": last_closed(now, self._close_days),
        }


def _job(row: Mapping[str, Any]) -> Job:
    wanted = Wanted(
        dataflow=row["dataflow"],
        key=row["key"],
        period=row["next_period"],
        formats=tuple(row["formats"]),
        language=row["language"],
        classes=frozenset(row["data_classes"]),
    )
    return Job(
        agency_id=row["agency_id"],
        subscription_id=row["subscription_id"],
        wanted=wanted,
        sequence=row["last_sequence"] + 1,
        previous=row["last_digest"],
        staff=row["staff"],
        grant_id=row["grant_id"],
        budget=row["observations_per_day"],
        attempts=row["attempts"],
    )
