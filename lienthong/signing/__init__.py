"""Signed requests and answers: a profile of RFC 9421 (HTTP Message Signatures) and RFC 9530.

The gateway reads requests with ``parse_signature`` and the ``check_*`` functions and signs
answers with ``AnswerSigner``; an agency signs with ``prepare_request`` and believes what
``verify_answer`` lets through. Pure: nothing here reads a clock or touches a network, and
only ``PrivateKey.load`` touches the disk. See docs/decisions/0002-strict-signature-parser.md.
"""

from lienthong.signing.answer import AnswerSigner, SignedAnswer
from lienthong.signing.directory import (
    ACCEPT_SIGNATURE,
    KEY_DIRECTORY_PATH,
    accept_signature,
    key_directory,
    keys_of_directory,
)
from lienthong.signing.enrolment import check_enrolment, check_proof_of_possession, proof_of_possession
from lienthong.signing.errors import AnswerRefused, CannotSign, KeyRefused, SignatureRefused, SigningError
from lienthong.signing.keys import Algorithm, PrivateKey, PublicKey
from lienthong.signing.message import OUR_FIELDS, RequestView
from lienthong.signing.profile import (
    WEBHOOK_TAG,
    ParsedSignature,
    check_digest,
    check_freshness,
    check_signature,
    parse_signature,
)
from lienthong.signing.request import SignedRequest, prepare_request, sign_request
from lienthong.signing.standin import stand_in_key
from lienthong.signing.verification import verify_answer

__all__ = [
    "ACCEPT_SIGNATURE",
    "KEY_DIRECTORY_PATH",
    "OUR_FIELDS",
    "WEBHOOK_TAG",
    "Algorithm",
    "AnswerRefused",
    "AnswerSigner",
    "CannotSign",
    "KeyRefused",
    "ParsedSignature",
    "PrivateKey",
    "PublicKey",
    "RequestView",
    "SignatureRefused",
    "SignedAnswer",
    "SignedRequest",
    "SigningError",
    "accept_signature",
    "check_digest",
    "check_enrolment",
    "check_freshness",
    "check_proof_of_possession",
    "check_signature",
    "key_directory",
    "keys_of_directory",
    "parse_signature",
    "prepare_request",
    "proof_of_possession",
    "sign_request",
    "stand_in_key",
    "verify_answer",
]
