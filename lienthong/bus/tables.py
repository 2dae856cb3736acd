"""The tables of the bus as SQL, for the migrations of every database that has them.

    op.execute(tables.OUTBOX); op.execute(tables.outbox_rights("contributions"))

**Order.** Messages of one key lie in one lane, in the order of ``id``. Numbers are
given before a transaction commits, so the order of two messages of one key is that
of their transactions only where these wait for each other, as they do when both
lock the key's row (``operation_key``, ``inbox_key``) before they put a message.
"""

from typing import Final, LiteralString

LANES: Final = 16
"""Lanes of an outbox. A relay locks whole lanes, so one key is never in two hands."""

CHANNEL: Final[LiteralString] = "outbox"
"""Where a relay hears that there is something to publish: see ``outbox.RING``."""

OUTBOX: Final[LiteralString] = """
CREATE TABLE outbox_lane (
    lane smallint PRIMARY KEY
);
INSERT INTO outbox_lane SELECT generate_series(0, 15);

CREATE TABLE outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- No foreign key: its check would wait for the relay that has the lane's row locked.
    lane        smallint NOT NULL CHECK (lane BETWEEN 0 AND 15),
    exchange    text NOT NULL,
    routing_key text NOT NULL,
    -- Must reach a queue: what comes back unroutable stays here and is sent again.
    mandatory   boolean NOT NULL,
    type        text NOT NULL,
    message_id  text NOT NULL,
    body        bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (
    -- A queue in a table is nearly all dead rows: clean it by number, not by share.
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000,
    -- Bodies are protobuf of numbers and names and gone in a moment: packing them costs more than it saves.
    toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 5000
);
ALTER TABLE outbox ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX outbox_lane_id ON outbox (lane, id);
"""

INBOX: Final[LiteralString] = """
CREATE TABLE inbox (
    operation_id uuid PRIMARY KEY,
    method       text NOT NULL,
    -- 1 done (also: refused), 2 held in the dead-letter queue.
    state        smallint NOT NULL CHECK (state IN (1, 2)),
    result       bytea,
    at           timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX inbox_at ON inbox (at);

CREATE TABLE inbox_key (
    ordering_key  text PRIMARY KEY,
    last_sequence bigint NOT NULL CHECK (last_sequence >= 0)
) WITH (fillfactor = 70);
"""

INBOX_EVENT: Final[LiteralString] = """
CREATE TABLE inbox_event (
    event_id uuid PRIMARY KEY,
    at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX inbox_event_at ON inbox_event (at);
"""

BUS_ACTION: Final[LiteralString] = """
-- What operators did to the bus: append-only, in the gateway's database.
CREATE TABLE bus_action (
    action_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Whom the command names (OS user or --as), and the role that the server saw.
    actor      text NOT NULL,
    db_role    text NOT NULL DEFAULT session_user,
    action     text NOT NULL CHECK (action IN ('declare', 'show_payload', 'replay', 'drop', 'failed')),
    queue      text NOT NULL,
    message_id text,
    because    text
);
CREATE FUNCTION refuse_rewriting_bus_action() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is not allowed', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON bus_action
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting_bus_action();
"""
"""Belongs to the owner of the gateway's database; the runtime role gets no right to it."""


def outbox_rights(role: str) -> str:
    """What a runtime role needs to put messages and, as the relay, to publish and delete them."""
    _expect_name(role)
    # Locking a row asks for UPDATE; a lane's number is never changed.
    return f"GRANT SELECT, INSERT, DELETE ON outbox TO {role}; GRANT SELECT, UPDATE ON outbox_lane TO {role};"


def inbox_rights(role: str) -> str:
    """What a runtime role needs to carry out commands once; DELETE is for pruning."""
    _expect_name(role)
    return (
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON inbox TO {role};"
        f" GRANT SELECT, INSERT, UPDATE ON inbox_key TO {role};"
    )


def inbox_event_rights(role: str) -> str:
    """What a runtime role needs to take in events once; DELETE is for pruning."""
    _expect_name(role)
    return f"GRANT SELECT, INSERT, DELETE ON inbox_event TO {role};"


def _expect_name(role: str) -> None:
    if not role.isidentifier():
        raise ValueError(f"not the name of a role: {role!r}")
