"""Statistics of participants: who they are, what changes, and the figures.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

from lienthong.statistics import definitions, tables
from services.contributions import flows

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PARTITIONS = 8

PARTICIPANT = """
CREATE TABLE participant (
    person_id  bigint   NOT NULL,
    birth_year smallint NOT NULL CHECK (birth_year BETWEEN 1800 AND 2200),
    sex        smallint NOT NULL CHECK (sex BETWEEN 0 AND 2),
    CONSTRAINT participant_pkey PRIMARY KEY (person_id)
) PARTITION BY HASH (person_id);
COMMENT ON TABLE participant IS 'What statistics need of the people in participation, as the gateway bound them';
COMMENT ON COLUMN participant.sex IS '1 male, 2 female, 0 not known';
GRANT SELECT, INSERT, UPDATE ON participant TO contributions;
"""

SOURCES = (flows.PARTICIPATION, flows.PARTICIPANT, flows.EMPLOYER)


def upgrade() -> None:
    """Create the participants, the tables of statistics and the first dataflow."""
    op.execute(PARTICIPANT)
    for number in range(PARTITIONS):
        op.execute(
            f"CREATE TABLE participant_p{number} PARTITION OF participant "
            f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"
        )
    op.execute(tables.STATISTICS)
    for source in SOURCES:
        op.execute(tables.deltas(source))
    op.execute(tables.flow(flows.PARTICIPANTS))
    op.execute(flows.PARTICIPANTS_FUNCTIONS)
    base = [source.table for source in SOURCES]
    op.execute(tables.rights(flows.READER, flows.FOLDER, SOURCES, base))


def downgrade() -> None:
    """Drop everything that upgrade made."""
    op.execute(definitions.drop(flows.PARTICIPANTS.flow))
    for source in SOURCES:
        op.execute(tables.drop_deltas(source))
    op.execute(tables.DROP)
    op.execute("DROP TABLE participant")
