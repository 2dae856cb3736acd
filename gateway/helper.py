"""Reads and writes what is large, in a process of its own: ``python -m gateway.helper``.

A body of 50,000 lines takes a second to read. In the event loop everybody would wait
for it; here only what is large waits, one behind the other, and at a lower priority
(nice) than the reads beside it. Each worker has one helper. It lives as long as its
worker: it ends when its standard input does.

Bounds: ``_MOST_WAITING`` requests wait, the next is refused with ``Overloaded``. A
helper that dies, or does not answer in time, is ended and started anew; what it was
given fails with ``TimeoutError`` or ``HelperLost``.
"""

import asyncio
import os
import signal
import struct
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import msgspec

from gateway.forms import Bound, Form, form_of
from gateway.intake import check_depth
from gateway.problems import Problem
from lienthong.access.answers import answer_encoder
from lienthong.access.published import published_contract
from lienthong.access.raw import NotOfItsType
from lienthong.access.requests import MalformedJson
from lienthong.audit.entry import Pseudonyms
from lienthong.rpc.coalesce import Overloaded
from lienthong.rpc.errors import FieldViolation, InvalidArgument, Unavailable
from lienthong.telemetry.logs import get_logger
from vss.identity.v1 import identity_pb2

_MOST_WAITING = 32
# Identifiers in one call of the identity service: an answer of so many persons fits its cap.
LOOK_UP_AT_ONCE = 10_000
_NICE = 10
_LENGTH = struct.Struct(">I")

_log = get_logger("gateway.helper")


class Prepare(msgspec.Struct, tag=True, frozen=True):
    """Read the body of a command and bind its values."""

    rpc: str
    body: bytes
    bound: dict[int, str | int]
    max_depth: int


class Fill(msgspec.Struct, tag=True, frozen=True):
    """Put persons into a prepared command; ``persons`` are answers of LookUpPersons."""

    rpc: str
    request: bytes
    persons: list[bytes]


class Write(msgspec.Struct, tag=True, frozen=True):
    """Write a response as JSON, for a grant of these data classes."""

    rpc: str
    response: bytes
    classes: list[str]


class Prepared(msgspec.Struct, tag=True, frozen=True):
    """A command as far as it is known without the identity service.

    ``look_ups`` are the requests of LookUpPersons that its persons need, ``asked`` the
    pseudonyms of everybody it is about.
    """

    request: bytes
    ordering: str
    look_ups: list[bytes]
    asked: list[str]


class Done(msgspec.Struct, tag=True, frozen=True):
    """The result of Fill or Write."""

    data: bytes


class Refused(msgspec.Struct, tag=True, frozen=True):
    """Why not; ``fields`` are those of ``InvalidArgument``."""

    reason: str
    detail: str
    fields: list[tuple[str, str]]


_Job: TypeAlias = Prepare | Fill | Write
_Answer: TypeAlias = Prepared | Done | Refused
_encoder = msgspec.msgpack.Encoder()
_jobs = msgspec.msgpack.Decoder(_Job)
_answers = msgspec.msgpack.Decoder(_Answer)


class HelperLost(Unavailable):
    """The helper died over this request, or before it."""

    def __init__(self) -> None:
        super().__init__("HELPER_LOST", "the process that reads large bodies is gone")


class Helper:
    """The worker's side. ``start`` before the first request, ``stop`` after the last."""

    def __init__(self, *, pseudonym_key: Path, max_depth: int) -> None:
        self._key = pseudonym_key
        self._max_depth = max_depth
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def start(self) -> Process:
        """Start the process; it is ready when it answers."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway.helper", str(self._key), stdin=PIPE, stdout=PIPE
        )
        return self._process

    async def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    async def prepare(self, form: Form, body: bytes, bound: Bound, *, deadline: float) -> Prepared:
        """Read a command. Raises as ``Form.decode`` does, and as this module says."""
        job = Prepare(form.rpc, body, dict(bound), self._max_depth)
        answer = await self._ask(job, deadline)
        if not isinstance(answer, Prepared):
            raise TypeError
        return answer

    async def read(self, form: Form, body: bytes, *, deadline: float) -> Any:
        """Read a request that is asked, not accepted; raises as ``prepare`` does."""
        prepared = await self.prepare(form, body, {}, deadline=deadline)
        return form.request_class.FromString(prepared.request)

    async def fill(self, form: Form, request: bytes, persons: list[bytes], *, deadline: float) -> bytes:
        """The command with its persons, serialised."""
        return await self._data(Fill(form.rpc, request, persons), deadline)

    async def write(self, rpc: str, response: bytes, classes: frozenset[str], *, deadline: float) -> bytes:
        """The response as JSON text."""
        return await self._data(Write(rpc, response, sorted(classes)), deadline)

    async def _data(self, job: _Job, deadline: float) -> bytes:
        answer = await self._ask(job, deadline)
        if not isinstance(answer, Done):
            raise TypeError
        return answer.data

    async def _ask(self, job: _Job, deadline: float) -> Prepared | Done:
        if self._waiting >= _MOST_WAITING:
            raise Overloaded
        self._waiting += 1
        try:
            async with asyncio.timeout_at(deadline), self._turn:
                answer = await self._talk(job)
        finally:
            self._waiting -= 1
        if isinstance(answer, Refused):
            raise _refusal(answer)
        return answer

    async def _talk(self, job: _Job) -> _Answer:
        process = self._process
        if process is None or process.returncode is not None:
            process = await self.start()
        whole = False
        try:
            answer = await _exchange(process, _encoder.encode(job))
            whole = True
        except (OSError, asyncio.IncompleteReadError):
            _log.warning("helper.lost")
            raise HelperLost from None
        finally:
            if not whole:
                # Half an exchange: what comes next would not be the answer to what is asked next.
                await self.stop()
        return answer


async def _exchange(process: Process, frame: bytes) -> _Answer:
    if process.stdin is None or process.stdout is None:
        raise TypeError
    process.stdin.write(_LENGTH.pack(len(frame)))
    process.stdin.write(frame)
    await process.stdin.drain()
    (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
    answer: _Answer = _answers.decode(await process.stdout.readexactly(length))
    return answer


def _refusal(refused: Refused) -> Exception:
    if refused.reason == "invalid_argument":
        return InvalidArgument(*(FieldViolation(field, what) for field, what in refused.fields))
    if refused.reason == "malformed":
        return MalformedJson(refused.detail)
    if refused.reason == "not_of_its_type":
        return NotOfItsType(refused.detail)
    return Problem(refused.reason, refused.detail)


def _refused(error: InvalidArgument | MalformedJson | NotOfItsType | Problem) -> Refused:
    """What ``_refusal`` makes the same exception of, on the worker's side."""
    match error:
        case InvalidArgument():
            return Refused(
                "invalid_argument", error.message, [(f.field, f.description) for f in error.fields]
            )
        case MalformedJson():
            return Refused("malformed", str(error), [])
        case NotOfItsType():
            return Refused("not_of_its_type", str(error), [])
        case Problem():
            return Refused(error.reason.name, error.detail, [])


class Worker:
    """The helper's side: what is done with a job."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms
        self._capabilities = {c.rpc: c for c in published_contract().capabilities}
        self._forms = {rpc: form_of(capability) for rpc, capability in self._capabilities.items()}

    def answer(self, job: _Job) -> _Answer:
        """Do the job; a refusal is an answer too."""
        try:
            match job:
                case Prepare():
                    return self._prepared(job)
                case Fill():
                    return Done(filled(self._forms[job.rpc], job.request, job.persons))
                case Write():
                    return Done(self._written(job))
        except (InvalidArgument, MalformedJson, NotOfItsType, Problem) as error:
            return _refused(error)

    def _prepared(self, job: Prepare) -> Prepared:
        form = self._forms[job.rpc]
        if not form.is_raw:
            check_depth(job.body, job.max_depth)
        request: Any = form.decode(job.body)
        form.bind(request, job.bound)
        return Prepared(
            request.SerializeToString(),
            form.ordering_value(request),
            look_ups(form.identifiers(request)),
            self._pseudonyms.of_all(form.asked(request)),
        )

    def _written(self, job: Write) -> bytes:
        response_class = self._capabilities[job.rpc].response_class
        encode = answer_encoder(response_class, frozenset(job.classes))
        return msgspec.json.encode(encode(response_class.FromString(job.response)))


def look_ups(identifiers: list[str]) -> list[bytes]:
    """The requests of LookUpPersons that these identifiers need, serialised."""
    return [
        identity_pb2.LookUpPersonsRequest(
            identifiers=identifiers[i : i + LOOK_UP_AT_ONCE]
        ).SerializeToString()
        for i in range(0, len(identifiers), LOOK_UP_AT_ONCE)
    ]


def filled(form: Form, request: bytes, persons: list[bytes]) -> bytes:
    """The request with the persons of these answers of LookUpPersons.

    Raises ``ValueError`` when they are not as many as the request needs.
    """
    message: Any = form.request_class.FromString(request)
    form.fill(message, (p for r in persons for p in identity_pb2.LookUpPersonsResponse.FromString(r).persons))
    data: bytes = message.SerializeToString()
    return data


def serve(jobs: BinaryIO, answers: BinaryIO, worker: Worker) -> None:
    """Answer one job after the other, until there are no more."""
    while len(head := jobs.read(_LENGTH.size)) == _LENGTH.size:
        (length,) = _LENGTH.unpack(head)
        frame = _encoder.encode(worker.answer(_jobs.decode(jobs.read(length))))
        answers.write(_LENGTH.pack(len(frame)))
        answers.write(frame)
        answers.flush()


def main() -> None:
    """The process. A Ctrl-C at the terminal is for the worker, which then ends this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICE)
    serve(sys.stdin.buffer, sys.stdout.buffer, Worker(Pseudonyms.load(Path(sys.argv[1]))))


if __name__ == "__main__":
    main()
