"""The SDK for agencies: typed questions out, verified answers in.

    from lienthong.client import Client

    with Client("agencies/hospital-demo") as client:
        answer = client.check_coverage("001190000017", full_name="Trần Thị Hồng Nhung", born="1990-05-17")
        print(answer.covered, answer.result_text.vi)

Every request is signed afresh (RFC 9421); no answer is returned, and no refusal
believed, before its signature is verified with the gateway's pinned keys. What
can go wrong:

    ClientError
    ├── NotConfigured        the agency's folder is incomplete; nothing was sent
    ├── WrongFile            a file of lines has errors; problems says where; nothing was done
    ├── AnswerNotTrusted     the answer's signature does not hold: use nothing of it
    ├── Unavailable          no answer in time; retry_after in seconds, if known
    └── Refused              the gateway said no, signed; reason, status, request_id
        ├── NotAuthenticated     401
        ├── NotAllowed           403
        ├── InvalidRequest       400, 413, 415, 422, 431; problem.fields says where
        ├── NotFound             404
        ├── Conflict             409
        ├── NotCovered           409 not_covered: no card is valid today; result_code says why
        └── TooManyRequests      429; problem.retry_after

Commands (declarations, payments, reports) are accepted and carried out afterwards:

        operation = client.submit_declaration(lines)       # 202: it will be carried out
        operation = client.wait(operation.operation_id)    # how it ended
        print(operation.outcome.accepted, operation.outcome.refusals)

Delivery: queries are repeated after connection failures and 502-504, each time
with a new nonce and signature, within the bounds of :class:`RetryPolicy`; a
signed refusal is never repeated; commands under their idempotency key, which is
made up unless it is given, and stays the same over every try.
"""

from lienthong.client.accounts import (
    Debtor,
    DebtorPage,
    Fund,
    FundState,
    IrregularityKind,
    LedgerMonth,
    LedgerPage,
    LegalState,
    Report,
    ReportAnswer,
    ReportPage,
    ReportState,
    Statement,
)
from lienthong.client.aio import AsyncClient
from lienthong.client.answers import (
    AuditEntry,
    AuditPage,
    BatchCoverageAnswer,
    Benefit,
    Card,
    CardStatus,
    Change,
    ContributionMonth,
    ContributionPage,
    Copay,
    CoverageAnswer,
    CoverageItem,
    DatedCoverageAnswer,
    FieldOutcome,
    IdentityAnswer,
    IdentityResult,
    LocalizedText,
    Notice,
    PaymentState,
    Receipt,
    Split,
    Step,
)
from lienthong.client.commands import (
    DeclarationLine,
    Irregularity,
    NewEmployer,
    Payment,
)
from lienthong.client.config import AgencyConfig
from lienthong.client.directory import fetch_gateway_keys
from lienthong.client.errors import (
    AnswerNotTrusted,
    ClientError,
    Conflict,
    FieldProblem,
    InvalidRequest,
    NotAllowed,
    NotAuthenticated,
    NotConfigured,
    NotCovered,
    NotFound,
    Problem,
    Refused,
    TooManyRequests,
    Unavailable,
)
from lienthong.client.files import FileProblem, WrongFile, read_declaration, read_payments
from lienthong.client.health import (
    CertificateAnswer,
    ClaimsResult,
    ClosedStay,
    DossierOutcome,
    DossierState,
    DrugLine,
    Finding,
    HistoryAccess,
    OpenedStay,
    PastVisit,
    RunningDrug,
    RunningDrugs,
    SensitiveVisit,
    SensitiveVisits,
    ServiceLine,
    Severity,
    VisitAnswer,
    VisitPage,
)
from lienthong.client.health_questions import Admission, Visits
from lienthong.client.operations import (
    AdvanceResult,
    DeclarationResult,
    EmployerResult,
    LineRefusal,
    Operation,
    OperationError,
    OperationPage,
    OperationState,
    PaymentsResult,
    ReportResult,
    UrgeResult,
)
from lienthong.client.questions import Asking, Debts, Entries, Months, Person, Question, Visit
from lienthong.client.retry import RetryPolicy
from lienthong.client.sync import Client
from lienthong.client.webhooks import Told, read_webhook

__all__ = [
    "Admission",
    "AdvanceResult",
    "AgencyConfig",
    "AnswerNotTrusted",
    "Asking",
    "AsyncClient",
    "AuditEntry",
    "AuditPage",
    "BatchCoverageAnswer",
    "Benefit",
    "Card",
    "CardStatus",
    "CertificateAnswer",
    "Change",
    "ClaimsResult",
    "Client",
    "ClientError",
    "ClosedStay",
    "Conflict",
    "ContributionMonth",
    "ContributionPage",
    "Copay",
    "CoverageAnswer",
    "CoverageItem",
    "DatedCoverageAnswer",
    "Debtor",
    "DebtorPage",
    "Debts",
    "DeclarationLine",
    "DeclarationResult",
    "DossierOutcome",
    "DossierState",
    "DrugLine",
    "EmployerResult",
    "Entries",
    "FieldOutcome",
    "FieldProblem",
    "FileProblem",
    "Finding",
    "Fund",
    "FundState",
    "HistoryAccess",
    "IdentityAnswer",
    "IdentityResult",
    "InvalidRequest",
    "Irregularity",
    "IrregularityKind",
    "LedgerMonth",
    "LedgerPage",
    "LegalState",
    "LineRefusal",
    "LocalizedText",
    "Months",
    "NewEmployer",
    "NotAllowed",
    "NotAuthenticated",
    "NotConfigured",
    "NotCovered",
    "NotFound",
    "Notice",
    "OpenedStay",
    "Operation",
    "OperationError",
    "OperationPage",
    "OperationState",
    "PastVisit",
    "Payment",
    "PaymentState",
    "PaymentsResult",
    "Person",
    "Problem",
    "Question",
    "Receipt",
    "Refused",
    "Report",
    "ReportAnswer",
    "ReportPage",
    "ReportResult",
    "ReportState",
    "RetryPolicy",
    "RunningDrug",
    "RunningDrugs",
    "SensitiveVisit",
    "SensitiveVisits",
    "ServiceLine",
    "Severity",
    "Split",
    "Statement",
    "Step",
    "Told",
    "TooManyRequests",
    "Unavailable",
    "UrgeResult",
    "Visit",
    "VisitAnswer",
    "VisitPage",
    "Visits",
    "WrongFile",
    "fetch_gateway_keys",
    "read_declaration",
    "read_payments",
    "read_webhook",
]
