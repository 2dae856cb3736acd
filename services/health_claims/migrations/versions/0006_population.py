"""The official population, of which coverage is a share.

Revision ID: 0006
Revises: 0005
"""

from alembic import op

from lienthong.statistics import tables
from services.health_claims import flows

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; who answers reads it, the operator fills it as its owner."""
    op.execute(tables.POPULATION)
    op.execute(f"GRANT SELECT ON population TO {flows.READER}")


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP TABLE population")
