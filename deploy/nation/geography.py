"""Provinces: the 34 of 2025-07-01, the 63 before them, and how many people live where.

Populations are approximate (sources in docs/nation.md). Personal IDs and card
codes issued before the merger keep the old province's code, so both lists matter.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Province(NamedTuple):
    """A province (tỉnh, thành phố) as it is since 2025-07-01."""

    code: str
    name: str
    population: int
    """People, as listed for the reorganisation of 2025."""


class LegacyProvince(NamedTuple):
    """One of the 63 provinces before 2025-07-01."""

    code: str
    """Three digits, as in a personal ID; the last two are those of cards and facilities."""
    name: str
    successor: str
    """Code of the province that it belongs to now."""
    thousands: int
    """People in thousands; only the shares within one successor matter."""
    minority_percent: int
    """Share of ethnic minorities among residents."""
    pull_percent: int
    """Share of residents born elsewhere."""
    wage_tier: int
    """1 where most employers are in wage region I, to 3 where most are in III and IV."""
    side: Literal["north", "south"]
    """Which forms of surnames are the common ones: Hoàng and Vũ, or Huỳnh and Võ."""


PROVINCES = (
    Province("01", "Hà Nội", 8_807_523),
    Province("04", "Cao Bằng", 573_119),
    Province("08", "Tuyên Quang", 1_865_270),
    Province("11", "Điện Biên", 673_091),
    Province("12", "Lai Châu", 512_601),
    Province("14", "Sơn La", 1_404_587),
    Province("15", "Lào Cai", 1_778_785),
    Province("19", "Thái Nguyên", 1_799_489),
    Province("20", "Lạng Sơn", 881_384),
    Province("22", "Quảng Ninh", 1_497_447),
    Province("24", "Bắc Ninh", 3_619_433),
    Province("25", "Phú Thọ", 4_022_638),
    Province("31", "Hải Phòng", 4_664_124),
    Province("33", "Hưng Yên", 3_567_943),
    Province("37", "Ninh Bình", 4_412_264),
    Province("38", "Thanh Hóa", 4_324_783),
    Province("40", "Nghệ An", 3_831_694),
    Province("42", "Hà Tĩnh", 1_622_901),
    Province("44", "Quảng Trị", 1_870_845),
    Province("46", "Huế", 1_432_986),
    Province("48", "Đà Nẵng", 3_065_628),
    Province("51", "Quảng Ngãi", 2_161_755),
    Province("52", "Gia Lai", 3_583_693),
    Province("56", "Khánh Hòa", 2_243_554),
    Province("66", "Đắk Lắk", 3_346_853),
    Province("68", "Lâm Đồng", 3_872_999),
    Province("75", "Đồng Nai", 4_491_408),
    Province("79", "Thành phố Hồ Chí Minh", 14_002_598),
    Province("80", "Tây Ninh", 3_254_170),
    Province("82", "Đồng Tháp", 4_370_046),
    Province("86", "Vĩnh Long", 4_257_581),
    Province("91", "An Giang", 4_952_238),
    Province("92", "Cần Thơ", 4_199_824),
    Province("96", "Cà Mau", 2_606_672),
)

LEGACY = (
    LegacyProvince("001", "Hà Nội", "01", 8590, 2, 24, 1, "north"),
    LegacyProvince("002", "Hà Giang", "08", 900, 87, 2, 3, "north"),
    LegacyProvince("004", "Cao Bằng", "04", 555, 94, 2, 3, "north"),
    LegacyProvince("006", "Bắc Kạn", "19", 325, 88, 2, 3, "north"),
    LegacyProvince("008", "Tuyên Quang", "08", 810, 57, 2, 3, "north"),
    LegacyProvince("010", "Lào Cai", "15", 780, 66, 4, 3, "north"),
    LegacyProvince("011", "Điện Biên", "11", 650, 83, 3, 3, "north"),
    LegacyProvince("012", "Lai Châu", "12", 490, 84, 3, 3, "north"),
    LegacyProvince("014", "Sơn La", "14", 1310, 84, 2, 3, "north"),
    LegacyProvince("015", "Yên Bái", "15", 850, 57, 2, 3, "north"),
    LegacyProvince("017", "Hòa Bình", "25", 880, 74, 3, 3, "north"),
    LegacyProvince("019", "Thái Nguyên", "19", 1350, 30, 9, 2, "north"),
    LegacyProvince("020", "Lạng Sơn", "20", 805, 84, 3, 3, "north"),
    LegacyProvince("022", "Quảng Ninh", "22", 1380, 12, 8, 1, "north"),
    LegacyProvince("024", "Bắc Giang", "24", 1920, 14, 7, 2, "north"),
    LegacyProvince("025", "Phú Thọ", "25", 1530, 17, 3, 3, "north"),
    LegacyProvince("026", "Vĩnh Phúc", "25", 1210, 5, 6, 2, "north"),
    LegacyProvince("027", "Bắc Ninh", "24", 1520, 1, 20, 2, "north"),
    LegacyProvince("030", "Hải Dương", "31", 1960, 1, 5, 2, "north"),
    LegacyProvince("031", "Hải Phòng", "31", 2100, 1, 9, 1, "north"),
    LegacyProvince("033", "Hưng Yên", "33", 1300, 1, 7, 2, "north"),
    LegacyProvince("034", "Thái Bình", "33", 1880, 1, 2, 3, "north"),
    LegacyProvince("035", "Hà Nam", "37", 885, 1, 5, 2, "north"),
    LegacyProvince("036", "Nam Định", "37", 1890, 1, 2, 3, "north"),
    LegacyProvince("037", "Ninh Bình", "37", 1020, 3, 4, 3, "north"),
    LegacyProvince("038", "Thanh Hóa", "38", 3740, 18, 2, 3, "north"),
    LegacyProvince("040", "Nghệ An", "40", 3440, 15, 2, 3, "north"),
    LegacyProvince("042", "Hà Tĩnh", "42", 1320, 1, 2, 3, "north"),
    LegacyProvince("044", "Quảng Bình", "44", 920, 3, 3, 3, "north"),
    LegacyProvince("045", "Quảng Trị", "44", 655, 14, 3, 3, "north"),
    LegacyProvince("046", "Thừa Thiên Huế", "46", 1170, 5, 5, 2, "south"),
    LegacyProvince("048", "Đà Nẵng", "48", 1245, 1, 22, 2, "south"),
    LegacyProvince("049", "Quảng Nam", "48", 1530, 9, 3, 3, "south"),
    LegacyProvince("051", "Quảng Ngãi", "51", 1250, 15, 3, 3, "south"),
    LegacyProvince("052", "Bình Định", "52", 1505, 3, 3, 3, "south"),
    LegacyProvince("054", "Phú Yên", "66", 880, 7, 3, 3, "south"),
    LegacyProvince("056", "Khánh Hòa", "56", 1260, 6, 7, 2, "south"),
    LegacyProvince("058", "Ninh Thuận", "56", 605, 25, 3, 3, "south"),
    LegacyProvince("060", "Bình Thuận", "68", 1260, 8, 5, 3, "south"),
    LegacyProvince("062", "Kon Tum", "51", 590, 55, 10, 3, "south"),
    LegacyProvince("064", "Gia Lai", "52", 1610, 46, 10, 3, "south"),
    LegacyProvince("066", "Đắk Lắk", "66", 1930, 36, 12, 3, "south"),
    LegacyProvince("067", "Đắk Nông", "68", 680, 32, 25, 3, "south"),
    LegacyProvince("068", "Lâm Đồng", "68", 1345, 26, 15, 3, "south"),
    LegacyProvince("070", "Bình Phước", "75", 1050, 20, 20, 3, "south"),
    LegacyProvince("072", "Tây Ninh", "80", 1195, 2, 6, 2, "south"),
    LegacyProvince("074", "Bình Dương", "79", 2820, 4, 52, 1, "south"),
    LegacyProvince("075", "Đồng Nai", "75", 3310, 6, 32, 1, "south"),
    LegacyProvince("077", "Bà Rịa - Vũng Tàu", "79", 1190, 3, 20, 1, "south"),
    LegacyProvince("079", "Thành phố Hồ Chí Minh", "79", 9460, 6, 34, 1, "south"),
    LegacyProvince("080", "Long An", "80", 1745, 1, 12, 1, "south"),
    LegacyProvince("082", "Tiền Giang", "82", 1790, 1, 4, 2, "south"),
    LegacyProvince("083", "Bến Tre", "86", 1300, 1, 3, 3, "south"),
    LegacyProvince("084", "Trà Vinh", "86", 1020, 32, 2, 3, "south"),
    LegacyProvince("086", "Vĩnh Long", "86", 1030, 3, 3, 3, "south"),
    LegacyProvince("087", "Đồng Tháp", "82", 1600, 1, 2, 3, "south"),
    LegacyProvince("089", "An Giang", "91", 1905, 5, 2, 3, "south"),
    LegacyProvince("091", "Kiên Giang", "91", 1750, 15, 4, 3, "south"),
    LegacyProvince("092", "Cần Thơ", "92", 1260, 3, 9, 2, "south"),
    LegacyProvince("093", "Hậu Giang", "92", 730, 3, 3, 3, "south"),
    LegacyProvince("094", "Sóc Trăng", "92", 1200, 35, 2, 3, "south"),
    LegacyProvince("095", "Bạc Liêu", "96", 925, 10, 2, 3, "south"),
    LegacyProvince("096", "Cà Mau", "96", 1210, 3, 2, 3, "south"),
)

MERGER_YEAR_MONTH_DAY = (2025, 7, 1)
"""Resolution 202/2025/QH15: codes issued from this day are those of the 34 provinces."""


def legacy_shares() -> NDArray[np.float64]:
    """Share of the nation living in each legacy province; sums to 1.

    Scaled so that the shares of the 34 provinces are exactly those of :data:`PROVINCES`.
    """
    total = sum(p.population for p in PROVINCES)
    of_successor: dict[str, int] = {}
    for legacy in LEGACY:
        of_successor[legacy.successor] = of_successor.get(legacy.successor, 0) + legacy.thousands
    population = {p.code: p.population for p in PROVINCES}
    return np.array(
        [p.thousands / of_successor[p.successor] * population[p.successor] / total for p in LEGACY]
    )


@dataclass(frozen=True, kw_only=True)
class Atlas:
    """The tables above as arrays indexed by legacy province (0 to 62)."""

    shares: NDArray[np.float64]
    cumulative: NDArray[np.float64]
    pull: NDArray[np.float64]
    minority: NDArray[np.float64]
    south: NDArray[np.bool_]
    id_code: NDArray[np.int64]
    """The three digits of a personal ID, as a number."""
    province: NDArray[np.object_]
    """Two-digit code of the province since 2025."""
    old_code: NDArray[np.object_]
    """Two-digit code before 2025."""


def atlas() -> Atlas:
    """The geography as arrays."""
    shares = legacy_shares()
    return Atlas(
        shares=shares,
        cumulative=np.cumsum(shares) / shares.sum(),
        pull=np.array([p.pull_percent / 100 for p in LEGACY]),
        minority=np.array([p.minority_percent / 100 for p in LEGACY]),
        south=np.array([p.side == "south" for p in LEGACY]),
        id_code=np.array([int(p.code) for p in LEGACY], dtype=np.int64),
        province=np.array([p.successor for p in LEGACY], dtype=object),
        old_code=np.array([p.code[1:] for p in LEGACY], dtype=object),
    )
