"""What the steps of the story have in hand: the agencies, the registry, and a way to say what must be."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from deploy.local.stack import Stack
from deploy.nation.calendar import today
from deploy.nation.cast import Member, cast, unpaid_months
from lienthong.client import Client, Receipt, Refused
from services.contributions.domain.months import deadline

if TYPE_CHECKING:
    from deploy.demo.offline import Hospital


class NotAsTold(Exception):
    """A step came out differently; the message says what was expected and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the audit log must hold for one request."""

    step: int
    request_id: str
    agency_id: str
    outcome: str


@dataclass(slots=True, kw_only=True)
class Stage:
    """The stack being played on. ``made_on`` is the day on which the nation was made."""

    stack: Stack
    made_on: date
    step: int = 0
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    entries: list[Entry] = field(default_factory=list)
    clients: dict[str, Client] = field(default_factory=dict)
    newcomer: Member | None = None
    """Whom the employer declares in this story."""
    treatment_code: str = ""
    """The treatment for which the first of the cast is admitted."""
    hospital: "Hospital | None" = None
    """The hospital's connector, while it runs."""

    def folder(self, agency_id: str) -> Path:
        """The folder of a demo agency."""
        return self.stack.agencies / agency_id

    def client(self, agency_id: str) -> Client:
        """The SDK as this agency uses it: one for the whole story, its connection stays open."""
        if agency_id not in self.clients:
            self.clients[agency_id] = Client(self.folder(agency_id))
        return self.clients[agency_id]

    @staticmethod
    def clock() -> datetime:
        """Now."""
        return datetime.now(UTC)

    def close(self) -> None:
        """Close the connections."""
        for client in self.clients.values():
            client.close()

    def registry(self) -> psycopg.Connection[Any]:
        """The registry of agencies, as its owner."""
        url = self.stack.database_url("gateway", "gateway_owner")
        return psycopg.connect(url, connect_timeout=5, autocommit=True)

    def person(self, person_id: int) -> Member:
        """Someone of the fixed cast."""
        return next(m for m in cast(self.made_on) if m.person_id == person_id)

    def late_months(self) -> list[str]:
        """Those of the months that her employer has not paid whose deadline has passed, ``YYYY-MM``, oldest first."""
        unpaid = unpaid_months(self.made_on)
        return sorted(f"{month:%Y-%m}" for month in unpaid if deadline(month) < today())

    def answered(self, agency_id: str, receipt: Receipt | None) -> None:
        """The log must hold this answer."""
        if receipt is None:
            raise NotAsTold("an answer came without its receipt")
        self._note(agency_id, receipt.request_id, "ok")

    def refused(self, agency_id: str, error: Refused, reason: str, status: int) -> str:
        """The refusal must be this one, and the log must hold it; a line that tells it."""
        expect(f"{error.status} {error.reason}", f"{status} {reason}", "the refusal")
        self._note(agency_id, error.request_id, reason)
        return f"{error.status} [bold]{error.reason}[/] – {error.problem.title}"

    def _note(self, agency_id: str, request_id: str, outcome: str) -> None:
        if not request_id:
            raise NotAsTold("the answer carries no x-request-id")
        self.entries.append(
            Entry(step=self.step, request_id=request_id, agency_id=agency_id, outcome=outcome)
        )


def expect(found: object, told: object, what: str) -> None:
    """Raise NotAsTold unless both are equal."""
    if found != told:
        raise NotAsTold(f"{what}: expected {told!r}, found {found!r}")
