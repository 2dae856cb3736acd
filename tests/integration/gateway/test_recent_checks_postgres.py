"""Which checks open a history, asked of the real access log."""

import asyncio
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from gateway.recent_checks import LAST, RecentChecks
from gateway.upstream import Sharing
from lienthong.db.pool import Pool

CHECK = "vss.health_claims.v1.HealthClaimsQueryService/CheckCoverage"
BATCH = "vss.health_claims.v1.HealthClaimsQueryService/BatchCheckCoverage"
NOW = datetime.now(UTC).replace(microsecond=0)
PERSON = 4_711
Write = Callable[..., None]


@pytest.fixture
def write(owner: psycopg.Connection[Any], agency_id: str) -> Write:
    """Puts an entry into the log: by default a check of this agency's that matched, an hour ago."""
    owner.execute("SELECT audit_prepare_days(%s, 8)", ((NOW - timedelta(days=5)).date(),))

    def put(*, hours: float = 1.0, answered: tuple[int, ...] = (PERSON,), **changed: Any) -> None:
        at = NOW - timedelta(hours=hours)
        values = {
            "agency_id": agency_id,
            "rpc": CHECK,
            "outcome": "ok",
            "recorded_at": at,
            "day": at.date(),
            "subjects_answered": list(answered),
            "request_id": uuid.uuid4().hex[:16],
            "nonce": uuid.uuid4().hex,
            "status": 200,
            "answer_created": int(at.timestamp()),
            "answer_signature": "c2ln",
            "answer_digest": "ZGln",
        } | changed
        names = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, values))
        holes = psycopg.sql.SQL(", ").join(map(psycopg.sql.Placeholder, values))
        owner.execute(
            psycopg.sql.SQL("INSERT INTO audit_entry ({}) VALUES ({})").format(names, holes), values
        )

    return put


@pytest.fixture
def checks(pool: Pool) -> RecentChecks:
    return RecentChecks(pool, Sharing(on=True), now=lambda: NOW)


async def last(checks: RecentChecks, agency_id: str, person_id: int = PERSON) -> int:
    return await checks.last(agency_id, person_id, deadline=asyncio.get_running_loop().time() + 5)


def seconds(hours: float) -> int:
    return int((NOW - timedelta(hours=hours)).timestamp())


async def test_the_last_check_within_72_hours_counts(
    checks: RecentChecks, agency_id: str, write: Write
) -> None:
    for hours in (71.9, 30, 50):
        write(hours=hours)
    assert await last(checks, agency_id) == seconds(30)


async def test_a_check_just_within_72_hours_counts_and_one_just_before_does_not(
    checks: RecentChecks, agency_id: str, write: Write
) -> None:
    write(hours=72)
    write(hours=73)
    assert await last(checks, agency_id) == 0
    write(hours=71.99)
    assert await last(checks, agency_id) == seconds(71.99)


@pytest.mark.parametrize(
    "other",
    [
        {"answered": ()},  # a wrong name, a wrong date of birth: the answer names nobody
        {"answered": (PERSON + 1,)},
        {"answered": (PERSON + 1, PERSON)},
        {"rpc": BATCH},
        {"rpc": "vss.health_claims.v1.HealthClaimsQueryService/IssueCertificate"},
        {"rpc": "vss.health_claims.v1.HistoryQueryService/ListVisits"},
        {"rpc": None},
        {"outcome": "unavailable"},
        {"outcome": "row_denied", "status": 403},
        {"agency_id": "hospital-elsewhere"},
        {"agency_id": None},
    ],
)
async def test_nothing_else_counts(
    checks: RecentChecks, agency_id: str, write: Write, other: dict[str, Any]
) -> None:
    write(**other)
    assert await last(checks, agency_id) == 0


async def test_nobody_was_checked_by_nobody(checks: RecentChecks, agency_id: str, write: Write) -> None:
    write(answered=())
    assert await last(checks, agency_id, 0) == 0


async def test_those_who_ask_at_once_get_their_own_answers(
    checks: RecentChecks, agency_id: str, write: Write
) -> None:
    write(hours=3)
    write(hours=2, answered=(PERSON + 1,))
    asked = [(agency_id, PERSON), (agency_id, PERSON + 1), ("nobody", PERSON), (agency_id, PERSON + 2)]
    told = await asyncio.gather(*(last(checks, *one) for one in asked))
    assert told == [seconds(3), seconds(2), 0, 0]


def test_the_question_is_answered_from_the_index_of_the_days_that_count(
    owner: psycopg.Connection[Any], agency_id: str, write: Write
) -> None:
    for hours in range(70):
        write(hours=hours)
    asked = {
        "agencies": [agency_id],
        "persons": [PERSON],
        "since": NOW - timedelta(hours=72),
        "first": (NOW - timedelta(days=4)).date(),
        "last": (NOW + timedelta(days=1)).date(),
    }
    plan = "\n".join(row[0] for row in owner.execute("EXPLAIN " + LAST, asked))
    assert "Index" in plan
    assert "Seq Scan" not in plan
    for away in (-5, 2):
        assert f"audit_entry_{NOW + timedelta(days=away):%Y%m%d}" not in plan
