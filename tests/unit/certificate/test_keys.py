"""The published keys: of P-256, public, named by their thumbprints, several at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from lienthong.certificate import CertificateKeys, KeysRefused, public_keys, verify
from lienthong.signing import Algorithm, PrivateKey
from tests.support.certificates import ISSUER, KEY, NOW, certificate

NEXT = PrivateKey.generate(Algorithm.ECDSA_P256_SHA256)


def test_a_published_key_has_the_members_that_the_framework_asks_for() -> None:
    (key,) = public_keys([KEY.public])["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")
    assert key["kid"] == KEY.key_id


def test_while_keys_rotate_certificates_of_both_are_believed(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(public_keys([KEY.public, NEXT.public])))
    keys = CertificateKeys.load(path)
    for key in (KEY, NEXT):
        assert verify(certificate(key=key), keys, now=NOW, issuer=ISSUER).key_id == key.key_id


def document(**changed: Any) -> bytes:
    key = public_keys([KEY.public])["keys"][0] | changed
    return json.dumps({"keys": [key]}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"keys":[]}',
        b'{"keys":[1]}',
        b'{"keys":[],"keys":[]}',
        document(d="AAAA"),
        document(kid=NEXT.key_id),
        document(crv="P-384"),
        b" " * 70_000,
        json.dumps({"keys": [PrivateKey.generate(Algorithm.ED25519).public.to_jwk()]}).encode(),
    ],
)
def test_what_is_no_set_of_public_p256_keys_is_refused(content: bytes) -> None:
    with pytest.raises(KeysRefused):
        CertificateKeys.parse(content)
