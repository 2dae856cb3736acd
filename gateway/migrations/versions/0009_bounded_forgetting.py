"""What forgets does so little at a time that nobody waits for it, whatever number it is called with.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOST_ROWS = 1000
MOST_OCTETS = 64 * 1024 * 1024
"""Of files, as they lie on disk: what is deleted of them is row by row of two kilobytes."""

# Without it each turn would look through all subscriptions.
_INDEX = "CREATE INDEX stat_subscription_ended ON stat_subscription (ended_at) WHERE ended_at IS NOT NULL"

# Both as before (migrations 0006 and 0007), with the owner's rights and an age of their own; the bounds are their own too.
_OPERATIONS = f"""
CREATE OR REPLACE FUNCTION forget_operations(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    ended_before timestamptz := now() - interval '400 days';
    accepted_before uuid := (rpad(lpad(to_hex((extract(epoch FROM ended_before) * 1000)::bigint), 12, '0'), 32, '0'))::uuid;
    forgotten integer;
BEGIN
    WITH old AS MATERIALIZED (
        SELECT operation_id FROM operation o
        WHERE operation_id < accepted_before AND state IN (2, 3) AND finished_at < ended_before
          AND NOT EXISTS (SELECT FROM webhook_delivery w WHERE w.operation_id = o.operation_id AND w.due_at IS NOT NULL)
        ORDER BY operation_id LIMIT least(greatest(coalesce(most, 0), 0), {MOST_ROWS})
        FOR UPDATE SKIP LOCKED
    ), told AS (
        DELETE FROM webhook_delivery WHERE operation_id IN (SELECT operation_id FROM old)
    )
    DELETE FROM operation WHERE operation_id IN (SELECT operation_id FROM old);
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END $$;
COMMENT ON FUNCTION forget_operations(integer) IS
    'Forgets at most so many operations, and at most {MOST_ROWS}, that were completed or failed more than 400 days ago, '
    'with their deliveries; 0 when none is left';
"""  # noqa: S608 -- constants

_DELIVERIES = f"""
CREATE OR REPLACE FUNCTION forget_deliveries(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    before timestamptz := now() - interval '400 days';
    first_kept uuid := (rpad(lpad(to_hex((extract(epoch FROM before) * 1000)::bigint), 12, '0'), 32, '0'))::uuid;
    at_once integer := least(greatest(coalesce(most, 0), 0), {MOST_ROWS});
    old uuid[];
    ended integer;
BEGIN
    SELECT array_agg(delivery_id) INTO old FROM (
        SELECT delivery_id, sum(octets) OVER (ORDER BY delivery_id) - octets AS earlier FROM (
            SELECT delivery_id, coalesce((
                SELECT sum(pg_column_size(content)) FROM stat_delivery_file f WHERE f.delivery_id = d.delivery_id
            ), 0) AS octets
            FROM (
                SELECT delivery_id FROM stat_delivery d
                WHERE delivery_id < first_kept AND created_at < before
                  AND NOT EXISTS (SELECT FROM webhook_delivery w WHERE w.stat_delivery_id = d.delivery_id AND w.due_at IS NOT NULL)
                ORDER BY delivery_id LIMIT at_once
                FOR UPDATE SKIP LOCKED
            ) AS d
        ) AS sized
    ) AS summed WHERE earlier < {MOST_OCTETS};
    DELETE FROM webhook_delivery WHERE stat_delivery_id = ANY (old);
    DELETE FROM stat_delivery_file WHERE delivery_id = ANY (old);
    DELETE FROM stat_delivery WHERE delivery_id = ANY (old);
    DELETE FROM stat_subscription WHERE (agency_id, subscription_id) IN (
        SELECT agency_id, subscription_id FROM stat_subscription s
        WHERE s.ended_at < before
          AND NOT EXISTS (SELECT FROM stat_delivery d
                          WHERE d.agency_id = s.agency_id AND d.subscription_id = s.subscription_id)
        LIMIT at_once
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN coalesce(cardinality(old), 0) + ended;
END $$;
COMMENT ON FUNCTION forget_deliveries(integer) IS
    'Forgets at most so many deliveries of more than 400 days ago with their files, at most {MOST_ROWS} of {MOST_OCTETS} '
    'octets or one, and as many subscriptions that ended before; how many both were, 0 when none is left';
"""  # noqa: S608 -- constants


def upgrade() -> None:
    """Replace the functions."""
    for statements in (_INDEX, _OPERATIONS, _DELIVERIES):
        op.execute(statements)


def downgrade() -> None:
    """The index goes; the functions do what those of 0006 and 0007 did, and no migration has them twice."""
    op.execute("DROP INDEX stat_subscription_ended")
