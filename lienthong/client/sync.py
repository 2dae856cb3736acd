"""The client for ordinary, blocking code."""

import os
import time
from collections.abc import Iterable, Iterator
from datetime import date
from types import TracebackType
from typing import Self

import httpx

from lienthong.client import commands, questions
from lienthong.client.accounts import DebtorPage, LedgerPage, ReportAnswer, ReportPage, Statement
from lienthong.client.answers import (
    AnswerT,
    AuditEntry,
    AuditPage,
    BatchCoverageAnswer,
    ContributionMonth,
    ContributionPage,
    CoverageAnswer,
    DatedCoverageAnswer,
    IdentityAnswer,
    Receipt,
    read_answer,
)
from lienthong.client.commands import DeclarationLine, Irregularity, NewEmployer, Payment
from lienthong.client.config import AgencyConfig, tls_context
from lienthong.client.errors import Unavailable
from lienthong.client.exchange import Exchange, Sent
from lienthong.client.health_calls import HealthCalls
from lienthong.client.operations import Operation, OperationPage, read_operation
from lienthong.client.questions import Asking, Born, Debts, Entries, Months, Person, Question
from lienthong.client.retry import LEAST_PAUSE_S, Patience, RetryPolicy

_DEFAULT = Asking()


class Client(HealthCalls):
    """Asks the gateway on behalf of one agency.

    Safe to share between threads. Close it, or use it as a context manager. Every
    method raises the errors of the tree in :mod:`lienthong.client`.
    """

    def __init__(
        self,
        agency: AgencyConfig | str | os.PathLike[str],
        *,
        retry: RetryPolicy | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        config = agency if isinstance(agency, AgencyConfig) else AgencyConfig.load(agency)
        self._exchange = Exchange(config)
        self._retry = retry or RetryPolicy()
        self._http = httpx.Client(
            timeout=questions.ANSWER_S, transport=transport, verify=tls_context(config.ca), trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def check_coverage(
        self,
        identifier: str,
        *,
        full_name: str,
        born: Born,
        visit_on: date | str | None = None,
        asking: Asking = _DEFAULT,
    ) -> CoverageAnswer:
        """Whether the card is valid on the day of the visit (today when None), and what it pays."""
        person = Person(identifier=identifier, full_name=full_name, born=born, visit_on=visit_on)
        return self._answer(questions.check_coverage(person, asking), CoverageAnswer)

    def batch_check_coverage(
        self, people: Iterable[Person], *, asking: Asking = _DEFAULT
    ) -> BatchCoverageAnswer:
        """``check_coverage`` for up to 1,000 people; each succeeds or fails alone."""
        return self._answer(questions.batch_check_coverage(people, asking), BatchCoverageAnswer)

    def get_coverage(
        self, identifier: str, *, as_of: date | str | None = None, asking: Asking = _DEFAULT
    ) -> DatedCoverageAnswer:
        """The cards that are or were valid on a day (today when None)."""
        return self._answer(questions.get_coverage(identifier, as_of, asking), DatedCoverageAnswer)

    def verify_identity(
        self,
        identifier: str,
        *,
        full_name: str | None = None,
        born: Born | None = None,
        sex: str | None = None,
        asking: Asking = _DEFAULT,
    ) -> IdentityAnswer:
        """Whether these particulars fit the person; ``sex`` is "male" or "female"."""
        question = questions.verify_identity(identifier, asking, full_name=full_name, born=born, sex=sex)
        return self._answer(question, IdentityAnswer)

    def contribution_page(
        self, months: Months, *, page_token: str = "", asking: Asking = _DEFAULT
    ) -> ContributionPage:
        """One page of a person's contributions, newest month first."""
        return self._answer(questions.contribution_months(months, page_token, asking), ContributionPage)

    def contribution_pages(self, months: Months, *, asking: Asking = _DEFAULT) -> Iterator[ContributionPage]:
        """Page after page, each asked for when it is needed."""
        token = ""
        while True:
            page = self.contribution_page(months, page_token=token, asking=asking)
            yield page
            token = page.next_page_token
            if not token:
                return

    def contribution_months(
        self, months: Months, *, asking: Asking = _DEFAULT
    ) -> Iterator[ContributionMonth]:
        """All of a person's contributions, newest month first."""
        for page in self.contribution_pages(months, asking=asking):
            yield from page.months

    def audit_page(self, entries: Entries, *, page_token: str = "", asking: Asking = _DEFAULT) -> AuditPage:
        """One page of the access log, newest entry first."""
        return self._answer(questions.audit_entries(entries, page_token, asking), AuditPage)

    def audit_pages(self, entries: Entries, *, asking: Asking = _DEFAULT) -> Iterator[AuditPage]:
        """Page after page, each asked for when it is needed."""
        token = ""
        while True:
            page = self.audit_page(entries, page_token=token, asking=asking)
            yield page
            token = page.next_page_token
            if not token:
                return

    def audit_entries(self, entries: Entries, *, asking: Asking = _DEFAULT) -> Iterator[AuditEntry]:
        """The access log, newest entry first."""
        for page in self.audit_pages(entries, asking=asking):
            yield from page.entries

    def submit_declaration(
        self, lines: Iterable[DeclarationLine], *, idempotency_key: str = "", asking: Asking = _DEFAULT
    ) -> Operation:
        """Declare up to 50,000 changes; the operation that carries them out."""
        return self._operation(commands.submit_declaration(lines, asking, idempotency_key))

    def record_payments(
        self, payments: Iterable[Payment], *, idempotency_key: str = "", asking: Asking = _DEFAULT
    ) -> Operation:
        """Record up to 50,000 payments that the bank has collected."""
        return self._operation(commands.record_payments(payments, asking, idempotency_key))

    def register_employer(
        self, employer: NewEmployer, *, idempotency_key: str = "", asking: Asking = _DEFAULT
    ) -> Operation:
        """Open a unit's account."""
        return self._operation(commands.register_employer(employer, asking, idempotency_key))

    def urge_payment(
        self,
        employer_code: str,
        *,
        document_number: str,
        issued_on: date | str,
        idempotency_key: str = "",
        asking: Asking = _DEFAULT,
    ) -> Operation:
        """Record the letter by which a unit was urged to pay."""
        question = commands.urge_payment(employer_code, document_number, issued_on, asking, idempotency_key)
        return self._operation(question)

    def report_irregularity(
        self, report: Irregularity, *, idempotency_key: str = "", asking: Asking = _DEFAULT
    ) -> Operation:
        """Report, as an employee, what her ledger shows to be wrong."""
        return self._operation(commands.report_irregularity(report, asking, idempotency_key))

    def advance_report(
        self,
        report_id: str,
        to_state: str,
        *,
        reason: str,
        recovered_vnd: int = 0,
        idempotency_key: str = "",
        asking: Asking = _DEFAULT,
    ) -> Operation:
        """Take a report one step further: ``to_state`` assigned, inspected, confirmed, rejected or recovered."""
        question = commands.advance_report(
            report_id, to_state, reason, asking, recovered_vnd=recovered_vnd, key=idempotency_key
        )
        return self._operation(question)

    def operation(self, operation_id: str, *, wait_s: float = 0, asking: Asking = _DEFAULT) -> Operation:
        """An operation as it is, or as it is when it ends within ``wait_s`` (30 at most)."""
        return self._operation(questions.operation(operation_id, asking, wait_s=wait_s))

    def wait(self, operation_id: str, *, timeout_s: float = 60.0, asking: Asking = _DEFAULT) -> Operation:
        """The operation once it has ended, or as it is after ``timeout_s``: still ``pending``."""
        until = time.monotonic() + timeout_s
        while True:
            asked = time.monotonic()
            found = self.operation(operation_id, wait_s=max(until - asked, 0), asking=asking)
            left = until - time.monotonic()
            if not found.pending or left <= 0:
                return found
            # A gateway that holds no more answers gives them at once.
            time.sleep(max(0.0, min(left, asked + LEAST_PAUSE_S - time.monotonic())))

    def operation_page(
        self, *, state: str = "", page_size: int = 0, page_token: str = "", asking: Asking = _DEFAULT
    ) -> OperationPage:
        """One page of the agency's operations, newest first; ``state`` such as ``pending``."""
        return self._answer(questions.operations(state, page_size, page_token, asking), OperationPage)

    def operations(
        self, *, state: str = "", page_size: int = 0, asking: Asking = _DEFAULT
    ) -> Iterator[Operation]:
        """All of the agency's operations, newest first, without their results."""
        token = ""
        while True:
            page = self.operation_page(state=state, page_size=page_size, page_token=token, asking=asking)
            yield from page.operations
            token = page.next_page_token
            if not token:
                return

    def ledger_page(self, months: Months, *, page_token: str = "", asking: Asking = _DEFAULT) -> LedgerPage:
        """One page of a person's ledger, newest month first; totals and gaps on the first."""
        return self._answer(questions.ledger(months, page_token, asking), LedgerPage)

    def ledger_pages(self, months: Months, *, asking: Asking = _DEFAULT) -> Iterator[LedgerPage]:
        """Page after page, each asked for when it is needed."""
        token = ""
        while True:
            page = self.ledger_page(months, page_token=token, asking=asking)
            yield page
            token = page.next_page_token
            if not token:
                return

    def statement(
        self,
        employer_code: str = "",
        *,
        as_of: date | str | None = None,
        days: int = 0,
        asking: Asking = _DEFAULT,
    ) -> Statement:
        """A unit's account as of a day (today when None), with the interest of its last ``days`` days."""
        return self._answer(questions.statement(employer_code, as_of, days, asking), Statement)

    def debtor_page(self, debts: Debts, *, page_token: str = "", asking: Asking = _DEFAULT) -> DebtorPage:
        """One page of the units that owe, oldest debt first."""
        return self._answer(questions.debtors(debts, page_token, asking), DebtorPage)

    def debtor_pages(self, debts: Debts, *, asking: Asking = _DEFAULT) -> Iterator[DebtorPage]:
        """Page after page, each asked for when it is needed."""
        token = ""
        while True:
            page = self.debtor_page(debts, page_token=token, asking=asking)
            yield page
            token = page.next_page_token
            if not token:
                return

    def report(self, report_id: str, *, asking: Asking = _DEFAULT) -> ReportAnswer:
        """A report with every step that it took."""
        return self._answer(questions.report(report_id, asking), ReportAnswer)

    def report_page(
        self, *, state: str = "", page_size: int = 0, page_token: str = "", asking: Asking = _DEFAULT
    ) -> ReportPage:
        """One page of reports, newest first; ``state`` such as ``received``."""
        return self._answer(questions.reports(state, page_size, page_token, asking), ReportPage)

    def report_pages(
        self, *, state: str = "", page_size: int = 0, asking: Asking = _DEFAULT
    ) -> Iterator[ReportPage]:
        """Page after page, each asked for when it is needed."""
        token = ""
        while True:
            page = self.report_page(state=state, page_size=page_size, page_token=token, asking=asking)
            yield page
            token = page.next_page_token
            if not token:
                return

    def ask(self, question: Question) -> Receipt:
        """Send any question, with retries where they are safe; the receipt of its verified answer."""
        started = time.monotonic()
        patience = Patience(self._retry, started)
        while True:
            try:
                receipt = self.send(self._exchange.prepare(question))
            except Unavailable as error:
                wait = patience.wait_after(error, repeatable=question.repeatable, now=time.monotonic())
                if wait is None:
                    raise
                time.sleep(wait)
            else:
                return self._exchange.timed(receipt, time.monotonic() - started)

    def prepare(self, question: Question) -> Sent:
        """Sign without sending: for a caller that wants to see, or to keep, what it sends."""
        return self._exchange.prepare(question)

    def send(self, sent: Sent) -> Receipt:
        """Send a signed request once. Sending the same bytes twice is a replay and is refused."""
        try:
            response = self._http.request(
                sent.method, sent.url, headers=sent.headers, content=sent.body, timeout=sent.timeout_s
            )
        except httpx.TransportError as error:
            raise Unavailable(f"{type(error).__name__} at {sent.url}") from error
        return self._exchange.read(sent, response.status_code, response.headers.raw, response.content)

    def pass_on(self, sent: Sent) -> Receipt:
        """Send a signed request once; whatever the gateway signed in answer, octets as they came.

        Raises Unavailable and AnswerNotTrusted, but no Refused: a refusal comes back as it is.
        """
        try:
            with self._http.stream(
                sent.method, sent.url, headers=sent.headers, content=sent.body, timeout=sent.timeout_s
            ) as response:
                # Not decoded: the signature is over the octets that were sent.
                body = b"".join(response.iter_raw())
        except httpx.TransportError as error:
            raise Unavailable(f"{type(error).__name__} at {sent.url}") from error
        return self._exchange.verified(sent, response.status_code, response.headers.raw, body)

    def _answer(self, question: Question, kind: type[AnswerT]) -> AnswerT:
        return read_answer(self.ask(question), kind)

    def _operation(self, question: Question) -> Operation:
        return read_operation(self.ask(question))
