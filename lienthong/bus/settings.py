"""The configuration of a process of the bus, from ``LIENTHONG_*`` variables.

A missing or wrong value stops the start with the name of its variable and never
prints the value.
"""

from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from lienthong.bus import broker
from lienthong.rpc.settings import PREFIX, refuse_to_start


class BusSettings(BaseSettings):
    """What every process of the bus needs: a database, a broker, where to show its metrics."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    database_url: str = Field(pattern=r"^postgres(ql)?://")
    amqp_url: str
    metrics_listen: str | None = Field(default=None, pattern=r"^.+:\d{1,5}$")
    log_level: Literal["debug", "info", "warning", "error", "critical"] = "info"

    @field_validator("amqp_url")
    @classmethod
    def _names_a_broker(cls, url: str) -> str:
        try:
            broker.parse(url)
        except broker.BrokerUrlError as error:
            raise ValueError(str(error)) from None
        return url

    @property
    def broker(self) -> broker.Broker:
        """The broker that ``amqp_url`` names."""
        return broker.parse(self.amqp_url)


class RelaySettings(BusSettings):
    """What the relay needs to know to start."""

    shuttles: int = Field(default=2, ge=1, le=8)
    """Batches under way at once, each with lanes and a database connection of its own."""
    batch_messages: int = Field(default=400, ge=1, le=10_000)
    batch_bytes: int = Field(default=4 * 1024 * 1024, ge=1024, le=256 * 1024 * 1024)
    """A batch ends with the message that passes this, so it holds at most one message more."""
    confirm_timeout_s: float = Field(default=15.0, gt=0, le=300)
    """A batch that the broker has not confirmed by then is given back and sent anew."""
    gather_s: float = Field(default=0.04, ge=0, le=1)
    """From one batch to the next, unless it was full: what comes meanwhile shares a transaction and a confirm."""
    poll_s: float = Field(default=1.0, gt=0, le=60)
    """The net below the notifications."""


def load_relay() -> RelaySettings:
    """The relay's settings; on a wrong value, says which and ends the process with 2."""
    try:
        return RelaySettings()
    except ValidationError as error:
        refuse_to_start(error)
