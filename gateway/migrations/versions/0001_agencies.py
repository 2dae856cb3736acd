"""Agencies, their keys and grants, and the record of every change to them.

Revision ID: 0001
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_AGENCIES = """
CREATE TABLE agency (
    agency_id     text PRIMARY KEY CHECK (agency_id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    kind          text NOT NULL
                  CHECK (kind IN ('hospital', 'ministry', 'employer', 'auditor', 'citizen_app')),
    facility_code text CHECK (facility_code ~ '^[0-9A-Z]{5}$'),
    employer_code text CHECK (employer_code ~ '^[0-9A-Z]{6,20}$'),
    active        boolean NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL DEFAULT now(),
    -- A row rule is only as good as the code it is bound to: no hospital without
    -- its facility, no employer without its unit code, and nobody else with one.
    CHECK ((kind = 'hospital') = (facility_code IS NOT NULL)),
    CHECK ((kind = 'employer') = (employer_code IS NOT NULL))
);

CREATE TABLE agency_key (
    key_id     text PRIMARY KEY CHECK (key_id ~ '^[A-Za-z0-9_-]{43}$'),
    agency_id  text NOT NULL REFERENCES agency,
    algorithm  text NOT NULL CHECK (algorithm IN ('ed25519', 'ecdsa-p256-sha256', 'rsa-pss-sha512')),
    public_key text NOT NULL,
    added_at   timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    revoked_because text,
    CHECK ((revoked_at IS NULL) = (revoked_because IS NULL))
);
CREATE INDEX agency_key_of ON agency_key (agency_id);

CREATE TABLE agency_grant (
    grant_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agency_id        text NOT NULL REFERENCES agency,
    scope            text NOT NULL CHECK (scope ~ '^[a-z_]+:[a-z_]+$'),
    purposes         text[] NOT NULL CHECK (cardinality(purposes) > 0),
    data_classes     text[] NOT NULL CHECK (cardinality(data_classes) > 0),
    valid_from       timestamptz NOT NULL DEFAULT now(),
    valid_to         timestamptz CHECK (valid_to > valid_from),
    quota_per_minute integer CHECK (quota_per_minute > 0),
    legal_basis      text,
    added_at         timestamptz NOT NULL DEFAULT now(),
    revoked_at       timestamptz
);
-- One answer to "what may this agency do with this scope": at most one grant stands.
CREATE UNIQUE INDEX agency_grant_standing ON agency_grant (agency_id, scope) WHERE revoked_at IS NULL;
"""

_HISTORY = """
CREATE TABLE registry_version (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version  bigint NOT NULL
);
INSERT INTO registry_version (version) VALUES (1);

CREATE TABLE agency_change (
    change_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Whom the command names (OS user or --as), and the role that the server saw.
    actor      text NOT NULL,
    db_role    text NOT NULL DEFAULT session_user,
    version    bigint NOT NULL,
    what       text NOT NULL,
    agency_id  text NOT NULL,
    before     jsonb,
    after      jsonb
);

CREATE FUNCTION record_agency_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    seen bigint;
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
BEGIN
    UPDATE registry_version SET version = version + 1 RETURNING version INTO STRICT seen;
    INSERT INTO agency_change (actor, version, what, agency_id, before, after)
    VALUES (coalesce(nullif(current_setting('lienthong.actor', true), ''), session_user),
            seen, lower(TG_TABLE_NAME || ' ' || TG_OP), coalesce(new_row, old_row) ->> 'agency_id',
            old_row, new_row);
    PERFORM pg_notify('registry', seen::text);
    RETURN NULL;
END $$;

CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is not allowed', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER record AFTER INSERT OR UPDATE OR DELETE ON agency
    FOR EACH ROW EXECUTE FUNCTION record_agency_change();
CREATE TRIGGER record AFTER INSERT OR UPDATE OR DELETE ON agency_key
    FOR EACH ROW EXECUTE FUNCTION record_agency_change();
CREATE TRIGGER record AFTER INSERT OR UPDATE OR DELETE ON agency_grant
    FOR EACH ROW EXECUTE FUNCTION record_agency_change();

-- A row-level trigger does not see TRUNCATE: it would change the registry unrecorded.
CREATE TRIGGER keep BEFORE TRUNCATE ON agency
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER keep BEFORE TRUNCATE ON agency_key
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER keep BEFORE TRUNCATE ON agency_grant
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON agency_change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
"""

_RIGHTS = """
GRANT SELECT ON agency, agency_key, agency_grant, registry_version TO gateway;
"""


def upgrade() -> None:
    """Create the registry; role ``gateway`` reads it, only ``gateway_owner`` changes it."""
    for statements in (_AGENCIES, _HISTORY, _RIGHTS):
        op.execute(statements)


def downgrade() -> None:
    """Drop the registry with its history."""
    op.execute("""
        DROP TABLE agency_change, registry_version, agency_grant, agency_key, agency;
        DROP FUNCTION record_agency_change(), refuse_rewriting();
    """)
