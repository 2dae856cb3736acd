"""A load: two workers fill three databases and report as they go.

A worker that cannot report any more (the parent was killed) stops before it commits.
"""

import multiprocessing as mp
import resource
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from deploy.nation.people import Census
from deploy.nation.rows import Author
from deploy.nation.store import Filling, Label, Load, NationError

WORKERS: tuple[tuple[str, ...], ...] = (("identity", "contributions"), ("health_claims",))
"""The databases of each worker; about the same work for each."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What one worker has to do."""

    census: Census
    urls: Mapping[str, str]
    load_id: uuid.UUID
    population: int

    def identity(self) -> Load:
        """What the label of each database says."""
        census = self.census
        return Load(self.load_id, self.population, census.seed, census.calendar.as_of)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A worker got further: people written, or a new stage."""

    people: int = 0
    stage: str = ""


@dataclass(frozen=True, kw_only=True)
class Done:
    """A worker is finished."""

    labels: dict[str, Label]
    rows: dict[str, int]
    seconds: dict[str, float]
    """By stage."""
    peak_mib: int
    """Largest resident memory of the worker."""


@dataclass(frozen=True)
class Failed:
    """A worker gave up; nothing of its databases was changed."""

    reason: str


Report = Progress | Done | Failed


def fill(task: Task, report: Callable[[Report], None]) -> Done:
    """Fill the databases of this task.

    Raises :class:`NationError`, psycopg's errors, and whatever ``report`` raises.
    """
    seconds: dict[str, float] = {}
    clock = time.monotonic()

    def stage(name: str) -> None:
        nonlocal clock
        seconds[name] = time.monotonic() - clock
        clock = time.monotonic()
        report(Progress(stage=name))

    with ExitStack() as stack:
        fillings = {name: Filling(name, url) for name, url in task.urls.items()}
        for filling in fillings.values():
            stack.callback(filling.close)
        _write(task, fillings, report)
        stage("rows")
        with ThreadPoolExecutor(len(fillings)) as pool:
            list(pool.map(Filling.index, fillings.values()))
        stage("indexes")
        for filling in fillings.values():
            filling.derive(task.census.calendar.as_of)
        stage("accounts")
        labels = {name: filling.finish(task.identity()) for name, filling in fillings.items()}
        stage("commit")
        with ThreadPoolExecutor(len(fillings)) as pool:
            list(pool.map(Filling.tidy, fillings.values()))
        stage("vacuum")
    return Done(
        labels=labels,
        rows={name: filling.rows for name, filling in fillings.items()},
        seconds=seconds,
        peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )


def _write(task: Task, fillings: Mapping[str, Filling], report: Callable[[Report], None]) -> None:
    """Write all rows, chunk by chunk."""
    author = Author(task.census, tuple(task.urls))
    for filling in fillings.values():
        filling.begin()
    for name, rows in author.opening().items():
        fillings[name].write(rows)
    for people, chapter in author.chapters():
        for name, rows in chapter.items():
            fillings[name].write(rows)
        report(Progress(people=people))
    for name, rows in author.closing().items():
        fillings[name].write(rows)


def _work(task: Task, channel: Connection) -> None:
    """The body of a worker process."""
    try:
        channel.send(fill(task, channel.send))
    except BrokenPipeError:
        raise SystemExit("the parent is gone: nothing committed") from None
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        channel.send(Failed(f"{type(error).__name__}: {error}"))


def load(
    census: Census, urls: Mapping[str, str], population: int, on_progress: Callable[[int, Progress], None]
) -> list[Done]:
    """Fill all databases with one nation; ``on_progress`` gets the worker's number with each report.

    Raises :class:`NationError` if a worker fails. The databases then no longer
    agree, unless all failed; the next load repairs them.
    """
    context = mp.get_context("spawn")
    load_id = uuid.uuid4()
    channels: list[Connection] = []
    processes = []
    for databases in WORKERS:
        task = Task(
            census=census,
            urls={name: urls[name] for name in databases},
            load_id=load_id,
            population=population,
        )
        mine, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(task, theirs))
        process.start()
        theirs.close()  # so that the end of the worker is the end of the channel
        channels.append(mine)
        processes.append(process)
    try:
        return _collect(channels, on_progress)
    finally:
        for process, channel in zip(processes, channels, strict=True):
            channel.close()
            process.join()


def _collect(channels: Sequence[Connection], on_progress: Callable[[int, Progress], None]) -> list[Done]:
    """Hear the workers out; raises :class:`NationError` at the first that fails."""
    done: dict[int, Done] = {}
    while len(done) < len(channels):
        waiting = [channel for number, channel in enumerate(channels) if number not in done]
        for channel in wait(waiting):
            assert isinstance(channel, Connection)  # noqa: S101 - wait() returns what it was given
            number = channels.index(channel)
            try:
                report: Report = channel.recv()
            except EOFError:
                raise NationError("a worker was killed; run the load again") from None
            if isinstance(report, Failed):
                raise NationError(report.reason)
            if isinstance(report, Done):
                done[number] = report
            else:
                on_progress(number, report)
    return [done[number] for number in range(len(channels))]
