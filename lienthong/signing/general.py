"""Reads a signature in any form that RFC 9651 allows: spaces, other labels, escapes, missing padding.

Refuses what would be ambiguous or is not understood: a key or parameter that comes twice, a
parameter of the signature that the profile does not know, parameters on the signature's octets.
"""

from typing import Any

from lienthong.signing.covered import Component, Covered
from lienthong.signing.errors import MALFORMED, SIGNATURE_MISSING, Unusable
from lienthong.signing.signature import SignatureFields
from lienthong.signing.structured import Member, dictionary_of, serialised

MAX_LABELS = 4

_TYPES: dict[str, type] = {
    "created": int, "expires": int, "nonce": str, "keyid": str, "alg": str, "tag": str
}  # fmt: skip


def read(described: bytes, signed: bytes, tag: str) -> SignatureFields:
    """The one signature with this tag; other labels are ignored.

    Raises Unusable: ``signature_missing`` when none has the tag or the octets are not
    there, ``malformed`` when more than one has it and for everything else.
    """
    inputs, signatures = dictionary_of(described, MAX_LABELS), dictionary_of(signed, MAX_LABELS)
    ours = [label for label, member in inputs.items() if _is_list(member) and _tag(member) == tag]
    if not ours:
        raise Unusable(SIGNATURE_MISSING, "no signature has the tag of this profile")
    if len(ours) > 1:
        raise Unusable(MALFORMED, "more than one signature has the tag of this profile")
    label = ours[0]
    if label not in signatures:
        raise Unusable(SIGNATURE_MISSING, "the Signature field lacks the label of the signature")
    return _fields(label, inputs[label], signatures[label])


def _fields(label: str, described: Member, signed: Member) -> SignatureFields:
    components, params = described
    signature, signature_params = signed
    if not isinstance(signature, bytes) or signature_params:
        raise Unusable(MALFORMED, "a signature is not a plain byte sequence")
    for name, value in params.items():
        if type(value) is not _TYPES.get(name):
            raise Unusable(MALFORMED, "a parameter of the signature is unknown or of a wrong type")
    covered = Covered(tuple(_component(*item) for item in components))
    return SignatureFields(
        label,
        covered,
        serialised(described).decode("ascii"),
        signature,
        params.get("created"),
        params.get("expires"),
        params.get("nonce"),
        params.get("keyid"),
        params.get("alg"),
    )


def _component(name: object, params: dict[str, Any]) -> Component:
    if type(name) is not str or any(
        value is not True and type(value) is not str for value in params.values()
    ):
        raise Unusable(MALFORMED, "a covered component is not named by a string")
    return Component(name, tuple(params.items()))


def _is_list(member: Member) -> bool:
    return isinstance(member[0], list)


def _tag(member: Member) -> object:
    tag = member[1].get("tag")
    return tag if type(tag) is str else None
