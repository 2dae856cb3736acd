"""Reads one signature in canonical form: what a serializer writes, without escapes, one label.

Returns None for everything else, which is then for ``general`` to judge: this reader
refuses nothing by itself, except a list that may not be covered.
"""

import binascii
import re

from lienthong.signing.covered import covered_from_text
from lienthong.signing.signature import SignatureFields

_INTEGER = r"(0|[1-9][0-9]{0,14})"
# Without quotation marks and backslashes (escapes), and without semicolons, so that
# counting those counts the parameters.
_STRING = r'"([ !#-:<-\[\]-~]*)"'
_INPUT = re.compile(
    r"([a-z*][a-z0-9_.*-]*)=(\([^()]*\))"
    rf"((?:;(?:created={_INTEGER}|expires={_INTEGER}|nonce={_STRING}|keyid={_STRING}|alg={_STRING}|tag={_STRING}))*)"
)


def read(described: bytes, signed: bytes, tag: str) -> SignatureFields | None:
    """The signature, when both fields are canonical and hold nothing but it; else None.

    Raises Unusable ``malformed`` when the list of components may not be covered.
    """
    try:
        text = described.decode("ascii")
    except UnicodeDecodeError:
        return None
    match = _INPUT.fullmatch(text)
    if match is None:
        return None
    label, listed, params, created, expires, nonce, key_id, alg, found_tag = match.groups()
    values = (created, expires, nonce, key_id, alg, found_tag)
    # A parameter that came twice left one value only.
    if found_tag != tag or params.count(";") != 6 - values.count(None):
        return None
    signature = _signature(signed, label.encode("ascii"))
    covered = covered_from_text(listed)
    if signature is None or covered is None:
        return None
    return SignatureFields(
        label,
        covered,
        listed + params,
        signature,
        None if created is None else int(created),
        None if expires is None else int(expires),
        nonce,
        key_id,
        alg,
    )


def _signature(signed: bytes, label: bytes) -> bytes | None:
    """The octets of ``label=:base64:``, if that is the whole field and the base64 canonical."""
    start = label + b"=:"
    if not signed.startswith(start):
        return None
    text = signed[len(start) : -1]
    try:
        signature = binascii.a2b_base64(text)
    except binascii.Error:
        return None
    return signature if signed == start + binascii.b2a_base64(signature, newline=False) + b":" else None
