"""One agency that asks for a lot, within its grant, takes nothing from the others."""

from concurrent.futures import ThreadPoolExecutor

from psycopg import sql

from tests.support.stack import Running, until
from tests.support.wire import AUDIT, CHECK, NHUNG, Sender

_LOOKS = 24
_LAST_DAY = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'audit_entry'::regclass ORDER BY c.relname DESC LIMIT 1
"""
_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"


def test_an_auditor_whose_looks_take_long_keeps_nobody_from_an_answer(
    hospital: Sender, running: Running
) -> None:
    """An answer needs a connection for its entry. A look that finds hardly anything reads a day of the country.

    A day to come is locked, so that every look waits for as long as it may, however short the log is.
    """
    auditor = running.demo("auditor-demo")
    with ThreadPoolExecutor(_LOOKS) as looking, running.registry() as registry:
        with registry.transaction():
            (day,) = registry.execute(_LAST_DAY).fetchone() or ("",)
            registry.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(day)))
            looks = [looking.submit(auditor.ask, AUDIT, {"outcome": "ok"}) for _ in range(_LOOKS)]
            until(
                lambda: registry.execute(_WAITING, (day,)).fetchone() >= (2,),  # type: ignore[operator]  # a count
                seconds=10,
                what="looks wait for the day that is locked",
            )
            assert [hospital.ask(CHECK, NHUNG).status for _ in range(10)] == [200] * 10
        assert {look.result().status for look in looks} <= {200, 503}
    assert auditor.ask(AUDIT, {"outcome": "ok"}).status == 200
