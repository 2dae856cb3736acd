"""The configuration of a consumer, from ``LIENTHONG_*`` variables. Apart, because it may be read without green threads."""

from pydantic import Field

from lienthong.bus.settings import BusSettings


class ConsumerSettings(BusSettings):
    """What a consumer needs to know to start."""

    prefetch: int = Field(default=32, ge=1, le=1_000)
    """Messages in hand at once, a queue."""
    database_connections: int = Field(default=8, ge=1, le=64)
    stop_grace_s: float = Field(default=30.0, ge=0, le=600)
    """Time to finish what is at work; then the process ends without."""
