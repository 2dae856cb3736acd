"""What became of a command: the operation, and its result or its error, typed."""

from datetime import datetime
from typing import Any, Final

import msgspec

from lienthong.client.accounts import LawRow, LegalState, ReportState
from lienthong.client.answers import Answer, Known, LocalizedText, Receipt, without_blanks
from lienthong.client.errors import AnswerNotTrusted
from lienthong.client.health import ClaimsResult, ClosedStay, OpenedStay


class OperationState(Known):
    """How far an operation has come. PENDING: it will be carried out, whatever fails meanwhile."""

    UNSPECIFIED = "OPERATION_STATE_UNSPECIFIED"
    PENDING = "OPERATION_STATE_PENDING"
    COMPLETED = "OPERATION_STATE_COMPLETED"
    FAILED = "OPERATION_STATE_FAILED"
    HELD = "OPERATION_STATE_HELD"


class LineRefusal(Answer, frozen=True):
    """A line or payment of which nothing was applied; line 1 is the first."""

    line: int = 0
    field: str = ""
    reason: str = ""
    text: LocalizedText = LocalizedText()


class DeclarationResult(Answer, frozen=True):
    """Of ``SubmitDeclaration``; ``charged_vnd`` None when not granted."""

    declaration_number: int = 0
    accepted: int = 0
    refused: int = 0
    refusals: tuple[LineRefusal, ...] = ()
    charged_vnd: int | None = None
    law: tuple[LawRow, ...] = ()


class PaymentsResult(Answer, frozen=True):
    """Of ``RecordPayments``."""

    accepted: int = 0
    refused: int = 0
    refusals: tuple[LineRefusal, ...] = ()
    recorded_vnd: int = 0


class EmployerResult(Answer, frozen=True):
    """Of ``RegisterEmployer``."""

    employer_code: str = ""
    days_late: int = 0
    law: tuple[LawRow, ...] = ()


class UrgeResult(Answer, frozen=True):
    """Of ``UrgePayment``: the debt's state after it."""

    state: LegalState = LegalState.UNSPECIFIED
    law: tuple[LawRow, ...] = ()


class ReportResult(Answer, frozen=True):
    """Of ``ReportIrregularity``."""

    report_id: str = ""
    state: ReportState = ReportState.UNSPECIFIED


class AdvanceResult(Answer, frozen=True):
    """Of ``AdvanceReport``."""

    state: ReportState = ReportState.UNSPECIFIED


class FieldError(Answer, frozen=True):
    """One wrong field of a command: its path and what is expected there."""

    field: str = ""
    description: str = ""


class OperationError(Answer, frozen=True):
    """Why an operation failed; nothing of it was applied."""

    reason: str = ""
    text: LocalizedText = LocalizedText()
    fields: tuple[FieldError, ...] = ()


Result = (
    DeclarationResult
    | PaymentsResult
    | EmployerResult
    | UrgeResult
    | ReportResult
    | AdvanceResult
    | OpenedStay
    | ClosedStay
    | ClaimsResult
)
"""What a command can end with."""

RESULTS: Final[dict[str, type[Result]]] = {
    "SubmitDeclaration": DeclarationResult,
    "RecordPayments": PaymentsResult,
    "RegisterEmployer": EmployerResult,
    "UrgePayment": UrgeResult,
    "ReportIrregularity": ReportResult,
    "AdvanceReport": AdvanceResult,
    "OpenStay": OpenedStay,
    "CloseStay": ClosedStay,
    "SubmitClaims": ClaimsResult,
}
"""The result of each command, by the name of its RPC."""


class Operation(Answer, frozen=True):
    """A command that was accepted. ``result`` is its response as it stands in JSON."""

    operation_id: str
    method: str = ""
    state: OperationState = OperationState.UNSPECIFIED
    accepted_at: datetime | None = None
    finished_at: datetime | None = None
    idempotency_key: str = ""
    result: dict[str, Any] | None = None
    error: OperationError | None = None
    receipt: Receipt | None = None

    @property
    def pending(self) -> bool:
        """Not carried out yet."""
        return self.state is OperationState.PENDING

    @property
    def outcome(self) -> Result | None:
        """The result, typed; None unless completed, granted, and of a command that this client knows.

        Raises AnswerNotTrusted if it is not what the contract promises.
        """
        kind = RESULTS.get(self.method.rpartition("/")[2])
        if self.result is None or kind is None:
            return None
        try:
            return msgspec.convert(self.result, kind, strict=False)
        except msgspec.ValidationError as error:
            raise AnswerNotTrusted(f"the result does not fit the contract: {error}") from error


class OperationAnswer(Answer, frozen=True):
    """One operation; :func:`read_operation` gives it with its receipt."""

    operation: Operation


def read_operation(receipt: Receipt) -> Operation:
    """The operation in a verified answer, with its receipt. Raises AnswerNotTrusted."""
    try:
        plain = without_blanks(msgspec.json.decode(receipt.body))
        operation = msgspec.convert(plain, OperationAnswer, strict=False).operation
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AnswerNotTrusted(f"the answer does not fit the contract: {error}") from error
    return msgspec.structs.replace(operation, receipt=receipt)


class OperationPage(Answer, frozen=True):
    """A page, newest first, without results; ``next_page_token`` is empty on the last one."""

    operations: tuple[Operation, ...] = ()
    next_page_token: str = ""
    receipt: Receipt | None = None
