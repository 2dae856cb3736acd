"""What the connector is asked, keeps and lists."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from lienthong import fields, names
from lienthong.client import Asking, Question

Document = dict[str, Any]
"""A JSON object of the contract, as the gateway writes it."""

CHECK = "/v1/coverage:check"


class DeskQuestion(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """``CheckCoverageRequest``, with the certificate that the patient presents and who asks."""

    identifier: str
    full_name: str
    born: str
    visit_on: str = ""
    visit: Document | None = None
    previous_check: str = ""
    certificate: str = ""
    purpose: str = ""
    staff: str = ""
    legal_basis: str = ""

    @property
    def who(self) -> tuple[str, str, str]:
        """Who is asked about, so that two spellings of one question are one.

        Raises WrongField for an identifier that is none.
        """
        return fields.card_identifier(self.identifier), names.match_key(self.full_name), self.born

    def body(self) -> Document:
        """What the gateway is asked."""
        asked = {
            "identifier": self.identifier,
            "fullName": self.full_name,
            "born": self.born,
            "visitOn": self.visit_on,
            "visit": self.visit,
            "previousCheck": self.previous_check,
        }
        return {name: value for name, value in asked.items() if value}

    def question(self, timeout_s: float) -> Question:
        """The same, for the SDK to sign."""
        asking = Asking(purpose=self.purpose, staff=self.staff, legal_basis=self.legal_basis)
        return Question(path=CHECK, body=self.body(), asking=asking, timeout_s=timeout_s)


class Source(StrEnum):
    """Where an answer comes from."""

    LINE = "line"
    CERTIFICATE = "certificate"
    KEPT = "kept"


class State(StrEnum):
    """What became of a provisional answer."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    CHANGED = "changed"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway said otherwise than the provisional answer."""

    what: str
    before: str
    after: str


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The last answer about a person, as the gateway signed it; ``day`` is the visit's."""

    question: DeskQuestion
    day: str
    body: bytes
    headers: dict[str, str]
    kept_at: datetime

    @property
    def answer(self) -> Document:
        """The signed bytes, read."""
        document: Document = msgspec.json.decode(self.body)
        return document


class SignedQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """The request as it was signed: it proves who asked what, and when."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A provisional answer, and all that it rested on. ``digest``: SHA-256 of the signed request's body."""

    evidence_id: str
    made_at: datetime
    day: str
    question: DeskQuestion
    request: SignedQuestion
    digest: str
    source: Source
    answer: Document
    certificate: str = ""
    kept: Kept | None = None


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway answered when the line was back."""

    settled_at: datetime
    changes: tuple[Change, ...] = ()
    body: bytes = b""
    headers: dict[str, str] = {}
    refused: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list: the evidence and what became of it."""

    state: State
    evidence: Evidence
    settled: Settled | None = None
