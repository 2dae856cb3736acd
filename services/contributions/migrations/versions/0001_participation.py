"""Employers, periods of participation, and months not paid.

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
CREATE TABLE employer (
    employer_id   bigint      NOT NULL,
    changed_at    timestamptz NOT NULL,
    region        smallint    NOT NULL CHECK (region BETWEEN 1 AND 4),
    employer_code text COLLATE "C" NOT NULL,
    name          text COLLATE "C" NOT NULL,
    province_code text COLLATE "C" NOT NULL CHECK (length(province_code) = 2),
    sector        text COLLATE "C" NOT NULL
        CHECK (sector IN ('public', 'state', 'private', 'foreign', 'none')),
    CONSTRAINT employer_pkey PRIMARY KEY (employer_id),
    CONSTRAINT employer_employer_code_key UNIQUE (employer_code)
);

CREATE TABLE participation (
    person_id   bigint      NOT NULL,
    employer_id bigint      NOT NULL,
    base_vnd    bigint      NOT NULL CHECK (base_vnd >= 0),
    changed_at  timestamptz NOT NULL,
    valid_from  date        NOT NULL CHECK (extract(day FROM valid_from) = 1),
    valid_to    date        CHECK (valid_to >= valid_from AND extract(day FROM valid_to) = 1),
    schemes     smallint    NOT NULL CHECK (schemes BETWEEN 1 AND 15),
    position    text COLLATE "C",
    CONSTRAINT participation_pkey PRIMARY KEY (person_id, employer_id, valid_from)
) PARTITION BY HASH (person_id);

CREATE TABLE unpaid_month (
    employer_id bigint   NOT NULL,
    month       date     NOT NULL CHECK (extract(day FROM month) = 1),
    schemes     smallint NOT NULL CHECK (schemes BETWEEN 1 AND 15),
    CONSTRAINT unpaid_month_pkey PRIMARY KEY (employer_id, month)
);
"""

COMMENTS = """
COMMENT ON TABLE employer IS 'Units that pay contributions (đơn vị sử dụng lao động)';
COMMENT ON COLUMN employer.changed_at IS 'When these data last changed';
COMMENT ON COLUMN employer.region IS 'Region of the minimum wage (vùng lương tối thiểu), 1 to 4';
COMMENT ON COLUMN employer.employer_code IS
    'Unit code (mã đơn vị): 10-digit enterprise or 7-digit budget code, subject(2), industry(3)';
COMMENT ON COLUMN employer.province_code IS 'One of the 34 codes in force since 2025-07-01';
COMMENT ON COLUMN employer.sector IS
    'Ownership: public (budget unit), state (state enterprise), private, foreign, '
    'none (collects voluntary contributions)';
COMMENT ON TABLE participation IS
    'Who was declared where, as periods without a change; months are their first day';
COMMENT ON COLUMN participation.base_vnd IS
    'Monthly salary base (mức lương làm căn cứ đóng), VND, before floor and cap';
COMMENT ON COLUMN participation.changed_at IS 'When this period last changed';
COMMENT ON COLUMN participation.valid_from IS 'First month, as its first day';
COMMENT ON COLUMN participation.valid_to IS 'Last month, as its first day; NULL while open';
COMMENT ON COLUMN participation.schemes IS
    'Bit mask: 1 social insurance, 2 health insurance, 4 unemployment insurance, '
    '8 voluntary social insurance';
COMMENT ON COLUMN participation.position IS
    'Position (chức danh) as declared; NULL when not declared';
COMMENT ON TABLE unpaid_month IS 'Months that an employer has not fully paid; a month without a row is paid';
COMMENT ON COLUMN unpaid_month.month IS 'The month owed, as its first day';
COMMENT ON COLUMN unpaid_month.schemes IS 'The schemes not paid, a bit mask as in participation';
"""

GRANTS = "GRANT SELECT ON employer, participation, unpaid_month TO contributions;"


def upgrade() -> None:
    """Create the tables, their partitions and the grants of the runtime role."""
    op.execute(TABLES)
    for number in range(PARTITIONS):
        op.execute(
            f"CREATE TABLE participation_p{number} PARTITION OF participation "
            f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"
        )
    op.execute(COMMENTS)
    op.execute(GRANTS)


def downgrade() -> None:
    """Drop everything that upgrade made."""
    op.execute("DROP TABLE unpaid_month, participation, employer")
