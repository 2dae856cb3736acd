"""Scheduled deliveries of statistics: who subscribes to what, and what was delivered.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE stat_subscription (
    agency_id       text NOT NULL REFERENCES agency,
    -- Made up by the agency: the same one again is the same subscription.
    subscription_id uuid NOT NULL,
    dataflow        text NOT NULL CHECK (dataflow ~ '^[A-Z][A-Z0-9_]{0,39}$'),
    -- SDMX key, empty for every series.
    key             text NOT NULL CHECK (length(key) <= 1000),
    formats         text[] NOT NULL CHECK (formats <@ '{csv,parquet}' AND cardinality(formats) > 0),
    language        text NOT NULL CHECK (language IN ('vi', 'en')),
    webhook         boolean NOT NULL,
    -- Who subscribed: the entry of each delivery names him.
    staff           text,
    created_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    -- The first day of the month that is delivered next; those before it were, in their order.
    next_period     date NOT NULL CHECK (extract(day FROM next_period) = 1),
    -- The number and the manifest's SHA-256 (hexadecimal) of the last delivery.
    last_sequence   integer NOT NULL DEFAULT 0,
    last_digest     text,
    -- Not before: after a failure, or while a worker is at it.
    due_at          timestamptz NOT NULL,
    attempts        integer NOT NULL DEFAULT 0,
    -- What the last attempt met: a reason or the class of an error, never its text.
    last_error      text,
    PRIMARY KEY (agency_id, subscription_id),
    CHECK ((last_sequence = 0) = (last_digest IS NULL))
) WITH (fillfactor = 85);
CREATE INDEX stat_subscription_due ON stat_subscription (due_at) WHERE ended_at IS NULL;

CREATE TABLE stat_delivery (
    delivery_id     uuid PRIMARY KEY,
    agency_id       text NOT NULL,
    subscription_id uuid NOT NULL,
    period          date NOT NULL,
    sequence        integer NOT NULL CHECK (sequence > 0),
    dataflow        text NOT NULL,
    watermark       timestamptz NOT NULL,
    created_at      timestamptz NOT NULL,
    -- Exactly the octets that were signed, and the signature (detached JWS).
    manifest        bytea NOT NULL,
    signature       text NOT NULL,
    FOREIGN KEY (agency_id, subscription_id) REFERENCES stat_subscription,
    -- However many workers there are, and whenever one is killed: a month is delivered once.
    UNIQUE (agency_id, subscription_id, period),
    UNIQUE (agency_id, subscription_id, sequence)
);
CREATE INDEX stat_delivery_newest ON stat_delivery (agency_id, delivery_id DESC);

CREATE TABLE stat_delivery_file (
    delivery_id uuid NOT NULL REFERENCES stat_delivery,
    format      text NOT NULL CHECK (format IN ('csv', 'parquet')),
    name        text NOT NULL,
    media_type  text NOT NULL,
    rows        bigint NOT NULL,
    sha256      text NOT NULL,
    content     bytea NOT NULL,
    PRIMARY KEY (delivery_id, format)
);
-- Parquet is compressed by itself; CSV is compressed by the server as it is stored.
"""

# A webhook tells of an operation or of a delivery; the version before makes and sends only the former.
_WEBHOOKS = """
ALTER TABLE webhook_delivery
    ADD COLUMN stat_delivery_id uuid REFERENCES stat_delivery,
    ALTER COLUMN operation_id DROP NOT NULL,
    ALTER COLUMN state DROP NOT NULL,
    ADD CONSTRAINT webhook_delivery_of_one CHECK (
        (operation_id IS NULL) <> (stat_delivery_id IS NULL) AND (operation_id IS NULL) = (state IS NULL)
    );
CREATE INDEX webhook_delivery_stat ON webhook_delivery (stat_delivery_id) WHERE stat_delivery_id IS NOT NULL;
"""

_RIGHTS = """
GRANT SELECT, INSERT ON stat_subscription, stat_delivery, stat_delivery_file TO gateway;
GRANT UPDATE (ended_at, next_period, last_sequence, last_digest, due_at, attempts, last_error)
    ON stat_subscription TO gateway;
"""

# As forget_operations (migration 0006): with the owner's rights, and with an age of its own.
_FUNCTION = """
CREATE FUNCTION forget_deliveries(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    before timestamptz := now() - interval '400 days';
    first_kept uuid := (rpad(lpad(to_hex((extract(epoch FROM before) * 1000)::bigint), 12, '0'), 32, '0'))::uuid;
    old uuid[];
BEGIN
    SELECT array_agg(delivery_id) INTO old FROM (
        SELECT delivery_id FROM stat_delivery d
        WHERE delivery_id < first_kept AND created_at < before
          AND NOT EXISTS (SELECT FROM webhook_delivery w WHERE w.stat_delivery_id = d.delivery_id AND w.due_at IS NOT NULL)
        ORDER BY delivery_id LIMIT most
        FOR UPDATE SKIP LOCKED
    ) AS chosen;
    DELETE FROM webhook_delivery WHERE stat_delivery_id = ANY (old);
    DELETE FROM stat_delivery_file WHERE delivery_id = ANY (old);
    DELETE FROM stat_delivery WHERE delivery_id = ANY (old);
    DELETE FROM stat_subscription s WHERE s.ended_at < before
        AND NOT EXISTS (SELECT FROM stat_delivery d
                        WHERE d.agency_id = s.agency_id AND d.subscription_id = s.subscription_id);
    RETURN coalesce(cardinality(old), 0);
END $$;
COMMENT ON FUNCTION forget_deliveries(integer) IS
    'Forgets at most so many deliveries of more than 400 days ago with their files, and subscriptions that ended before';
REVOKE ALL ON FUNCTION forget_deliveries(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_deliveries(integer) TO gateway;
"""


def upgrade() -> None:
    """Add subscriptions, deliveries and their files."""
    for statements in (_TABLES, _WEBHOOKS, _RIGHTS, _FUNCTION):
        op.execute(statements)


def downgrade() -> None:
    """Refused: what was delivered and signed is not dropped by a migration."""
    raise NotImplementedError("what was delivered is not dropped by a migration")
