"""The nonces that this worker has seen lately.

Only a memory: a bounded one that spares the services the work for a flood of
replays. The truth is the unique (key id, nonce) of the audit log.
"""

from collections import deque


class RecentNonces:
    """Remembers up to ``capacity`` nonces until they expire; beyond that the oldest go first."""

    def __init__(self, capacity: int = 200_000) -> None:
        self._capacity = capacity
        self._seen: set[tuple[str, str]] = set()
        self._order: deque[tuple[float, tuple[str, str]]] = deque()

    def first_time(self, key_id: str, nonce: str, *, expires: float, now: float) -> bool:
        """Remember the nonce; False when it was remembered already."""
        entry = (key_id, nonce)
        if entry in self._seen:
            return False
        while self._order and (len(self._order) >= self._capacity or self._order[0][0] < now):
            self._seen.discard(self._order.popleft()[1])
        self._seen.add(entry)
        # Past the skew that freshness allows, so that nothing fresh is forgotten for its age.
        self._order.append((expires + 60, entry))
        return True
