"""Declared, not paid, seen, reported, paid: what becomes of contributions, and who sees it first."""

import time
from datetime import date

from deploy.demo import scenery
from deploy.demo.coverage import HOSPITAL, desk_knows
from deploy.demo.ending import ended
from deploy.demo.stage import NotAsTold, Stage, expect
from deploy.nation.calendar import today
from deploy.nation.cast import EMPLOYER, EMPLOYER_CODES, Member
from lienthong.client import (
    Asking,
    CoverageAnswer,
    Debts,
    DeclarationLine,
    DeclarationResult,
    FundState,
    Irregularity,
    LedgerMonth,
    LegalState,
    Months,
    OperationState,
    Payment,
    PaymentsResult,
    ReportResult,
    ReportState,
)

EMPLOYER_AGENCY, BANK, INSPECTOR, CITIZENS = "employer-demo", "bank-demo", "inspector-demo", "citizens-demo"
_CODE = EMPLOYER_CODES[EMPLOYER]
_SOON_S = 10.0
_PAUSE_S = 0.05
_BASE_VND = 8_500_000


def new_colleague(stage: Stage) -> list[str]:
    """Declared, accepted at once, carried out a moment later: her ledger shows the month."""
    person = stage.newcomer = scenery.newcomer(stage.stack, today())
    done = ended(stage, EMPLOYER_AGENCY, stage.client(EMPLOYER_AGENCY).submit_declaration([_line(person)]))
    outcome = done.outcome
    if not isinstance(outcome, DeclarationResult):
        raise NotAsTold(f"no result in the operation: {done.error}")
    expect((outcome.accepted, outcome.refused), (1, 0), "accepted and refused lines")
    months = _ledger(stage, person, _this_month())
    expect([m.employer.code for m in months if m.employer], [_CODE], "who declared her this month")
    took = done.finished_at - done.accepted_at if done.finished_at and done.accepted_at else None
    seconds = f"{took.total_seconds() * 1000:.0f} ms" if took else "?"
    return [
        f"202 → [bold]completed[/] {seconds}, tờ khai số / declaration {outcome.declaration_number}",
        f"phải đóng thêm / charged {outcome.charged_vnd or 0:,} VND",
        _month(months[0]),
    ]


def new_card(stage: Stage) -> list[str]:
    """The first conversation between two services: her card is there, and nobody asked for it."""
    person = _newcomer(stage)
    deadline = time.monotonic() + _SOON_S
    answer = _check(stage, person)
    while not answer.covered and time.monotonic() < deadline:
        time.sleep(_PAUSE_S)
        answer = _check(stage, person)
    expect((answer.result_code, answer.covered), ("000", True), "code and cover")
    if answer.card is None:
        raise NotAsTold("no card in the answer")
    return [
        f"[bold]{answer.result_code}[/] {answer.card.card_code}, {answer.card.valid_from} – {answer.card.valid_to}"
    ]


def same_declaration(stage: Stage) -> list[str]:
    """The same file under another name: refused as a whole."""
    again = stage.client(EMPLOYER_AGENCY).submit_declaration([_line(_newcomer(stage))])
    done = ended(stage, EMPLOYER_AGENCY, again, OperationState.FAILED)
    if done.error is None:
        raise NotAsTold("no error in the operation")
    expect(done.error.reason, "ALREADY_DECLARED", "the reason")
    return [f"[bold]{done.error.reason}[/] {done.error.text.vi} / {done.error.text.en}"]


def late_months(stage: Stage) -> list[str]:
    """She is the first to see it: what was not paid for her, and since when."""
    months = _ledger(stage, stage.person(1), stage.made_on.replace(month=1))
    late = [m for m in months if _states(m) == {FundState.LATE}]
    expect(sorted(m.month for m in late), stage.late_months(), "the months that are late")
    return [_month(m) for m in late]


def report(stage: Stage) -> list[str]:
    """Her report is received, and the inspector of the province finds and assigns it."""
    months = stage.late_months()
    said = Irregularity(
        identifier=stage.person(1).personal_id,
        employer_code=_CODE,
        kind="not_paid",
        from_month=months[0],
        to_month=months[-1],
        statement="Công ty trừ lương nhưng không đóng.",
    )
    done = ended(stage, CITIZENS, stage.client(CITIZENS).report_irregularity(said))
    outcome = done.outcome
    if not isinstance(outcome, ReportResult):
        raise NotAsTold(f"no result in the operation: {done.error}")
    expect(outcome.state, ReportState.RECEIVED, "the report's state")
    inspector = stage.client(INSPECTOR)
    advanced = inspector.advance_report(
        outcome.report_id, "assigned", reason="Phân công đoàn thanh tra số 3."
    )
    ended(stage, INSPECTOR, advanced)
    seen = stage.client(CITIZENS).report(outcome.report_id)
    stage.answered(CITIZENS, seen.receipt)
    steps = [step.state for step in seen.report.steps]
    expect(steps[-1], ReportState.ASSIGNED, "the report's last step, as she sees it")
    return [f"phản ánh / report {outcome.report_id}: {' → '.join(step.name.lower() for step in steps)}"]


def debtors(stage: Stage) -> list[str]:
    """The inspector's list holds the unit, its account says why and what each day costs."""
    inspector = stage.client(INSPECTOR)
    read, is_there = 0, False
    for page in inspector.debtor_pages(Debts(page_size=200)):
        stage.answered(INSPECTOR, page.receipt)
        read += len(page.debtors)
        is_there = any(d.employer and d.employer.code == _CODE for d in page.debtors)
        if is_there:
            break
    if not is_there:
        raise NotAsTold(f"{_CODE} is not among the {read} debtors")
    account = inspector.statement(_CODE, days=1)
    stage.answered(INSPECTOR, account.receipt)
    if account.state not in {LegalState.LATE, LegalState.EVASION}:
        raise NotAsTold(f"the account's state is {account.state.name}")
    day = account.interest_days[-1].interest_vnd if account.interest_days else 0
    return [
        f"{read} đơn vị đã đọc / units read; [bold]{_CODE}[/] {account.state.name.lower()}",
        (
            f"nợ gốc / principal {account.late_vnd or 0:,} VND, lãi / interest {account.interest_vnd or 0:,} VND"
            f" (+{day:,} mỗi ngày / a day), còn {account.days_to_evasion} ngày đến ngày thứ 60 / days to day 60"
        ),
    ]


def payment(stage: Stage) -> list[str]:
    """The bank hands in what it collected: arrears and interest. Her months are paid, late."""
    account = stage.client(INSPECTOR).statement(_CODE)
    stage.answered(INSPECTOR, account.receipt)
    amount = (account.late_vnd or 0) + (account.due_vnd or 0) + (account.interest_vnd or 0)
    paid = Payment(
        employer_code=_CODE, value_date=today(), amount_vnd=amount, reference=f"DEMO-{time.time_ns()}"
    )
    ended(stage, BANK, stage.client(BANK).record_payments([paid]))
    months = _ledger(stage, stage.person(1), stage.made_on.replace(month=1))
    late = {m.month: _states(m) for m in months if m.month in stage.late_months()}
    expect(late, {month: {FundState.PAID_LATE} for month in stage.late_months()}, "what was late")
    again = ended(
        stage, BANK, stage.client(BANK).record_payments([paid], idempotency_key=f"{time.time_ns()}")
    )
    refused = again.outcome.refusals if isinstance(again.outcome, PaymentsResult) else ()
    expect([r.reason for r in refused], ["REFERENCE_COUNTED"], "the same payment once more")
    return [
        f"{amount:,} VND, {paid.reference}",
        *(_month(m) for m in months if m.month in late),
        f"gửi lại / sent again: [bold]{refused[0].reason}[/] {refused[0].text.vi} / {refused[0].text.en}",
    ]


def _line(person: Member) -> DeclarationLine:
    return DeclarationLine(
        kind="increase",
        identifier=person.personal_id,
        full_name=person.full_name,
        from_month=_this_month().strftime("%Y-%m"),
        base_vnd=_BASE_VND,
        position="Công nhân chế biến",
    )


def _newcomer(stage: Stage) -> Member:
    if stage.newcomer is None:
        raise NotAsTold("nobody was declared")
    return stage.newcomer


def _ledger(stage: Stage, person: Member, since: date) -> list[LedgerMonth]:
    """Her own ledger, asked by herself through the citizens' portal."""
    asked = Months(identifier=person.personal_id, from_month=f"{since:%Y-%m}")
    months: list[LedgerMonth] = []
    for page in stage.client(CITIZENS).ledger_pages(asked, asking=Asking(staff=person.personal_id)):
        stage.answered(CITIZENS, page.receipt)
        months += page.months
    return months


def _check(stage: Stage, person: Member) -> CoverageAnswer:
    desk = desk_knows(person)
    answer = stage.client(HOSPITAL).check_coverage(desk.identifier, full_name=desk.full_name, born=desk.born)
    stage.answered(HOSPITAL, answer.receipt)
    return answer


def _this_month() -> date:
    return today().replace(day=1)


def _states(month: LedgerMonth) -> set[FundState]:
    return {fund.state for fund in month.funds}


def _month(month: LedgerMonth) -> str:
    states = "+".join(sorted(state.name.lower() for state in _states(month)))
    colour = {"late": "red", "due": "yellow"}.get(states, "green")
    owed = sum((fund.employer_vnd or 0) + (fund.employee_vnd or 0) for fund in month.funds)
    days = max((fund.days_late for fund in month.funds), default=0)
    told = f", {days} ngày / days" if days else ""
    return f"{month.month}  [{colour}]{states:<9}[/]  {month.base_vnd or 0:>11,} VND → {owed:>10,} VND{told}"
