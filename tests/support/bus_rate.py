"""``python -m tests.support.bus_rate``: small commands that one consumer process carries out a second.

Each is an INSERT, with its inbox row, the number of its key, an event and its result, in
one transaction, from a quorum queue that is full when the consumer starts. Needs the
variables of a stack (``stack.env``).
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import pika

from lienthong.bus import broker, outbox
from tests.support.bus_running import QUEUE, Base, ConsumerProcess, Numbered, Wire
from tests.support.stack import until

KEYS = 500
_TICKS = os.sysconf("SC_CLK_TCK")


def _cpu_s(pid: int) -> float:
    """Processor seconds of a process so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _fill(wire: Wire, commands: int) -> None:
    connection = pika.BlockingConnection(broker.parse(wire.url).pika_parameters(name="rate"))
    channel = connection.channel()
    keys = [Numbered() for _ in range(KEYS)]
    for number in range(commands):
        message = outbox.command(keys[number % KEYS].add(1))
        channel.basic_publish(message.exchange, message.routing_key, message.body, broker.properties(message))
    connection.close()
    until(lambda: wire.depth(QUEUE) == commands, seconds=60, what="the queue is full")


def measure(base: Base, wire: Wire, commands: int, log: Path) -> tuple[float, float]:
    """Commands a second, and the consumer's processor milliseconds for each."""
    _fill(wire, commands)
    consumer = ConsumerProcess(base, wire.url, log)

    def done() -> int:
        return int(base.rows("SELECT count(*) FROM inbox")[0][0])

    try:
        first = until(lambda: max(done() - commands // 10, 0), seconds=60, what="it is warm") + commands // 10
        begun, cpu = time.monotonic(), _cpu_s(consumer.process.pid)
        until(lambda: done() == commands, seconds=300, what="all are carried out")
        seconds, used = time.monotonic() - begun, _cpu_s(consumer.process.pid) - cpu
    finally:
        consumer.stop()
    return (commands - first) / seconds, 1000 * used / (commands - first)


def main() -> None:
    """Measure once and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--commands", type=int, default=10_000)
    given = arguments.parse_args()
    base = Base(
        os.environ["DATABASE_URL_CONTRIBUTIONS_OWNER"],
        os.environ["DATABASE_URL_CONTRIBUTIONS"],
        "contributions",
    )
    wire = Wire(os.environ["AMQP_URL"])
    try:
        with tempfile.TemporaryDirectory() as folder:
            rate, cpu = measure(base, wire, given.commands, Path(folder) / "consumer.log")
    finally:
        base.drop()
        wire.forget()
    sys.stdout.write(f"{rate:.0f} commands/s, {cpu:.2f} ms of the consumer's processor time each\n")


if __name__ == "__main__":
    main()
