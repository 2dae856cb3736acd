"""Each check gives its reason, and of two things that are wrong the earlier check speaks."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.wire import CHECK, MONTHS, NHUNG, Raw
from tests.unit.gateway.conftest import House

Wrong = tuple[str, str, Callable[[House], None], Callable[[Raw], Raw], dict[str, str | None]]


def nothing(_: House) -> None:
    return


def same(raw: Raw) -> Raw:
    return raw


def no_grant(house: House) -> None:
    house.registry = replace(house.registry, grants={})


def over(house: House) -> None:
    house.grant("coverage:check", "admission", valid_to=datetime.now(UTC) - timedelta(seconds=1))


def other_purpose(house: House) -> None:
    house.grant("coverage:check", "emergency")


def used_up(house: House) -> None:
    house.grant("coverage:check", "admission", quota=1)
    grant = house.registry.grants["hospital", "coverage:check"]
    house.quota.take(grant, time.time())


def revoke(house: House) -> None:
    house.key_of(live=False)


def unknown(house: House) -> None:
    house.registry = replace(house.registry, keys={})


def headers(count: int) -> Callable[[Raw], Raw]:
    return lambda raw: raw.also(*((f"x-{n}", "1") for n in range(count)))


# What is wrong, in the order in which it must be found: (reason, detail), what makes it so.
# Each makes the house or the request wrong in a way that no other one undoes.
ORDER: list[Wrong] = [
    ("headers_too_large", "too many", nothing, headers(70), {}),
    ("too_large", "declared", nothing, lambda raw: raw.but(content_length="9999999"), {}),
    ("signature_missing", "", nothing, lambda raw: raw.but(signature=None, signature_input=None), {}),
    ("signature_invalid", "unknown key", unknown, same, {}),
    ("signature_invalid", "revoked key", revoke, same, {}),
    ("signature_invalid", "content-digest", nothing, lambda raw: replace(raw, body=raw.body + b" "), {}),
    ("signature_expired", "", nothing, same, {"created": "past"}),
    ("scope_denied", "no grant", no_grant, same, {}),
    ("scope_denied", "not valid now", over, same, {}),
    ("purpose_denied", "no Purpose", nothing, same, {"purpose": None}),
    ("purpose_denied", "outside", other_purpose, same, {}),
    ("invalid_argument", "Staff", nothing, same, {"staff": None}),
    ("invalid_argument", "Legal-Basis", nothing, same, {"legal_basis": "a" * 201}),
    ("unsupported_media_type", "json", nothing, same, {"content_type": "text/plain"}),
    ("quota_exceeded", "1 a minute", used_up, same, {}),
]


async def refused(house: House, *wrongs: Wrong) -> tuple[str, str]:
    """The reason and the entry's detail for a request with all this wrong."""
    stated: dict[str, str | None] = {}
    for _, _, spoil, _, more in wrongs:
        spoil(house)
        stated |= more
    created = int(time.time()) - (3600 if stated.pop("created", None) else 0)
    raw = house.desk.sign(CHECK, NHUNG, created=created, **stated)
    for _, _, _, damage, _ in wrongs:
        raw = damage(raw)
    answer = await house.send(raw)
    assert house.questions == [], "a refused request must not reach a service"
    assert house.entry.outcome == answer.reason
    return answer.reason, house.entry.detail or ""


@pytest.mark.parametrize("wrong", ORDER, ids=lambda wrong: f"{wrong[0]}: {wrong[1]}")
async def test_each_check_gives_its_reason(house: House, wrong: Wrong) -> None:
    reason, detail = await refused(house, wrong)
    assert reason == wrong[0]
    assert wrong[1] in detail


@pytest.mark.parametrize(
    "place", range(len(ORDER) - 1), ids=lambda place: f"{ORDER[place][0]}: {ORDER[place][1]}"
)
async def test_the_earlier_check_speaks(house: House, place: int) -> None:
    """Whatever else is wrong further down: it would tell what the sender may not know yet."""
    earlier, later = ORDER[place], ORDER[-1]
    for other in ORDER[place + 1 :]:
        if other[2] is nothing or earlier[2] is nothing:
            later = other
            break
    reason, detail = await refused(house, later, earlier)
    assert reason == earlier[0]
    assert earlier[1] in detail


async def test_an_expired_request_for_a_scope_of_others_says_expired(house: House) -> None:
    raw = house.desk.sign(MONTHS, NHUNG, created=int(time.time()) - 3600)
    assert (await house.send(raw)).reason == "signature_expired"


async def test_who_has_not_proved_himself_does_not_learn_which_paths_exist(house: House) -> None:
    for path in (CHECK, "/v1/nowhere"):
        raw = house.desk.sign(path, NHUNG).but(signature=None, signature_input=None)
        assert (await house.send(raw)).reason == "signature_missing"
    assert (await house.send(house.desk.sign("/v1/nowhere", NHUNG))).reason == "not_found"


async def test_a_refusal_before_the_signature_holds_names_no_agency(house: House) -> None:
    raw = house.desk.sign(CHECK, NHUNG)
    await house.send(replace(raw, target="/v1/identity:verify"))
    entry = house.entry
    assert (entry.agency_id, entry.key_id, entry.request_signature, entry.nonce) == (None, None, None, None)


async def test_unknown_revoked_and_wrong_signature_are_one_answer(house: House) -> None:
    documents = []
    for spoil in (unknown, revoke, nothing):
        spoil(house)
        raw = house.desk.sign(CHECK, NHUNG)
        if spoil is nothing:
            raw = raw.but(purpose="emergency")
        document = (await house.send(raw)).document
        documents.append({k: v for k, v in document.items() if k != "instance"})
    assert documents[0] == documents[1] == documents[2]


@pytest.mark.parametrize("agency", ["hospital", "employer"])
async def test_own_data_is_denied_to_everybody_so_far(house: House, agency: str) -> None:
    house.key_of(agency_id=agency)
    house.grant("coverage:read", "own_data", agency=agency)
    raw = house.desk.sign("/v1/coverage:get", {"identifier": NHUNG["identifier"]}, purpose="own_data")
    assert (await house.send(raw)).reason == "row_denied"


async def test_who_has_no_employer_code_never_asks_as_an_employer(house: House) -> None:
    house.grant("contributions:read", "employment")
    raw = house.desk.sign(MONTHS, {"identifier": NHUNG["identifier"]}, purpose="employment")
    assert (await house.send(raw)).reason == "row_denied"
    agencies = dict(house.registry.agencies)
    agencies["employer"] = replace(agencies["employer"], employer_code=None)
    house.registry = replace(house.registry, agencies=agencies)
    house.key_of(agency_id="employer")
    house.grant("contributions:read", "inspection", agency="employer")
    raw = house.desk.sign(MONTHS, {"identifier": NHUNG["identifier"]}, purpose="inspection")
    assert (await house.send(raw)).reason == "row_denied"


@pytest.mark.parametrize("path", [MONTHS, "/v1/contributions:ledger"])
@pytest.mark.parametrize("agency", ["nowhere", "hospital", "bank"])
async def test_who_has_no_province_never_asks_as_an_inspector(house: House, path: str, agency: str) -> None:
    house.key_of(agency_id=agency)
    house.grant("contributions:read", "inspection", agency=agency)
    raw = house.desk.sign(path, {"identifier": NHUNG["identifier"]}, purpose="inspection")
    assert (await house.send(raw)).reason == "row_denied"
    assert house.questions == []
    assert house.resolved == []


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "application/json;x=y"]
)
async def test_json_is_json_with_any_parameters(house: House, kind: str) -> None:
    assert (await house.send(house.desk.sign(CHECK, NHUNG, content_type=kind))).status == 200


@pytest.mark.parametrize("staff", ["a", "nguyen.van.a@hospital.vn", "a b", "a" * 64])
async def test_a_named_person_is_printable_ascii(house: House, staff: str) -> None:
    assert (await house.send(house.desk.sign(CHECK, NHUNG, staff=staff))).status == 200
    assert house.entry.staff == staff


@pytest.mark.parametrize("staff", ["", " ", "a" * 65])
async def test_no_other_name_is_taken(house: House, staff: str) -> None:
    answer = await house.send(house.desk.sign(CHECK, NHUNG, staff=staff))
    assert (answer.status, answer.fields) == (422, ["header Staff"])


async def test_a_spent_quota_names_the_wait(house: House) -> None:
    house.grant("coverage:check", "admission", quota=2)
    gateway = house.gateway()
    answers = [await house.send(house.desk.sign(CHECK, NHUNG), gateway=gateway) for _ in range(3)]
    if [a.status for a in answers] == [200, 200, 200]:  # the minute turned between two of them
        answers += [await house.send(house.desk.sign(CHECK, NHUNG), gateway=gateway) for _ in range(2)]
    refusal = answers[-1]
    assert refusal.status == 429
    wait = int(refusal.header("retry-after"))
    assert 1 <= wait <= 60
    assert refusal.header("ratelimit") == f'"minute";r=0;t={wait}'
    assert refusal.header("ratelimit-policy") == '"minute";q=2;w=60'
