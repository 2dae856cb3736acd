"""What units owe and have paid, declarations, reports, and the bus.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

from lienthong.bus import tables as bus

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

EMPLOYERS = """
ALTER TABLE employer
    ADD COLUMN reduced_accident_rate boolean NOT NULL DEFAULT false,
    ADD COLUMN obliged_since date,
    ADD COLUMN registered_at timestamptz;
-- Far above the numbers that a take-over of existing units brings with it.
CREATE SEQUENCE employer_number AS bigint START WITH 100000000000;

ALTER TABLE participation
    ADD COLUMN entry bigint NOT NULL DEFAULT 0 CHECK (entry >= 0),
    ADD COLUMN regular_from date CHECK (extract(day FROM regular_from) = 1),
    ADD CONSTRAINT participation_entry_regular_from_check CHECK ((entry = 0) = (regular_from IS NULL));
CREATE INDEX participation_employer_id_idx ON participation (employer_id);
"""

ACCOUNTS = """
CREATE TABLE book (
    only_row       boolean NOT NULL DEFAULT true CHECK (only_row),
    opened_through date    NOT NULL CHECK (extract(day FROM opened_through) = 1),
    CONSTRAINT book_pkey PRIMARY KEY (only_row)
);

CREATE TABLE employer_account (
    employer_id   bigint      NOT NULL,
    next_entry    bigint      NOT NULL DEFAULT 1 CHECK (next_entry > 0),
    owed_vnd      bigint      NOT NULL DEFAULT 0 CHECK (owed_vnd >= 0),
    changed_at    timestamptz NOT NULL,
    taken_over    date        NOT NULL CHECK (extract(day FROM taken_over) = 1),
    oldest_unpaid date        CHECK (extract(day FROM oldest_unpaid) = 1),
    urged_on      date,
    underdeclared integer     NOT NULL DEFAULT 0 CHECK (underdeclared >= 0),
    told_state    smallint    NOT NULL DEFAULT 1 CHECK (told_state BETWEEN 1 AND 3),
    unregistered  boolean     NOT NULL DEFAULT false,
    province_code text COLLATE "C" NOT NULL CHECK (length(province_code) = 2),
    sector        text COLLATE "C" NOT NULL
        CHECK (sector IN ('public', 'state', 'private', 'foreign', 'none')),
    CONSTRAINT employer_account_pkey PRIMARY KEY (employer_id),
    CONSTRAINT employer_account_debt_check CHECK ((owed_vnd = 0) = (oldest_unpaid IS NULL))
);
CREATE INDEX employer_account_debtors_idx
    ON employer_account (province_code, oldest_unpaid, employer_id) WHERE oldest_unpaid IS NOT NULL;

CREATE TABLE charge (
    employer_id bigint      NOT NULL,
    entry       bigint      NOT NULL CHECK (entry >= 0),
    due_vnd     bigint      NOT NULL CHECK (due_vnd >= 0),
    paid_vnd    bigint      NOT NULL DEFAULT 0 CHECK (paid_vnd >= 0),
    changed_at  timestamptz NOT NULL,
    month       date        NOT NULL CHECK (extract(day FROM month) = 1),
    paid_on     date,
    settled_on  date,
    fund        smallint    NOT NULL CHECK (fund BETWEEN 1 AND 6),
    CONSTRAINT charge_pkey PRIMARY KEY (employer_id, month, entry, fund)
);
CREATE INDEX charge_unpaid_idx ON charge (employer_id, month) WHERE paid_vnd < due_vnd;

CREATE TABLE payment (
    payment_id      bigint GENERATED ALWAYS AS IDENTITY,
    employer_id     bigint      NOT NULL,
    amount_vnd      bigint      NOT NULL CHECK (amount_vnd > 0),
    unallocated_vnd bigint      NOT NULL CHECK (unallocated_vnd BETWEEN 0 AND amount_vnd),
    recorded_at     timestamptz NOT NULL,
    operation_id    uuid        NOT NULL,
    value_date      date        NOT NULL,
    bank_id         text COLLATE "C" NOT NULL,
    reference       text COLLATE "C" NOT NULL,
    CONSTRAINT payment_pkey PRIMARY KEY (payment_id),
    CONSTRAINT payment_reference_key UNIQUE (bank_id, reference)
);
CREATE INDEX payment_advance_idx ON payment (employer_id) WHERE unallocated_vnd > 0;

CREATE TABLE allocation (
    allocation_id bigint GENERATED ALWAYS AS IDENTITY,
    payment_id    bigint   NOT NULL,
    employer_id   bigint   NOT NULL,
    entry         bigint   NOT NULL,
    amount_vnd    bigint   NOT NULL CHECK (amount_vnd <> 0),
    month         date     NOT NULL CHECK (extract(day FROM month) = 1),
    value_date    date     NOT NULL,
    fund          smallint NOT NULL CHECK (fund BETWEEN 1 AND 6),
    CONSTRAINT allocation_pkey PRIMARY KEY (allocation_id)
);
CREATE INDEX allocation_employer_id_month_idx ON allocation (employer_id, month);
"""

PAPERS = """
CREATE TABLE declaration (
    employer_id  bigint      NOT NULL,
    entry        bigint      NOT NULL CHECK (entry > 0),
    received_at  timestamptz NOT NULL,
    operation_id uuid        NOT NULL,
    lines        integer     NOT NULL CHECK (lines > 0),
    accepted     integer     NOT NULL CHECK (accepted >= 0),
    refused      integer     NOT NULL CHECK (refused >= 0),
    digest       bytea       NOT NULL CHECK (length(digest) = 32),
    content      bytea       NOT NULL,
    CONSTRAINT declaration_pkey PRIMARY KEY (employer_id, entry),
    CONSTRAINT declaration_digest_key UNIQUE (employer_id, digest),
    CONSTRAINT declaration_sum_check CHECK (accepted + refused = lines)
);

CREATE TABLE urge (
    employer_id     bigint NOT NULL,
    operation_id    uuid   NOT NULL,
    issued_on       date   NOT NULL,
    document_number text COLLATE "C" NOT NULL,
    agency_id       text COLLATE "C" NOT NULL,
    staff           text COLLATE "C" NOT NULL,
    CONSTRAINT urge_pkey PRIMARY KEY (employer_id, document_number)
);

CREATE TABLE report (
    report_id       uuid        NOT NULL,
    person_id       bigint      NOT NULL,
    employer_id     bigint      NOT NULL,
    actual_base_vnd bigint      NOT NULL CHECK (actual_base_vnd >= 0),
    reported_at     timestamptz NOT NULL,
    from_month      date        NOT NULL CHECK (extract(day FROM from_month) = 1),
    to_month        date        NOT NULL CHECK (extract(day FROM to_month) = 1 AND to_month >= from_month),
    kind            smallint    NOT NULL CHECK (kind BETWEEN 1 AND 3),
    state           smallint    NOT NULL CHECK (state BETWEEN 1 AND 6),
    province_code   text COLLATE "C" NOT NULL,
    statement       text COLLATE "C" NOT NULL,
    CONSTRAINT report_pkey PRIMARY KEY (report_id)
);
CREATE INDEX report_province_code_idx ON report (province_code, reported_at DESC, report_id);
CREATE INDEX report_person_id_idx ON report (person_id, reported_at DESC, report_id);
CREATE INDEX report_employer_id_idx ON report (employer_id);

CREATE TABLE report_step (
    report_id     uuid        NOT NULL,
    at            timestamptz NOT NULL,
    recovered_vnd bigint      NOT NULL DEFAULT 0 CHECK (recovered_vnd >= 0),
    step          smallint    NOT NULL CHECK (step > 0),
    state         smallint    NOT NULL CHECK (state BETWEEN 1 AND 6),
    agency_id     text COLLATE "C" NOT NULL,
    staff         text COLLATE "C" NOT NULL,
    reason        text COLLATE "C" NOT NULL,
    CONSTRAINT report_step_pkey PRIMARY KEY (report_id, step)
);
"""

COMMENTS = """
COMMENT ON COLUMN employer.reduced_accident_rate IS 'Pays the reduced rate for occupational accidents';
COMMENT ON COLUMN employer.obliged_since IS 'First day of the duty to insure; NULL when taken over';
COMMENT ON COLUMN employer.registered_at IS 'When the unit registered; NULL when taken over';
COMMENT ON COLUMN participation.entry IS
    'Charge entry of the months before regular_from; 0: every month belongs to the regular charge';
COMMENT ON COLUMN participation.regular_from IS
    'Months from it on belong to the regular charge; may lie after valid_to; NULL exactly when entry is 0';
COMMENT ON TABLE book IS 'The one row that says through which month everybody has been charged';
COMMENT ON TABLE employer_account IS 'What one unit owes, in one row; every unit has one';
COMMENT ON COLUMN employer_account.next_entry IS 'Number of the unit''s next declaration';
COMMENT ON COLUMN employer_account.owed_vnd IS 'Unpaid principal of all months opened, late or not, VND';
COMMENT ON COLUMN employer_account.oldest_unpaid IS 'Oldest month whose principal is not paid in full';
COMMENT ON COLUMN employer_account.taken_over IS
    'First month that the account keeps: from it on every covered month has its charges, '
    'before it only what was declared later; a month before it without charges was taken over as settled';
COMMENT ON COLUMN employer_account.urged_on IS
    'Day of the last letter; counts for a debt whose deadline had passed on that day';
COMMENT ON COLUMN employer_account.underdeclared IS
    'Participants under the floor of the month opened last, and confirmed reports of a base too low';
COMMENT ON COLUMN employer_account.unregistered IS
    'A confirmed report says that somebody was not declared within 60 days after the deadline';
COMMENT ON COLUMN employer_account.told_state IS 'The legal state that others were told last';
COMMENT ON TABLE charge IS 'What a unit owes for a month in a fund';
COMMENT ON COLUMN charge.entry IS
    '0 the regular month; else the declaration that charged the month after its deadline';
COMMENT ON COLUMN charge.fund IS
    '1 retirement, 2 sickness, 3 occupational, 4 unemployment, 5 health; '
    '6 interest on the parts of this month and entry that were paid late: it is charged when such a part '
    'is paid. Interest on what is still unpaid is in no row: it runs with the calendar';
COMMENT ON COLUMN charge.paid_on IS 'Latest value date of what was paid; NULL while nothing was';
COMMENT ON COLUMN charge.settled_on IS 'Value date with which it was paid in full; NULL while paid_vnd < due_vnd';
COMMENT ON COLUMN payment.unallocated_vnd IS 'Advance: paid, and nothing to pay with it yet';
COMMENT ON COLUMN payment.value_date IS 'Day on which the money counts as paid';
COMMENT ON TABLE allocation IS 'What of a payment went to which charge; append-only';
COMMENT ON COLUMN allocation.amount_vnd IS 'Negative when a lowered charge gives back';
COMMENT ON COLUMN allocation.value_date IS 'Value date of the payment';
COMMENT ON COLUMN declaration.digest IS 'SHA-256 of the lines as sent; the same lines are declared once';
COMMENT ON COLUMN declaration.content IS 'The lines as sent, compressed';
COMMENT ON COLUMN report.state IS
    '1 received, 2 assigned, 3 inspected, 4 confirmed, 5 rejected, 6 recovered';
COMMENT ON COLUMN report.kind IS '1 not paid, 2 under-declared, 3 not declared';
"""

GRANTS = """
GRANT INSERT ON employer TO contributions;
GRANT USAGE ON SEQUENCE employer_number TO contributions;
GRANT INSERT, UPDATE, DELETE ON participation TO contributions;
GRANT SELECT, UPDATE ON book TO contributions;
GRANT SELECT, INSERT, UPDATE ON employer_account, charge, payment, report TO contributions;
GRANT SELECT, INSERT ON allocation, declaration, urge, report_step TO contributions;
"""


TAKE_OVER = """
-- Vietnam's months, whatever the server's zone is. The units that are here keep accounts from this month on.
INSERT INTO book (opened_through)
SELECT (date_trunc('month', now() AT TIME ZONE 'Asia/Ho_Chi_Minh') - interval '1 month')::date;
INSERT INTO employer_account (employer_id, province_code, sector, taken_over, changed_at)
SELECT e.employer_id, e.province_code, e.sector, (b.opened_through + interval '1 month')::date, now()
FROM employer e CROSS JOIN book b;
"""


def upgrade() -> None:
    """Create the accounts, the tables of the bus and the grants of the runtime role."""
    for statements in (EMPLOYERS, ACCOUNTS, PAPERS, COMMENTS, GRANTS, TAKE_OVER, bus.OUTBOX, bus.INBOX):
        op.execute(statements)
    op.execute(bus.outbox_rights("contributions"))
    op.execute(bus.inbox_rights("contributions"))


def downgrade() -> None:
    """Drop everything that upgrade made."""
    op.execute(
        "DROP TABLE report_step, report, urge, declaration, allocation, payment, charge, employer_account, book,"
        " outbox, outbox_lane, inbox, inbox_key"
    )
    op.execute("DROP SEQUENCE employer_number")
    op.execute("DROP INDEX participation_employer_id_idx")
    op.execute("ALTER TABLE participation DROP COLUMN entry, DROP COLUMN regular_from")
    op.execute(
        "ALTER TABLE employer DROP COLUMN reduced_accident_rate, DROP COLUMN obliged_since,"
        " DROP COLUMN registered_at"
    )
