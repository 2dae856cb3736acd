"""One question on the wire and back, without the wire: sign, verify, judge. No I/O."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import msgspec

from lienthong.client.answers import Receipt
from lienthong.client.config import AgencyConfig
from lienthong.client.errors import AnswerNotTrusted, NotConfigured, Unavailable, refusal
from lienthong.client.questions import ANSWER_S, Question
from lienthong.client.refusals import problem_of
from lienthong.signing import AnswerRefused, CannotSign, SignedRequest, prepare_request, verify_answer

_PASSING = frozenset({502, 503, 504})
_FIRST_REFUSAL = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A signed request: exactly these headers and bytes go out, once."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    signed: SignedRequest = field(repr=False)
    timeout_s: float = ANSWER_S


class Exchange:
    """Signs for one agency and believes one set of gateway keys. ``clock`` in seconds since 1970."""

    def __init__(self, config: AgencyConfig, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._clock = clock

    def prepare(self, question: Question) -> Sent:
        """The question signed with a fresh nonce. Raises NotConfigured when it cannot be."""
        url = self._config.gateway + question.path
        headers = self._headers(question)
        method = "POST" if _media_type(question) else "GET"
        try:
            body = question.file if question.body is None else msgspec.json.encode(question.body)
            signed = prepare_request(
                self._config.key,
                method=method,
                url=url,
                headers=headers,
                body=body,
                created=int(self._clock()),
            )
        except CannotSign as error:
            raise NotConfigured(f"this cannot be signed: {error.detail}") from error
        except UnicodeEncodeError as error:
            raise NotConfigured("this cannot be sent: a text in it is no Unicode") from error
        return Sent(
            method=method,
            url=url,
            headers={**headers, **signed.headers},
            body=body,
            signed=signed,
            timeout_s=question.timeout_s,
        )

    def read(self, sent: Sent, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Receipt:
        """The receipt of a good answer; nothing of it is looked at before its signature holds.

        Raises AnswerNotTrusted, Unavailable or the Refused that the answer stands for.
        """
        receipt = self.verified(sent, status, headers, body)
        request_id, wait = receipt.request_id, self._wait(receipt.headers)
        if status in _PASSING:
            raise Unavailable(f"{status}: try again later", retry_after=wait, request_id=request_id)
        if status >= _FIRST_REFUSAL:
            raise refusal(problem_of(status, body, request_id, wait))
        return receipt

    def verified(
        self, sent: Sent, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes
    ) -> Receipt:
        """The receipt of whatever the gateway signed in answer to this request, refusals included.

        Raises AnswerNotTrusted, or Unavailable for a 502, 503 or 504 without a signature.
        """
        plain = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
        try:
            verify_answer(
                self._config.gateway_keys, status=status, headers=headers, body=body, request=sent.signed
            )
        except AnswerRefused as error:
            if status in _PASSING:
                # Whoever stands before the gateway says that it is not there; that needs no proof.
                raise Unavailable(f"{status} without signature", retry_after=self._wait(plain)) from error
            raise AnswerNotTrusted(f"the answer (status {status}) is not trusted: {error}") from error
        return Receipt(request_id=plain.get("x-request-id", ""), status=status, body=body, headers=plain)

    def timed(self, receipt: Receipt, elapsed_s: float) -> Receipt:
        """The receipt with the time that it took, retries included."""
        return msgspec.structs.replace(receipt, elapsed_ms=elapsed_s * 1000)

    def _headers(self, question: Question) -> dict[str, str]:
        asking = question.asking
        purpose = asking.purpose or self._config.purpose
        staff = asking.staff or self._config.staff
        if not purpose:
            raise NotConfigured("a purpose is needed: with the question, or as the agency's usual one")
        optional = {
            "staff": staff,
            "legal-basis": asking.legal_basis,
            "idempotency-key": question.idempotency_key,
            "content-type": _media_type(question),
            "prefer": f"wait={question.wait_s}" if question.wait_s else "",
        }
        return {
            # The digest is of what the gateway sends; nobody on the way shall repack it.
            "accept-encoding": "identity",
            "purpose": purpose,
            **{name: value for name, value in optional.items() if value},
            **question.headers,
        }

    def _wait(self, headers: dict[str, str]) -> float | None:
        """``Retry-After`` in seconds: a number or a date (RFC 9110 section 10.2.3)."""
        value = headers.get("retry-after", "").strip()
        if value.isdecimal():
            return float(value)
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - self._clock())
        except ValueError:
            return None


def _media_type(question: Question) -> str:
    """Of the question's body; empty without one."""
    return question.media_type if question.body is None else "application/json"
