"""Indexes of the list of debtors: units urged in writing, and units that evade whatever their oldest month.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEXES = """
CREATE INDEX employer_account_urged_idx ON employer_account (province_code, oldest_unpaid, employer_id)
    WHERE oldest_unpaid IS NOT NULL AND urged_on IS NOT NULL;
CREATE INDEX employer_account_flagged_idx ON employer_account (province_code, oldest_unpaid, employer_id)
    WHERE oldest_unpaid IS NOT NULL AND (underdeclared > 0 OR unregistered);
"""


def upgrade() -> None:
    """Create the indexes."""
    op.execute(INDEXES)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP INDEX employer_account_urged_idx, employer_account_flagged_idx")
