"""Rule 3: when a base cell moves to its next published state."""

from lienthong.disclosure.cells import BaseCell
from lienthong.disclosure.draws import words
from lienthong.disclosure.parameters import Parameters

# More would keep a busy month from being current, and a quiet one from being complete.
_DEAREST = 4


def moves(parameters: Parameters, secret: bytes, cell: BaseCell) -> bool:
    """Whether the cell is to be published anew.

    It is when T + r changes have gathered since the last time (r is drawn for each publication, 0..T, so
    that nobody who makes changes himself can tell from the moment of a move how many others made), or when
    the first of them has waited for the settling time, stretched by a drawn quarter at most. Both grow with
    the number of publications, up to four times, and the number of changes without end in a cell that
    moves more often than its size explains: what can be averaged is scarce, and dearer each time.
    """
    if cell.changes <= 0:
        return False
    patience = parameters.patience
    # In units of 1/patience, and drawn in these, so that no number of changes is skipped.
    times = min(patience + cell.releases, _DEAREST * patience)
    changes_least = parameters.minimum_frequency * (times + patience * _unexplained(parameters, cell))
    wait_least = parameters.settle_seconds * times
    changes, waited = cell.changes * patience, cell.waited * patience
    # Nothing can be due yet: spare the draw, which is most of the cost.
    if changes < changes_least and waited < wait_least:
        return False
    message = "\x00".join((cell.flow, cell.period, *cell.coordinates, str(cell.releases))).encode()
    first, second, *_ = words(secret, b"gate", message)
    return changes >= changes_least + first % (changes_least + 1) or waited >= wait_least + second % (
        wait_least // 4 + 1
    )


def _unexplained(parameters: Parameters, cell: BaseCell) -> int:
    """How many publications the cell has had beyond what growing to its size takes, four times over.

    Its size in powers of two: who watches the gate shall not see the count pass a number.
    """
    size = 1 << max(cell.contributors, 0).bit_length()
    usual = (_DEAREST - 1) * parameters.patience + size // parameters.minimum_frequency
    return max(0, cell.releases - usual)
