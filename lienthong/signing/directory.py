"""What the gateway publishes: its keys, and what a request must cover."""

from collections.abc import Iterable

from lienthong.signing.keys import Algorithm, PublicKey
from lienthong.signing.message import OUR_FIELDS, RequestView
from lienthong.signing.profile import REQUEST_TAG

KEY_DIRECTORY_PATH = "/.well-known/http-message-signatures-directory"

_JOSE = {
    Algorithm.ED25519: "EdDSA",
    Algorithm.ECDSA_P256_SHA256: "ES256",
    Algorithm.RSA_PSS_SHA512: "PS512",
}
_TARGET = ("@method", "@authority", "@path", "@query")
_BODY = ("content-digest", "content-type")


def key_directory(keys: Iterable[PublicKey]) -> dict[str, list[dict[str, str]]]:
    """The JWK set of ``/.well-known/http-message-signatures-directory``; ``kid`` is the thumbprint."""
    return {"keys": [{**key.to_jwk(), "use": "sig", "alg": _JOSE[key.algorithm]} for key in keys]}


def keys_of_directory(document: object) -> dict[str, PublicKey]:
    """The keys of such a JWK set by their thumbprint, computed and not taken from ``kid``.

    Raises KeyRefused for a key that cannot be read, ValueError for what is no JWK set.
    """
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("not a JWK set")
    keys = map(PublicKey.from_jwk, entries)
    return {key.key_id: key for key in keys}


def accept_signature(view: RequestView) -> str:
    """The value of Accept-Signature (RFC 9421 section 5.1) for a request like this one, signed.

    It names what exists in the request; the nonce cannot be asked for in this field.
    """
    carried = [name.decode("ascii") for name in OUR_FIELDS if name in view.values]
    return _accept(*_TARGET, *(_BODY if view.body else ()), *carried)


def _accept(*names: str) -> str:
    listed = " ".join(f'"{name}"' for name in names)
    return f'lienthong=({listed});created;expires;keyid;tag="{REQUEST_TAG}"'


ACCEPT_SIGNATURE = _accept(*_TARGET, *_BODY)
"""The same for any request with a body; ours are to be added when the request carries them."""
