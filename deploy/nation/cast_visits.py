"""What the cast was treated for: the same story in every nation, on days that follow ``as_of``.

- 1, Trần Thị Hồng Nhung: high blood pressure at 01001, her drug still lasts; pneumonia as an emergency
  in another province.
- 3, Lê Thị Mai: on dialysis, two hundred visits in two years.
- 6, Vũ Minh Đức: a sensitive diagnosis, and an ordinary one.
- 13, Hồ Văn Nam: has paid nearly six reference levels this year; admitted at 48001 now.

The dossiers are real ones: their files are kept, made by :mod:`deploy.nation.claim_files`.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256

from deploy.nation import claim_files
from deploy.nation.cast import Member, cast
from deploy.nation.claim_files import Dossier, Patient, Service, moment
from deploy.nation.copytext import NULL
from deploy.nation.treatments import (
    BED_DAY,
    DEPRESSION,
    DIALYSIS,
    HEART_ATTACK,
    SENSITIVE,
    TREATMENTS,
    Treatment,
)
from deploy.nation.visits import FUND_BASIS_POINTS, TAKEN_OVER, WHOLE, low_cost_line, reference_change

HOME, OTHER_PROVINCE, NORTH, COAST, SOUTH_EAST, CENTRE = "01001", "79001", "38001", "31001", "74001", "48001"
DIALYSES, EVERY_DAYS = 200, 3.6
OPEN_STAY = "LK.13.now"
_SENSITIVE_CODES = frozenset(treatment.diagnosis for treatment in SENSITIVE)
_HYPERTENSION, _PNEUMONIA, _BRONCHITIS = TREATMENTS[0], TREATMENTS[3], TREATMENTS[2]
_STENT = 69_150_000
_FIRST_STAY = 5_850_000

Rows = dict[str, list[tuple[object, ...]]]


@dataclass(frozen=True, slots=True)
class Treated:
    """A dossier and whose it is."""

    person_id: int
    dossier: Dossier


def treated(members: Sequence[Member], as_of: date) -> list[Treated]:
    """The story of each, oldest first."""
    who = {member.person_id: member for member in members}
    new_year = date(as_of.year, 1, 1)

    def this_year(days_ago: int) -> date:
        return max(as_of - timedelta(days=days_ago), new_year)

    found = [
        _dossier(who[1], _PNEUMONIA, as_of - timedelta(days=150), 1, OTHER_PROVINCE, nights=5),
        _dossier(who[1], _HYPERTENSION, as_of - timedelta(days=20), 2, HOME),
        *(
            _dossier(who[3], DIALYSIS, as_of - timedelta(days=1 + int(n * EVERY_DAYS)), DIALYSES - n, NORTH)
            for n in reversed(range(DIALYSES))
        ),
        _dossier(who[6], DEPRESSION, this_year(60), 1, COAST),
        _dossier(who[6], _BRONCHITIS, this_year(30), 2, COAST),
        _expensive(who[13], this_year(166), 1, _FIRST_STAY),
        _expensive(who[13], this_year(46), 2, _STENT),
    ]
    return [Treated(*one) for one in found]


def rows(members: Sequence[Member], as_of: date) -> Rows:
    """Rows of the tables of claims."""
    story = treated(members, as_of)
    found: Rows = {
        "copay_year": list(_copay(story, as_of)),
        "treatment": [(t.person_id, 1, t.dossier.facility_code, t.dossier.treatment_code) for t in story],
        "stay": [],
        "dossier": [_dossier_row(one) for one in story],
        "dossier_drug": [row for one in story for row in _drugs(one)],
        "dossier_service": [row for one in story for row in _services(one)],
        "dossier_sensitive": [_sensitive_row(one) for one in story if _is_sensitive(one.dossier)],
    }
    admitted = moment(as_of - timedelta(days=1), 15)
    found["treatment"].append((13, 0, CENTRE, OPEN_STAY))
    found["stay"].append((13, admitted, NULL, TAKEN_OVER, CENTRE, OPEN_STAY))
    return found


def cast_claims(as_of: date) -> dict[str, str]:
    """COPY rows of the tables of claims."""
    return {
        table: "".join("\t".join(map(str, row)) + "\n" for row in found)
        for table, found in rows(cast(as_of), as_of).items()
    }


def patient(member: Member) -> Patient:
    """This member as a claim file names her, with the card that she has now."""
    card = member.cards[-1]
    return Patient(
        full_name=member.full_name,
        born=member.born,
        sex=member.sex,
        personal_id=member.personal_id,
        card_code=card.code,
        registered_facility=card.facility,
        card_from=card.valid_from,
        card_to=card.valid_to,
    )


def _dossier(
    member: Member,
    what: Treatment,
    day: date,
    number: int,
    facility: str,
    *,
    nights: int = 0,
) -> tuple[int, Dossier]:
    stayed = [replace(BED_DAY, quantity=nights)] if nights else []
    dossier = Dossier(
        treatment_code=f"LK.{member.person_id}.{number}",
        facility_code=facility,
        patient=patient(member),
        admitted_at=moment(day, 8, 15),
        discharged_at=moment(day + timedelta(days=nights), 16),
        diagnosis=what.diagnosis,
        diagnosis_text=what.text,
        drugs=what.drugs,
        services=[*what.services, *stayed],
        visit_kind=claim_files.INPATIENT if nights else claim_files.OUTPATIENT,
        patient_kind=claim_files.RIGHT_ROUTE
        if facility == member.cards[-1].facility
        else claim_files.EMERGENCY,
    )
    return member.person_id, _with_share(dossier)


def _expensive(member: Member, day: date, number: int, cost: int) -> tuple[int, Dossier]:
    """A stay that costs exactly so much."""
    person, dossier = _dossier(member, HEART_ATTACK, day, number, SOUTH_EAST, nights=6)
    stent = Service(
        code="N06.02.020", name="Stent động mạch vành", price_vnd=cost - dossier.cost_vnd, group=10
    )
    return person, _with_share(replace(dossier, services=[*dossier.services, stent]))


def _with_share(dossier: Dossier) -> Dossier:
    """With the share that the fund pays on the right route."""
    low = dossier.cost_vnd < low_cost_line(dossier.discharged_at.date())
    level = FUND_BASIS_POINTS[int(dossier.patient.card_code[2])]
    return replace(dossier, fund_basis_points=WHOLE if low else level)


def _is_sensitive(dossier: Dossier) -> bool:
    return dossier.diagnosis in _SENSITIVE_CODES


def _copay(story: Iterable[Treated], as_of: date) -> Iterable[tuple[object, ...]]:
    paid: Counter[tuple[int, int]] = Counter()
    before: Counter[tuple[int, int]] = Counter()
    for one in story:
        day = one.dossier.discharged_at.date()
        paid[one.person_id, day.year] += one.dossier.copay_vnd
        change = reference_change(day.year)
        if change is not None and day < change:
            before[one.person_id, day.year] += one.dossier.copay_vnd
    for (person, year), copay in paid.items():
        changed = reference_change(year) is not None
        booked = moment(min(date(year, 12, 31), as_of), 0)
        yield person, copay, before[person, year] if changed else NULL, booked, NULL, year


def _dossier_row(one: Treated) -> tuple[object, ...]:
    dossier = one.dossier
    hidden = _is_sensitive(dossier)
    content = _kept(dossier)
    return (
        one.person_id, dossier.cost_vnd, dossier.cost_vnd, dossier.fund_vnd, dossier.copay_vnd,
        dossier.copay_vnd, 0, dossier.fund_vnd, dossier.admitted_at, dossier.discharged_at,
        dossier.discharged_at + timedelta(hours=4), TAKEN_OVER, 1, dossier.outcome, "t",
        "t" if hidden else "f", dossier.facility_code, dossier.treatment_code, dossier.visit_kind,
        dossier.patient_kind, NULL if hidden else dossier.diagnosis, "{}",
        "" if hidden else dossier.diagnosis_text, dossier.patient.card_code,
        _bytea(sha256(content).digest()), _bytea(b"" if hidden else content),
    )  # fmt: skip


def _sensitive_row(one: Treated) -> tuple[object, ...]:
    dossier = one.dossier
    return (
        one.person_id, 1, "f", dossier.facility_code, dossier.treatment_code, f"{{{dossier.diagnosis}}}",
        dossier.diagnosis_text, _bytea(_kept(dossier)),
    )  # fmt: skip


def _drugs(one: Treated) -> Iterable[tuple[object, ...]]:
    dossier, day = one.dossier, one.dossier.admitted_at.date()
    for line, drug in enumerate(dossier.drugs, 1):
        yield (
            one.person_id, drug.cost_vnd, dossier.share(drug.cost_vnd), 1, line, day,
            day + timedelta(days=drug.days - 1), dossier.facility_code, dossier.treatment_code,
            drug.substance_code, drug.name, drug.strength, drug.unit, "1.01", drug.directions, drug.quantity,
        )  # fmt: skip


def _services(one: Treated) -> Iterable[tuple[object, ...]]:
    dossier = one.dossier
    for line, service in enumerate(dossier.services, 1):
        yield (
            one.person_id, service.cost_vnd, dossier.share(service.cost_vnd), 1, line,
            dossier.admitted_at.date(), dossier.facility_code, dossier.treatment_code, service.code,
            service.name, service.unit, service.quantity,
        )  # fmt: skip


def _kept(dossier: Dossier) -> bytes:
    """The tables as sent, compressed."""
    return zlib.compress("".join(xml for _, xml in claim_files.tables(dossier)).encode())


def _bytea(octets: bytes) -> str:
    """A bytea for COPY, whose text format escapes the backslash."""
    return "\\\\x" + octets.hex()
