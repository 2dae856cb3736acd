"""The process that publishes an outbox: ``python -m lienthong.bus.relay``.

Guarantee: every committed row is published until the broker has confirmed it, then
deleted: at least once. Several relays of one outbox are safe side by side, and
messages of one key leave in order (:mod:`lienthong.bus.lanes`).

It holds at most ``shuttles`` batches of at most ``batch_bytes`` and one message each,
however much waits. What comes back unroutable, or is refused, stays in the outbox; its
destination is left alone for a while, and the others go on. Without broker or database
it tries again, at most a second apart.
"""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

import psycopg
import uvloop
from psycopg.conninfo import conninfo_to_dict

from lienthong.bus import lanes, publisher, settings, tables
from lienthong.bus.lanes import Destination, Limits
from lienthong.bus.outbox_measures import Measures
from lienthong.bus.publisher import BrokerGone, ChannelRefused, Publisher, PublishError
from lienthong.bus.settings import RelaySettings
from lienthong.telemetry import logs, metrics

_log = logs.get_logger("relay")

PARKED_S: Final = 5.0
"""How long a destination is left alone after messages came back from it."""
SILENT_S: Final = 10.0
"""How long a destination is left alone that does not confirm, or because of which the channel was closed."""
CAREFUL_S: Final = 30.0
"""How long batches go to one destination only after the channel was lost."""
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 1.0
_MEASURE_S: Final = 5.0


class Trouble:
    """Destinations that are left alone for now, and whether to send to one at a time.

    When the broker closes the channel, or stops answering on it, it does not say because
    of which message. For a while every batch then goes to one destination only, and the
    one with which it happens again is left alone.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._until: dict[Destination, float] = {}
        self._careful_until = 0.0

    @property
    def careful(self) -> bool:
        """Whether a batch must go to one destination only."""
        return self._clock() < self._careful_until

    def parked(self) -> list[Destination]:
        """Destinations to leave alone now."""
        now = self._clock()
        self._until = {place: until for place, until in self._until.items() if until > now}
        return list(self._until)

    def park(self, place: Destination, seconds: float = PARKED_S) -> None:
        """Leave a destination alone for ``seconds``."""
        self._until[place] = self._clock() + seconds

    def channel_lost(self, places: set[Destination]) -> None:
        """The channel was closed, or became silent, while messages to ``places`` were under way."""
        if len(places) == 1:
            self.park(next(iter(places)), SILENT_S)
        self._careful_until = self._clock() + CAREFUL_S


class Relay:
    """One outbox, its shuttles, and what wakes them."""

    def __init__(self, configured: RelaySettings) -> None:
        self.name = f"relay-{conninfo_to_dict(configured.database_url).get('dbname', '')}"
        self._settings = configured
        self._limits = Limits(messages=configured.batch_messages, octets=configured.batch_bytes)
        self._awake = [asyncio.Event() for _ in range(configured.shuttles)]
        self._stopping = asyncio.Event()
        self._measures = Measures()
        self._trouble = Trouble()
        self._turn = 0

    def stop(self) -> None:
        """End after the batches under way."""
        self._stopping.set()
        self._wake()

    async def run(self) -> None:
        """Publish until :meth:`stop`; what is under way then is finished first."""
        side = [
            asyncio.create_task(self._again("postgresql", self._listen)),
            asyncio.create_task(self._again("postgresql", self._measure)),
        ]
        await self._again("rabbitmq", self._shuttle_all)
        for task in side:
            task.cancel()
        await asyncio.gather(*side, return_exceptions=True)

    async def _again(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do ``work`` until told to stop, again and again while database or broker fail it."""
        pause = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            begun = monotonic()
            try:
                await work()
            except (psycopg.OperationalError, PublishError) as error:
                said = str(error) if isinstance(error, PublishError) else ""
                lost = what if isinstance(error, PublishError) else "postgresql"
                metrics.dependency(lost).set(0)
                _log.warning("relay.interrupted", work=what, error=type(error).__name__, said=said)
            pause = (
                _FIRST_PAUSE_S if monotonic() - begun > _LONGEST_PAUSE_S else min(2 * pause, _LONGEST_PAUSE_S)
            )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stopping.wait()

    # --- the work itself

    async def _shuttle_all(self) -> None:
        """All shuttles over one broker connection; the first to fail ends the others."""
        out = await Publisher.connect(self._settings.broker, name=self.name)
        metrics.dependency("rabbitmq").set(1)
        shuttles = [asyncio.create_task(self._shuttle(out, awake)) for awake in self._awake]
        try:
            # No TaskGroup: in Python 3.11 it leaves its parent half cancelled when a child fails.
            await asyncio.wait(shuttles, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for shuttle in shuttles:
                shuttle.cancel()
            ended = await asyncio.gather(*shuttles, return_exceptions=True)
            await out.close()
        failures = [error for error in ended if isinstance(error, Exception)]
        if failures:
            # Of several a refused channel tells most; the others follow from it.
            raise next((error for error in failures if isinstance(error, ChannelRefused)), failures[0])

    async def _shuttle(self, out: Publisher, awake: asyncio.Event) -> None:
        connection = await lanes.connect(
            self._settings.database_url, name=self.name, idle_s=self._settings.confirm_timeout_s + 30
        )
        async with connection:
            metrics.dependency("postgresql").set(1)
            while not self._stopping.is_set():
                awake.clear()
                carried = await self._carry(connection, out)
                if carried < self._limits.messages and not self._stopping.is_set():
                    await asyncio.sleep(self._settings.gather_s)
                if carried:
                    continue
                out.expect_alive()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._settings.poll_s):
                        await awake.wait()

    async def _carry(self, connection: lanes.Connection, out: Publisher) -> int:
        """One batch, from the outbox to the broker's confirm; how many messages it had."""
        self._turn += 1
        async with connection.transaction():
            taken = await lanes.take(connection, self._limits, turn=self._turn, parked=self._trouble.parked())
            if taken is None:
                return 0
            if self._trouble.careful:
                taken = taken.of_one_destination()
            try:
                outcome = await out.publish(taken.messages, timeout_s=self._settings.confirm_timeout_s)
            except ChannelRefused as error:
                self._trouble.channel_lost(taken.destinations())
                self._measures.refused("channel")
                _log.error("relay.channel_refused", said=str(error))
                raise
            await lanes.delete(connection, self._delivered(taken, outcome))
        if outcome.unanswered:
            self._trouble.channel_lost(taken.destinations())
            raise BrokerGone(f"no confirm within {self._settings.confirm_timeout_s:g} s")
        return len(taken.messages)

    def _delivered(self, taken: lanes.Taken, outcome: publisher.Outcome) -> list[int]:
        """The rows that are done with. Destinations of the others are left alone for a while."""
        failed = dict.fromkeys(outcome.unroutable, "unroutable")
        failed |= dict.fromkeys(outcome.refused, "nacked")
        failed |= dict.fromkeys(outcome.unanswered, "unanswered")
        for place, why in failed.items():
            message = taken.messages[place]
            self._measures.refused(why)
            if why == "unanswered":
                continue
            if (message.exchange, message.routing_key) not in self._trouble.parked():
                _log.error(
                    f"relay.{why}",
                    exchange=message.exchange,
                    routing_key=message.routing_key,
                    type=message.type,
                )
            self._trouble.park((message.exchange, message.routing_key))
        delivered = [row for place, row in enumerate(taken.ids) if place not in failed]
        self._measures.published(len(delivered), outcome.seconds)
        return delivered

    # --- beside it

    def _wake(self) -> None:
        for awake in self._awake:
            awake.set()

    async def _listen(self) -> None:
        """Wake the shuttles whenever a transaction has put messages."""
        async with await lanes.connect(
            self._settings.database_url, name=f"{self.name}-listen", idle_s=60
        ) as ear:
            await ear.execute(f"LISTEN {tables.CHANNEL}")
            self._wake()  # for what came before
            async for _ in ear.notifies():
                self._wake()

    async def _measure(self) -> None:
        """Look at the outbox every few seconds, for metrics and the log."""
        connection = await lanes.connect(self._settings.database_url, name=f"{self.name}-measure", idle_s=60)
        async with connection:
            while not self._stopping.is_set():
                self._measures.waiting(*await lanes.state(connection))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_MEASURE_S):
                        await self._stopping.wait()


async def _serve(configured: RelaySettings) -> None:
    relay = Relay(configured)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, relay.stop)
    logs.configure(relay.name, configured.log_level)
    with metrics.exposed(configured.metrics_listen):
        _log.info("relay.started", shuttles=configured.shuttles)
        await relay.run()
        _log.info("relay.stopped")


def main() -> None:
    """The life of the process, from its environment to SIGTERM."""
    uvloop.run(_serve(settings.load_relay()))
    logs.flush()


if __name__ == "__main__":
    main()
