"""Who may see what of a person: a ministry, her employer, another employer."""

from deploy.demo.coverage import desk_knows
from deploy.demo.stage import NotAsTold, Stage, expect
from deploy.nation.cast import EMPLOYER, EMPLOYER_CODES
from lienthong.client import (
    Asking,
    ContributionMonth,
    FieldOutcome,
    IdentityResult,
    Months,
    NotAllowed,
    PaymentState,
)

MINISTRY, EMPLOYER_AGENCY = "ministry-demo", "employer-demo"


def ministry_refused(stage: Stage) -> list[str]:
    """No grant for coverage: 403, whatever the ministry calls its purpose."""
    person = desk_knows(stage.person(1))
    client = stage.client(MINISTRY)
    try:
        client.check_coverage(
            person.identifier,
            full_name=person.full_name,
            born=person.born,
            asking=Asking(purpose="admission"),
        )
    except NotAllowed as error:
        return [stage.refused(MINISTRY, error, "scope_denied", 403)]
    raise NotAsTold("the ministry was answered")


def ministry_verifies(stage: Stage) -> list[str]:
    """The outcome of each field, and no stored value."""
    person = stage.person(1)
    client = stage.client(MINISTRY)
    answer = client.verify_identity(
        person.personal_id, full_name=person.full_name, born=person.born, sex="male"
    )
    stage.answered(MINISTRY, answer.receipt)
    expect(answer.result, IdentityResult.PARTIAL, "the outcome")
    outcomes = (answer.full_name, answer.born, answer.sex)
    expect(outcomes, (FieldOutcome.MATCH, FieldOutcome.MATCH, FieldOutcome.MISMATCH), "the fields")
    body = answer.receipt.body.decode() if answer.receipt else ""
    for value in (person.full_name, person.born, person.personal_id, person.si_number, "person"):
        if value in body:
            raise NotAsTold(f"{value!r} stands in the answer")
    names = ("họ tên / name", "ngày sinh / born", "giới tính / sex")
    told = ", ".join(f"{n}: {o.name.lower()}" for n, o in zip(names, outcomes, strict=True))
    return [f"[bold]{answer.result.name.lower()}[/] {answer.result_text.vi} / {answer.result_text.en}", told]


def employee_months(stage: Stage) -> list[str]:
    """Month by month with her employer; the unpaid months stand out."""
    since = stage.made_on.replace(month=1)
    asked = Months(identifier=stage.person(1).personal_id, from_month=f"{since:%Y-%m}", page_size=5)
    months: list[ContributionMonth] = []
    pages = 0
    client = stage.client(EMPLOYER_AGENCY)
    for page in client.contribution_pages(asked):
        stage.answered(EMPLOYER_AGENCY, page.receipt)
        months += page.months
        pages += 1
    expect({m.employer.code for m in months if m.employer}, {EMPLOYER_CODES[EMPLOYER]}, "the employers")
    unpaid = sorted(m.month for m in months if m.state is PaymentState.UNPAID)
    expect(unpaid, stage.late_months(), "the unpaid months")
    listed = [_month(m) for m in months[:6]]
    return [*listed, f"… {len(months)} tháng / months, {pages} trang / pages; unpaid: {', '.join(unpaid)}"]


def other_employers_person(stage: Stage) -> list[str]:
    """The row rule: she never worked here."""
    client = stage.client(EMPLOYER_AGENCY)
    try:
        client.contribution_page(Months(identifier=stage.person(13).personal_id))
    except NotAllowed as error:
        return [stage.refused(EMPLOYER_AGENCY, error, "row_denied", 403)]
    raise NotAsTold("the employer was answered")


def _month(month: ContributionMonth) -> str:
    schemes = ", ".join(s.removeprefix("SCHEME_").lower() for s in month.schemes)
    colour = {PaymentState.UNPAID: "red", PaymentState.DUE: "yellow"}.get(month.state, "green")
    return f"{month.month}  [{colour}]{month.state.name.lower():<6}[/]  {month.base_vnd or 0:>11,} VND  {schemes}"
