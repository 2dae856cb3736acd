"""One signature of a message, as its two fields describe it."""

from typing import NamedTuple

from lienthong.signing.covered import Covered


class SignatureFields(NamedTuple):
    """What stands in ``Signature-Input`` and ``Signature`` under one label. Nothing here is proven.

    ``params_text`` is the canonical value of ``@signature-params``; times are in
    seconds since 1970; a parameter that is absent is None.
    """

    label: str
    covered: Covered
    params_text: str
    signature: bytes
    created: int | None
    expires: int | None
    nonce: str | None
    key_id: str | None
    alg: str | None
