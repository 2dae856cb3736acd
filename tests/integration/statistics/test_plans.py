"""How the worker's database finds what a batch changes, whatever it knows of its tables.

A plan that took the numbers of new deltas for none looked through all of them once for each
contributor, and folding stood still for minutes. What is held here is the plan: no table is
read from end to end, and deltas are looked up by contributor and never by number.
"""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from lienthong.statistics import flows, sums
from tests.support.cubes import RULES, THIS_MONTH, Cubes

PEOPLE, UNITS, MONTHS = 20_000, 4_000, 4
ASKED = 200
"""As many contributors as a busy second changes."""
COUNTED = {
    "DF_PARTICIPANTS": {"participation", "participant", "employer"},
    "DF_COLLECTION": {"charge", "employer", "participation"},
    "DF_COMPLIANCE": {"compliance_month"},
    "DF_COMPLIANCE_SECTOR": {"compliance_month"},
}
FILL = """
UPDATE book SET judged_from = '2026-07-01', judged_through = '2026-10-01';
INSERT INTO employer (employer_id, changed_at, region, employer_code, name, province_code, sector)
SELECT n, now(), 1, 'T' || n, 'T', lpad((n % 34 + 1)::text, 2, '0'), 'private' FROM generate_series(1, :units) n;
INSERT INTO employer_account (employer_id, changed_at, taken_over, province_code, sector)
SELECT employer_id, now(), '2026-01-01', province_code, sector FROM employer;
INSERT INTO participation (person_id, employer_id, base_vnd, changed_at, valid_from, schemes)
SELECT n, n % :units + 1, 6000000, now(), '2026-01-01', 7 FROM generate_series(1, :people) n;
INSERT INTO participant (person_id, sex, birth_year) SELECT n, 2, 1990 FROM generate_series(1, :people) n;
INSERT INTO charge (employer_id, entry, due_vnd, changed_at, month, fund)
SELECT u, 0, 1000000, now(), make_date(2026, 6 + m, 1), f
FROM generate_series(1, :units) u, generate_series(1, :months) m, generate_series(1, 5) f;
INSERT INTO compliance_month (employer_id, month, workers, under_floor, state, province_code, sector)
SELECT employer_id, make_date(2026, 6 + m, 1), 5, 0, 1, province_code, sector
FROM employer, generate_series(1, :months) m;
"""
CHANGE = """
UPDATE employer SET province_code = '01' WHERE employer_id % 4 = 0;
UPDATE participation SET schemes = 1 WHERE person_id % 4 = 0;
UPDATE participant SET birth_year = 1980 WHERE person_id % 4 = 0;
UPDATE charge SET paid_vnd = due_vnd WHERE employer_id % 4 = 0;
UPDATE compliance_month SET state = 2 WHERE employer_id % 4 = 0;
"""


def scripted(script: str) -> bytes:
    """With the sizes of this test."""
    for name, size in (("units", UNITS), ("people", PEOPLE), ("months", MONTHS)):
        script = script.replace(f":{name}", str(size))
    return script.encode()


def fill(cubes: Cubes, known: str) -> None:
    """Base tables, and deltas of which the planner knows what ``known`` says."""
    with psycopg.connect(cubes.owner_url, autocommit=True) as owner:
        # Nobody else shall tell the planner more.
        for (table,) in owner.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        ).fetchall():
            owner.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)".encode())
        owner.execute(scripted(FILL))
        deltas = [f"stat_delta_{table}" for table in sorted(set.union(*COUNTED.values()))]
        if known == "no delta":
            owner.execute(f"TRUNCATE {', '.join(deltas)}".encode())
        if known in {"no delta", "older deltas"}:
            owner.execute("ANALYZE")
        owner.execute(scripted(CHANGE))
        if known == "everything":
            owner.execute("ANALYZE")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of a plan."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def plan_of(cubes: Cubes, flow: flows.Flow) -> dict[str, Any]:
    """The plan of the statement with which the worker folds a batch of :data:`ASKED` contributors."""
    known = list(RULES.keys(range(4, 4 * ASKED + 1, 4), factors=bool(flow.amounts)))
    given = {
        "bound": cubes.rows("SELECT max(id) FROM stat_delta")[0][0],
        "lo": THIS_MONTH - 60,
        "hi": THIS_MONTH,
        "who": [one for one, _, _ in known],
        "keys": [key for _, key, _ in known],
        "factors": [factor for _, _, factor in known],
    }
    found = cubes.folder.execute("EXPLAIN (FORMAT JSON) " + sums.changes(flow), given).fetchone()
    assert found is not None
    plan: dict[str, Any] = (found[0] if isinstance(found[0], list) else json.loads(found[0]))[0]["Plan"]
    return plan


@pytest.mark.parametrize("known", ["nothing", "no delta", "older deltas", "everything"])
def test_a_batch_is_looked_up_by_contributor_whatever_the_planner_knows(cubes: Cubes, known: str) -> None:
    fill(cubes, known)
    folded = {flow.name: flow for flow in flows.load(cubes.folder)}
    assert folded.keys() == COUNTED.keys()
    for name, counted in COUNTED.items():
        plan = list(nodes(plan_of(cubes, folded[name])))
        # A table of the nation is in parts: participation_p0 and its like.
        read = {str(node.get("Relation Name")) for node in plan}
        for table in counted:
            assert f"stat_delta_{table}" in read, (name, table)
            assert any(one == table or one.startswith(f"{table}_p") for one in read), (name, table)
        whole = {node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"}
        # The book has one row.
        assert whole <= {"book"}, (name, known)
        indices = {node.get("Index Name") for node in plan}
        assert indices.isdisjoint(f"stat_delta_{table}_id_idx" for table in counted), (name, known)
