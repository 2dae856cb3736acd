"""The worker that keeps the cubes of one database current: ``python -m lienthong.statistics.folding``.

Guarantee: every committed change is in the true cells exactly once
(:mod:`lienthong.statistics.batches`), within a fraction of a second while it keeps up;
what waits is in the database and has no bound but its disk. Several workers of one
database are safe: one holds an advisory lock and folds, the others wait for its end.

A flow that was never built is built from the base tables, a month that begins is opened;
both are one transaction each, during which changes wait. Without its database it tries
again, at most two seconds apart.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final, LiteralString

import psycopg
from psycopg import IsolationLevel
from psycopg.conninfo import conninfo_to_dict

from lienthong.bus import failpoints
from lienthong.clock import Today, vietnam_today
from lienthong.statistics import batches, flows, forgetting, measures, opening, settings, tables
from lienthong.statistics.batches import Folded
from lienthong.statistics.flows import Connection, Flow, Rules
from lienthong.statistics.settings import FoldingSettings
from lienthong.telemetry import logs, metrics

_log = logs.get_logger("folding")

ADVISORY_LOCK: Final = 0x4C69_7374
"""One worker of a database, to be exact of a schema in it, folds: "List", with the schema's hash."""
_OPTIONS: Final = (
    "-c TimeZone=UTC -c jit=off -c lock_timeout=15s -c statement_timeout=60s"
    # A commit that a crash of the server forgets takes nothing with it that the deltas do not hold.
    " -c synchronous_commit=off"
    # Functions of the flows fold the batch's contributors in: a plan for others is worth nothing.
    " -c plan_cache_mode=force_custom_plan"
)
_PATIENT: Final[LiteralString] = "SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '128MB'"
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 2.0
_MEASURE_S: Final = 1.0
_SETTLE_EVERY_S: Final = 60.0
_SETTLE_MOST: Final = 50_000
"""Waiting cells that are looked at in one transaction."""

_TAKE_LEAD: Final[LiteralString] = "SELECT pg_try_advisory_lock(%s, hashtext(current_schema()))"
_STATE: Final[LiteralString] = f"SELECT (SELECT count(*) FROM stat_delta), ({tables.BEHIND})"  # noqa: S608 -- constants


def connect(url: str, *, name: str) -> Connection:
    """A connection whose transactions see one moment each. Raises ``psycopg.OperationalError``."""
    connection = psycopg.connect(
        url,
        autocommit=True,
        application_name=name,
        options=f"{conninfo_to_dict(url).get('options') or ''} {_OPTIONS}",
        connect_timeout=5,
        prepare_threshold=None,
        keepalives_idle=10,
        keepalives_interval=3,
        keepalives_count=3,
        tcp_user_timeout=30_000,
    )
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    return connection


def open_due(connection: Connection, rules: Rules, *, through: int) -> int:
    """Build the flows that never were, open the months that have begun; how many flows that were."""
    opened = 0
    while _open_next(connection, rules, through):
        opened += 1
    return opened


def _open_next(connection: Connection, rules: Rules, through: int) -> bool:
    """Whether there was a flow to open; the first of them, in one transaction."""
    begun = monotonic()
    with connection.transaction():
        found = next(_due(connection, through), None)
        if found is None:
            return False
        flow, last = found
        connection.execute(_PATIENT)
        cells = opening.open_months(connection, flow, rules, through=last, now=_now(connection))
    seconds = round(monotonic() - begun, 1)
    _log.info(
        "statistics.opened", flow=flow.name, through=flows.month_text(last), cells=cells, seconds=seconds
    )
    return True


def _due(connection: Connection, through: int) -> Iterator[tuple[Flow, int]]:
    """The flows that are to be opened, each with its last month."""
    for flow in flows.load(connection):
        if flow.opened_through is None or flow.opened_through < through:
            _, last = opening.closed_months(connection, flow, through=through)
            if flow.opened_through is None or flow.opened_through < last:
                yield flow, last


def fold_once(connection: Connection, rules: Rules, *, most: int) -> Folded:
    """One batch in one transaction."""
    begun = monotonic()
    with connection.transaction():
        # The first statement takes the snapshot: flows, deltas and base tables are of one moment.
        known = flows.load(connection)
        folded = batches.fold(connection, known, rules, most=most, now=_now(connection))
    failpoints.reach("statistics.committed")
    if folded.deltas:
        measures.BATCH.observe(monotonic() - begun)
        measures.FOLDED.inc(folded.deltas)
        measures.CELLS.inc(folded.cells)
        measures.RELEASED.inc(folded.released)
    return folded


def settle_all(connection: Connection, rules: Rules) -> int:
    """Publish what has waited long enough in every flow; how many cells that were."""
    released = 0
    for name in [flow.name for flow in flows.load(connection)]:
        with connection.transaction():
            flow = next(one for one in flows.load(connection) if one.name == name)
            now = _now(connection)
            before = now - timedelta(seconds=rules.parameters.settle_seconds)
            released += batches.settle(connection, flow, rules, before=before, most=_SETTLE_MOST, now=now)
    measures.RELEASED.inc(released)
    return released


def _now(connection: Connection) -> datetime:
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None  # noqa: S101 -- a SELECT without FROM has one row
    now: datetime = row[0]
    return now


class Folding:
    """The worker's life on one database."""

    def __init__(self, configured: FoldingSettings, *, today: Today = vietnam_today) -> None:
        self.name = f"folding-{conninfo_to_dict(configured.database_url).get('dbname', '')}"
        self._settings = configured
        self._rules = configured.rules
        self._today = today
        self._stopping = threading.Event()
        self._measured_at = 0.0
        self._settled_at = 0.0

    def stop(self) -> None:
        """End after the batch under way."""
        self._stopping.set()

    def run(self) -> None:
        """Fold until :meth:`stop`, again and again while the database fails."""
        pause = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            begun = monotonic()
            try:
                with connect(self._settings.database_url, name=self.name) as connection:
                    metrics.dependency("postgresql").set(1)
                    self._wait_for_the_lead(connection)
                    self._lead(connection)
            except psycopg.OperationalError as error:
                metrics.dependency("postgresql").set(0)
                _log.warning("folding.interrupted", error=type(error).__name__)
            measures.LEADS.set(0)
            long_ago = monotonic() - begun > _LONGEST_PAUSE_S
            pause = _FIRST_PAUSE_S if long_ago else min(2 * pause, _LONGEST_PAUSE_S)
            self._stopping.wait(pause)

    def _wait_for_the_lead(self, connection: Connection) -> None:
        while not self._stopping.is_set():
            row = connection.execute(_TAKE_LEAD, [ADVISORY_LOCK]).fetchone()
            if row is not None and row[0]:
                measures.LEADS.set(1)
                return
            self._stopping.wait(self._settings.poll_s)

    def _lead(self, connection: Connection) -> None:
        connection.execute(f"LISTEN {tables.CHANNEL}")
        while not self._stopping.is_set():
            open_due(connection, self._rules, through=flows.month_number(self._today()))
            folded = fold_once(connection, self._rules, most=self._settings.batch_deltas)
            self._measure(connection)
            if monotonic() - self._settled_at > _SETTLE_EVERY_S:
                settle_all(connection, self._rules)
                if forgotten := forgetting.forget_old(connection):
                    _log.info("statistics.forgotten", rows=forgotten)
                self._settled_at = monotonic()
            if folded.deltas >= self._settings.batch_deltas:
                continue
            if folded.deltas:
                self._stopping.wait(self._settings.gather_s)
                continue
            for _ in connection.notifies(timeout=self._settings.poll_s, stop_after=1):
                pass
            self._stopping.wait(self._settings.gather_s)

    def _measure(self, connection: Connection) -> None:
        if monotonic() - self._measured_at < _MEASURE_S:
            return
        self._measured_at = monotonic()
        row: tuple[Any, ...] | None = connection.execute(_STATE).fetchone()
        waiting, lag = row or (0, None)
        measures.WAITING.set(waiting)
        measures.LAG.set(lag or 0.0)


def _serve(configured: FoldingSettings, listen_for: Callable[[int, Callable[..., None]], object]) -> None:
    folding = Folding(configured)
    for number in (signal.SIGTERM, signal.SIGINT):
        listen_for(number, lambda *_: folding.stop())
    logs.configure(folding.name, configured.log_level)
    with metrics.exposed(configured.metrics_listen):
        _log.info("folding.started")
        folding.run()
        _log.info("folding.stopped")


def main() -> None:
    """The life of the process, from its environment to SIGTERM."""
    _serve(settings.load(), signal.signal)
    logs.flush()


if __name__ == "__main__":
    main()
