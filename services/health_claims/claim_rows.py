"""Accepted dossiers as rows, and what they add to their persons' years."""

from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from lienthong.clock import VIETNAM
from services.health_claims import claim_store
from services.health_claims.claim_store import ClaimStore, Treatment, Year, row
from services.health_claims.domain.benefit.case import CopayYear
from services.health_claims.domain.claims import shares
from services.health_claims.domain.claims.dossiers import Dossier
from services.health_claims.domain.claims.records import Summary
from services.health_claims.domain.claims.register import Entitled
from services.health_claims.domain.claims.sensitive import is_sensitive
from services.health_claims.domain.facility import Facility

_NO_CONTENT: Final = b""


class Place(NamedTuple):
    """What the rows of one file have in common."""

    facility_code: str
    operation_id: UUID
    received_at: datetime


class Accepted:
    """A dossier that is taken. ``before``: what its treatment had."""

    __slots__ = ("before", "dossier", "entitled", "share", "summary")

    def __init__(
        self, dossier: Dossier, summary: Summary, entitled: Entitled, before: Treatment | None
    ) -> None:
        self.dossier = dossier
        self.summary = summary
        self.entitled = entitled
        self.before = before
        self.share = shares.Share(None, 0)

    @property
    def person_id(self) -> int:
        """Who was treated."""
        return self.entitled.holder.person_id

    @property
    def version(self) -> int:
        """The first is 1."""
        return 1 if self.before is None else self.before.version + 1

    @property
    def year(self) -> Year:
        """The year of discharge, in which it counts."""
        return self.person_id, shares.discharged_on(self.summary).year

    def compute(self, facility: Facility, years: MutableMapping[Year, CopayYear]) -> None:
        """The fund's share; afterwards ``years`` has this dossier in place of its earlier version."""
        replaced = self._replaced()
        if replaced is not None:
            year, discharged, counted = replaced
            years[year] = shares.year_without(years[year], counted, discharged)
        self.share = shares.compute(
            self.summary,
            self.entitled,
            facility,
            years[self.year],
            lines=len(self.dossier.drugs) + len(self.dossier.services),
            findings=self.dossier.findings,
        )
        now = years[self.year]
        years[self.year] = now._replace(paid_vnd=now.paid_vnd + self.share.counted_vnd)

    def counted(self) -> Iterator[tuple[Year, int, int]]:
        """What to add to which year: in all, and of it before the reference level changed."""
        discharged = shares.discharged_on(self.summary)
        yield self.year, self.share.counted_vnd, _before_change(discharged, self.share.counted_vnd)
        replaced = self._replaced()
        if replaced is not None:
            year, earlier, counted = replaced
            yield year, -counted, -_before_change(earlier, counted)

    def _replaced(self) -> tuple[Year, date, int] | None:
        """Of the version that this one replaces: its year, its day of discharge and what was counted."""
        before = self.before
        if before is None or before.discharged_at is None or before.counted_vnd is None:
            return None
        discharged = before.discharged_at.astimezone(VIETNAM).date()
        return (self.person_id, discharged.year), discharged, before.counted_vnd


def years_touched(accepted: Iterable[Accepted]) -> dict[Year, bool]:
    """Every year that these dossiers add to or take from, and whether the reference level changes in it."""
    return {
        year: shares.change_within(year[1]) is not None for one in accepted for year, _, _ in one.counted()
    }


def write(store: ClaimStore, accepted: Sequence[Accepted], place: Place) -> None:
    """Write the dossiers and their lines."""
    store.copy(claim_store.COPY_DOSSIERS, [_dossier(one, place) for one in accepted])
    store.copy(
        claim_store.COPY_DRUGS,
        [line for one in accepted for line in _lines(one, place, one.dossier.drugs)],
    )
    store.copy(
        claim_store.COPY_SERVICES,
        [line for one in accepted for line in _lines(one, place, one.dossier.services)],
    )
    store.copy(claim_store.COPY_SENSITIVE, [line for one in accepted for line in _sensitive(one, place)])


def rows(one: Accepted, place: Place) -> Iterator[bytes]:
    """Every row of one dossier, its own first."""
    yield _dossier(one, place)
    yield from _lines(one, place, one.dossier.drugs)
    yield from _lines(one, place, one.dossier.services)
    yield from _sensitive(one, place)


def _dossier(one: Accepted, place: Place) -> bytes:
    summary, dossier = one.summary, one.dossier
    day = shares.discharged_on(summary)
    hidden = dossier.sensitive is not None
    main = None if is_sensitive(summary.main_diagnosis, day) else summary.main_diagnosis
    return row(
        one.person_id,
        place.facility_code,
        summary.treatment_code,
        one.version,
        "t",
        summary.admitted_at.isoformat(),
        summary.discharged_at.isoformat(),
        summary.visit_kind,
        summary.patient_kind,
        main,
        tuple(code for code in summary.other_diagnoses if not is_sensitive(code, day)),
        "" if hidden else summary.diagnosis_text,
        "t" if hidden else "f",
        summary.outcome,
        summary.card_code,
        summary.cost_vnd,
        summary.insured_cost_vnd,
        summary.fund_vnd,
        summary.copay_vnd,
        one.share.counted_vnd,
        summary.patient_vnd,
        one.share.fund_vnd,
        dossier.digest,
        _NO_CONTENT if hidden else dossier.content,
        str(place.operation_id),
        place.received_at.isoformat(),
    )


def _lines(one: Accepted, place: Place, lines: Iterable[tuple[object, ...]]) -> Iterator[bytes]:
    """Lines behind what they have in common."""
    common = row(one.person_id, place.facility_code, one.summary.treatment_code, one.version)[:-1] + b"\t"
    for line in lines:
        yield common + row(*line)


def _sensitive(one: Accepted, place: Place) -> Iterator[bytes]:
    """One row, or none."""
    sensitive = one.dossier.sensitive
    if sensitive is None:
        return
    yield row(
        one.person_id,
        place.facility_code,
        one.summary.treatment_code,
        one.version,
        sensitive.diagnoses,
        sensitive.diagnosis_text,
        "t" if sensitive.has_hiv_table else "f",
        one.dossier.content,
    )


def _before_change(discharged: date, amount: int) -> int:
    change = shares.change_within(discharged.year)
    return amount if change is not None and discharged < change else 0
