"""Why a delivery is not believed: one stable reason each, with a text for people."""

from enum import Enum
from typing import NamedTuple


class Text(NamedTuple):
    """The same in both languages."""

    vi: str
    en: str


class Reason(Enum):
    """What is wrong with a delivery; ``code`` is stable."""

    MISSING = ("missing", "Thiếu tệp", "A file is missing")
    MALFORMED = ("malformed", "Bản kê hoặc chữ ký sai cấu trúc", "The manifest or its signature is malformed")
    NAME = ("name", "Tên tệp trong bản kê không được phép", "The manifest names a file as it may not")
    ALGORITHM = (
        "algorithm",
        "Thuật toán ký không được chấp nhận (chỉ ES256)",
        "The signature's algorithm is not accepted: ES256 only",
    )
    UNKNOWN_KEY = (
        "unknown_key",
        "Khoá ký không nằm trong danh sách khoá của cổng",
        "The signing key is not among the gateway's keys",
    )
    SIGNATURE = (
        "signature",
        "Chữ ký không đúng: bản kê bị sửa hoặc giả mạo",
        "The signature does not hold: the manifest was changed or forged",
    )
    OTHER = (
        "other",
        "Bản kê của cơ quan hoặc kỳ khác",
        "The manifest is of another agency or period",
    )
    SIZE = ("size", "Độ dài tệp không đúng với bản kê", "The file is not as long as the manifest says")
    DIGEST = ("digest", "Nội dung tệp không đúng với bản kê", "The file is not the one of the manifest")
    ROWS = ("rows", "Số dòng không đúng với bản kê", "The file has not the rows that the manifest says")
    CHAIN = (
        "chain",
        "Bản kê không nối tiếp bản kê của kỳ trước",
        "The manifest does not follow the one before it",
    )

    def __init__(self, code: str, vi: str, en: str) -> None:
        self.code = code
        self.text = Text(vi, en)


class DeliveryRefused(Exception):
    """The delivery must not be relied on. ``file`` is the one that shows it, ``detail`` is for developers."""

    def __init__(self, reason: Reason, file: str, detail: str = "") -> None:
        super().__init__(f"{reason.code}: {file}: {detail or reason.text.en}")
        self.reason = reason
        self.file = file
        self.detail = detail
