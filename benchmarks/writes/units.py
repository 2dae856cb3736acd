"""Units of the benchmark, each an agency of its own with people of the loaded nation to declare.

Prepared through the same doors as every other unit: the inspector registers it, the
registry enrols its key. Preparing again changes nothing but cards, which are again what they were
before anybody was declared: every run has the same people.
"""

import asyncio
from dataclasses import dataclass

import msgspec
import psycopg

from benchmarks.stack import BenchError, RunningStack
from benchmarks.writes import cards
from benchmarks.writes.sender import Sender
from deploy.local import agencies
from deploy.local.stack import from_environment
from deploy.nation.sampling import SampledPerson, sample
from lienthong.agencies import Agency, AgencyKind
from lienthong.client import AgencyConfig
from lienthong.signing import Algorithm

MOST_UNITS = 99
INSPECTOR, BANK = "inspector-demo", "bank-demo"
_SEED = 3
_KNOWN_S = 20.0
_CLASSES = frozenset({"result", "identity", "employment", "financial"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit that declares: its code, who signs for it, and whom it may declare."""

    code: str
    config: AgencyConfig
    people: list[SampledPerson]


async def prepare(stack: RunningStack, *, units: int, people: int) -> list[Unit]:
    """``units`` units with ``people`` people each. Raises ``BenchError`` when the stack refuses one."""
    wanted = [_agency(number) for number in range(1, units + 1)]
    agencies.ensure(from_environment(dict(stack.environment)), wanted)
    everybody = await asyncio.to_thread(_people, stack, units * people)
    made = []
    for number, demo in enumerate(wanted):
        config = AgencyConfig.load(stack.run / "agencies" / demo.agency.agency_id)
        mine = everybody[number * people : (number + 1) * people]
        made.append(Unit(code=demo.agency.employer_code or "", config=config, people=mine))
    async with Sender(AgencyConfig.load(stack.run / "agencies" / INSPECTOR)) as inspector:
        await asyncio.gather(
            *(
                inspector.carried_out("/v1/employers:register", _registration(unit), purpose="collection")
                for unit in made
            )
        )
    await _known(made)
    return made


def _people(stack: RunningStack, number: int) -> list[SampledPerson]:
    owner = stack.environment["DATABASE_URL_HEALTH_CLAIMS_OWNER"]
    cards.put_back(owner, [_code(unit) for unit in range(1, MOST_UNITS + 1)])
    people = list(sample(number, _SEED, environment=stack.environment))
    cards.keep(owner, people)
    return people


def forget_participation(stack: RunningStack, units: list[Unit]) -> None:
    """Begin anew: nobody takes part at these units, and they owe nothing."""
    with psycopg.connect(stack.environment["DATABASE_URL_CONTRIBUTIONS_OWNER"]) as connection:
        ids = [
            row[0]
            for row in connection.execute(
                "SELECT employer_id FROM employer WHERE employer_code = ANY(%s)", ([u.code for u in units],)
            )
        ]
        for table in ("participation", "allocation", "payment", "charge", "declaration"):
            connection.execute(f"DELETE FROM {table} WHERE employer_id = ANY(%s)", (ids,))  # noqa: S608 -- the names above
        connection.execute(
            "UPDATE employer_account SET owed_vnd = 0, oldest_unpaid = NULL WHERE employer_id = ANY(%s)",
            (ids,),
        )


def _code(number: int) -> str:
    return f"09000000{number:02}DNA03"


def _agency(number: int) -> agencies.DemoAgency:
    return agencies.DemoAgency(
        agency=Agency(
            f"bench-employer-{number}",
            f"Bench {number}",
            AgencyKind.EMPLOYER,
            None,
            _code(number),
            active=True,
        ),
        algorithm=Algorithm.ECDSA_P256_SHA256,
        purposes=("employment",),
        grants={
            "declarations:submit": _CLASSES,
            "operations:read": _CLASSES,
            "contributions:read": _CLASSES,
            "debts:read": _CLASSES,
        },
    )


def _registration(unit: Unit) -> dict[str, object]:
    return {
        "employerCode": unit.code,
        "name": f"Bench {unit.code}",
        "provinceCode": "01",
        "sector": "SECTOR_PRIVATE",
        "region": 1,
        "obligedSince": "2026-11-02",
    }


async def _known(units: list[Unit]) -> None:
    """Wait until the gateway's workers have heard of the new keys; they hear of all at once."""
    for unit in units[-1:]:
        async with Sender(unit.config) as sender:
            async with asyncio.timeout(_KNOWN_S):
                # Every worker has its turn: twenty in a row on new connections.
                good = 0
                while good < 20:
                    status, body = await sender.ask("GET", "/v1/operations", None, fresh=True)
                    good = good + 1 if status == 200 else 0
                    if status not in {200, 401}:
                        raise BenchError(f"{unit.config.agency_id}: {status} {msgspec.json.decode(body)}")
