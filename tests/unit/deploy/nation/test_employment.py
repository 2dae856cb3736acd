"""What health insurance knows of the loaded periods is what it would have been told of them."""

from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deploy.nation.employment import VERSION, Periods, insured
from services.health_claims.domain.employment import OPEN, year_end
from services.health_claims.translate.events import to_told
from tests.unit.deploy.nation.conftest import AS_OF, Nation, Row
from tests.unit.deploy.nation.test_employers import month
from vss.contributions.v1 import events_pb2
from vss.types.v1 import text_pb2

Period = tuple[int, int, int, int, bool, int]
"""Person, unit, first month, last month, whether it is open, schemes."""


def as_told(periods: list[Period]) -> dict[tuple[int, int], str]:
    """The covered months that the consumer keeps of these periods, by person and unit; none are left out."""
    pairs = defaultdict(list)
    for person, unit, first, last, is_open, schemes in sorted(periods):
        to_month = OPEN if is_open else last
        pairs[person, unit].append(events_pb2.Period(from_month=first, to_month=to_month, schemes=schemes))
    found = {}
    for (person, unit), own in pairs.items():
        participant = events_pb2.Participant(person=text_pb2.Person(person_id=person), version=1, periods=own)
        event = events_pb2.ParticipationChanged(
            employer_code="X", sector="private", province_code="01", participants=[participant]
        )
        (found[person, unit],) = to_told(event).covered
    return {pair: covered for pair, covered in found.items() if covered != "{}"}


@st.composite
def careers(draw: st.DrawFn) -> list[Period]:
    """Periods of a few people with a few units; of each pair without overlap, the last one may be open."""
    found = []
    for person, unit in draw(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3)), unique=True)):
        start = 24_000
        steps = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), max_size=5))
        for number, (gap, length) in enumerate(steps):
            first, last = start + gap, start + gap + length
            is_open = number == len(steps) - 1 and draw(st.booleans())
            found.append((person, unit, first, last, is_open, draw(st.integers(1, 15))))
            start = last + 1
    return list(draw(st.permutations(found)))


@given(periods=careers())
def test_covered_months_are_those_that_the_consumer_keeps(periods: list[Period]) -> None:
    columns = zip(*periods, strict=True) if periods else ((),) * 6
    person, unit, first, last, is_open, schemes = (np.array(column, dtype=np.int64) for column in columns)
    found = insured(
        Periods(person, unit, first, last, is_open.astype(np.bool_), schemes, np.arange(len(person)))
    )
    pairs = zip(found.newest.person.tolist(), found.newest.employer.tolist(), strict=True)
    covered = dict(zip(pairs, found.covered.tolist(), strict=True))
    assert covered == as_told(periods)
    newest = {
        (one[0], one[1]): max(p[2] for p in periods if p[:2] == one[:2] and p[5] & 2) for one in covered
    }
    assert newest == dict(zip(covered, found.newest.start.tolist(), strict=True))


def test_every_period_with_health_insurance_is_known_there(nation: Nation) -> None:
    codes = {row["employer_id"]: row for row in nation.tables["employer"]}
    periods = [
        (int(row["person_id"]), int(row["employer_id"]), month(row["valid_from"]), last(row),
         row["valid_to"] == r"\N", int(row["schemes"]))
        for row in nation.tables["participation"]
    ]  # fmt: skip
    told = {
        (str(person), codes[str(unit)]["employer_code"]): covered
        for (person, unit), covered in as_told(periods).items()
    }
    rows = nation.tables["employment"]
    assert {(row["person_id"], row["employer_code"]): row["covered"] for row in rows} == told
    assert len(rows) == len(told)
    units = {row["employer_code"]: (row["sector"], row["province_code"]) for row in codes.values()}
    for row in rows:
        assert (row["sector"], row["province_code"]) == units[row["employer_code"]]


def last(row: Row) -> int:
    """The last month of a period; 0 while it is open, where nobody looks at it."""
    return 0 if row["valid_to"] == r"\N" else month(row["valid_to"])


def test_any_declaration_is_newer_and_no_card_is_due_before_the_new_year(nation: Nation) -> None:
    for row in nation.tables["employment"]:
        assert int(row["version"]) == VERSION < 1
        assert row["carded_until"] == year_end(AS_OF).isoformat()
