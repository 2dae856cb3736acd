"""From the desk to the claim file and to the next doctor: what the fund pays, who is admitted, what was done."""

import time
from datetime import timedelta

from deploy.demo import scenery
from deploy.demo.coverage import HOSPITAL, desk_knows
from deploy.demo.ending import ended
from deploy.demo.stage import NotAsTold, Stage, expect
from deploy.nation import claim_files
from deploy.nation.calendar import today
from deploy.nation.cast_visits import patient
from deploy.nation.claim_files import Dossier, moment
from deploy.nation.treatments import BED_DAY, BLOOD_COUNT, ECG, EXAMINATION, TREATMENTS
from lienthong.client import (
    Admission,
    Asking,
    Benefit,
    ClaimsResult,
    CoverageAnswer,
    DossierState,
    Entries,
    HistoryAccess,
    NotAllowed,
    OpenedStay,
    PastVisit,
    Visit,
    VisitPage,
    Visits,
)
from lienthong.clock import VIETNAM

SECOND, THIRD, CITIZENS, AUDITOR = "hospital-b-demo", "hospital-c-demo", "citizens-demo", "auditor-demo"
COST_VND = 1_250_000
_HYPERTENSION = TREATMENTS[0]
_CLAIMS = Asking(purpose="claims")


def visit_pays(stage: Stage) -> list[str]:
    """Where she is registered: 80 % of the cost, and the rules that say so."""
    answer = _check(stage, HOSPITAL, Visit(kind="outpatient", cost_vnd=COST_VND))
    benefit = _benefit(answer)
    expect(
        (benefit.fund_basis_points, benefit.route), (8_000, "registered"), "what the fund pays, and the route"
    )
    return _told(benefit)


def self_visit_pays(stage: Stage) -> list[str]:
    """In another province without a slip: half of what the card pays, at a hospital that was provincial."""
    benefit = _benefit(_check(stage, SECOND, Visit(kind="outpatient", reason="self", cost_vnd=COST_VND)))
    expect(
        (benefit.level_percent, benefit.route_percent, benefit.fund_basis_points),
        (80, 50, 4_000),
        "the percentages",
    )
    return _told(benefit)


def admitted(stage: Stage) -> list[str]:
    """Check-in: accepted at once, done a moment later."""
    person = stage.person(1)
    stage.treatment_code = f"{scenery.TREATMENT_PREFIX}{time.time_ns()}"
    admission = Admission(person=desk_knows(person), treatment_code=stage.treatment_code)
    done = ended(stage, HOSPITAL, stage.client(HOSPITAL).open_stay(admission))
    if not isinstance(done.outcome, OpenedStay) or done.outcome.opened_at is None:
        raise NotAsTold(f"no stay in the operation: {done.error}")
    return [f"đợt điều trị / treatment {done.outcome.treatment_code}, {done.outcome.opened_at:%H:%M:%S}Z"]


def claim_file(stage: Stage) -> list[str]:
    """Two dossiers in one file: one is accepted, the other refused with what is wrong in it."""
    right, wrong = (
        _dossier(stage, 1, stage.treatment_code),
        _dossier(stage, 6, f"{stage.treatment_code}-2", "T_BHTT"),
    )
    file = claim_files.claim_file("01001", [right, wrong], made_on=today())
    client = stage.client(HOSPITAL)
    done = ended(stage, HOSPITAL, client.submit_claims(file, asking=_CLAIMS), asking=_CLAIMS)
    result = done.outcome
    if not isinstance(result, ClaimsResult):
        raise NotAsTold(f"no result in the operation: {done.error}")
    states = [outcome.state for outcome in result.outcomes]
    expect(states, [DossierState.ACCEPTED, DossierState.REFUSED], "what became of the dossiers")
    accepted, refused = result.outcomes
    expect(accepted.fund_computed_vnd, right.fund_vnd, "the fund's share by the rules")
    if not refused.findings:
        raise NotAsTold("the refused dossier has no finding")
    found = [f"{f.table} {f.field} [bold]{f.code}[/] {f.text.vi} / {f.text.en}" for f in refused.findings[:3]]
    return [
        f"{len(file):,} octets: {result.accepted} nhận / accepted, {result.refused} từ chối / refused",
        (
            f"[green]{accepted.treatment_code}[/] quỹ trả / fund pays {accepted.fund_declared_vnd or 0:,} VND,"
            f" tính lại / recomputed {accepted.fund_computed_vnd or 0:,} VND"
        ),
        *(f"[red]{refused.treatment_code}[/] {line}" for line in found),
    ]


def history_at_second(stage: Stage) -> list[str]:
    """The next hospital has checked her card: it sees what the first has just done, and the drug that doubles."""
    page = _history(stage, SECOND, Asking())
    expect(page.access, HistoryAccess.CHECKED, "why it may see")
    expect(page.visits[0].facility_code, "01001", "where the newest visit was")
    drugs = stage.client(SECOND).running_drugs(stage.person(1).personal_id)
    stage.answered(SECOND, drugs.receipt)
    doubled = sorted({one.drug.name for one in drugs.drugs if one.overlaps})
    expect(doubled, sorted(drug.name for drug in _HYPERTENSION.drugs), "drugs of the same substance twice")
    return [*_visits(page), f"trùng hoạt chất / the same substance twice: [yellow]{', '.join(doubled)}[/]"]


def history_refused(stage: Stage) -> list[str]:
    """A hospital where she is not: no check, no stay, no history."""
    try:
        stage.client(THIRD).visit_page(Visits(identifier=stage.person(1).personal_id))
    except NotAllowed as error:
        return [stage.refused(THIRD, error, "row_denied", 403)]
    raise NotAsTold("the third hospital was answered")


def break_glass(stage: Stage) -> list[str]:
    """Life at risk: it is shown, and the auditor finds who broke the glass."""
    began = stage.clock()
    page = _history(stage, THIRD, Asking(purpose="emergency", staff="bs-cap-cuu"))
    expect(page.access, HistoryAccess.EMERGENCY, "why it may see")
    asked = Entries(agency_id=THIRD, purpose="emergency", since=began - timedelta(seconds=1))
    entries = stage.client(AUDITOR).audit_page(asked)
    stage.answered(AUDITOR, entries.receipt)
    request_id = page.receipt.request_id if page.receipt else ""
    listed = [entry for entry in entries.entries if entry.request_id == request_id]
    if len(listed) != 1 or {entry.purpose for entry in entries.entries} != {"emergency"}:
        raise NotAsTold("the auditor's list does not hold the break-glass access alone")
    return [
        *_visits(page)[:1],
        f"để xem xét / for review: {listed[0].agency_id}, {listed[0].staff}, {request_id}",
    ]


def own_history(stage: Stage) -> list[str]:
    """She sees all of her own, with what it cost and who paid."""
    person = stage.person(1)
    page = _history(stage, CITIZENS, Asking(staff=person.personal_id))
    expect(page.access, HistoryAccess.OWN_DATA, "why she may see")
    paid = sum(visit.fund_vnd or 0 for visit in page.visits)
    own = sum((visit.copay_vnd or 0) + (visit.patient_vnd or 0) for visit in page.visits)
    return [*_visits(page), f"quỹ đã trả / the fund paid {paid:,} VND, tự trả / herself {own:,} VND"]


def _check(stage: Stage, agency: str, visit: Visit) -> CoverageAnswer:
    person = desk_knows(stage.person(1), visit=visit)
    answer = stage.client(agency).check(person)
    stage.answered(agency, answer.receipt)
    expect((answer.result_code, answer.covered), ("000", True), "code and cover")
    return answer


def _benefit(answer: CoverageAnswer) -> Benefit:
    if answer.benefit is None or answer.benefit.split is None:
        raise NotAsTold("the answer does not say what the fund pays")
    split = answer.benefit.split
    expect(split.fund_vnd + split.copay_vnd + split.patient_vnd, COST_VND, "the parts together")
    return answer.benefit


def _told(benefit: Benefit) -> list[str]:
    split, copay = benefit.split, benefit.copay
    if split is None or copay is None:
        raise NotAsTold("no split or no sum of the year")
    return [
        (
            f"[bold]{benefit.fund_basis_points / 100:g} %[/] = {benefit.level_percent} %"
            f" × {benefit.route_percent} % ({benefit.route})"
        ),
        (
            f"{split.cost_vnd:,} VND = quỹ / fund {split.fund_vnd:,} + cùng chi trả / copay {split.copay_vnd:,}"
            f" + tự trả / patient {split.patient_vnd:,}"
        ),
        f"cùng chi trả năm {copay.year} / paid this year {copay.paid_vnd:,}, còn / left {copay.left_vnd:,} VND",
        *(f"[dim]{step.text.vi} ({step.legal_basis})[/]" for step in benefit.steps),
    ]


def _history(stage: Stage, agency: str, asking: Asking) -> VisitPage:
    page = stage.client(agency).visit_page(Visits(identifier=stage.person(1).personal_id), asking=asking)
    stage.answered(agency, page.receipt)
    if not page.visits:
        raise NotAsTold("no visit is shown")
    return page


def _visits(page: VisitPage) -> list[str]:
    return [_visit(visit) for visit in page.visits[:4]]


def _visit(visit: PastVisit) -> str:
    came = f"{visit.admitted_at:%d/%m/%Y}" if visit.admitted_at else "?"
    return (
        f"{came} {visit.facility_code} {visit.facility_name}: {visit.main_diagnosis} {visit.diagnosis_text}, "
        f"{visit.cost_vnd or 0:,} VND"
    )


def _dossier(stage: Stage, person_id: int, treatment_code: str, wrong: str = "") -> Dossier:
    """Three days in hospital that ended just now; ``wrong`` names a sum that does not add up."""
    member = stage.person(person_id)
    left = stage.clock().astimezone(VIETNAM).replace(second=0, microsecond=0)
    came = min(left - timedelta(minutes=1), moment(left.date(), 0, 1))
    return Dossier(
        treatment_code=treatment_code,
        facility_code="01001",
        patient=patient(member),
        admitted_at=came,
        discharged_at=left,
        diagnosis=_HYPERTENSION.diagnosis,
        diagnosis_text=_HYPERTENSION.text,
        drugs=_HYPERTENSION.drugs,
        services=[EXAMINATION, ECG, BLOOD_COUNT, BED_DAY],
        visit_kind=claim_files.INPATIENT,
        patient_kind=claim_files.RIGHT_ROUTE if person_id == 1 else claim_files.EMERGENCY,
        changed={wrong: "1"} if wrong else {},
    )
