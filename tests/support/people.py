"""Persons for tests, in memory and in PostgreSQL, and what both must do."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import psycopg
import pytest

from lienthong.names import match_key
from lienthong.rpc.errors import InvalidArgument, from_status
from services.identity.domain import Person, Record
from services.identity.server import IdentityQuery
from vss.identity.v1 import identity_pb2 as pb
from vss.types.v1 import text_pb2

TODAY = date(2026, 11, 22)
UNKNOWN = "999900000099"


class Sample(NamedTuple):
    """A recorded person with what the tests need to ask for her."""

    personal_id: str
    si_number: str
    full_name: str
    person: Person


def sample(number: int, name: str, born: date | int, sex: int) -> Sample:
    """Somebody with number 1 to 99."""
    day = born if isinstance(born, date) else None
    year = born.year if isinstance(born, date) else born
    person = Person(9_000_000_000 + number, match_key(name), day, year, sex)
    return Sample(f"9991000000{number:02d}", f"99000000{number:02d}", name, person)


NHUNG = sample(1, "Trần Thị Hồng Nhung", date(1990, 5, 17), 2)
MAI = sample(3, "Lê Thị Mai", 1950, 2)
NAM = sample(13, "Hồ Văn Nam", date(1982, 8, 8), 1)
SAMPLES = (NHUNG, MAI, NAM)


class FakePersons:
    """``Persons`` in memory."""

    def __init__(self, samples: Sequence[Sample] = SAMPLES) -> None:
        self._by_identifier = {key: s.person for s in samples for key in (s.personal_id, s.si_number)}

    async def persons(self, identifiers: Sequence[str]) -> list[Person | None]:
        """As in ``Persons``."""
        return [self._by_identifier.get(identifier) for identifier in identifiers]

    async def person_ids(self, identifiers: Sequence[str]) -> list[int]:
        """As in ``Persons``."""
        found = await self.persons(identifiers)
        return [0 if person is None else person.person_id for person in found]

    async def records(self, identifiers: Sequence[str]) -> list[Record | None]:
        """As in ``Persons``."""
        found = {key: s for s in SAMPLES for key in (s.personal_id, s.si_number)}
        return [_record(found[identifier]) if identifier in found else None for identifier in identifiers]


def _record(sample: Sample) -> Record:
    person = sample.person
    return Record(
        person.person_id,
        sample.personal_id,
        sample.si_number,
        sample.full_name,
        person.birth_date,
        person.birth_year,
        person.sex,
        "01",
    )


def forget(connection: psycopg.Connection[Any]) -> None:
    """Delete the samples from the real database."""
    connection.execute("DELETE FROM person WHERE person_id BETWEEN 9000000000 AND 9000000099")
    connection.execute("DELETE FROM person_identifier WHERE person_id BETWEEN 9000000000 AND 9000000099")


def store(connection: psycopg.Connection[Any]) -> None:
    """Write the samples into the real database."""
    for s in SAMPLES:
        connection.execute(
            "INSERT INTO person (person_id, personal_id, si_number, full_name, match_key, birth_date, birth_year,"
            " sex, province_code, changed_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, '01', now())",
            [s.person.person_id, s.personal_id, s.si_number, s.full_name, *s.person[1:]],
        )
        for identifier in (s.personal_id, s.si_number):
            connection.execute(
                "INSERT INTO person_identifier (identifier, person_id) VALUES (%s, %s)",
                [identifier, s.person.person_id],
            )


def ask(who: Sample, **given: Any) -> pb.VerifyIdentityRequest:
    """A question about a sample."""
    return pb.VerifyIdentityRequest(**{"identifier": who.personal_id, **given})


@pytest.mark.asyncio
class IdentityContract:
    """What the servicer does, whatever holds its records."""

    @pytest.mark.parametrize(
        ("given", "result", "outcomes"),
        [
            ({"full_name": "trần thị hồng nhung"}, "MATCH", "MATCH NOT_ASKED NOT_ASKED"),
            ({"born": "1990-05-17", "sex": text_pb2.SEX_FEMALE}, "MATCH", "NOT_ASKED MATCH MATCH"),
            ({"born": "1990"}, "MATCH", "NOT_ASKED MATCH NOT_ASKED"),
            ({"full_name": "Trần Nhung", "born": "1990"}, "PARTIAL", "MISMATCH MATCH NOT_ASKED"),
            ({"sex": text_pb2.SEX_MALE}, "NO_MATCH", "NOT_ASKED NOT_ASKED MISMATCH"),
            ({"full_name": "Nam", "born": "1991", "sex": 1}, "NO_MATCH", "MISMATCH MISMATCH MISMATCH"),
        ],
    )
    async def test_each_field_asked_has_its_outcome(
        self, service: IdentityQuery, given: dict[str, Any], result: str, outcomes: str
    ) -> None:
        answer = await service.VerifyIdentity(ask(NHUNG, **given), None)
        assert pb.IdentityResult.Name(answer.result) == f"IDENTITY_RESULT_{result}"
        names = [pb.FieldOutcome.Name(o) for o in (answer.full_name, answer.born, answer.sex)]
        assert names == [f"FIELD_OUTCOME_{outcome}" for outcome in outcomes.split()]
        assert answer.person_id == NHUNG.person.person_id
        assert answer.result_text.vi
        assert answer.result_text.en

    async def test_a_birth_recorded_by_year_is_compared_by_year(self, service: IdentityQuery) -> None:
        answer = await service.VerifyIdentity(ask(MAI, born="1950-07-01"), None)
        assert answer.born == pb.FIELD_OUTCOME_MATCH

    async def test_the_social_insurance_number_stands_for_the_same_person(
        self, service: IdentityQuery
    ) -> None:
        answer = await service.VerifyIdentity(ask(NAM, identifier=f" {NAM.si_number} ", born="1982"), None)
        assert (answer.result, answer.person_id) == (pb.IDENTITY_RESULT_MATCH, NAM.person.person_id)

    async def test_an_unknown_identifier_is_an_answer(self, service: IdentityQuery) -> None:
        answer = await service.VerifyIdentity(ask(NHUNG, identifier=UNKNOWN, born="1990"), None)
        assert (answer.result, answer.person_id) == (pb.IDENTITY_RESULT_NOT_FOUND, 0)
        assert (answer.full_name, answer.born) == (pb.FIELD_OUTCOME_NOT_ASKED, pb.FIELD_OUTCOME_MISMATCH)

    async def test_one_failing_item_leaves_its_neighbours(self, service: IdentityQuery) -> None:
        requests = [
            ask(NHUNG, born="1990"),
            ask(NHUNG),
            ask(NHUNG, identifier="1", born="1880-02-30"),
            ask(MAI, sex=2),
        ]
        answer = await service.BatchVerifyIdentity(pb.BatchVerifyIdentityRequest(requests=requests), None)
        assert [r.WhichOneof("result") for r in answer.results] == ["response", "error", "error", "response"]
        assert [f.field for f in from_status(answer.results[1].error).fields] == ["full_name"]
        assert [f.field for f in from_status(answer.results[2].error).fields] == ["identifier", "born"]
        assert answer.results[3].response.person_id == MAI.person.person_id

    async def test_a_batch_answers_in_order_what_single_requests_answer(self, service: IdentityQuery) -> None:
        requests = [ask(who, full_name=NAM.full_name) for who in SAMPLES for _ in range(150)][::-1]
        answer = await service.BatchVerifyIdentity(pb.BatchVerifyIdentityRequest(requests=requests), None)
        single = {r.identifier: await service.VerifyIdentity(r, None) for r in requests[::150]}
        assert [r.response for r in answer.results] == [single[r.identifier] for r in requests]

    async def test_persons_are_resolved_in_order_and_nobody_is_zero(self, service: IdentityQuery) -> None:
        identifiers = [NAM.personal_id, UNKNOWN, NHUNG.si_number, NAM.si_number]
        answer = await service.ResolvePersons(pb.ResolvePersonsRequest(identifiers=identifiers), None)
        assert list(answer.person_ids) == [
            NAM.person.person_id,
            0,
            NHUNG.person.person_id,
            NAM.person.person_id,
        ]

    async def test_a_malformed_identifier_fails_the_resolution_and_is_named(
        self, service: IdentityQuery
    ) -> None:
        with pytest.raises(InvalidArgument) as refused:
            await service.ResolvePersons(pb.ResolvePersonsRequest(identifiers=[NAM.personal_id, "12"]), None)
        assert refused.value.fields[0].field == "identifiers[1]"

    async def test_persons_are_looked_up_in_order_with_all_that_is_recorded(
        self, service: IdentityQuery
    ) -> None:
        request = pb.LookUpPersonsRequest(identifiers=[MAI.si_number, f" {NHUNG.personal_id} "])
        answer = await service.LookUpPersons(request, None)
        assert list(answer.persons) == [
            text_pb2.Person(
                person_id=MAI.person.person_id,
                personal_id=MAI.personal_id,
                si_number=MAI.si_number,
                full_name="Lê Thị Mai",
                born="1950",
                sex=text_pb2.SEX_FEMALE,
                province_code="01",
            ),
            text_pb2.Person(
                person_id=NHUNG.person.person_id,
                personal_id=NHUNG.personal_id,
                si_number=NHUNG.si_number,
                full_name="Trần Thị Hồng Nhung",
                born="1990-05-17",
                sex=text_pb2.SEX_FEMALE,
                province_code="01",
            ),
        ]

    async def test_an_identifier_that_nobody_has_or_that_is_none_is_a_person_zero(
        self, service: IdentityQuery
    ) -> None:
        identifiers = [UNKNOWN, "", "12", "'; --", "a,b", NAM.personal_id, "\u0661" * 12]
        answer = await service.LookUpPersons(pb.LookUpPersonsRequest(identifiers=identifiers), None)
        assert [p.person_id for p in answer.persons] == [0, 0, 0, 0, 0, NAM.person.person_id, 0]
        assert answer.persons[0] == text_pb2.Person()

    async def test_fifty_thousand_are_looked_up_in_one_call_and_not_one_more(
        self, service: IdentityQuery
    ) -> None:
        identifiers = [UNKNOWN, NAM.personal_id] * 25_000
        answer = await service.LookUpPersons(pb.LookUpPersonsRequest(identifiers=identifiers), None)
        assert [p.person_id for p in answer.persons] == [0, NAM.person.person_id] * 25_000
        with pytest.raises(InvalidArgument) as refused:
            await service.LookUpPersons(pb.LookUpPersonsRequest(identifiers=[*identifiers, "1"]), None)
        assert refused.value.fields[0].field == "identifiers"

    @pytest.mark.parametrize("count", [0, 1_001])
    async def test_a_batch_outside_its_bounds_is_refused(self, service: IdentityQuery, count: int) -> None:
        requests = [ask(NHUNG, born="1990")] * count
        with pytest.raises(InvalidArgument) as refused:
            await service.BatchVerifyIdentity(pb.BatchVerifyIdentityRequest(requests=requests), None)
        assert refused.value.fields[0].field == "requests"
