"""Visits and coverage by former province: their base cells are those of the 63, today's provinces are sums of these.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

from lienthong.statistics import tables
from services.health_claims import flows

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FLOWS = ((flows.COVERAGE, flows.COVERAGE_FUNCTIONS), (flows.VISITS, flows.VISITS_FUNCTIONS))


# The worker of the version before must not build what it would sum up without today's provinces: it finds its functions
# no more and waits for its successor, as changes do.
FUNCTIONS_BEFORE = "; ".join(
    f"DROP FUNCTION IF EXISTS {flow}_contributors(), {flow}_touched(bigint),"
    f" {flow}_both(bigint[], bigint, integer, integer), {flow}_all(bigint, integer, integer)"
    for flow in ("df_coverage", "df_visits")
)


def upgrade() -> None:
    """Forget what was counted by today's provinces; the worker counts all of it anew from the base tables."""
    op.execute(FUNCTIONS_BEFORE)
    for shape, functions in FLOWS:
        op.execute(tables.drop_flow(shape))
        op.execute(functions)
        op.execute(tables.flow(shape))


def downgrade() -> None:
    """Forget what was counted by former provinces. 0004 takes away the functions."""
    for shape, _ in FLOWS:
        op.execute(tables.drop_flow(shape))
        op.execute(tables.flow(shape))
