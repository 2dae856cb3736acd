"""What the desk is told, from where, and what becomes of it; and what an attacker is told."""

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from lienthong.certificate import Reason as Why
from lienthong.certificate import public_keys
from lienthong.client import AgencyConfig, AnswerNotTrusted, NotAllowed, Unavailable
from lienthong.connector import store as stores
from lienthong.connector.connector import NoAnswer
from lienthong.connector.model import Source, State
from lienthong.connector.reasons import Reason
from lienthong.connector.service import ask_again
from lienthong.connector.store import Full, Store
from lienthong.connector.vault import Vault
from lienthong.fields import WrongField
from lienthong.signing import (
    Algorithm,
    PrivateKey,
    RequestView,
    check_digest,
    check_signature,
    parse_signature,
)
from tests.support.certificates import KEY, NOW, certificate, payload, signed
from tests.support.connector import KEY_OCTETS, Desk, covered, desk, question

VISIT = {"kind": "VISIT_KIND_OUTPATIENT"}


@pytest.fixture
def at_desk(tmp_path: Path, agency_config: AgencyConfig, stub_gateway: Any) -> Iterator[Desk]:
    """A connector; the gateway says that the card is valid."""
    answers(stub_gateway, covered())
    found = desk(tmp_path, agency_config, stub_gateway.handle)
    yield found
    found.store.close()


def answers(gateway: Any, document: object, status: int = 200) -> None:
    gateway.reactions = [lambda _view: (status, document, {})]


async def down(at_desk: Desk, **changed: Any) -> dict[str, Any]:
    at_desk.line.cut = True
    return await at_desk.ask(**changed)


async def refused(at_desk: Desk, **changed: Any) -> NoAnswer:
    at_desk.line.cut = True
    with pytest.raises(NoAnswer) as error:
        await at_desk.ask(**changed)
    assert at_desk.store.counts()["pending"] == 0
    return error.value


# --- the line is up


async def test_while_the_line_is_up_its_answer_is_passed_on_and_a_certificate_is_not_looked_at(
    at_desk: Desk, stub_gateway: Any
) -> None:
    told = await at_desk.ask(certificate="shc:/nonsense", staff="dr-2", purpose="emergency")
    assert told == covered() | {"provisional": False, "source": "line"}
    (received,) = stub_gateway.received
    assert received.header("staff") == "dr-2"
    assert b"certificate" not in received.body
    assert at_desk.store.counts() == {"kept": 1, "pending": 0, "confirmed": 0, "changed": 0}


async def test_a_refusal_is_the_gateways_and_nothing_replaces_it(at_desk: Desk, stub_gateway: Any) -> None:
    await at_desk.ask()
    answers(stub_gateway, {"reason": "scope_denied"}, 403)
    with pytest.raises(NotAllowed):
        await at_desk.ask(certificate=certificate())


async def test_an_answer_that_is_not_the_gateways_is_neither_shown_nor_replaced(
    at_desk: Desk, stub_gateway: Any
) -> None:
    await at_desk.ask()
    stub_gateway.key = PrivateKey.generate(Algorithm.ED25519)
    with pytest.raises(AnswerNotTrusted):
        await at_desk.ask(certificate=certificate())
    assert at_desk.store.counts()["pending"] == 0


@pytest.mark.parametrize(
    "changed", [{"identifier": "17"}, {"visitOn": "22/11/2026"}, {"visitOn": "1990-01-01"}]
)
async def test_what_cannot_be_a_question_is_sent_nowhere(at_desk: Desk, changed: dict[str, str]) -> None:
    with pytest.raises(WrongField):
        await at_desk.ask(**changed)
    assert at_desk.line.tried == 0


# --- the line is down: from a certificate


async def test_a_certificate_answers_while_the_line_is_down_and_says_that_it_is_provisional(
    at_desk: Desk,
) -> None:
    shc = certificate(now=NOW - timedelta(hours=5))
    told = await down(at_desk, certificate=shc)
    assert (told["provisional"], told["source"], told["ageSeconds"]) == (True, "certificate", 5 * 3600)
    assert (told["resultCode"], told["covered"], told["visitCode"]) == ("000", True, "00")
    assert told["card"]["cardCode"] == "DN4010100000017"
    assert told["card"]["benefitPercent"] == 80
    assert told["provisionalReason"]["code"] == "certificate"
    assert "benefit" not in told
    entry = at_desk.store.entry(told["evidenceId"])
    assert entry is not None
    assert (entry.state, entry.evidence.source, entry.evidence.certificate) == (
        State.PENDING,
        Source.CERTIFICATE,
        shc,
    )


async def test_asked_by_a_personal_id_the_desk_is_told_that_no_certificate_holds_one(at_desk: Desk) -> None:
    told = await down(at_desk, certificate=certificate(), identifier="001190000017")
    assert [notice["code"] for notice in told["notices"]] == ["identifier_not_in_certificate"]
    for proved in ("DN4010100000017", "0100000017"):
        assert "notices" not in await down(at_desk, certificate=certificate(), identifier=proved)


async def test_evidence_holds_the_signed_request_so_that_it_proves_itself(
    at_desk: Desk, agency_config: AgencyConfig
) -> None:
    told = await down(at_desk, certificate=certificate())
    entry = at_desk.store.entry(told["evidenceId"])
    assert entry is not None
    request = entry.evidence.request
    headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
    view = RequestView(
        request.method, "https", "gateway.test", "/v1/coverage:check", "", headers, request.body
    )
    parsed = parse_signature(view)
    check_signature(parsed, view, agency_config.key.public)
    check_digest(parsed, view)
    assert entry.evidence.made_at == NOW


async def test_a_certificate_says_nothing_good_of_a_day_after_its_card(at_desk: Desk) -> None:
    told = await down(at_desk, certificate=certificate(), visitOn="2027-01-01")
    assert (told["resultCode"], told["covered"]) == ("010", False)


FORGER = PrivateKey.generate(Algorithm.ECDSA_P256_SHA256)


@pytest.mark.parametrize(
    ("shc", "why"),
    [
        (certificate(key=FORGER), Why.UNKNOWN_KEY),
        (
            signed(payload(), key=FORGER, header={"zip": "DEF", "alg": "ES256", "kid": KEY.key_id}),
            Why.SIGNATURE,
        ),
        (certificate(now=NOW - timedelta(days=7)), Why.EXPIRED),
        (certificate(now=NOW + timedelta(hours=1)), Why.NOT_YET),
        (certificate(url="https://other.test"), Why.ISSUER),
        (certificate(code="DN4010100000025"), Why.OTHER_PERSON),
        ("shc:/", Why.MALFORMED),
    ],
    ids=lambda value: value.code if isinstance(value, Why) else "",
)
async def test_a_certificate_that_is_not_good_answers_nothing_and_says_why(
    at_desk: Desk, shc: str, why: Why
) -> None:
    error = await refused(at_desk, certificate=shc)
    assert error.reason is Reason.CERTIFICATE_REFUSED
    assert error.certificate is not None
    assert (
        error.certificate.reason in {why, Why.MALFORMED}
        if shc.endswith("00")
        else error.certificate.reason is why
    )


@pytest.mark.parametrize(
    "other",
    [{"fullName": "Lê Thị Mai"}, {"born": "1990-05-18"}, {"born": "1991"}, {"identifier": "DN4010100000025"}],
)
async def test_another_persons_certificate_answers_nothing(at_desk: Desk, other: dict[str, str]) -> None:
    error = await refused(at_desk, certificate=certificate(), **other)
    assert error.certificate is not None
    assert error.certificate.reason is Why.OTHER_PERSON


async def test_without_keys_no_certificate_is_believed(at_desk: Desk) -> None:
    at_desk.keys.unlink()
    assert (await refused(at_desk, certificate=certificate())).reason is Reason.NO_KEYS


async def test_new_keys_are_taken_without_a_restart(at_desk: Desk) -> None:
    assert (await refused(at_desk, certificate=certificate(key=FORGER))).certificate is not None
    at_desk.keys.write_bytes(msgspec.json.encode(public_keys([FORGER.public])))
    assert (await down(at_desk, certificate=certificate(key=FORGER)))["covered"]


# --- the line is down: from what was kept


async def test_the_last_answer_is_kept_for_its_person_and_says_how_old_it_is(at_desk: Desk) -> None:
    await at_desk.ask()
    at_desk.clock.turn(hours=30)
    told = await down(at_desk, fullName="TRAN THI HONG  NHUNG")
    assert (told["provisional"], told["source"], told["ageSeconds"]) == (True, "kept", 30 * 3600)
    assert told["covered"]
    assert "checkToken" not in told


async def test_nothing_kept_and_no_certificate_is_no_answer(at_desk: Desk) -> None:
    assert (await refused(at_desk)).reason is Reason.LINE_DOWN


@pytest.mark.parametrize(
    "other",
    [
        {"fullName": "Lê Thị Mai"},
        {"born": "1990-05-18"},
        {"born": "1990"},
        {"identifier": "DN4010100000025"},
        {"identifier": "0100000017"},
    ],
)
async def test_a_kept_answer_is_not_replayed_for_another_name_birth_or_number(
    at_desk: Desk, other: dict[str, str]
) -> None:
    await at_desk.ask()
    assert (await refused(at_desk, **other)).reason is Reason.LINE_DOWN


async def test_a_kept_answer_moved_on_the_disk_to_another_name_is_not_used(
    at_desk: Desk, tmp_path: Path
) -> None:
    await at_desk.ask()
    other = question(fullName="Lê Thị Mai")
    name = Vault(KEY_OCTETS).name(*other.who)
    with sqlite3.connect(tmp_path / "state.db") as disk:
        disk.execute("UPDATE kept SET name = ?", (name,))
    assert (await refused(at_desk, fullName="Lê Thị Mai")).reason is Reason.LINE_DOWN


async def test_a_kept_answer_is_used_for_seven_days_and_no_longer_and_never_from_the_future(
    at_desk: Desk,
) -> None:
    await at_desk.ask()
    at_desk.clock.turn(days=7)
    assert (await down(at_desk))["covered"]
    at_desk.clock.turn(seconds=1)
    with pytest.raises(NoAnswer):
        await at_desk.ask()
    at_desk.clock.turn(days=-8)
    with pytest.raises(NoAnswer):
        await at_desk.ask()


async def test_of_a_certificate_and_a_kept_answer_the_younger_one_speaks(
    at_desk: Desk, stub_gateway: Any
) -> None:
    answers(stub_gateway, covered(covered=False, resultCode="110"))
    await at_desk.ask()
    older, younger = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    revoked = await down(at_desk, certificate=certificate(now=older))
    assert (revoked["covered"], revoked["resultCode"], revoked["source"]) == (False, "110", "kept")
    at_desk.clock.turn(hours=2)
    again = await down(at_desk, certificate=certificate(now=younger))
    assert (again["covered"], again["source"]) == (True, "certificate")


async def test_what_the_gateway_said_when_asked_again_is_what_is_kept(
    at_desk: Desk, stub_gateway: Any
) -> None:
    await at_desk.ask()
    await down(at_desk)
    answers(stub_gateway, covered(covered=False, resultCode="110"))
    at_desk.clock.turn(hours=1)
    at_desk.reconnect()
    await at_desk.connector.recheck()
    at_desk.clock.turn(hours=1)
    told = await down(at_desk)
    assert (told["covered"], told["ageSeconds"]) == (False, 3600)


async def test_a_certificate_that_is_refused_leaves_what_was_kept(at_desk: Desk) -> None:
    await at_desk.ask()
    assert (await down(at_desk, certificate=certificate(key=FORGER)))["source"] == "kept"


async def test_a_kept_answer_ends_with_its_card(at_desk: Desk, stub_gateway: Any) -> None:
    card = covered()["card"] | {"validTo": "2026-11-23"}
    answers(stub_gateway, covered(card=card, benefit={"fundBasisPoints": 8000}))
    await at_desk.ask()
    assert (await down(at_desk, visitOn="2026-11-23"))["covered"]
    ended = await down(at_desk, visitOn="2026-11-24")
    assert (ended["covered"], ended["resultCode"], ended["visitCode"]) == (False, "010", "01")
    assert "benefit" not in ended


async def test_what_a_visit_pays_is_repeated_for_the_same_visit_only(
    at_desk: Desk, stub_gateway: Any
) -> None:
    answers(stub_gateway, covered(benefit={"fundBasisPoints": 8000}))
    await at_desk.ask(visit=VISIT)
    assert (await down(at_desk, visit=VISIT))["benefit"] == {"fundBasisPoints": 8000}
    assert "benefit" not in await down(at_desk, visit={"kind": "VISIT_KIND_INPATIENT"})
    assert "benefit" not in await down(at_desk)


async def test_who_was_not_covered_is_not_covered_while_the_line_is_down(
    at_desk: Desk, stub_gateway: Any
) -> None:
    answers(stub_gateway, covered(covered=False, resultCode="110"))
    await at_desk.ask()
    told = await down(at_desk)
    assert (told["covered"], told["resultCode"], told["provisional"]) == (False, "110", True)


async def test_without_the_cards_dates_an_answer_is_good_for_its_own_day_alone(
    at_desk: Desk, stub_gateway: Any
) -> None:
    answers(stub_gateway, {"resultCode": "000", "covered": True})
    await at_desk.ask()
    assert (await down(at_desk))["covered"]
    with pytest.raises(NoAnswer):
        await at_desk.ask(visitOn="2026-11-23")


# --- the line itself


async def test_once_the_line_failed_the_next_desk_does_not_wait_for_it(at_desk: Desk) -> None:
    await at_desk.ask()
    await down(at_desk)
    assert at_desk.line.tried == 3  # the answer, then two tries
    await at_desk.ask()
    assert at_desk.line.tried == 3
    assert at_desk.connector.state.up is False


async def test_a_failed_first_try_is_repeated_signed_anew(at_desk: Desk, stub_gateway: Any) -> None:
    def breaks(_view: object) -> httpx.Response:
        raise httpx.ConnectError("gone")

    stub_gateway.reactions = [breaks, lambda _view: (200, covered(), {})]
    assert (await at_desk.ask())["provisional"] is False
    assert len(set(stub_gateway.nonces)) == 2


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_gateway_that_says_later_is_a_line_that_is_down(
    at_desk: Desk, stub_gateway: Any, status: int
) -> None:
    await at_desk.ask()
    answers(stub_gateway, {"reason": "unavailable"}, status)
    assert (await at_desk.ask())["provisional"] is True


# --- asking again


async def test_when_the_line_is_back_the_same_question_confirms_the_answer(
    at_desk: Desk, stub_gateway: Any
) -> None:
    told = await down(at_desk, certificate=certificate(), staff="dr-2", visit=VISIT)
    at_desk.clock.turn(days=1)
    at_desk.reconnect()
    assert await at_desk.connector.recheck() is True
    assert await at_desk.connector.recheck() is False
    (received,) = stub_gateway.received
    assert received.header("staff") == "dr-2"
    assert b'"visitOn":"2026-11-22"' in received.body  # the day of the visit, not of asking again
    assert b"VISIT_KIND_OUTPATIENT" in received.body
    entry = at_desk.store.entry(told["evidenceId"])
    assert entry is not None
    assert entry.settled is not None
    assert (entry.state, entry.settled.changes) == (State.CONFIRMED, ())
    assert entry.settled.headers["signature"].startswith("lienthong=")


async def test_what_changed_is_listed(at_desk: Desk, stub_gateway: Any) -> None:
    await at_desk.ask()
    await down(at_desk)
    card = covered()["card"] | {"validTo": "2026-11-20", "registeredFacility": {"code": "01002"}}
    answers(stub_gateway, covered(resultCode="110", covered=False, card=card))
    at_desk.reconnect()
    await at_desk.connector.recheck()
    (entry,) = at_desk.store.entries(state=State.CHANGED, limit=9)
    assert entry.settled is not None
    assert [(c.what, c.before, c.after) for c in entry.settled.changes] == [
        ("result_code", "000", "110"),
        ("covered", "true", "false"),
        ("valid_to", "2026-12-31", "2026-11-20"),
        ("registered_facility", "01001", "01002"),
    ]


async def test_a_refusal_when_asked_again_is_a_change(at_desk: Desk, stub_gateway: Any) -> None:
    await down(at_desk, certificate=certificate())
    answers(stub_gateway, {"reason": "purpose_denied"}, 403)
    at_desk.reconnect()
    await at_desk.connector.recheck()
    (entry,) = at_desk.store.entries(state=State.CHANGED, limit=9)
    assert entry.settled is not None
    assert [(c.what, c.after) for c in entry.settled.changes] == [("refused", "purpose_denied")]


@pytest.mark.parametrize("status", [401, 429, 503])
async def test_what_says_nothing_of_the_person_leaves_it_pending(
    at_desk: Desk, stub_gateway: Any, status: int
) -> None:
    await down(at_desk, certificate=certificate())
    answers(stub_gateway, {"reason": "told"}, status)
    at_desk.reconnect()
    with pytest.raises(Unavailable):
        await at_desk.connector.recheck()
    assert at_desk.store.counts()["pending"] == 1


async def test_a_forged_answer_settles_nothing(at_desk: Desk, stub_gateway: Any) -> None:
    await down(at_desk, certificate=certificate())
    stub_gateway.key = PrivateKey.generate(Algorithm.ED25519)
    at_desk.reconnect()
    with pytest.raises(Unavailable):
        await at_desk.connector.recheck()
    assert at_desk.store.counts()["pending"] == 1


async def test_one_that_cannot_be_settled_does_not_hold_up_the_others(
    at_desk: Desk, stub_gateway: Any
) -> None:
    await down(at_desk, certificate=certificate())
    await at_desk.ask(certificate=certificate(), visitOn="2026-11-23")
    later = [(401, {"reason": "told"}), (200, covered())]
    stub_gateway.reactions = [lambda _view: (*later.pop(0), {})]
    at_desk.reconnect()
    with pytest.raises(Unavailable):
        await at_desk.connector.recheck()
    assert await at_desk.connector.recheck() is True
    (settled,) = at_desk.store.entries(state=State.CONFIRMED, limit=9)
    assert settled.evidence.day == "2026-11-23"


# --- the disk


def whole(folder: Path) -> bytes:
    """Every octet of the state's file and of its log."""
    return b"".join(path.read_bytes() for path in folder.glob("state.db*"))


async def test_nothing_on_the_disk_can_be_read(at_desk: Desk, tmp_path: Path) -> None:
    await at_desk.ask()
    await down(at_desk, certificate=certificate())
    at_desk.reconnect()
    await at_desk.connector.recheck()
    disk = whole(tmp_path)
    assert disk.startswith(b"SQLite format 3")
    for secret in ("0100000017", "Nhung", "NHUNG", "1990-05-17", "shc:/", "coverage:check", "signature"):
        assert secret.encode() not in disk, secret


async def test_a_state_of_another_key_is_not_used_and_not_lost(
    at_desk: Desk, tmp_path: Path, agency_config: AgencyConfig
) -> None:
    await at_desk.ask()
    await down(at_desk)
    at_desk.store.close()
    other = Store(tmp_path / "state.db", Vault(b"l" * 32))
    assert other.kept(question().who, NOW) is None  # another key names it otherwise
    assert other.entries(state=None, limit=9) == []
    other.close()
    again = Store(tmp_path / "state.db", Vault(KEY_OCTETS))
    assert again.counts()["pending"] == 1
    assert len(again.entries(state=None, limit=9)) == 1
    again.close()


async def test_only_so_many_wait_and_then_no_provisional_answer_is_given(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "MOST_PENDING", 2)
    for _ in range(2):
        await down(at_desk, certificate=certificate())
    with pytest.raises(Full):
        await at_desk.ask(certificate=certificate())
    assert at_desk.store.counts()["pending"] == 2


async def test_the_oldest_kept_answer_goes_first(at_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MOST_KEPT", 2)
    for number in range(3):
        await at_desk.ask(identifier=f"00119000001{number}")
        at_desk.clock.turn(seconds=1)
    assert at_desk.store.counts()["kept"] == 2
    with pytest.raises(NoAnswer):
        await down(at_desk, identifier="001190000010")
    assert (await at_desk.ask(identifier="001190000011"))["covered"]


async def test_evidence_that_cannot_be_written_is_no_answer_but_a_line_that_is_up_still_is(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(at_desk.store, "keep", full)
    monkeypatch.setattr(at_desk.store, "record", full)
    assert (await at_desk.ask())["provisional"] is False
    assert (await refused(at_desk, certificate=certificate())).reason is Reason.NOT_RECORDED


def told_when_settled(at_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set once something is settled."""
    settled, loop, settle = asyncio.Event(), asyncio.get_running_loop(), at_desk.store.settle

    def settle_and_tell(*what: Any) -> None:
        settle(*what)
        loop.call_soon_threadsafe(settled.set)

    monkeypatch.setattr(at_desk.store, "settle", settle_and_tell)
    return settled


async def test_a_desk_that_finds_the_line_back_wakes_whoever_waits_to_ask_again(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = told_when_settled(at_desk, monkeypatch)
    told = await down(at_desk, certificate=certificate())
    again = asyncio.create_task(ask_again(at_desk.connector, first_pause_s=3_600, longest_pause_s=3_600))
    async with asyncio.timeout(20):
        await (
            at_desk.line.tried_thrice.wait()
        )  # the desk's two, then one that asks again and will wait an hour
        at_desk.reconnect()
        await at_desk.ask()
        await settled.wait()
    again.cancel()
    entry = at_desk.store.entry(told["evidenceId"])
    assert entry is not None
    assert entry.state is State.CONFIRMED


async def test_evidence_that_was_spoiled_on_the_disk_stops_nobody_else(
    at_desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = told_when_settled(at_desk, monkeypatch)
    spoiled = await down(at_desk, certificate=certificate())
    sound = await at_desk.ask(certificate=certificate())
    with sqlite3.connect(tmp_path / "state.db") as disk:
        disk.execute(
            "UPDATE provisional SET evidence = x'00' WHERE evidence_id = ?", (spoiled["evidenceId"],)
        )
    at_desk.reconnect()
    again = asyncio.create_task(ask_again(at_desk.connector, first_pause_s=0.001, longest_pause_s=0.001))
    async with asyncio.timeout(20):
        await settled.wait()
    again.cancel()
    assert [entry.evidence.evidence_id for entry in at_desk.store.entries(state=None, limit=9)] == [
        sound["evidenceId"]
    ]
    assert at_desk.store.counts()["pending"] == 1  # not lost, and not believed
