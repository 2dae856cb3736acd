"""What an auditor gets: newest first, page by page, about one person or one agency."""

import asyncio
from collections.abc import Callable

import pytest

from lienthong.audit.entry import AuditEntry, Pseudonyms
from lienthong.audit.reader import AuditReader
from lienthong.audit.writer import AuditWriter
from lienthong.db.pool import Pool
from lienthong.rpc.errors import InvalidArgument
from vss.audit.v1 import audit_pb2 as pb

Make = Callable[..., AuditEntry]
NAMES = Pseudonyms(b"k" * 32)


@pytest.fixture
def reader(pool: Pool) -> AuditReader:
    return AuditReader(pool, NAMES)


async def write(pool: Pool, *entries: AuditEntry) -> list[str]:
    writer, deadline = AuditWriter(pool, max_batch=1, max_in_flight=1), asyncio.get_running_loop().time() + 5
    assert all([await writer.record(entry, deadline=deadline) for entry in entries])
    return [entry.request_id for entry in entries]


async def listed(reader: AuditReader, **asked: object) -> list[str]:
    response = await reader.list_entries(pb.ListAuditEntriesRequest(**asked))  # type: ignore[arg-type]
    return [entry.request_id for entry in response.entries]


async def test_pages_by_key_give_each_entry_once_while_others_write(
    pool: Pool, reader: AuditReader, entry: Make, agency_id: str
) -> None:
    written = await write(pool, *(entry() for _ in range(7)))
    found, token, later = [], "", []
    while True:
        asked = pb.ListAuditEntriesRequest(agency_id=agency_id, page_size=3, page_token=token)
        page = await reader.list_entries(asked)
        found += [e.request_id for e in page.entries]
        later += await write(pool, entry())
        token = page.next_page_token
        if not token:
            break
    assert found == written[::-1]
    assert len(await listed(reader, agency_id=agency_id)) == 7 + len(later)


async def test_a_full_last_page_has_no_successor(
    pool: Pool, reader: AuditReader, entry: Make, agency_id: str
) -> None:
    await write(pool, *(entry() for _ in range(3)))
    page = await reader.list_entries(pb.ListAuditEntriesRequest(agency_id=agency_id, page_size=3))
    assert (len(page.entries), page.next_page_token) == (3, "")


async def test_entries_are_found_by_the_person_asked_about_and_by_the_person_answered_about(
    pool: Pool, reader: AuditReader, entry: Make, agency_id: str
) -> None:
    by_name = entry(subjects_asked=[NAMES.of("001190000017")], subjects_answered=[])
    by_id = entry(subjects_asked=[NAMES.of("0100000017")], subjects_answered=[987_654_321])
    other = entry(subjects_asked=[NAMES.of("001085000025")], subjects_answered=[2])
    await write(pool, by_name, by_id, other)
    asked = {"agency_id": agency_id, "identifier": "0011 9000 0017"}
    assert await listed(reader, **asked) == [by_name.request_id]
    assert await listed(reader, **asked, person_id=987_654_321) == [by_id.request_id, by_name.request_id]
    assert await listed(reader, agency_id=agency_id, identifier="0000000000") == []


async def test_entries_are_found_by_outcome_and_by_time(
    pool: Pool, reader: AuditReader, entry: Make, agency_id: str
) -> None:
    ok, refused = await write(pool, entry(), entry(outcome="replayed", status=401, nonce=None))
    assert await listed(reader, agency_id=agency_id, outcome="replayed") == [refused]
    assert await listed(reader, agency_id=agency_id, outcome="ok", since="2020-01-01T00:00:00Z") == [ok]
    assert await listed(reader, agency_id=agency_id, until="2020-01-01T00:00:00+07:00") == []


HISTORY = "vss.health_claims.v1.HistoryQueryService"


async def test_what_was_asked_by_breaking_the_glass_is_listed_for_review(
    pool: Pool, reader: AuditReader, entry: Make, agency_id: str
) -> None:
    read, *_ = await write(
        pool,
        entry(rpc=f"{HISTORY}/ListVisits", purpose="emergency"),
        entry(rpc=f"{HISTORY}/ListVisits", purpose="admission"),
        entry(rpc="vss.health_claims.v1.HealthClaimsQueryService/CheckCoverage", purpose="emergency"),
        entry(rpc=f"{HISTORY}More/ListVisits", purpose="emergency"),
        entry(rpc=None, purpose=None),
    )
    asked = {"agency_id": agency_id, "purpose": "emergency"}
    assert len(await listed(reader, **asked)) == 3
    assert await listed(reader, **asked, rpc=HISTORY) == [read]
    assert await listed(reader, **asked, rpc=f"{HISTORY}/ListVisits") == [read]
    assert await listed(reader, **asked, rpc=f"{HISTORY}/GetVisit") == []
    assert len(await listed(reader, agency_id=agency_id, rpc=HISTORY)) == 2


async def test_an_entry_tells_counts_and_proof_but_no_subject(
    pool: Pool, reader: AuditReader, entry: Make, agency_id: str
) -> None:
    await write(
        pool, entry(subjects_asked=["a", "b", "c"], subjects_answered=[1, 2], detail="why", staff="desk-1")
    )
    (told,) = (await reader.list_entries(pb.ListAuditEntriesRequest(agency_id=agency_id))).entries
    assert (told.subjects_asked, told.subjects_answered, told.detail, told.staff) == (3, 2, "why", "desk-1")
    assert (told.answer_digest, told.answer_signature, told.status) == ("ZGln", "c2ln", 200)
    assert told.recorded_at.seconds > 1_700_000_000


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        *[
            ("page_token", token)
            for token in ("x", "YmVmb3JlOi0x", "YmVmb3JlOjA5OTk5OTk5OTk5OTk5OTk5OTk5OQ==", "é")
        ],
        *[("page_token", token) for token in ("YmVmb3JlOjk5OTk5OTk5OTk5OTk5OTk5OTk=",)],
        *[
            ("since", time)
            for time in ("yesterday", "2026-11-22", "2026-11-22T00:00:00", "2026-13-01T00:00:00Z")
        ],
        ("until", "2026-11-22T24:61:00Z"),
    ],
)
async def test_what_is_no_time_or_token_is_named(reader: AuditReader, field: str, wrong: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await listed(reader, **{field: wrong})
    assert [violation.field for violation in caught.value.fields] == [field]


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00Z"]
)
@pytest.mark.parametrize("field", ["since", "until"])
async def test_a_time_at_the_edge_of_the_calendar_is_a_time(
    reader: AuditReader, field: str, moment: str, agency_id: str
) -> None:
    assert await listed(reader, agency_id=agency_id, **{field: moment}) == []
