"""The story, step by step: who asks what, and what must come out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from deploy.demo import (
    arrears,
    coverage,
    deliveries,
    evidence,
    fhir,
    offline,
    people,
    tables,
    treatment,
    trust,
)
from deploy.demo.stage import Stage

Play: TypeAlias = Callable[[Stage], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. ``play`` returns the lines to show, or raises NotAsTold."""

    vi: str
    en: str
    who: str
    asks: str
    play: Play


STORY = (
    Step(
        vi="Tiếp đón: thẻ còn giá trị",
        en="Admission: a valid card",
        who="hospital-demo",
        asks="coverage:check – Trần Thị Hồng Nhung, 001190000017",
        play=coverage.valid_card,
    ),
    Step(
        vi="Gõ sai tên người bệnh",
        en="The same person, her name misspelt",
        who="hospital-demo",
        asks="coverage:check – Trần Thị Hồng Nhun, 001190000017",
        play=coverage.misspelt_name,
    ),
    Step(
        vi="Thẻ đã hết hạn",
        en="An expired card",
        who="hospital-demo",
        asks="coverage:check – Nguyễn Văn Bình, 001085000025",
        play=coverage.expired_card,
    ),
    Step(
        vi="Thẻ cũ hết hạn, đã cấp thẻ mới",
        en="A card that was replaced",
        who="hospital-demo",
        asks="coverage:check – Vũ Minh Đức, thẻ cũ GD4313100000066",
        play=coverage.replaced_card,
    ),
    Step(
        vi="Gửi lại nguyên văn một yêu cầu đã ký",
        en="A replay: the very same signed bytes, twice",
        who="hospital-demo",
        asks="coverage:check – Trần Thị Hồng Nhung, ×2",
        play=trust.replay,
    ),
    Step(
        vi="Sửa nội dung sau khi ký",
        en="A body changed after it was signed",
        who="hospital-demo",
        asks="coverage:check – signed for 001190000017, sent for 001085000025",
        play=trust.tampered_body,
    ),
    Step(
        vi="Khoá bị thu hồi",
        en="A second key, registered, used and revoked",
        who="hospital-demo",
        asks="coverage:check – before and after the revocation",
        play=trust.revoked_key,
    ),
    Step(
        vi="Bộ hỏi thẻ BHYT của một người: không có quyền",
        en="A ministry asks for a person's coverage",
        who="ministry-demo",
        asks="coverage:check – Trần Thị Hồng Nhung, 001190000017",
        play=people.ministry_refused,
    ),
    Step(
        vi="Bộ xác minh nhân thân: chỉ thấy kết quả",
        en="The ministry verifies who she is, and sees only the outcome",
        who="ministry-demo",
        asks="identity:verify – name, date of birth right; sex wrong",
        play=people.ministry_verifies,
    ),
    Step(
        vi="Đơn vị xem quá trình đóng của người lao động",
        en="An employer looks at its employee's contributions",
        who="employer-demo",
        asks="contributions:listMonths – Trần Thị Hồng Nhung, this year",
        play=people.employee_months,
    ),
    Step(
        vi="Đơn vị hỏi người lao động của đơn vị khác",
        en="The employer asks about somebody else's employee",
        who="employer-demo",
        asks="contributions:listMonths – Hồ Văn Nam, 074080000040",
        play=people.other_employers_person,
    ),
    Step(
        vi="Đơn vị báo tăng một người lao động mới",
        en="The employer declares a new colleague",
        who="employer-demo",
        asks="declarations – one line; then her own ledger, through the citizens' portal",
        play=arrears.new_colleague,
    ),
    Step(
        vi="Thẻ BHYT của người mới được mở tự động",
        en="Her health card was opened by what contributions told health claims",
        who="hospital-demo",
        asks="coverage:check – the new colleague",
        play=arrears.new_card,
    ),
    Step(
        vi="Nộp lại đúng tờ khai đó",
        en="The same declaration again, under another name",
        who="employer-demo",
        asks="declarations – the same line",
        play=arrears.same_declaration,
    ),
    Step(
        vi="Người lao động là người đầu tiên thấy tháng chưa đóng",
        en="The employee is the first to see what was not paid",
        who="citizens-demo",
        asks="contributions:ledger – Trần Thị Hồng Nhung, her own",
        play=arrears.late_months,
    ),
    Step(
        vi="Người lao động phản ánh, cơ quan BHXH phân công xử lý",
        en="She reports it, and it is assigned",
        who="citizens-demo",
        asks="reports – not paid; inspector-demo: reports:advance",
        play=arrears.report,
    ),
    Step(
        vi="Cơ quan BHXH xem đơn vị chậm đóng trong tỉnh",
        en="The inspector looks at the debtors of the province",
        who="inspector-demo",
        asks="debtors:list, employers:statement – 0100000001DNA03",
        play=arrears.debtors,
    ),
    Step(
        vi="Ngân hàng ghi nhận tiền đóng: nợ và tiền lãi",
        en="A bank records what was paid: the arrears and their interest",
        who="bank-demo",
        asks="payments:record – then her ledger, and the same payment again",
        play=arrears.payment,
    ),
    Step(
        vi="Mức hưởng của lần khám này, và vì sao",
        en="What the fund pays for this visit, and why",
        who="hospital-demo",
        asks="coverage:check – Trần Thị Hồng Nhung, outpatient, 1,250,000 VND",
        play=treatment.visit_pays,
    ),
    Step(
        vi="Cùng người đó tự đến bệnh viện tỉnh khác",
        en="The same person, on her own at a hospital of another province",
        who="hospital-b-demo",
        asks="coverage:check – Trần Thị Hồng Nhung, outpatient, self-visit, 1,250,000 VND",
        play=treatment.self_visit_pays,
    ),
    Step(
        vi="Cùng câu hỏi đó bằng FHIR R4",
        en="The same question in FHIR R4",
        who="hospital-demo",
        asks="POST /fhir/R4/CoverageEligibilityRequest – Trần Thị Hồng Nhung, 1,250,000 VND",
        play=fhir.eligibility,
    ),
    Step(
        vi="Vào viện",
        en="She is admitted",
        who="hospital-demo",
        asks="stays:open – Trần Thị Hồng Nhung",
        play=treatment.admitted,
    ),
    Step(
        vi="Gửi hồ sơ đề nghị thanh toán",
        en="The claim file: one dossier is accepted, one refused with its findings",
        who="hospital-demo",
        asks="claims – XML 130/3176, two dossiers",
        play=treatment.claim_file,
    ),
    Step(
        vi="Bệnh viện thứ hai xem lịch sử khám chữa bệnh",
        en="A second hospital, after its own check, sees her history and the drugs that double",
        who="hospital-b-demo",
        asks="history:list, history:drugs – Trần Thị Hồng Nhung",
        play=treatment.history_at_second,
    ),
    Step(
        vi="Bệnh viện thứ ba: người bệnh không ở đó",
        en="A third hospital, where she is not",
        who="hospital-c-demo",
        asks="history:list – Trần Thị Hồng Nhung",
        play=treatment.history_refused,
    ),
    Step(
        vi="Cấp cứu: được xem, và bị xem xét lại",
        en="An emergency breaks the glass, and the auditor finds it",
        who="hospital-c-demo",
        asks="history:list – purpose emergency; auditor-demo: audit:listEntries",
        play=treatment.break_glass,
    ),
    Step(
        vi="Người dân xem lịch sử và chi phí của chính mình",
        en="She sees all of her own, with who paid what",
        who="citizens-demo",
        asks="history:list – her own",
        play=treatment.own_history,
    ),
    Step(
        vi="Bộ tự lấy số liệu: người tham gia theo tháng",
        en="The ministry pulls a table by itself: participants by month",
        who="ministry-demo",
        asks="statistics – DF_PARTICIPANTS, the country, the last three months",
        play=tables.total_over_time,
    ),
    Step(
        vi="Ô quá nhỏ không được nêu",
        en="A cell of few people is not told, and no total gives it away",
        who="ministry-demo",
        asks="statistics – DF_PARTICIPANTS, women of 50 to 54, by province",
        play=tables.small_cell,
    ),
    Step(
        vi="Biểu đồ theo tỉnh",
        en="A picture by province",
        who="ministry-demo",
        asks="statistics – DF_PARTICIPANTS by province, as bars",
        play=tables.picture,
    ),
    Step(
        vi="Số liệu gửi định kỳ: đăng ký, nhận, kiểm tra khi không có mạng",
        en="Delivered each month: subscribed to, fetched, and verified without a line",
        who="ministry-demo",
        asks="subscriptions:create – DF_PARTICIPANTS, the two months that closed last; deliveries; deliveryFiles",
        play=deliveries.scheduled,
    ),
    Step(
        vi="Giấy chứng nhận dạng mã QR, và máy nối tại bệnh viện",
        en="A certificate as a QR code, and the connector at the hospital",
        who="hospital-demo",
        asks="coverage:certificate; lienthong connect – a check by the line",
        play=offline.certificate,
    ),
    Step(
        vi="Mất đường truyền: vẫn tiếp đón người bệnh",
        en="The line is down: the certificate is verified, answers are provisional",
        who="hospital-demo",
        asks="lienthong certificate verify; connector: /check – every gateway is stopped",
        play=offline.line_down,
    ),
    Step(
        vi="Có lại đường truyền: tự kiểm tra lại, nêu điều đã thay đổi",
        en="The line is back: what was provisional is checked again, and what changed is listed",
        who="hospital-demo",
        asks="connector: /provisional",
        play=offline.line_back,
    ),
    Step(
        vi="Nhật ký: mọi việc trên đều đã được ghi",
        en="The audit log: all of it is there",
        who="auditor-demo",
        asks="audit:listEntries – each request id of this story",
        play=evidence.audit_entries,
    ),
)
