"""A database that climbs its migrations with rows in it, in a schema of its own; rows come from the stack's own nation."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from psycopg.conninfo import make_conninfo

from lienthong.clock import vietnam_today
from lienthong.db import migrations
from lienthong.statistics import folding, recounting
from lienthong.statistics.flows import month_number
from tests.support.cubes import RULES

MOST_ROWS = 2_000
STATISTICS = ("identity", "contributions", "health_claims")
# What the first version allows of what there is now.
_ONLY: dict[str, LiteralString] = {"agency": "kind IN ('hospital', 'ministry', 'employer')"}

_TABLES = """
SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE nspname = %s AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'alembic_version' ORDER BY relname
"""
_COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = format('%%I.%%I', %s::text, %s::text)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
ORDER BY attnum
"""
_PARENTS = """
SELECT c.conrelid::regclass::text, c.confrelid::regclass::text,
       array(SELECT attname::text FROM unnest(c.conkey) WITH ORDINALITY k (n, place)
             JOIN pg_attribute a ON attrelid = conrelid AND attnum = k.n ORDER BY place),
       array(SELECT attname::text FROM unnest(c.confkey) WITH ORDINALITY k (n, place)
             JOIN pg_attribute a ON attrelid = confrelid AND attnum = k.n ORDER BY place)
FROM pg_constraint c JOIN pg_namespace n ON n.oid = connamespace
WHERE contype = 'f' AND nspname = %s AND conparentid = 0
"""
# What a version consists of, but for the texts of its functions, and for rights: those on what was there before may stay.
_SHAPE = """
SELECT 'column', c.relname, attname, format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
    || coalesce(pg_get_expr(adbin, adrelid), '')
FROM pg_class c JOIN pg_attribute ON attrelid = c.oid LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum
WHERE relnamespace = %(schema)s::text::regnamespace AND relkind IN ('r', 'p', 'v') AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = %(schema)s::text::regnamespace
UNION ALL
SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = %(schema)s::text
UNION ALL
SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(t.oid)
FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE relnamespace = %(schema)s::text::regnamespace AND NOT tgisinternal
UNION ALL
SELECT 'function', proname, pg_get_function_identity_arguments(oid), prorettype::regtype::text
FROM pg_proc WHERE pronamespace = %(schema)s::text::regnamespace
ORDER BY 1, 2, 3, 4
"""

Contents = dict[str, list[tuple[Any, ...]]]


@dataclass(kw_only=True)
class Climb:
    """One database on its way; ``owner`` sees the schema first."""

    database: str
    schema: str
    url: str
    owner: psycopg.Connection[Any]
    folder_url: str | None
    made: dict[str, LiteralString] = field(default_factory=dict)
    """What makes rows of tables that a nation leaves empty, by table."""

    @cached_property
    def _config(self) -> Config:
        config = Config()
        config.set_main_option("script_location", str(migrations.ROOT / migrations.FOLDERS[self.database]))
        config.set_main_option("path_separator", "os")
        config.attributes["url"] = self.url
        return config

    def revisions(self) -> list[str]:
        """All of them, the first one first."""
        walked = ScriptDirectory.from_config(self._config).walk_revisions()
        return [one.revision for one in reversed(list(walked))]

    def up(self, revision: str) -> None:
        """As operators do."""
        migrations.upgrade(self.database, self.url, revision=revision)

    def down(self, revision: str) -> None:
        """Back. Raises ``NotImplementedError`` where there is no way back."""
        command.downgrade(self._config, revision)

    def tables(self) -> list[str]:
        """Tables with rows of the service, whatever statistics make of them."""
        found = self.owner.execute(_TABLES, [self.schema]).fetchall()
        return [name for (name,) in found if not name.startswith("stat_") or self.database == "gateway"]

    def fill(self) -> set[str]:
        """Rows for whatever table has none: those of ``made``, or the nation's. The tables that have some."""
        there = {name for (name,) in self.owner.execute(_TABLES, ["public"])}
        parents = self.owner.execute(_PARENTS, [self.schema]).fetchall()
        filled = set()
        for table in _parents_first(self.tables(), {(child, parent) for child, parent, _, _ in parents}):
            if self._is_empty(table) and table in self.made:
                self.owner.execute(self.made[table])
            elif self._is_empty(table) and table in there:
                self._copy(table, [one[1:] for one in parents if one[0] == table])
            if not self._is_empty(table):
                filled.add(table)
        return filled

    def _is_empty(self, table: str) -> bool:
        query = sql.SQL("SELECT NOT EXISTS (SELECT FROM {})").format(sql.Identifier(table))
        row = self.owner.execute(query).fetchone()
        return row == (True,)

    def _copy(self, table: str, parents: list[tuple[str, list[str], list[str]]]) -> None:
        columns = [one for one in self._columns(table, self.schema) if one in self._columns(table, "public")]
        conditions = [sql.SQL(_ONLY.get(table, "true"))]
        for parent, mine, theirs in parents:
            pairs = [
                sql.SQL("p.{} = s.{}").format(sql.Identifier(b), sql.Identifier(a))
                for a, b in zip(mine, theirs, strict=True)
            ]
            some = [sql.SQL("s.{} IS NULL").format(sql.Identifier(a)) for a in mine]
            exists = sql.SQL("EXISTS (SELECT FROM {} p WHERE {})").format(
                sql.Identifier(parent), sql.SQL(" AND ").join(pairs)
            )
            conditions.append(sql.SQL("({} OR {})").format(sql.SQL(" OR ").join(some), exists))
        self.owner.execute(
            sql.SQL(
                "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM public.{} s WHERE {} LIMIT {}"
            ).format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, columns)),
                sql.SQL(", ").join(map(sql.Identifier, columns)),
                sql.Identifier(table),
                sql.SQL(" AND ").join(conditions),
                sql.Literal(MOST_ROWS),
            )
        )

    def _columns(self, table: str, schema: str) -> list[str]:
        return [name for (name,) in self.owner.execute(_COLUMNS, [schema, table])]

    def contents(self, columns: dict[str, list[str]] | None = None) -> Contents:
        """Every row, of these tables and columns or of all."""
        asked = columns if columns is not None else self.columns()
        return {table: self._rows(table, names) for table, names in asked.items()}

    def columns(self) -> dict[str, list[str]]:
        """The columns of each table."""
        return {table: self._columns(table, self.schema) for table in self.tables()}

    def _rows(self, table: str, columns: list[str]) -> list[tuple[Any, ...]]:
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        query = sql.SQL("SELECT ({})::text FROM {} ORDER BY 1").format(
            sql.SQL("ROW({})").format(names), sql.Identifier(table)
        )
        return self.owner.execute(query).fetchall()

    def shape(self) -> list[tuple[Any, ...]]:
        """What the version consists of."""
        return self.owner.execute(_SHAPE, {"schema": self.schema}).fetchall()

    def count(self) -> int:
        """Have the worker's code count what there is, and a recount agree; how many cells that were."""
        if self.folder_url is None or "stat_delta" not in self._all_tables():
            return 0
        cells = 0
        with closing(folding.connect(self.folder_url, name="migrations-test")) as folder:
            folding.open_due(folder, RULES, through=month_number(vietnam_today()))
            while folding.fold_once(folder, RULES, most=20_000).deltas:
                pass
            for (flow,) in self.owner.execute(
                "SELECT flow FROM stat_flow WHERE opened_through IS NOT NULL"
            ).fetchall():
                found = recounting.recount(folder, flow, RULES)
                assert found.equal, (flow, found.cell_differences, found.figure_differences)
                cells += found.cells
        return cells

    def _all_tables(self) -> set[str]:
        return {name for (name,) in self.owner.execute(_TABLES, [self.schema])}


def _parents_first(tables: list[str], edges: set[tuple[str, str]]) -> list[str]:
    done: list[str] = []
    while len(done) < len(tables):
        ready = [
            one
            for one in tables
            if one not in done and all(p in done or p == one for c, p in edges if c == one)
        ]
        assert ready, "tables that refer to one another"
        done += ready
    return done


@contextmanager
def climbing(
    stack_variable: Callable[[str], str], database: str, made: dict[str, LiteralString]
) -> Iterator[Climb]:
    """An empty schema in the stack's database, where every role may enter."""
    schema = f"climb_test_{uuid4().hex[:12]}"
    owner_url = stack_variable(f"DATABASE_URL_{database.upper()}_OWNER")
    url = make_conninfo(owner_url, options=f"-c search_path={schema}")
    folder_url = None
    if database in STATISTICS:
        folder_url = make_conninfo(
            stack_variable(f"DATABASE_URL_{database.upper()}_STATISTICS"),
            options=f"-c search_path={schema}",
        )
    try:
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
            if folder_url is not None:
                names = map(sql.Identifier, (schema, f"{database}_statistics"))
                owner.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(*names))
            yield Climb(
                database=database, schema=schema, url=url, owner=owner, folder_url=folder_url, made=made
            )
    finally:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
