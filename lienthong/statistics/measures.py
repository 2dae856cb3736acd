"""What a folding worker tells its operators: lag, what waits, what it moved."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

LAG: Final = Gauge("lienthong_statistics_lag_seconds", "Age of the oldest change that is in no figure yet.")
WAITING: Final = Gauge("lienthong_statistics_deltas_waiting", "Changes that are not folded yet.")
LEADS: Final = Gauge(
    "lienthong_statistics_leads", "1 where this worker folds, 0 where it waits for another's end."
)
FOLDED: Final = Counter("lienthong_statistics_deltas_folded_total", "Changes folded.")
CELLS: Final = Counter("lienthong_statistics_cells_moved_total", "True cells that changed.")
RELEASED: Final = Counter("lienthong_statistics_cells_released_total", "Cells published in a new state.")
FORGOTTEN: Final = Counter(
    "lienthong_statistics_rows_forgotten_total", "Counted rows forgotten for their age."
)
BATCH: Final = Histogram(
    "lienthong_statistics_batch_seconds",
    "From the look at a batch to its commit.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600),
)
