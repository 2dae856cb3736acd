"""The fixed cast: invented people in every nation, whom README, demo and tests call by name.

person_ids 1 to 13. Names, numbers and dates of birth never change; dates of cards
and work follow ``as_of``, so that who is valid, expired or in the future stays so
whenever a nation is seeded.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from deploy.nation.calendar import Calendar, month_start
from deploy.nation.cards import ACTIVE, DECREASED, REVOKED, STOPPED
from deploy.nation.copytext import NULL
from deploy.nation.employers import FULL_SCHEMES
from deploy.nation.employment import Periods, Units, insured
from deploy.nation.employment import rows as employment_rows
from lienthong.names import match_key

MALE, FEMALE = 1, 2
FACILITY = "01001"
EMPLOYER, OTHER_EMPLOYER = 1, 2
EMPLOYER_CODES = {EMPLOYER: "0100000001DNA03", OTHER_EMPLOYER: "0100000002DNA03"}
_PROVINCE, _SECTOR = "01", "private"
_BOOKED_BEFORE = 20
"""Days between the booking of everything about the cast and the day of the nation."""
EMPLOYER_NAMES = {
    EMPLOYER: "Công ty TNHH Thủy sản Hồng Hà (giả định)",
    OTHER_EMPLOYER: "Công ty TNHH Thủy sản Sông Xanh (giả định)",
}


@dataclass(frozen=True, kw_only=True)
class CastCard:
    """A card of the cast."""

    code: str
    valid_from: date
    valid_to: date
    facility: str = FACILITY
    status: int = ACTIVE


@dataclass(frozen=True, kw_only=True)
class CastPeriod:
    """A period of participation; months are month numbers, ``last`` is None while open."""

    employer: int
    first: int
    last: int | None
    base_vnd: int
    position: str


@dataclass(frozen=True, kw_only=True)
class Member:
    """One person of the cast."""

    person_id: int
    full_name: str
    sex: int
    born: str
    """``YYYY-MM-DD``, or ``YYYY`` where only the year is known."""
    personal_id: str
    si_number: str
    province_code: str
    cards: tuple[CastCard, ...] = ()
    periods: tuple[CastPeriod, ...] = field(default=())

    @property
    def birth_date(self) -> str:
        """The date of birth for COPY: NULL where only the year is known."""
        return self.born if len(self.born) > len("YYYY") else NULL


class _Days:
    """The days of cards and work, as of one day."""

    def __init__(self, as_of: date) -> None:
        self.day = as_of
        self.this_year, self.next_year_end = date(as_of.year, 1, 1), date(as_of.year + 1, 12, 31)
        self.last_year, self.last_year_end = date(as_of.year - 1, 1, 1), date(as_of.year - 1, 12, 31)
        self.ahead = as_of + timedelta(days=180)
        self.month = as_of.year * 12 + as_of.month - 1

    def valid(self, code: str, facility: str = FACILITY, status: int = ACTIVE) -> tuple[CastCard, ...]:
        """A card of this year and the next: valid, unless its status says otherwise."""
        return (
            CastCard(
                code=code,
                valid_from=self.this_year,
                valid_to=self.next_year_end,
                facility=facility,
                status=status,
            ),
        )


def cast(as_of: date) -> tuple[Member, ...]:
    """The thirteen, with cards and work as they stand on ``as_of``."""
    on = _Days(as_of)
    return tuple(sorted((*_covered(on), *_not_covered(on)), key=lambda member: member.person_id))


def _covered(on: _Days) -> tuple[Member, ...]:
    """Those who have a valid card, whatever else they have or had."""
    return (
        Member(
            person_id=1, full_name="Trần Thị Hồng Nhung", sex=FEMALE, born="1990-05-17",
            personal_id="001190000017", si_number="0100000017", province_code="01",
            cards=on.valid("DN4010100000017"), periods=_career(on.day),
        ),
        Member(
            person_id=3, full_name="Lê Thị Mai", sex=FEMALE, born="1950",
            personal_id="038150000033", si_number="3800000033", province_code="38",
            cards=(
                CastCard(
                    code="CK2383800000033", valid_from=date(on.day.year - 2, 1, 1), valid_to=on.next_year_end,
                    facility="38001",
                ),
            ),
        ),
        Member(
            person_id=6, full_name="Vũ Minh Đức", sex=MALE, born="1995-07-15",
            personal_id="031095000066", si_number="3100000066", province_code="31",
            cards=(
                CastCard(
                    code="GD4313100000066", valid_from=on.last_year, valid_to=on.last_year_end, facility="31001"
                ),
                *on.valid("DN4313100000066", "31001"),
            ),
            periods=(
                CastPeriod(
                    employer=EMPLOYER, first=on.day.year * 12, last=None, base_vnd=7_200_000,
                    position="Kỹ thuật viên",
                ),
            ),
        ),
        Member(
            person_id=7, full_name="Đặng Thu Hà", sex=FEMALE, born="2003-04-30",
            personal_id="048303000074", si_number="4800000074", province_code="48",
            cards=(
                *on.valid("SV4484800000074", "48001"),
                CastCard(
                    code="GD4484800000074", valid_from=on.next_year_end + timedelta(days=1),
                    valid_to=date(on.day.year + 2, 12, 31), facility="48001",
                ),
            ),
        ),
        Member(
            person_id=10, full_name="Ngô Thị Hạnh", sex=FEMALE, born="1991-02-27",
            personal_id="056191000016", si_number="5600000016", province_code="56",
            cards=on.valid("QN5975600000016", "56001"),
        ),
        Member(
            person_id=11, full_name="Dương Văn Long", sex=MALE, born="1983-10-10",
            personal_id="022083000024", si_number="2200000024", province_code="22",
            cards=on.valid("CA5982200000024", "22001"),
        ),
        Member(
            person_id=13, full_name="Hồ Văn Nam", sex=MALE, born="1980-08-08",
            personal_id="074080000040", si_number="7400000040", province_code="79",
            cards=on.valid("DN4797400000040", "74001"),
            periods=(
                CastPeriod(
                    employer=OTHER_EMPLOYER, first=on.month - 57, last=None, base_vnd=8_600_000,
                    position="Lái xe",
                ),
            ),
        ),
    )  # fmt: skip


def _not_covered(on: _Days) -> tuple[Member, ...]:
    """Those who have none: expired, revoked, stopped, ended with the work, not begun, or never issued."""
    return (
        Member(
            person_id=2, full_name="Nguyễn Văn Bình", sex=MALE, born="1985-11-02",
            personal_id="001085000025", si_number="0100000025", province_code="01",
            cards=(CastCard(code="HT3010100000025", valid_from=on.last_year, valid_to=on.last_year_end),),
        ),
        Member(
            person_id=4, full_name="Phạm Quốc Anh", sex=MALE, born="1978-03-09",
            personal_id="079078000041", si_number="7900000041", province_code="79",
            cards=on.valid("GD4797900000041", "79001", REVOKED),
        ),
        Member(
            person_id=5, full_name="Hoàng Thị Lan", sex=FEMALE, born="1988-12-24",
            personal_id="040188000058", si_number="4000000058", province_code="40",
            cards=on.valid("DN4404000000058", "40001", DECREASED),
            periods=(
                CastPeriod(
                    employer=OTHER_EMPLOYER, first=on.month - 40, last=on.month - 2, base_vnd=6_400_000,
                    position="Công nhân",
                ),
            ),
        ),
        Member(
            person_id=8, full_name="Bùi Gia Hân", sex=FEMALE, born="2023-11-02",
            personal_id="001323000082", si_number="0100000082", province_code="01",
        ),
        Member(
            person_id=9, full_name="Đỗ Văn Tâm", sex=MALE, born="1972-06-18",
            personal_id="092072000090", si_number="9200000090", province_code="92",
            cards=on.valid("GD4929200000090", "92001", STOPPED),
        ),
        Member(
            person_id=12, full_name="Lý Thị Hoa", sex=FEMALE, born="1999-01-19",
            personal_id="082199000032", si_number="8200000032", province_code="82",
            cards=(
                CastCard(
                    code="GD4828200000032", valid_from=on.ahead, valid_to=on.ahead + timedelta(days=364),
                    facility="82001",
                ),
            ),
        ),
    )  # fmt: skip


def _career(as_of: date) -> tuple[CastPeriod, ...]:
    """Five years and more with one employer, a new base every January."""
    bases = (6_200_000, 6_700_000, 7_300_000, 8_000_000, 8_800_000, 9_600_000)
    first_year = as_of.year - len(bases) + 1
    starts = [first_year * 12 + 2, *((first_year + n) * 12 for n in range(1, len(bases)))]
    ends: list[int | None] = [*(start - 1 for start in starts[1:]), None]
    return tuple(
        CastPeriod(employer=EMPLOYER, first=start, last=end, base_vnd=base, position="Kế toán")
        for start, end, base in zip(starts, ends, bases, strict=True)
    )


def unpaid_months(as_of: date) -> tuple[date, ...]:
    """What employer 0100000001DNA03 has not paid: two months that are late, two that are only due.

    A month is late after the last day of the following one (Law 41/2024 Art. 34.4).
    """
    month = as_of.year * 12 + as_of.month - 1
    return tuple(month_start(month - back) for back in (3, 2, 1, 0))


def cast_rows(calendar: Calendar) -> dict[str, str]:
    """COPY rows of the cast for every table."""
    members = cast(calendar.as_of)
    booked = str(calendar.instants(np.array([calendar.day - _BOOKED_BEFORE]))[0])
    rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in _TABLES}
    rows["employer"] = [
        (employer, booked, 1, EMPLOYER_CODES[employer], name, _PROVINCE, _SECTOR)
        for employer, name in EMPLOYER_NAMES.items()
    ]
    rows["arrears"] = [(EMPLOYER, unpaid_months(calendar.as_of)[0], "f")]
    for member in members:
        _add(rows, member, booked, calendar)
    texts = {name: "".join("\t".join(map(str, row)) + "\n" for row in found) for name, found in rows.items()}
    return texts | {"employment": _employment(members, calendar)}


_TABLES = ("person", "person_identifier", "holder", "holder_identifier", "card", "employer", "participant",
           "participation", "arrears")  # fmt: skip


def _employment(members: Sequence[Member], calendar: Calendar) -> str:
    """COPY rows of employment."""
    now, booked = calendar.month, calendar.day - _BOOKED_BEFORE
    columns = zip(
        *(
            (member.person_id, period.employer, period.first, period.last or now, period.last is None,
             FULL_SCHEMES, booked)
            for member in members for period in member.periods
        ),
        strict=True,
    )  # fmt: skip
    found = insured(Periods._make(map(np.array, columns)))
    units = [(EMPLOYER_CODES[employer], _SECTOR, _PROVINCE) for employer in found.newest.employer.tolist()]
    return employment_rows(found, Units._make(np.array(units, dtype=object).T), calendar)


def _add(rows: dict[str, list[tuple[object, ...]]], member: Member, booked: str, calendar: Calendar) -> None:
    """The rows of one person, in the column order of :mod:`deploy.nation.tables`."""
    person, year, key = member.person_id, member.born[:4], match_key(member.full_name)
    rows["person"].append(
        (person, booked, member.birth_date, year, member.sex, member.personal_id, member.si_number,
         member.full_name, key, member.province_code)
    )  # fmt: skip
    five_years = date(calendar.as_of.year - 1, 6, 1) if member.cards else NULL
    rows["holder"].append(
        (person, booked, member.birth_date, five_years, year, member.sex, member.full_name, key, NULL)
    )
    for table in ("person_identifier", "holder_identifier"):
        rows[table] += [(member.personal_id, person), (member.si_number, person)]
    for card in member.cards:
        rows["card"].append(
            (person, booked, card.valid_from, card.valid_to, card.code[2], card.status,
             card.code, card.code[:2], card.code[3:5], card.facility)
        )  # fmt: skip
    if member.periods:
        rows["participant"].append((person, year, member.sex))
    for period in member.periods:
        last = NULL if period.last is None else month_start(period.last)
        rows["participation"].append(
            (person, period.employer, period.base_vnd, booked, month_start(period.first), last, FULL_SCHEMES,
             period.position)
        )  # fmt: skip
