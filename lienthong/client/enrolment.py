"""The agency's side of enrolment: a fresh key, and the file that introduces it to VSS."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from lienthong.client.config import FILE
from lienthong.signing import Algorithm, KeyRefused, PrivateKey, PublicKey, proof_of_possession


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """``enrolment.json``: a public key, and the proof that the agency holds its other half."""

    agency_id: str
    public_key: PublicKey
    proof: str

    @property
    def key_id(self) -> str:
        """The key's thumbprint (RFC 7638)."""
        return self.public_key.key_id

    def to_json(self) -> bytes:
        """The file's content."""
        document = {
            "agency_id": self.agency_id,
            "public_key": self.public_key.to_pem().decode(),
            "proof": self.proof,
        }
        return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"

    @classmethod
    def parse(cls, content: bytes) -> "Enrolment":
        """Read the file. Raises ValueError saying what is wrong with it."""
        document = msgspec.json.decode(content)
        wanted = ("agency_id", "public_key", "proof")
        if not isinstance(document, Mapping) or not all(isinstance(document.get(k), str) for k in wanted):
            raise ValueError("an enrolment holds the texts agency_id, public_key (PEM) and proof")
        try:
            public_key = PublicKey.from_pem(document["public_key"].encode())
        except KeyRefused as error:
            raise ValueError(str(error)) from error
        return cls(agency_id=document["agency_id"], public_key=public_key, proof=document["proof"])


def new_key(
    folder: Path,
    *,
    agency_id: str,
    gateway: str,
    algorithm: Algorithm,
    now: int,
    usual: Mapping[str, str] | None = None,
) -> Enrolment:
    """Make ``key.pem``, ``enrolment.json`` and, if there is none, ``agency.toml`` in ``folder``.

    ``now`` in seconds since 1970; ``usual`` are more settings, such as purpose and
    staff. Raises FileExistsError rather than write over a key, and CannotSign for an
    agency id that cannot be one.
    """
    key = PrivateKey.generate(algorithm)
    enrolment = Enrolment(
        agency_id=agency_id, public_key=key.public, proof=proof_of_possession(key, agency_id, now)
    )
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "key.pem", "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as stream:
        stream.write(key.to_pem())
    (folder / "enrolment.json").write_bytes(enrolment.to_json())
    if not (folder / FILE).exists():
        settings = {"agency_id": agency_id, "gateway": gateway, **(usual or {})}
        # A JSON string is a TOML string too.
        lines = [f"{name} = {msgspec.json.encode(value).decode()}\n" for name, value in settings.items()]
        (folder / FILE).write_text("".join(lines), encoding="utf-8")
    return enrolment
