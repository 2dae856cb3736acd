"""Health insurance's cubes in a schema of their own: folded by the real worker with its own rights."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from lienthong.db.migrations import upgrade
from lienthong.statistics import folding
from tests.support.service_cubes import ServiceCubes

READER, WRITER, FOLDER = "health_claims", "health_claims_writer", "health_claims_statistics"
_ROLES = {"": READER, "_WRITER": WRITER, "_STATISTICS": FOLDER}
FACILITIES = (("01001", 2, "01"), ("01002", 1, "01"), ("79001", 3, "79"))
"""(code, level, province)."""


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
