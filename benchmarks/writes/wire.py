"""HTTP/1.1 over kept connections, and no more of it than a load generator needs.

A general client costs as much CPU as the gateway it measures, on the same cores.
"""

import asyncio
from dataclasses import dataclass

_HEAD_END = b"\r\n\r\n"
_MOST_IDLE = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Wire:
    """Connections to one address, each for one request at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(self, raw: bytes, *, fresh: bool = False) -> Answer:
        """One request and its answer, on a new connection when ``fresh``. Raises ``OSError`` or ``EOFError``."""
        if fresh or not self._idle:
            connection = await asyncio.open_connection(*self._address, limit=1 << 20)
        else:
            connection = self._idle.pop()
        reader, writer = connection
        try:
            writer.write(raw)
            head = await reader.readuntil(_HEAD_END)
            first, *lines = head[: -len(_HEAD_END)].split(b"\r\n")
            headers = [(name.lower(), value) for name, _, value in (line.partition(b": ") for line in lines)]
            length = next((int(value) for name, value in headers if name == b"content-length"), 0)
            body = await reader.readexactly(length)
        except BaseException:
            writer.close()
            raise
        if fresh or len(self._idle) >= _MOST_IDLE:
            writer.close()
        else:
            self._idle.append(connection)
        return Answer(int(first.split(b" ", 2)[1]), headers, body)

    def close(self) -> None:
        """Close what is idle."""
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()
