"""The configuration of the folding worker, from ``LIENTHONG_*`` variables.

A missing or wrong value stops the start with the name of its variable and never
prints the value.
"""

from pathlib import Path
from typing import Final, Literal

from pydantic import Field, FilePath, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from lienthong import disclosure
from lienthong.rpc.settings import PREFIX, refuse_to_start
from lienthong.statistics.flows import Rules

_SHORTEST_SECRET: Final = 32
# Characters of the file that are read.
_LONGEST_SECRET: Final = 4_096


class FoldingSettings(BaseSettings):
    """What the worker needs to know to start."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    database_url: str = Field(pattern=r"^postgres(ql)?://")
    metrics_listen: str | None = Field(default=None, pattern=r"^.+:\d{1,5}$")
    log_level: Literal["debug", "info", "warning", "error", "critical"] = "info"
    statistics_secret: FilePath
    """The file of the secret from which noise, thresholds and factors are drawn: 32 bytes or more in hexadecimal."""
    statistics_minimum_frequency: int = Field(default=10, ge=3, le=1000)
    """A figure that fewer contributors stand behind is suppressed."""
    statistics_noise: int = Field(default=8, ge=2, le=4000)
    """The largest noise that a count gets."""
    statistics_dominance_percent: int = Field(default=10, ge=1, le=100)
    """An amount is suppressed when its second largest contributor could guess the largest more closely."""
    statistics_settle_seconds: int = Field(default=86_400, ge=3_600, le=366 * 86_400)
    """How long a change waits at least before it is published, when few others join it."""
    statistics_patience: int = Field(default=4, ge=1, le=1000)
    """After so many publications a cell needs twice as many changes for its next one."""
    batch_deltas: int = Field(default=20_000, ge=1, le=100_000)
    """Changes that one transaction folds, and the rest of those that came with the last of them."""
    gather_s: float = Field(default=0.2, ge=0, le=10)
    """From one batch to the next, unless it was full: what comes meanwhile is folded together."""
    poll_s: float = Field(default=1.0, gt=0, le=60)
    """The net below the notifications; also how soon a new month is seen, and another worker's end."""

    @property
    def rules(self) -> Rules:
        """How figures are protected. Raises ``ValueError`` for a secret that is none."""
        return rules(
            self.statistics_secret,
            disclosure.Parameters(
                minimum_frequency=self.statistics_minimum_frequency,
                noise=self.statistics_noise,
                dominance_percent=self.statistics_dominance_percent,
                settle_seconds=self.statistics_settle_seconds,
                patience=self.statistics_patience,
            ),
        )


def rules(secret: Path, parameters: disclosure.Parameters | None = None) -> Rules:
    """The rules with the secret in this file. Raises ``ValueError`` when it is too short or not hexadecimal."""
    with secret.open(encoding="ascii") as stream:
        octets = bytes.fromhex(stream.read(_LONGEST_SECRET).strip())
    if len(octets) < _SHORTEST_SECRET:
        raise ValueError(f"the secret of statistics has fewer than {_SHORTEST_SECRET} bytes")
    return Rules(parameters=parameters or disclosure.Parameters(), secret=octets)


def load() -> FoldingSettings:
    """The worker's settings; on a wrong value, says which and ends the process with 2."""
    try:
        return FoldingSettings()
    except ValidationError as error:
        refuse_to_start(error)
