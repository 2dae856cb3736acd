"""``vss.contributions.v1.ContributionsCommandService``: one short function a command, in its caller's transaction."""

# ruff: noqa: N802 - methods are named by the contract
from typing import ClassVar

from lienthong.bus.handling import CommandContext
from services.contributions.commands import debts, declarations, employers, payments, reports
from vss.contributions.v1 import commands_pb2 as pb


class ContributionsCommands:
    """The methods are named, and described, by the contract."""

    TOGETHER: ClassVar = {"SubmitDeclaration": declarations.submit_all}
    """Carries out several at once, of different units: their statements are the same."""

    def RegisterEmployer(
        self, request: pb.RegisterEmployerRequest, context: CommandContext
    ) -> pb.RegisterEmployerResponse:
        """See the contract."""
        return employers.register(request, context)

    def SubmitDeclaration(
        self, request: pb.SubmitDeclarationRequest, context: CommandContext
    ) -> pb.SubmitDeclarationResponse:
        """See the contract."""
        return declarations.submit(request, context)

    def RecordPayments(
        self, request: pb.RecordPaymentsRequest, context: CommandContext
    ) -> pb.RecordPaymentsResponse:
        """See the contract."""
        return payments.record(request, context)

    def UrgePayment(self, request: pb.UrgePaymentRequest, context: CommandContext) -> pb.UrgePaymentResponse:
        """See the contract."""
        return debts.urge(request, context)

    def ReportIrregularity(
        self, request: pb.ReportIrregularityRequest, context: CommandContext
    ) -> pb.ReportIrregularityResponse:
        """See the contract."""
        return reports.report(request, context)

    def AdvanceReport(
        self, request: pb.AdvanceReportRequest, context: CommandContext
    ) -> pb.AdvanceReportResponse:
        """See the contract."""
        return reports.advance(request, context)
