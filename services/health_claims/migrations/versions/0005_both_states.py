"""The functions of the dataflows as new texts: what a batch changes is found in one look at both states.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

from services.health_claims import flows

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Replace the functions."""
    for functions in (flows.COVERAGE_FUNCTIONS, flows.VISITS_FUNCTIONS, flows.VISITS_ICD_FUNCTIONS):
        op.execute(functions)


def downgrade() -> None:
    """Nothing: 0004 takes away the same functions."""
