"""The cards of whom the benchmarks declare, put back before the next run, which then finds the same people.

What is declared gives people cards, and takes them back. Whoever has other cards than the nation gave
is drawn no more (:mod:`deploy.nation.sampling`): without this some ten runs used up a small nation. What a card was is kept
beside the cards, in a table of the benchmarks' own, of the nation that is loaded.
"""

import time
from collections.abc import Sequence
from typing import Final

import psycopg

from benchmarks.stack import BenchError
from deploy.nation.sampling import SampledPerson
from deploy.nation.store import read_label

_FOLDED_S: Final = 120.0
_EVERY_S: Final = 0.1

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS benchmark_card (
    load_id   uuid   NOT NULL,
    person_id bigint NOT NULL,
    card      jsonb  NOT NULL,
    CONSTRAINT benchmark_card_pkey PRIMARY KEY (person_id, load_id)
)
"""
_OTHERS: Final = "DELETE FROM benchmark_card WHERE load_id <> %s"
_KEEP: Final = """
INSERT INTO benchmark_card (load_id, person_id, card)
SELECT %s, c.person_id, to_jsonb(c)
FROM unnest(%s::text[]) AS asked (identifier) JOIN holder_identifier USING (identifier) JOIN card c USING (person_id)
ON CONFLICT DO NOTHING
"""
_NOT_EMPLOYED: Final = """
DELETE FROM employment e USING benchmark_card k WHERE e.person_id = k.person_id AND e.employer_code = ANY(%s)
"""
_GONE: Final = """
DELETE FROM card c USING benchmark_card k WHERE c.person_id = k.person_id AND to_jsonb(c) <> k.card
"""
_BACK: Final = """
INSERT INTO card SELECT (jsonb_populate_record(NULL::card, card)).* FROM benchmark_card ON CONFLICT DO NOTHING
"""


def keep(owner_url: str, people: Sequence[SampledPerson]) -> None:
    """Remember the one card that each of these has, unless it is remembered already."""
    with psycopg.connect(owner_url) as connection:
        connection.execute(_KEEP, [_load_id(connection), [person.identifier for person in people]])


def put_back(owner_url: str, employer_codes: Sequence[str]) -> None:
    """Let everybody have the card again that is remembered, and be employed by none of these units.

    Returns when the statistics have it too: nothing of this is part of what is measured. Raises ``BenchError``.
    """
    with psycopg.connect(owner_url) as connection:
        connection.execute(_TABLE)
        connection.execute(_OTHERS, [_load_id(connection)])
        connection.execute(_NOT_EMPLOYED, [list(employer_codes)])
        changed = connection.execute(_GONE).rowcount
        connection.execute(_BACK)
    if changed:
        _await_folded(owner_url)


def _load_id(connection: psycopg.Connection) -> object:
    label = read_label(connection)
    if label is None:
        raise BenchError("no whole nation is loaded: make seed")
    return label.load_id


def _await_folded(owner_url: str) -> None:
    deadline = time.monotonic() + _FOLDED_S
    with psycopg.connect(owner_url, autocommit=True) as connection:
        while connection.execute("SELECT EXISTS (SELECT FROM stat_delta)").fetchone() == (True,):
            if time.monotonic() > deadline:
                raise BenchError(f"cards that were put back were not counted within {_FOLDED_S:.0f} s")
            time.sleep(_EVERY_S)
