"""The fields ``Signature-Input`` and ``Signature``: the one signature that carries our tag.

Two readers, which agree (a property test says so): the strict one takes the canonical
form that nearly every client writes, in microseconds; the general one takes all others.
"""

from lienthong.signing import general, strict
from lienthong.signing.errors import SIGNATURE_MISSING, Unusable
from lienthong.signing.message import Values
from lienthong.signing.signature import SignatureFields


def read_signature(values: Values, tag: str) -> SignatureFields:
    """The signature with this tag, found by the tag and never by its label.

    Raises Unusable: ``signature_missing``, or ``malformed`` for fields that cannot be
    read, for more than 4 labels, and for two signatures with the tag.
    """
    described, signed = values.get(b"signature-input"), values.get(b"signature")
    if described is None or signed is None:
        raise Unusable(SIGNATURE_MISSING, "there is no Signature or no Signature-Input field")
    return strict.read(described, signed, tag) or general.read(described, signed, tag)
