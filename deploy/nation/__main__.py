"""``python -m deploy.nation``: load a synthetic nation into the databases of the stack."""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date

import psycopg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from deploy.nation import loading, statistics
from deploy.nation.calendar import Calendar, today
from deploy.nation.cast import cast
from deploy.nation.environment import owner_urls
from deploy.nation.people import Census
from deploy.nation.store import Found, NationError, NotEmptyError, State, inspect

SMALLEST = 1_000
DEFAULT_POPULATION = 100_000
NOTHING_CHANGED, FAILED = 0, 1


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m deploy.nation", description=__doc__)
    parser.add_argument(
        "--population", type=int, default=DEFAULT_POPULATION, help="people, the cast included"
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same people")
    parser.add_argument(
        "--as-of",
        type=date.fromisoformat,
        default=None,
        help="the day on which the nation is; today in Việt Nam",
    )
    parser.add_argument(
        "--no-wait", action="store_true", help="do not wait until statistics have counted the people"
    )
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument(
        "--replace", action="store_true", help="empty the databases first, whatever they hold"
    )
    existing.add_argument("--if-empty", action="store_true", help="do nothing if a nation is loaded")
    options = parser.parse_args(given)
    if options.population < SMALLEST:
        parser.error(f"--population must be {SMALLEST:,} or more")
    if options.seed < 0:
        parser.error("--seed must not be negative")
    return options


def wanted(found: Found, *, replace: bool, if_empty: bool) -> bool:
    """Whether to load, given what is there.

    Raises :class:`NotEmptyError` if that would destroy something that nobody said to replace.
    """
    if replace or found.state in (State.EMPTY, State.INTERRUPTED):
        return True
    if found.state is State.WHOLE and if_empty:
        return False
    described = describe(found)
    raise NotEmptyError(f"the databases hold {described}; --replace deletes it and loads a new nation")


def describe(found: Found) -> str:
    """What is there, in words."""
    if found.label is None:
        return found.state.value
    label = found.label
    return f"a nation of {label.population:,} people (seed {label.seed}, as of {label.as_of})"


def run(options: argparse.Namespace, console: Console, urls: Mapping[str, str]) -> None:
    """Load the nation that was asked for, or say why there is nothing to do."""
    found = inspect(urls)
    if not wanted(found, replace=options.replace, if_empty=options.if_empty):
        console.print(f"Nothing to do: the databases hold {describe(found)}.")
        return
    if found.state is State.INTERRUPTED:
        console.print("The databases hold part of a nation whose load was interrupted: loading again.")
    as_of = options.as_of or today()
    console.print(f"A nation of {options.population:,} people, seed {options.seed}, as of {as_of}")
    census = Census(
        population=options.population - len(cast(as_of)), seed=options.seed, calendar=Calendar(as_of)
    )
    started = time.monotonic()
    done = load_with_progress(census, urls, options.population, console)
    summarise(done, time.monotonic() - started, console)
    if not options.no_wait:
        console.print(statistics.await_built(urls))


def load_with_progress(
    census: Census, urls: Mapping[str, str], population: int, console: Console
) -> list[loading.Done]:
    """Load with a bar for each worker."""
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[stage]}"), TimeElapsedColumn(), console=console,
    )  # fmt: skip
    with bar:
        tasks: list[TaskID] = [
            bar.add_task(" + ".join(databases), total=census.population, stage="rows")
            for databases in loading.WORKERS
        ]

        def on_progress(worker: int, progress: loading.Progress) -> None:
            bar.advance(tasks[worker], progress.people)
            if progress.stage:
                bar.update(tasks[worker], stage=NEXT_STAGE[progress.stage])

        return loading.load(census, urls, population, on_progress)


NEXT_STAGE = {
    "rows": "indexes",
    "indexes": "accounts",
    "accounts": "commit",
    "commit": "vacuum",
    "vacuum": "done",
}


def summarise(done: Sequence[loading.Done], seconds: float, console: Console) -> None:
    """Rows, seconds and memory of a load."""
    for worker in done:
        stages = ", ".join(f"{name} {spent:.1f} s" for name, spent in worker.seconds.items())
        for name, rows in worker.rows.items():
            console.print(f"  {name}: {rows:,} rows, digest {worker.labels[name].digest}")
        console.print(f"    {stages}; peak memory {worker.peak_mib} MiB")
    console.print(f"{sum(sum(worker.rows.values()) for worker in done):,} rows in {seconds:.1f} s")


def main(given: Sequence[str] | None = None) -> int:
    """0 when the databases hold a whole nation afterwards, 1 otherwise."""
    options = arguments(given)
    console = Console(highlight=False)
    try:
        run(options, console, owner_urls())
    except NationError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    except psycopg.OperationalError as error:
        sys.stderr.write(f"a database is out of reach: {error}\n")
        return FAILED
    return NOTHING_CHANGED


if __name__ == "__main__":
    raise SystemExit(main())
