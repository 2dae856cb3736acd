"""The SDK's routes and answer types are those of the contract, field by field."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from google.protobuf import json_format

from lienthong.access.contract import load_contract
from lienthong.client import (
    accounts,
    answers,
    commands,
    deliveries,
    health,
    health_questions,
    operations,
    questions,
)
from vss.audit.v1 import audit_pb2
from vss.contributions.v1 import commands_pb2, contributions_pb2
from vss.deliveries.v1 import deliveries_pb2
from vss.health_claims.v1 import claims_pb2, health_claims_pb2, history_pb2
from vss.identity.v1 import identity_pb2
from vss.operations.v1 import operations_pb2

MODULES: tuple[Any, ...] = (
    audit_pb2,
    claims_pb2,
    commands_pb2,
    contributions_pb2,
    deliveries_pb2,
    health_claims_pb2,
    history_pb2,
    identity_pb2,
    operations_pb2,
)


def test_the_client_knows_every_route_and_no_other() -> None:
    contract = load_contract(module.DESCRIPTOR for module in MODULES)
    assert {*questions.paths(), *commands.paths(), *health_questions.paths(), *deliveries.paths()} == {
        c.path for c in contract.capabilities
    }


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (answers.CoverageAnswer, health_claims_pb2.CheckCoverageResponse),
        (answers.BatchCoverageAnswer, health_claims_pb2.BatchCheckCoverageResponse),
        (answers.DatedCoverageAnswer, health_claims_pb2.GetCoverageResponse),
        (answers.Card, health_claims_pb2.Card),
        (answers.Facility, health_claims_pb2.Facility),
        (answers.IdentityAnswer, identity_pb2.VerifyIdentityResponse),
        (answers.ContributionPage, contributions_pb2.ListContributionMonthsResponse),
        (answers.ContributionMonth, contributions_pb2.ContributionMonth),
        (accounts.LedgerPage, contributions_pb2.GetLedgerResponse),
        (accounts.LedgerMonth, contributions_pb2.LedgerMonth),
        (accounts.FundMonth, contributions_pb2.FundMonth),
        (accounts.SchemeTotal, contributions_pb2.SchemeTotal),
        (accounts.Gap, contributions_pb2.Gap),
        (accounts.LawRow, contributions_pb2.LawRow),
        (accounts.Statement, contributions_pb2.GetEmployerStatementResponse),
        (accounts.StatementMonth, contributions_pb2.StatementMonth),
        (accounts.InterestDay, contributions_pb2.InterestDay),
        (accounts.StateReason, contributions_pb2.StateReason),
        (accounts.DebtorPage, contributions_pb2.ListDebtorsResponse),
        (accounts.Debtor, contributions_pb2.Debtor),
        (accounts.ReportAnswer, contributions_pb2.GetReportResponse),
        (accounts.ReportPage, contributions_pb2.ListReportsResponse),
        (accounts.Report, contributions_pb2.Report),
        (accounts.ReportStep, contributions_pb2.ReportStep),
        (operations.OperationAnswer, operations_pb2.GetOperationResponse),
        (operations.OperationPage, operations_pb2.ListOperationsResponse),
        (operations.Operation, operations_pb2.Operation),
        (operations.OperationError, operations_pb2.OperationError),
        (operations.FieldError, operations_pb2.FieldError),
        (operations.LineRefusal, commands_pb2.LineRefusal),
        (operations.DeclarationResult, commands_pb2.SubmitDeclarationResponse),
        (operations.PaymentsResult, commands_pb2.RecordPaymentsResponse),
        (operations.EmployerResult, commands_pb2.RegisterEmployerResponse),
        (operations.UrgeResult, commands_pb2.UrgePaymentResponse),
        (operations.ReportResult, commands_pb2.ReportIrregularityResponse),
        (operations.AdvanceResult, commands_pb2.AdvanceReportResponse),
        (answers.Benefit, health_claims_pb2.Benefit),
        (answers.Split, health_claims_pb2.Split),
        (answers.Copay, health_claims_pb2.Copay),
        (answers.Step, health_claims_pb2.Step),
        (answers.Notice, health_claims_pb2.Notice),
        (answers.Change, health_claims_pb2.Change),
        (health.CertificateAnswer, health_claims_pb2.IssueCertificateResponse),
        (health.VisitPage, history_pb2.ListVisitsResponse),
        (health.PastVisit, history_pb2.PastVisit),
        (health.VisitAnswer, history_pb2.GetVisitResponse),
        (health.DrugLine, history_pb2.DrugLine),
        (health.ServiceLine, history_pb2.ServiceLine),
        (health.RunningDrugs, history_pb2.ListRunningDrugsResponse),
        (health.RunningDrug, history_pb2.RunningDrug),
        (health.SensitiveVisits, history_pb2.ListSensitiveVisitsResponse),
        (health.SensitiveVisit, history_pb2.SensitiveVisit),
        (health.OpenedStay, claims_pb2.OpenStayResponse),
        (health.ClosedStay, claims_pb2.CloseStayResponse),
        (health.ClaimsResult, claims_pb2.SubmitClaimsResponse),
        (health.DossierOutcome, claims_pb2.DossierOutcome),
        (health.Finding, claims_pb2.Finding),
        (deliveries.SubscriptionAnswer, deliveries_pb2.SubscribeResponse),
        (deliveries.SubscriptionAnswer, deliveries_pb2.UnsubscribeResponse),
        (deliveries.Subscriptions, deliveries_pb2.ListSubscriptionsResponse),
        (deliveries.Subscription, deliveries_pb2.Subscription),
        (deliveries.DeliveryPage, deliveries_pb2.ListDeliveriesResponse),
        (deliveries.DeliveryAnswer, deliveries_pb2.GetDeliveryResponse),
        (deliveries.Delivery, deliveries_pb2.Delivery),
        (deliveries.DeliveryFile, deliveries_pb2.DeliveryFile),
        (answers.AuditPage, audit_pb2.ListAuditEntriesResponse),
        (answers.AuditEntry, audit_pb2.AuditEntry),
    ],
)
def test_an_answer_has_the_fields_of_its_message(answer: type[msgspec.Struct], message: Any) -> None:
    never_sent = {"personId"}
    named = {field.encode_name for field in msgspec.structs.fields(answer)} - {"receipt"}
    assert named == {field.json_name for field in message.DESCRIPTOR.fields} - never_sent


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (answers.IdentityResult, identity_pb2.IdentityResult),
        (answers.FieldOutcome, identity_pb2.FieldOutcome),
        (answers.CardStatus, health_claims_pb2.CardStatus),
        (answers.PaymentState, contributions_pb2.PaymentState),
        (health.HistoryAccess, history_pb2.HistoryAccess),
        (health.DossierState, claims_pb2.DossierState),
        (health.Severity, claims_pb2.Severity),
        (accounts.Fund, contributions_pb2.Fund),
        (accounts.FundState, contributions_pb2.FundState),
        (accounts.LegalState, contributions_pb2.LegalState),
        (accounts.IrregularityKind, contributions_pb2.IrregularityKind),
        (accounts.ReportState, contributions_pb2.ReportState),
        (deliveries.FileFormat, deliveries_pb2.FileFormat),
        (operations.OperationState, operations_pb2.OperationState),
    ],
)
def test_an_enum_has_the_values_of_the_contract(ours: Any, theirs: Any) -> None:
    assert [member.value for member in ours] == theirs.keys()


def test_every_command_of_the_contract_has_a_typed_result() -> None:
    services = [
        service
        for module in (commands_pb2, claims_pb2)
        for service in module.DESCRIPTOR.services_by_name.values()
    ]
    assert set(operations.RESULTS) == {method.name for service in services for method in service.methods}


ASKING = questions.Asking()
LINE = commands.DeclarationLine(
    kind="unpaid_leave",
    identifier="001190000017",
    full_name="Trần Thị Hồng Nhung",
    from_month="2026-10",
    to_month="2026-11",
    schemes=("SI", "HI", "UI", "VSI"),
    base_vnd=8_500_000,
    position="Công nhân may",
    unpaid_days=14,
)
UNIT = commands.NewEmployer(
    employer_code="0100000003DNA03",
    name="Hoa Sen",
    province_code="01",
    sector="private",
    region=1,
    obliged_since=date(2026, 11, 2),
    reduced_accident_rate=True,
)
PAYMENT = commands.Payment(
    employer_code="0100000001DNA03", value_date="2026-11-20", amount_vnd=5_000_000_000, reference="VCB-1"
)
ABOUT = commands.Irregularity(
    identifier="001190000017",
    employer_code="0100000001DNA03",
    kind="under_declared",
    from_month="2026-08",
    to_month="2026-09",
    actual_base_vnd=12_000_000,
    statement="Công ty khai thấp.",
)
MONTHS = questions.Months(identifier="1", from_month="2025-01", to_month="2025-12", page_size=5)
VISIT = questions.Visit(
    kind="day_inpatient",
    reason="temporary_stay",
    admitted_on=date(2026, 11, 20),
    slip_on="2026-11-20",
    diagnosis="J18.9",
    cost_vnd=1_250_000,
)
NHUNG = questions.Person(
    identifier="001190000017",
    full_name="Trần Thị Hồng Nhung",
    born=1990,
    visit_on=date(2026, 11, 22),
    visit=VISIT,
    previous_check="dG9rZW4",
)
MORNING = datetime(2026, 11, 22, 8, 15, tzinfo=UTC)
ADMISSION = health_questions.Admission(person=NHUNG, treatment_code="LK-1", admitted_at=MORNING)
VISITS = health_questions.Visits(identifier="1", from_day=date(2025, 1, 1), to_day="2025-12-31", page_size=5)
GATEWAYS_OWN = {
    "agencyId",
    "citizenId",
    "facilityCode",
    "ownEmployerCode",
    "personId",
    "bankId",
    "provinceOfAsker",
    "person",
    "purpose",
    "recentCheck",
}


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (commands.submit_declaration([LINE], ASKING), commands_pb2.SubmitDeclarationRequest),
        (commands.record_payments([PAYMENT], ASKING), commands_pb2.RecordPaymentsRequest),
        (commands.register_employer(UNIT, ASKING), commands_pb2.RegisterEmployerRequest),
        (commands.urge_payment("A", "12/BHXH", date(2026, 11, 20), ASKING), commands_pb2.UrgePaymentRequest),
        (commands.report_irregularity(ABOUT, ASKING), commands_pb2.ReportIrregularityRequest),
        (
            commands.advance_report("r", "recovered", "đã thu", ASKING, recovered_vnd=1),
            commands_pb2.AdvanceReportRequest,
        ),
        (
            questions.ledger(MONTHS, "t", ASKING),
            contributions_pb2.GetLedgerRequest,
        ),
        (
            questions.statement("A", date(2026, 11, 1), 30, ASKING),
            contributions_pb2.GetEmployerStatementRequest,
        ),
        (
            questions.debtors(
                questions.Debts(state="late", least_vnd=1, sector="private", page_size=9), "t", ASKING
            ),
            contributions_pb2.ListDebtorsRequest,
        ),
        (questions.check_coverage(NHUNG, ASKING), health_claims_pb2.CheckCoverageRequest),
        (
            health_questions.issue_certificate(NHUNG, ASKING),
            health_claims_pb2.IssueCertificateRequest,
        ),
        (health_questions.visits(VISITS, "t", ASKING), history_pb2.ListVisitsRequest),
        (health_questions.visit("1", "v", ASKING), history_pb2.GetVisitRequest),
        (
            health_questions.running_drugs("1", date(2026, 11, 22), ASKING),
            history_pb2.ListRunningDrugsRequest,
        ),
        (health_questions.sensitive_visits("1", ASKING), history_pb2.ListSensitiveVisitsRequest),
        (health_questions.open_stay(ADMISSION, ASKING), claims_pb2.OpenStayRequest),
        (health_questions.close_stay("LK-1", MORNING, ASKING), claims_pb2.CloseStayRequest),
        (questions.report("r", ASKING), contributions_pb2.GetReportRequest),
        (questions.reports("received", 9, "t", ASKING), contributions_pb2.ListReportsRequest),
    ],
)
def test_a_body_is_the_request_of_its_route(question: questions.Question, message: Any) -> None:
    assert question.body is not None
    request = json_format.ParseDict(question.body, message())  # raises for a field or value that it has not
    sent = {field.json_name for field, _ in request.ListFields()}
    bound = {"employerCode"} if message is commands_pb2.SubmitDeclarationRequest else set()
    if message is contributions_pb2.GetLedgerRequest:
        bound = {"employerCode"}
    assert sent == {field.json_name for field in message.DESCRIPTOR.fields} - GATEWAYS_OWN - bound


def test_a_line_carries_every_field_of_the_form() -> None:
    (row,) = commands.submit_declaration([LINE], ASKING).body["lines"]  # type: ignore[index]
    assert set(row) == {f.json_name for f in commands_pb2.DeclarationLine.DESCRIPTOR.fields} - GATEWAYS_OWN


def test_a_visit_carries_every_field_of_the_form() -> None:
    visit = questions.check_coverage(NHUNG, ASKING).body["visit"]  # type: ignore[index]
    assert set(visit) == {field.json_name for field in health_claims_pb2.Visit.DESCRIPTOR.fields}


def test_a_claim_file_is_sent_as_it_is_under_a_key_of_its_own() -> None:
    one, same, other = (health_questions.submit_claims(file, ASKING) for file in (b"<a/>", b"<a/>", b"<b/>"))
    assert (one.file, one.media_type, one.body) == (b"<a/>", "application/xml", None)
    assert one.idempotency_key == same.idempotency_key != other.idempotency_key
    assert health_questions.submit_claims(b"<a/>", ASKING, "mine").idempotency_key == "mine"
