"""The parameters of disclosure control. They are secret: see docs/disclosure.md."""

from dataclasses import dataclass, fields

# Under three, each of two contributors subtracts himself and knows the other.
LOWEST_FREQUENCY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What the rules need besides the secret. Raises ``ValueError`` that names the field.

    ``minimum_frequency`` T: no published count is under it, no figure describes fewer contributors.
    ``noise`` D: the greatest distance between a published base count and the true one, 2 or more, at most
    4 T. ``dominance_percent`` p: a magnitude is suppressed if its second largest contributor could
    estimate the largest one to within p per cent, 1..100. ``settle_seconds``: how long a change waits at
    least when fewer than about T others join it, one hour or more. ``patience``: after so many
    publications of a cell, its next one needs twice as many changes, or twice the wait (up to four
    times); 1 or more, smaller is safer and later.
    """

    minimum_frequency: int = 10
    noise: int = 8
    dominance_percent: int = 10
    settle_seconds: int = 86_400
    patience: int = 4

    def __post_init__(self) -> None:
        for field in fields(self):
            if type(getattr(self, field.name)) is not int:
                raise ValueError(f"{field.name} must be a whole number")
        _within("minimum_frequency", self.minimum_frequency, LOWEST_FREQUENCY, 1_000)
        _within("noise", self.noise, 2, 4 * self.minimum_frequency)
        _within("dominance_percent", self.dominance_percent, 1, 100)
        _within("settle_seconds", self.settle_seconds, 3_600, 366 * 86_400)
        _within("patience", self.patience, 1, 1_000)

    @property
    def small_value(self) -> int:
        """What a small cell counts in sums when it counts at all: more than any small cell has."""
        return self.minimum_frequency + self.noise


def _within(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} must be between {least} and {most}, not {value}")
