"""The issuer's public keys, as ``/.well-known/jwks.json`` publishes them (RFC 7517)."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Self

from lienthong.certificate.errors import CertificateRefused, KeysRefused, Reason
from lienthong.certificate.jws import read_json
from lienthong.signing import Algorithm, KeyRefused, PublicKey, key_directory, keys_of_directory

KEYS_PATH = "/.well-known/jwks.json"
_MOST_OCTETS = 65_536


class CertificateKeys(Mapping[str, PublicKey]):
    """The keys that certificates are believed by, by their RFC 7638 thumbprint. Several while keys rotate."""

    def __init__(self, keys: Iterable[PublicKey]) -> None:
        self._keys = {key.key_id: key for key in keys}
        if not self._keys:
            raise KeysRefused("the JWK set is empty")
        if any(key.algorithm is not Algorithm.ECDSA_P256_SHA256 for key in self._keys.values()):
            raise KeysRefused("a key is not of P-256 (ES256)")

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """The keys of a JWK set. Raises KeysRefused, also for one with a private key in it."""
        if len(content) > _MOST_OCTETS:
            raise KeysRefused("too large for a JWK set")
        try:
            document = read_json(content, Reason.MALFORMED)
            keys = keys_of_directory(document)
        except (CertificateRefused, KeyRefused, ValueError) as error:
            raise KeysRefused(f"not a JWK set of public keys: {error}") from error
        if any(entry.get("kid") not in keys for entry in document["keys"]):
            raise KeysRefused("a kid is not the thumbprint of its key")
        return cls(keys.values())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The keys of a file. Raises OSError, KeysRefused."""
        with Path(path).open("rb") as stream:
            return cls.parse(stream.read(_MOST_OCTETS + 1))

    def __getitem__(self, key_id: str) -> PublicKey:
        return self._keys[key_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def public_keys(keys: Iterable[PublicKey]) -> dict[str, list[dict[str, str]]]:
    """The JWK set to publish: ``kty``, ``crv``, ``x``, ``y``, ``kid``, ``use``, ``alg``. Raises KeysRefused."""
    return key_directory(CertificateKeys(keys).values())
