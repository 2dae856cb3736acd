"""Health-insurance cards, their holders and the facilities where they are registered.

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
CREATE TABLE facility (
    code          text COLLATE "C" NOT NULL CHECK (length(code) = 5),
    level         smallint NOT NULL CHECK (level BETWEEN 1 AND 3),
    name          text COLLATE "C" NOT NULL,
    province_code text COLLATE "C" NOT NULL CHECK (length(province_code) = 2),
    CONSTRAINT facility_pkey PRIMARY KEY (code)
);

CREATE TABLE holder (
    person_id     bigint      NOT NULL,
    changed_at    timestamptz NOT NULL,
    birth_date    date,
    five_years_on date,
    birth_year    smallint    NOT NULL CHECK (birth_year BETWEEN 1850 AND 2199),
    sex           smallint    NOT NULL CHECK (sex IN (1, 2)),
    full_name     text COLLATE "C" NOT NULL,
    match_key     text COLLATE "C" NOT NULL,
    living_area   text COLLATE "C" CHECK (living_area IN ('K1', 'K2', 'K3')),
    CONSTRAINT holder_pkey PRIMARY KEY (person_id)
) PARTITION BY HASH (person_id);

CREATE TABLE holder_identifier (
    identifier text COLLATE "C" NOT NULL CHECK (length(identifier) IN (10, 12)),
    person_id  bigint NOT NULL,
    CONSTRAINT holder_identifier_pkey PRIMARY KEY (identifier) INCLUDE (person_id)
) PARTITION BY HASH (identifier);

CREATE TABLE card (
    person_id     bigint      NOT NULL,
    changed_at    timestamptz NOT NULL,
    valid_from    date        NOT NULL,
    valid_to      date        NOT NULL CHECK (valid_to >= valid_from),
    benefit_digit smallint    NOT NULL CHECK (benefit_digit BETWEEN 1 AND 5),
    status        smallint    NOT NULL CHECK (status BETWEEN 1 AND 4),
    card_code     text COLLATE "C" NOT NULL CHECK (length(card_code) = 15),
    subject_code  text COLLATE "C" NOT NULL CHECK (length(subject_code) = 2),
    province_code text COLLATE "C" NOT NULL CHECK (length(province_code) = 2),
    facility_code text COLLATE "C" NOT NULL,
    CONSTRAINT card_pkey PRIMARY KEY (person_id, card_code, valid_from)
) PARTITION BY HASH (person_id);
"""

COMMENTS = """
COMMENT ON TABLE facility IS 'Health facilities (cơ sở khám chữa bệnh)';
COMMENT ON COLUMN facility.code IS
    'MA_CSKCB, 5 characters; the first two are the province of its registration';
COMMENT ON COLUMN facility.level IS '1 primary (ban đầu), 2 basic (cơ bản), 3 specialised (chuyên sâu)';
COMMENT ON COLUMN facility.province_code IS 'One of the 34 codes in force since 2025-07-01';
COMMENT ON TABLE holder IS
    'People that health insurance knows: all who have or had a card, and children due one';
COMMENT ON COLUMN holder.changed_at IS 'When these data last changed';
COMMENT ON COLUMN holder.birth_date IS 'Date of birth; NULL where only the year is known';
COMMENT ON COLUMN holder.birth_year IS 'Year of birth, always known';
COMMENT ON COLUMN holder.five_years_on IS
    'Day from which five consecutive years are complete (ngayDu5Nam); NULL when unknown';
COMMENT ON COLUMN holder.sex IS '1 male, 2 female';
COMMENT ON COLUMN holder.full_name IS 'Full name as on the card, Unicode NFC';
COMMENT ON COLUMN holder.match_key IS 'lienthong.names.match_key(full_name): upper case without marks';
COMMENT ON COLUMN holder.living_area IS 'Living area (mã khu vực) K1, K2 or K3; NULL for none';
COMMENT ON TABLE holder_identifier IS
    'One row for each personal ID and each social-insurance number; '
    'a 15-character card code is found by its last 10';
COMMENT ON COLUMN holder_identifier.identifier IS
    '12 digits (personal ID) or 10 digits (social-insurance number)';
COMMENT ON TABLE card IS 'Health-insurance cards (thẻ BHYT), past and present';
COMMENT ON COLUMN card.card_code IS
    'Mã thẻ: subject(2) benefit digit(1) province(2) social-insurance number(10)';
COMMENT ON COLUMN card.subject_code IS 'Subject group (mã đối tượng), the first two characters of the code';
COMMENT ON COLUMN card.benefit_digit IS 'Benefit digit (mã mức hưởng), the third character of the code';
COMMENT ON COLUMN card.province_code IS
    'Fourth and fifth character of the code: a province as coded when issued, 97 defence, 98 police';
COMMENT ON COLUMN card.valid_from IS 'First day of validity';
COMMENT ON COLUMN card.valid_to IS 'Last day of validity';
COMMENT ON COLUMN card.facility_code IS 'Registered facility (nơi đăng ký KCB ban đầu, MA_DKBD)';
COMMENT ON COLUMN card.status IS
    '1 active, 2 revoked (thu hồi), 3 reported decreased (báo giảm), 4 stopped (dừng tham gia)';
COMMENT ON COLUMN card.changed_at IS 'When this card last changed';
"""

GRANTS = "GRANT SELECT ON facility, holder, holder_identifier, card TO health_claims;"


def upgrade() -> None:
    """Create the tables, their partitions and the grants of the runtime role."""
    op.execute(TABLES)
    for table in ("holder", "holder_identifier", "card"):
        for number in range(PARTITIONS):
            op.execute(
                f"CREATE TABLE {table}_p{number} PARTITION OF {table} "
                f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"
            )
    op.execute(COMMENTS)
    op.execute(GRANTS)


def downgrade() -> None:
    """Drop everything that upgrade made."""
    op.execute("DROP TABLE card, holder_identifier, holder, facility")
