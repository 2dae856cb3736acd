"""The connector's process: listens, answers, and asks again in the background.

Asking again waits for something to ask about; while the line is down it tries after 1, 2,
4 … 60 seconds, or as soon as it answered a desk, and one thing at a time. Then everything that waits is
asked about in turn, the least tried first.
"""

import asyncio
import ipaddress
import random
import signal
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette

from lienthong.client import AgencyConfig, AsyncClient, RetryPolicy, Unavailable
from lienthong.connector.connector import Connector, Trust
from lienthong.connector.folder import Folder
from lienthong.connector.passing import Passing
from lienthong.connector.store import Store
from lienthong.connector.vault import Spoiled
from lienthong.connector.web import Web
from lienthong.telemetry import logs

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
_MOST_CONNECTIONS: Final = 64
_LAST_PORT: Final = 65_535
_STOP_S: Final = 5

_log = logs.get_logger("connector")


class ListenRefused(ValueError):
    """The connector may not listen there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where to listen, where the state lies, and by which keys certificates are believed."""

    listen: str
    state: Path
    keys: Path | None
    remote: bool = False


def listening(listen: str, *, remote: bool) -> socket.socket:
    """A socket at ``host:port``. Raises ListenRefused for another machine's reach unless ``remote``, OSError."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
        number = int(port)
    except ValueError as error:
        raise _no_address(listen) from error
    if not 0 <= number <= _LAST_PORT:
        raise _no_address(listen)
    if not address.is_loopback and not remote:
        raise ListenRefused(
            f"{listen}: other machines could ask; --remote allows it, and then TLS before it is your duty"
        )
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    return socket.create_server((str(address), number), family=family)


def _no_address(listen: str) -> ListenRefused:
    return ListenRefused(f"{listen}: expected an address and a port, 127.0.0.1:7410")


async def serve(agency: AgencyConfig, settings: Settings, told: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT. ``told`` is called with the address once it answers.

    Raises ListenRefused, FolderRefused, OSError.
    """
    with listening(settings.listen, remote=settings.remote) as sock, Folder(settings.state) as folder:
        store = Store(folder.database, folder.vault)
        async with AsyncClient(agency, retry=RetryPolicy(tries=1)) as line:
            trust = Trust(keys=settings.keys, issuer=agency.gateway)
            connector = Connector(line=line, store=store, trust=trust)
            passing = Passing(line=line, token=folder.sdmx_token)
            app = Web(connector=connector, store=store, token=folder.token, passing=passing).app()
            again = asyncio.create_task(ask_again(connector))
            try:
                await _listen(app, sock, told)
            finally:
                again.cancel()
                with suppress(asyncio.CancelledError):
                    await again
                store.close()


async def ask_again(
    connector: Connector, *, first_pause_s: float = FIRST_PAUSE_S, longest_pause_s: float = LONGEST_PAUSE_S
) -> None:
    """Check provisional answers again, for ever."""
    pause = first_pause_s
    while True:
        await connector.pending.wait()
        try:
            await connector.recheck()
            pause = first_pause_s
        except (Unavailable, Spoiled, sqlite3.Error) as error:
            _log.info("recheck.later", kind=type(error).__name__)
            # Somewhat at random: a hundred hospitals do not come back in one second.
            await _woken(connector.state.back, pause * random.uniform(0.5, 1.0))  # noqa: S311 -- jitter
            pause = min(pause * 2, longest_pause_s)


async def _woken(back: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until a desk found the line to be back."""
    back.clear()
    with suppress(TimeoutError):
        await asyncio.wait_for(back.wait(), seconds)


class _Server(uvicorn.Server):
    """uvicorn that says where it answers, and stops on a signal without raising it again."""

    def __init__(self, config: uvicorn.Config, told: Callable[[], None]) -> None:
        super().__init__(config)
        self._told = told

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections, then say so."""
        await super().startup(sockets)
        self._told()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        self.should_exit = True


async def _listen(app: Starlette, sock: socket.socket, told: Callable[[str], None]) -> None:
    host, port = sock.getsockname()[:2]
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_STOP_S,
        lifespan="off",
        ws="none",
    )
    await _Server(config, lambda: told(address)).serve(sockets=[sock])
