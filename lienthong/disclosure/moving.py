"""Rule 3: when a base cell moves to its next published state."""

from lienthong.disclosure.cells import BaseCell
from lienthong.disclosure.draws import words
from lienthong.disclosure.parameters import Parameters

# A cell of a busy month must still move; by then a forced move costs eight times a minimum frequency.
_MOST_PATIENCE = 8


def moves(parameters: Parameters, secret: bytes, cell: BaseCell) -> bool:
    """Whether the cell is to be published anew.

    It is when T + r changes have gathered since the last time (r is drawn for each publication, 0..T, so
    that nobody who makes changes himself can tell from the moment of a move how many others made), or when
    the first of them has waited for the settling time, stretched by a drawn quarter at most. Both grow with
    the number of publications: what can be averaged is scarce, and dearer each time.
    """
    if cell.changes <= 0:
        return False
    least = parameters.minimum_frequency
    most = _MOST_PATIENCE * parameters.patience
    times = min(parameters.patience + cell.releases, most)
    # Nothing can be due yet: spare the draw, which is most of the cost.
    if (
        cell.changes * parameters.patience < least * times
        and cell.waited * parameters.patience < parameters.settle_seconds * times
    ):
        return False
    message = "\x00".join((cell.flow, cell.period, *cell.coordinates, str(cell.releases))).encode()
    first, second, *_ = words(secret, b"gate", message)
    # In units of 1/patience, and drawn in these, so that no number of changes is skipped.
    changes_least, wait_least = least * times, parameters.settle_seconds * times
    return cell.changes * parameters.patience >= changes_least + first % (
        changes_least + 1
    ) or cell.waited * parameters.patience >= wait_least + second % (wait_least // 4 + 1)
