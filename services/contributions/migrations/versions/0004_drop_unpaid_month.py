"""Drop the months not paid: charges tell them.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop what no query reads any more."""
    op.execute("DROP TABLE unpaid_month")


def downgrade() -> None:
    """Make the table again, empty: what it said is in ``charge``."""
    op.execute("""
        CREATE TABLE unpaid_month (
            employer_id bigint   NOT NULL,
            month       date     NOT NULL CHECK (extract(day FROM month) = 1),
            schemes     smallint NOT NULL CHECK (schemes BETWEEN 1 AND 15),
            CONSTRAINT unpaid_month_pkey PRIMARY KEY (employer_id, month)
        )
    """)
    op.execute("GRANT SELECT ON unpaid_month TO contributions")
