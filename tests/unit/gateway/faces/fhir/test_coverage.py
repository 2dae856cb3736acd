"""Coverage: found by an identifier in a form, read by a name that nobody else can read."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from gateway.faces import Translated
from gateway.problems import Problem
from lienthong.access.twins import MalformedJson
from tests.support.fhir import CARD, PERSON, SEARCH, SYSTEMS, judge
from tests.unit.gateway.faces.fhir.conftest import ALL, ROOT, Desk, Refused
from vss.health_claims.v1 import health_claims_pb2 as hc

READ = f"{ROOT}/Coverage/"
FOUND = hc.GetCoverageResponse(
    as_of="2026-11-22",
    covered=True,
    cards=[
        hc.Card(card_code="DN4010100000017", subject_code="DN", benefit_digit=4, benefit_percent=80,
                valid_from="2026-01-01", valid_to="2026-12-31", status=hc.CARD_STATUS_ACTIVE),
        hc.Card(card_code="HT2010100000017", subject_code="HT", benefit_digit=2, benefit_percent=100,
                valid_from="2026-01-01", valid_to="2026-12-31", status=hc.CARD_STATUS_REVOKED),
    ],
    changed_at={"seconds": 1_763_800_000},
    person_id=1,
)  # fmt: skip


def form(**given: str) -> str:
    return urlencode({name.replace("__", "-").replace("_dot_", "."): value for name, value in given.items()})


def searched(
    desk: Desk, response: Any = FOUND, classes: frozenset[str] = ALL, agency: str = "hospital"
) -> Any:
    asked = desk.decode(SEARCH, form(identifier=CARD), agency=agency)
    return judge(desk.answer(SEARCH, asked, response, classes))


def names(bundle: Any) -> list[str]:
    return [entry["resource"]["id"] for entry in bundle["entry"]]


@pytest.mark.parametrize(
    ("given", "identifier"),
    [
        ({"identifier": CARD}, "DN4010100000017"),
        ({"identifier": "dn4 01 01 00000017"}, "DN4010100000017"),
        ({"patient_dot_identifier": PERSON}, "001190000017"),
        ({"patient:identifier": f"{SYSTEMS}si-number|0100000017"}, "0100000017"),
        ({"beneficiary_dot_identifier": "|001190000017", "_format": "application/fhir+json"}, "001190000017"),
    ],
)
def test_a_search_is_get_coverage(desk: Desk, given: dict[str, str], identifier: str) -> None:
    asked = desk.decode(SEARCH, form(**given, as__of="2026-01-31"))
    assert asked.request == hc.GetCoverageRequest(identifier=identifier, as_of="2026-01-31")


REFUSED = [
    ({}, "", "identifier"),
    ({"identifier": CARD, "patient_dot_identifier": PERSON}, "", "identifier"),
    ({"identifier": PERSON}, "", "identifier"),
    ({"identifier": f"{CARD},{CARD}"}, "", "identifier"),
    ({"identifier": ""}, "", "identifier"),
    ({"patient_dot_identifier": f"{SYSTEMS}personal-id|0"}, "", "patient.identifier"),
    ({"patient_dot_identifier": "urn:x|001190000017"}, "", "patient.identifier"),
    ({"patient_dot_identifier": "x" * 25}, "", "patient.identifier"),
    ({"identifier": CARD, "as__of": "today"}, "", "as-of"),
    ({"identifier": CARD, "status": "active"}, "", "status"),
    ({"identifier": CARD, "a b": "1"}, "", "parameter"),
    ({"identifier": CARD, "_format": "xml"}, "", "_format"),
    ({}, f"identifier={CARD}", "identifier"),
]


@pytest.mark.parametrize(("given", "query", "name"), REFUSED)
def test_a_wrong_parameter_is_named(refused: Refused, given: dict[str, str], query: str, name: str) -> None:
    fields = refused(SEARCH, form(**given), query=query)
    assert [field for field, _ in fields] == [name]
    assert "001190000017" not in fields[0][1]


def test_a_parameter_that_is_given_twice_is_refused(refused: Refused) -> None:
    assert [f for f, _ in refused(SEARCH, f"identifier={CARD}&identifier={CARD}")] == ["identifier"]


@pytest.mark.parametrize("body", [b"identifier", b"identifier=%ff", b"\xff", b"&".join([b"a=1"] * 17)])
def test_what_is_no_form_is_malformed(desk: Desk, body: bytes) -> None:
    with pytest.raises(MalformedJson):
        desk.decode(SEARCH, body)


def test_a_search_finds_every_card_of_the_day(desk: Desk) -> None:
    bundle = searched(desk)
    assert (bundle["type"], bundle["total"]) == ("searchset", 2)
    active, revoked = (entry["resource"] for entry in bundle["entry"])
    assert (active["status"], revoked["status"]) == ("active", "cancelled")
    assert active["identifier"][0]["value"] == "DN4010100000017"
    assert active["meta"] == {"lastUpdated": "2025-11-22T08:26:40Z"}
    assert bundle["entry"][0]["fullUrl"] == f"https://gateway.test/fhir/R4/Coverage/{active['id']}"
    assert "0100000017" not in str(bundle["link"])


def test_a_day_without_cover_is_an_empty_bundle(desk: Desk) -> None:
    bundle = searched(desk, hc.GetCoverageResponse(as_of="2026-11-22"))
    assert bundle["total"] == 0
    assert "entry" not in bundle


def test_masked_cards_are_said_to_be_masked_and_not_counted(desk: Desk) -> None:
    bundle = searched(desk, classes=frozenset({"result", "identity"}))
    assert "total" not in bundle
    (entry,) = bundle["entry"]
    assert entry["search"] == {"mode": "outcome"}
    assert entry["resource"]["issue"][0]["code"] == "suppressed"


def test_a_card_code_is_masked_as_everywhere(desk: Desk) -> None:
    bundle = searched(desk, classes=frozenset({"result", "coverage"}))
    first = bundle["entry"][0]["resource"]
    assert "identifier" not in first
    assert "subscriberId" not in first


def test_a_name_is_a_fhir_id_and_holds_nothing_that_can_be_read(desk: Desk) -> None:
    for name in names(searched(desk)):
        assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", name)
        assert "0100000017" not in name


def test_the_longest_identifier_fits_a_name(desk: Desk) -> None:
    assert len(names(searched(desk))[0]) <= 64


def test_a_card_has_one_name_for_an_agency_and_another_for_the_next(desk: Desk) -> None:
    assert names(searched(desk)) == names(searched(desk))
    assert not set(names(searched(desk))) & set(names(searched(desk, agency="clinic")))


def read(desk: Desk, name: str, agency: str = "hospital") -> Translated:
    return desk.decode(READ, value=name, agency=agency)


def test_a_name_reads_its_card_and_no_other(desk: Desk) -> None:
    for entry in searched(desk)["entry"]:
        asked = read(desk, entry["resource"]["id"])
        assert asked.request == hc.GetCoverageRequest(identifier="DN4010100000017", as_of="2026-01-01")
        assert judge(desk.answer(READ, asked, FOUND)) == entry["resource"]


def test_another_agencys_name_names_nothing(desk: Desk) -> None:
    with pytest.raises(Problem) as caught:
        read(desk, names(searched(desk))[0], agency="clinic")
    assert caught.value.reason.name == "not_found"


@pytest.mark.parametrize(
    "change", [lambda n: n[:-1], lambda n: n + "A", lambda n: "x" + n[1:], lambda _: "1"]
)
def test_a_changed_name_names_nothing(desk: Desk, change: Any) -> None:
    with pytest.raises(Problem) as caught:
        read(desk, change(names(searched(desk))[0]))
    assert caught.value.reason.name == "not_found"


@pytest.mark.parametrize("classes", [frozenset({"result"}), ALL])
def test_a_card_that_is_gone_or_masked_is_not_found(desk: Desk, classes: frozenset[str]) -> None:
    asked = read(desk, names(searched(desk))[0])
    response = hc.GetCoverageResponse(cards=FOUND.cards[1:]) if classes is ALL else FOUND
    with pytest.raises(Problem) as caught:
        desk.answer(READ, asked, response, classes)
    assert caught.value.reason.name == "not_found"


def test_a_read_has_neither_body_nor_parameters(desk: Desk, refused: Refused) -> None:
    name = names(searched(desk))[0]
    assert [f for f, _ in refused(READ, value=name, query="as-of=2026-01-01")] == ["as-of"]
    with pytest.raises(Problem) as caught:
        desk.decode(READ, "x", value=name)
    assert caught.value.reason.name == "malformed"
