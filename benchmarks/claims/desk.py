"""What the desk asks: plain checks, checks with every rule on, FHIR, and a history of two hundred visits.

Ways of asking that are compared take turns, round by round, so that a machine whose speed
drifts is as fast or slow for each of them.
"""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import Any

from benchmarks import stack as stacks
from benchmarks.coverage import not_believed
from benchmarks.cpu import LOAD_GENERATOR
from benchmarks.load import drive
from benchmarks.requests import Asked, RequestMaker, coverage_checks
from benchmarks.stack import BenchError, RunningStack
from deploy.demo.fhir import MEDIA_TYPE, PATH, eligibility_request
from deploy.nation.calendar import today
from deploy.nation.cast import cast
from deploy.nation.sampling import SampledPerson

CONNECTIONS = 64
VISIT: Mapping[str, Any] = {
    "kind": "VISIT_KIND_OUTPATIENT",
    "reason": "VISIT_REASON_SELF",
    "diagnosis": "I10",
    "costVnd": "1250000",
}
HISTORY = "/v1/history:list"
DIALYSES = 200
_PAGE = 200
_PER_S = 7_000
_HISTORY_PER_S = 600
_WARM_UP_S = 1.0

Says = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way of asking, and what an answer must say."""

    name: str
    asked: Asked
    says: Says


@dataclass(slots=True)
class Figures:
    """Of one way: requests a second in each round, every latency in seconds, CPU seconds of the stack."""

    per_s: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    cpu: Counter[str] = field(default_factory=Counter)
    """By process, without the load generator."""
    counted: int = 0
    """Requests that the CPU time belongs to."""

    @property
    def rate(self) -> float:
        """The median round."""
        return median(self.per_s)

    @property
    def cpu_us(self) -> float:
        """CPU time of a request, microseconds: less the machine's mood than a rate."""
        return self.cpu.total() / self.counted * 1e6 if self.counted else 0.0

    def told(self) -> str:
        """The CPU time of a request, and by which processes."""
        parts = ", ".join(
            f"{name} {spent / self.counted * 1e6:,.0f}"
            for name, spent in self.cpu.most_common()
            if spent / self.counted > 5e-6
        )
        return f"{self.cpu_us:,.0f} µs CPU a request ({parts})"


def ways(people: Sequence[SampledPerson]) -> tuple[Way, Way, Way]:
    """Plain, with every rule on, and the latter in FHIR's words."""
    return (
        Way(name="plain", asked=coverage_checks(people), says=lambda a: a.get("covered") is True),
        Way(
            name="with a visit",
            asked=coverage_checks(people, VISIT),
            says=lambda a: "split" in a.get("benefit", {}),
        ),
        Way(
            name="FHIR",
            asked=Asked(
                bodies=[_eligibility(person) for person in people],
                path=PATH,
                media_type=MEDIA_TYPE,
            ),
            says=lambda a: a.get("outcome") == "complete" and a["insurance"][0]["inforce"] is True,
        ),
    )


async def in_turns(
    stack: RunningStack, asked: Sequence[Way], *, rounds: int, seconds: float
) -> dict[str, Figures]:
    """Each way in every round, in an order that turns with the rounds. Raises ``BenchError``."""
    found: dict[str, Figures] = defaultdict(Figures)
    for number in range(rounds):
        turn = number % len(asked)
        for way in (*asked[turn:], *asked[:turn]):
            await _round(stack, way, found[way.name], connections=CONNECTIONS, per_s=_PER_S, seconds=seconds)
    return found


async def history(stack: RunningStack, *, seconds: float) -> Figures:
    """One connection: two hundred visits in one page, as a hospital that has just checked the person's card."""
    member = next(member for member in cast(today()) if member.person_id == 3)
    person = SampledPerson(member.personal_id, member.full_name, member.born)
    await _checked(stack, person)
    body = {
        "identifier": person.identifier,
        "fromDay": f"{today() - timedelta(days=740)}",
        "toDay": f"{today()}",
        "pageSize": _PAGE,
    }
    way = Way(
        name="history",
        asked=Asked(bodies=[json.dumps(body).encode()], path=HISTORY),
        says=lambda a: len(a.get("visits", ())) >= DIALYSES and a.get("access") == "HISTORY_ACCESS_CHECKED",
    )
    found = Figures()
    await _round(stack, way, found, connections=1, per_s=_HISTORY_PER_S, seconds=seconds)
    return found


async def _checked(stack: RunningStack, person: SampledPerson) -> None:
    """One coverage check of the person: what opens her history."""
    way = Way(name="check", asked=coverage_checks([person]), says=lambda a: a.get("covered") is True)
    await _round(stack, way, Figures(), connections=1, per_s=1, seconds=1.0)


async def _round(
    stack: RunningStack, way: Way, figures: Figures, *, connections: int, per_s: int, seconds: float
) -> None:
    authority = stack.gateway["LIENTHONG_AUTHORITY"]
    maker = RequestMaker(stack.config, authority, way.asked)
    count = max(1, int(per_s * (_WARM_UP_S + seconds))) if per_s > 1 else 1
    marks: list[dict[str, float]] = []
    outcome = await drive(
        stacks.address_of(authority),
        maker.make(count, created=int(time.time())),
        connections=connections,
        warm_up=_WARM_UP_S if per_s > 1 else 0.0,
        seconds=seconds,
        mark=lambda: marks.append(stack.cpu()),
    )
    wrong = outcome.failures + not_believed(stack, maker, outcome, way.says)
    if wrong:
        raise BenchError(f"{way.name}: {dict(Counter(wrong))}")
    figures.per_s.append(outcome.completed / outcome.seconds)
    figures.latencies += outcome.latencies
    before, after = marks
    spent = {name: after[name] - before[name] for name in after if name != LOAD_GENERATOR}
    figures.cpu.update(spent)
    figures.counted += outcome.between_marks


def _eligibility(person: SampledPerson) -> bytes:
    """The same question as with a visit, as FHIR asks it."""
    resource = eligibility_request(
        person.identifier,
        person.full_name,
        person.born,
        cost_vnd=int(VISIT["costVnd"]),
        on=today(),
        diagnosis=VISIT["diagnosis"],
    )
    return json.dumps(resource, ensure_ascii=False).encode()
