"""The access log: who asked for what, whose data it was, what was answered.

Append-only and partitioned by the UTC day of the request's signed creation time,
so that old days can be sealed and dropped whole. A replay carries the same signed
time as its original and so meets it in the same partition, where the unique
(key id, nonce) refuses it.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_LOG = """
CREATE TABLE audit_entry (
    entry_id           bigint GENERATED ALWAYS AS IDENTITY,
    day                date NOT NULL,
    recorded_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    request_id         text NOT NULL,
    agency_id          text,
    key_id             text COLLATE "C",
    -- NULL where the nonce is not spent: before the signature holds, or after it was spent already.
    nonce              text COLLATE "C",
    staff              text,
    rpc                text,
    purpose            text,
    legal_basis        text,
    status             smallint NOT NULL,
    outcome            text NOT NULL,
    detail             text,
    -- Keyed pseudonyms of the identifiers asked; person_ids answered.
    subjects_asked     text[] NOT NULL DEFAULT '{}',
    subjects_answered  bigint[] NOT NULL DEFAULT '{}',
    -- The proof. The base is the exact text that the agency signed.
    request_base       text,
    request_signature  text,
    request_digest     text,
    answer_created     bigint NOT NULL,
    answer_signature   text NOT NULL,
    answer_digest      text NOT NULL
) PARTITION BY RANGE (day);

-- The nonce first: it alone nearly always decides a comparison, and there are some
-- seventeen of them in an insert.
CREATE UNIQUE INDEX audit_entry_nonce ON audit_entry (nonce, key_id, day);
CREATE INDEX audit_entry_newest ON audit_entry (entry_id);
-- No default partition: a row in it would keep its day's own partition from being made.
-- Without one a day that nobody prepared refuses entries, and so answers, loudly.

-- Runs with the owner's rights, so that the gateway itself needs none to create tables.
CREATE FUNCTION audit_prepare_days(first date, days integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    one date;
    name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit_prepare_days'));
    FOR i IN 0 .. least(days, 31) - 1 LOOP
        one := first + i;
        name := 'audit_entry_' || to_char(one, 'YYYYMMDD');
        IF to_regclass(name) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF audit_entry FOR VALUES FROM (%L) TO (%L)',
                           name, one, one + 1);
            -- The parent's statement trigger does not see a statement that names a partition.
            EXECUTE format('CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON %I '
                           'FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()', name);
        END IF;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION audit_prepare_days(date, integer) FROM PUBLIC;

CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
"""

_QUOTA = """
-- What each gateway worker has let through for a grant in the current minute.
-- Only a counter between workers: unlogged, it may be lost with a crash.
CREATE UNLOGGED TABLE quota_use (
    grant_id bigint NOT NULL,
    minute   bigint NOT NULL,
    worker   text NOT NULL,
    used     integer NOT NULL,
    PRIMARY KEY (grant_id, minute, worker)
);
"""

_RIGHTS = """
GRANT SELECT, INSERT ON audit_entry TO gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON quota_use TO gateway;
GRANT EXECUTE ON FUNCTION audit_prepare_days(date, integer) TO gateway;
"""


def upgrade() -> None:
    """Create the log; role ``gateway`` may add and read, and nobody may rewrite."""
    for statements in (_LOG, _QUOTA, _RIGHTS):
        op.execute(statements)


def downgrade() -> None:
    """Refused: an access log is not dropped by a migration."""
    raise NotImplementedError("the access log is not dropped by a migration")
