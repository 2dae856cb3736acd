"""What signing can refuse.

    SigningError
    ├── SignatureRefused     a request; the gateway answers with its public reason
    ├── KeyRefused           a key, or the proof that comes with it, at enrolment
    ├── AnswerRefused        an answer; the client must not believe it
    ├── CannotSign           what was to be signed cannot be put into a signature
    └── Unusable             inside this package only: becomes one of the first or third

``detail`` is for the audit entry and for developers. It is always a text of this
package, never a part of the message, so it carries no personal data.
"""

MALFORMED = "malformed"
SIGNATURE_MISSING = "signature_missing"
SIGNATURE_INVALID = "signature_invalid"
SIGNATURE_EXPIRED = "signature_expired"


class SigningError(Exception):
    """``reason`` is stable and meant for programs; ``detail`` says which rule was broken."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class SignatureRefused(SigningError):
    """A request that is not taken as signed.

    Public reasons: ``malformed`` (HTTP 400), ``signature_missing``,
    ``signature_invalid`` and ``signature_expired`` (HTTP 401).
    """


class KeyRefused(SigningError):
    """A key that is not enrolled.

    Reasons: ``malformed``, ``unsupported``, ``weak``, ``test_key``, ``proof_invalid``.
    """


class AnswerRefused(SigningError):
    """An answer that does not prove to come from the gateway in reply to this request.

    Reasons: ``malformed``, ``signature_missing``, ``unknown_key``,
    ``signature_invalid``, ``digest_invalid``, ``unbound`` (authentic, but not a
    reply to this very request).
    """


class CannotSign(SigningError):
    """The caller asked to sign what the profile cannot carry: a mistake in the caller."""


class Unusable(SigningError):
    """Signature fields that cannot be read, or cover what the message does not have.

    Reasons: ``malformed``, ``signature_missing``, ``signature_invalid``. Whoever
    parsed turns it into SignatureRefused or AnswerRefused.
    """
