"""The registry in a real PostgreSQL: what the gateway sees, and what cannot happen unseen."""

import asyncio
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import psycopg
import pytest
from psycopg import sql

from lienthong.agencies import Agency, AgencyKind, Registry, admin, current_version, load_registry
from lienthong.signing import Algorithm, PrivateKey, proof_of_possession

Conn: TypeAlias = psycopg.Connection[Any]
TERMS = admin.GrantTerms(
    scope="identity:verify", purposes=frozenset({"identity_proofing"}), data_classes=frozenset({"result"})
)


def load(url: str, previous: Registry | None = None) -> Registry:
    async def read() -> Registry:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
            registry = await load_registry(conn, previous)
            assert registry.version == await current_version(conn)
            return registry

    return asyncio.run(read())


def enrol(owner: Conn, agency_id: str, key: PrivateKey | None = None) -> PrivateKey:
    key = key or PrivateKey.generate(Algorithm.ED25519)
    now = time.time()
    admin.add_key(
        owner,
        agency_id,
        key.public,
        proof=proof_of_possession(key, agency_id, int(now)),
        now=now,
        actor="tests",
    )
    return key


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_registered_key_of_every_algorithm_is_live_and_verifies(
    owner: Conn, runtime_url: str, agency_id: str, algorithm: Algorithm
) -> None:
    key = enrol(owner, agency_id, PrivateKey.generate(algorithm))
    found = load(runtime_url).key(key.key_id)
    assert found is not None
    assert found.live
    assert found.agency_id == agency_id
    found.public_key.verify(key.sign(b"text"), b"text")


def test_a_revoked_key_is_told_apart_from_an_unknown_one(
    owner: Conn, runtime_url: str, agency_id: str
) -> None:
    key = enrol(owner, agency_id)
    admin.revoke_key(owner, key.key_id, because="lost", actor="tests")
    registry = load(runtime_url)
    found = registry.key(key.key_id)
    assert found is not None
    assert not found.live
    assert found.revoked_at is not None
    assert registry.key(PrivateKey.generate(Algorithm.ED25519).key_id) is None


def test_a_revoked_key_cannot_be_revoked_or_registered_again(owner: Conn, agency_id: str) -> None:
    key = enrol(owner, agency_id)
    admin.revoke_key(owner, key.key_id, because="lost", actor="tests")
    with pytest.raises(admin.NotThere):
        admin.revoke_key(owner, key.key_id, because="again", actor="tests")
    with pytest.raises(admin.AlreadyThere):
        enrol(owner, agency_id, key)


def test_keys_of_a_suspended_agency_are_not_live_until_it_is_resumed(
    owner: Conn, runtime_url: str, agency_id: str
) -> None:
    key = enrol(owner, agency_id)
    admin.set_active(owner, agency_id, active=False, actor="tests")
    suspended = load(runtime_url)
    assert suspended.keys[key.key_id].live is False
    assert suspended.agencies[agency_id].active is False
    admin.set_active(owner, agency_id, active=True, actor="tests")
    assert load(runtime_url, suspended).keys[key.key_id].live is True


def test_a_key_of_another_agency_is_refused_without_naming_it(owner: Conn, agency_id: str) -> None:
    key = enrol(owner, agency_id)
    other = f"test-{uuid.uuid4().hex[:12]}"
    admin.add_agency(
        owner, Agency(other, "Other", AgencyKind.AUDITOR, None, None, active=True), actor="tests"
    )
    with pytest.raises(admin.KeyRejected) as refused:
        enrol(owner, other, key)
    assert agency_id not in str(refused.value)


def test_a_proof_made_for_another_agency_is_refused(owner: Conn, agency_id: str) -> None:
    key = PrivateKey.generate(Algorithm.ED25519)
    now = time.time()
    proof = proof_of_possession(key, "somebody-else", int(now))
    with pytest.raises(admin.KeyRejected):
        admin.add_key(owner, agency_id, key.public, proof=proof, now=now, actor="tests")


def test_a_stored_key_that_is_not_its_own_thumbprint_is_left_out_and_named(
    owner: Conn, runtime_url: str, agency_id: str
) -> None:
    key = enrol(owner, agency_id)
    other = PrivateKey.generate(Algorithm.ED25519)
    owner.execute(
        "UPDATE agency_key SET public_key = %s WHERE key_id = %s",
        (other.public.to_pem().decode(), key.key_id),
    )
    registry = load(runtime_url)
    assert registry.key(key.key_id) is None
    assert key.key_id in registry.unreadable


def test_a_grant_stands_once_and_is_replaced_only_on_purpose(
    owner: Conn, runtime_url: str, agency_id: str
) -> None:
    admin.grant(owner, agency_id, TERMS, actor="tests")
    with pytest.raises(admin.AlreadyThere):
        admin.grant(owner, agency_id, TERMS, actor="tests")
    until = datetime.now(UTC) + timedelta(days=1)
    admin.grant(
        owner, agency_id, replace(TERMS, valid_to=until, quota_per_minute=7), actor="tests", replace=True
    )
    found = load(runtime_url).grant(agency_id, "identity:verify")
    assert found is not None
    assert (found.quota, found.valid_to) == (7, until)
    assert found.purposes == {"identity_proofing"}
    assert found.valid_at(until - timedelta(seconds=1))
    assert not found.valid_at(until)
    admin.revoke_grant(owner, agency_id, "identity:verify", actor="tests")
    assert load(runtime_url).grant(agency_id, "identity:verify") is None


@pytest.mark.parametrize(
    "wrong",
    [
        replace(TERMS, scope="identity:erase"),
        replace(TERMS, purposes=frozenset({"audit"})),
        replace(TERMS, purposes=frozenset()),
        replace(TERMS, data_classes=frozenset({"internal"})),
        replace(TERMS, data_classes=frozenset({"unspecified"})),
    ],
)
def test_what_the_contract_does_not_know_cannot_be_granted(
    owner: Conn, agency_id: str, wrong: admin.GrantTerms
) -> None:
    with pytest.raises(admin.NotInContract):
        admin.grant(owner, agency_id, wrong, actor="tests")


@pytest.mark.parametrize(
    ("kind", "facility", "employer"),
    [
        (AgencyKind.HOSPITAL, None, None),
        (AgencyKind.EMPLOYER, None, None),
        (AgencyKind.MINISTRY, "01001", None),
        (AgencyKind.AUDITOR, None, "0100000001DNA03"),
        (AgencyKind.HOSPITAL, "1001", None),
        (AgencyKind.BANK, None, "0100000001DNA03"),
        (AgencyKind.INSPECTOR, "01001", None),
    ],
)
def test_an_agency_without_the_code_of_its_kind_is_refused(
    owner: Conn, kind: AgencyKind, facility: str | None, employer: str | None
) -> None:
    agency = Agency(f"test-{uuid.uuid4().hex[:12]}", "Test", kind, facility, employer, active=True)
    with pytest.raises(admin.AdminRefused):
        admin.add_agency(owner, agency, actor="tests")


@pytest.mark.parametrize(
    ("kind", "province"), [(AgencyKind.BANK, "01"), (AgencyKind.MINISTRY, "01"), (AgencyKind.INSPECTOR, "1")]
)
def test_only_an_inspector_answers_for_a_province(owner: Conn, kind: AgencyKind, province: str) -> None:
    name = f"test-{uuid.uuid4().hex[:12]}"
    agency = Agency(name, "Test", kind, None, None, active=True, province_code=province)
    with pytest.raises(admin.AdminRefused, match="province"):
        admin.add_agency(owner, agency, actor="tests")


def test_an_inspectors_province_and_a_webhook_are_known_to_the_gateway(owner: Conn, runtime_url: str) -> None:
    agency = Agency(
        f"test-{uuid.uuid4().hex[:12]}",
        "Test",
        AgencyKind.INSPECTOR,
        None,
        None,
        active=True,
        province_code="01",
        webhook_url="https://agency.example/hook",
    )
    admin.add_agency(owner, agency, actor="tests")
    assert load(runtime_url).agency(agency.agency_id) == agency


def test_every_change_raises_the_version_and_is_recorded_with_its_actor(
    owner: Conn, runtime_url: str, agency_id: str
) -> None:
    before = load(runtime_url).version
    key = enrol(owner, agency_id)
    admin.grant(owner, agency_id, TERMS, actor="nguyen.van.a")
    admin.revoke_key(owner, key.key_id, because="lost", actor="nguyen.van.a")
    changes = admin.list_changes(owner, agency_id=agency_id)
    assert [(c["what"], c["actor"]) for c in changes] == [
        ("agency_key update", "nguyen.van.a"),
        ("agency_grant insert", "nguyen.van.a"),
        ("agency_key insert", "tests"),
        ("agency insert", "tests"),
    ]
    assert load(runtime_url).version >= before + 3
    assert changes[0]["after"]["revoked_because"] == "lost"
    assert changes[0]["db_role"] == "gateway_owner"


def test_a_change_by_hand_is_recorded_too(owner: Conn, agency_id: str) -> None:
    owner.execute("UPDATE agency SET name = 'By hand' WHERE agency_id = %s", (agency_id,))
    latest = admin.list_changes(owner, agency_id=agency_id)[0]
    assert (latest["what"], latest["actor"]) == ("agency update", "gateway_owner")


@pytest.mark.parametrize("table", ["agency_change", "agency", "agency_key", "agency_grant"])
def test_the_record_cannot_be_emptied_even_by_the_owner(owner: Conn, table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.Identifier(table)))


def test_the_record_cannot_be_rewritten_even_by_the_owner(owner: Conn) -> None:
    for statement in ("UPDATE agency_change SET actor = 'nobody'", "DELETE FROM agency_change"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute(statement)


@pytest.mark.parametrize("table", ["agency", "agency_key", "agency_grant", "registry_version"])
def test_the_gateway_reads_the_registry_and_changes_nothing(runtime: Conn, table: str) -> None:
    runtime.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        runtime.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))


def test_a_change_is_notified(owner: Conn, runtime: Conn, agency_id: str) -> None:
    runtime.execute("LISTEN registry")
    admin.grant(owner, agency_id, TERMS, actor="tests")
    notices = list(runtime.notifies(timeout=5, stop_after=1))
    assert [n.channel for n in notices] == ["registry"]
    assert int(notices[0].payload) <= load_version(runtime)


def load_version(conn: Conn) -> int:
    row = conn.execute("SELECT version FROM registry_version").fetchone()
    assert row is not None
    return int(row[0])
