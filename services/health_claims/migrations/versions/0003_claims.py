"""Stays, claim files' dossiers, the year's own payments, what the benefit rules ask of a facility, and the bus.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

from lienthong.bus import tables as bus

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

READER = "health_claims"
WRITER = "health_claims_writer"

PARTITIONS = 8
"""Hash partitions of a table that grows with the population: docs/decisions/0003-hash-partitions.md."""

BY_PERSON = ("copay_year", "stay", "dossier", "dossier_drug", "dossier_service", "dossier_sensitive")
BY_FACILITY = ("treatment",)

FACILITY = """
ALTER TABLE facility
    ADD COLUMN former_tier smallint CHECK (former_tier BETWEEN 1 AND 4),
    ADD COLUMN points      smallint CHECK (points BETWEEN 0 AND 100),
    ADD COLUMN provisional boolean NOT NULL DEFAULT false,
    ADD COLUMN polyclinic  boolean NOT NULL DEFAULT false;
"""

STAYS = """
CREATE TABLE copay_year (
    person_id          bigint      NOT NULL,
    copay_vnd          bigint      NOT NULL CHECK (copay_vnd >= 0),
    paid_before_change bigint      CHECK (paid_before_change BETWEEN 0 AND copay_vnd),
    changed_at         timestamptz NOT NULL,
    exceeded_on        date,
    year               smallint    NOT NULL CHECK (year BETWEEN 2000 AND 2199),
    CONSTRAINT copay_year_pkey PRIMARY KEY (person_id, year)
) PARTITION BY HASH (person_id);

CREATE TABLE treatment (
    person_id      bigint  NOT NULL,
    version        integer NOT NULL CHECK (version >= 0),
    facility_code  text COLLATE "C" NOT NULL,
    treatment_code text COLLATE "C" NOT NULL,
    CONSTRAINT treatment_pkey PRIMARY KEY (facility_code, treatment_code)
) PARTITION BY HASH (facility_code);

CREATE TABLE stay (
    person_id      bigint      NOT NULL,
    opened_at      timestamptz NOT NULL,
    closed_at      timestamptz CHECK (closed_at >= opened_at),
    operation_id   uuid        NOT NULL,
    facility_code  text COLLATE "C" NOT NULL,
    treatment_code text COLLATE "C" NOT NULL,
    CONSTRAINT stay_pkey PRIMARY KEY (person_id, facility_code, treatment_code)
) PARTITION BY HASH (person_id);
CREATE UNIQUE INDEX stay_open_idx ON stay (person_id, facility_code) WHERE closed_at IS NULL;
"""

DOSSIERS = """
CREATE TABLE dossier (
    person_id         bigint      NOT NULL,
    cost_vnd          bigint      NOT NULL CHECK (cost_vnd >= 0),
    insured_cost_vnd  bigint      NOT NULL CHECK (insured_cost_vnd >= 0),
    fund_vnd          bigint      NOT NULL CHECK (fund_vnd >= 0),
    copay_vnd         bigint      NOT NULL CHECK (copay_vnd >= 0),
    copay_counted_vnd bigint      NOT NULL CHECK (copay_counted_vnd BETWEEN 0 AND copay_vnd),
    patient_vnd       bigint      NOT NULL CHECK (patient_vnd >= 0),
    fund_computed_vnd bigint      CHECK (fund_computed_vnd >= 0),
    admitted_at       timestamptz NOT NULL,
    discharged_at     timestamptz NOT NULL CHECK (discharged_at >= admitted_at),
    received_at       timestamptz NOT NULL,
    operation_id      uuid        NOT NULL,
    version           integer     NOT NULL CHECK (version > 0),
    outcome           smallint    NOT NULL DEFAULT 0 CHECK (outcome >= 0),
    stands            boolean     NOT NULL,
    has_sensitive     boolean     NOT NULL,
    facility_code     text COLLATE "C" NOT NULL,
    treatment_code    text COLLATE "C" NOT NULL,
    visit_kind        text COLLATE "C" NOT NULL,
    patient_kind      text COLLATE "C" NOT NULL,
    main_diagnosis    text COLLATE "C",
    other_diagnoses   text[] COLLATE "C" NOT NULL,
    diagnosis_text    text COLLATE "C" NOT NULL,
    card_code         text COLLATE "C" NOT NULL,
    digest            bytea NOT NULL CHECK (length(digest) = 32),
    content           bytea NOT NULL,
    CONSTRAINT dossier_pkey PRIMARY KEY (person_id, facility_code, treatment_code, version)
) PARTITION BY HASH (person_id);
CREATE INDEX dossier_person_id_discharged_at_idx ON dossier (person_id, discharged_at DESC) WHERE stands;
-- Compressed already.
ALTER TABLE dossier ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE dossier_drug (
    person_id      bigint  NOT NULL,
    cost_vnd       bigint  NOT NULL CHECK (cost_vnd >= 0),
    fund_vnd       bigint  NOT NULL CHECK (fund_vnd >= 0),
    version        integer NOT NULL CHECK (version > 0),
    line           integer NOT NULL CHECK (line > 0),
    ordered_on     date    NOT NULL,
    lasts_until    date    CHECK (lasts_until >= ordered_on),
    facility_code  text COLLATE "C" NOT NULL,
    treatment_code text COLLATE "C" NOT NULL,
    substance_code text COLLATE "C" NOT NULL,
    name           text COLLATE "C" NOT NULL,
    strength       text COLLATE "C" NOT NULL,
    unit           text COLLATE "C" NOT NULL,
    route          text COLLATE "C" NOT NULL,
    directions     text COLLATE "C" NOT NULL,
    quantity       numeric NOT NULL CHECK (quantity >= 0),
    CONSTRAINT dossier_drug_pkey PRIMARY KEY (person_id, facility_code, treatment_code, version, line)
) PARTITION BY HASH (person_id);

CREATE TABLE dossier_service (
    person_id      bigint  NOT NULL,
    cost_vnd       bigint  NOT NULL CHECK (cost_vnd >= 0),
    fund_vnd       bigint  NOT NULL CHECK (fund_vnd >= 0),
    version        integer NOT NULL CHECK (version > 0),
    line           integer NOT NULL CHECK (line > 0),
    ordered_on     date    NOT NULL,
    facility_code  text COLLATE "C" NOT NULL,
    treatment_code text COLLATE "C" NOT NULL,
    code           text COLLATE "C" NOT NULL,
    name           text COLLATE "C" NOT NULL,
    unit           text COLLATE "C" NOT NULL,
    quantity       numeric NOT NULL CHECK (quantity >= 0),
    CONSTRAINT dossier_service_pkey PRIMARY KEY (person_id, facility_code, treatment_code, version, line)
) PARTITION BY HASH (person_id);

CREATE TABLE dossier_sensitive (
    person_id      bigint  NOT NULL,
    version        integer NOT NULL CHECK (version > 0),
    has_hiv_table  boolean NOT NULL,
    facility_code  text COLLATE "C" NOT NULL,
    treatment_code text COLLATE "C" NOT NULL,
    diagnoses      text[] COLLATE "C" NOT NULL,
    diagnosis_text text COLLATE "C" NOT NULL,
    content        bytea NOT NULL,
    CONSTRAINT dossier_sensitive_pkey PRIMARY KEY (person_id, facility_code, treatment_code, version)
) PARTITION BY HASH (person_id);
ALTER TABLE dossier_sensitive ALTER COLUMN content SET STORAGE EXTERNAL;
"""

COMMENTS = """
COMMENT ON COLUMN facility.former_tier IS
    'Tier before 2025: 1 central, 2 provincial, 3 district, 4 commune; NULL when unknown';
COMMENT ON COLUMN facility.points IS 'Technical points of a facility of the basic level; NULL when not scored';
COMMENT ON COLUMN facility.provisional IS 'Ranked provisionally (tạm xếp cấp)';
COMMENT ON COLUMN facility.polyclinic IS 'Regional polyclinic (phòng khám đa khoa khu vực)';
COMMENT ON TABLE copay_year IS 'What a person paid herself within a calendar year (cùng chi trả lũy kế), by day of discharge';
COMMENT ON COLUMN copay_year.copay_vnd IS 'What counts towards the exemption, of the dossiers that stand, VND';
COMMENT ON COLUMN copay_year.paid_before_change IS
    'Of it, discharged before the reference level changed within this year; NULL in a year without a change';
COMMENT ON COLUMN copay_year.exceeded_on IS 'Day on which the threshold was exceeded; NULL while it is not';
COMMENT ON TABLE treatment IS 'Whose a treatment is, by the facility''s own number of it (MA_LK)';
COMMENT ON COLUMN treatment.version IS 'Latest version of its dossier; 0 while there is only a stay';
COMMENT ON TABLE stay IS 'Who is admitted where (check-in, XML0): her history is open to the facility';
COMMENT ON COLUMN stay.closed_at IS 'NULL while she is admitted';
COMMENT ON TABLE dossier IS 'Accepted dossiers (hồ sơ) of claim files, every version of each';
COMMENT ON COLUMN dossier.stands IS 'The version in force; older ones are kept and do not count';
COMMENT ON COLUMN dossier.cost_vnd IS 'T_TONGCHI_BV';
COMMENT ON COLUMN dossier.insured_cost_vnd IS 'T_TONGCHI_BH';
COMMENT ON COLUMN dossier.fund_vnd IS 'T_BHTT as declared';
COMMENT ON COLUMN dossier.copay_vnd IS 'T_BNCCT as declared';
COMMENT ON COLUMN dossier.copay_counted_vnd IS 'What of copay_vnd counts towards the exemption: not what the route leaves';
COMMENT ON COLUMN dossier.patient_vnd IS 'T_BNTT as declared';
COMMENT ON COLUMN dossier.fund_computed_vnd IS 'The fund''s share by the rules; NULL when they could not tell';
COMMENT ON COLUMN dossier.outcome IS 'KET_QUA_DTRI; 0 when not given';
COMMENT ON COLUMN dossier.visit_kind IS 'MA_LOAI_KCB';
COMMENT ON COLUMN dossier.patient_kind IS 'MA_DOITUONG_KCB';
COMMENT ON COLUMN dossier.main_diagnosis IS 'ICD-10; NULL when sensitive';
COMMENT ON COLUMN dossier.other_diagnoses IS 'ICD-10, without the sensitive ones';
COMMENT ON COLUMN dossier.diagnosis_text IS 'CHAN_DOAN_RV; empty when any diagnosis is sensitive';
COMMENT ON COLUMN dossier.digest IS 'SHA-256 over the tables as sent: the same again changes nothing';
COMMENT ON COLUMN dossier.content IS
    'The tables as sent, compressed (zlib); empty when something is sensitive: then dossier_sensitive has it';
COMMENT ON TABLE dossier_drug IS 'Lines of XML2';
COMMENT ON COLUMN dossier_drug.lasts_until IS 'Last day that the drug lasts; NULL when the file does not say';
COMMENT ON TABLE dossier_service IS 'Lines of XML3: services and supplies';
COMMENT ON TABLE dossier_sensitive IS
    'What needs a scope of its own: dossiers with a table of HIV treatment (XML6) or a sensitive diagnosis';
COMMENT ON COLUMN dossier_sensitive.content IS 'All tables of the dossier as sent, compressed (zlib)';
"""

GRANTS = f"""
GRANT SELECT ON copay_year, treatment, stay, dossier, dossier_drug, dossier_service, dossier_sensitive
    TO {READER}, {WRITER};
GRANT INSERT, UPDATE ON copay_year, treatment, stay TO {WRITER};
GRANT INSERT ON dossier, dossier_drug, dossier_service, dossier_sensitive TO {WRITER};
-- A version that no longer stands is kept as it was.
GRANT UPDATE (stands) ON dossier TO {WRITER};
"""


def upgrade() -> None:
    """Create the tables, their partitions, the tables of a command service and the grants."""
    for statements in (FACILITY, STAYS, DOSSIERS):
        op.execute(statements)
    for table in (*BY_PERSON, *BY_FACILITY):
        for number in range(PARTITIONS):
            op.execute(
                f"CREATE TABLE {table}_p{number} PARTITION OF {table} "
                f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"
            )
    for statements in (COMMENTS, GRANTS, bus.OUTBOX, bus.INBOX):
        op.execute(statements)
    op.execute(bus.outbox_rights(WRITER))
    op.execute(bus.inbox_rights(WRITER))


def downgrade() -> None:
    """Drop everything that upgrade made."""
    op.execute(f"DROP TABLE {', '.join((*BY_PERSON, *BY_FACILITY))}, outbox, outbox_lane, inbox, inbox_key")
    op.execute(
        "ALTER TABLE facility DROP COLUMN former_tier, DROP COLUMN points, DROP COLUMN provisional,"
        " DROP COLUMN polyclinic"
    )
