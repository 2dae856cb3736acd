"""A broker's queues, an outbox of its own, and relays as processes, for tests of the bus."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pika
import psycopg
from psycopg import sql

from lienthong.bus import broker, outbox, tables
from lienthong.bus.outbox import Outgoing
from tests.support.stack import until

ROOT = Path(__file__).resolve().parents[2]


class Outbox:
    """An outbox in a schema of its own, with the rights that a migration gives."""

    def __init__(self, owner_url: str, runtime_url: str, role: str) -> None:
        self.schema = f"bus_{uuid4().hex[:12]}"
        self._owner_url = owner_url
        self.url = f"{runtime_url}&options={quote(f'-csearch_path={self.schema}')}"
        with self.owner() as connection:
            name = sql.Identifier(self.schema)
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
            connection.execute(tables.OUTBOX)
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(name, sql.Identifier(role)))
            connection.execute(tables.outbox_rights(role).encode())

    @contextmanager
    def owner(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection of the owner of the schema."""
        options = f"-csearch_path={self.schema}"
        with psycopg.connect(self._owner_url, options=options, autocommit=True) as connection:
            yield connection

    def put(self, messages: Sequence[Outgoing]) -> None:
        """Write messages, as the runtime role and in one transaction."""
        with psycopg.connect(self.url) as connection:
            outbox.put(connection, messages)
        self.ring()

    def ring(self) -> None:
        """Wake the relays, as writers do once they have committed."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(outbox.RING)

    @staticmethod
    def put_over(connection: psycopg.Connection[Any], messages: Sequence[Outgoing]) -> None:
        """Write messages in a transaction of the test's own."""
        outbox.put(connection, messages)

    def depth(self) -> int:
        """How many messages wait."""
        with self.owner() as connection:
            row = connection.execute("SELECT count(*) FROM outbox").fetchone()
            assert row is not None
            return int(row[0])

    def empty(self, *, seconds: float = 30) -> None:
        """Return once nothing waits any more."""
        until(lambda: self.depth() == 0, seconds=seconds, what="the outbox is empty")

    def drop(self) -> None:
        """Remove the schema."""
        with self.owner() as connection:
            connection.execute("SET client_min_messages = warning")
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(self.schema)))


class Queues:
    """Quorum queues that exist for one test."""

    def __init__(self, amqp_url: str) -> None:
        self.url = amqp_url
        self._names: list[str] = []

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """A channel of the operator."""
        connection = pika.BlockingConnection(broker.parse(self.url).pika_parameters(name="test"))
        try:
            yield connection.channel()
        finally:
            if connection.is_open:
                connection.close()

    def make(self, name: str = "", **arguments: Any) -> str:
        """A durable quorum queue, gone after the test."""
        name = name or f"test.{uuid4().hex[:12]}"
        with self.channel() as channel:
            channel.queue_declare(name, durable=True, arguments={"x-queue-type": "quorum", **arguments})
        self._names.append(name)
        return name

    def forget(self) -> None:
        """Delete what was made."""
        with self.channel() as channel:
            for name in self._names:
                channel.queue_delete(name)
        self._names.clear()

    def take(self, queue: str) -> list[Any]:
        """Everything in a queue now, in the order received: (method, properties, body)."""
        # Consumed, not fetched one by one: a queue with a single active consumer refuses basic.get.
        count = self.depth(queue)
        with self.channel() as channel:
            return list(islice(channel.consume(queue, auto_ack=True), count))

    def depth(self, queue: str) -> int:
        """How many messages are ready."""
        with self.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).method.message_count)


class RelayProcess:
    """``python -m lienthong.bus.relay``, as a process that can be killed."""

    def __init__(self, database_url: str, amqp_url: str, log: Path, **environment: str) -> None:
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lienthong.bus.relay"],
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    "PYTHONPATH": f"{ROOT}:{ROOT / 'protos' / 'gen'}",
                    "LIENTHONG_DATABASE_URL": database_url,
                    "LIENTHONG_AMQP_URL": amqp_url,
                    **environment,
                },
            )

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def peak_mib(self) -> float:
        """The most physical memory that it ever had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def direct(
    queue: str, body: bytes, *, message_id: str = "", key: str = "", mandatory: bool = True
) -> Outgoing:
    """A message to a queue through the default exchange."""
    return Outgoing(
        exchange="",
        routing_key=queue,
        mandatory=mandatory,
        type="vss.bus.v1.Event",
        message_id=message_id or str(uuid4()),
        body=body,
        key=key,
    )
