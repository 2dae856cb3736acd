"""Statistics of identities verified: what changes, the figures, and how rows are forgotten.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

from lienthong.statistics import definitions, tables
from services.identity import flows

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SOURCES = (flows.VERIFICATION, flows.PERSON)

KEPT = """
CREATE TABLE verification_kept (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    since    date    NOT NULL
);
INSERT INTO verification_kept (since) VALUES ('2000-01-01');
COMMENT ON TABLE verification_kept IS 'From which month rows of verification count; older ones are being forgotten';
"""

# With the owner's rights, so that no process can delete; the age is the function's own, so that nobody can make
# anything young be forgotten. The published figures of a forgotten month stay. Its true cells go with the rows: what
# cannot be counted anew is not kept. In one commit with that the month counts no more, so a recount is exact at any
# moment, and the rows can go step by step. A row that goes then moves no cell: its delta need not be folded.
FORGET = f"""
CREATE FUNCTION stat_forget(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    tx CONSTANT bigint := pg_current_xact_id()::text::bigint;
    due CONSTANT date := date_trunc('month', now() AT TIME ZONE 'Asia/Ho_Chi_Minh') - interval '{flows.MONTHS_KEPT} months';
    forgotten integer;
BEGIN
    UPDATE verification_kept SET since = due WHERE since < due;
    IF FOUND THEN
        DELETE FROM stat_cell c USING stat_key k
        WHERE k.series = c.series AND k.flow = '{flows.IDENTITY.flow}'
          AND c.month < extract(year FROM due) * 12 + extract(month FROM due) - 1;
    END IF;
    DELETE FROM verification
    WHERE (person_id, month) IN (
        SELECT person_id, month FROM verification WHERE month < due ORDER BY month LIMIT most
    );
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    DELETE FROM {flows.VERIFICATION.delta} WHERE id = tx;
    RETURN forgotten;
END $$;
COMMENT ON FUNCTION stat_forget(integer) IS
    'Forgets at most so many verifications of more than {flows.MONTHS_KEPT} months before this one; how many it were';
REVOKE ALL ON FUNCTION stat_forget(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION stat_forget(integer) TO {flows.FOLDER};
"""  # noqa: S608 -- constants of this service


def upgrade() -> None:
    """Create the tables of statistics, the dataflow and the function that forgets."""
    op.execute(KEPT)
    op.execute(tables.STATISTICS)
    for source in SOURCES:
        op.execute(tables.deltas(source))
    op.execute(tables.flow(flows.IDENTITY))
    op.execute(flows.IDENTITY_FUNCTIONS)
    op.execute(FORGET)
    op.execute(tables.rights(flows.READER, flows.FOLDER, SOURCES, ["verification", "verification_kept"]))
    # Of people where they live and nothing more: no name, no number, no birth.
    op.execute(f"GRANT SELECT ({', '.join(flows.PERSON.columns)}) ON person TO {flows.FOLDER}")


def downgrade() -> None:
    """Drop everything that upgrade made."""
    op.execute("DROP FUNCTION stat_forget(integer)")
    op.execute(definitions.drop(flows.IDENTITY.flow))
    op.execute(f"REVOKE ALL ON verification, person FROM {flows.FOLDER}")
    for source in SOURCES:
        op.execute(tables.drop_deltas(source))
    op.execute(tables.DROP)
    op.execute("DROP TABLE verification_kept")
