"""Contributions' commands called over the real database, in a transaction that is never committed."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import uuid4

import psycopg
from google.protobuf.message import Message

from lienthong.bus.handling import CommandContext, TimerContext
from services.contributions.commands.servicer import ContributionsCommands
from vss.bus.v1 import bus_pb2
from vss.contributions.v1 import commands_pb2 as pb
from vss.types.v1 import text_pb2

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)
PROVINCE = "01"
_people = count(9_100_000_000)


@dataclass
class Published:
    """What was published, in order."""

    events: list[Message] = field(default_factory=list)

    def __call__(self, event: Message, *, key: str = "") -> None:
        assert key, "every event of contributions is ordered by its unit or report"
        self.events.append(event)

    def of(self, kind: type[Message]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@dataclass
class Desk:
    """The command service on a day of one's choice."""

    connection: psycopg.Connection[Any]
    now: datetime = NOON
    published: Published = field(default_factory=Published)
    servicer: ContributionsCommands = field(default_factory=ContributionsCommands)

    def context(self, *, agency: str = "test-agency", staff: str = "001090000001") -> CommandContext:
        return CommandContext(
            connection=self.connection,
            operation_id=uuid4(),
            caller=bus_pb2.Caller(agency_id=agency, key_id="key", staff=staff),
            purpose="collection",
            sequence=1,
            evidence=bytes(32),
            accepted_at=self.now,
            now=self.now,
            publish=self.published,
        )

    def timer(self) -> TimerContext:
        return TimerContext(connection=self.connection, now=self.now, publish=self.published)

    def on(self, year: int, month: int, day: int) -> "Desk":
        """The same desk at noon of another day."""
        return Desk(self.connection, datetime(year, month, day, 5, tzinfo=UTC), self.published, self.servicer)

    def opened_through(self, month: date) -> None:
        """Months up to it count as charged."""
        self.connection.execute("UPDATE book SET opened_through = %s", [month])

    def register(self, code: str, **given: Any) -> pb.RegisterEmployerResponse:
        request = {
            "name": "Công ty TNHH Thử Nghiệm",
            "province_code": PROVINCE,
            "sector": pb.SECTOR_PRIVATE,
            "region": 1,
            "obliged_since": "2026-01-01",
            "province_of_asker": PROVINCE,
        }
        return self.servicer.RegisterEmployer(
            pb.RegisterEmployerRequest(employer_code=code, **{**request, **given}), self.context()
        )

    def declare(self, code: str, *lines: pb.DeclarationLine) -> pb.SubmitDeclarationResponse:
        return self.servicer.SubmitDeclaration(
            pb.SubmitDeclarationRequest(employer_code=code, lines=lines), self.context()
        )

    def pay(
        self, code: str, vnd: int, day: str, reference: str | None = None, bank: str = "test-bank"
    ) -> pb.RecordPaymentsResponse:
        return self.pay_all(bank, payment(code, vnd, day, reference))

    def pay_all(self, bank: str, *payments: pb.Payment) -> pb.RecordPaymentsResponse:
        return self.servicer.RecordPayments(
            pb.RecordPaymentsRequest(bank_id=bank, payments=payments), self.context(agency=bank)
        )

    def urge(self, code: str, number: str = "1/BHXH", **given: Any) -> pb.UrgePaymentResponse:
        request = {"issued_on": f"{self.now:%Y-%m-%d}", "province_of_asker": PROVINCE, **given}
        return self.servicer.UrgePayment(
            pb.UrgePaymentRequest(employer_code=code, document_number=number, **request), self.context()
        )

    def charges(self, code: str) -> dict[tuple[str, int, int], tuple[int, int, date | None]]:
        """(due, paid, settled on) by (month, entry, fund), without what is nothing."""
        rows = self.connection.execute(
            "SELECT to_char(month, 'YYYY-MM'), entry, fund, due_vnd, paid_vnd, settled_on"
            " FROM charge JOIN employer USING (employer_id) WHERE employer_code = %s AND due_vnd > 0",
            [code],
        )
        return {tuple(row[:3]): tuple(row[3:]) for row in rows}

    def account(self, code: str) -> Any:
        """owed, oldest unpaid, told state, next entry, under-declared, unregistered."""
        return self.connection.execute(
            "SELECT owed_vnd, oldest_unpaid, told_state, next_entry, underdeclared, unregistered"
            " FROM employer_account JOIN employer USING (employer_id) WHERE employer_code = %s",
            [code],
        ).fetchone()

    def advance(self, code: str) -> int:
        """Paid and not allocated."""
        row = self.connection.execute(
            "SELECT coalesce(sum(unallocated_vnd), 0) FROM payment JOIN employer USING (employer_id)"
            " WHERE employer_code = %s",
            [code],
        ).fetchone()
        assert row is not None
        return int(row[0])

    def periods(self, person: text_pb2.Person) -> list[tuple[Any, ...]]:
        return self.connection.execute(
            "SELECT to_char(valid_from, 'YYYY-MM'), to_char(valid_to, 'YYYY-MM'), schemes, base_vnd, position,"
            " entry, to_char(regular_from, 'YYYY-MM') FROM participation WHERE person_id = %s ORDER BY valid_from",
            [person.person_id],
        ).fetchall()


def person(name: str = "Trần Thị Thử") -> text_pb2.Person:
    """Somebody whom no test knows yet."""
    number = next(_people)
    return text_pb2.Person(
        person_id=number, personal_id=f"{number:012d}", full_name=name, born="1990-01-01", province_code="01"
    )


def line(who: text_pb2.Person, kind: int, first: str, **given: Any) -> pb.DeclarationLine:
    """A line about somebody under her own name."""
    values = {"identifier": who.personal_id, "full_name": who.full_name, "from_month": first, "person": who}
    return pb.DeclarationLine(kind=pb.LineKind.Name(kind), **{**values, **given})


def increase(
    who: text_pb2.Person, first: str, base_vnd: int = 10_000_000, **given: Any
) -> pb.DeclarationLine:
    return line(who, pb.LINE_KIND_INCREASE, first, base_vnd=base_vnd, **given)


def payment(code: str, vnd: int, day: str, reference: str | None = None) -> pb.Payment:
    return pb.Payment(
        employer_code=code, amount_vnd=vnd, value_date=day, reference=reference or f"T-{uuid4().hex[:20]}"
    )
