"""Changes to the registry of agencies. Synchronous: one command, one transaction.

    AdminRefused
    ├── AlreadyThere     the agency, key or standing grant exists
    ├── NotThere         there is no such agency, live key or standing grant
    ├── KeyRejected      the key or its proof of possession does not pass enrolment
    └── NotInContract    the contract knows no such scope, purpose or data class

Every function takes a connection of role ``gateway_owner`` and the actor: the
person who makes the change. Database triggers write both into ``agency_change``
and raise the registry's version, so a change cannot go unrecorded or unnoticed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, TypeAlias
from urllib.parse import urlsplit

import psycopg
from psycopg.rows import DictRow, dict_row

from lienthong.agencies.contract import check_grant
from lienthong.agencies.registry import Agency
from lienthong.signing import (
    KeyRefused,
    PublicKey,
    check_enrolment,
    check_proof_of_possession,
)

Conn: TypeAlias = psycopg.Connection[Any]


class AdminRefused(Exception):
    """A change that was not made; the message says why, for the administrator."""


class AlreadyThere(AdminRefused):
    """What was to be added exists."""


class NotThere(AdminRefused):
    """What was to be changed does not exist."""


class KeyRejected(AdminRefused):
    """The key does not pass enrolment."""


class NotInContract(AdminRefused):
    """No capability of the contract would ever use this grant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantTerms:
    """What is granted. ``valid_from`` None means from now on, ``valid_to`` None without end."""

    scope: str
    purposes: frozenset[str]
    data_classes: frozenset[str]
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    quota_per_minute: int | None = None
    observations_per_day: int | None = None
    """Of statistics alone."""
    legal_basis: str | None = None


def add_agency(conn: Conn, agency: Agency, *, actor: str) -> None:
    """Register a body. Raises AlreadyThere, or AdminRefused when its codes do not fit its kind."""
    _check_webhook(agency.webhook_url)
    with _change(conn, actor) as cursor:
        try:
            cursor.execute(
                "INSERT INTO agency (agency_id, name, kind, facility_code, employer_code, active, province_code,"
                " webhook_url) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                (agency.agency_id, agency.name, agency.kind, agency.facility_code, agency.employer_code,
                 agency.active, agency.province_code, agency.webhook_url),
            )  # fmt: skip
        except psycopg.errors.UniqueViolation as error:
            raise AlreadyThere(f"agency {agency.agency_id} is registered") from error
        except psycopg.errors.CheckViolation as error:
            raise AdminRefused(
                f"agency {agency.agency_id}, {agency.kind}: the id is lower-case letters, digits and hyphens;"
                " a hospital, and only a hospital, has a facility code (5 characters);"
                " an employer, and only an employer, has an employer code (6 to 20 characters);"
                f" only an inspector has a province (2 digits); {_WEBHOOK_FORM}"
            ) from error


def set_webhook(conn: Conn, agency_id: str, url: str | None, *, actor: str) -> None:
    """Say where the agency is told of its operations' ends; nowhere with None. Raises NotThere, AdminRefused."""
    _check_webhook(url)
    with _change(conn, actor) as cursor:
        try:
            cursor.execute("UPDATE agency SET webhook_url = %s WHERE agency_id = %s", (url, agency_id))
        except psycopg.errors.CheckViolation as error:
            raise AdminRefused(_WEBHOOK_FORM) from error
        if cursor.rowcount == 0:
            raise NotThere(f"there is no agency {agency_id}")


_WEBHOOK_FORM = (
    "a webhook is an https URL without user name and fragment, of at most 500 ASCII characters"
    " (http only to 127.0.0.1 or localhost); a name with other letters is written as xn--…"
)


def _check_webhook(url: str | None) -> None:
    """Raise AdminRefused for what the registry's own rule lets through, and could be neither signed nor resolved."""
    if url is None:
        return
    try:
        parts = urlsplit(url)
        named = (parts.hostname or "").encode("ascii").decode("idna")
        usable = url.isascii() and bool(named) and (parts.port is None or parts.port > 0)
    except ValueError:  # brackets, ports, letters and punycode that are none
        usable = False
    if not usable:
        raise AdminRefused(_WEBHOOK_FORM)


def webhook_status(conn: Conn, *, agency_id: str | None = None, limit: int = 50) -> list[DictRow]:
    """The latest deliveries, newest first, as plain rows for display: to whom, of what, and how it went."""
    with conn.transaction(), conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT * FROM webhook_delivery WHERE %(agency)s::text IS NULL OR agency_id = %(agency)s"
            " ORDER BY delivery_id DESC LIMIT %(limit)s",
            {"agency": agency_id, "limit": limit},
        ).fetchall()


def set_active(conn: Conn, agency_id: str, *, active: bool, actor: str) -> None:
    """Suspend an agency with all its keys, or let it back in. Raises NotThere."""
    with _change(conn, actor) as cursor:
        cursor.execute("UPDATE agency SET active = %s WHERE agency_id = %s", (active, agency_id))
        if cursor.rowcount == 0:
            raise NotThere(f"there is no agency {agency_id}")


def add_key(conn: Conn, agency_id: str, public_key: PublicKey, *, proof: str, now: float, actor: str) -> None:
    """Register a key that the agency has shown to hold; ``now`` in seconds since 1970.

    Raises KeyRejected (see signing.md, enrolment), AlreadyThere when the agency
    has it, live or revoked, NotThere when there is no such agency.
    """
    try:
        check_enrolment(public_key)
        check_proof_of_possession(public_key, agency_id, proof, now)
    except KeyRefused as error:
        raise KeyRejected(str(error)) from error
    with _change(conn, actor) as cursor:
        owner = _one(cursor, "SELECT agency_id FROM agency_key WHERE key_id = %s", public_key.key_id)
        if owner is not None:
            _refuse_known_key(owner["agency_id"], agency_id)
        try:
            cursor.execute(
                "INSERT INTO agency_key (key_id, agency_id, algorithm, public_key) VALUES (%s, %s, %s, %s)",
                (public_key.key_id, agency_id, public_key.algorithm, public_key.to_pem().decode()),
            )
        except psycopg.errors.ForeignKeyViolation as error:
            raise NotThere(f"there is no agency {agency_id}") from error
        except psycopg.errors.UniqueViolation as error:
            raise AlreadyThere(f"key {public_key.key_id} was registered a moment ago") from error


def _refuse_known_key(owner: str, agency_id: str) -> None:
    if owner != agency_id:
        # Not naming the other agency: whoever brings its key must not learn whose it is.
        raise KeyRejected("this key is registered to another agency")
    raise AlreadyThere(f"{agency_id} has registered this key before; a revoked key is never used again")


def revoke_key(conn: Conn, key_id: str, *, because: str, actor: str) -> None:
    """Refuse every request of this key from now on, for good. Raises NotThere."""
    with _change(conn, actor) as cursor:
        cursor.execute(
            "UPDATE agency_key SET revoked_at = now(), revoked_because = %s"
            " WHERE key_id = %s AND revoked_at IS NULL",
            (because, key_id),
        )
        if cursor.rowcount == 0:
            raise NotThere(f"there is no live key {key_id}")


def grant(conn: Conn, agency_id: str, terms: GrantTerms, *, actor: str, replace: bool = False) -> int:
    """Let an agency use a scope; returns the grant's id.

    At most one grant stands for an agency and a scope: AlreadyThere unless
    ``replace``, which revokes the old one in the same transaction. Raises
    NotInContract, and NotThere when there is no such agency.
    """
    problem = check_grant(terms.scope, terms.purposes, terms.data_classes)
    if problem is not None:
        raise NotInContract(problem)
    if terms.observations_per_day is not None and terms.scope != _STATISTICS:
        raise NotInContract(f"only {_STATISTICS} has observations")
    with _change(conn, actor) as cursor:
        if replace:
            cursor.execute(_REVOKE_GRANT, (agency_id, terms.scope))
        try:
            cursor.execute(_GRANT, _grant_row(agency_id, terms))
        except psycopg.errors.UniqueViolation as error:
            raise AlreadyThere(
                f"a grant of {terms.scope} to {agency_id} stands; replace or revoke it"
            ) from error
        except psycopg.errors.ForeignKeyViolation as error:
            raise NotThere(f"there is no agency {agency_id}") from error
        except psycopg.errors.CheckViolation as error:
            raise AdminRefused("a grant must end after it begins, and a quota be above zero") from error
        return int(cursor.fetchall()[0]["grant_id"])


_STATISTICS = "statistics:read"
_REVOKE_GRANT: LiteralString = (
    "UPDATE agency_grant SET revoked_at = now() WHERE agency_id = %s AND scope = %s AND revoked_at IS NULL"
)
_GRANT: LiteralString = (
    "INSERT INTO agency_grant (agency_id, scope, purposes, data_classes, valid_from, valid_to,"
    " quota_per_minute, observations_per_day, legal_basis)"
    " VALUES (%s, %s, %s, %s, coalesce(%s, now()), %s, %s, %s, %s) RETURNING grant_id"
)


def _grant_row(agency_id: str, terms: GrantTerms) -> tuple[object, ...]:
    return (
        agency_id,
        terms.scope,
        sorted(terms.purposes),
        sorted(terms.data_classes),
        terms.valid_from,
        terms.valid_to,
        terms.quota_per_minute,
        terms.observations_per_day,
        terms.legal_basis,
    )


def revoke_grant(conn: Conn, agency_id: str, scope: str, *, actor: str) -> None:
    """End the standing grant now. Raises NotThere."""
    with _change(conn, actor) as cursor:
        cursor.execute(_REVOKE_GRANT, (agency_id, scope))
        if cursor.rowcount == 0:
            raise NotThere(f"no grant of {scope} to {agency_id} stands")


def list_agencies(conn: Conn) -> list[DictRow]:
    """Every agency with its keys and grants, also the revoked ones, as plain rows for display."""
    with conn.transaction(), conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("""
            SELECT a.*,
                   coalesce((SELECT json_agg(to_json(k) ORDER BY k.added_at) FROM agency_key k
                             WHERE k.agency_id = a.agency_id), '[]') AS keys,
                   coalesce((SELECT json_agg(to_json(g) ORDER BY g.scope, g.grant_id) FROM agency_grant g
                             WHERE g.agency_id = a.agency_id), '[]') AS grants
            FROM agency a ORDER BY a.agency_id
        """).fetchall()


def list_changes(conn: Conn, *, agency_id: str | None = None, limit: int = 100) -> list[DictRow]:
    """The latest changes, newest first: who, when, what, before and after."""
    with conn.transaction(), conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT * FROM agency_change WHERE %(agency)s::text IS NULL OR agency_id = %(agency)s"
            " ORDER BY change_id DESC LIMIT %(limit)s",
            {"agency": agency_id, "limit": limit},
        ).fetchall()


@contextmanager
def _change(conn: Conn, actor: str) -> Iterator[psycopg.Cursor[DictRow]]:
    """One transaction whose rows the triggers attribute to ``actor``."""
    with conn.transaction(), conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute("SELECT set_config('lienthong.actor', %s, true)", (actor,))
        yield cursor


def _one(cursor: psycopg.Cursor[DictRow], query: LiteralString, *params: object) -> DictRow | None:
    return cursor.execute(query, params).fetchone()
