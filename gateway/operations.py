"""Answers ``OperationsService`` from the gateway's own database.

An agency sees its own operations only, and a citizen through the citizens' portal only
hers: the owner is part of the key that is looked up, so that somebody else's operation
costs and says exactly what an unknown one does.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString

import msgspec
from psycopg.rows import dict_row

from gateway.helper import Helper
from gateway.operation_rows import COMPLETED, FAILED, PENDING, error_of, operation_of
from gateway.page_tokens import last_of, token_of
from gateway.routes import Ask, Encode, Question
from gateway.upstream import MARGIN_SECONDS
from gateway.waiting import Waiters
from lienthong.access.answers import answer_encoder
from lienthong.access.contract import Contract
from lienthong.agencies.registry import Registry
from lienthong.audit.writer import Connections
from lienthong.rpc.errors import NotFound
from vss.operations.v1 import operations_pb2

GET_OPERATION = "vss.operations.v1.OperationsService/GetOperation"
LIST_OPERATIONS = "vss.operations.v1.OperationsService/ListOperations"

_DEFAULT_PAGE = 50
# A longer result is written outside of the event loop.
_LARGE = 64 * 1024

_COLUMNS: LiteralString = "operation_id, rpc, state, accepted_at, finished_at, idempotency_key"
_GET: LiteralString = f"""
SELECT {_COLUMNS}, result FROM operation
WHERE operation_id = %(operation_id)s AND agency_id = %(agency_id)s
  AND (%(citizen)s::text IS NULL OR staff = %(citizen)s)
"""  # noqa: S608 -- our own column names
_LIST: LiteralString = f"""
SELECT {_COLUMNS} FROM operation
WHERE agency_id = %(agency_id)s
  AND (%(citizen)s::text IS NULL OR staff = %(citizen)s)
  AND (%(state)s::smallint = 0 OR state = %(state)s)
  AND (%(before)s::uuid IS NULL OR operation_id < %(before)s)
ORDER BY operation_id DESC LIMIT %(limit)s
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Found:
    """An operation, with its result as JSON text when it is completed and the grant covers it."""

    response: operations_pb2.GetOperationResponse
    result: bytes | None


class Operations:
    """Looks operations up, and waits for their end."""

    def __init__(
        self,
        pool: Connections,
        waiters: Waiters,
        helper: Helper,
        *,
        contract: Contract,
        registry: Callable[[], Registry],
    ) -> None:
        self._pool = pool
        self._waiters = waiters
        self._helper = helper
        self._responses = {c.rpc: (c.response_class, c.scope) for c in contract.capabilities}
        self._registry = registry

    def asks(self) -> dict[str, Ask]:
        """RPC name -> how it is answered."""
        return {GET_OPERATION: self.get, LIST_OPERATIONS: self.list_}

    @staticmethod
    def encoders() -> dict[str, Encode]:
        """RPC name -> how its answer is written, where a result is written already."""
        return {GET_OPERATION: _encode_found}

    async def get(self, question: Question) -> Found:
        """The operation, once it has ended or ``question.wait`` is over. Raises ``NotFound``."""
        request = question.request
        row = await self._row(question, question.deadline)
        if row["state"] == PENDING and question.wait > 0:
            with self._waiters.waiter(request.operation_id, request.agency_id) as ended:
                row = await self._ended(question, row, ended)
        response = operations_pb2.GetOperationResponse(operation=operation_of(row))
        result = None
        if row["state"] == FAILED:
            response.operation.error.CopyFrom(error_of(row["result"]))
        if row["state"] == COMPLETED:
            result = await self._result(request.agency_id, row)
        return Found(response, result)

    async def list_(self, question: Question) -> operations_pb2.ListOperationsResponse:
        """One page, newest first. Raises ``InvalidArgument`` for a token that is not ours."""
        request = question.request
        size = request.page_size or _DEFAULT_PAGE
        parameters = {
            "agency_id": request.agency_id,
            "citizen": question.citizen,
            "state": request.state,
            "before": last_of(request.page_token),
            "limit": size + 1,
        }
        async with (
            asyncio.timeout_at(question.deadline - MARGIN_SECONDS),
            self._pool.connection() as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(_LIST, parameters)
            rows = await cursor.fetchall()
        response = operations_pb2.ListOperationsResponse(operations=map(operation_of, rows[:size]))
        if len(rows) > size:
            response.next_page_token = token_of(rows[size - 1]["operation_id"])
        return response

    async def _ended(
        self, question: Question, row: Mapping[str, Any], ended: asyncio.Event | None
    ) -> Mapping[str, Any]:
        """The row once it is not pending any more, or as it is when the wait is over."""
        if ended is None:
            return row
        loop = asyncio.get_running_loop()
        until, budget = loop.time() + question.wait, question.deadline - loop.time()
        while True:
            # Looked up after the wait began: an end before that has woken nobody.
            row = await self._row(question, loop.time() + budget)
            if row["state"] != PENDING:
                return row
            ended.clear()
            try:
                async with asyncio.timeout_at(until):
                    await ended.wait()
            except TimeoutError:
                return await self._row(question, loop.time() + budget)
            if self._waiters.stopped:
                return row

    async def _row(self, question: Question, deadline: float) -> Mapping[str, Any]:
        request = question.request
        parameters = {
            "operation_id": request.operation_id,
            "agency_id": request.agency_id,
            "citizen": question.citizen,
        }
        async with (
            asyncio.timeout_at(deadline - MARGIN_SECONDS),
            self._pool.connection() as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(_GET, parameters)
            row = await cursor.fetchone()
        if row is None:
            raise NotFound("OPERATION_UNKNOWN", "no such operation of this agency")
        return row

    async def _result(self, agency_id: str, row: Mapping[str, Any]) -> bytes | None:
        """The response as JSON, as far as the agency's grant of the command covers it now."""
        response_class, scope = self._responses[row["rpc"]]
        grant = self._registry().grant(agency_id, scope)
        if grant is None or not grant.valid_at(datetime.fromtimestamp(time.time(), UTC)):
            return None
        result: bytes = row["result"]
        if len(result) > _LARGE:
            deadline = asyncio.get_running_loop().time() + _WRITING_SECONDS
            return await self._helper.write(row["rpc"], result, grant.data_classes, deadline=deadline)
        encode = answer_encoder(response_class, grant.data_classes)
        return msgspec.json.encode(encode(response_class.FromString(result)))


# Of a result of fifty thousand refused lines, behind others.
_WRITING_SECONDS = 20.0


def _encode_found(found: Found, classes: frozenset[str]) -> dict[str, Any]:
    values: dict[str, Any] = answer_encoder(operations_pb2.GetOperationResponse, classes)(found.response)
    if found.result is not None and "operation" in values:
        values["operation"]["result"] = msgspec.Raw(found.result)
    return values
