"""The command service of health_claims on a connection of its own role."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
from google.protobuf.message import Message

from deploy.nation.claim_files import Dossier
from lienthong.bus.handling import CommandContext
from services.health_claims.claim_commands import ClaimCommands
from tests.support import claims
from tests.support.coverage import NHUNG
from vss.bus.v1 import bus_pb2
from vss.health_claims.v1 import claims_pb2 as pb

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


@dataclass
class ClaimDesk:
    """Commands as the bus gives them; ``facility`` is what the gateway bound."""

    connection: psycopg.Connection[Any]
    facility: str = claims.FACILITY
    published: list[Message] = field(default_factory=list)

    def context(self) -> CommandContext:
        return CommandContext(
            connection=self.connection,
            operation_id=uuid4(),
            caller=bus_pb2.Caller(agency_id="test-agency", key_id="key", staff="001090000001"),
            purpose="claims",
            sequence=1,
            evidence=bytes(32),
            accepted_at=NOW,
            now=NOW,
            publish=self._publish,
        )

    def _publish(self, event: Message, *, key: str = "") -> None:
        del key
        self.published.append(event)

    def submit(self, *dossiers: Dossier) -> pb.SubmitClaimsResponse:
        """A file of these dossiers."""
        return self.submit_file(claims.file(*dossiers, facility=self.facility))

    def submit_file(self, file: bytes) -> pb.SubmitClaimsResponse:
        """A file as a request carries it."""
        request = pb.SubmitClaimsRequest(file=file, facility_code=self.facility)
        return ClaimCommands().SubmitClaims(request, self.context())

    def one(self, dossier: Dossier) -> pb.DossierOutcome:
        """What becomes of one dossier."""
        (outcome,) = self.submit(dossier).outcomes
        return outcome

    def open_stay(self, **given: Any) -> pb.OpenStayResponse:
        """Admit Nhung, but for what is given."""
        usual = {
            "identifier": NHUNG.personal_id,
            "full_name": NHUNG.full_name,
            "born": "1990-05-17",
            "treatment_code": "LK-1",
            "facility_code": self.facility,
        }
        return ClaimCommands().OpenStay(pb.OpenStayRequest(**(usual | given)), self.context())

    def close_stay(self, **given: Any) -> pb.CloseStayResponse:
        """Let her go."""
        usual = {"treatment_code": "LK-1", "facility_code": self.facility}
        return ClaimCommands().CloseStay(pb.CloseStayRequest(**(usual | given)), self.context())

    def rows(self, statement: Any, *given: Any) -> Sequence[Any]:
        """What is stored."""
        return self.connection.execute(statement, given).fetchall()

    def year(self, person_id: int = NHUNG.holder.person_id, year: int = 2026) -> Any:
        """The year's own payments: in all, before the change, and the day of the exemption's threshold."""
        rows = self.rows(
            "SELECT copay_vnd, paid_before_change, exceeded_on FROM copay_year WHERE person_id = %s AND year = %s",
            person_id,
            year,
        )
        return rows[0] if rows else None


def codes(outcome: pb.DossierOutcome) -> list[str]:
    """The codes of its findings."""
    return [finding.code for finding in outcome.findings]
