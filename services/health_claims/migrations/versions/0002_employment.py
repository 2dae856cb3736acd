"""Who is insured through whom, since when a card is decreased, and events taken in once.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

from lienthong.bus import tables

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WRITER = "health_claims_writer"
"""The role of the consumers. The gRPC process keeps its own, which reads only."""

PARTITIONS = 8

TABLES = """
CREATE TABLE employment (
    person_id     bigint      NOT NULL,
    version       bigint      NOT NULL,
    changed_at    timestamptz NOT NULL,
    carded_until  date        NOT NULL,
    covered       integer[]   NOT NULL,
    employer_code text COLLATE "C" NOT NULL,
    sector        text COLLATE "C" NOT NULL,
    province_code text COLLATE "C" NOT NULL CHECK (length(province_code) = 2),
    CONSTRAINT employment_pkey PRIMARY KEY (person_id, employer_code)
) PARTITION BY HASH (person_id);

-- For the turn of the year: whose employment goes on. The others are never looked at again.
CREATE INDEX employment_carded_until ON employment (carded_until) WHERE covered[cardinality(covered)] = 0;

ALTER TABLE card ADD COLUMN status_from date;
"""

COMMENTS = """
COMMENT ON TABLE employment IS
    'Who is insured through which unit, as contributions told last (ParticipationChanged)';
COMMENT ON COLUMN employment.version IS 'Of the event; an older one is ignored';
COMMENT ON COLUMN employment.carded_until IS
    'The end of the year for which the cards were looked at last: who is insured longer gets a longer card';
COMMENT ON COLUMN employment.covered IS
    'Months with health insurance: first, last, first, last ...; year × 12 + month − 1, last 0 while open';
COMMENT ON COLUMN employment.sector IS 'Ownership of the unit: public, state, private, foreign';
COMMENT ON COLUMN employment.province_code IS 'Province of the unit';
COMMENT ON COLUMN card.status_from IS
    'First day on which the status holds; NULL: active, or not recorded, so that it holds on every day';
"""

GRANTS = f"""
GRANT SELECT ON facility, holder, holder_identifier, card, employment TO {WRITER};
GRANT INSERT, UPDATE ON holder, card, employment TO {WRITER};
GRANT INSERT ON holder_identifier TO {WRITER};
"""
"""Rows are never deleted: a card that ended is history. UPDATE on holder is for locking."""


def upgrade() -> None:
    """Create the tables, and give the consumers' role what they need. The readers' gets nothing new."""
    op.execute(TABLES)
    for number in range(PARTITIONS):
        op.execute(
            f"CREATE TABLE employment_p{number} PARTITION OF employment "
            f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"
        )
    op.execute(COMMENTS)
    op.execute(tables.INBOX_EVENT)
    op.execute(GRANTS)
    op.execute(tables.inbox_event_rights(WRITER))


def downgrade() -> None:
    """Drop everything that upgrade made."""
    op.execute("DROP TABLE inbox_event, employment")
    op.execute("ALTER TABLE card DROP COLUMN status_from")
    op.execute(f"REVOKE ALL ON facility, holder, holder_identifier, card FROM {WRITER}")
