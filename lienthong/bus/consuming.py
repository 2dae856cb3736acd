"""The process that carries out what comes over the bus: ``python -m services.<name>.consumers``.

At least once comes in, once takes effect (:mod:`lienthong.bus.inbox`). On SIGTERM it
takes no more, finishes what is at work, and gives the rest back to the broker.

Import this module first: it makes the process one of green threads.
"""

from lienthong.bus import green  # isort: split

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, LiteralString
from urllib.parse import parse_qsl, urlsplit

import eventlet
from eventlet.hubs import trampoline
from google.protobuf.descriptor import ServiceDescriptor
from nameko.extensions import register_entrypoint
from nameko.runners import ServiceRunner
from pydantic import ValidationError

from lienthong.bus import hearing, inbox, pruning, topology, transactions, work
from lienthong.bus.consumer_settings import ConsumerSettings
from lienthong.bus.database import Database, open_database
from lienthong.bus.dispatch import HandlerMismatch, command_methods, event_methods
from lienthong.bus.entrypoints import (
    HEARTBEAT_KEY,
    PREFETCH_KEY,
    TLS_KEY,
    URL_KEY,
    CompletionPoints,
    Deliveries,
    HandlerPoints,
    Points,
    Turns,
)
from lienthong.bus.handling import ResultHandler, TimerContext
from lienthong.bus.moving import Mover
from lienthong.bus.pacing import Pace
from lienthong.bus.timers import Timer, Turn
from lienthong.rpc.process import settle
from lienthong.rpc.settings import refuse_to_start
from lienthong.telemetry import logs, metrics

__all__ = ["Consumers", "Timer", "green", "run"]

# A handler may compute for some seconds without letting its neighbours, or a heartbeat, pass.
HEARTBEAT_S: Final = 30
# Not the green one: it may not be called where signals arrive.
_write = eventlet.patcher.original("os").write
_log = logs.get_logger("bus")


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumers:
    """What one service consumes, and with what.

    ``commands`` with ``servicer``: a command service and the object that has its methods.
    ``events``: an object with a method for each event that ``lienthong.bus.topology``
    says this service subscribed to. ``results``: takes the results of the queue
    ``gateway.results``. ``timers`` have a turn at the start and then every so often.
    ``behind``: the SQL that says for how many seconds what follows the database has been
    behind; large commands wait for it a little (:mod:`lienthong.bus.pacing`).
    """

    name: str
    commands: ServiceDescriptor | None = None
    servicer: object | None = None
    events: object | None = None
    results: ResultHandler | None = None
    timers: Sequence[Timer] = ()
    behind: LiteralString | None = None
    clock: transactions.Clock = utc_now


def run(consumers: Consumers) -> None:
    """The whole life of the process, from its environment to SIGTERM or SIGINT.

    Ends it with 2 for a wrong setting or a handler that does not fit its contract,
    with 1 if the container died.
    """
    try:
        settings = ConsumerSettings()
    except ValidationError as error:
        refuse_to_start(error)
    logs.configure(f"{consumers.name}-consumers", settings.log_level)
    if "grpc" in sys.modules:
        raise SystemExit("refusing to start: grpc is imported, and does not survive among green threads")
    with ExitStack() as stack:
        stack.callback(logs.flush)
        if settings.metrics_listen is not None:
            exposed, _ = metrics.serve(settings.metrics_listen)
            stack.callback(exposed.server_close)
        database = stack.enter_context(
            open_database(
                settings.database_url, name=consumers.name, connections=settings.database_connections
            )
        )
        mover = Mover(settings.broker.kombu_url(), tls=_tls(settings.amqp_url))
        stack.callback(mover.close)
        try:
            works = _works(consumers, database)
        except HandlerMismatch as error:
            raise SystemExit(f"refusing to start: {error}") from None
        turns = [Turn(timer, database, clock=consumers.clock) for timer in _timers(consumers)]
        runner = ServiceRunner(_config(settings, queues=len(works), timers=len(turns)))
        runner.add_service(_service(consumers.name, works, turns, mover))
        settle()
        _log.info("consumers.started", queues=[one.queue for one, _ in works])
        _live(runner, database, turns, settings)


def _works(consumers: Consumers, database: Database) -> list[tuple[work.Work, Points]]:
    """What is done with each queue. Raises :class:`HandlerMismatch`."""
    clock = consumers.clock
    works: list[tuple[work.Work, Points]] = []
    if consumers.commands is not None:
        commands = command_methods(consumers.commands, consumers.servicer)
        receiver = work.Commands(inbox.CommandInbox(commands, clock=clock), commands)
        queue = topology.command_queue(consumers.commands.full_name)
        pace = None if consumers.behind is None else Pace(database, consumers.behind)
        works.append((work.Work(queue, receiver, database, pace=pace), HandlerPoints()))
    if consumers.events is not None:
        events = event_methods(topology.SUBSCRIPTIONS.get(consumers.name, ()), consumers.events)
        taken = work.Events(hearing.EventInbox(events, clock=clock), events)
        works.append((work.Work(topology.events_queue(consumers.name), taken, database), HandlerPoints()))
    if consumers.results is not None:
        results = work.Results(hearing.ResultInbox(consumers.results, clock=clock))
        works.append((work.Work(topology.RESULTS, results, database), CompletionPoints()))
    return works


def _timers(consumers: Consumers) -> list[Timer]:
    """The service's own, and those that forget old marks."""
    timers = list(consumers.timers)
    if consumers.commands is not None:
        timers.append(Timer("prune_inbox", _prune_commands))
    if consumers.events is not None:
        timers.append(Timer("prune_events", _prune_events))
    return timers


def _prune_commands(context: TimerContext) -> bool:
    return _prune(context, events=False)


def _prune_events(context: TimerContext) -> bool:
    return _prune(context, events=True)


def _prune(context: TimerContext, *, events: bool) -> bool:
    pruned = pruning.prune(context.connection, events=events, now=context.now)
    _log.info("inbox.pruned", what="events" if events else "commands", marks=pruned)
    return pruned == pruning.AT_ONCE


def _service(name: str, works: list[tuple[work.Work, Points]], turns: list[Turn], mover: Mover) -> type:
    """The service class for nameko: two methods, and one entry point on them for each queue and each timer."""

    class Service:
        def work(self, work: work.Work, deliveries: list[work.Delivery], points: Points) -> Any:
            points.before()
            return work.together(deliveries)

        def turn(self, turn: Turn) -> None:
            turn()

    Service.name = f"{name}-consumers"  # type: ignore[attr-defined] # nameko reads it
    for queue, points in works:
        register_entrypoint(Service.work, Deliveries(queue, points, mover))
    for turn in turns:
        register_entrypoint(Service.turn, Turns(turn, turn.timer.every_s))
    return Service


def _config(settings: ConsumerSettings, *, queues: int, timers: int) -> dict[str, Any]:
    return {
        URL_KEY: settings.broker.kombu_url(),
        TLS_KEY: _tls(settings.amqp_url),
        HEARTBEAT_KEY: HEARTBEAT_S,
        PREFETCH_KEY: settings.prefetch,
        # Twice the prefetch: after a reconnection, what was in hand may still be at work.
        "max_workers": 2 * settings.prefetch * queues + timers + 1,
    }


def _tls(url: str) -> dict[str, Any] | None:
    """What py-amqp asks for TLS, from the options of an ``amqps`` URL."""
    parts = urlsplit(url)
    if parts.scheme != "amqps":
        return None
    import ssl

    given = dict(parse_qsl(parts.query))
    named = {"cafile": "ca_certs", "certfile": "certfile", "keyfile": "keyfile"}
    files = {ours: given[theirs] for theirs, ours in named.items() if theirs in given}
    return {**files, "cert_reqs": ssl.CERT_REQUIRED, "server_hostname": parts.hostname}


def _live(runner: ServiceRunner, database: Database, turns: list[Turn], settings: ConsumerSettings) -> None:
    """From the start of the container to its end, by a signal or by its own failure."""
    told = _Signals()
    starting = eventlet.spawn(runner.start)
    starting.link(told.ended)
    ending = eventlet.spawn(runner.wait)
    ending.link(told.ended)
    number = told.wait()
    if number is None:
        _log.error("consumers.died")
        logs.flush()
        os._exit(1)
    _log.info("consumers.stopping")
    database.stop()
    for turn in turns:
        turn.stop()
    drained = False
    with eventlet.Timeout(settings.stop_grace_s, exception=False):
        runner.stop()
        drained = True
    if drained:
        _log.info("consumers.stopped")
        return
    _log.warning("consumers.stopped_at_work")
    logs.flush()
    os._exit(1)


class _Signals:
    """Waits for SIGTERM or SIGINT, or for the container's own end.

    A signal alone does not wake the hub of the green threads; a byte in a pipe does.
    """

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._number: int | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._handle)

    def _handle(self, number: int, frame: object) -> None:
        del frame
        self._number = number
        _write(self._write, b"s")

    def ended(self, thread: Any) -> None:
        """The container has started (nothing to do), or one of its threads failed."""
        try:
            thread.wait()
        except Exception as error:  # noqa: BLE001 -- whatever it is, the process ends by it
            _log.error("consumers.failed", **logs.describe_exception(error))
            _write(self._write, b"e")

    def wait(self) -> int | None:
        """The signal's number; ``None`` if the container ended without one."""
        trampoline(self._read, read=True)
        return self._number
