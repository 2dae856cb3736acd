"""Health insurance's cubes in a schema of their own: folded by the real worker with its own rights."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from deploy.nation.geography import LEGACY
from lienthong.db.migrations import upgrade
from lienthong.statistics import folding
from tests.support.service_cubes import ServiceCubes

READER, WRITER, FOLDER = "health_claims", "health_claims_writer", "health_claims_statistics"
_ROLES = {"": READER, "_WRITER": WRITER, "_STATISTICS": FOLDER}
FACILITIES = (
    ("01001", 2, "01"),
    ("01002", 1, "01"),
    ("79001", 3, "79"),
    ("74001", 2, "79"),
    ("99001", 1, "79"),
)
"""(code, level, province): in Ha Noi, Ho Chi Minh City, the former Binh Duong, and nobody knows where."""
NOON = datetime(2026, 11, 10, 5, tzinfo=UTC)
TREAT = """
INSERT INTO dossier (person_id, facility_code, treatment_code, version, stands, visit_kind, main_diagnosis, cost_vnd,
                     fund_vnd, copay_vnd, patient_vnd, discharged_at, admitted_at, received_at, insured_cost_vnd,
                     copay_counted_vnd, operation_id, has_sensitive, patient_kind, other_diagnoses, diagnosis_text,
                     card_code, digest, content)
VALUES (%(person)s, %(facility)s, %(treatment)s, %(version)s, true, %(kind)s, %(diagnosis)s, %(cost)s, %(fund)s,
        %(copay)s, %(patient)s, %(at)s, %(at)s, now(), %(cost)s, 0, gen_random_uuid(), %(diagnosis)s::text IS NULL, '1',
        '{}', '', '', sha256(''), '')
"""
OWN = "INSERT INTO treatment (person_id, version, facility_code, treatment_code) VALUES (%s, 1, %s, %s) ON CONFLICT DO NOTHING"


ISSUE = (
    "INSERT INTO card (person_id, changed_at, valid_from, valid_to, benefit_digit, status, card_code, subject_code,"
    " province_code, facility_code) SELECT n, now(), '2024-01-01', '2027-12-31', 4, 1,"
    " 'DN401' || lpad(n::text, 10, '0'), 'DN', '01', %s FROM generate_series(%s::bigint, %s) AS n"
)
"""Cards of a facility, of the people from one number to another."""
_NOW = {former.code[1:]: former.successor for former in LEGACY}


def area_of(facility: str, province: str | None) -> str:
    """The finest area that a facility of this code is in, in that province of today; None where the register has it not."""
    if province is None:
        return "_U"
    return f"VNF_0{facility[:2]}" if _NOW.get(facility[:2]) == province else f"VNU_{province}"


def province_of(area: str) -> str:
    """The province of today that an area of :func:`area_of` is in."""
    return f"VN_{_NOW[area[-2:]]}" if area.startswith("VNF_") else area.replace("VNU_", "VN_")


HealthCubes = ServiceCubes


@contextmanager
def health_cubes_of(stack_variable: Callable[[str], str]) -> Iterator[HealthCubes]:
    """A migrated schema with nothing in it but facilities."""
    schema = f"cubes_test_{uuid4().hex[:12]}"
    owner_url = stack_variable("DATABASE_URL_HEALTH_CLAIMS_OWNER")
    urls = {
        suffix: make_conninfo(
            stack_variable(f"DATABASE_URL_HEALTH_CLAIMS{suffix}"), options=f"-c search_path={schema}"
        )
        for suffix in ("_OWNER", *_ROLES)
    }
    try:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
            for role in _ROLES.values():
                names = map(sql.Identifier, (schema, role))
                connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(*names))
        upgrade("health_claims", urls["_OWNER"])
        folder = folding.connect(urls["_STATISTICS"], name="health-cubes-test")
        owner = psycopg.connect(urls["_OWNER"], autocommit=True)
        writer = psycopg.connect(urls["_WRITER"], autocommit=True)
        with owner, writer, folder:
            for facility in FACILITIES:
                owner.execute(
                    "INSERT INTO facility (code, level, name, province_code) VALUES (%s, %s, 'x', %s)",
                    facility,
                )
            yield HealthCubes(
                owner=owner,
                writer=writer,
                folder=folder,
                folder_url=urls["_STATISTICS"],
                runtime_url=urls[""],
            )
    finally:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def treat(cubes: HealthCubes, person: int, treatment: str, **given: Any) -> None:
    """A dossier that stands, written as the consumers write; 1,000,000 VND, of which the fund pays 800,000."""
    usual: dict[str, Any] = {
        "facility": "01001", "version": 1, "kind": "01", "diagnosis": "J18.9", "at": NOON,
        "cost": 1_000_000, "fund": 800_000, "copay": 150_000, "patient": 50_000,
    }  # fmt: skip
    row = usual | given | {"person": person, "treatment": treatment}
    cubes.writer.execute(OWN, [person, row["facility"], treatment])
    cubes.writer.execute(TREAT, row)
