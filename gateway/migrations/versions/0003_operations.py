"""Operations: what was accepted with 202, the outbox that carries it, and whom to tell when it ends.

An operation is written in one transaction with its audit entry, its place in the
order of its key and its message in the outbox: accepted is accepted.

Revision ID: 0003
"""

from alembic import op

from lienthong.bus import tables

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_AGENCIES = r"""
ALTER TABLE agency
    ADD COLUMN province_code text CHECK (province_code ~ '^[0-9]{2}$'),
    -- Plain http only to this machine itself, for development.
    ADD COLUMN webhook_url text CHECK (
        length(webhook_url) <= 500 AND webhook_url ~ '^(https://[^/?#@\s]+|http://(127\.0\.0\.1|localhost)(:[0-9]+)?)(/[^#\s]*)?$'
    ),
    DROP CONSTRAINT agency_kind_check,
    ADD CONSTRAINT agency_kind_check CHECK (
        kind IN ('hospital', 'ministry', 'employer', 'auditor', 'citizen_app', 'bank', 'inspector')
    ),
    -- Only an inspector answers for a province. Without one he sees nothing (row rule).
    ADD CONSTRAINT agency_province_check CHECK (kind = 'inspector' OR province_code IS NULL);
"""

_OPERATIONS = """
CREATE TABLE operation (
    operation_id    uuid PRIMARY KEY,
    agency_id       text NOT NULL,
    key_id          text NOT NULL,
    -- Who asked; for a citizen the keyed pseudonym of her identifier.
    staff           text,
    rpc             text NOT NULL,
    purpose         text NOT NULL,
    idempotency_key text NOT NULL CHECK (length(idempotency_key) BETWEEN 1 AND 64),
    -- SHA-256 of the signed body, base64.
    request_digest  text NOT NULL,
    ordering_key    text NOT NULL,
    sequence        bigint NOT NULL,
    -- 1 pending, 2 completed, 3 failed, 4 held.
    state           smallint NOT NULL DEFAULT 1 CHECK (state IN (1, 2, 3, 4)),
    accepted_at     timestamptz NOT NULL,
    finished_at     timestamptz,
    -- The response message when completed, google.rpc.Status when failed, serialised.
    result          bytea,
    CHECK ((state = 1) = (finished_at IS NULL))
) WITH (fillfactor = 85);
-- The same name of an agency is the same operation, whoever accepts it.
CREATE UNIQUE INDEX operation_idempotency ON operation (agency_id, idempotency_key);
CREATE INDEX operation_newest ON operation (agency_id, operation_id DESC);

-- The order of commands: gaps are impossible, because the number is given in the accepting transaction.
CREATE TABLE operation_key (
    ordering_key  text PRIMARY KEY,
    last_sequence bigint NOT NULL CHECK (last_sequence > 0)
) WITH (fillfactor = 70);

-- An ended operation that its agency is to be told of: one row for each end.
CREATE TABLE webhook_delivery (
    delivery_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operation_id uuid NOT NULL REFERENCES operation,
    agency_id    text NOT NULL,
    -- The operation's state that is told.
    state        smallint NOT NULL CHECK (state IN (2, 3, 4)),
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- When to try next; NULL when it was delivered or given up.
    due_at       timestamptz DEFAULT clock_timestamp(),
    attempts     integer NOT NULL DEFAULT 0,
    delivered_at timestamptz,
    given_up_at  timestamptz,
    -- What the last attempt met: an HTTP status or the class of an error, never its text.
    last_error   text,
    CHECK ((due_at IS NULL) = (delivered_at IS NOT NULL OR given_up_at IS NOT NULL))
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_delivery_of ON webhook_delivery (agency_id, delivery_id DESC);
"""

_RIGHTS = """
GRANT SELECT, INSERT ON operation TO gateway;
GRANT UPDATE (state, finished_at, result) ON operation TO gateway;
GRANT SELECT, INSERT, UPDATE ON operation_key TO gateway;
GRANT SELECT, INSERT ON webhook_delivery TO gateway;
GRANT UPDATE (due_at, attempts, delivered_at, given_up_at, last_error) ON webhook_delivery TO gateway;
"""


def upgrade() -> None:
    """Create operations, their outbox and their webhooks."""
    for statements in (_AGENCIES, _OPERATIONS, _RIGHTS, tables.OUTBOX, tables.outbox_rights("gateway")):
        op.execute(statements)
    op.execute(tables.BUS_ACTION)


def downgrade() -> None:
    """Refused: an accepted operation is not dropped by a migration."""
    raise NotImplementedError("accepted operations are not dropped by a migration")
