"""Persons and the identifiers that lead to them.

Revision ID: 0001
Revises: none
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PARTITIONS = 8
"""Hash partitions of a table that grows with the population: docs/decisions/0003-hash-partitions.md."""

TABLES = """
CREATE TABLE person (
    person_id     bigint      NOT NULL,
    changed_at    timestamptz NOT NULL,
    birth_date    date,
    birth_year    smallint    NOT NULL CHECK (birth_year BETWEEN 1850 AND 2199),
    sex           smallint    NOT NULL CHECK (sex IN (1, 2)),
    personal_id   text COLLATE "C" CHECK (length(personal_id) = 12),
    si_number     text COLLATE "C" CHECK (length(si_number) = 10),
    full_name     text COLLATE "C" NOT NULL,
    match_key     text COLLATE "C" NOT NULL,
    province_code text COLLATE "C" NOT NULL CHECK (length(province_code) = 2),
    CONSTRAINT person_pkey PRIMARY KEY (person_id)
) PARTITION BY HASH (person_id);

CREATE TABLE person_identifier (
    identifier text COLLATE "C" NOT NULL CHECK (length(identifier) IN (10, 12)),
    person_id  bigint NOT NULL,
    CONSTRAINT person_identifier_pkey PRIMARY KEY (identifier) INCLUDE (person_id)
) PARTITION BY HASH (identifier);
"""

COMMENTS = """
COMMENT ON TABLE person IS 'Who a person is; person_id is the key across services';
COMMENT ON COLUMN person.changed_at IS 'When these data last changed';
COMMENT ON COLUMN person.birth_date IS 'Date of birth; NULL where only the year is known';
COMMENT ON COLUMN person.birth_year IS 'Year of birth, always known';
COMMENT ON COLUMN person.sex IS '1 male, 2 female';
COMMENT ON COLUMN person.personal_id IS 'Personal ID (số định danh cá nhân), 12 digits; NULL before issue';
COMMENT ON COLUMN person.si_number IS
    'Social-insurance number (mã số BHXH), 10 digits; NULL for people that social insurance never met';
COMMENT ON COLUMN person.full_name IS 'Full name (họ và tên) as given, Unicode NFC';
COMMENT ON COLUMN person.match_key IS 'lienthong.names.match_key(full_name): upper case without marks';
COMMENT ON COLUMN person.province_code IS
    'Province of residence, one of the 34 codes in force since 2025-07-01';
COMMENT ON TABLE person_identifier IS 'One row for each personal ID and each social-insurance number';
COMMENT ON COLUMN person_identifier.identifier IS
    '12 digits (personal ID) or 10 digits (social-insurance number)';
"""

GRANTS = "GRANT SELECT ON person, person_identifier TO identity;"


def upgrade() -> None:
    """Create the tables, their partitions and the grants of the runtime role."""
    op.execute(TABLES)
    for table in ("person", "person_identifier"):
        for number in range(PARTITIONS):
            op.execute(
                f"CREATE TABLE {table}_p{number} PARTITION OF {table} "
                f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"
            )
    op.execute(COMMENTS)
    op.execute(GRANTS)


def downgrade() -> None:
    """Drop everything that upgrade made."""
    op.execute("DROP TABLE person_identifier, person")
