"""The calls of health insurance, for blocking code.

``Client`` inherits them; they stand here because a client of every capability in one file
is one that nobody reads.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import date, datetime

from lienthong.client import health_questions, questions
from lienthong.client.answers import AnswerT, CoverageAnswer
from lienthong.client.health import (
    CertificateAnswer,
    PastVisit,
    RunningDrugs,
    SensitiveVisits,
    VisitAnswer,
    VisitPage,
)
from lienthong.client.health_questions import Admission, Visits
from lienthong.client.operations import Operation
from lienthong.client.questions import Asking, Person, Question

_DEFAULT = Asking()


class HealthCalls(ABC):
    """What ``Client`` can ask health insurance."""

    @abstractmethod
    def _answer(self, question: Question, kind: type[AnswerT]) -> AnswerT: ...

    @abstractmethod
    def _operation(self, question: Question) -> Operation: ...

    def check(self, person: Person, *, asking: Asking = _DEFAULT) -> CoverageAnswer:
        """Whether the card is valid and, with a ``visit``, what the fund pays for it and why."""
        return self._answer(questions.check_coverage(person, asking), CoverageAnswer)

    def issue_certificate(self, person: Person, *, asking: Asking = _DEFAULT) -> CertificateAnswer:
        """A certificate that works without a line. Raises NotCovered without a card that is valid today."""
        return self._answer(health_questions.issue_certificate(person, asking), CertificateAnswer)

    def visit_page(self, visits: Visits, *, page_token: str = "", asking: Asking = _DEFAULT) -> VisitPage:
        """One page of a person's visits, newest first."""
        return self._answer(health_questions.visits(visits, page_token, asking), VisitPage)

    def visit_pages(self, visits: Visits, *, asking: Asking = _DEFAULT) -> Iterator[VisitPage]:
        """Page after page, each asked for when it is needed."""
        token = ""
        while True:
            page = self.visit_page(visits, page_token=token, asking=asking)
            yield page
            token = page.next_page_token
            if not token:
                return

    def visits(self, visits: Visits, *, asking: Asking = _DEFAULT) -> Iterator[PastVisit]:
        """A person's visits, newest first."""
        for page in self.visit_pages(visits, asking=asking):
            yield from page.visits

    def visit(self, identifier: str, visit_id: str, *, asking: Asking = _DEFAULT) -> VisitAnswer:
        """One visit with its drugs and services."""
        return self._answer(health_questions.visit(identifier, visit_id, asking), VisitAnswer)

    def running_drugs(
        self, identifier: str, *, on_day: date | str | None = None, asking: Asking = _DEFAULT
    ) -> RunningDrugs:
        """The drugs that should still last on a day (today when None), and which of them overlap."""
        return self._answer(health_questions.running_drugs(identifier, on_day, asking), RunningDrugs)

    def sensitive_visits(self, identifier: str, *, asking: Asking = _DEFAULT) -> SensitiveVisits:
        """The visits whose diagnosis is protected more than others; needs a scope of its own."""
        return self._answer(health_questions.sensitive_visits(identifier, asking), SensitiveVisits)

    def open_stay(
        self, admission: Admission, *, idempotency_key: str = "", asking: Asking = _DEFAULT
    ) -> Operation:
        """Record that a person is admitted (check-in)."""
        return self._operation(health_questions.open_stay(admission, asking, idempotency_key))

    def close_stay(
        self,
        treatment_code: str,
        *,
        left_at: datetime | None = None,
        idempotency_key: str = "",
        asking: Asking = _DEFAULT,
    ) -> Operation:
        """Record that the person has left; now when ``left_at`` is None."""
        question = health_questions.close_stay(treatment_code, left_at, asking, idempotency_key)
        return self._operation(question)

    def submit_claims(
        self, file: bytes, *, idempotency_key: str = "", asking: Asking = _DEFAULT
    ) -> Operation:
        """Hand in a claim file (XML 130/3176). The same file again is the same operation."""
        return self._operation(health_questions.submit_claims(file, asking, idempotency_key))
