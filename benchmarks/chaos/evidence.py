"""What is known at the end of a run, and the form of a verdict about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from benchmarks.chaos.claims import FacilityModel
from benchmarks.chaos.model import BankModel, UnitModel
from benchmarks.chaos.parties import Parties
from benchmarks.chaos.script import Intent
from lienthong.bus import broker


@dataclass(frozen=True, slots=True)
class Verdict:
    """One invariant: what it says, how much was looked at, and where it does not hold."""

    says: str
    looked_at: int
    broken: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether it does, of anything at all."""
        return self.looked_at > 0 and not self.broken


@dataclass(frozen=True, slots=True)
class Operation:
    """A row of the gateway's operations."""

    operation_id: UUID
    key: str
    rpc: str
    ordering_key: str
    sequence: int
    state: int
    accepted_at: datetime
    result: bytes | None


@dataclass
class Evidence:
    """All that is known at the end of a run."""

    parties: Parties
    intents: Sequence[Intent]
    gateway: psycopg.Connection[Any]
    contributions: psycopg.Connection[Any]
    health_claims: psycopg.Connection[Any]
    broker: broker.Broker
    wrong: Sequence[str]
    """What the senders saw that must not be."""
    answers_refused: int
    dead_before: frozenset[str]
    """Messages that had been set aside before the run."""
    statistics: Sequence[str]
    """Databases that count something, as their folding worker."""
    statistics_secret: Path
    unit_models: dict[str, UnitModel] = field(default_factory=dict)
    banks: BankModel = field(default_factory=lambda: BankModel(frozenset()))
    facilities: dict[str, FacilityModel] = field(default_factory=dict)
    """By facility code."""

    @cached_property
    def operations(self) -> list[Operation]:
        """Those of this run, in the order of acceptance of each key."""
        rows = self.gateway.execute(
            "SELECT operation_id, idempotency_key, rpc, ordering_key, sequence, state, accepted_at, result"
            " FROM operation WHERE idempotency_key = ANY(%s) ORDER BY ordering_key, sequence",
            [[intent.key for intent in self.intents]],
        )
        return [Operation(*row) for row in rows]

    @cached_property
    def by_key(self) -> dict[str, Intent]:
        """The commands by their Idempotency-Key."""
        return {intent.key: intent for intent in self.intents}

    @cached_property
    def employer_ids(self) -> dict[str, int]:
        """Units by code."""
        codes = [unit.code for unit in self.parties.units]
        rows = self.contributions.execute(
            "SELECT employer_code, employer_id FROM employer WHERE employer_code = ANY(%s)", [codes]
        )
        return dict(rows.fetchall())


Check = Callable[[Evidence], Verdict]


def differences(found: dict[Any, Any], expected: dict[Any, Any]) -> list[str]:
    """What is otherwise than expected, in words."""
    keys = {*found, *expected}
    return [
        f"{key}: {found.get(key)} instead of {expected.get(key)}"
        for key in keys
        if found.get(key) != expected.get(key)
    ]
