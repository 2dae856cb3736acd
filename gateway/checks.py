"""The checks of a request, in the order in which they run. Each one raises or returns.

    size and header caps  (gateway.intake, before anything is parsed)
    → parse → key → signature → content digest → freshness → replay
    → scope → purpose → staff → content type → idempotency key → row rule → quota

Of a body over 64 KiB the key, the signature and the scope are checked before it is taken
in: ``check_claim``, then the body, then ``check_content``; its depth when it is read.

The work for an unknown key is the work for a wrong signature: a stand-in key is
verified, so the answer's time does not tell which keys exist.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from gateway.exchange import Exchange
from gateway.problems import Problem
from gateway.quota import QuotaLedger
from gateway.replays import RecentNonces
from gateway.routes import Route
from lienthong.agencies.registry import Agency, AgencyKind, Grant, Key, Registry
from lienthong.rpc.errors import FieldViolation
from lienthong.signing import (
    ParsedSignature,
    RequestView,
    SignatureRefused,
    check_digest,
    check_freshness,
    check_signature,
    parse_signature,
    stand_in_key,
)

_PURPOSE = re.compile(rb"[a-z_]{1,40}")
_STAFF = re.compile(rb"[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?")
_LEGAL_BASIS = re.compile(rb"[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?")
_IDEMPOTENCY_KEY = re.compile(rb"[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?")
_OWN_DATA = "own_data"
_EMPLOYMENT = "employment"

Headers: TypeAlias = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """What the checks look at besides the request itself."""

    registry: Callable[[], Registry]
    nonces: RecentNonces
    quota: QuotaLedger
    # The name in the log of the citizen with this identifier.
    citizen_name: Callable[[str], str]


def check_sender(exchange: Exchange, view: RequestView, guards: Guards) -> Agency:
    """Who sent this, unchanged, now and for the first time? Raises ``SignatureRefused`` or ``Problem``."""
    parsed = exchange.parsed = parse_signature(view)
    # Only now: also the refusal for want of a registry is bound to the request that it answers.
    now, registry = exchange.started, guards.registry()
    key, exchange.base = _check_key_and_signature(parsed, view, registry)
    # Now it is known who signed, and the entry of any refusal from here on says so.
    exchange.key, agency = key, registry.agencies[key.agency_id]
    exchange.agency = agency
    _check_live(key)
    exchange.digest = check_digest(parsed, view)
    check_freshness(parsed, now)
    _check_not_recent(parsed, guards.nonces, now)
    exchange.spends_nonce = True
    return agency


def check_claim(
    exchange: Exchange, route: Route | None, view: RequestView, guards: Guards
) -> tuple[ParsedSignature, Agency]:
    """Who says that he sends this, and may he send such a body at all? ``view`` has a body yet to come.

    The signature covers the digest of the body, not the body: it can be checked first.
    Raises ``SignatureRefused`` or ``Problem``.
    """
    parsed = exchange.parsed = parse_signature(view)
    now, registry = exchange.started, guards.registry()
    key, exchange.base = _check_key_and_signature(parsed, view, registry)
    exchange.key, agency = key, registry.agencies[key.agency_id]
    exchange.agency = agency
    _check_live(key)
    check_freshness(parsed, now)
    if route is not None:
        _check_scope(route, agency, registry, now)
    return parsed, agency


def check_content(exchange: Exchange, parsed: ParsedSignature, digest: bytes, guards: Guards) -> None:
    """Is this for the first time? ``digest`` is of the body that ``check_digest`` has found to be the one."""
    exchange.digest = digest
    _check_not_recent(parsed, guards.nonces, exchange.started)
    exchange.spends_nonce = True


def check_access(exchange: Exchange, route: Route, agency: Agency, guards: Guards) -> Grant:
    """May this agency ask this, for this purpose? Raises ``Problem``."""
    now, headers = exchange.started, exchange.headers
    # First what the sender states, so that the entry of a refusal has it too.
    purpose = exchange.purpose = _stated(headers, b"purpose", _PURPOSE)
    exchange.staff = _stated(headers, b"staff", _STAFF)
    if purpose == _OWN_DATA and exchange.staff is not None:
        exchange.citizen, exchange.staff = exchange.staff, guards.citizen_name(exchange.staff)
    exchange.legal_basis = _stated(headers, b"legal-basis", _LEGAL_BASIS)
    grant = _check_scope(route, agency, guards.registry(), now)
    granted = _check_purpose(purpose, route, grant)
    _check_staff(exchange, route)
    if not route.is_get:
        _check_content_type(headers, route.media_types)
    if route.is_command:
        exchange.idempotency_key = _check_idempotency_key(headers)
    _check_row_rule(exchange, route, agency, granted)
    _check_quota(grant, guards.quota, now)
    return grant


def _check_key_and_signature(
    parsed: ParsedSignature, view: RequestView, registry: Registry
) -> tuple[Key, str]:
    """The sender's key and the text that it signed."""
    key = registry.key(parsed.key_id)
    try:
        base = check_signature(parsed, view, key.public_key if key else stand_in_key(parsed))
    except SignatureRefused as refused:
        raise refused if key else Problem(refused.reason, f"unknown key; {refused.detail}") from None
    if key is None:
        raise Problem("signature_invalid", "unknown key")
    return key, base.decode("ascii")


def _check_live(key: Key) -> None:
    if not key.live:
        raise Problem("signature_invalid", "revoked key, or suspended agency")


def _check_not_recent(parsed: ParsedSignature, nonces: RecentNonces, now: float) -> None:
    """The log's unique (key id, nonce) decides; this only spares the services a flood of replays."""
    if not nonces.first_time(parsed.key_id, parsed.nonce, expires=parsed.expires, now=now):
        raise Problem("replayed", "nonce seen by this worker")


def _check_scope(route: Route, agency: Agency, registry: Registry, now: float) -> Grant:
    scope = route.capability.scope
    grant = registry.grant(agency.agency_id, scope)
    if grant is None:
        raise Problem("scope_denied", f"no grant for {scope}")
    if not grant.valid_at(datetime.fromtimestamp(now, UTC)):
        raise Problem("scope_denied", f"grant {grant.grant_id} is not valid now")
    return grant


def _check_purpose(purpose: str | None, route: Route, grant: Grant) -> str:
    if purpose is None:
        raise Problem("purpose_denied", "no Purpose header that is a code")
    if purpose not in route.capability.purposes or purpose not in grant.purposes:
        raise Problem("purpose_denied", "purpose outside of the contract or the grant")
    return purpose


def _check_staff(exchange: Exchange, route: Route) -> None:
    if exchange.staff is None and (route.capability.staff_required or b"staff" in exchange.headers):
        missing = FieldViolation(
            "header Staff", "who at the agency asks: printable ASCII, at most 64 characters"
        )
        raise Problem("invalid_argument", "Staff header", fields=(missing,))
    if exchange.legal_basis is None and b"legal-basis" in exchange.headers:
        wrong = FieldViolation("header Legal-Basis", "must be printable ASCII, at most 200 characters")
        raise Problem("invalid_argument", "Legal-Basis header", fields=(wrong,))


def _check_content_type(headers: Headers, media_types: frozenset[bytes]) -> None:
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media_type not in media_types:
        raise Problem("unsupported_media_type", f"not {b' or '.join(sorted(media_types)).decode()}")
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise Problem("unsupported_media_type", "encoded content")


def _check_idempotency_key(headers: Headers) -> str:
    key = _stated(headers, b"idempotency-key", _IDEMPOTENCY_KEY)
    if key is None:
        wrong = FieldViolation(
            "header Idempotency-Key", "your name for the operation: printable ASCII, 1 to 64 characters"
        )
        raise Problem("invalid_argument", "Idempotency-Key header", fields=(wrong,))
    return key


def _check_row_rule(exchange: Exchange, route: Route, agency: Agency, purpose: str) -> None:
    """What can be refused before the person is known; the rest is the service's by its bound fields."""
    if purpose == _OWN_DATA:
        # Only the citizens' portal knows who is before it; whether she asks about herself comes next.
        if agency.kind is not AgencyKind.CITIZEN_APP or exchange.citizen is None:
            raise Problem("row_denied", "own_data without a proof of the person")
        return
    # A command of a facility is ordered by it, and is nobody's without.
    if route.is_command and route.bind_facility is not None and not agency.facility_code:
        raise Problem("row_denied", "asks as a facility without a facility's code")
    # Without an employer code the service would answer with every employer's rows.
    as_employer = purpose == _EMPLOYMENT or agency.kind is AgencyKind.EMPLOYER
    if route.bind_employer is not None and as_employer:
        if not agency.employer_code:
            raise Problem("row_denied", "asks as an employer without an employer's code")
        return
    # And without a province with every province's.
    if route.bind_province and not agency.province_code:
        raise Problem("row_denied", "asks as an inspector without a province")


def _check_quota(grant: Grant, quota: QuotaLedger, now: float) -> None:
    if grant.quota is None:
        return
    wait = quota.take(grant, now)
    if wait is not None:
        headers = (
            (b"retry-after", b"%d" % wait),
            (b"ratelimit-policy", b'"minute";q=%d;w=60' % grant.quota),
            (b"ratelimit", b'"minute";r=0;t=%d' % wait),
        )
        raise Problem("quota_exceeded", f"grant {grant.grant_id}: {grant.quota} a minute", headers=headers)


def _stated(headers: Headers, name: bytes, form: re.Pattern[bytes]) -> str | None:
    """The value of a header of ours; None when it is absent or not of its form."""
    value = headers.get(name)
    if value is None or form.fullmatch(value) is None:
        return None
    return value.decode("ascii")
