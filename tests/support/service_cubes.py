"""A service's cubes in a schema of their own: who changes rows, who folds, and what is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from lienthong.statistics import batches, folding, recounting
from lienthong.statistics.flows import Connection
from tests.support.cubes import RULES, THIS_MONTH


@dataclass(kw_only=True)
class ServiceCubes:
    """The schema: who changes rows, who folds, and what is kept."""

    owner: psycopg.Connection[Any]
    writer: psycopg.Connection[Any]
    folder: Connection
    folder_url: str
    runtime_url: str

    def fold(self, most: int = 1000) -> batches.Folded:
        """One batch."""
        return folding.fold_once(self.folder, RULES, most=most)

    def fold_all(self) -> None:
        """Until nothing waits."""
        while self.fold().deltas:
            pass

    def open(self, through: int = THIS_MONTH) -> int:
        """Build, or open months."""
        return folding.open_due(self.folder, RULES, through=through)

    def flows(self) -> Sequence[str]:
        """What is counted here."""
        return [name for (name,) in self.rows("SELECT flow FROM stat_flow ORDER BY flow")]

    def expect_equal(self) -> int:
        """What is kept is what the base tables say, of every flow; how many cells that were."""
        cells = 0
        for flow in self.flows():
            found = recounting.recount(self.folder, flow, RULES)
            assert found.cell_differences == []
            assert found.figure_differences == []
            cells += found.cells
        return cells

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What a query of the owner finds."""
        return self.owner.execute(query.encode(), parameters).fetchall()

    def change(self, statement: str, *parameters: Any) -> None:
        """What the owner changes, in one transaction."""
        self.owner.execute(statement.encode(), parameters)

    def waiting(self) -> int:
        """Deltas that are not folded."""
        return int(self.rows("SELECT count(*) FROM stat_delta")[0][0])

    def true_cells(self, flow: str, month: int = THIS_MONTH) -> dict[str, int]:
        """Contributors by cell, of a month."""
        query = (
            "SELECT key, contributors FROM stat_cell JOIN stat_key USING (series)"
            " WHERE flow = %s AND month = %s AND contributors > 0"
        )
        return dict(self.rows(query, flow, month))
