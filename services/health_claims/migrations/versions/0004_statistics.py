"""Statistics of coverage: what changes, and the figures.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

from lienthong.statistics import definitions, tables
from services.health_claims import flows

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SOURCES = (flows.CARD, flows.FACILITY)

INDEX = """
-- When a facility moves to another province: whose cards name it.
CREATE INDEX card_facility_code_idx ON card (facility_code);
"""


def upgrade() -> None:
    """Create the tables of statistics and the dataflow."""
    op.execute(INDEX)
    op.execute(tables.STATISTICS)
    for source in SOURCES:
        op.execute(tables.deltas(source))
    op.execute(tables.flow(flows.COVERAGE))
    op.execute(flows.COVERAGE_FUNCTIONS)
    op.execute(tables.rights(flows.READER, flows.FOLDER, SOURCES, ["facility"]))
    # Of people what is counted and nothing more: no names, no numbers.
    for source in (flows.CARD,):
        op.execute(f"GRANT SELECT ({', '.join(source.columns)}) ON {source.table} TO {flows.FOLDER}")


def downgrade() -> None:
    """Drop everything that upgrade made."""
    op.execute(definitions.drop(flows.COVERAGE.flow))
    op.execute(f"REVOKE ALL ON card, facility FROM {flows.FOLDER}")
    for source in SOURCES:
        op.execute(tables.drop_deltas(source))
    op.execute(tables.DROP)
    op.execute("DROP INDEX card_facility_code_idx")
