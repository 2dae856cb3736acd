"""Who may ask for what: an immutable snapshot of agencies, keys and grants.

The gateway compares :func:`current_version` with the snapshot that it holds and
loads a new one when they differ. A snapshot is read in one transaction, so a key
is never seen without its agency.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, LiteralString

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow, dict_row

from lienthong.signing import KeyRefused, PublicKey


class AgencyKind(StrEnum):
    """What sort of body an agency is; decides which row rules bind it."""

    HOSPITAL = "hospital"
    MINISTRY = "ministry"
    EMPLOYER = "employer"
    AUDITOR = "auditor"
    CITIZEN_APP = "citizen_app"
    BANK = "bank"
    INSPECTOR = "inspector"


@dataclass(frozen=True, slots=True)
class Agency:
    """A body that may ask.

    ``facility_code`` (MA_CSKCB) only for hospitals, ``employer_code`` for employers,
    ``province_code`` for inspectors. ``webhook_url`` is where it is told that an
    operation of its own has ended.
    """

    agency_id: str
    name: str
    kind: AgencyKind
    facility_code: str | None
    employer_code: str | None
    active: bool
    province_code: str | None = None
    webhook_url: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A registered key. ``live`` is false once it is revoked or its agency is suspended."""

    key_id: str
    agency_id: str
    public_key: PublicKey
    revoked_at: datetime | None
    live: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """What an agency may do with one scope.

    ``purposes`` and ``data_classes`` are the contract's codes (``admission``,
    ``coverage``). Valid from ``valid_from`` until just before ``valid_to``, for
    ever when that is None; ``quota`` is in requests a minute, ``observations_per_day``
    in observations of statistics a day of Việt Nam, each None for no limit.
    """

    grant_id: int
    agency_id: str
    scope: str
    purposes: frozenset[str]
    data_classes: frozenset[str]
    valid_from: datetime
    valid_to: datetime | None
    quota: int | None
    observations_per_day: int | None = None

    def valid_at(self, moment: datetime) -> bool:
        """Whether the grant covers this moment."""
        return self.valid_from <= moment and (self.valid_to is None or moment < self.valid_to)


@dataclass(frozen=True, slots=True)
class Registry:
    """All agencies, keys and standing grants at one version.

    ``unreadable`` lists keys whose stored form does not give back their own
    thumbprint: they are left out, so their signatures are refused, and the rest
    of the registry, revocations above all, still takes effect.
    """

    version: int
    agencies: Mapping[str, Agency] = field(repr=False)
    keys: Mapping[str, Key] = field(repr=False)
    grants: Mapping[tuple[str, str], Grant] = field(repr=False)
    unreadable: tuple[str, ...] = ()

    def agency(self, agency_id: str) -> Agency | None:
        """The agency with this id, active or not."""
        return self.agencies.get(agency_id)

    def key(self, key_id: str) -> Key | None:
        """The key with this thumbprint, live or not; None when nobody registered it."""
        return self.keys.get(key_id)

    def grant(self, agency_id: str, scope: str) -> Grant | None:
        """The one grant that stands for this scope; its dates are for the caller to check."""
        return self.grants.get((agency_id, scope))


async def current_version(conn: AsyncConnection[Any]) -> int:
    """The registry's version: greater after every change."""
    cursor = await conn.execute("SELECT version FROM registry_version")
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("registry_version is empty: was the gateway's database migrated?")
    return int(row["version"] if isinstance(row, Mapping) else row[0])


async def load_registry(conn: AsyncConnection[Any], previous: Registry | None = None) -> Registry:
    """Read the whole registry in one transaction of ``conn``, which must be idle.

    Parsed keys of ``previous`` are used again: reading a key costs more than
    reading its row, and a gateway reloads while it serves.
    """
    async with conn.transaction(), conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        version = await current_version(conn)
        agencies = await _rows(cursor, "SELECT * FROM agency")
        keys = await _rows(cursor, "SELECT * FROM agency_key")
        grants = await _rows(cursor, "SELECT * FROM agency_grant WHERE revoked_at IS NULL")
    return _snapshot(version, agencies, keys, grants, previous)


async def _rows(cursor: AsyncCursor[DictRow], query: LiteralString) -> list[DictRow]:
    await cursor.execute(query)
    return await cursor.fetchall()


def _snapshot(
    version: int,
    agencies: list[DictRow],
    keys: list[DictRow],
    grants: list[DictRow],
    previous: Registry | None,
) -> Registry:
    by_id = {row["agency_id"]: _agency(row) for row in agencies}
    known = previous.keys if previous else {}
    readable: dict[str, Key] = {}
    unreadable: list[str] = []
    for row in keys:
        public_key = _public_key(row, known.get(row["key_id"]))
        if public_key is None:
            unreadable.append(row["key_id"])
            continue
        live = row["revoked_at"] is None and by_id[row["agency_id"]].active
        readable[row["key_id"]] = Key(row["key_id"], row["agency_id"], public_key, row["revoked_at"], live)
    standing = {(row["agency_id"], row["scope"]): _grant(row) for row in grants}
    return Registry(version, by_id, readable, standing, tuple(unreadable))


def _public_key(row: DictRow, known: Key | None) -> PublicKey | None:
    if known is not None:
        return known.public_key
    try:
        public_key = PublicKey.from_pem(row["public_key"].encode())
    except KeyRefused:
        return None
    honest = public_key.key_id == row["key_id"] and public_key.algorithm == row["algorithm"]
    return public_key if honest else None


def _agency(row: DictRow) -> Agency:
    return Agency(
        row["agency_id"], row["name"], AgencyKind(row["kind"]), row["facility_code"], row["employer_code"],
        row["active"], row["province_code"], row["webhook_url"],
    )  # fmt: skip


def _grant(row: DictRow) -> Grant:
    return Grant(
        row["grant_id"],
        row["agency_id"],
        row["scope"],
        frozenset(row["purposes"]),
        frozenset(row["data_classes"]),
        row["valid_from"],
        row["valid_to"],
        row["quota_per_minute"],
        row["observations_per_day"],
    )
