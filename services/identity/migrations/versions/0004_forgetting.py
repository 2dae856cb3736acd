"""What forgets rows takes away their deltas alone, also where others came with a restore by the same number.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

from services.identity import flows

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# A database that was restored into another server has deltas with numbers of transactions that are still to come
# there: without the month, the one that forgets could have the number of some that wait. Of months before the first
# that counts no delta moves a cell, whosever it is.
FORGET = f"""
CREATE OR REPLACE FUNCTION stat_forget(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    tx CONSTANT bigint := pg_current_xact_id()::text::bigint;
    due CONSTANT date := date_trunc('month', now() AT TIME ZONE 'Asia/Ho_Chi_Minh') - interval '{flows.MONTHS_KEPT} months';
    forgotten integer;
BEGIN
    UPDATE verification_kept SET since = due WHERE since < due;
    IF FOUND THEN
        DELETE FROM stat_cell c USING stat_key k
        WHERE k.series = c.series AND k.flow = '{flows.IDENTITY.flow}'
          AND c.month < extract(year FROM due) * 12 + extract(month FROM due) - 1;
    END IF;
    DELETE FROM verification
    WHERE (person_id, month) IN (
        SELECT person_id, month FROM verification WHERE month < due ORDER BY month LIMIT most
    );
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    DELETE FROM {flows.VERIFICATION.delta} WHERE id = tx{{only}};
    RETURN forgotten;
END $$;
"""  # noqa: S608 -- constants of this service


def upgrade() -> None:
    """Replace the function."""
    op.execute(FORGET.format(only=" AND month < due"))


def downgrade() -> None:
    """Put back the one of 0003."""
    op.execute(FORGET.format(only=""))
