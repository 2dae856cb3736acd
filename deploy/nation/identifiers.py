"""Personal IDs and social-insurance numbers: unique, of the real structure, in any order of chunks.

Within one prefix the numbers run through a permutation of all that are free, so
no two people share one and no memory of those given is needed beyond a counter
for each prefix. The lowest hundred of every prefix belongs to the fixed cast.
"""

import numpy as np
from numpy.typing import NDArray

RESERVED = 100
PERSONAL_ID_SPACE = 10**6 - RESERVED
SI_SPACE = 10**8 - RESERVED
FIRST_YEAR, LAST_YEAR = 1900, 2099
YEARS = LAST_YEAR - FIRST_YEAR + 1

# Primes that divide neither space, so that n -> prime * n + start is a permutation of it.
_MULTIPLIERS = np.array(
    [
        104_729,
        130_363,
        155_921,
        181_081,
        206_699,
        232_357,
        257_689,
        283_627,
        310_019,
        336_101,
        361_909,
        388_313,
    ]
)


class NumbersExhaustedError(Exception):
    """More people than the structure has numbers for."""


def ranks(keys: NDArray[np.int64], counters: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many came before each entry with the same key, earlier calls included.

    ``counters`` (one for each possible key) is brought up to date.
    """
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    lengths = np.diff(np.append(first, len(ordered)))
    within = np.arange(len(ordered)) - np.repeat(first, lengths)
    result = np.empty(len(keys), dtype=np.int64)
    result[order] = within + counters[ordered]
    counters += np.bincount(keys, minlength=len(counters))
    return result


class Numbering:
    """Permuted running numbers below each of ``prefixes`` prefixes.

    Raises :class:`NumbersExhaustedError` when a prefix is used up.
    """

    def __init__(self, rng: np.random.Generator, *, prefixes: int, space: int) -> None:
        self._space = space
        self._counters = np.zeros(prefixes, dtype=np.int64)
        self._multiplier = _MULTIPLIERS[rng.integers(0, len(_MULTIPLIERS), prefixes)]
        self._start = rng.integers(0, space, prefixes)

    def take(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """The next number of each key, from 100 on."""
        running = ranks(keys, self._counters)
        if len(running) and int(running.max()) >= self._space:
            raise NumbersExhaustedError(f"a prefix has room for {self._space:,} people")
        return RESERVED + (self._multiplier[keys] * running + self._start[keys]) % self._space


class Registry:
    """Issues personal IDs ``PPP G YY RRRRRR`` and social-insurance numbers ``PP NNNNNNNN``."""

    def __init__(self, rng: np.random.Generator, id_codes: NDArray[np.int64]) -> None:
        self._id_codes = id_codes
        provinces = len(id_codes)
        self._personal = Numbering(rng, prefixes=provinces * 2 * YEARS, space=PERSONAL_ID_SPACE)
        self._social = Numbering(rng, prefixes=provinces, space=SI_SPACE)

    def personal_ids(
        self, birth_province: NDArray[np.int64], sex: NDArray[np.int64], birth_year: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Personal IDs as numbers (12 digits with leading zeros).

        The fourth digit is 0 and 1 for men and women born 1900-1999, 2 and 3 for 2000-2099.
        """
        keys = (birth_province * 2 + sex - 1) * YEARS + birth_year - FIRST_YEAR
        century_and_sex = (birth_year - FIRST_YEAR) // 100 * 2 + sex - 1
        prefix = self._id_codes[birth_province] * 1000 + century_and_sex * 100 + birth_year % 100
        return prefix * 10**6 + self._personal.take(keys)

    def si_numbers(self, home: NDArray[np.int64]) -> NDArray[np.int64]:
        """Social-insurance numbers as numbers (10 digits with leading zeros); no digit has a meaning."""
        return self._id_codes[home] * 10**8 + self._social.take(home)


def digits(numbers: NDArray[np.int64], width: int) -> NDArray[np.object_]:
    """Each number as text of ``width`` digits with leading zeros."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    matrix = (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)
    text = matrix.tobytes().decode("ascii")
    return np.array([text[at : at + width] for at in range(0, len(text), width)], dtype=object)
