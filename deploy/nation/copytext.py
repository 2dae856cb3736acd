"""Rows in the text format of PostgreSQL's COPY."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

NULL = "\\N"

Column = NDArray[np.object_] | NDArray[np.int64]


def block(*columns: Column) -> str:
    """The rows of these columns, each ended by a line feed; "" for no row.

    Texts must be free of tab, line feed and backslash, which holds for all that is
    generated here (a test keeps it so); NULL is given as :data:`NULL`.
    """
    if not len(columns[0]):
        return ""
    texts: list[Iterable[str]] = [
        column.tolist() if column.dtype == object else map(str, column.tolist()) for column in columns
    ]
    return "\n".join(map("\t".join, zip(*texts, strict=True))) + "\n"


def nullable(texts: NDArray[np.object_], absent: NDArray[np.bool_]) -> NDArray[np.object_]:
    """These texts, NULL where ``absent``."""
    return np.where(absent, NULL, texts).astype(object)


def chosen(words: Iterable[str], positions: NDArray[np.int64]) -> NDArray[np.object_]:
    """The word at each position."""
    return np.array(list(words), dtype=object)[positions]
