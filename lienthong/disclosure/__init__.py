"""Statistical disclosure control: what of a true cell may leave the house, and when.

Every figure that leaves is a sum of published base cells, and each of these is drawn from the true cell
by rules that never see another cell. So nothing that is computed from published figures, however many,
can tell more about a cell than its own published states. The rules, their order, what each protects
against and what stays learnable: docs/disclosure.md.

Pure: no clock, no database, no file. The secret comes in as 32 to 64 bytes.
"""

from lienthong.disclosure.accuracy import count_variance
from lienthong.disclosure.cells import BaseCell, Published
from lienthong.disclosure.draws import record_key
from lienthong.disclosure.factors import amount_factor, factored
from lienthong.disclosure.margins import dominated, margin_suppressed
from lienthong.disclosure.moving import moves
from lienthong.disclosure.parameters import Parameters
from lienthong.disclosure.publishing import publish

__all__ = [
    "BaseCell",
    "Parameters",
    "Published",
    "amount_factor",
    "count_variance",
    "dominated",
    "factored",
    "margin_suppressed",
    "moves",
    "publish",
    "record_key",
]
