"""How many observations of statistics a grant allows a day, and how many were pulled.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BUDGET = """
ALTER TABLE agency_grant ADD COLUMN observations_per_day integer CHECK (observations_per_day > 0);
COMMENT ON COLUMN agency_grant.observations_per_day IS
    'Observations of statistics in a day of Việt Nam; NULL for no limit';

CREATE TABLE observations_pulled (
    grant_id     bigint NOT NULL,
    day          date   NOT NULL,
    observations bigint NOT NULL CHECK (observations > 0),
    CONSTRAINT observations_pulled_pkey PRIMARY KEY (grant_id, day)
);
COMMENT ON TABLE observations_pulled IS
    'What was charged to the budget of a grant, by day of Việt Nam; a row for each day on which it was used';
GRANT SELECT, INSERT ON observations_pulled TO gateway;
GRANT UPDATE (observations) ON observations_pulled TO gateway;
"""


def upgrade() -> None:
    """Add the budget to grants, and the account of what was pulled."""
    op.execute(_BUDGET)


def downgrade() -> None:
    """Drop both: nothing is limited any more."""
    op.execute("DROP TABLE observations_pulled")
    op.execute("ALTER TABLE agency_grant DROP COLUMN observations_per_day")
