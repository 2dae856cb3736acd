"""Vietnamese names with plausible shares: surname, middle name by sex and generation, given name.

Surname shares follow the published counts (about a third of the nation is Nguyễn);
middle and given names follow what is common in each generation. All are drawn
independently: a name says nothing about a real person.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lienthong.names import match_key, stored_name

# Share in percent; where two forms are given, the first is northern, the second southern.
SURNAMES = """
Nguyễn 39.0|Trần 11.0|Lê 9.0|Phạm 6.6|Hoàng/Huỳnh 5.1|Vũ/Võ 4.6|Phan 3.2|Trương 2.2|Bùi 2.1|Đặng 2.1
Đỗ 1.9|Ngô 1.6|Hồ 1.5|Dương 1.4|Đinh 1.2|Đoàn 1.0|Lâm 0.9|Mai 0.8
Trịnh 0.8|Đào 0.8|Cao 0.7|Lý 0.7|Hà 0.6
Lưu 0.5|Lương 0.6|Thái 0.4|Châu 0.3|Tạ 0.4|Phùng 0.4|Tô 0.3|Vương 0.3|Tăng 0.2|Quách 0.2|Lại 0.2|Hứa 0.2
Diệp 0.2
Từ 0.2|Chu 0.3|La 0.1|Đàm 0.2|Tống 0.2|Giang 0.1|Chung 0.1|Triệu 0.2
Kiều 0.2|Văn 0.2|Doãn 0.1|Khổng 0.1|Nghiêm 0.1
"""
MINORITY_NORTH = """
Hoàng 12|Nông 11|Lò 11|Hà 9|Vàng 7|Giàng 6|Bùi 9|Nguyễn 8|Đinh 6|Lý 6|Triệu 5
Lường 4|Quàng 4|Thào 3|Ma 3|Cầm 2|Bế 2
"""
MINORITY_SOUTH = """
Thạch 15|Danh 13|Sơn 10|Kim 9|Lâm 9|Châu 7|Lý 7|Trần 7|Nguyễn 7|Siu 6|Ksor 6|Rơ 4|Rmah 3|Kpă 2|Đinh 2
"""

# (middle names, given names) of men and women in three generations: born until 1969, until 1994, since.
# A doubled middle name ("Thị Thu") is one entry. Weights fall with the position.
MALE = (
    (
        "Văn|Đình|Hữu|Xuân|Ngọc|Quang|Đức|Công|Minh|Thanh|Bá|Trọng|Duy|Khắc|Viết|Huy",
        """
        Hùng|Dũng|Thành|Bình|Minh|Sơn|Hải|Long|Hòa|Tâm|Thắng|Tuấn|Phúc|Lâm|Nam|Quang|Hưng|Cường
        Đức|Tiến|Lợi|Phương|Bảy|Chiến|Thanh|Hồng|Tư|Sáu|Năm|Khánh|Vinh|An|Thái|Hoàng|Tài|Thọ|Đạt
        Mạnh|Chính|Toàn
        """,
    ),
    (
        """
        Văn|Minh|Đức|Quốc|Thanh|Hoàng|Ngọc|Anh|Công|Hữu|Xuân|Đình|Quang|Thành|Tuấn|Duy|Mạnh
        Trọng|Trung|Bá|Viết|Hồng|Nhật|Chí
        """,
        """
        Tuấn|Hùng|Anh|Dũng|Cường|Hải|Nam|Thắng|Sơn|Tùng|Minh|Long|Hoàng|Đức|Thành|Trung|Hiếu
        Quân|Phong|Linh|Duy|Kiên|Tú|Bình|Vinh|Huy|Hưng|Khánh|Lâm|Nghĩa|Phúc|Quang|Quý|Tài|Tân
        Thái|Thịnh|Toàn|Trường|Việt|Đạt|Đông|An|Công|Giang
        """,
    ),
    (
        """
        Minh|Gia|Đức|Hoàng|Quốc|Anh|Bảo|Nhật|Tuấn|Văn|Thành|Quang|Duy|Hữu|Khánh|Đăng|Thiên|Hải
        Tiến|Phúc|Trung|Ngọc|Thanh|Đình|Công|Nguyên|Việt|Chí|Trọng|Nguyễn Minh|Ngọc Gia
        Hoàng Gia
        """,
        """
        Anh|Huy|Khang|Minh|Bảo|Phúc|Khôi|Long|Đạt|Nam|Duy|Quân|Hiếu|Khoa|Kiệt|Thiên|Phong|Hưng
        Đức|Nguyên|Thịnh|Khánh|An|Tuấn|Tùng|Dũng|Lâm|Sơn|Bách|Hoàng|Quang|Trung|Hải|Vinh|Tài
        Thành|Đăng|Trí|Việt|Tiến|Dương|Nhân|Phát|Lộc|Tú
        """,
    ),
)
FEMALE = (
    (
        """
        Thị|Thị Thanh|Thị Ngọc|Thị Kim|Thị Minh|Thị Hồng|Thị Bích|Thị Thu|Ngọc|Kim|Thanh|Thị Mỹ
        Thị Xuân|Bích
        """,
        """
        Lan|Hoa|Hương|Hồng|Thanh|Mai|Nga|Hà|Bình|Loan|Liên|Minh|Phương|Thủy|Yến|Dung|Cúc|Hạnh
        Tâm|Sáu|Bảy|Lý|Xuân|Hiền|Tuyết|Vân|Oanh|Nhung|Phượng|Thơm|Hòa|Lành|Ngọc|Thu|Thảo|Chín
        Nguyệt|Hai|Tư|Thoa
        """,
    ),
    (
        """
        Thị|Thị Thu|Thị Thanh|Thị Hồng|Thị Ngọc|Thị Phương|Thị Kim|Ngọc|Thanh|Thu|Thị Minh
        Thị Bích|Phương|Thị Mỹ|Hồng|Thị Thùy|Minh|Kim|Thị Hải|Bích|Thị Mai|Thùy|Thị Lan|Mỹ
        """,
        """
        Hương|Hà|Trang|Huyền|Hằng|Thảo|Linh|Nga|Lan|Hiền|Thủy|Yến|Phương|Loan|Hạnh|Nhung|Dung
        Hoa|Mai|Thúy|Tuyết|Vân|Oanh|Ngọc|Giang|Thu|Anh|Tâm|Trâm|Hường|Liên|Quyên|Duyên|Nguyệt
        Ngân|Diễm|Xuân|Hòa|Thơm|Ánh|Hồng|Trinh|Vy
        """,
    ),
    (
        """
        Thị|Ngọc|Thị Thu|Phương|Minh|Thị Ngọc|Bảo|Khánh|Thanh|Thùy|Quỳnh|Thảo|Gia|Thị Thanh|Hà
        Ngọc Bảo|Thị Phương|Tuệ|Mai|Diệu|Thu|Kim|Hoàng|Ngọc Khánh|Thị Kim|Mỹ|Anh|Yến|Thiên|Tường
        Cát|An
        """,
        """
        Anh|Linh|Ngọc|Trang|Phương|Hân|My|Nhi|Thảo|Vy|Hà|Chi|Ngân|Trâm|Quỳnh|Hương|Mai|Châu|Thư
        Nhung|Trinh|Uyên|Vân|Huyền|Như|Ý|Yến|Giang|Lan|An|Khanh|Hiền|Tiên|Thy|Duyên|Dương|Nguyên
        Diệp|Minh|Trúc|Hạnh|Hằng|Tâm|Đan|Băng
        """,
    ),
)
GENERATION_STARTS = (1970, 1995)
FLATNESS = {"middle": 1.6, "given": 9.0}
"""Weight of position k is 1 / (k + flatness): middle names pile up on the first, given names spread."""
COMMON_MIDDLE = (("Văn", (0.52, 0.22, 0.07)), ("Thị", (0.66, 0.42, 0.17)))
"""The share of the one middle name of its sex, by generation: it falls from decade to decade."""


@dataclass(frozen=True)
class Lexicon:
    """Name parts with their match keys and cumulative shares."""

    texts: NDArray[np.object_]
    keys: NDArray[np.object_]
    cumulative: NDArray[np.float64]

    @cached_property
    def last(self) -> NDArray[np.object_]:
        """The last word of each entry."""
        return np.array([text.rsplit(" ", 1)[-1] for text in self.texts], dtype=object)

    def draw(self, uniform: NDArray[np.float64]) -> NDArray[np.int64]:
        """Positions drawn by share."""
        return np.searchsorted(self.cumulative, uniform, side="right").astype(np.int64)


def lexicon(weighted: list[tuple[str, float]]) -> Lexicon:
    """A lexicon of these words; shares need not sum to 1."""
    shares = np.array([share for _, share in weighted])
    cumulative = np.cumsum(shares) / shares.sum()
    cumulative[-1] = 1.0
    texts = [stored_name(word) for word, _ in weighted]
    return Lexicon(
        np.array(texts, dtype=object), np.array([match_key(text) for text in texts], dtype=object), cumulative
    )


def _entries(listed: str) -> list[str]:
    """The entries of a list written with bars and line ends between them."""
    return [entry.strip() for entry in listed.strip().replace("\n", "|").split("|")]


def _shares(listed: str, form: int = 0) -> list[tuple[str, float]]:
    entries = [entry.rsplit(" ", 1) for entry in _entries(listed)]
    return [(word.split("/")[min(form, word.count("/"))], float(share)) for word, share in entries]


def _ranked(listed: str, kind: str) -> list[tuple[str, float]]:
    return [(word, 1 / (k + FLATNESS[kind])) for k, word in enumerate(_entries(listed))]


def _middle(listed: str, sex: int, generation: int) -> Lexicon:
    common, shares = COMMON_MIDDLE[sex]
    others = [(word, weight) for word, weight in _ranked(listed, "middle") if word != common]
    scale = (1 - shares[generation]) / sum(weight for _, weight in others)
    return lexicon([(common, shares[generation]), *((word, weight * scale) for word, weight in others)])


class NameBook:
    """Draws full names and their match keys for many people at once."""

    def __init__(self) -> None:
        self._surnames = (
            lexicon(_shares(SURNAMES, 0)),
            lexicon(_shares(SURNAMES, 1)),
            lexicon(_shares(MINORITY_NORTH)),
            lexicon(_shares(MINORITY_SOUTH)),
        )
        self._middle = [
            [_middle(middle, sex, generation) for generation, (middle, _) in enumerate(lists)]
            for sex, lists in enumerate((MALE, FEMALE))
        ]
        self._given = [[lexicon(_ranked(given, "given")) for _, given in lists] for lists in (MALE, FEMALE)]

    def draw(
        self,
        rng: np.random.Generator,
        sex: NDArray[np.int64],
        birth_year: NDArray[np.int64],
        people: NDArray[np.int64],
    ) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """(full names, match keys).

        ``sex`` is 1 or 2; ``people`` chooses the surnames: 0 northern, 1 southern,
        2 northern minority, 3 southern minority.
        """
        count = len(sex)
        uniform = rng.random((3, count))
        texts = np.empty(count, dtype=object)
        keys = np.empty(count, dtype=object)
        last = np.full(count, "", dtype=object)
        for which, surnames in enumerate(self._surnames):
            rows = np.flatnonzero(people == which)
            picks = surnames.draw(uniform[0, rows])
            texts[rows], keys[rows] = surnames.texts[picks], surnames.keys[picks]
        generation = np.searchsorted(np.array(GENERATION_STARTS), birth_year, side="right")
        stratum = (sex - 1) * len(MALE) + generation
        for cell in range(2 * len(MALE)):
            rows = np.flatnonzero(stratum == cell)
            for part, uniforms in ((self._middle, uniform[1]), (self._given, uniform[2])):
                words = part[cell // len(MALE)][cell % len(MALE)]
                picks = words.draw(uniforms[rows])
                # Nobody is called "Minh Minh": the neighbour in the list instead.
                twice = words.last[picks] == last[rows]
                picks = np.where(twice, (picks + 1) % len(words.last), picks)
                last[rows] = words.last[picks]
                texts[rows] = texts[rows] + " " + words.texts[picks]
                keys[rows] = keys[rows] + " " + words.keys[picks]
        return texts, keys
