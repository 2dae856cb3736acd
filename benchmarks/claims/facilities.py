"""Facilities of the benchmark, each an agency of its own, and the patients whom they treat."""

import asyncio
from dataclasses import dataclass

import psycopg

from benchmarks.stack import BenchError, RunningStack
from benchmarks.writes.sender import Sender
from deploy.local import agencies
from deploy.local.stack import from_environment
from deploy.nation.claim_files import Patient
from deploy.nation.sampling import SampledPerson
from lienthong.agencies import Agency, AgencyKind
from lienthong.client import AgencyConfig
from lienthong.signing import Algorithm

CODES = ("01001", "79001", "48001", "31001")
_KNOWN_S = 20.0
_CLASSES = frozenset({"result", "financial"})

_PATIENTS = """
SELECT i.identifier, c.card_code, c.facility_code, c.valid_from, c.valid_to, h.sex
FROM unnest((SELECT %s::text[])) AS asked (identifier)
JOIN holder_identifier i USING (identifier)
JOIN holder h USING (person_id)
JOIN card c USING (person_id)
WHERE c.status = 1 AND c.valid_from <= %s AND c.valid_to >= %s AND c.province_code NOT IN ('97', '98')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """A facility that hands in claim files."""

    code: str
    config: AgencyConfig


async def prepare(stack: RunningStack) -> list[Facility]:
    """The facilities, enrolled and known to every worker. Raises ``BenchError``."""
    wanted = [_agency(code) for code in CODES]
    agencies.ensure(from_environment(dict(stack.environment)), wanted)
    made = [
        Facility(code=code, config=AgencyConfig.load(stack.run / "agencies" / demo.agency.agency_id))
        for code, demo in zip(CODES, wanted, strict=True)
    ]
    await _known(made[-1])
    return made


def patients(stack: RunningStack, people: list[SampledPerson]) -> list[Patient]:
    """Those of ``people`` whose card is valid since at least a week, as their papers say."""
    named = {person.identifier: person for person in people}
    with psycopg.connect(stack.environment["DATABASE_URL_HEALTH_CLAIMS"]) as connection:
        day = connection.execute("SELECT current_date - 7").fetchone()
        if day is None:
            raise BenchError("the database does not know the day")
        rows = connection.execute(_PATIENTS, [list(named), day[0], day[0]]).fetchall()
    found = []
    for identifier, card, facility, valid_from, valid_to, sex in rows:
        person = named[identifier]
        found.append(
            Patient(
                full_name=person.full_name, born=person.born, sex=sex, personal_id=identifier, card_code=card,
                registered_facility=facility, card_from=valid_from, card_to=valid_to,
            )
        )  # fmt: skip
    return found


def _agency(code: str) -> agencies.DemoAgency:
    return agencies.DemoAgency(
        agency=Agency(
            f"bench-hospital-{code}", f"Bench {code}", AgencyKind.HOSPITAL, code, None, active=True
        ),
        algorithm=Algorithm.ECDSA_P256_SHA256,
        purposes=("claims",),
        grants={"claims:submit": _CLASSES, "operations:read": _CLASSES},
    )


async def _known(facility: Facility) -> None:
    """Wait until the gateway's workers have heard of the new keys; they hear of all at once."""
    async with Sender(facility.config) as sender, asyncio.timeout(_KNOWN_S):
        good = 0
        while good < 20:
            status, _ = await sender.ask("GET", "/v1/operations", None, fresh=True)
            good = good + 1 if status == 200 else 0
            if status not in {200, 401}:
                raise BenchError(f"{facility.config.agency_id}: {status}")
