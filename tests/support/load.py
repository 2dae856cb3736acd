"""A small closed loop of signed clients that keeps what it received, for comparison with the log."""

import base64
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPException

from tests.support.bad_input import OTHER_PERSON
from tests.support.stack import Running
from tests.support.wire import CHECK, NHUNG, VERIFY, Answer, Connection, Raw, Sender

# What each person is answered with: the story's cast (deploy/nation/cast.py).
_RIGHT = ((NHUNG, "000"), (OTHER_PERSON, "010"))
_TICK_S = 0.05
_ASKED = {"identifier": NHUNG["identifier"], "fullName": NHUNG["fullName"]}


@dataclass(slots=True)
class Received:
    """What the clients of one run received."""

    answers: list[tuple[Raw, Answer, float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    stood_still: float = 0.0
    """The longest that this process itself was kept from running: the machine's doing, not the gateway's."""
    broken: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def slowest(self) -> float:
        """Seconds of the slowest answer, without what the machine took."""
        return max(self.seconds) - self.stood_still

    @property
    def statuses(self) -> Mapping[int, int]:
        """How many answers by status."""
        return Counter(answer.status for _, answer, _ in self.answers)

    def answered_since(self, moment: float) -> int:
        """How many were answered with 200 to a request sent since ``moment`` (monotonic)."""
        return sum(answer.status == 200 and sent >= moment for _, answer, sent in self.answers)


class Load:
    """``clients`` threads that ask, one request after another, until stopped."""

    def __init__(self, sender: Sender, path: str, clients: int) -> None:
        self.received = Received()
        self._sender, self._path = sender, path
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._client, args=(n,)) for n in range(clients)]
        self._threads.append(threading.Thread(target=self._tick))

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each client finish its request; fails if one hangs."""
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=30)
            assert not thread.is_alive(), "a client still waits"

    def _tick(self) -> None:
        while not self._over.is_set():
            due = time.monotonic() + _TICK_S
            self._over.wait(_TICK_S)
            self.received.stood_still = max(self.received.stood_still, time.monotonic() - due)

    def _client(self, number: int) -> None:
        connection: Connection | None = None
        while not self._over.is_set():
            number += 1
            asked, right = _RIGHT[number % 2] if self._path == CHECK else (_ASKED, "IDENTITY_RESULT_MATCH")
            raw = self._sender.sign(self._path, asked)
            sent = time.monotonic()
            try:
                connection = connection or Connection(self._sender.config.gateway)
                answer = connection.send(raw.wire())
            except (OSError, HTTPException) as error:
                self.received.broken.append(type(error).__name__)
                if connection is not None:
                    connection.socket.close()
                connection = None
                self._over.wait(0.01)
                continue
            self._keep(raw, answer, sent, right)
        if connection is not None:
            connection.socket.close()

    def _keep(self, raw: Raw, answer: Answer, sent: float, right: str) -> None:
        self.received.seconds.append(time.monotonic() - sent)
        self.received.answers.append((raw, answer, sent))
        # Each answer is verified afterwards: no more of them than the rule needs.
        self._over.wait(0.005 if answer.status == 200 else 0.02)
        if answer.status != 200:
            return
        told = answer.document.get("resultCode") or answer.document.get("result")
        if told != right:
            self.received.wrong.append(f"{told} for {right}")


@contextmanager
def load(sender: Sender, path: str = CHECK, clients: int = 8) -> Iterator[Received]:
    """Keeps asking for the length of the block, and until every client has finished."""
    running = Load(sender, path, clients)
    running.start()
    try:
        yield running.received
    finally:
        running.stop()


def check_kept(running: Running, sender: Sender, received: Received) -> None:
    """Nothing wrong was told, nothing was told unrecorded, and what failed said so."""
    assert received.wrong == []
    assert set(received.statuses) <= {200, 503}, received.statuses
    entries = running.entries(*(answer.request_id for _, answer, _ in received.answers))
    for raw, answer, _ in received.answers:
        sender.believe(raw, answer)
        if answer.status == 503:
            assert answer.header("retry-after")
            continue
        entry = entries[answer.request_id]
        told = sha256(answer.body).digest()
        assert (entry["status"], entry["outcome"], entry["agency_id"]) == (200, "ok", sender.config.agency_id)
        assert entry["answer_digest"] == _base64(told)
        assert len(entry["subjects_asked"]) == len(entry["subjects_answered"]) == 1


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


__all__ = ["CHECK", "VERIFY", "Received", "check_kept", "load"]
