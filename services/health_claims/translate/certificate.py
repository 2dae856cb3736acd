"""Protobuf to domain and back, for certificates."""

from datetime import date

from lienthong.certificate import content
from lienthong.rpc.errors import FailedPrecondition, FieldViolation
from services.health_claims.certificate import Issued
from services.health_claims.domain.coverage import Card, Decision, Holder, law_on
from vss.health_claims.v1 import health_claims_pb2 as pb


def to_check(request: pb.IssueCertificateRequest) -> pb.CheckCoverageRequest:
    """The same question as the desk's, for today."""
    return pb.CheckCoverageRequest(
        identifier=request.identifier, full_name=request.full_name, born=request.born
    )


def to_holder(holder: Holder, full_name: str) -> content.Holder:
    """The holder as the records know her, not as she was asked about."""
    born = holder.birth_date.isoformat() if holder.birth_date else f"{holder.birth_year:04d}"
    return content.Holder(full_name=full_name, born=born)


def to_card(decision: Decision, *, today: date) -> content.Card:
    """The card to certify. Raises ``FailedPrecondition`` ``NOT_COVERED``, with the portal's code."""
    card, law = decision.card, law_on(today)
    if not law.codes[decision.code].covered or card is None or not _valid(card, today):
        # The code alone: it says no more than CheckCoverage would.
        code = FieldViolation("result_code", decision.code[:3])
        raise FailedPrecondition("NOT_COVERED", "no card of this person is valid today", fields=(code,))
    benefit = law.benefits.get(card.benefit_digit)
    return content.Card(
        code=card.code,
        valid_from=card.valid_from,
        valid_to=card.valid_to,
        benefit_digit=card.benefit_digit,
        benefit_percent=0 if benefit is None else benefit.percent,
        facility_code=card.facility_code,
    )


def _valid(card: Card, today: date) -> bool:
    return card.valid_from <= today <= card.valid_to and card.status_on(today) == 1


def to_response(issued: Issued, person_id: int) -> pb.IssueCertificateResponse:
    """The certificate in both forms."""
    response = pb.IssueCertificateResponse(shc=issued.shc, jws=issued.jws, person_id=person_id)
    response.expires_at.FromDatetime(issued.expires_at)
    return response
