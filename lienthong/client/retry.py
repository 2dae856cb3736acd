"""When it is safe and useful to ask once more, and for how long to wait before."""

import random
from dataclasses import dataclass, field

from lienthong.client.errors import Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """The bounds: ``tries`` in all, ``total_s`` seconds from the first try to the last wait.

    Waits double from ``first_wait_s`` up to ``longest_wait_s``, each drawn at random
    between nothing and that bound, so that many clients do not come back together;
    a ``Retry-After`` is a least wait on top of which the random part comes.
    """

    tries: int = 4
    total_s: float = 10.0
    first_wait_s: float = 0.1
    longest_wait_s: float = 2.0


LEAST_PAUSE_S = 1.0
"""Between two looks at an operation that is still pending."""

NEVER = RetryPolicy(tries=1)


@dataclass(slots=True)
class Patience:
    """The state of one question's tries. ``started`` and ``now`` are monotonic seconds."""

    policy: RetryPolicy
    started: float
    failed: int = field(default=0, init=False)

    def wait_after(self, error: Unavailable, *, repeatable: bool, now: float) -> float | None:
        """Seconds to wait before the next try; None when there must be none."""
        self.failed += 1
        if not repeatable or self.failed >= self.policy.tries:
            return None
        bound = min(self.policy.first_wait_s * 2 ** (self.failed - 1), self.policy.longest_wait_s)
        wait = (error.retry_after or 0.0) + random.uniform(0, bound)  # noqa: S311 -- jitter, not a secret
        return wait if now + wait - self.started <= self.policy.total_s else None
