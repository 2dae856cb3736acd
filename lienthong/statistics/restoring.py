"""What waits to be folded, in a database that was restored into another server.

A delta has the number of its transaction, and a server counts its own transactions: in a new one
they begin anew, below the numbers that came with the dump. Nothing is lost by that, for a batch is what
the deltas are that it takes away, whatever their numbers. But what is new would be folded, and told of,
before what waited already. So before anybody writes, all that waits becomes one batch, older than everything.
"""

from typing import Final, LiteralString

OLDEST: Final = 1
"""No transaction of a server has this number: it is spent before the first one (transam.h, BootstrapTransactionId)."""

AGE_RESTORED: Final[LiteralString] = f"""
DO $$ BEGIN
    IF to_regclass('stat_delta') IS NULL THEN
        RETURN;
    END IF;
    -- Whoever sees a row of this server's own sees that its transaction is over, and so below this number.
    IF EXISTS (SELECT FROM stat_delta WHERE id >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint) THEN
        UPDATE stat_delta SET id = {OLDEST};
    END IF;
END $$
"""  # noqa: S608 -- a constant
"""Changes nothing where the deltas are of this server. Whoever runs it owns the tables."""
