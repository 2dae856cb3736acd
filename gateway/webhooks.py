"""Tells agencies what has come to pass: ``python -m gateway.webhooks``.

An operation of theirs has ended, or a delivery of statistics is there. A POST to the agency's
registered address, signed with the gateway's answer key (RFC 9421, tag ``lienthong-webhook``),
whose body is the name of the one or the other and its state, and nothing else.
Guarantee: delivered at least once within 24 hours, or given up, which shows in
``lienthong agency webhook status``. An agency must bear the same one twice.

Only a 2xx within 5 seconds is a delivery: no redirect is followed. Bounds: ``_AT_ONCE``
attempts at a time, ``_AT_ONCE_OF_ONE`` of one agency, so that one that hangs keeps nobody
else from hearing.
"""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString

import httpx
import msgspec
import psycopg
import psycopg_pool
from psycopg.rows import dict_row
from pydantic import Field, FilePath, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from lienthong.audit.writer import Connections
from lienthong.db.pool import open_pool
from lienthong.rpc.settings import PREFIX, refuse_to_start
from lienthong.signing import WEBHOOK_TAG, CannotSign, PrivateKey, prepare_request
from lienthong.telemetry import logs, metrics

_AT_ONCE = 32
_AT_ONCE_OF_ONE = 8
_TIMEOUT_SECONDS = 5.0
# Longer than an attempt can take: after it somebody else may try.
_LEASE = timedelta(seconds=30)
_FIRST_DELAY = timedelta(seconds=5)
_LONGEST_DELAY = timedelta(hours=1)
_GIVEN_UP_AFTER = timedelta(hours=24)
_POLL_SECONDS = 1.0
_STATES = {2: "OPERATION_STATE_COMPLETED", 3: "OPERATION_STATE_FAILED", 4: "OPERATION_STATE_HELD"}
_READY = "DELIVERY_STATE_READY"

_CLAIM: LiteralString = """
WITH due AS (
    SELECT w.delivery_id FROM webhook_delivery w JOIN (
        SELECT delivery_id, row_number() OVER (PARTITION BY agency_id ORDER BY due_at) AS place, agency_id
        FROM webhook_delivery WHERE due_at <= %(now)s
    ) AS ranked USING (delivery_id)
    WHERE ranked.place + coalesce((%(busy)s::jsonb ->> ranked.agency_id)::integer, 0) <= %(of_one)s
      AND w.due_at <= %(now)s
    ORDER BY w.due_at LIMIT %(free)s
    FOR UPDATE OF w SKIP LOCKED
)
UPDATE webhook_delivery d SET attempts = attempts + 1, due_at = %(leased)s
FROM due, agency a
WHERE d.delivery_id = due.delivery_id AND a.agency_id = d.agency_id
RETURNING d.delivery_id, d.operation_id, d.stat_delivery_id, d.agency_id, d.state, d.attempts, d.created_at,
          CASE WHEN a.active THEN a.webhook_url END AS url
"""
_DELIVERED: LiteralString = """
UPDATE webhook_delivery SET delivered_at = %(now)s, due_at = NULL, last_error = NULL
WHERE delivery_id = %(delivery_id)s AND due_at IS NOT NULL
"""
_RETRY: LiteralString = """
UPDATE webhook_delivery SET due_at = %(due)s, last_error = %(error)s
WHERE delivery_id = %(delivery_id)s AND due_at IS NOT NULL
"""
_GIVE_UP: LiteralString = """
UPDATE webhook_delivery SET given_up_at = %(now)s, due_at = NULL, last_error = %(error)s
WHERE delivery_id = %(delivery_id)s AND due_at IS NOT NULL
"""

_log = logs.get_logger("gateway.webhooks")


class Settings(BaseSettings):
    """Read from the environment, prefix ``LIENTHONG_``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    database_url: str = Field(min_length=1)
    signing_key: FilePath
    metrics_listen: str | None = Field(default=None, pattern=r"^.+:\d{1,5}$")
    log_level: str = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt. ``url`` is None when the agency is not to be told any more.

    It tells of an operation with its state, or of a delivery of statistics: the other is None.
    """

    delivery_id: int
    operation_id: str | None
    stat_delivery_id: str | None
    agency_id: str
    state: int | None
    attempts: int
    created_at: datetime
    url: str | None

    @property
    def body(self) -> bytes:
        """What is told."""
        if self.state is None:
            return msgspec.json.encode({"delivery_id": self.stat_delivery_id, "state": _READY})
        return msgspec.json.encode({"operation_id": self.operation_id, "state": _STATES[self.state]})


def delay_after(attempts: int, jitter: float) -> timedelta:
    """How long after the attempt of this number the next one is; ``jitter`` from 0 to 1 adds a fifth at most."""
    plain: timedelta = min(_FIRST_DELAY * 2 ** min(attempts - 1, 20), _LONGEST_DELAY)
    return plain + plain * (jitter / 5)


class Deliverer:
    """Takes what is due and tells it. ``run`` until ``stop``."""

    def __init__(
        self,
        pool: Connections,
        key: PrivateKey,
        http: httpx.AsyncClient,
        *,
        clock: Callable[[], datetime],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._pool = pool
        self._key = key
        self._http = http
        self._clock = clock
        self._jitter = jitter
        self._under_way: set[asyncio.Task[None]] = set()
        self._busy: Counter[str] = Counter()
        self._woken = asyncio.Event()
        self._stopping = False
        self._measure = metrics.rpc("webhook")

    def wake(self) -> None:
        """There may be something new to tell."""
        self._woken.set()

    def stop(self) -> None:
        """Begin nothing new; ``run`` returns when what is under way has ended."""
        self._stopping = True
        self.wake()

    async def run(self) -> None:
        """Deliver, until stopped."""
        while not self._stopping:
            self._woken.clear()
            try:
                taken = await self.take()
            except (psycopg.Error, psycopg_pool.PoolTimeout) as error:
                _log.warning("webhooks.not_taken", error=type(error).__name__)
                taken = 0
            if not taken:
                await self._wait()
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def take(self) -> int:
        """Take what is due and begin to tell it; how many were taken."""
        free = _AT_ONCE - len(self._under_way)
        if free <= 0:
            return 0
        for delivery in (deliveries := await self._claim(free)):
            self._busy[delivery.agency_id] += 1
            task = asyncio.get_running_loop().create_task(self._deliver(delivery))
            self._under_way.add(task)
            task.add_done_callback(self._ended)
        return len(deliveries)

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_POLL_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            return

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self.wake()
        if not task.cancelled() and task.exception() is not None:
            # Its lease runs out, and it is tried again.
            _log.warning("webhook.not_recorded", error=type(task.exception()).__name__)

    async def _claim(self, free: int) -> list[Delivery]:
        now = self._clock()
        busy = {agency: number for agency, number in self._busy.items() if number}
        parameters = {
            "now": now,
            "leased": now + _LEASE,
            "free": free,
            "of_one": _AT_ONCE_OF_ONE,
            "busy": msgspec.json.encode(busy).decode(),
        }
        async with self._pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(_CLAIM, parameters)
            return [_delivery(row) for row in await cursor.fetchall()]

    async def _deliver(self, delivery: Delivery) -> None:
        began = asyncio.get_running_loop().time()
        try:
            error = await self._attempt(delivery)
            self._measure.done("ok" if error is None else "failed", asyncio.get_running_loop().time() - began)
            await self._record(delivery, error)
        finally:
            self._busy[delivery.agency_id] -= 1

    async def _attempt(self, delivery: Delivery) -> str | None:
        """None when it was delivered, else what was met: an HTTP status or the class of an error."""
        if delivery.url is None:
            return "no address"
        headers = {"content-type": "application/json"}
        created = int(self._clock().timestamp())
        try:
            signed = prepare_request(
                self._key,
                method="POST",
                url=delivery.url,
                headers=headers,
                body=delivery.body,
                created=created,
                tag=WEBHOOK_TAG,
            )
            async with (
                asyncio.timeout(_TIMEOUT_SECONDS),
                # Streamed: an answer's body, however long, is not read.
                self._http.stream(
                    "POST", delivery.url, content=delivery.body, headers={**headers, **signed.headers}
                ) as answer,
            ):
                return None if answer.is_success else f"HTTP {answer.status_code}"
        # TimeoutError is an OSError. An address that cannot be signed, or is none to who resolves names
        # (ValueError), is a failed attempt too: else it would be tried for ever.
        except (httpx.HTTPError, httpx.InvalidURL, OSError, CannotSign, ValueError) as error:
            return type(error).__name__

    async def _record(self, delivery: Delivery, error: str | None) -> None:
        now = self._clock()
        due = now + delay_after(delivery.attempts, self._jitter())
        over = delivery.url is None or due > delivery.created_at + _GIVEN_UP_AFTER
        statement = _DELIVERED if error is None else _GIVE_UP if over else _RETRY
        parameters = {"delivery_id": delivery.delivery_id, "now": now, "due": due, "error": error}
        async with self._pool.connection() as connection:
            await connection.execute(statement, parameters)
        _log.info(
            "webhook.told" if error is None else "webhook.given_up" if over else "webhook.failed",
            operation_id=delivery.operation_id,
            stat_delivery_id=delivery.stat_delivery_id,
            agency=delivery.agency_id,
            attempts=delivery.attempts,
            error=error,
        )


def _delivery(row: Mapping[str, Any]) -> Delivery:
    names = ("operation_id", "stat_delivery_id")
    return Delivery(**{**row, **{name: None if row[name] is None else str(row[name]) for name in names}})


def http_client() -> httpx.AsyncClient:
    """The client for other people's addresses: no redirects, no proxy of the environment, 5 seconds."""
    limits = httpx.Limits(max_connections=_AT_ONCE, max_keepalive_connections=_AT_ONCE)
    return httpx.AsyncClient(
        follow_redirects=False,
        trust_env=False,
        timeout=_TIMEOUT_SECONDS,
        limits=limits,
        headers={"user-agent": "lienthong-webhook"},
    )


async def listen(url: str, wake: Callable[[], None]) -> None:
    """Call ``wake`` at each notification, for ever; only a hint, the poll is the net."""
    connection: psycopg.AsyncConnection[Any]
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                url, autocommit=True, connect_timeout=2, application_name="lienthong-webhooks"
            ) as connection:
                await connection.execute("LISTEN webhook")
                async for _ in connection.notifies():
                    wake()
        except psycopg.Error as error:
            _log.warning("webhooks.not_listening", error=type(error).__name__)
        await asyncio.sleep(_POLL_SECONDS)


async def serve(settings: Settings) -> None:
    """Deliver until told to stop by a signal."""
    async with AsyncExitStack() as stack:
        stack.enter_context(metrics.exposed(settings.metrics_listen))
        pool = await stack.enter_async_context(
            open_pool(settings.database_url, name="webhooks", connections=4, statement_timeout_s=5.0)
        )
        http = await stack.enter_async_context(http_client())
        key = PrivateKey.load(Path(settings.signing_key))
        deliverer = Deliverer(pool, key, http, clock=lambda: datetime.now(UTC))
        listening = asyncio.create_task(listen(settings.database_url, deliverer.wake))
        stack.callback(listening.cancel)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, deliverer.stop)
        _log.info("webhooks.started")
        await deliverer.run()
    _log.info("webhooks.stopped")


def main() -> None:
    """The whole life of the process."""
    try:
        settings = Settings()
    except ValidationError as error:
        refuse_to_start(error)
    logs.configure("webhooks", settings.log_level)
    asyncio.run(serve(settings))
    logs.flush()


if __name__ == "__main__":
    main()
