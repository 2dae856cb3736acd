"""Deliveries for tests: figures by rule, a clock of the test's, and the gateway's real database.

The clock stands ten months ago, and the grant has ended since: so the worker of the running stack leaves
these subscriptions alone, and that of a test all others, which are due later.
"""

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import grpc.aio
import psycopg
from psycopg.rows import dict_row

from gateway.deliveries import periods
from gateway.deliveries.answering import Deliveries
from gateway.deliveries.figures import Figures
from gateway.deliveries.making import Making
from gateway.deliveries.periods import CLOSE_DAYS
from gateway.routes import Question
from lienthong.agencies import admin
from lienthong.audit.writer import Connections
from lienthong.signing import PrivateKey
from lienthong.statistics.structures import catalogue
from tests.support import statistics
from vss.deliveries.v1 import deliveries_pb2 as pb

IN_MONTH = "DELIVERIES_TEST_MONTH"
"""The variable that tells a process of a test the test's month: a new one may begin between their starts."""
MONTH = date.fromisoformat(
    os.environ.get(IN_MONTH) or periods.before(datetime.now(UTC).date().replace(day=1), 10).isoformat()
)
DAY = datetime(MONTH.year, MONTH.month, 10, 8, 0, tzinfo=UTC)
"""The tenth of that month: those before it have closed."""
FIRST, SECOND, THIRD = (periods.written(periods.before(MONTH, number)) for number in (2, 1, 0))
TERMS = admin.GrantTerms(
    scope="statistics:read",
    purposes=frozenset({"statistics"}),
    data_classes=frozenset({"result"}),
    valid_from=DAY - timedelta(days=150),
    valid_to=DAY + timedelta(days=60),
)
SUBSCRIBER = "desk-7"


class Service:
    """A service's channel: answers ListObservations by rule, at a watermark of the test's."""

    def __init__(self) -> None:
        self.watermark = DAY
        self.asked: list[Any] = []
        self.before: Callable[[], Awaitable[None]] | None = None

    def unary_unary(self, *_: object, **__: object) -> Callable[..., Awaitable[Any]]:
        """As a gRPC channel has it."""
        return self._answer

    async def _answer(self, request: Any, **_: object) -> Any:
        self.asked.append(request)
        if self.before is not None:
            await self.before()
        answer = statistics.responder((FIRST, SECOND, THIRD), areas=2)(request)
        answer.watermark = self.watermark.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return answer


class Office:
    """A gateway with its worker of deliveries, of one agency, at one moment."""

    def __init__(self, pool: Connections, key: PrivateKey, agency_id: str) -> None:
        self.pool, self.key, self.agency_id = pool, key, agency_id
        self.now = DAY
        self.service = Service()
        flows = catalogue().published().dataflows
        self.desk = Deliveries(pool, flows, close_days=CLOSE_DAYS, clock=lambda: self.now)
        channels = dict.fromkeys(
            ("identity", "contributions", "health_claims"), cast("grpc.aio.Channel", self.service)
        )
        self.making = Making(
            pool, Figures(flows, channels), key, close_days=CLOSE_DAYS, clock=lambda: self.now
        )

    def question(self, request: Any) -> Question:
        """What the request path hands on."""
        request.agency_id = self.agency_id
        return Question(request, "1f", "", asyncio.get_running_loop().time() + 10)

    async def subscribe(self, **given: Any) -> pb.Subscription:
        """Participants from the first month on as CSV, unless told."""
        values = {
            "subscription_id": str(uuid.uuid4()),
            "dataflow": "DF_PARTICIPANTS",
            "formats": [pb.FILE_FORMAT_CSV],
            "from_month": FIRST,
            "staff": SUBSCRIBER,
        }
        answer = await self.desk.subscribe(self.question(pb.SubscribeRequest(**(values | given))))
        return answer.subscription

    async def deliveries(self) -> list[pb.Delivery]:
        """What the agency was delivered, oldest first."""
        answer = await self.desk.deliveries(self.question(pb.ListDeliveriesRequest()))
        return list(reversed(answer.deliveries))

    async def turns(self) -> int:
        """Deliver until nothing is due; how many turns that took."""
        number = 0
        while await self.making.turn():
            number += 1
        return number

    async def later(self, **delta: float) -> None:
        """Time passes."""
        self.now += timedelta(**delta)


def rows(owner: psycopg.Connection[Any], statement: str, *given: object) -> list[dict[str, Any]]:
    """What stands in the database."""
    with owner.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.encode(), given).fetchall()
