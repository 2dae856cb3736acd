"""The gateway's one configuration object; a wrong value stops the start and names the key."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.deliveries.periods import CLOSE_DAYS, MOST_CLOSE_DAYS
from lienthong.certificate import CertificateKeys

HostPort = Annotated[str, StringConstraints(pattern=r"^[^:\s]+:\d{1,5}$")]


class Settings(BaseSettings):
    """Read from the environment, prefix ``LIENTHONG_``. Secrets are paths of files.

    Times are seconds, sizes bytes.
    """

    model_config = SettingsConfigDict(env_prefix="LIENTHONG_", extra="ignore", frozen=True)

    listen: HostPort
    metrics_listen: HostPort
    # The authority that agencies sign; never taken from a request.
    authority: str = Field(min_length=1)
    scheme: Literal["http", "https"] = "https"
    https_cert: Path | None = None
    https_key: Path | None = None
    database_url: str = Field(min_length=1)
    targets_identity: HostPort
    targets_contributions: HostPort
    targets_health_claims: HostPort
    tls_ca: Path
    tls_cert: Path
    tls_key: Path
    signing_key: Path
    pseudonym_key: Path
    # The public keys of certificates, served at /.well-known/jwks.json; several while keys rotate.
    certificate_keys: Path | None = None
    # What the names of our identifier and code systems in FHIR begin with.
    fhir_systems: str = Field(
        default="urn:lienthong:fhir:", pattern=r"^(?:urn:|https://)[A-Za-z0-9:/._-]+[:/]$"
    )
    coalescing: bool = True
    log_level: str = "info"
    worker: str = Field(default_factory=lambda: f"{os.uname().nodename}:{os.getpid()}")
    # The gateway's whole budget for one answer; each hop keeps a margin of it.
    budget: float = Field(default=3.0, gt=0, le=60)
    max_body: int = Field(default=1024 * 1024, gt=0)
    # The budget of a request with a body over 64 KiB, once it has come in.
    large_budget: float = Field(default=30.0, gt=0, le=120)
    # Bodies over 64 KiB under way in this worker, in sum, and half of it of one agency; the next one is answered 503.
    max_bodies: int = Field(default=64 * 1024 * 1024, gt=0)
    # Requests of this worker that wait for an operation's end (Prefer: wait); the next is answered at once.
    max_waiting: int = Field(default=1_000, gt=0)
    # How many days after its end a month is delivered (gateway.deliveries): what subscriptions tell.
    delivery_close_days: int = Field(default=CLOSE_DAYS, ge=0, le=MOST_CLOSE_DAYS)
    max_header_fields: int = Field(default=64, gt=0)
    max_header_bytes: int = Field(default=16 * 1024, gt=0)
    max_depth: int = Field(default=16, gt=0)
    # Requests under way in this worker; the next one is answered 503.
    max_under_way: int = Field(default=4_000, gt=0)

    @field_validator(
        "tls_ca",
        "tls_cert",
        "tls_key",
        "signing_key",
        "pseudonym_key",
        "certificate_keys",
        "https_cert",
        "https_key",
    )
    @classmethod
    def _readable(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            msg = f"no file at {path}"
            raise ValueError(msg)
        return path

    @field_validator("certificate_keys")
    @classmethod
    def _publishable(cls, path: Path | None) -> Path | None:
        """Public keys of P-256 alone: a private one put there by mistake stops the start."""
        if path is not None:
            CertificateKeys.load(path)
        return path

    def target(self, service: str) -> str:
        """Where a service listens, host:port."""
        address: str = getattr(self, f"targets_{service}")
        return address
