"""Whatever the services answer and the masks leave of it: every resource is one of R4."""

from datetime import date, datetime
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from gateway.faces import Translated
from gateway.faces.fhir.outcome import outcome_of
from gateway.problems import Problem, problem_of
from lienthong.access import options
from lienthong.access.twins import MalformedJson
from tests.support.fhir import CARD, CLAIMS, ELIGIBILITY, PERSON, SEARCH, concept, judge, request, visit
from tests.unit.gateway.faces.fhir.conftest import ROOT, Desk
from vss.health_claims.v1 import health_claims_pb2 as hc
from vss.health_claims.v1 import history_pb2

CLASSES = ("result", "identity", "coverage", "health", "financial")
# A card always has these.
ALWAYS = {"valid_from", "valid_to", "subject_code", "visit_id", "what"}
DAYS = st.dates(date(2009, 7, 1), date(2060, 1, 1)).map(date.isoformat)
TIMES = st.datetimes(datetime(2009, 7, 1), datetime(2060, 1, 1)).map(  # noqa: DTZ001 -- the zone comes below
    lambda t: t.strftime("%Y-%m-%dT%H:%M:%S+07:00")
)
CODES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh0123456789-.", min_size=1, max_size=12)
TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)
NUMBERS = {
    "fund_basis_points": 10_000,
    "level_percent": 100,
    "route_percent": 100,
    "benefit_percent": 100,
    "benefit_digit": 5,
}


def values(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    if field.message_type is not None:
        if field.message_type.full_name == "google.protobuf.Timestamp":
            return st.builds(
                dict, seconds=st.integers(0, 2**32), nanos=st.sampled_from((0, 7_000, 5 * 10**8))
            )
        return contents(field.message_type)
    if field.enum_type is not None:
        return st.sampled_from([*(v.number for v in field.enum_type.values), 99])
    if field.type == FieldDescriptor.TYPE_BOOL:
        return st.booleans()
    if field.type != FieldDescriptor.TYPE_STRING:
        return st.integers(0, NUMBERS.get(field.name, 2**31 - 1))
    return texts(field.name)


def texts(name: str) -> st.SearchStrategy[str]:
    if name.endswith("_at"):
        kind: st.SearchStrategy[str] = TIMES
    elif name in {"valid_from", "valid_to", "five_years_on", "pays_until", "exempt_from", "as_of"}:
        kind = DAYS
    elif name in {
        "name",
        "diagnosis_text",
        "legal_basis",
        "rows",
        "vi",
        "en",
        "facility_name",
        "before",
        "after",
    }:
        kind = TEXTS
    elif name == "subject_code":
        return st.sampled_from(("DN", "HT", "TE"))
    elif name == "visit_id":
        kind = st.from_regex(r"[A-Za-z0-9_-]{1,200}", fullmatch=True)
    else:
        kind = CODES
    return kind if name in ALWAYS else kind | st.just("")


@st.composite
def contents(draw: st.DrawFn, descriptor: Any) -> dict[str, Any]:
    """What a message may hold, as the keyword arguments of its class."""
    made: dict[str, Any] = {}
    for field in descriptor.fields:
        if field.is_repeated:
            one = CODES if field.name == "other_diagnoses" else values(field)
            made[field.name] = draw(st.lists(one.filter(bool), max_size=3))
        elif field.name in ALWAYS or draw(st.booleans()):
            made[field.name] = draw(values(field))
    if "notice" in descriptor.full_name.lower():
        made["code"] = draw(CODES)
    return made


def messages(kind: type[Message]) -> st.SearchStrategy[Any]:
    return contents(options.descriptor_of(kind)).map(lambda made: kind(**made))


def unlike(visits: list[Any]) -> bool:
    return len({one.visit_id for one in visits}) == len(visits)


GRANTS = st.frozensets(st.sampled_from(CLASSES))
ITEMS = st.sampled_from([None, [visit()], [visit(productOrService=concept("visit-reason", "emergency"))]])
DESK = Desk()


@given(messages(hc.CheckCoverageResponse), GRANTS, ITEMS, st.sampled_from(["benefits", "validation"]))
def test_every_check_is_a_response(response: Any, classes: frozenset[str], item: Any, purpose: str) -> None:
    asked = DESK.decode(ELIGIBILITY, request(item=item, purpose=[purpose], servicedDate="2026-11-22"))
    judge(DESK.answer(ELIGIBILITY, asked, response, classes))


@given(messages(hc.GetCoverageResponse), GRANTS)
def test_every_search_is_a_bundle_and_what_is_in_it_can_be_read(
    response: Any, classes: frozenset[str]
) -> None:
    asked = DESK.decode(SEARCH, f"identifier={CARD}")
    # A person's cards of one group and digit do not begin on one day.
    cards = {(c.valid_from, c.subject_code, c.benefit_digit): c for c in response.cards}
    del response.cards[:]
    response.cards.extend(cards.values())
    bundle = judge(DESK.answer(SEARCH, asked, response, classes))
    for entry in bundle.get("entry", ()):
        if entry["search"]["mode"] == "match":
            again = DESK.decode(f"{ROOT}/Coverage/", value=entry["resource"]["id"])
            assert DESK.answer(f"{ROOT}/Coverage/", again, response, classes) == entry["resource"]


@given(messages(history_pb2.ListVisitsResponse).filter(lambda r: unlike(r.visits)), GRANTS)
def test_every_page_of_visits_is_a_bundle(response: Any, classes: frozenset[str]) -> None:
    asked = DESK.decode(CLAIMS, f"patient.identifier={PERSON}")
    judge(DESK.answer(CLAIMS, asked, response, classes))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A request in which something, somewhere, is something else."""
    card = {"coverage": {"identifier": {"value": "DN4010100000017"}}}
    whole: Any = request(item=[visit()], insurance=[card], servicedPeriod={"start": "2026-11-01"})
    at = whole
    while True:
        key = draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[key], dict | list) or not at[key] or draw(st.booleans()):
            at[key] = draw(JSON)
            return dict(whole)
        at = at[key]


@given(mutated())
def test_whatever_is_wrong_is_refused_with_an_outcome_or_understood(body: dict[str, Any]) -> None:
    try:
        asked: Translated = DESK.decode(ELIGIBILITY, body)
    except Problem as problem:
        refusal = problem
    else:
        judge(DESK.answer(ELIGIBILITY, asked, hc.CheckCoverageResponse(result_code="050")))
        return
    assert refusal.reason.name == "invalid_argument"
    judge(outcome_of(refusal.document("en", "1f")))


PIECES = st.sampled_from(
    (
        "identifier", "patient.identifier", "service-date", "_count", "_page", "as-of", CARD, PERSON,
        "ge2026-01-01", "=", "&", "%", "%00", "|", ",", "\0", "ế", "0", "+",
    )
)  # fmt: skip


@given(
    st.sampled_from([SEARCH, CLAIMS]),
    st.lists(PIECES, max_size=12).map("".join),
    st.lists(PIECES, max_size=4),
)
def test_no_form_is_more_than_understood_or_refused(path: str, body: str, query: list[str]) -> None:
    try:
        asked = DESK.decode(path, body, query="".join(query))
    except (Problem, MalformedJson) as refused:
        refusal = problem_of(refused)
    else:
        assert asked.request.identifier
        return
    assert refusal.reason.name in {"invalid_argument", "malformed"}
    judge(outcome_of(refusal.document("vi", "1f")))


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda t: ('{"x":"' + t + '"}').encode()))
def test_no_octets_are_more_than_refused(body: bytes) -> None:
    with pytest.raises((Problem, MalformedJson)) as refused:
        DESK.decode(ELIGIBILITY, body)
    assert problem_of(refused.value).reason.name in {"invalid_argument", "malformed"}
