"""Answers ``DeliveriesService`` from the gateway's own database.

An agency sees its own subscriptions and deliveries only: the agency is part of every key that is
looked up, so that somebody else's costs and says exactly what an unknown one does.

``Subscribe`` and ``Unsubscribe`` are written before the entry of their answer, unlike an accepted
command; they disclose nothing, and asking again or replaying them has no second effect.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow, dict_row

from gateway.deliveries import periods
from gateway.deliveries.rows import FORMATS, delivery_of, subscription_of
from gateway.faces.sdmx.keys import parse_keys
from gateway.page_tokens import last_of, token_of
from gateway.routes import Ask, Question
from gateway.upstream import MARGIN_SECONDS
from lienthong import fields
from lienthong.audit.writer import Connections
from lienthong.rpc.errors import FieldViolation, InvalidArgument, NotFound
from lienthong.statistics.structures import Dataflow
from vss.deliveries.v1 import deliveries_pb2 as pb

SERVICE: Final = "vss.deliveries.v1.DeliveriesService"
MOST_SUBSCRIPTIONS: Final = 100
"""Of one agency, that stand: a month's deliveries are so many files at most, twice."""
MOST_MONTHS_BACK: Final = 24
_DEFAULT_PAGE: Final = 50

# One agency's subscriptions are counted and added to by one request at a time.
_ALONE: LiteralString = "SELECT pg_advisory_xact_lock(hashtext('stat_subscription'), hashtext(%(agency_id)s))"
_SUBSCRIBE: LiteralString = """
INSERT INTO stat_subscription
    (agency_id, subscription_id, dataflow, key, formats, language, webhook, staff, created_at, next_period, due_at)
SELECT %(agency_id)s, %(subscription_id)s::uuid, %(dataflow)s, %(key)s, %(formats)s::text[], %(language)s, %(webhook)s,
       %(staff)s, %(now)s, %(next_period)s, %(now)s
WHERE (SELECT count(*) FROM stat_subscription WHERE agency_id = %(agency_id)s AND ended_at IS NULL) < %(most)s
ON CONFLICT DO NOTHING
"""
_SUBSCRIPTION: LiteralString = "SELECT * FROM stat_subscription WHERE agency_id = %(agency_id)s AND subscription_id = %(subscription_id)s"
_UNSUBSCRIBE: LiteralString = """
UPDATE stat_subscription SET ended_at = %(now)s
WHERE agency_id = %(agency_id)s AND subscription_id = %(subscription_id)s AND ended_at IS NULL
"""
_SUBSCRIPTIONS: LiteralString = """
SELECT * FROM stat_subscription WHERE agency_id = %(agency_id)s AND ended_at IS NULL
ORDER BY created_at, subscription_id LIMIT %(most)s
"""
_COLUMNS: LiteralString = (
    "delivery_id, subscription_id, dataflow, period, sequence, watermark, created_at, manifest, signature"
)
_DELIVERY: LiteralString = f"""
SELECT {_COLUMNS} FROM stat_delivery WHERE delivery_id = %(delivery_id)s AND agency_id = %(agency_id)s
"""  # noqa: S608 -- our own column names
_DELIVERIES: LiteralString = f"""
SELECT {_COLUMNS} FROM stat_delivery
WHERE agency_id = %(agency_id)s
  AND (%(subscription_id)s::uuid IS NULL OR subscription_id = %(subscription_id)s)
  AND (%(before)s::uuid IS NULL OR delivery_id < %(before)s)
ORDER BY delivery_id DESC LIMIT %(limit)s
"""  # noqa: S608
_FILES: LiteralString = """
SELECT delivery_id, format, name, media_type, rows, sha256, octet_length(content) AS octets
FROM stat_delivery_file WHERE delivery_id = ANY (%(delivery_ids)s) ORDER BY delivery_id, format
"""
_CONTENT: LiteralString = """
SELECT f.media_type, f.content FROM stat_delivery_file f JOIN stat_delivery d USING (delivery_id)
WHERE d.delivery_id = %(delivery_id)s AND d.agency_id = %(agency_id)s AND f.format = %(format)s
"""


class Deliveries:
    """Who subscribes to what, and what was delivered."""

    def __init__(
        self,
        pool: Connections,
        dataflows: Mapping[str, Dataflow],
        *,
        close_days: int,
        clock: Callable[[], datetime],
    ) -> None:
        """``dataflows`` are those that can be subscribed to."""
        self._pool = pool
        self._dataflows = dataflows
        self._close_days = close_days
        self._clock = clock

    def asks(self) -> dict[str, Ask]:
        """RPC name -> how it is answered."""
        return {
            f"{SERVICE}/Subscribe": self.subscribe,
            f"{SERVICE}/Unsubscribe": self.unsubscribe,
            f"{SERVICE}/ListSubscriptions": self.subscriptions,
            f"{SERVICE}/ListDeliveries": self.deliveries,
            f"{SERVICE}/GetDelivery": self.delivery,
            f"{SERVICE}/GetDeliveryFile": self.file,
        }

    async def subscribe(self, question: Question) -> pb.SubscribeResponse:
        """The subscription, new or known. Raises ``InvalidArgument`` or a ``Problem``."""
        request, now = question.request, self._clock()
        given = self._checked(request, now) | {"now": now, "most": MOST_SUBSCRIPTIONS}
        async with self._cursor(question) as cursor, cursor.connection.transaction():
            await cursor.execute(_ALONE, given)
            await cursor.execute(_SUBSCRIBE, given)
            row = await _one(cursor, _SUBSCRIPTION, given)
        if row is None:
            most = f"the agency has {MOST_SUBSCRIPTIONS} subscriptions: end one first"
            raise InvalidArgument(FieldViolation("subscription_id", most))
        if any(row[name] != given[name] for name in ("dataflow", "key", "formats", "language", "webhook")):
            raise InvalidArgument(FieldViolation("subscription_id", "names another subscription"))
        return pb.SubscribeResponse(subscription=subscription_of(row, self._close_days))

    async def unsubscribe(self, question: Question) -> pb.UnsubscribeResponse:
        """The subscription, ended. Raises ``NotFound``."""
        request = question.request
        given = {
            "agency_id": request.agency_id,
            "subscription_id": request.subscription_id,
            "now": self._clock(),
        }
        async with self._cursor(question) as cursor:
            await cursor.execute(_UNSUBSCRIBE, given)
            row = await _one(cursor, _SUBSCRIPTION, given)
        if row is None:
            raise NotFound("SUBSCRIPTION_UNKNOWN", "no such subscription of this agency")
        return pb.UnsubscribeResponse(subscription=subscription_of(row, self._close_days))

    async def subscriptions(self, question: Question) -> pb.ListSubscriptionsResponse:
        """Those that stand."""
        given = {"agency_id": question.request.agency_id, "most": MOST_SUBSCRIPTIONS}
        async with self._cursor(question) as cursor:
            await cursor.execute(_SUBSCRIPTIONS, given)
            rows = await cursor.fetchall()
        return pb.ListSubscriptionsResponse(
            subscriptions=[subscription_of(row, self._close_days) for row in rows]
        )

    async def deliveries(self, question: Question) -> pb.ListDeliveriesResponse:
        """One page, newest first. Raises ``InvalidArgument`` for a token that is not ours."""
        request = question.request
        size = request.page_size or _DEFAULT_PAGE
        given = {
            "agency_id": request.agency_id,
            "subscription_id": request.subscription_id or None,
            "before": last_of(request.page_token),
            "limit": size + 1,
        }
        async with self._cursor(question) as cursor:
            await cursor.execute(_DELIVERIES, given)
            rows = await cursor.fetchall()
            files = await _files(cursor, [row["delivery_id"] for row in rows[:size]])
        response = pb.ListDeliveriesResponse(
            deliveries=[delivery_of(row, files.get(row["delivery_id"], ())) for row in rows[:size]]
        )
        if len(rows) > size:
            response.next_page_token = token_of(rows[size - 1]["delivery_id"])
        return response

    async def delivery(self, question: Question) -> pb.GetDeliveryResponse:
        """One delivery with its manifest. Raises ``NotFound``."""
        request = question.request
        given = {"agency_id": request.agency_id, "delivery_id": request.delivery_id}
        async with self._cursor(question) as cursor:
            row = await _one(cursor, _DELIVERY, given)
            if row is None:
                raise _unknown()
            files = await _files(cursor, [row["delivery_id"]])
        return pb.GetDeliveryResponse(
            delivery=delivery_of(row, files.get(row["delivery_id"], ())),
            manifest=row["manifest"].decode(),
            signature=row["signature"],
        )

    async def file(self, question: Question) -> pb.GetDeliveryFileResponse:
        """One file. Raises ``NotFound``."""
        request = question.request
        delivery_id, _, ending = request.file_id.partition(".")
        given = {"agency_id": request.agency_id, "delivery_id": delivery_id, "format": ending}
        async with self._cursor(question) as cursor:
            # As octets, not as twice as many hexadecimal digits.
            await cursor.execute(_CONTENT, given, binary=True)
            row = await cursor.fetchone()
        if row is None:
            raise _unknown()
        return pb.GetDeliveryFileResponse(content=row["content"], media_type=row["media_type"])

    def _checked(self, request: pb.SubscribeRequest, now: datetime) -> dict[str, Any]:
        """What is kept of a request. Raises ``InvalidArgument`` or a ``Problem``."""
        flow = self._dataflows.get(request.dataflow)
        if flow is None:
            known = ", ".join(self._dataflows)
            raise InvalidArgument(FieldViolation("dataflow", f"is none; there are {known}"))
        parse_keys(request.key or "all", flow, several=True)
        formats = sorted({FORMATS[number] for number in request.formats if number in FORMATS})
        if not formats:
            raise InvalidArgument(FieldViolation("formats", "is required"))
        return {
            "agency_id": request.agency_id,
            "subscription_id": request.subscription_id,
            "dataflow": flow.id,
            "key": request.key,
            "formats": formats,
            "language": request.language or "vi",
            "webhook": request.webhook,
            "staff": request.staff or None,
            "next_period": self._first(request.from_month, now),
        }

    def _first(self, text: str, now: datetime) -> date:
        """The first month that is delivered."""
        following = periods.after(periods.last_closed(now, self._close_days))
        if not text:
            return following
        try:
            month = fields.month(text)
        except fields.WrongField as error:
            raise InvalidArgument(FieldViolation("from_month", str(error))) from None
        earliest = periods.before(following, MOST_MONTHS_BACK)
        if not earliest <= month <= following:
            bounds = f"from {periods.written(earliest)} to {periods.written(following)}"
            raise InvalidArgument(FieldViolation("from_month", f"must be {bounds}"))
        return month

    @asynccontextmanager
    async def _cursor(self, question: Question) -> AsyncIterator[AsyncCursor[DictRow]]:
        async with (
            asyncio.timeout_at(question.deadline - MARGIN_SECONDS),
            self._pool.connection() as connection,
            _cursor_of(connection) as cursor,
        ):
            yield cursor


def _cursor_of(connection: AsyncConnection[Any]) -> AsyncCursor[DictRow]:
    return connection.cursor(row_factory=dict_row)


async def _one(
    cursor: AsyncCursor[DictRow], statement: LiteralString, given: Mapping[str, Any]
) -> DictRow | None:
    await cursor.execute(statement, given)
    return await cursor.fetchone()


async def _files(cursor: AsyncCursor[DictRow], delivery_ids: list[UUID]) -> dict[UUID, list[DictRow]]:
    """The files of each delivery, without their content."""
    found: dict[UUID, list[DictRow]] = {}
    if delivery_ids:
        await cursor.execute(_FILES, {"delivery_ids": delivery_ids})
        for row in await cursor.fetchall():
            found.setdefault(row["delivery_id"], []).append(row)
    return found


def _unknown() -> NotFound:
    return NotFound("DELIVERY_UNKNOWN", "no such delivery of this agency")
