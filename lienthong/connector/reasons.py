"""Why an answer is provisional, or why there is none: a stable code with a text for the desk."""

from enum import Enum


class Reason(Enum):
    """``code`` is stable."""

    CERTIFICATE = (
        "certificate",
        "Mất kết nối: trả lời theo giấy chứng nhận người bệnh xuất trình; sẽ tự kiểm tra lại",
        "The line is down: answered from the certificate presented; will be checked again",
    )
    KEPT = (
        "kept",
        "Mất kết nối: trả lời theo kết quả lần kiểm tra gần nhất; sẽ tự kiểm tra lại",
        "The line is down: answered from the last answer kept; will be checked again",
    )
    LINE_DOWN = (
        "line_down",
        "Mất kết nối, chưa có kết quả cũ và không có giấy chứng nhận",
        "The line is down, no earlier answer is kept and no certificate was presented",
    )
    CERTIFICATE_REFUSED = (
        "certificate_refused",
        "Mất kết nối và giấy chứng nhận không được chấp nhận",
        "The line is down, and the certificate is refused",
    )
    NO_KEYS = (
        "no_keys",
        "Mất kết nối và máy này chưa có khoá để kiểm tra giấy chứng nhận",
        "The line is down, and no keys are here to verify certificates with",
    )
    FULL = (
        "full",
        "Quá nhiều kết quả tạm thời đang chờ kiểm tra lại",
        "Too many provisional answers wait to be checked again",
    )
    NOT_RECORDED = (
        "not_recorded",
        "Không ghi được bằng chứng nên không trả lời tạm thời",
        "The evidence could not be written down, so no provisional answer is given",
    )
    NOT_TRUSTED = (
        "not_trusted",
        "Trả lời không mang chữ ký đúng của cổng: không sử dụng",
        "The answer does not carry the gateway's signature: not used",
    )
    NOT_CONFIGURED = (
        "not_configured",
        "Cấu hình của cơ sở chưa đầy đủ",
        "The agency's settings do not allow this question",
    )
    NO_LINE = ("no_line", "Mất kết nối với cổng", "The gateway cannot be reached")
    TOKEN = ("token", "Thiếu hoặc sai mã truy cập của máy này", "The token is missing or wrong")
    MALFORMED = ("malformed", "Yêu cầu sai cấu trúc", "The request is malformed")
    TOO_LARGE = ("too_large", "Yêu cầu quá lớn", "The request is too large")
    NOT_FOUND = ("not_found", "Không tìm thấy", "Not found")

    def __init__(self, code: str, vi: str, en: str) -> None:
        self.code = code
        self.vi = vi
        self.en = en

    def document(self) -> dict[str, str]:
        """For JSON."""
        return {"code": self.code, "vi": self.vi, "en": self.en}
