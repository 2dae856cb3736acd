"""The tables of statistics as SQL, for the migrations of every database that counts something.

    op.execute(tables.STATISTICS)
    op.execute(tables.deltas(PARTICIPATION))        # one for each base table that is counted
    op.execute(tables.flow(PARTICIPANTS)); op.execute(tables.rights("contributions"))

**From a change to a figure.** A trigger on the base table appends each row that came or
went to that table's own child of ``stat_delta``, in the changing transaction; nobody
updates a row there, so nobody waits. The folding worker takes deltas away and adds what
they mean to ``stat_cell``: true sums, which never leave the house. What disclosure control
lets out is a row of ``stat_release`` and, summed up, of ``stat_series``.

**State of a base table.** A set of folded deltas stands for a state of the table: the table
as it is now, less what the other deltas brought, with what they took. Deltas commute, so
this is exact for every set, whatever the order in which transactions committed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

CHANNEL: Final[LiteralString] = "stat_delta"
"""Where the worker hears that something has changed."""

BEHIND: Final[LiteralString] = """
SELECT greatest(0, extract(epoch FROM clock_timestamp() - since))::float8 FROM stat_waiting
"""
"""The age in seconds of the oldest change that is not folded; NULL while none waits."""

STATISTICS: Final[LiteralString] = """
CREATE TABLE stat_delta (
    -- The transaction that brought it, of whatever base table: a batch is what lies below a
    -- number, and so whole transactions. Nothing between two statements of one is ever counted.
    id   bigint      NOT NULL,
    at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    sign smallint    NOT NULL CHECK (sign IN (-1, 1)),
    CHECK (false) NO INHERIT
);

CREATE TABLE stat_flow (
    flow              text COLLATE "C" NOT NULL,
    dimensions        text[] NOT NULL,
    totals            text[] NOT NULL,
    measures          text[] NOT NULL,
    indicator         boolean NOT NULL,
    listed            boolean NOT NULL,
    is_distinct       boolean NOT NULL,
    repeats           integer NOT NULL CHECK (repeats > 0),
    months_kept       integer NOT NULL CHECK (months_kept > 0),
    first_month       integer,
    opened_through    integer,
    minimum_frequency integer,
    dominance_percent integer,
    released_at       timestamptz,
    CONSTRAINT stat_flow_pkey PRIMARY KEY (flow),
    CONSTRAINT stat_flow_dimensions_check CHECK (cardinality(dimensions) = cardinality(totals)),
    CONSTRAINT stat_flow_built_check
        CHECK (num_nulls(first_month, opened_through, minimum_frequency, dominance_percent) IN (0, 4))
);

CREATE TABLE stat_key (
    series integer GENERATED ALWAYS AS IDENTITY,
    base   boolean NOT NULL,
    shown  boolean NOT NULL DEFAULT false,
    flow   text COLLATE "C" NOT NULL,
    key    text COLLATE "C" NOT NULL,
    codes  text[] COLLATE "C" NOT NULL,
    CONSTRAINT stat_key_pkey PRIMARY KEY (series),
    CONSTRAINT stat_key_key_key UNIQUE (flow, key)
);

CREATE TABLE stat_cell (
    changed_since          timestamptz,
    series                 integer  NOT NULL,
    month                  integer  NOT NULL,
    contributors           integer  NOT NULL CHECK (contributors >= 0),
    record_key             bigint   NOT NULL CHECK (record_key >= 0),
    changes                integer  NOT NULL DEFAULT 0 CHECK (changes >= 0),
    releases               integer  NOT NULL DEFAULT 0 CHECK (releases >= 0),
    published_contributors integer  NOT NULL DEFAULT 0,
    published              bigint[] NOT NULL DEFAULT '{}',
    published_squares      numeric[] NOT NULL DEFAULT '{}',
    amounts                bigint[] NOT NULL,
    squares                numeric[] NOT NULL,
    CONSTRAINT stat_cell_pkey PRIMARY KEY (month, series),
    CONSTRAINT stat_cell_changed_check CHECK ((changes = 0) = (changed_since IS NULL))
) WITH (fillfactor = 80);
-- Those whose changes wait to be published, the longest waiting first.
CREATE INDEX stat_cell_changed_since_idx ON stat_cell (changed_since) WHERE changed_since IS NOT NULL;

CREATE TABLE stat_release (
    released_at  timestamptz NOT NULL,
    series       integer  NOT NULL,
    month        integer  NOT NULL,
    number       integer  NOT NULL CHECK (number > 0),
    contributors integer  NOT NULL,
    suppressed   boolean[] NOT NULL,
    figures      bigint[] NOT NULL,
    squares      numeric[] NOT NULL,
    CONSTRAINT stat_release_pkey PRIMARY KEY (month, series, number)
);

CREATE TABLE stat_series (
    contributors bigint      NOT NULL,
    published_at timestamptz,
    series       integer     NOT NULL,
    month        integer     NOT NULL,
    suppressed   boolean[]   NOT NULL,
    figures      bigint[]    NOT NULL,
    squares      numeric[]   NOT NULL,
    CONSTRAINT stat_series_pkey PRIMARY KEY (month, series)
) WITH (fillfactor = 80);

-- The oldest changes that wait, for whoever answers and may not see the deltas themselves.
CREATE VIEW stat_waiting AS
SELECT min(at) AS since FROM (SELECT at FROM stat_delta ORDER BY id LIMIT 200) AS oldest;

CREATE FUNCTION stat_wake() RETURNS void LANGUAGE sql AS $$ SELECT pg_notify('stat_delta', '') $$;

COMMENT ON COLUMN stat_delta.id IS 'Number of the transaction';
COMMENT ON TABLE stat_delta IS 'Rows that came to a base table (1) or left it (-1) and are not folded yet';
COMMENT ON TABLE stat_flow IS 'Dataflows that this database counts';
COMMENT ON COLUMN stat_flow.totals IS 'The code of each dimension''s total; empty where a sum means nothing';
COMMENT ON COLUMN stat_flow.measures IS 'What the figures are: first the contributors, then the amounts; '
    'empty where a figure is kept but not shown';
COMMENT ON COLUMN stat_flow.months_kept IS 'How many months before the one in which it is built are counted';
COMMENT ON COLUMN stat_flow.indicator IS 'Whether the measures are codes of a dimension INDICATOR';
COMMENT ON COLUMN stat_flow.listed IS 'That a contributor exists is no secret';
COMMENT ON COLUMN stat_flow.is_distinct IS 'Nobody is in two base cells of one month';
COMMENT ON COLUMN stat_flow.repeats IS 'In how many base cells of one margin a contributor can be at most';
COMMENT ON COLUMN stat_flow.opened_through IS 'Last month that is counted, as year * 12 + month - 1; '
    'NULL until the flow was built from the base tables';
COMMENT ON COLUMN stat_flow.released_at IS 'When a figure that is seen moved last';
COMMENT ON TABLE stat_key IS 'Series: one code of each dimension, joined by points';
COMMENT ON COLUMN stat_key.base IS 'Counted itself; else a sum of such';
COMMENT ON COLUMN stat_key.shown IS 'Some month of it was published; until then not even its key is told';
COMMENT ON TABLE stat_cell IS 'True sums of base cells. Nothing of them may leave the house';
COMMENT ON COLUMN stat_cell.record_key IS 'Sum of the contributors'' record keys modulo 2^63: who is in the cell';
COMMENT ON COLUMN stat_cell.changes IS 'Contributors'' changes since the last release';
COMMENT ON COLUMN stat_cell.changed_since IS 'When the first of these changes was folded; NULL without any';
COMMENT ON COLUMN stat_cell.published IS 'Figures of the last release, with which the cell stands in every margin';
COMMENT ON TABLE stat_release IS 'Published states of base cells; append-only';
COMMENT ON TABLE stat_series IS 'What is published now, base cells and margins; a row that is absent is suppressed';
COMMENT ON COLUMN stat_release.contributors IS 'How many contributors this state proves, not how many there are';
COMMENT ON COLUMN stat_release.suppressed IS 'Of each figure';
COMMENT ON COLUMN stat_series.published_at IS 'When what is seen of it changed last; NULL while nothing ever was: '
    'a time tells as much as a figure';
COMMENT ON COLUMN stat_series.contributors IS 'Sum of what the base cells'' states prove: decides, is not shown';
"""

POPULATION: Final[LiteralString] = """
CREATE TABLE population (
    loaded_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    persons      integer  NOT NULL CHECK (persons > 0),
    published_on date     NOT NULL,
    year         smallint NOT NULL CHECK (year BETWEEN 1990 AND 2200),
    area         text COLLATE "C" NOT NULL,
    source       text NOT NULL,
    loaded_by    text NOT NULL,
    CONSTRAINT population_pkey PRIMARY KEY (area, year, loaded_at)
);
COMMENT ON TABLE population IS 'Official mid-year population by area; append-only: of an area and year the row loaded '
    'last holds, the others say what was known before';
COMMENT ON COLUMN population.year IS 'Holds from January of this year until a later year is known';
COMMENT ON COLUMN population.area IS 'As reference areas: VN, VN_24';
COMMENT ON COLUMN population.published_on IS 'When its source published it';
"""

DROP: Final[LiteralString] = (
    "DROP VIEW stat_waiting; DROP FUNCTION stat_wake;"
    " DROP TABLE stat_series, stat_release, stat_cell, stat_key, stat_flow, stat_delta;"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A base table that is counted: its name, and the columns that a cell depends on, with their types."""

    table: str
    columns: Mapping[str, str]

    @property
    def delta(self) -> str:
        """The table of its deltas."""
        return f"stat_delta_{self.table}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowShape:
    """A dataflow as ``stat_flow`` keeps it; see the comments there."""

    flow: str
    dimensions: Sequence[str]
    totals: Sequence[str]
    measures: Sequence[str]
    indicator: bool
    listed: bool = False
    is_distinct: bool = False
    repeats: int = 1
    months_kept: int = 60


def deltas(source: Source, *, counted: str = "true") -> str:
    """The deltas of a base table, and the triggers that write them, one call a statement.

    The triggers run as the owner: who changes a base table need not see, and cannot
    write, what is counted. An UPDATE that leaves the counted columns as they are
    leaves no delta. ``counted`` is a condition on a row: one of which it is not true is no
    change of anything that was counted.
    """
    typed = ", ".join(f"{name} {kind}" for name, kind in source.columns.items())
    contributor = next(iter(source.columns))
    return f"""
CREATE TABLE {source.delta} (
    {typed}
) INHERITS (stat_delta) WITH (
    -- A queue in a table is nearly all dead rows: clean it by number, not by share.
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000
);
CREATE INDEX {source.delta}_id_idx ON {source.delta} (id);
CREATE INDEX {source.delta}_{contributor}_idx ON {source.delta} ({contributor});
{_trigger_functions(source, counted)}
CREATE TRIGGER statistics_came AFTER INSERT ON {source.table}
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION {source.table}_came();
CREATE TRIGGER statistics_went AFTER DELETE ON {source.table}
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION {source.table}_went();
CREATE TRIGGER statistics_changed AFTER UPDATE ON {source.table}
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION {source.table}_changed();
"""


def widened(narrow: Source, wide: Source) -> str:
    """Have the deltas of a base table keep more of its columns: those of ``wide``.

    What waits gets them as they are now; a row that has gone has them no more.
    """
    key = next(iter(wide.columns))
    more = {name: kind for name, kind in wide.columns.items() if name not in narrow.columns}
    added = ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in more.items())
    known = ", ".join(f"{name} = b.{name}" for name in more)
    return f"""
ALTER TABLE {wide.delta} {added};
UPDATE {wide.delta} d SET {known} FROM {wide.table} b WHERE b.{key} = d.{key};
{_trigger_functions(wide)}
"""  # noqa: S608 -- names of the migration


def narrowed(wide: Source, narrow: Source) -> str:
    """Take away what :func:`widened` added."""
    gone = ", ".join(f"DROP COLUMN {name}" for name in wide.columns if name not in narrow.columns)
    return _trigger_functions(narrow) + f"ALTER TABLE {wide.delta} {gone};"


def _trigger_functions(source: Source, counted: str = "true") -> str:
    columns = ", ".join(source.columns)
    changed = (
        f"(SELECT tx, -1, {columns} FROM old_rows WHERE {counted} EXCEPT ALL SELECT tx, -1, {columns} FROM new_rows)"  # noqa: S608 -- names of the migration
        f" UNION ALL (SELECT tx, 1, {columns} FROM new_rows WHERE {counted} EXCEPT ALL SELECT tx, 1, {columns} FROM old_rows)"
    )
    return "".join(
        (
            _trigger_function(source, "came", f"SELECT tx, 1, {columns} FROM new_rows WHERE {counted}"),  # noqa: S608 -- as above
            _trigger_function(source, "went", f"SELECT tx, -1, {columns} FROM old_rows WHERE {counted}"),  # noqa: S608 -- as above
            _trigger_function(source, "changed", changed),
        )
    )


def _trigger_function(source: Source, what: str, rows: str) -> str:
    columns = ", ".join(source.columns)
    return f"""
CREATE OR REPLACE FUNCTION {source.table}_{what}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
    tx CONSTANT bigint := pg_current_xact_id()::text::bigint;
BEGIN
    INSERT INTO {source.delta} (id, sign, {columns}) {rows};
    IF FOUND THEN
        PERFORM stat_wake();
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION {source.table}_{what}() FROM PUBLIC;
"""


def drop_deltas(source: Source) -> str:
    """Take away what :func:`deltas` made."""
    return "".join(
        f"DROP TRIGGER statistics_{what} ON {source.table}; DROP FUNCTION {source.table}_{what}();"
        for what in ("came", "went", "changed")
    ) + (f"DROP TABLE {source.delta};")


def flow(shape: FlowShape) -> str:
    """Enter a dataflow; the worker builds it when it sees it first."""
    lists = (
        "ARRAY[" + ", ".join(f"'{item}'" for item in items) + "]::text[]"
        for items in (shape.dimensions, shape.totals, shape.measures)
    )
    return (
        "INSERT INTO stat_flow (flow, dimensions, totals, measures, indicator, listed, is_distinct, repeats, months_kept)"  # noqa: S608
        f" VALUES ('{shape.flow}', {', '.join(lists)}, {shape.indicator}, {shape.listed}, {shape.is_distinct},"
        f" {shape.repeats}, {shape.months_kept});"
    )


def drop_flow(shape: FlowShape) -> str:
    """Forget a dataflow with everything that was counted and published of it."""
    of_flow = f"series IN (SELECT series FROM stat_key WHERE flow = '{shape.flow}')"  # noqa: S608 -- as above
    return f"""
DELETE FROM stat_series WHERE {of_flow};
DELETE FROM stat_release WHERE {of_flow};
DELETE FROM stat_cell WHERE {of_flow};
DELETE FROM stat_key WHERE flow = '{shape.flow}';
DELETE FROM stat_flow WHERE flow = '{shape.flow}';
"""  # noqa: S608 -- names of the migration


def rights(reader: str, folder: str, sources: Sequence[Source], base_tables: Sequence[str]) -> str:
    """What the roles need: ``reader`` answers, ``folder`` folds and recounts.

    Whoever changes base tables needs nothing: triggers run as the owner.
    """
    for role in (reader, folder):
        if not role.isidentifier():
            raise ValueError(f"not the name of a role: {role!r}")
    delta_tables = ", ".join(["stat_delta", *(source.delta for source in sources)])
    return (
        f"GRANT SELECT ON stat_flow, stat_key, stat_release, stat_series, stat_waiting TO {reader};"
        f" GRANT SELECT ON stat_waiting TO {folder};"
        f" GRANT SELECT ON {', '.join(base_tables)} TO {folder};"
        f" GRANT SELECT, DELETE ON {delta_tables} TO {folder};"
        f" GRANT SELECT, UPDATE ON stat_flow TO {folder};"
        f" GRANT SELECT, INSERT, UPDATE ON stat_key TO {folder};"
        f" GRANT SELECT, INSERT ON stat_release TO {folder};"
        f" GRANT SELECT, INSERT, UPDATE, DELETE ON stat_cell, stat_series TO {folder};"
        # For the keys of all contributors while a flow is built or recounted.
        f" DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO {folder}', current_database()); END $$;"
    )
