"""Claim files of a run: what is sent, and what must have come of it.

Each facility has a pool of treatments, each of one person. A dossier says how many days she
stayed: the same number again changes nothing, another number replaces what stood.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from benchmarks.chaos.model import Outcome
from benchmarks.chaos.parties import PartyFacility
from deploy.nation import claim_files
from deploy.nation.claim_files import Dossier, moment
from deploy.nation.treatments import BED_DAY, TREATMENTS
from deploy.nation.visits import FUND_BASIS_POINTS
from vss.health_claims.v1 import claims_pb2 as pb

MOST_DAYS = 8
_STATES = {
    pb.DOSSIER_STATE_ACCEPTED: "accepted",
    pb.DOSSIER_STATE_REPLACED: "replaced",
    pb.DOSSIER_STATE_UNCHANGED: "unchanged",
    pb.DOSSIER_STATE_REFUSED: "refused",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A dossier to be sent: which treatment of the facility, how many days, and whether a sum is wrong."""

    treatment: int
    days: int
    is_wrong: bool = False


def dossier(facility: PartyFacility, claim: Claim) -> Dossier:
    """The dossier that this is: the same claim makes the same octets."""
    left = facility.day - timedelta(days=claim.treatment % 5)
    what = TREATMENTS[claim.treatment % len(TREATMENTS)]
    patient = facility.patients[claim.treatment % len(facility.patients)]
    return Dossier(
        treatment_code=facility.treatment_code(claim.treatment),
        facility_code=facility.code,
        patient=patient,
        admitted_at=moment(left - timedelta(days=claim.days), 8),
        discharged_at=moment(left, 9),
        diagnosis=what.diagnosis,
        diagnosis_text=what.text,
        drugs=what.drugs,
        services=[*what.services, replace(BED_DAY, quantity=claim.days + 1)],
        fund_basis_points=FUND_BASIS_POINTS[int(patient.card_code[2])],
        visit_kind=claim_files.INPATIENT,
        patient_kind=claim_files.EMERGENCY,
        changed={"T_BHTT": "1"} if claim.is_wrong else {},
    )


def file(facility: PartyFacility, claims: Iterable[Claim]) -> bytes:
    """The claim file of these."""
    return claim_files.claim_file(
        facility.code, [dossier(facility, claim) for claim in claims], made_on=facility.day
    )


@dataclass(slots=True)
class FacilityModel:
    """One facility as its claim files make it."""

    facility: PartyFacility
    versions: dict[int, list[Claim]] = field(default_factory=dict)
    """By treatment, oldest first: the last one stands."""

    def submit(self, claims: Iterable[Claim]) -> Outcome:
        """Take a file in."""
        told: list[tuple[int, str]] = []
        refused = 0
        for position, claim in enumerate(claims, 1):
            before = self.versions.get(claim.treatment, [])
            if claim.is_wrong:
                refused += 1
                told.append((position, "refused 0"))
            elif before and before[-1] == claim:
                told.append((position, f"unchanged {len(before)}"))
            else:
                self.versions[claim.treatment] = [*before, claim]
                told.append((position, f"{'replaced' if before else 'accepted'} {len(before) + 1}"))
        return Outcome(len(told) - refused, tuple(told))


def ended(result: bytes) -> Outcome:
    """How a claim file ended, in the words of the model."""
    answer = pb.SubmitClaimsResponse.FromString(result)
    told = tuple((o.position, f"{_STATES.get(o.state, o.state)} {o.version}") for o in answer.outcomes)
    return Outcome(answer.accepted, told)
