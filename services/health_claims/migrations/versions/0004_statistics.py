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


def upgrade() -> None:
    """Create the tables of statistics and the first dataflow."""
    op.execute(tables.STATISTICS)
    for source in SOURCES:
        op.execute(tables.deltas(source))
    op.execute(tables.flow(flows.COVERAGE))
    op.execute(flows.COVERAGE_FUNCTIONS)
    op.execute(tables.rights(flows.READER, flows.FOLDER, SOURCES, [source.table for source in SOURCES]))


def downgrade() -> None:
    """Drop everything that upgrade made."""
    op.execute(definitions.drop(flows.COVERAGE.flow))
    for source in SOURCES:
        op.execute(tables.drop_deltas(source))
    op.execute(tables.DROP)
