"""Health insurance's cubes in a schema of their own: folded by the real worker with its own rights."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from lienthong.db.migrations import upgrade
from lienthong.statistics import batches, folding, recounting
from lienthong.statistics.flows import Connection
from tests.support.cubes import RULES, THIS_MONTH

READER, WRITER, FOLDER = "health_claims", "health_claims_writer", "health_claims_statistics"
_ROLES = {"": READER, "_WRITER": WRITER, "_STATISTICS": FOLDER}
FACILITIES = (("01001", 2, "01"), ("01002", 1, "01"), ("79001", 3, "79"))
"""(code, level, province)."""


@dataclass(kw_only=True)
class HealthCubes:
    """The schema: who changes rows, who folds, and what is kept."""

    owner: psycopg.Connection[Any]
    writer: psycopg.Connection[Any]
    folder: Connection
    folder_url: str
    runtime_url: str

    def fold(self, most: int = 1000) -> batches.Folded:
        """One batch."""
        return folding.fold_once(self.folder, RULES, most=most)

    def fold_all(self) -> None:
        """Until nothing waits."""
        while self.fold().deltas:
            pass

    def open(self, through: int = THIS_MONTH) -> int:
        """Build, or open months."""
        return folding.open_due(self.folder, RULES, through=through)

    def flows(self) -> Sequence[str]:
        """What is counted here."""
        return [name for (name,) in self.rows("SELECT flow FROM stat_flow ORDER BY flow")]

    def expect_equal(self) -> int:
        """What is kept is what the base tables say, of every flow; how many cells that were."""
        cells = 0
        for flow in self.flows():
            found = recounting.recount(self.folder, flow, RULES)
            assert found.cell_differences == []
            assert found.figure_differences == []
            cells += found.cells
        return cells

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What a query of the owner finds."""
        return self.owner.execute(query.encode(), parameters).fetchall()

    def change(self, statement: str, *parameters: Any) -> None:
        """What the owner changes, in one transaction."""
        self.owner.execute(statement.encode(), parameters)

    def waiting(self) -> int:
        """Deltas that are not folded."""
        return int(self.rows("SELECT count(*) FROM stat_delta")[0][0])

    def true_cells(self, flow: str, month: int = THIS_MONTH) -> dict[str, int]:
        """Contributors by cell, of a month."""
        query = (
            "SELECT key, contributors FROM stat_cell JOIN stat_key USING (series)"
            " WHERE flow = %s AND month = %s AND contributors > 0"
        )
        return dict(self.rows(query, flow, month))


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
