"""The broker's users may do what their processes do, and nothing besides."""

import base64
import json
import re
from hashlib import sha256

import pytest

from deploy.local.rabbitmq_users import RIGHTS, definitions, password_hash
from deploy.local.stack import BROKER_USERS
from lienthong.bus import topology

FILE = json.loads(RIGHTS.read_text(encoding="utf-8"))
BY_USER = {entry["user"]: entry for entry in FILE["permissions"]}
EVENTS = {entry["user"]: entry for entry in FILE["topic_permissions"]}
TOPOLOGY = topology.derive()
QUEUES = [queue.name for queue in TOPOLOGY.queues]
EXCHANGES = [exchange.name for exchange in TOPOLOGY.exchanges]
DEFAULT = "amq.default"
COMMANDS = [topology.command_queue(name) for name in topology.command_services()]
CLAIMS = "vss.health_claims.v1.HealthClaimsCommandService"
SERVICES = [user for user in BROKER_USERS if user != "operator"]


def allowed(pattern: str, names: list[str]) -> set[str]:
    """The names that the broker finds the pattern in."""
    return {name for name in names if re.search(pattern, name)}


def test_every_user_has_rights_and_nobody_else() -> None:
    assert {user["name"] for user in FILE["users"]} == set(BROKER_USERS)
    assert BY_USER.keys() == EVENTS.keys() == set(BROKER_USERS)
    assert {entry["exchange"] for entry in FILE["topic_permissions"]} == {topology.EVENTS}


def test_the_operator_may_make_everything() -> None:
    for right in ("configure", "read", "write"):
        assert allowed(BY_USER["operator"][right], [*QUEUES, *EXCHANGES]) == {*QUEUES, *EXCHANGES}


@pytest.mark.parametrize("user", SERVICES)
def test_a_service_makes_and_deletes_nothing(user: str) -> None:
    assert allowed(BY_USER[user]["configure"], [*QUEUES, *EXCHANGES, DEFAULT, "", "reply.x"]) <= {""}


@pytest.mark.parametrize(
    ("user", "queues"),
    [
        ("gateway", {topology.RESULTS}),
        ("contributions", {name for name in COMMANDS if name.startswith("vss.contributions.")}),
        ("health_claims", {topology.events_queue("health_claims"), CLAIMS}),
    ],
)
def test_a_service_reads_its_own_work_and_no_dead_letters(user: str, queues: set[str]) -> None:
    assert queues
    assert allowed(BY_USER[user]["read"], [*QUEUES, *EXCHANGES, DEFAULT, CLAIMS]) == queues


@pytest.mark.parametrize(
    ("user", "exchanges"),
    [
        ("gateway", {topology.COMMANDS, DEFAULT}),
        ("contributions", {topology.EVENTS, DEFAULT}),
        ("health_claims", {topology.EVENTS, DEFAULT}),
    ],
)
def test_a_service_writes_to_the_exchanges_of_its_work(user: str, exchanges: set[str]) -> None:
    assert allowed(BY_USER[user]["write"], [*QUEUES, *EXCHANGES, DEFAULT]) == exchanges


def test_every_subscriber_has_a_user_that_reads_its_events() -> None:
    for service in topology.SUBSCRIPTIONS:
        assert topology.events_queue(service) in allowed(BY_USER[service]["read"], QUEUES)


def test_a_service_publishes_its_own_events_only() -> None:
    published = [kind for kinds in topology.SUBSCRIPTIONS.values() for kind in kinds]
    assert allowed(EVENTS["contributions"]["write"], published) == set(published)
    claims = ["vss.health_claims.v1.ClaimAccepted"]
    assert allowed(EVENTS["health_claims"]["write"], claims) == set(claims)
    assert not allowed(EVENTS["contributions"]["write"], ["vss.identity.v1.PersonChanged", *claims])
    for user in ("gateway", "health_claims"):
        assert not allowed(EVENTS[user]["write"], published)
    assert not allowed(EVENTS["gateway"]["write"], claims)


def test_the_file_holds_no_password_and_its_hash_is_the_brokers() -> None:
    password = "c0ffee" * 8
    content = json.loads(definitions(dict.fromkeys(BROKER_USERS, password)))
    assert password not in json.dumps(content)
    user = next(user for user in content["users"] if user["name"] == "gateway")
    raw = base64.b64decode(user["password_hash"])
    assert raw[4:] == sha256(raw[:4] + password.encode()).digest()
    assert user["password_hash"] != password_hash("operator", password)


def test_the_same_users_make_the_same_file() -> None:
    passwords = dict.fromkeys(BROKER_USERS, "secret")
    assert definitions(passwords) == definitions(passwords)
