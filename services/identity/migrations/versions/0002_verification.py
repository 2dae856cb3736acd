"""Who was verified in a month, with the best outcome: all that statistics need, and nothing more.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PARTITIONS = 8
"""Hash partitions of a table that grows with the population: docs/decisions/0003-hash-partitions.md."""

TABLES = """
CREATE TABLE verification (
    person_id bigint   NOT NULL,
    month     date     NOT NULL CHECK (extract(day FROM month) = 1),
    outcome   smallint NOT NULL CHECK (outcome BETWEEN 1 AND 3),
    CONSTRAINT verification_pkey PRIMARY KEY (person_id, month)
) PARTITION BY HASH (person_id);
-- Finds what is old enough to be forgotten.
CREATE INDEX verification_month_idx ON verification (month);
"""

COMMENTS = """
COMMENT ON TABLE verification IS 'Whose particulars agencies have verified in a month. Not who asked, not when, '
    'not how often: statistics need none of it';
COMMENT ON COLUMN verification.month IS 'First day of the month, in Việt Nam';
COMMENT ON COLUMN verification.outcome IS 'The best outcome of the month: 1 match, 2 partial, 3 no match';
"""

# The gRPC process adds, and makes an outcome better; it deletes nothing and changes nothing else.
GRANTS = """
GRANT SELECT, INSERT ON verification TO identity;
GRANT UPDATE (outcome) ON verification TO identity;
"""


def upgrade() -> None:
    """Create the table, its partitions and the rights of the runtime role."""
    op.execute(TABLES)
    for number in range(PARTITIONS):
        op.execute(
            f"CREATE TABLE verification_p{number} PARTITION OF verification "
            f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"
        )
    op.execute(COMMENTS)
    op.execute(GRANTS)


def downgrade() -> None:
    """Drop everything that upgrade made."""
    op.execute("DROP TABLE verification")
