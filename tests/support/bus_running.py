"""A consumer as a process, its database, and the queues of the tests' own contract."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pika
import psycopg
from psycopg import sql

from lienthong.bus import broker, declaring, envelope, outbox, tables, topology
from lienthong.bus.outbox import Outgoing
from tests.support import bus_contract, bus_servicer
from tests.support.bus import ROOT, Queues
from tests.support.stack import until
from vss.bus.v1 import bus_pb2

QUEUE = topology.command_queue(bus_contract.SERVICE)
EVENTS_QUEUE = topology.events_queue(bus_contract.SUBSCRIBER)


def bus_topology() -> topology.Topology:
    """The exchanges of the house, and queues for the tests' contract only."""
    single = {"x-single-active-consumer": True}
    family = topology._family
    return topology.Topology(
        exchanges=(
            topology.Exchange(topology.COMMANDS, "direct"),
            topology.Exchange(topology.EVENTS, "topic"),
        ),
        queues=(
            *family(QUEUE, exchange=topology.COMMANDS, own=single),
            *family(EVENTS_QUEUE, exchange="", own={}),
        ),
        bindings=(
            topology.Binding(topology.COMMANDS, QUEUE, QUEUE),
            topology.Binding(topology.EVENTS, EVENTS_QUEUE, bus_contract.ADDED),
        ),
        work=(QUEUE, EVENTS_QUEUE),
    )


class Base:
    """A schema with outbox, inbox and the servicer's tables, as a migration makes them."""

    def __init__(self, owner_url: str, runtime_url: str, role: str) -> None:
        self.schema = f"bus_{uuid4().hex[:12]}"
        self._owner_url = owner_url
        self.url = f"{runtime_url}&options={quote(f'-csearch_path={self.schema}')}"
        name, user = sql.Identifier(self.schema), sql.Identifier(role)
        with self.owner() as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
            for part in (tables.OUTBOX, tables.INBOX, tables.INBOX_EVENT, bus_servicer.TABLES):
                connection.execute(part)
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(name, user))
            for rights in (tables.outbox_rights, tables.inbox_rights, tables.inbox_event_rights):
                connection.execute(rights(role).encode())
            for table in ("entry", "heard", "completed", "turn"):
                connection.execute(
                    sql.SQL("GRANT SELECT, INSERT ON {} TO {}").format(sql.Identifier(table), user)
                )
            connection.execute(sql.SQL("GRANT SELECT, UPDATE ON chore TO {}").format(user))

    @contextmanager
    def owner(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection of the owner of the schema."""
        options = f"-csearch_path={self.schema}"
        with psycopg.connect(self._owner_url, options=options, autocommit=True) as connection:
            yield connection

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with self.owner() as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def entries(self) -> list[int]:
        """The amounts that were added, in the order in which they were."""
        return [row[0] for row in self.rows("SELECT amount FROM entry ORDER BY place")]

    def results(self) -> list[bus_pb2.Result]:
        """The results in the outbox, in order."""
        found = self.rows("SELECT body FROM outbox WHERE type = %s ORDER BY id", envelope.RESULT)
        return [bus_pb2.Result.FromString(body) for (body,) in found]

    def outcomes(self) -> list[str | None]:
        """How the results in the outbox ended."""
        return [result.WhichOneof("outcome") for result in self.results()]

    def drop(self) -> None:
        """Remove the schema."""
        with self.owner() as connection:
            connection.execute("SET client_min_messages = warning")
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(self.schema)))


@dataclass
class Numbered:
    """Commands of one key, numbered as the gateway numbers them."""

    key: str = field(default_factory=lambda: uuid4().hex)
    last: int = 0

    def add(self, amount: int, how: str = "", **changes: Any) -> bus_pb2.Command:
        """The next command."""
        self.last += 1
        return command(amount, how, **{"ordering_key": self.key, "sequence": self.last, **changes})


def command(amount: int, how: str = "", **changes: Any) -> bus_pb2.Command:
    """A command of no key that adds ``amount``."""
    made = bus_pb2.Command(
        method=bus_contract.ADD,
        operation_id=str(uuid4()),
        request=bus_contract.AddRequest(account="a", amount=amount, how=how).SerializeToString(),
        caller=bus_pb2.Caller(agency_id="employer-demo"),
        reply_to="test.results",
        schema_version=envelope.SCHEMA_VERSION,
    )
    for name, value in changes.items():
        setattr(made, name, value)
    made.accepted_at.GetCurrentTime()
    return made


class Wire:
    """Sends to the queues of the tests' contract, with confirms, and looks into them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._queues = Queues(url)
        declaring.declare(broker.parse(url), bus_topology())
        self.purge()

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """A channel with confirms."""
        with self._queues.channel() as channel:
            channel.confirm_delivery()
            yield channel

    def purge(self) -> None:
        """Empty every queue."""
        with self._queues.channel() as channel:
            for queue in bus_topology().queues:
                channel.queue_purge(queue.name)

    def send(self, *commands: bus_pb2.Command, headers: dict[str, Any] | None = None) -> None:
        """Publish commands in order."""
        self.publish([outbox.command(one) for one in commands], headers=headers)

    def publish(self, messages: Sequence[Outgoing], headers: dict[str, Any] | None = None) -> None:
        """Publish messages in order."""
        with self.channel() as channel:
            for message in messages:
                channel.basic_publish(
                    message.exchange,
                    message.routing_key,
                    message.body,
                    broker.properties(message, **(headers or {})),
                    mandatory=True,
                )

    def send_raw(self, body: bytes, properties: pika.BasicProperties, queue: str = QUEUE) -> None:
        """Publish anything."""
        with self.channel() as channel:
            channel.basic_publish("", queue, body, properties, mandatory=True)

    def make(self) -> str:
        """A queue of its own, gone with :meth:`forget`."""
        return self._queues.make()

    def make_bound(self, exchange: str) -> str:
        """A queue of its own, which gets from ``exchange`` what is sent to its name."""
        name = self._queues.make()
        with self._queues.channel() as channel:
            channel.queue_bind(name, exchange, name)
        return name

    def forget(self) -> None:
        """Remove what was made. The contract's queues stay, empty: they are declared, as in the real one."""
        self.purge()
        self._queues.forget()

    def depth(self, queue: str = QUEUE) -> int:
        """Ready messages."""
        return self._queues.depth(queue)

    def dead(self, queue: str = QUEUE) -> list[Any]:
        """Takes out what was set aside: (method, properties, body)."""
        return self.take(topology.dead_queue(queue))

    def take(self, queue: str) -> list[Any]:
        """Takes everything out of a queue."""
        found = []
        with self.channel() as channel:
            while (one := channel.basic_get(queue, auto_ack=True))[0] is not None:
                found.append(one)
        return found

    def await_dead(self, count: int = 1, *, queue: str = QUEUE, seconds: float = 20) -> list[Any]:
        """Takes out what was set aside, once there is that much."""
        name = topology.dead_queue(queue)
        until(lambda: self.depth(name) >= count, seconds=seconds, what=f"{count} messages in {name}")
        return self.dead(queue)


class ConsumerProcess:
    """``python -m tests.support.bus_consumer``, as a process that can be killed."""

    def __init__(self, base: Base, amqp_url: str, log: Path, **environment: str) -> None:
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.bus_consumer"],
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    "PYTHONPATH": f"{ROOT}:{ROOT / 'protos' / 'gen'}",
                    "LIENTHONG_DATABASE_URL": base.url,
                    "LIENTHONG_AMQP_URL": amqp_url,
                    **environment,
                },
            )

    def hit(self, folder: Path, point: str) -> None:
        """Return once the process killed itself at a failpoint of ``folder``."""
        self.process.wait(20)
        assert (folder / f"{point}.{self.process.pid}.hit").exists()

    def said(self, event: str) -> bool:
        """Whether it logged an event."""
        return f'"event":"{event}"' in self.log.read_text(errors="replace")

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait(10)

    def terminate(self) -> None:
        """SIGTERM, without waiting."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        self.terminate()
        return self.process.wait(40)
