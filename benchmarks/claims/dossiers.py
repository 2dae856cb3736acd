"""Dossiers committed through the whole path, as fast as they are taken.

Files of fifty dossiers of twenty lines each, made before the clock starts. Each facility
keeps a few under way. Counted is what the gateway has marked as completed, dossier by
dossier as its result says.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle

import psycopg

from benchmarks.claims.facilities import Facility
from benchmarks.cpu import LOAD_GENERATOR
from benchmarks.stack import BenchError, RunningStack
from benchmarks.writes.sender import Sender
from deploy.nation import claim_files
from deploy.nation.claim_files import Dossier, Drug, Patient, Service, moment
from deploy.nation.treatments import BED_DAY, TREATMENTS
from deploy.nation.visits import FUND_BASIS_POINTS
from vss.health_claims.v1 import claims_pb2

PATH = "/v1/claims"
IN_A_FILE, LINES = 50, 20
_UNDER_WAY = 3
_DRAIN_S = 120.0
_COMPLETED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Dossiers committed in an interval of ``seconds``; ``latencies`` are those of whole files."""

    dossiers: int
    seconds: float
    latencies: list[float]
    octets: int
    """Of a file."""
    cpu: Mapping[str, float]
    """Seconds by process, from the first file to the end of the last one, of all that were sent."""
    sent: int
    """Dossiers of all files."""

    def told(self) -> str:
        """The CPU time of a dossier, and by which processes."""
        each = {name: spent / self.sent * 1e3 for name, spent in self.cpu.items() if self.sent}
        parts = ", ".join(
            f"{name} {ms:.2f}" for name, ms in sorted(each.items(), key=lambda item: -item[1]) if ms >= 0.02
        )
        return f"{sum(each.values()):.2f} ms CPU a dossier ({parts})"


async def rate(
    stack: RunningStack,
    facilities: list[Facility],
    patients: list[Patient],
    *,
    files: int,
    warm_up: float,
    seconds: float,
) -> Rate:
    """The rate in an interval after the warm-up, or until the files run out. Raises ``BenchError``."""
    made = _files(facilities, patients, files)
    octets = len(made[0][1])
    queues = {
        facility.code: [file for code, file in made if code == facility.code] for facility in facilities
    }
    operations: list[str] = []
    before = stack.cpu()
    begun = time.time()
    is_open = asyncio.Event()
    is_open.set()
    ran_out: list[float] = []
    async with asyncio.TaskGroup() as tasks:
        senders = [
            tasks.create_task(_keep_sending(one, queues[one.code], is_open, operations, ran_out))
            for one in facilities
        ]
        done, _ = await asyncio.wait(senders, timeout=warm_up + seconds, return_when=asyncio.FIRST_COMPLETED)
        is_open.clear()
        for task in done:
            task.result()
    ended = min([begun + warm_up + seconds, *ran_out])
    if ended - begun - warm_up < 1.0:
        raise BenchError(f"{files} files were taken in {ended - begun:.1f} s: make more of them (--files)")
    after = stack.cpu()
    cpu = {name: after[name] - before[name] for name in after if name != LOAD_GENERATOR}
    dossiers, latencies = _counted(stack, operations, begun + warm_up, ended)
    return Rate(
        dossiers=dossiers,
        seconds=ended - begun - warm_up,
        latencies=latencies,
        octets=octets,
        cpu=cpu,
        sent=len(operations) * IN_A_FILE,
    )


def dossier(facility: str, code: str, patient: Patient, day: date) -> Dossier:
    """A stay of three days with twenty lines."""
    lines = list(_twenty())
    return Dossier(
        treatment_code=code,
        facility_code=facility,
        patient=patient,
        admitted_at=moment(day - timedelta(days=3), 8),
        discharged_at=moment(day, 9),
        diagnosis=TREATMENTS[3].diagnosis,
        diagnosis_text=TREATMENTS[3].text,
        drugs=[line for line in lines if isinstance(line, Drug)],
        services=[line for line in lines if isinstance(line, Service)],
        fund_basis_points=FUND_BASIS_POINTS[int(patient.card_code[2])],
        visit_kind=claim_files.INPATIENT,
        patient_kind=claim_files.EMERGENCY,
    )


def _twenty() -> Iterator[Drug | Service]:
    lines: list[Drug | Service] = [BED_DAY]
    for treatment in TREATMENTS:
        lines += [*treatment.drugs, *treatment.services]
    yield from (line for line, _ in zip(cycle(lines), range(LINES), strict=False))


def _files(facilities: list[Facility], patients: list[Patient], files: int) -> list[tuple[str, bytes]]:
    """(facility, file): never the same treatment twice, also not in the next run."""
    run, day = time.time_ns(), date.today() - timedelta(days=1)  # noqa: DTZ011 -- any day that has ended everywhere
    who = cycle(patients)
    made = []
    for number in range(files):
        code = facilities[number % len(facilities)].code
        whole = [dossier(code, f"B{run}.{number}.{place}", next(who), day) for place in range(IN_A_FILE)]
        made.append((code, claim_files.claim_file(code, whole, made_on=day)))
    return made


async def _keep_sending(
    facility: Facility,
    files: list[bytes],
    is_open: asyncio.Event,
    operations: list[str],
    ran_out: list[float],
) -> None:
    under_way: list[str] = []
    async with Sender(facility.config) as sender:
        while files and is_open.is_set():
            number = await sender.submit(PATH, files.pop(), media_type="application/xml")
            operations.append(number)
            under_way.append(number)
            if len(under_way) >= _UNDER_WAY:
                await sender.ended(under_way.pop(0))
        if is_open.is_set():
            ran_out.append(time.time())
        async with asyncio.timeout(_DRAIN_S):
            for number in under_way:
                await sender.ended(number)


def _counted(
    stack: RunningStack, operations: list[str], started: float, ended: float
) -> tuple[int, list[float]]:
    """Dossiers committed in the interval, and seconds of each file: what the gateway's database says."""
    dossiers = 0
    latencies: list[float] = []
    with psycopg.connect(stack.environment["DATABASE_URL_GATEWAY"]) as connection:
        rows = connection.execute(
            "SELECT state, result, extract(epoch FROM finished_at), extract(epoch FROM finished_at - accepted_at)"
            " FROM operation WHERE operation_id = ANY(%s::uuid[])",
            (operations,),
        ).fetchall()
    for state, result, finished, took in rows:
        if state != _COMPLETED:
            raise BenchError(f"a claim file ended in state {state}")
        response = claims_pb2.SubmitClaimsResponse.FromString(result)
        if response.refused:
            findings = {f.code for o in response.outcomes for f in o.findings}
            raise BenchError(f"{response.refused} dossiers were refused: {sorted(findings)}")
        if started <= float(finished) < ended:
            dossiers += response.accepted
            latencies.append(float(took))
    return dossiers, latencies
