"""Health facilities: three levels in every province, as many as the population asks for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deploy.nation.copytext import NULL
from deploy.nation.geography import LEGACY, PROVINCES, legacy_shares

COUNTRY_FACILITIES = 14_000
"""Facilities with a health-insurance contract in the whole country, roughly."""
COUNTRY_POPULATION = sum(p.population for p in PROVINCES)
MOST_IN_PROVINCE = 999
"""A code is the province's two digits and three more."""
PRIMARY, BASIC, SPECIALISED = 1, 2, 3
SHARE_BASIC, SHARE_SPECIALISED = 0.15, 0.03
REGISTERED_AT = ((PRIMARY, 0.56), (BASIC, 0.39), (SPECIALISED, 0.05))
"""Where people are registered for first care (nơi đăng ký KCB ban đầu), by level."""
CENTRAL, PROVINCIAL, DISTRICT, COMMUNE = 1, 2, 3, 4
"""Tiers before 2025."""
POLYCLINIC_EVERY, CENTRAL_EVERY, PROVISIONAL_EVERY = 20, 4, 6
POINTS = (44, 48, 53, 38, 58, 46, 66)
"""Technical points of former district hospitals: most below 50, some up to 70."""
CAST_FACILITY = "Bệnh viện Đa khoa Hồng Hà (giả định)"
"""01001: the hospital of the story, level basic; not a real one."""


@dataclass(frozen=True)
class Facilities:
    """How many facilities of each level each legacy province has; their codes follow from it.

    Numbers run from 001: first the basic ones, then the specialised, then the primary.
    """

    counts: NDArray[np.int64]
    """By legacy province and level (columns 0 to 2)."""

    def __len__(self) -> int:
        """Facilities in the country."""
        return int(self.counts.sum())

    def registered(self, rng: np.random.Generator, home: NDArray[np.int64]) -> NDArray[np.object_]:
        """A facility code in the home province of each."""
        shares = np.cumsum([share for _, share in REGISTERED_AT])
        levels = np.array([level for level, _ in REGISTERED_AT])
        which = np.minimum(np.searchsorted(shares, rng.random(len(home)), side="right"), 2)
        level = levels[which]
        available = self.counts[home, level - 1]
        pick = (rng.random(len(home)) * available).astype(np.int64)
        number = self._before(level, home) + pick + 1
        codes: NDArray[np.object_] = CODES[home, number]
        return codes

    def _before(self, level: NDArray[np.int64], home: NDArray[np.int64]) -> NDArray[np.int64]:
        basic, specialised = self.counts[home, BASIC - 1], self.counts[home, SPECIALISED - 1]
        return np.select(
            [level == BASIC, level == SPECIALISED], [np.zeros_like(basic), basic], basic + specialised
        )

    def levels(self, home: NDArray[np.int64], codes: NDArray[np.object_]) -> NDArray[np.int64]:
        """The level of each of these facilities, each in the legacy province of ``home``."""
        number = np.array([int(code[2:]) for code in codes.tolist()], dtype=np.int64)
        basic, specialised = self.counts[home, BASIC - 1], self.counts[home, SPECIALISED - 1]
        return np.select([number <= basic, number <= basic + specialised], [BASIC, SPECIALISED], PRIMARY)

    def rows(self) -> str:
        """All facilities as rows for COPY."""
        found: list[tuple[object, ...]] = []
        for index, legacy in enumerate(LEGACY):
            number = 0
            for level in (BASIC, SPECIALISED, PRIMARY):
                for running in range(1, int(self.counts[index, level - 1]) + 1):
                    number += 1
                    name = (
                        CAST_FACILITY
                        if CODES[index, number] == "01001"
                        else _name(level, running, legacy.name)
                    )
                    found.append(
                        (CODES[index, number], level, name, legacy.successor, *ranking(level, running))
                    )
        return "".join("\t".join(map(str, row)) + "\n" for row in found)


CODES = np.array(
    [[f"{p.code[1:]}{n:03d}" for n in range(MOST_IN_PROVINCE + 1)] for p in LEGACY], dtype=object
)


def _name(level: int, running: int, province: str) -> str:
    if level == PRIMARY:
        return f"Trạm Y tế số {running}, {province}"
    if level == BASIC:
        return f"Trung tâm Y tế khu vực {running}, {province}"
    return f"Bệnh viện chuyên sâu số {running}, {province}"


def ranking(level: int, running: int) -> tuple[int | str, ...]:
    """(former_tier, points, provisional, polyclinic) of a facility, by its number among those of its level.

    The first basic one of every province used to be the provincial hospital and has between 50
    and 70 points: a patient who comes by herself is paid half of it since July 2026. Of the
    others most were district hospitals.
    """
    if level == PRIMARY:
        polyclinic = running % POLYCLINIC_EVERY == 0
        return DISTRICT if polyclinic else COMMUNE, NULL, "f", "t" if polyclinic else "f"
    if level == SPECIALISED:
        return CENTRAL if running % CENTRAL_EVERY == 0 else PROVINCIAL, NULL, "f", "f"
    if running == 1:
        return PROVINCIAL, 62, "f", "f"
    if running % PROVISIONAL_EVERY == 0:
        return NULL, NULL, "t", "f"
    return DISTRICT, POINTS[running % len(POINTS)], "f", "f"


def facilities(population: int) -> Facilities:
    """The facilities of a nation of this size: at least one of each level in each province."""
    wanted = COUNTRY_FACILITIES * population / COUNTRY_POPULATION * legacy_shares()
    total = np.clip(np.round(wanted), 3, MOST_IN_PROVINCE)
    specialised = np.maximum(1, np.round(total * SHARE_SPECIALISED))
    basic = np.maximum(1, np.round(total * SHARE_BASIC))
    return Facilities(np.stack([total - basic - specialised, basic, specialised], axis=1).astype(np.int64))
