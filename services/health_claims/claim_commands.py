"""``vss.health_claims.v1.HealthClaimsCommandService``: claim files and stays, in the caller's transaction.

A file is read and every dossier decided before anything is written; what is accepted of
it is written by some ten statements, whatever the file's size. A dossier is accepted or
refused whole; its neighbours neither help nor harm it.
"""

# ruff: noqa: N802 - methods are named by the contract
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from lienthong.bus.handling import CommandContext
from lienthong.clock import VIETNAM
from services.health_claims import claim_rows
from services.health_claims.claim_rows import Accepted
from services.health_claims.claim_store import ClaimStore, Treatment, Year
from services.health_claims.domain.claims import dossiers, shares
from services.health_claims.domain.claims.dossiers import Dossier
from services.health_claims.domain.claims.findings import DOSSIER
from services.health_claims.domain.claims.reading import Envelope, FileRefused
from services.health_claims.domain.claims.register import Entitled, Registered
from services.health_claims.domain.claims.register import check as check_register
from services.health_claims.domain.facility import Facility
from services.health_claims.translate import claims as translate
from vss.health_claims.v1 import claim_events_pb2
from vss.health_claims.v1 import claims_pb2 as pb

_CARD_CODE_LENGTH: Final = 15


class ClaimCommands:
    """The methods are named, and described, by the contract."""

    def SubmitClaims(
        self, request: pb.SubmitClaimsRequest, context: CommandContext
    ) -> pb.SubmitClaimsResponse:
        """See the contract."""
        return _Submission(request.facility_code, context).take(request.file)

    def OpenStay(self, request: pb.OpenStayRequest, context: CommandContext) -> pb.OpenStayResponse:
        """See the contract."""
        store = _store(request.facility_code, context)
        opened_at = translate.moment("admitted_at", request.admitted_at, context.accepted_at)
        person_id = _find(request, store, context)
        is_open, is_used = store.open_stays(person_id, request.treatment_code)
        if is_open:
            raise translate.stay_open()
        if is_used:
            raise translate.treatment_taken()
        store.open_stay(person_id, request.treatment_code, opened_at, context.operation_id)
        return pb.OpenStayResponse(
            treatment_code=request.treatment_code,
            opened_at=translate.stamp(opened_at),
            person_id=person_id,
        )

    def CloseStay(self, request: pb.CloseStayRequest, context: CommandContext) -> pb.CloseStayResponse:
        """See the contract."""
        store = _store(request.facility_code, context)
        left_at = translate.moment("left_at", request.left_at, context.accepted_at)
        found = store.stay(request.treatment_code)
        if found is None:
            raise translate.stay_unknown()
        person_id, opened_at, closed_at = found
        if closed_at is None:
            if left_at < opened_at:
                raise translate.wrong("left_at", "expected a time after the admission")
            store.close_stays([(person_id, request.treatment_code, left_at)])
            closed_at = left_at
        return pb.CloseStayResponse(
            treatment_code=request.treatment_code, closed_at=translate.stamp(closed_at)
        )


def _store(facility_code: str, context: CommandContext) -> ClaimStore:
    if not facility_code:
        raise translate.row_denied()
    return ClaimStore(context.connection, facility_code=facility_code, now=context.now)


def _find(request: pb.OpenStayRequest, store: ClaimStore, context: CommandContext) -> int:
    """The person, if name and birth are hers."""
    identifier, name, born = translate.to_person(request, context.accepted_at)
    key = identifier[-10:] if len(identifier) == _CARD_CODE_LENGTH else identifier
    found = store.registered([key]).get(key)
    if found is None:
        raise translate.holder_not_found()
    holder = found.holder
    if name != holder.match_key or not born.agrees_with(holder.birth_year, holder.birth_date):
        raise translate.holder_not_found()
    if len(identifier) == _CARD_CODE_LENGTH and identifier not in {card.code for card in holder.cards}:
        raise translate.holder_not_found()
    return holder.person_id


@dataclass(slots=True)
class _Decided:
    """A dossier with what becomes of it."""

    dossier: Dossier
    state: pb.DossierState = pb.DOSSIER_STATE_REFUSED
    version: int = 0
    fund_computed_vnd: int = 0
    fund_declared_vnd: int = 0
    entitled: Entitled | None = None
    before: Treatment | None = None


class _Submission:
    """One claim file."""

    def __init__(self, facility_code: str, context: CommandContext) -> None:
        self._store = _store(facility_code, context)
        self._facility_code = facility_code
        self._context = context

    def take(self, file: bytes) -> pb.SubmitClaimsResponse:
        """Read it, decide, write. Raises ``Refusal`` for a file that is refused as a whole."""
        decided = [_Decided(dossier) for dossier in self._read(file)]
        self._look_up(decided)
        accepted = self._accept(decided)
        if accepted:
            self._write(accepted)
        return _response(decided)

    def _read(self, file: bytes) -> list[Dossier]:
        sent = dossiers.Sent(facility_code=self._facility_code, accepted_at=self._context.accepted_at)
        envelope = Envelope(file)
        try:
            read = [dossiers.read(raw, position, sent) for position, raw in enumerate(envelope.dossiers(), 1)]
        except FileRefused as error:
            raise translate.refused(error) from None
        if envelope.facility_code != self._facility_code:
            raise translate.row_denied()
        seen: set[str] = set()
        for dossier in read:
            if dossier.treatment_code in seen:
                dossier.findings.add("XML1", "TREATMENT_TWICE", line=1, field="MA_LK")
            elif dossier.treatment_code:
                seen.add(dossier.treatment_code)
            if not envelope.has_signature:
                dossier.findings.add(DOSSIER, "SIGNATURE_ABSENT", field="CHUKYDONVI")
        return read

    def _look_up(self, decided: Sequence[_Decided]) -> None:
        """Compare every dossier with the register and with what its treatment has already."""
        claimed = [one.dossier.claimed for one in decided if one.dossier.claimed is not None]
        found = self._store.registered(
            identifier for one in claimed for identifier in one.identifiers() if _is_number(identifier)
        )
        codes = [one.dossier.treatment_code for one in decided if not one.dossier.refused]
        treatments = self._store.treatments(codes)
        for one in decided:
            one.before = treatments.get(one.dossier.treatment_code)
            if one.dossier.refused or one.before is None or one.before.digest != one.dossier.digest:
                _compare(one, found)
            else:
                _unchanged(one, one.before)

    def _accept(self, decided: Sequence[_Decided]) -> list[Accepted]:
        """Number the versions and compute the shares of what has no error."""
        accepted = [
            Accepted(one.dossier, one.dossier.summary, one.entitled, one.before)
            for one in decided
            if one.state == pb.DOSSIER_STATE_REFUSED
            and not one.dossier.refused
            and one.dossier.summary is not None
            and one.entitled is not None
        ]
        if not accepted:
            return []
        facility = self._store.facility() or Facility(self._facility_code, "", 0)
        years = self._store.lock_years(claim_rows.years_touched(accepted))
        by_position = {one.dossier.position: one for one in decided}
        for one in accepted:
            one.compute(facility, years)
            known = by_position[one.dossier.position]
            replaced = one.before is not None and one.before.version > 0
            known.state = pb.DOSSIER_STATE_REPLACED if replaced else pb.DOSSIER_STATE_ACCEPTED
            known.version = one.version
            known.fund_declared_vnd = one.summary.fund_vnd
            known.fund_computed_vnd = one.share.fund_vnd or 0
        return accepted

    def _write(self, accepted: Sequence[Accepted]) -> None:
        store, context = self._store, self._context
        store.write_treatments([(one.summary.treatment_code, one.person_id, one.version) for one in accepted])
        store.supersede(
            [
                (one.person_id, one.summary.treatment_code, one.before.version)
                for one in accepted
                if one.before is not None and one.before.version
            ]
        )
        place = claim_rows.Place(self._facility_code, context.operation_id, context.now)
        claim_rows.write(store, accepted, place)
        store.close_stays(
            [
                (one.person_id, one.summary.treatment_code, one.summary.discharged_at)
                for one in accepted
                if one.before is not None
            ]
        )
        _count(store, accepted)
        for one in accepted:
            context.publish(_event(one, self._facility_code))


def _is_number(identifier: str) -> bool:
    return len(identifier) in {10, 12} and identifier.isascii() and identifier.isdigit()


def _compare(one: _Decided, found: dict[str, Registered]) -> None:
    dossier = one.dossier
    if dossier.claimed is None:
        return
    by_card, by_personal_id = (found.get(identifier) for identifier in dossier.claimed.identifiers())
    one.entitled = check_register(dossier.claimed, by_card, by_personal_id, dossier.findings)
    person = None if by_card is None else by_card.holder.person_id
    if one.before is not None and person is not None and one.before.person_id != person:
        dossier.findings.add("XML1", "TREATMENT_OF_ANOTHER", line=1, field="MA_LK")


def _unchanged(one: _Decided, before: Treatment) -> None:
    one.state = pb.DOSSIER_STATE_UNCHANGED
    one.version = before.version
    one.fund_declared_vnd = before.fund_vnd or 0
    one.fund_computed_vnd = before.fund_computed_vnd or 0


def _count(store: ClaimStore, accepted: Sequence[Accepted]) -> None:
    """Bring the years' own payments up to date, and the days on which thresholds were passed."""
    added: dict[Year, tuple[int, int]] = {}
    for one in accepted:
        for year, amount, before in one.counted():
            if amount:  # a replacement may add nothing in all, and move a day
                total, early = added.get(year, (0, 0))
                added[year] = total + amount, early + before
    after = store.add_to_years(added)
    near = [
        (person_id, year)
        for (person_id, year), paid in after.items()
        if paid.exceeded_on is not None or shares.may_exceed(year, paid.paid_vnd)
    ]
    if not near:
        return
    exceeded = {}
    for key, payments in store.payments(near).items():
        paid = [
            (payment.discharged_at.astimezone(VIETNAM).date(), payment.counted_vnd) for payment in payments
        ]
        exceeded[key] = shares.exceeded_on(key[1], after[key], paid)
    store.write_exceeded(exceeded)


def _event(one: Accepted, facility_code: str) -> claim_events_pb2.ClaimAccepted:
    return claim_events_pb2.ClaimAccepted(
        person_id=one.person_id,
        facility_code=facility_code,
        treatment_code=one.summary.treatment_code,
        version=one.version,
        discharged_on=shares.discharged_on(one.summary).isoformat(),
        fund_declared_vnd=one.summary.fund_vnd,
        fund_computed_vnd=one.share.fund_vnd or 0,
    )


def _response(decided: Sequence[_Decided]) -> pb.SubmitClaimsResponse:
    refused = sum(one.state == pb.DOSSIER_STATE_REFUSED for one in decided)
    return pb.SubmitClaimsResponse(
        dossiers=len(decided),
        accepted=len(decided) - refused,
        refused=refused,
        outcomes=_outcomes(decided),
    )


def _outcomes(decided: Sequence[_Decided]) -> Iterable[pb.DossierOutcome]:
    most = translate.told(len(decided))
    for one in decided:
        findings = one.dossier.findings
        yield pb.DossierOutcome(
            position=one.dossier.position,
            treatment_code=one.dossier.treatment_code,
            state=one.state,
            version=one.version,
            findings=translate.to_findings(findings.kept()[:most]),
            errors=findings.errors,
            warnings=findings.warnings,
            fund_declared_vnd=one.fund_declared_vnd,
            fund_computed_vnd=one.fund_computed_vnd,
        )
