"""Why a certificate is not believed: one stable reason each, with a text for the desk."""

from enum import Enum
from typing import NamedTuple


class Text(NamedTuple):
    """The same in both languages."""

    vi: str
    en: str


class Reason(Enum):
    """What is wrong with a certificate; ``code`` is stable."""

    MALFORMED = (
        "malformed",
        "Không phải giấy chứng nhận BHYT hoặc đọc không đầy đủ",
        "Not a certificate, or not read whole",
    )
    TOO_LARGE = ("too_large", "Giấy chứng nhận lớn quá mức cho phép", "The certificate is too large")
    ALGORITHM = (
        "algorithm",
        "Thuật toán ký không được chấp nhận (chỉ ES256)",
        "The signature's algorithm is not accepted: ES256 only",
    )
    UNKNOWN_KEY = (
        "unknown_key",
        "Khoá ký không nằm trong danh sách khoá của cơ quan BHXH",
        "The signing key is not among the given keys",
    )
    SIGNATURE = (
        "signature",
        "Chữ ký không đúng: giấy chứng nhận bị sửa hoặc giả mạo",
        "The signature does not hold: the certificate was changed or forged",
    )
    ISSUER = ("issuer", "Không phải do cơ quan phát hành mong đợi cấp", "Issued by somebody else")
    NOT_YET = ("not_yet_valid", "Giấy chứng nhận chưa có hiệu lực", "The certificate is not valid yet")
    EXPIRED = ("expired", "Giấy chứng nhận đã hết hạn", "The certificate has expired")
    LIFE = (
        "life",
        "Thời hạn giấy chứng nhận dài quá mức cho phép",
        "The certificate claims a longer life than it may have",
    )
    STRUCTURE = (
        "structure",
        "Nội dung không đúng cấu trúc của giấy chứng nhận BHYT",
        "The content is not that of a health-insurance certificate",
    )
    CARD_NOT_VALID = (
        "card_not_valid",
        "Thẻ BHYT trong giấy chứng nhận không có giá trị vào ngày này",
        "The card within is not valid on this day",
    )
    OTHER_PERSON = (
        "other_person",
        "Giấy chứng nhận của người khác",
        "The certificate is another person's",
    )

    def __init__(self, code: str, vi: str, en: str) -> None:
        self.code = code
        self.text = Text(vi, en)


class CertificateRefused(Exception):
    """The certificate must not be relied on. ``detail`` is for developers and holds nothing of it."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.code}: {detail or reason.text.en}")
        self.reason = reason
        self.detail = detail


class KeysRefused(ValueError):
    """What was given as keys is no JWK set of ES256 keys."""
