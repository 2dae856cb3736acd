"""What can go wrong for an agency; the tree is drawn in the package's docstring."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One wrong field of a request: its path in JSON and what is expected there."""

    field: str
    description: str


class ClientError(Exception):
    """Anything that keeps an answer from the caller."""


class NotConfigured(ClientError):
    """The agency's folder or the call is incomplete or wrong; nothing was sent."""


class AnswerNotTrusted(ClientError):
    """An answer came whose signature does not hold: it must not be used, or shown, at all."""


class Unavailable(ClientError):
    """No answer in time. ``retry_after`` is in seconds, None when the gateway did not say."""

    def __init__(self, message: str, *, retry_after: float | None = None, request_id: str = "") -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.request_id = request_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """The gateway's problem document (RFC 9457), as far as it binds the caller."""

    status: int
    reason: str
    title: str = ""
    detail: str = ""
    fields: tuple[FieldProblem, ...] = ()
    request_id: str = ""
    retry_after: float | None = None
    body: bytes = b""


class Refused(ClientError):
    """The gateway said no, and signed it. Asking the same again gives the same answer."""

    def __init__(self, problem: Problem) -> None:
        where = "".join(f"; {f.field}: {f.description}" for f in problem.fields)
        super().__init__(f"{problem.status} {problem.reason}: {problem.title or problem.detail}{where}")
        self.problem = problem

    @property
    def reason(self) -> str:
        """The stable reason, such as ``scope_denied``."""
        return self.problem.reason

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem.status

    @property
    def request_id(self) -> str:
        """Under which the gateway's audit entry and logs keep this request."""
        return self.problem.request_id


class NotAuthenticated(Refused):
    """401: the signature, the key or its freshness was not accepted."""


class NotAllowed(Refused):
    """403: the scope, the purpose or the person is outside what the agency was granted."""


class InvalidRequest(Refused):
    """400, 413, 415, 422: the request breaks the contract; ``problem.fields`` says where."""


class NotFound(Refused):
    """404: nobody has this identifier, or there is no such route."""


class Conflict(Refused):
    """409: the idempotency key was used for another request."""


class NotCovered(Refused):
    """409 ``not_covered``: no card of this person is valid today; ``result_code`` is the portal's."""

    @property
    def result_code(self) -> str:
        """The portal's code (mã kết quả), such as ``010``."""
        return next((f.description for f in self.problem.fields if f.field == "resultCode"), "")


class TooManyRequests(Refused):
    """429: the quota is used up; ``problem.retry_after`` says for how many seconds."""


_BY_STATUS: dict[int, type[Refused]] = {
    400: InvalidRequest,
    401: NotAuthenticated,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    413: InvalidRequest,
    415: InvalidRequest,
    422: InvalidRequest,
    429: TooManyRequests,
    431: InvalidRequest,
}
_BY_REASON: dict[str, type[Refused]] = {"not_covered": NotCovered}


def refusal(problem: Problem) -> Refused:
    """The error of the tree that this problem document stands for."""
    kind = _BY_REASON.get(problem.reason) or _BY_STATUS.get(problem.status, Refused)
    return kind(problem)
