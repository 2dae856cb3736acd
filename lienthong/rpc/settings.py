"""The one configuration object of a service process, from ``LIENTHONG_*`` variables.

A missing or wrong value stops the start with the name of its variable; the value
itself is not printed, because it may be a secret's path or a URL.
"""

import ipaddress
import sys
from typing import Annotated, Literal, NoReturn

from pydantic import Field, FilePath, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "LIENTHONG_"


class ServiceSettings(BaseSettings):
    """What a gRPC service needs to know to start."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    listen: str = Field(pattern=r"^.+:\d{1,5}$")
    metrics_listen: str | None = Field(default=None, pattern=r"^.+:\d{1,5}$")
    database_url: str = Field(pattern=r"^postgres(ql)?://")
    database_connections: int = Field(default=4, ge=1, le=64)
    tls_ca: FilePath
    tls_cert: FilePath
    tls_key: FilePath
    callers: Annotated[frozenset[str], NoDecode]
    """Certificate names that may call this service. There is no default: no list, no start."""
    probes: Annotated[frozenset[str], NoDecode] = frozenset()
    """Certificate names that may ask for health and reflection only."""
    log_level: Literal["debug", "info", "warning", "error", "critical"] = "info"
    default_deadline_s: float = Field(default=2.0, gt=0, le=60)
    """The bound for a call that brings no deadline."""
    longest_deadline_s: float = Field(default=10.0, gt=0, le=60)
    """No call works longer than this, whatever deadline it brings; also PostgreSQL's statement_timeout."""
    concurrent_calls: int = Field(default=200, ge=1, le=10_000)
    """Calls at work at once; one more is refused with RESOURCE_EXHAUSTED."""
    stop_grace_s: float = Field(default=10.0, ge=0, le=120)
    health_interval_s: float = Field(default=0.5, gt=0, le=60)

    @field_validator("callers", "probes", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        if isinstance(value, str):
            return frozenset(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("callers")
    @classmethod
    def _some_caller(cls, names: frozenset[str]) -> frozenset[str]:
        if not names:
            msg = "names no caller; a service without a caller list does not start"
            raise ValueError(msg)
        return names

    @field_validator("callers", "probes")
    @classmethod
    def _process_names(cls, names: frozenset[str]) -> frozenset[str]:
        for name in names:
            if name == "localhost" or _is_address(name):
                msg = "must list certificate names; every development certificate carries localhost and 127.0.0.1"
                raise ValueError(msg)
        return names


def load() -> ServiceSettings:
    """The settings from the environment; on a wrong value, says which and ends the process with 2."""
    try:
        return ServiceSettings()
    except ValidationError as error:
        refuse_to_start(error)


def refuse_to_start(error: ValidationError) -> NoReturn:
    """Name each wrong variable on standard error and end the process with status 2."""
    for line in complaints(error):
        sys.stderr.write(f"{line}\n")
    raise SystemExit(2) from None


def complaints(error: ValidationError) -> list[str]:
    """One line for each wrong value: the variable and what is wrong, without the value."""
    return [
        f"refusing to start: {PREFIX}{'_'.join(str(part) for part in problem['loc'][:1]).upper()}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
