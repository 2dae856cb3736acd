"""Who takes part in a run: units of its own with an agency each, banks, and people of the nation."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

import psycopg

from benchmarks.stack import BenchError
from deploy.nation.calendar import month_number, month_start, today
from deploy.nation.claim_files import Patient
from lienthong.agencies import Agency, AgencyKind, admin
from lienthong.client import AgencyConfig
from lienthong.client.commands import NewEmployer
from lienthong.signing import Algorithm, PrivateKey, proof_of_possession

ACTOR = "make chaos"
INSPECTOR = "inspector-demo"
_PROVINCE = "01"
_PEOPLE_OF_A_UNIT = 25
_BANKS = 2
_FACILITIES = 3
_PATIENTS_OF_A_RUN = 20
_RESULT = frozenset({"result"})

_PATIENTS = """
SELECT full_name, birth_date, birth_year, sex, identifier, card_code, facility_code, valid_from, valid_to
FROM (SELECT * FROM holder ORDER BY person_id DESC LIMIT 2000) AS latest
JOIN card USING (person_id)
JOIN holder_identifier USING (person_id)
WHERE length(identifier) = 12 AND status = 1 AND card.province_code NOT IN ('97', '98') AND subject_code <> 'TE'
  AND valid_from < %(today)s::date - 30 AND valid_to >= %(today)s
ORDER BY person_id DESC LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody of the nation."""

    person_id: int
    identifier: str
    full_name: str


@dataclass(frozen=True, slots=True)
class PartyUnit:
    """A unit of this run and the agency that declares for it."""

    code: str
    agency_id: str
    region: int
    reduced: bool
    people: tuple[Citizen, ...]


@dataclass(frozen=True, slots=True)
class PartyFacility:
    """A facility of this run and the agency that hands in its claim files."""

    code: str
    agency_id: str
    day: date
    """Yesterday: what is claimed has ended."""
    patients: tuple[Patient, ...]

    def treatment_code(self, number: int) -> str:
        """The facility's own number of a treatment."""
        return f"{self.agency_id}.{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """All of a run. ``run`` is part of every name, so that runs on one stack do not meet."""

    run: str
    today: date
    units: tuple[PartyUnit, ...]
    banks: tuple[str, ...]
    facilities: tuple[PartyFacility, ...] = ()
    configs: Mapping[str, AgencyConfig]
    """By agency, the inspector among them."""

    @property
    def months(self) -> tuple[str, ...]:
        """The months that are declared: none whose deadline has passed, so that nothing is late."""
        now = month_number(self.today)
        return tuple(f"{month_start(now + ahead):%Y-%m}" for ahead in (-1, 0, 1))

    def registration(self, unit: PartyUnit) -> NewEmployer:
        """What the inspector registers."""
        return NewEmployer(
            employer_code=unit.code,
            name=f"Công ty Hỗn Loạn {unit.code[-7:-5]}",
            province_code=_PROVINCE,
            sector="private",
            region=unit.region,
            obliged_since=month_start(month_number(self.today) - 1),
            reduced_accident_rate=unit.reduced,
        )


def gather(run_folder: Path, environment: Mapping[str, str], *, units: int) -> Parties:
    """Enrol the agencies of a run. Raises :class:`BenchError` without a nation."""
    run = f"chaos-{int(time.time() * 1000):x}"
    people = _people(environment["DATABASE_URL_IDENTITY"], _PEOPLE_OF_A_UNIT * (units + 1) // 2)
    patients = _patients(environment["DATABASE_URL_HEALTH_CLAIMS"])
    inspector = AgencyConfig.load(run_folder / "agencies" / INSPECTOR)
    number = int(time.time()) % 1_000_000
    found = tuple(
        PartyUnit(
            code=f"01{number:06d}{place:02d}DNA03",
            agency_id=f"{run}-unit-{place}",
            region=1 + place % 4,
            reduced=place % 3 == 0,
            # Neighbours share half of their people: somebody may work in two units.
            people=people[place * _PEOPLE_OF_A_UNIT // 2 :][:_PEOPLE_OF_A_UNIT],
        )
        for place in range(units)
    )
    banks = tuple(f"{run}-bank-{place}" for place in range(_BANKS))
    configs = {INSPECTOR: inspector}
    with psycopg.connect(environment["DATABASE_URL_GATEWAY_OWNER"], autocommit=True) as registry:
        for unit in found:
            agency = Agency(unit.agency_id, "Đơn vị", AgencyKind.EMPLOYER, None, unit.code, active=True)
            scopes: tuple[str, ...] = ("declarations:submit", "operations:read", "identity:verify")
            configs[unit.agency_id] = _enrol(registry, agency, scopes, "employment", inspector)
        for bank in banks:
            agency = Agency(bank, "Ngân hàng", AgencyKind.BANK, None, None, active=True)
            scopes = ("payments:record", "operations:read")
            configs[bank] = _enrol(registry, agency, scopes, "collection", inspector)
        facilities = []
        for place, code in enumerate(_free_codes(registry)):
            agency = Agency(f"{run}-hospital-{place}", "Cơ sở", AgencyKind.HOSPITAL, code, None, active=True)
            scopes = ("claims:submit", "operations:read")
            configs[agency.agency_id] = _enrol(registry, agency, scopes, "claims", inspector)
            # Everybody is treated everywhere: own payments of one person come from all of them.
            facilities.append(PartyFacility(code, agency.agency_id, today() - timedelta(days=1), patients))
    return Parties(
        run=run, today=today(), units=found, banks=banks, facilities=tuple(facilities), configs=configs
    )


def _free_codes(registry: psycopg.Connection) -> list[str]:
    """Codes that no facility has: the numbers of a key begin with 1 in every run."""
    rows = registry.execute("SELECT DISTINCT facility_code FROM agency WHERE facility_code LIKE '99%'")
    taken = {row[0] for row in rows}
    free = (code for code in (f"99{number:03d}" for number in range(1_000)) if code not in taken)
    codes = list(islice(free, _FACILITIES))
    if len(codes) < _FACILITIES:
        raise BenchError("no code is left for a facility: use a new stack")
    return codes


def _patients(url: str) -> tuple[Patient, ...]:
    """People whose card stays as it is: nobody of these is declared by a unit of the run."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(_PATIENTS, {"today": today(), "most": _PATIENTS_OF_A_RUN}).fetchall()
    if len(rows) < _PATIENTS_OF_A_RUN:
        raise BenchError("the nation has too few people with a card: run make seed")
    return tuple(
        Patient(
            full_name=name, born=str(birth_date or birth_year), sex=sex, personal_id=identifier,
            card_code=card, registered_facility=facility, card_from=valid_from, card_to=valid_to,
        )
        for name, birth_date, birth_year, sex, identifier, card, facility, valid_from, valid_to in rows
    )  # fmt: skip


def _people(url: str, count: int) -> tuple[Citizen, ...]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT person_id, personal_id, full_name FROM person WHERE person_id >= 100"
            " ORDER BY person_id LIMIT %s",
            [count],
        ).fetchall()
    if len(rows) < count:
        raise BenchError("no nation is loaded: run make seed")
    return tuple(Citizen(*row) for row in rows)


def _enrol(
    registry: psycopg.Connection,
    agency: Agency,
    scopes: tuple[str, ...],
    purpose: str,
    like: AgencyConfig,
) -> AgencyConfig:
    key, now = PrivateKey.generate(Algorithm.ED25519), int(time.time())
    admin.add_agency(registry, agency, actor=ACTOR)
    proof = proof_of_possession(key, agency.agency_id, now)
    admin.add_key(registry, agency.agency_id, key.public, proof=proof, now=now, actor=ACTOR)
    for scope in scopes:
        terms = admin.GrantTerms(
            scope=scope, purposes=frozenset({purpose}), data_classes=_RESULT, legal_basis="chaos"
        )
        admin.grant(registry, agency.agency_id, terms, actor=ACTOR)
    return replace(like, agency_id=agency.agency_id, key=key, purpose=purpose, staff="chaos")
