"""Periods of participation: jobs, changes of the base, gaps, voluntary insurance."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploy.nation.accounts import FIRST_JUDGED
from deploy.nation.calendar import Calendar, months_of
from deploy.nation.copytext import NULL, block, chosen, nullable
from deploy.nation.employers import (
    FIRST_COLLECTOR_ID,
    FIRST_ENTERPRISE_ID,
    FULL_SCHEMES,
    PUBLIC_SCHEMES,
    VOLUNTARY_SCHEMES,
    Employers,
)
from deploy.nation.employment import Periods, insured
from deploy.nation.employment import rows as employment_rows
from deploy.nation.people import PENSION_AGE, YOUNGEST_WORKER, Census, Floats, Ints, People, Walk

LONGEST_HISTORY = 15 * 12
"""Months: what lies further back is left out."""
MEAN_TENURE = 44
"""Months in one job."""
SECOND_JOB, THIRD_JOB = 0.55, 0.40
NO_GAP = 0.5
LONGEST_GAP = 12
YEARLY_CHANGE = 0.62
"""Enterprises that declare a new base in January."""
RAISE_A_YEAR = 1.055

# Base salary (lương cơ sở) from the month on, VND: civil servants are paid a coefficient of it.
BASE_SALARY = (
    ((2013, 7), 1_150_000),
    ((2016, 5), 1_210_000),
    ((2017, 7), 1_300_000),
    ((2018, 7), 1_390_000),
    ((2019, 7), 1_490_000),
    ((2023, 7), 1_800_000),
    ((2024, 7), 2_340_000),
    ((2026, 7), 2_530_000),
)  # fmt: skip
LEAST_BASE = 4_140_000
"""Nobody in an enterprise is declared below the minimum wage of region III, roughly carried back."""
UNDER_DECLARING = 83
"""One unit in so many still declares bases under the floor of its region."""
MEDIAN_BASE, SPREAD_OF_BASE = 7_100_000, 0.42
COEFFICIENTS = (2.10, 2.34, 2.67, 3.00, 3.33, 3.66, 3.99, 4.32, 4.65, 4.98, 5.42, 6.10)
VOLUNTARY_BASES = (1_500_000, 2_000_000, 2_500_000, 3_000_000, 5_000_000)

POSITIONS = (
    "Công nhân", "Nhân viên", "Nhân viên kinh doanh", "Kế toán", "Kỹ thuật viên", "Kỹ sư", "Công nhân may",
    "Công nhân lắp ráp", "Lái xe", "Thủ kho", "Nhân viên bán hàng", "Bảo vệ", "Tổ trưởng", "Quản đốc",
    "Trưởng phòng", "Lập trình viên",
)  # fmt: skip
CIVIL_POSITIONS = (
    "Giáo viên", "Chuyên viên", "Điều dưỡng", "Bác sĩ", "Kế toán viên", "Văn thư", "Công chức cấp xã",
    "Hiệu trưởng",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Jobs:
    """One job of each of some people; ``end`` is the last month, whether or not it is over."""

    row: Ints
    """Position of the person in the chunk."""
    start: Ints
    end: Ints
    still_open: NDArray[np.bool_]
    employer: Ints
    civil: NDArray[np.bool_]
    level: Floats
    """Base today, or the coefficient of a civil servant."""
    position: NDArray[np.object_]


@dataclass
class Pieces:
    """Periods without a change, collected column by column."""

    columns: list[tuple[NDArray[Any], ...]] = field(default_factory=list)

    def add(self, jobs: Jobs, start: Ints, end: Ints, is_open: NDArray[np.bool_], base: Ints) -> None:
        """Add one piece of each of these jobs."""
        if len(jobs.row):
            schemes = np.where(jobs.civil, PUBLIC_SCHEMES, FULL_SCHEMES)
            self.columns.append((jobs.row, jobs.employer, base, start, end, is_open, schemes, jobs.position))

    def joined(self) -> tuple[NDArray[Any], ...]:
        """Each column as one: person, employer, base, start, end, open, schemes, position."""
        return tuple(map(np.concatenate, zip(*self.columns, strict=True)))


@dataclass(frozen=True, kw_only=True)
class WorkBook:
    """Draws participation for chunks of people."""

    census: Census
    employers: Employers

    def rows(self, people: People) -> dict[str, str]:
        """COPY rows for a chunk: participation by person and time, and who takes part."""
        pieces = self._pieces(people)
        row = np.unique(pieces.joined()[0])
        participants = block(people.person_id[row], people.birth_year[row], people.sex[row])
        return {"participant": participants, "participation": self._block(people, pieces)}

    def employment(self, people: People) -> str:
        """COPY rows of employment for the same chunk: what health insurance knows of these periods."""
        row, employer, _, start, end, is_open, schemes, _ = self._pieces(people).joined()
        booked = _booked(start, end, is_open)
        found = insured(
            Periods(people.person_id[row], employer, start, end, is_open.astype(np.bool_), schemes, booked)
        )
        return employment_rows(found, self.employers.described(found.newest.employer), self.census.calendar)

    def _pieces(self, people: People) -> Pieces:
        """All periods of a chunk; the same whenever it is asked."""
        rng = self.census.rng("work", people.number)
        pieces = Pieces()
        jobs = self._last_jobs(rng, people)
        for share in (SECOND_JOB, THIRD_JOB):
            self._split(rng, jobs, pieces)
            jobs = self._earlier(rng, people, jobs, share)
        self._split(rng, jobs, pieces)
        self._voluntary(rng, people, pieces)
        return pieces

    def _last_jobs(self, rng: np.random.Generator, people: People) -> Jobs:
        now = self.census.calendar.month
        at_work = np.isin(people.walk, [Walk.EMPLOYEE, Walk.CIVIL_SERVANT])
        left, former = people.walk == Walk.JUST_LEFT, people.walk == Walk.FORMER
        retired = people.walk == Walk.PENSIONER
        row = np.flatnonzero(at_work | left | former | retired)
        count = len(row)
        birth = months_of(people.birth_day[row])
        retirement = birth + np.where(people.sex[row] == 1, PENSION_AGE[0], PENSION_AGE[1]) * 12
        ended = now - np.where(former[row], 3 + rng.integers(0, 96, count), 1 + rng.integers(0, 2, count))
        end = np.where(at_work[row], now, np.where(retired[row], np.minimum(retirement, now - 1), ended))
        tenure = 1 + rng.geometric(1 / MEAN_TENURE, count)
        tenure = np.where(retired[row], tenure * 4, tenure)
        civil = (people.walk[row] == Walk.CIVIL_SERVANT) | (retired[row] & (rng.random(count) < 0.4))
        median = np.full(count, MEDIAN_BASE, dtype=np.float64)
        usual = np.maximum(median * np.exp(rng.normal(0, SPREAD_OF_BASE, count)), LEAST_BASE)
        jobs = self._jobs(rng, people, row, (end - tenure + 1, end), (civil, usual))
        return _kept(jobs, at_work[row], now)

    def _earlier(self, rng: np.random.Generator, people: People, after: Jobs, share: float) -> Jobs:
        """The job before, for a share of them, with or without a gap."""
        some = np.flatnonzero(rng.random(len(after.row)) < share)
        count = len(some)
        gap = np.where(rng.random(count) < NO_GAP, 0, rng.integers(1, LONGEST_GAP + 1, count))
        end = after.start[some] - 1 - gap
        start = end - rng.geometric(1 / (MEAN_TENURE * 0.7), count)
        row = after.row[some]
        civil = after.civil[some] & (rng.random(count) < 0.7)
        usual = np.where(after.civil[some], MEDIAN_BASE, after.level[some])
        usual = np.maximum(usual * np.exp(rng.normal(-0.06, 0.15, count)), LEAST_BASE)
        jobs = self._jobs(rng, people, row, (start, end), (civil, usual))
        return _kept(jobs, np.zeros(count, dtype=np.bool_), self.census.calendar.month)

    def _jobs(
        self,
        rng: np.random.Generator,
        people: People,
        row: Ints,
        months: tuple[Ints, Ints],
        pay: tuple[NDArray[np.bool_], Floats],
    ) -> Jobs:
        """Jobs of these months; ``pay`` says who is a civil servant, and the base of the others today."""
        (start, end), (civil, usual) = months, pay
        count = len(row)
        adult = months_of(people.birth_day[row]) + YOUNGEST_WORKER * 12
        coefficient = np.array(COEFFICIENTS)[rng.integers(0, len(COEFFICIENTS), count)]
        words = np.where(
            civil,
            chosen(CIVIL_POSITIONS, rng.integers(0, len(CIVIL_POSITIONS), count)),
            chosen(POSITIONS, (len(POSITIONS) * rng.random(count) ** 1.6).astype(np.int64)),
        )
        return Jobs(
            row=row,
            start=np.maximum(start, adult).astype(np.int64),
            end=end.astype(np.int64),
            still_open=np.zeros(count, dtype=np.bool_),
            employer=self.employers.pick(rng.random(count), people.home[row], civil),
            civil=civil,
            level=np.where(civil, coefficient, usual),
            position=nullable(words, rng.random(count) < 0.1),
        )

    def _split(self, rng: np.random.Generator, jobs: Jobs, pieces: Pieces) -> None:
        """Cut each job where its base changes: base salary for civil servants, January for the others."""
        calendar = self.census.calendar
        start = jobs.start
        for month in _boundaries(calendar):
            civil_change = month in _BASE_SALARY_MONTHS
            changes = rng.random(len(jobs.row)) < YEARLY_CHANGE if month % 12 == 0 else civil_change
            cut = (
                (start < month)
                & (month <= jobs.end)
                & np.where(jobs.civil, civil_change, changes & (month % 12 == 0))
            )
            rows = np.flatnonzero(cut)
            piece = _taken(jobs, rows)
            closed = np.zeros(len(rows), dtype=np.bool_)
            ends = np.full(len(rows), month - 1, dtype=np.int64)
            pieces.add(piece, start[rows], ends, closed, _base(piece, start[rows], calendar))
            start = np.where(cut, month, start)
        pieces.add(jobs, start, jobs.end, jobs.still_open, _base(jobs, start, calendar))

    def _voluntary(self, rng: np.random.Generator, people: People, pieces: Pieces) -> None:
        row = np.flatnonzero(people.walk == Walk.VOLUNTARY)
        count, now = len(row), self.census.calendar.month
        adult = months_of(people.birth_day[row]) + YOUNGEST_WORKER * 12
        start = np.maximum(now - rng.integers(0, 72, count), adult)
        base = np.array(VOLUNTARY_BASES)[rng.integers(0, len(VOLUNTARY_BASES), count)]
        schemes = np.full(count, VOLUNTARY_SCHEMES, dtype=np.int64)
        nothing = np.full(count, NULL, dtype=object)
        is_open = np.ones(count, dtype=np.bool_)
        employer = FIRST_COLLECTOR_ID + people.home[row]
        end = np.full(count, now, dtype=np.int64)
        pieces.columns.append((row, employer, base, start, end, is_open, schemes, nothing))

    def _lifted(self, base: Ints, employer: Ints, end: Ints) -> Ints:
        """Whoever has worked since legal states are kept is declared with today's floor at least.

        Except where a unit under-declares. ``end`` is the last month, the current one while it is open.
        """
        honest = (end >= FIRST_JUDGED) & (employer >= FIRST_ENTERPRISE_ID) & (employer % UNDER_DECLARING != 0)
        return np.where(honest, np.maximum(base, self.employers.floors(employer)), base).astype(np.int64)

    def _block(self, people: People, pieces: Pieces) -> str:
        calendar = self.census.calendar
        row, employer, base, start, end, is_open, schemes, position = pieces.joined()
        base = self._lifted(base, employer, end)
        order = np.lexsort((start, row))
        return block(
            people.person_id[row][order],
            employer[order],
            base[order],
            calendar.instants(_booked(start, end, is_open))[order],
            calendar.months(start)[order],
            nullable(calendar.months(end), is_open.astype(np.bool_))[order],
            schemes[order],
            position[order],
        )


def _booked(start: Ints, end: Ints, is_open: NDArray[np.bool_]) -> Ints:
    """The day number on which each period was declared as it is."""
    return months_to_days(np.where(is_open, start, end + 1)) + 10


def months_to_days(months: Ints) -> Ints:
    """The day number of the first day of each month number."""
    return (months - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


_BASE_SALARY_MONTHS = [year * 12 + month - 1 for (year, month), _ in BASE_SALARY]


def _boundaries(calendar: Calendar) -> list[int]:
    """Every month in which a base may change, oldest first."""
    oldest = calendar.month - LONGEST_HISTORY
    januaries = set(range(oldest - oldest % 12, calendar.month + 1, 12))
    return sorted(m for m in januaries | set(_BASE_SALARY_MONTHS) if oldest <= m <= calendar.month)


def _base(jobs: Jobs, start: Ints, calendar: Calendar) -> Ints:
    """The declared base of a period that starts in ``start``, VND."""
    salary = np.array([BASE_SALARY[0][1], *(amount for _, amount in BASE_SALARY)])
    of_civil = jobs.level * salary[np.searchsorted(np.array(_BASE_SALARY_MONTHS), start, side="right")]
    years = calendar.as_of.year - start // 12
    of_others = np.round(jobs.level / RAISE_A_YEAR**years / 10_000) * 10_000
    return np.where(jobs.civil, np.round(of_civil / 100) * 100, of_others).astype(np.int64)


def _taken(jobs: Jobs, rows: Ints) -> Jobs:
    """Some of these jobs."""
    return Jobs(
        row=jobs.row[rows],
        start=jobs.start[rows],
        end=jobs.end[rows],
        still_open=jobs.still_open[rows],
        employer=jobs.employer[rows],
        civil=jobs.civil[rows],
        level=jobs.level[rows],
        position=jobs.position[rows],
    )


def _kept(jobs: Jobs, is_open: NDArray[np.bool_], now: int) -> Jobs:
    """Those with a month left after the limits of age and of the history kept."""
    start = np.maximum(jobs.start, now - LONGEST_HISTORY)
    whole = np.flatnonzero(start <= jobs.end)
    cut = Jobs(
        row=jobs.row,
        start=start,
        end=jobs.end,
        still_open=is_open,
        employer=jobs.employer,
        civil=jobs.civil,
        level=jobs.level,
        position=jobs.position,
    )
    return _taken(cut, whole)
