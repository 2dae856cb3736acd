"""Why an operation failed, in both languages of the system: one row for each code of the contracts."""

from collections.abc import Mapping

_TEXTS: Mapping[str, tuple[str, str]] = {
    "INVALID_ARGUMENT": ("Dữ liệu không hợp lệ", "A field is missing or wrong"),
    "ROW_DENIED": ("Không có quyền đối với hồ sơ này", "This record is not yours to change"),
    "EMPLOYER_UNKNOWN": ("Không có đơn vị mang mã này", "Nobody has this unit code"),
    "EMPLOYER_EXISTS": ("Mã đơn vị đã đăng ký với thông tin khác", "The unit is registered with other data"),
    "ALREADY_DECLARED": (
        "Đơn vị đã nộp đúng bản kê khai này",
        "The unit declared exactly these lines before",
    ),
    "DOCUMENT_RECORDED": ("Văn bản này đã được ghi nhận", "This document is recorded already"),
    "NEVER_DECLARED": (
        "Đơn vị chưa từng kê khai người này",
        "The unit never declared this person",
    ),
    "REPORT_UNKNOWN": ("Không tìm thấy phản ánh", "There is no such report"),
    "STEP_OUT_OF_ORDER": (
        "Phản ánh không thể chuyển sang bước này",
        "The report cannot take this step now",
    ),
    "FILE_TYPE": ("Tệp không phải hồ sơ khám chữa bệnh dạng XML", "The file is not a claim file"),
    "FILE_MALFORMED": ("Tệp hồ sơ không đọc được", "The claim file cannot be read"),
    "FILE_LIMIT": ("Tệp hồ sơ vượt giới hạn cho phép", "The claim file exceeds a bound"),
    "HOLDER_NOT_FOUND": (
        "Không tìm thấy người tham gia khớp với thông tin đã nêu",
        "Nobody has this identifier with this name and date of birth",
    ),
    "STAY_OPEN": ("Người bệnh đang có đợt điều trị tại cơ sở này", "A stay of this person is open here"),
    "STAY_UNKNOWN": ("Không có đợt điều trị mang mã này", "There is no such stay"),
    "TREATMENT_TAKEN": (
        "Mã lần điều trị đã dùng cho người khác",
        "The treatment code is another person's",
    ),
    "DEADLINE_EXCEEDED": ("Quá thời hạn xử lý", "It was not begun in time"),
}


def text_of(reason: str, message: str) -> tuple[str, str]:
    """Vietnamese and English. ``message``, for developers, stands in for a code without a row."""
    return _TEXTS.get(reason, (message, message))
