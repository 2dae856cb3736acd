"""What the face says that it can do is what it can do."""

from typing import Any

import pytest

from gateway.faces.fhir.routes import CHECK_COVERAGE, FhirFace
from gateway.faces.fhir.systems import Systems
from lienthong.access.contract import Contract
from lienthong.access.published import published_contract
from tests.support.fhir import ROOT, SYSTEMS, judge
from tests.unit.gateway.faces.fhir.conftest import Desk

HTTPS = "https://vss.example/fhir/"


def statement(face: FhirFace) -> Any:
    return judge(dict(face.documents()[f"{ROOT}/metadata"]))


def test_every_public_resource_is_one(desk: Desk) -> None:
    for path, resource in desk.face.documents().items():
        assert path.startswith(ROOT + "/")
        judge(dict(resource))


def test_every_interaction_has_its_path(desk: Desk) -> None:
    paths = set()
    for one in statement(desk.face)["rest"][0]["resource"]:
        for interaction in one["interaction"]:
            last = {"create": "", "read": "/", "search-type": "/_search"}[interaction["code"]]
            paths.add(f"{ROOT}/{one['type']}{last}")
    assert paths == set(desk.faces)


def test_what_the_contract_does_not_publish_has_no_face() -> None:
    only = Contract(c for c in published_contract().capabilities if c.rpc == CHECK_COVERAGE)
    face = FhirFace(only, systems=SYSTEMS, secret=b"s" * 32, server_url="https://gateway.test")
    assert [one["type"] for one in statement(face)["rest"][0]["resource"]] == ["CoverageEligibilityRequest"]
    assert [one.path for one in face.faces()] == [f"{ROOT}/CoverageEligibilityRequest"]


def test_the_base_of_the_systems_is_the_operators_choice() -> None:
    face = FhirFace(published_contract(), systems=HTTPS, secret=b"s" * 32, server_url="https://gateway.test")
    documents = face.documents()
    assert documents[f"{ROOT}/CodeSystem/visit-kind"]["url"] == HTTPS + "visit-kind"
    assert HTTPS + "personal-id" in documents[f"{ROOT}/metadata"]["description"]
    assert SYSTEMS not in str(documents)


@pytest.mark.parametrize(
    ("value", "system"), [("1" * 12, "personal-id"), ("1" * 10, "si-number"), ("1", None)]
)
def test_the_length_of_an_identifier_tells_its_system(value: str, system: str | None) -> None:
    made = Systems(SYSTEMS).identifier(value)
    assert made == {"value": value} | ({"system": SYSTEMS + system} if system else {})


def test_a_short_secret_stops_the_start() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        FhirFace(published_contract(), systems=SYSTEMS, secret=b"s", server_url="https://gateway.test")
