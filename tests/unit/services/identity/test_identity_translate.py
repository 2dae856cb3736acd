"""What the identity service refuses, and that what it takes survives translation."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.fields import Born
from lienthong.names import match_key
from lienthong.rpc.errors import InvalidArgument
from services.identity import translate
from services.identity.domain import Outcome, Person, Result, Sex, Verdict, verify
from vss.identity.v1 import identity_pb2 as pb

TODAY = date(2026, 11, 22)
NAMES = st.text("ABCĐNTabcđăâêôơưÁẾ ", min_size=1, max_size=40).filter(lambda name: name.strip() != "")


@given(NAMES, st.dates(date(1880, 1, 1), TODAY), st.booleans(), st.sampled_from([0, 1, 2]))
def test_what_is_asked_is_what_is_compared(name: str, day: date, by_year: bool, sex: int) -> None:
    request = pb.VerifyIdentityRequest(
        identifier="001190000017",
        full_name=name,
        born=f"{day.year:04}" if by_year else day.isoformat(),
        sex=sex,  # type: ignore[arg-type]  # a plain number, as it comes over the wire
    )
    claim = translate.to_claim(request, today=TODAY)
    assert claim.identifier == "001190000017"
    assert claim.name_key == match_key(name)
    assert claim.born == Born(day.year, None if by_year else day)
    assert claim.sex == (Sex(sex) if sex else None)


@given(st.sampled_from(Result), *[st.sampled_from(Outcome)] * 3, st.integers(0, 1 << 62))
def test_a_verdict_survives_translation(
    result: Result, name: Outcome, born: Outcome, sex: Outcome, person_id: int
) -> None:
    response = pb.VerifyIdentityResponse()
    translate.fill(response, Verdict(person_id, result, name, born, sex))
    assert list(map(int, (response.result, response.full_name, response.born, response.sex))) == [
        result,
        name,
        born,
        sex,
    ]
    assert response.person_id == person_id
    assert pb.IdentityResult.Name(response.result) == f"IDENTITY_RESULT_{result.name}"
    assert pb.FieldOutcome.Name(response.full_name) == f"FIELD_OUTCOME_{name.name}"


def any_asked(right: tuple[bool | None, ...]) -> bool:
    return right != (None, None, None)


@pytest.mark.parametrize(
    ("given_fields", "wrong"),
    [
        ({}, ["identifier", "full_name"]),
        ({"identifier": "001190000017"}, ["full_name"]),
        ({"identifier": "001190000017", "sex": 9}, ["sex"]),
        ({"identifier": "0011900000", "born": "2026-02-30"}, ["born"]),
        (
            {"identifier": "DN4010100000017", "full_name": "A\x00", "born": "1879"},
            ["identifier", "full_name", "born"],
        ),
        ({"identifier": "001190000017", "full_name": "A" * 10_000}, ["full_name"]),
    ],
)
def test_every_wrong_field_is_named(given_fields: dict[str, object], wrong: list[str]) -> None:
    with pytest.raises(InvalidArgument) as refused:
        translate.to_claim(pb.VerifyIdentityRequest(**given_fields), today=TODAY)  # type: ignore[arg-type]
    assert [field.field for field in refused.value.fields] == wrong


@given(st.tuples(*[st.booleans() | st.none()] * 3).filter(any_asked))
def test_the_result_follows_from_the_fields(right: tuple[bool | None, ...]) -> None:
    person = Person(1, "TRAN THI MAI", date(1990, 5, 17), 1990, 2)
    name, born, sex = right
    request = pb.VerifyIdentityRequest(
        identifier="001190000017",
        full_name="" if name is None else "Trần Thị Mai" if name else "Lê Văn Nam",
        born="" if born is None else "1990-05-17" if born else "1990-05-18",
        sex=0 if sex is None else 2 if sex else 1,  # type: ignore[arg-type]
    )
    verdict = verify(translate.to_claim(request, today=TODAY), person)
    asked = [answer for answer in right if answer is not None]
    expected = Result.MATCH if all(asked) else Result.PARTIAL if any(asked) else Result.NO_MATCH
    assert verdict.result == expected
