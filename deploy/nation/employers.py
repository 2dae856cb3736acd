"""Employers of realistic sizes: most are tiny, a few employ thousands."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploy.nation.calendar import Calendar
from deploy.nation.copytext import block, chosen
from deploy.nation.employment import Units
from deploy.nation.geography import LEGACY, legacy_shares
from deploy.nation.identifiers import ranks
from deploy.nation.people import Census, Ints
from services.contributions.domain.dues import floor_of

FIRST_ENTERPRISE_ID = 100
"""Smaller employer_ids: 1 to 9 the cast, 11 to 73 the collectors of voluntary contributions."""
FIRST_COLLECTOR_ID = 11

WORKERS_PER_PERSON = {"enterprise": 0.164, "public": 0.032}
"""Share of the nation at work in enterprises and in public units, for the number of employers."""
MEAN_SIZE = {"enterprise": 25, "public": 38}
PARETO_EXPONENT = 1.06
"""Sizes of firms follow Zipf's law (R. Axtell, Science 293, 2001: exponent 1.06 in the United States)."""
LARGEST_TO_SMALLEST = 8_000
"""The tail is cut here: the largest employers of Việt Nam have some tens of thousands."""

# Industries of enterprises (VSIC section letter and division) and what a firm of it is called.
INDUSTRIES = (
    ("A03", "Thủy sản"), ("A01", "Nông nghiệp"), ("C10", "Thực phẩm"), ("C13", "Dệt"), ("C14", "May mặc"),
    ("C15", "Giày da"), ("C16", "Chế biến gỗ"), ("C22", "Nhựa"), ("C25", "Cơ khí"), ("C26", "Điện tử"),
    ("C31", "Nội thất"), ("F41", "Xây dựng"), ("F42", "Công trình"), ("G45", "Ô tô"), ("G46", "Thương mại"),
    ("G47", "Bán lẻ"), ("H49", "Vận tải"), ("H52", "Kho vận"), ("I55", "Khách sạn"), ("I56", "Nhà hàng"),
    ("J62", "Phần mềm"), ("K64", "Tài chính"), ("L68", "Bất động sản"), ("M70", "Tư vấn"), ("N80", "Bảo vệ"),
    ("P85", "Giáo dục"), ("Q86", "Y tế"), ("S96", "Dịch vụ"),
)  # fmt: skip
BRANDS = (
    "An Bình", "Bình Minh", "Đại Phát", "Đông Á", "Hòa Phú", "Hoàng Long", "Hồng Hà", "Hưng Thịnh",
    "Khánh An", "Kim Ngân", "Lạc Hồng", "Minh Khang", "Nam Sơn", "Ngọc Việt", "Phú Quý", "Phúc Lộc",
    "Phương Nam", "Quang Minh", "Sao Mai", "Sông Xanh", "Tân Tiến", "Thái Bình Dương", "Thành Công",
    "Thiên Phú", "Thịnh Vượng", "Trường Sơn", "Tường An", "Việt Tín", "Vĩnh Hưng", "Xuân Mai",
)  # fmt: skip
PUBLIC_UNITS = (
    ("O84", "Ủy ban nhân dân xã số"), ("P85", "Trường Tiểu học số"), ("P85", "Trường Trung học cơ sở số"),
    ("P85", "Trường Mầm non số"), ("Q86", "Đơn vị y tế số"), ("O84", "Phòng chuyên môn số"),
)  # fmt: skip
OWNERSHIP = (("private", 0.90), ("foreign", 0.07), ("state", 0.03))
LEGAL_FORMS = {"private": "Công ty TNHH", "foreign": "Công ty TNHH (Việt Nam)", "state": "Tổng công ty"}

# Regions of the minimum wage by tier of the province: cumulative shares of regions 1 to 4.
REGION_SHARES = ((0.72, 0.92, 0.98, 1.0), (0.05, 0.50, 0.88, 1.0), (0.0, 0.18, 0.62, 1.0))

Columns = tuple[NDArray[Any], ...]

ARREARS_SHARE = 0.055
"""Employers that owe months whose deadline has passed."""
LATE_SHARE, DUE_SHARE = 0.17, 0.58
"""Employers that have not yet paid the month before, and the current month; both are not late yet."""
LONGEST_ARREARS = 14
BEGUN_SHARE = 0.2
"""Of those who owe: who has paid a part of the oldest month."""
REGIONS = (1, 2, 3, 4)
FULL_SCHEMES, PUBLIC_SCHEMES, VOLUNTARY_SCHEMES = 7, 3, 8
"""Bit masks: 1 social insurance, 2 health insurance, 4 unemployment insurance, 8 voluntary."""


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Employers of one kind, sorted by legacy province, with weights by size."""

    first_id: int
    province: Ints
    """Legacy province of each."""
    cumulative: NDArray[np.float64]
    """Running sum of weights."""
    bounds: NDArray[np.float64]
    """Running sum at the end of each legacy province, from 0."""
    region: Ints

    def __len__(self) -> int:
        """Employers in the pool."""
        return len(self.province)

    def pick(self, uniform: NDArray[np.float64], home: Ints) -> Ints:
        """An employer_id for each, in the home province, by size."""
        low, high = self.bounds[home], self.bounds[home + 1]
        position = np.searchsorted(self.cumulative, low + uniform * (high - low), side="right")
        return self.first_id + np.minimum(position, len(self) - 1)


@dataclass(frozen=True, kw_only=True)
class Employers:
    """All employers but the cast's."""

    enterprises: Pool
    public: Pool
    census: Census

    @property
    def calendar(self) -> Calendar:
        """The days of the nation."""
        return self.census.calendar

    def pick(self, uniform: NDArray[np.float64], home: Ints, civil: NDArray[np.bool_]) -> Ints:
        """An employer_id for each worker: a public unit for civil servants."""
        return np.where(civil, self.public.pick(uniform, home), self.enterprises.pick(uniform, home))

    def rows(self) -> str:
        """COPY rows of employer."""
        return block(*self._columns)

    def described(self, employer: Ints) -> Units:
        """Code, ownership and province of each of these units."""
        ids, _, _, codes, _, provinces, sectors = self._columns
        found = np.searchsorted(ids, employer)
        return Units(codes[found], sectors[found], provinces[found])

    @cached_property
    def _columns(self) -> Columns:
        """The columns of employer, by employer_id."""
        rng = self.census.rng("employer rows")
        parts = (self._collectors(rng), self._enterprises(rng), self._public(rng))
        return tuple(map(np.concatenate, zip(*parts, strict=True)))

    def _enterprises(self, rng: np.random.Generator) -> Columns:
        pool = self.enterprises
        count = len(pool)
        industry = rng.integers(0, len(INDUSTRIES), count)
        shares = np.cumsum([share for _, share in OWNERSHIP])
        owner = np.minimum(np.searchsorted(shares, rng.random(count), side="right"), len(OWNERSHIP) - 1)
        sectors = chosen([name for name, _ in OWNERSHIP], owner)
        names = (
            chosen([LEGAL_FORMS[name] for name, _ in OWNERSHIP], owner)
            + chosen([f" {words} " for _, words in INDUSTRIES], industry)
            + chosen(BRANDS, rng.integers(0, len(BRANDS), count))
            + np.array([f" {n}" for n in range(1, count + 1)], dtype=object)
        )
        letters = chosen([f"DN{code}" for code, _ in INDUSTRIES], industry)
        return _columns(
            self.calendar, rng, pool, Register(letters=letters, names=names, sectors=sectors, digits=8)
        )

    def _public(self, rng: np.random.Generator) -> Columns:
        pool = self.public
        kind = rng.integers(0, len(PUBLIC_UNITS), len(pool))
        running = np.array([f" {n}, " for n in range(1, len(pool) + 1)], dtype=object)
        where = chosen([p.name for p in LEGACY], pool.province)
        names = chosen([words for _, words in PUBLIC_UNITS], kind) + running + where
        letters = chosen([f"HC{code}" for code, _ in PUBLIC_UNITS], kind)
        sectors = np.full(len(pool), "public", dtype=object)
        return _columns(
            self.calendar, rng, pool, Register(letters=letters, names=names, sectors=sectors, digits=5)
        )

    def _collectors(self, rng: np.random.Generator) -> Columns:
        """One collector of voluntary contributions for each legacy province."""
        count = len(LEGACY)
        pool = Pool(
            first_id=FIRST_COLLECTOR_ID,
            province=np.arange(count, dtype=np.int64),
            cumulative=np.ones(count),
            bounds=np.ones(count + 1),
            region=np.array([p.wage_tier for p in LEGACY], dtype=np.int64),
        )
        names = np.array([f"Tổ chức dịch vụ thu BHXH, {p.name}" for p in LEGACY], dtype=object)
        letters, sectors = np.full(count, "TNO84", dtype=object), np.full(count, "none", dtype=object)
        return _columns(
            self.calendar, rng, pool, Register(letters=letters, names=names, sectors=sectors, digits=5)
        )

    def arrears_rows(self, rng: np.random.Generator) -> str:
        """Staged rows: the first month that a unit has not paid, and whether that month is begun.

        A month is due by the last day of the following one (Law 41/2024 Art. 34.4):
        the month before ``as_of`` is never late yet.
        """
        parts = []
        for pool in (self.enterprises, self.public):
            state, length = rng.random(len(pool)), rng.integers(1, LONGEST_ARREARS + 1, len(pool))
            back = np.where(state < ARREARS_SHARE, 1 + length, np.where(state < LATE_SHARE, 1, 0))
            partly = np.where(rng.random(len(pool)) < BEGUN_SHARE, "t", "f").astype(object)
            rows = np.flatnonzero(state < DUE_SHARE)
            months = self.calendar.months(self.calendar.month - back[rows])
            parts.append(block(pool.first_id + rows, months, partly[rows]))
        return "".join(parts)

    def floors(self, employer: Ints) -> Ints:
        """The least base that each unit may declare for all schemes now, VND; a public unit's is the country's."""
        now = self.calendar.month
        full = np.array([0, *(floor_of(now, FULL_SCHEMES, region) for region in REGIONS)], dtype=np.int64)
        row = employer - self.enterprises.first_id
        here = (row >= 0) & (row < len(self.enterprises))
        region = self.enterprises.region[np.where(here, row, 0)]
        return np.where(here, full[region], floor_of(now, PUBLIC_SCHEMES, REGIONS[0])).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class Register:
    """What employers of one pool are called; ``digits`` follow the province in their code."""

    letters: NDArray[np.object_]
    names: NDArray[np.object_]
    sectors: NDArray[np.object_]
    digits: int


def _columns(calendar: Calendar, rng: np.random.Generator, pool: Pool, register: Register) -> Columns:
    """The columns of employer."""
    digits = register.digits
    running = ranks(pool.province, np.zeros(len(LEGACY), dtype=np.int64)) + 100
    codes = np.array(
        [
            f"{LEGACY[p].code[1:]}{n:0{digits}d}"
            for p, n in zip(pool.province.tolist(), running.tolist(), strict=True)
        ],
        dtype=object,
    )
    return (
        pool.first_id + np.arange(len(pool)),
        calendar.instants(calendar.day - rng.integers(0, 900, len(pool))),
        pool.region,
        codes + register.letters,
        register.names,
        chosen([p.successor for p in LEGACY], pool.province),
        register.sectors,
    )


def _pool(rng: np.random.Generator, first_id: int, kind: str, population: int) -> Pool:
    """Employers of one kind for a nation of this size; every legacy province has one at least."""
    total = WORKERS_PER_PERSON[kind] * population / MEAN_SIZE[kind]
    tier = np.array([p.wage_tier for p in LEGACY])
    shares = legacy_shares() * np.array([0.0, 1.25, 1.0, 0.8])[tier]
    counts = np.maximum(1, np.round(total * shares / shares.sum())).astype(np.int64)
    province = np.repeat(np.arange(len(LEGACY)), counts)
    lowest = LARGEST_TO_SMALLEST**-PARETO_EXPONENT
    if kind == "enterprise":
        weight = (lowest + (1 - lowest) * rng.random(len(province))) ** (-1 / PARETO_EXPONENT)
    else:
        weight = np.exp(rng.normal(0, 0.8, len(province)))
    cumulative = np.cumsum(weight)
    ends = np.cumsum(counts) - 1
    region_shares = np.array(REGION_SHARES)[tier[province] - 1]
    region = 1 + (rng.random(len(province))[:, None] >= region_shares).sum(axis=1)
    return Pool(
        first_id=first_id,
        province=province,
        cumulative=cumulative,
        bounds=np.concatenate(([0.0], cumulative[ends])),
        region=region.astype(np.int64),
    )


def employers(census: Census) -> Employers:
    """The employers of a nation."""
    rng = census.rng("employers")
    enterprises = _pool(rng, FIRST_ENTERPRISE_ID, "enterprise", census.population)
    public = _pool(rng, FIRST_ENTERPRISE_ID + len(enterprises), "public", census.population)
    return Employers(enterprises=enterprises, public=public, census=census)
