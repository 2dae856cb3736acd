"""The worker's one configuration object; a wrong value stops the start and names the key."""

from pydantic import Field, FilePath
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.deliveries.periods import CLOSE_DAYS, MOST_CLOSE_DAYS
from lienthong.rpc.settings import PREFIX


class Settings(BaseSettings):
    """Read from the environment, prefix ``LIENTHONG_``. Secrets are paths of files."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    database_url: str = Field(min_length=1)
    targets_identity: str = Field(pattern=r"^[^:\s]+:\d{1,5}$")
    targets_contributions: str = Field(pattern=r"^[^:\s]+:\d{1,5}$")
    targets_health_claims: str = Field(pattern=r"^[^:\s]+:\d{1,5}$")
    tls_ca: FilePath
    tls_cert: FilePath
    tls_key: FilePath
    # Of P-256: the manifest is a JWS (ES256).
    signing_key: FilePath
    # How many days after its end a month is delivered.
    delivery_close_days: int = Field(default=CLOSE_DAYS, ge=0, le=MOST_CLOSE_DAYS)
    metrics_listen: str | None = Field(default=None, pattern=r"^.+:\d{1,5}$")
    log_level: str = "info"

    def target(self, service: str) -> str:
        """Where a service listens, host:port."""
        address: str = getattr(self, f"targets_{service}")
        return address
