"""Real people of a loaded nation, for tests and load generators."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import psycopg

from deploy.nation.calendar import today
from deploy.nation.cards import ACTIVE
from deploy.nation.cast import cast
from deploy.nation.environment import runtime_urls
from deploy.nation.people import FIRST_RANDOM_ID
from deploy.nation.store import NationError, connect, read_label

BATCH = 5_000
"""People looked up at once, at most."""
ASKED = "unnest((SELECT %s::bigint[])) WITH ORDINALITY AS asked (person_id, n)"
"""The keys asked for. Behind the sub-select the planner does not see how many there
are and goes by key; a list of thousands in plain sight tempts it to read the whole table."""


@dataclass(frozen=True, slots=True)
class SampledPerson:
    """What a hospital's desk reads off a document."""

    identifier: str
    """Personal ID, 12 digits."""
    full_name: str
    born: str
    """``YYYY-MM-DD``, or ``YYYY`` where only the year is known."""


def sample(
    n: int, seed: int, *, on: date | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[SampledPerson]:
    """``n`` distinct people of the loaded nation whose only card is valid ``on`` (default: today).

    The same nation, seed and day give the same people in the same order. person_ids
    are drawn and looked up by key, so the time depends on ``n``, not on the nation.
    Raises :class:`NationError` if no nation is loaded or it has fewer such people.
    """
    urls = runtime_urls(("identity", "health_claims"), environment)
    with connect(urls["identity"]) as identity, connect(urls["health_claims"]) as health:
        label, other = read_label(identity), read_label(health)
        if label is None or other is None or label.load_id != other.load_id:
            raise NationError("no whole nation is loaded: python -m deploy.nation --population N")
        day, found = on or today(), 0
        for candidates in _candidates(label.population, seed, min(BATCH, n + n // 4 + 20)):
            if found == n:
                return
            insured = _insured(health, candidates, day)
            chosen = [person for person in candidates if person in insured][: n - found]
            yield from _described(identity, chosen)
            found += len(chosen)
        if found < n:
            raise NationError(
                f"{n:,} people wanted, but only {found:,} have exactly one card, valid on {day}"
            )


def _candidates(population: int, seed: int, batch: int) -> Iterator[list[int]]:
    """All random person_ids in an order drawn from ``seed``, a batch at a time.

    A permutation by an affine step needs no memory of those already drawn.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    size = population - len(cast(today()))
    step = int(rng.integers(size // 3, size)) | 1
    while np.gcd(step, size) != 1:
        step += 2
    start = int(rng.integers(0, size))
    for first in range(0, size, batch):
        count = min(batch, size - first)
        yield [FIRST_RANDOM_ID + (start + (first + k) * step) % size for k in range(count)]


def _insured(health: psycopg.Connection, people: list[int], day: date) -> set[int]:
    """Those whose only card is active and valid on this day."""
    rows = health.execute(  # ASKED is a constant of this module
        f"SELECT person_id FROM {ASKED} JOIN card USING (person_id) GROUP BY person_id"  # noqa: S608
        " HAVING count(*) = 1 AND bool_and(status = %s AND %s BETWEEN valid_from AND valid_to)",
        [people, ACTIVE, day],
    )
    return {row[0] for row in rows}


def _described(identity: psycopg.Connection, people: list[int]) -> list[SampledPerson]:
    """What identity knows of these people, in this order."""
    rows = identity.execute(
        "SELECT personal_id, full_name, coalesce(birth_date::text, birth_year::text)"  # noqa: S608
        f" FROM {ASKED} JOIN person USING (person_id) ORDER BY n",
        [people],
    )
    return [SampledPerson(*row) for row in rows]
