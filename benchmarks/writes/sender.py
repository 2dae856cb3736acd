"""Signed requests of one agency over a few kept connections; answers verified."""

import asyncio
import secrets
import time
from types import TracebackType
from typing import Any, Self

import msgspec

from benchmarks import stack as stacks
from benchmarks.stack import BenchError
from benchmarks.writes.wire import Wire
from lienthong.client import AgencyConfig
from lienthong.signing import prepare_request, verify_answer

_TIMEOUT_S = 35.0
_VERIFIED = 20


class Sender:
    """One agency's side of the wire. Close it, or use it in ``async with``."""

    def __init__(self, config: AgencyConfig) -> None:
        self.config = config
        self._authority = config.gateway.partition("://")[2]
        self._wire = Wire(*stacks.address_of(self._authority))
        self._answers = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wire.close()

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes | None,
        *,
        purpose: str = "",
        headers: dict[str, str] | None = None,
        fresh: bool = False,
    ) -> tuple[int, bytes]:
        """One request; its status and body. Of the answers one in twenty is verified, and the first."""
        kind = {} if body is None else {"content-type": "application/json"}
        stated = {
            "purpose": purpose or self.config.purpose,
            "staff": self.config.staff,
            **kind,
            **(headers or {}),
        }
        signed = prepare_request(
            self.config.key,
            method=method,
            url=self.config.gateway + path,
            headers=stated,
            body=body or b"",
            created=int(time.time()),
        )
        whole = {**stated, **signed.headers, "host": self._authority, "content-length": str(len(body or b""))}
        head = "".join(f"{name}: {value}\r\n" for name, value in whole.items())
        raw = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + (body or b"")
        async with asyncio.timeout(_TIMEOUT_S):
            answer = await self._wire.send(raw, fresh=fresh)
        self._answers += 1
        if self._answers % _VERIFIED == 1:
            verify_answer(
                self.config.gateway_keys,
                status=answer.status,
                headers=answer.headers,
                body=answer.body,
                request=signed,
            )
        return answer.status, answer.body

    async def submit(
        self, path: str, body: bytes, *, purpose: str = "", media_type: str = "application/json"
    ) -> str:
        """The number of the operation that a command became. Raises ``BenchError`` unless it is accepted."""
        key = {"idempotency-key": secrets.token_urlsafe(18), "content-type": media_type}
        status, answer = await self.ask("POST", path, body, purpose=purpose, headers=key)
        if status != 202:
            raise BenchError(f"{path}: {status} {answer[:300].decode(errors='replace')}")
        operation: str = msgspec.json.decode(answer)["operation"]["operationId"]
        return operation

    async def ended(self, operation_id: str, *, purpose: str = "") -> dict[str, Any]:
        """The operation once it has ended."""
        while True:
            status, answer = await self.ask(
                "GET", f"/v1/operations/{operation_id}", None, purpose=purpose, headers={"prefer": "wait=30"}
            )
            if status != 200:
                raise BenchError(f"{operation_id}: {status} {answer[:300].decode(errors='replace')}")
            operation: dict[str, Any] = msgspec.json.decode(answer)["operation"]
            if operation["state"] != "OPERATION_STATE_PENDING":
                return operation

    async def carried_out(self, path: str, values: dict[str, Any], *, purpose: str = "") -> dict[str, Any]:
        """A command from submission to its end. Raises ``BenchError`` unless it completed."""
        async with asyncio.timeout(60):
            number = await self.submit(path, msgspec.json.encode(values), purpose=purpose)
            operation = await self.ended(number, purpose=purpose)
        if operation["state"] != "OPERATION_STATE_COMPLETED":
            raise BenchError(f"{path}: {operation}")
        return operation
