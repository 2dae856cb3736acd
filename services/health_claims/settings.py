"""What this service alone is told: with which key it signs certificates, and in whose name."""

from pathlib import Path
from typing import Self

from pydantic import Field, FilePath, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from lienthong.rpc.settings import PREFIX
from lienthong.signing import Algorithm, KeyRefused, PrivateKey
from services.health_claims.certificate import Issuer


class CertificateSettings(BaseSettings):
    """Both or neither. Without them the service starts, and IssueCertificate answers UNAVAILABLE."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    certificate_key: FilePath | None = None
    """A P-256 key as PEM. Its public half must be among the keys that the gateway publishes."""
    certificate_issuer: str | None = Field(default=None, pattern=r"^https?://[^/?#\s]+$", max_length=200)
    """The gateway's address: verifiers find the keys under it."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.certificate_key is None) != (self.certificate_issuer is None):
            raise ValueError("LIENTHONG_CERTIFICATE_KEY and LIENTHONG_CERTIFICATE_ISSUER go together")
        if self.certificate_key is not None:
            _load(self.certificate_key)
        return self

    def issuer(self) -> Issuer | None:
        """Who certifies, or nobody."""
        if self.certificate_key is None or self.certificate_issuer is None:
            return None
        return Issuer(url=self.certificate_issuer, key=_load(self.certificate_key))


def _load(path: Path) -> PrivateKey:
    try:
        key = PrivateKey.load(path)
    except KeyRefused as error:
        raise ValueError(f"LIENTHONG_CERTIFICATE_KEY: {error}") from error
    if key.algorithm is not Algorithm.ECDSA_P256_SHA256:
        raise ValueError("LIENTHONG_CERTIFICATE_KEY: a P-256 key is needed (ES256)")
    return key
