"""Collection begins to be counted in a database that has been at work."""

from collections.abc import Callable
from contextlib import closing
from datetime import date

import psycopg

from lienthong.db.migrations import upgrade
from lienthong.statistics import folding
from tests.support.accounts import Desk, increase, person
from tests.support.collection import FLOW, base, expected
from tests.support.cubes import RULES, THIS_MONTH, Cubes, schema_of

UNIT = "9900000001TEST1"


def test_what_was_there_and_what_waited_is_counted(stack_variable: Callable[[str], str]) -> None:
    with (
        schema_of(stack_variable, "contributions", revision="0005") as (owner, runtime_url, folder_url),
        closing(folding.connect(folder_url, name="cubes-test")) as folder,
        psycopg.connect(runtime_url, autocommit=True) as runtime,
    ):
        desk = Desk(runtime)
        desk.opened_through(date(2026, 11, 1))
        desk.register(UNIT)
        with psycopg.connect(owner, autocommit=True) as then:
            # Today's commands ask for columns of revision 0007.
            then.execute(
                "ALTER TABLE book ADD judged_from date DEFAULT '2026-11-01', ADD judged_through date DEFAULT '2026-10-01'"
            )
            desk.declare(UNIT, increase(person(), "2026-10"))
            then.execute("ALTER TABLE book DROP judged_from, DROP judged_through")
        folding.open_due(folder, RULES, through=THIS_MONTH)
        cubes = Cubes(
            owner_url=owner, runtime_url=runtime_url, folder_url=folder_url, desk=desk, folder=folder
        )
        assert cubes.waiting() > 0
        upgrade("contributions", owner)
        assert cubes.rows("SELECT DISTINCT sector FROM stat_delta_employer") == [("private",)]
        # What waits had not happened when the flow is built; charges left no deltas before.
        cubes.open()
        cubes.expect_equal()
        cubes.fold_all()
        known = {cell for _, cell, month in expected(base(cubes)) if month == THIS_MONTH}
        assert len(known) == 5
        assert set(cubes.true_cells(flow=FLOW)) == known
        cubes.expect_equal()
