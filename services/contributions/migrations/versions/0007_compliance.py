"""Statistics of compliance: the legal state of each unit at the end of each month, and the figures.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

from lienthong.statistics import definitions, tables
from services.contributions import flows

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Before July 2025 another law ruled; before the accounts were kept nobody knows.
BOOK = """
ALTER TABLE book ADD COLUMN judged_from date CHECK (extract(day FROM judged_from) = 1),
                 ADD COLUMN judged_through date CHECK (extract(day FROM judged_through) = 1);
UPDATE book SET judged_from = greatest('2025-07-01', coalesce(
    (SELECT min(taken_over) FROM employer_account), opened_through + interval '1 month')::date);
UPDATE book SET judged_through = (judged_from - interval '1 month')::date;
-- The version before this one, and a load of it, write a book without these.
ALTER TABLE book ALTER COLUMN judged_from SET DEFAULT '2025-07-01', ALTER COLUMN judged_through SET DEFAULT '2025-06-01',
    ALTER COLUMN judged_from SET NOT NULL, ALTER COLUMN judged_through SET NOT NULL,
    ADD CONSTRAINT book_judged_check CHECK (judged_through >= judged_from - interval '1 month');
COMMENT ON COLUMN book.judged_from IS 'First month of which the legal states at its end are kept';
COMMENT ON COLUMN book.judged_through IS
    'Last month that was judged; a month that is over is judged once, by the timer judge_months';
"""

COMPLIANCE_MONTH = """
CREATE TABLE compliance_month (
    employer_id   bigint   NOT NULL,
    month         date     NOT NULL CHECK (extract(day FROM month) = 1),
    workers       integer  NOT NULL CHECK (workers >= 0),
    under_floor   integer  NOT NULL CHECK (under_floor >= 0),
    state         smallint NOT NULL CHECK (state BETWEEN 1 AND 4),
    province_code text COLLATE "C" NOT NULL CHECK (length(province_code) = 2),
    sector        text COLLATE "C" NOT NULL CHECK (sector IN ('public', 'state', 'private', 'foreign')),
    CONSTRAINT compliance_month_pkey PRIMARY KEY (employer_id, month)
);
-- Rows come a month at a time: a block has rows of one month or two.
CREATE INDEX compliance_month_month_idx ON compliance_month USING brin (month);
COMMENT ON TABLE compliance_month IS
    'The legal state of a unit on the last day of a month, as the books say it now; a unit without a row '
    'declared nobody and was on time';
COMMENT ON COLUMN compliance_month.workers IS 'People whom it declares for the month in a compulsory scheme';
COMMENT ON COLUMN compliance_month.under_floor IS 'People whom it declares with a base under the floor of the month';
COMMENT ON COLUMN compliance_month.state IS '1 on time, 2 late, 3 evasion, 4 under-declared and no other evasion';
COMMENT ON COLUMN compliance_month.province_code IS 'The unit''s province when the month was judged first';
GRANT SELECT, INSERT, UPDATE ON compliance_month TO contributions;
"""

FLOWS = (
    (flows.COMPLIANCE, flows.COMPLIANCE_FUNCTIONS),
    (flows.COMPLIANCE_SECTOR, flows.COMPLIANCE_SECTOR_FUNCTIONS),
)


def upgrade() -> None:
    """Create the months that were judged and the dataflows."""
    op.execute(BOOK)
    op.execute(COMPLIANCE_MONTH)
    op.execute(tables.deltas(flows.COMPLIANCE_MONTH, counted=flows.JUDGED))
    for shape, functions in FLOWS:
        op.execute(tables.flow(shape))
        op.execute(functions)
    op.execute(f"GRANT SELECT ON compliance_month, book TO {flows.FOLDER}")
    op.execute(f"GRANT SELECT, DELETE ON {flows.COMPLIANCE_MONTH.delta} TO {flows.FOLDER}")


def downgrade() -> None:
    """Drop everything that upgrade made."""
    for shape, _ in FLOWS:
        op.execute(definitions.drop(shape.flow))
        op.execute(tables.drop_flow(shape))
    op.execute(tables.drop_deltas(flows.COMPLIANCE_MONTH))
    op.execute("DROP TABLE compliance_month")
    op.execute(f"REVOKE ALL ON book FROM {flows.FOLDER}")
    op.execute("ALTER TABLE book DROP COLUMN judged_from, DROP COLUMN judged_through")
