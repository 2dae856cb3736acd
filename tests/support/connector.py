"""A connector under test: a clock to turn, a line to cut, and a gateway in process behind it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from lienthong.certificate import public_keys
from lienthong.client import AgencyConfig, AsyncClient, Question, Receipt, RetryPolicy, Unavailable
from lienthong.client.exchange import Sent
from lienthong.connector.connector import Connector, Trust
from lienthong.connector.model import DeskQuestion
from lienthong.connector.store import Store
from lienthong.connector.vault import Vault
from tests.support.certificates import ISSUER, KEY, NOW

KEY_OCTETS = b"k" * 32
NHUNG = {"identifier": "DN4010100000017", "fullName": "Trần Thị Hồng Nhung", "born": "1990-05-17"}


def covered(**changed: Any) -> dict[str, Any]:
    """An answer of the gateway about a valid card."""
    card = {
        "cardCode": "DN4010100000017",
        "benefitPercent": 80,
        "validFrom": "2026-01-01",
        "validTo": "2026-12-31",
        "registeredFacility": {"code": "01001"},
    }
    right = {
        "resultCode": "000",
        "resultText": {"vi": "Thẻ có giá trị", "en": "Valid"},
        "covered": True,
        "visitCode": "00",
        "card": card,
        "checkToken": "dG9rZW4",
    }
    return right | changed


class CuttableLine:
    """``Line`` to a gateway in process, until it is cut. Counts what was tried."""

    def __init__(self, config: AgencyConfig, handle: Callable[[httpx.Request], httpx.Response]) -> None:
        transport = httpx.MockTransport(handle)
        self._client = AsyncClient(config, retry=RetryPolicy(tries=1), transport=transport)
        self.cut = False
        self.tried = 0
        self.tried_thrice = asyncio.Event()

    def prepare(self, question: Question) -> Sent:
        """As in ``Line``."""
        return self._client.prepare(question)

    async def send(self, sent: Sent) -> Receipt:
        """As in ``Line``."""
        self.tried += 1
        if self.tried == 3:
            self.tried_thrice.set()
        if self.cut:
            raise Unavailable("ConnectError")
        return await self._client.send(sent)


@dataclass
class Turned:
    """A clock that stands until it is turned."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        """Forward."""
        self.now += timedelta(**by)


@dataclass
class Desk:
    """A connector with its line, its store and its clock."""

    line: CuttableLine
    store: Store
    clock: Turned
    connector: Connector = field(init=False)
    keys: Path

    def __post_init__(self) -> None:
        trust = Trust(keys=self.keys, issuer=ISSUER)
        self.connector = Connector(line=self.line, store=self.store, trust=trust, now=self.clock)

    async def ask(self, **changed: Any) -> dict[str, Any]:
        """Ask about the person of the certificates, with some fields changed."""
        return await self.connector.check(question(**changed))

    def reconnect(self) -> None:
        """The line is back, and the desk does not remember that it was down."""
        self.line.cut = False
        self.connector._tried_until = 0.0


def question(**changed: Any) -> DeskQuestion:
    """The desk's question."""
    return msgspec.convert(NHUNG | changed, DeskQuestion)


def desk(folder: Path, config: AgencyConfig, handle: Callable[[httpx.Request], httpx.Response]) -> Desk:
    """A new connector in the folder."""
    keys = folder / "jwks.json"
    keys.write_bytes(msgspec.json.encode(public_keys([KEY.public])))
    store = Store(folder / "state.db", Vault(KEY_OCTETS))
    return Desk(line=CuttableLine(config, handle), store=store, clock=Turned(), keys=keys)
