"""Completes operations by the results of their commands.

A result may come more than once, and a held operation may still be done or refused
after its replay; what is done or refused stays so. Completing
makes one delivery for an agency that has a webhook in the same transaction, and after
it tells whoever waits.

Imports no grpc: it runs among green threads.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from lienthong.bus.handling import ResultContext
from lienthong.telemetry.logs import get_logger
from vss.bus.v1 import bus_pb2

COMPLETED, FAILED, HELD = 2, 3, 4

_STATES = {"response": COMPLETED, "error": FAILED, "held": HELD}
# In the order of their numbers: two that end the same operations do not wait for each other in a circle.
COMPLETE: LiteralString = """
WITH given AS (
    SELECT g.operation_id, g.state, g.result
    FROM unnest(%(operation_ids)b::uuid[], %(states)b::smallint[], %(results)b::bytea[])
         AS g (operation_id, state, result)
), ended AS (
    UPDATE operation o SET state = given.state, finished_at = %(now)s, result = given.result
    FROM given
    WHERE o.operation_id = given.operation_id AND (o.state = 1 OR (o.state = 4 AND given.state <> 4))
    RETURNING o.operation_id, o.agency_id, o.state
), told AS (
    INSERT INTO webhook_delivery (operation_id, agency_id, state)
    SELECT operation_id, agency_id, ended.state FROM ended JOIN agency USING (agency_id)
    WHERE agency.webhook_url IS NOT NULL
    RETURNING operation_id
)
SELECT operation_id, operation_id IN (SELECT operation_id FROM told) FROM ended
"""

_log = get_logger("gateway.completing")


def complete(results: Sequence[bus_pb2.Result], context: ResultContext) -> None:
    """End the operations, each unless it has ended. Raises ``ValueError`` for a result without an outcome."""
    found = context.connection.execute(COMPLETE, parameters_of(results, context.now)).fetchall()
    ended = dict(found)
    context.notices.extend(("operation", str(operation_id)) for operation_id in ended)
    if any(ended.values()):
        context.notices.append(("webhook", ""))
    for result in results:
        _log.info(
            "operation.ended" if UUID(result.operation_id) in ended else "operation.had_ended",
            operation_id=result.operation_id,
            outcome=result.WhichOneof("outcome"),
            reason=result.held.reason or None,
        )


def parameters_of(results: Sequence[bus_pb2.Result], now: datetime) -> dict[str, object]:
    """The parameters of ``COMPLETE``, each operation once. Raises ``ValueError`` for a result without an outcome."""
    rows = sorted((UUID(result.operation_id), *_kept(result)) for result in results)
    operation_ids, states, kept = zip(*rows, strict=True)
    # By the gateway's clock, which accepted it; a service's own could end it before that.
    return {"operation_ids": list(operation_ids), "states": list(states), "results": list(kept), "now": now}


def _kept(result: bus_pb2.Result) -> tuple[int, bytes | None]:
    """The state in which it ends, and what is kept of it."""
    outcome = result.WhichOneof("outcome")
    if outcome is None:
        raise ValueError("a result without an outcome")
    kept = {"response": result.response, "error": result.error.SerializeToString(), "held": None}[outcome]
    return _STATES[outcome], kept
