"""Structured logs: one JSON object a line on stdout, one event name plus keys.

Nothing personal is ever written. Three guards hold that, whatever a caller passes:

1. keys known to be personal are dropped and named in ``dropped``;
2. a value that is not plain data (a protobuf message, bytes, an object) is
   replaced by its type's name, because its text could hold anything;
3. an exception is written as its type and its frames, without its message and
   without source lines: database errors quote the row they failed on.

Lines are buffered and written by a thread every 50 ms, at once for warnings and
worse, and at exit. A process killed by SIGKILL loses at most that last moment;
what must not be lost is in the audit log, which is another function.
"""

import atexit
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, cast

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}

PERSONAL_KEYS: Final = frozenset(
    {
        "address", "answer_body", "birth_date", "birth_year", "body", "born", "card", "card_code", "card_number",
        "cccd", "date_of_birth", "diagnosis", "dob", "email", "full_name", "holder", "ho_ten", "identifier",
        "identifiers", "ma_the", "match_key", "name", "ngay_sinh", "person", "personal_id", "phone", "query_params",
        "request_body", "response_body", "sex", "si_number", "staff", "subject",
    }
)  # fmt: skip
"""Keys whose value is, or may be, about a natural person."""

_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
_STDOUT = 1
_FLUSH_SECONDS = 0.05
_MOST_BUFFERED = 5_000


class _Writer:
    """Collects finished lines and writes them to a file descriptor in few system calls."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lines: deque[bytes] = deque()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._started = False

    def add(self, line: bytes, *, urgent: bool) -> None:
        """Keep a line; written within ``_FLUSH_SECONDS``, or now if it is urgent or the buffer is full."""
        self._lines.append(line)
        if urgent or len(self._lines) >= _MOST_BUFFERED:
            self.flush()
        elif not self._started:
            self._start()

    def flush(self) -> None:
        """Write all that is kept. A closed descriptor loses the lines: there is nowhere to say so."""
        with self._lock:
            lines = self._lines
            data = b"".join([lines.popleft() for _ in range(len(lines))])
            view = memoryview(data)
            while view:
                try:
                    view = view[os.write(self._descriptor, view) :]
                except BlockingIOError:  # stdout is a full non-blocking pipe: its reader is behind
                    time.sleep(0.001)
                except OSError:
                    return

    def _start(self) -> None:
        with self._lock:
            if self._started:
                return
            self._started = True
        threading.Thread(target=self._flush_for_ever, name="log-writer", daemon=True).start()

    def _flush_for_ever(self) -> None:
        while not self._wake.wait(_FLUSH_SECONDS):
            if self._lines:
                self.flush()

    def close(self) -> None:
        """Write what is left and end the thread; the descriptor stays open."""
        self._wake.set()
        self.flush()

    def forget_after_fork(self) -> None:
        """A forked child has its parent's buffer but not its thread."""
        self._lines.clear()
        self._lock = threading.Lock()
        self._started = False


class _Lines:
    """The logger at the end of structlog's chain: takes a rendered line and its level.

    It looks the writer up for every line: loggers are cached for ever, and one that kept
    a replaced writer would write to a descriptor that may be somebody's socket by now.
    """

    __slots__ = ()

    def _plain(self, line: bytes) -> None:
        _writer.add(line, urgent=False)

    def _urgent(self, line: bytes) -> None:
        _writer.add(line, urgent=True)

    msg = debug = info = _plain
    warn = warning = error = exception = critical = fatal = failure = err = _urgent


_writer = _Writer(_STDOUT)
_SINK: Final = _Lines()


def configure(service: str, level: str = "info", *, descriptor: int | None = None) -> None:
    """Set up logging for this process. ``level`` is one of ``LEVELS``; ``ValueError`` otherwise.

    ``service`` is put on every line. ``descriptor`` is where lines go (stdout).
    """
    global _writer  # noqa: PLW0603 -- one standard output a process, one writer
    if level not in LEVELS:
        msg = f"log level must be one of {', '.join(LEVELS)}"
        raise ValueError(msg)
    _writer.close()
    _writer = _Writer(_STDOUT if descriptor is None else descriptor)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _Stamp(service),
            _refuse_personal,
            _safe_exception,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: _SINK,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Library()], level=logging.WARNING, force=True)


class _Library(logging.Handler):
    """What libraries log, as one of our lines: the template without its arguments, which may quote data."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        method = {"WARNING": "warning", "ERROR": "error", "CRITICAL": "error"}.get(record.levelname, "info")
        error = record.exc_info[1] if record.exc_info else None
        described = {} if error is None else describe_exception(error)
        getattr(_library, method)("library", logger=record.name, said=str(record.msg), **described)


def get_logger(component: str) -> FilteringBoundLogger:
    """A logger whose lines say which component wrote them."""
    return cast("FilteringBoundLogger", structlog.get_logger(component=component))


_library = get_logger("library")


def flush() -> None:
    """Write what is buffered now."""
    _writer.flush()


class _Stamp:
    """Adds service, level and time (UTC, milliseconds)."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._second, self._prefix = -1, ""

    def __call__(self, _logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        now = time.time()
        second = int(now)
        if second != self._second:  # formatting a date costs more than the rest of the line
            self._prefix, self._second = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(second)), second
        event["service"] = self._service
        event["level"] = "error" if method == "exception" else method
        event["at"] = f"{self._prefix}{int((now - second) * 1000):03d}Z"
        return event


def _refuse_personal(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if not PERSONAL_KEYS.isdisjoint(event):
        _drop_personal(event)
    for key, value in event.items():
        if type(value) is dict and not PERSONAL_KEYS.isdisjoint(value):
            event[key] = _drop_personal(dict(value))
    return event


def _drop_personal(keys: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    dropped = sorted(PERSONAL_KEYS.intersection(keys))
    for key in dropped:
        del keys[key]
    keys["dropped"] = dropped
    return keys


def _safe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    info = event.pop("exc_info", None)
    if not info:
        return event
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event.update(describe_exception(error))
    return event


def describe_exception(error: BaseException) -> dict[str, Any]:
    """Type, SQLSTATE if any, frames and cause of an exception, without its message."""
    described: dict[str, Any] = {"error": type(error).__qualname__, "trace": _frames(error)}
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        described["sqlstate"] = state
    if error.__cause__ is not None:
        described["cause"] = describe_exception(error.__cause__)
    return described


def _frames(error: BaseException) -> list[str]:
    frames, step = [], error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        module = step.tb_frame.f_globals.get("__name__", "?")
        frames.append(f"{module}:{step.tb_lineno} {code.co_name}")
        step = step.tb_next
    return frames[-20:]


def _type_name(value: object) -> str:
    return f"<{type(value).__qualname__}>"


def _render(_logger: WrappedLogger, _method: str, event: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(event, _type_name, _OPTIONS)
    except (
        orjson.JSONEncodeError
    ):  # an integer over 64 bits or a lone surrogate: logging must never fail a request
        kept = {key: event[key] for key in ("service", "level", "at") if key in event}
        return orjson.dumps({**kept, "event": "log.unrenderable", "keys": len(event)}, option=_OPTIONS)


def _after_fork() -> None:
    _writer.forget_after_fork()


atexit.register(flush)
os.register_at_fork(after_in_child=_after_fork)
