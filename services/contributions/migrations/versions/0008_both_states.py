"""The functions of the dataflows as new texts: what a batch changes is found in one look at both states.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

from services.contributions import flows

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Replace the functions of the flows that are older than that."""
    for functions in (flows.PARTICIPANTS_FUNCTIONS, flows.COLLECTION_FUNCTIONS):
        op.execute(functions)


def downgrade() -> None:
    """Nothing: what made the flows takes away the same functions."""
