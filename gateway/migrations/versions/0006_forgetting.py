"""Forgets operations that ended long ago, and what their agencies were told of them.

Revision ID: 0006
Revises: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Without it each operation that is forgotten would have every delivery looked through.
_INDEX = "CREATE INDEX webhook_delivery_operation ON webhook_delivery (operation_id)"

# With the owner's rights, so that the gateway itself may delete nothing; the age is the function's
# own, so that whoever has the gateway's role cannot make anything young be forgotten.
# An operation's id begins with the moment of its acceptance (UUIDv7, RFC 9562 section 5.7): its
# primary key finds the old ones, and costs the completion of the others nothing.
_FUNCTION = """
CREATE FUNCTION forget_operations(most integer) RETURNS integer
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
        ORDER BY operation_id LIMIT most
        FOR UPDATE SKIP LOCKED
    ), told AS (
        DELETE FROM webhook_delivery WHERE operation_id IN (SELECT operation_id FROM old)
    )
    DELETE FROM operation WHERE operation_id IN (SELECT operation_id FROM old);
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END $$;
COMMENT ON FUNCTION forget_operations(integer) IS
    'Forgets at most so many operations that were completed or failed more than 400 days ago, with their deliveries';
REVOKE ALL ON FUNCTION forget_operations(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_operations(integer) TO gateway;
"""


def upgrade() -> None:
    """Add the function and the index that it needs."""
    op.execute(_INDEX)
    op.execute(_FUNCTION)


def downgrade() -> None:
    """Drop them: operations are kept for good again."""
    op.execute("DROP FUNCTION forget_operations(integer)")
    op.execute("DROP INDEX webhook_delivery_operation")
