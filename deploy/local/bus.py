"""The exchanges and queues of the contracts, made before anything consumes from them."""

import psycopg

from deploy.local import agencies, postgresql, rabbitmq
from deploy.local.stack import Stack, StackError
from lienthong.bus import actions, broker, declaring, topology
from lienthong.bus.errors import BrokerUnavailable, BusRefused, Drift


def ensure(stack: Stack) -> None:
    """Make what is missing, with a record of it as for every change to the bus; nothing if all stands.

    Raises :class:`StackError` naming what stands otherwise than the contracts say.
    """
    where = broker.parse(rabbitmq.amqp_url(stack, rabbitmq.OPERATOR))
    wanted = topology.derive()
    try:
        try:
            declaring.declare(where, wanted, check_only=True)
        except Drift:
            _declare(stack, where, wanted)
    except (BusRefused, BrokerUnavailable) as error:
        raise StackError(f"the bus is not as the contracts say:\n{error}") from error


def _declare(stack: Stack, where: broker.Broker, wanted: topology.Topology) -> None:
    url = stack.database_url("gateway", "gateway_owner")
    with (
        psycopg.connect(url, connect_timeout=postgresql.CONNECT_TIMEOUT_S, autocommit=True) as record,
        actions.recorded(record, actor=agencies.ACTOR, action="declare", queue="*"),
    ):
        declaring.declare(where, wanted)
