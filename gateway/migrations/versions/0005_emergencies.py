"""What was asked by breaking the glass, so that it is reviewed without reading the whole log.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Few entries: it costs the others nothing.
_INDEX = """
CREATE INDEX audit_entry_emergency ON audit_entry (entry_id) WHERE purpose = 'emergency';
COMMENT ON INDEX audit_entry_emergency IS 'Break-glass, for review';
"""


def upgrade() -> None:
    """Add the index, on every day there is and every day to come."""
    op.execute(_INDEX)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP INDEX audit_entry_emergency")
