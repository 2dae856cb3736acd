"""Statistics walk the same path as everything else: nothing leaves unsigned, unmasked or unrecorded."""

import gzip
import re
import threading
from typing import Any

import pytest

from gateway.app import Gateway
from gateway.faces.sdmx.refusing import CODES
from gateway.faces.sdmx.routes import RPCS
from gateway.problems import REASONS
from gateway.replies import Reply
from lienthong.rpc.errors import Refusal
from lienthong.signing import parse_signature
from tests.support import statistics
from tests.support.sdmx import CSV_1, GENERIC, judge_xml
from tests.support.wire import Answer, Raw
from tests.unit.gateway.conftest import House

RPC = RPCS["contributions"]
DATA = "/sdmx/v1/data/DF_PARTICIPANTS/M.VN...?lastNObservations=1"


@pytest.fixture
def office(house: House) -> House:
    """A house whose agency may pull statistics."""
    house.answers[RPC] = lambda question: statistics.responder()(question.request)
    house.grant("statistics:read", "statistics")
    return house


def sign(house: House, path: str = DATA, **headers: str | None) -> Raw:
    """A GET with nothing but what statistics need."""
    stated: dict[str, Any] = {"content_type": None, "staff": None, "purpose": "statistics", **headers}
    return house.desk.sign(path, b"", method="GET", **stated)


def refusal(answer: Answer) -> tuple[int, int, str]:
    """Status, the standard's code and our reason; the answer is an SDMX error."""
    assert answer.header("content-type") == "application/xml"
    message = judge_xml(answer.body)[0]
    return answer.status, int(message.get("code", "0")), str(message[0].text).partition(":")[0]


async def test_an_answer_is_generic_data_and_its_entry_says_what_was_pulled(office: House) -> None:
    answer = await office.send(sign(office))
    assert (answer.status, answer.header("content-type")) == (200, GENERIC.replace(";", "; "))
    judge_xml(answer.body)
    assert answer.header("vary") == "Accept, Accept-Encoding, Accept-Language"
    assert answer.header("cache-control") == "private, no-cache"
    entry = office.entry
    assert (entry.rpc, entry.purpose, entry.outcome, entry.status) == (RPC, "statistics", "ok", 200)
    count = answer.body.count(b"<gen:Obs>")
    assert entry.detail == f"sdmx: DF_PARTICIPANTS/M.VN...?lastNObservations=1: {count} observations"
    assert (entry.subjects_asked, entry.subjects_answered) == ([], [])


async def test_a_pull_without_the_grant_is_refused_before_anybody_is_asked(house: House) -> None:
    house.answers[RPC] = lambda question: statistics.responder()(question.request)
    assert refusal(await house.send(sign(house))) == (403, 110, "scope_denied")
    assert not house.questions
    assert house.entry.outcome == "scope_denied"


async def test_a_grant_that_covers_no_results_shows_no_figure(office: House) -> None:
    office.grant("statistics:read", "statistics", data_classes=frozenset({"identity"}))
    assert refusal(await office.send(sign(office))) == (403, 110, "scope_denied")


async def test_without_a_signature_there_are_no_figures(office: House) -> None:
    raw = sign(office).but(signature=None, signature_input=None)
    assert refusal(await office.send(raw)) == (401, 110, "signature_missing")


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/sdmx/v1/data/DF_NONE", {}, (404, 100, "not_found")),
        ("/sdmx/v2/data/dataflow/VSS/*/*", {}, (404, 100, "not_found")),
        ("/sdmx/v1/data/DF_PARTICIPANTS/M.VN", {}, (422, 150, "invalid_argument")),
        ("/sdmx/v1/data/DF_PARTICIPANTS?startPeriod=soon", {}, (400, 140, "malformed")),
        (DATA, {"accept": "application/json"}, (406, 140, "not_acceptable")),
        ("/sdmx/v1/data/DF_PARTICIPANTS?endPeriod=2020", {}, (404, 100, "not_found")),
    ],
)
async def test_a_refusal_is_an_sdmx_error_with_the_standards_status(
    office: House, path: str, headers: dict[str, str], expected: tuple[int, int, str]
) -> None:
    answer = await office.send(sign(office, path, **headers))
    assert refusal(answer) == expected
    assert str(office.entry.detail).startswith("sdmx: ")


async def test_more_than_an_answer_holds_is_too_large_and_not_unavailable(office: House) -> None:
    def too_many(_question: object) -> None:
        raise Refusal("TOO_MANY_OBSERVATIONS", "at most 200,000", code=8)

    office.answers[RPC] = too_many
    assert refusal(await office.send(sign(office))) == (413, 130, "answer_too_large")


def test_every_reason_has_its_code() -> None:
    assert CODES.keys() | {"idempotency_conflict", "not_covered", "internal"} == REASONS.keys()


async def test_what_is_known_is_not_sent_again_if_the_signature_covers_the_question(office: House) -> None:
    first = await office.send(sign(office))
    tag = first.header("etag")
    again = sign(office, if_none_match=tag)
    assert b"if-none-match" in parse_signature(again.view()).covered.names
    answer = await office.send(again)
    assert (answer.status, answer.body, answer.header("etag")) == (304, b"", tag)
    assert str(office.entry.detail).endswith(": not modified")
    forged = sign(office).also(("if-none-match", tag))
    assert (await office.send(forged)).status == 200
    other = await office.send(sign(office, if_none_match='W/"0"'))
    assert other.status == 200


async def test_the_tag_follows_the_figures_and_not_the_watermark(office: House) -> None:
    first = await office.send(sign(office))
    response = statistics.responder()

    def moved(question: Any, *, changed: bool) -> Any:
        answer = response(question.request)
        answer.watermark = "2026-11-28T09:00:00Z"
        if changed:
            answer.values[0] += 1
        return answer

    office.answers[RPC] = lambda question: moved(question, changed=False)
    assert (await office.send(sign(office))).header("etag") == first.header("etag")
    office.answers[RPC] = lambda question: moved(question, changed=True)
    assert (await office.send(sign(office))).header("etag") != first.header("etag")


async def test_it_is_compressed_before_it_is_signed(office: House) -> None:
    plain = await office.send(sign(office, accept=CSV_1))
    packed = await office.send(sign(office, accept=CSV_1, accept_encoding="gzip"))
    assert packed.header("content-encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body


class Watched(Gateway):
    """Remembers where answers are written."""

    threads: list[bool]

    def _written(self, *arguments: Any) -> Reply:
        self.threads.append(threading.current_thread() is threading.main_thread())
        return super()._written(*arguments)


async def test_a_large_answer_is_written_beside_the_event_loop(office: House) -> None:
    gateway = Watched(office.gateway()._parts)
    gateway.threads = []
    respond = statistics.responder(statistics.months("2026-01", "2026-06"))
    office.answers[RPC] = lambda question: respond(question.request)
    for path in ("/sdmx/v1/data/DF_PARTICIPANTS", DATA):
        assert (await office.send(sign(office, path), gateway=gateway)).status == 200
    assert gateway.threads == [False, True]


async def test_two_large_answers_are_written_at_a_time_and_who_waits_too_long_is_told_so(
    office: House,
) -> None:
    respond = statistics.responder(statistics.months("2026-01", "2026-06"))
    office.answers[RPC] = lambda question: respond(question.request)
    office.settings = office.settings.model_copy(update={"budget": 0.6})
    gateway = office.gateway()
    for _ in range(2):
        await gateway._long_answers.acquire()
    answer = await office.send(sign(office, "/sdmx/v1/data/DF_PARTICIPANTS"), gateway=gateway)
    assert refusal(answer) == (503, 503, "unavailable")
    assert (await office.send(sign(office), gateway=gateway)).status == 200
    gateway._long_answers.release()
    assert (await office.send(sign(office, "/sdmx/v1/data/DF_PARTICIPANTS"), gateway=gateway)).status == 200


async def test_a_structure_is_for_everybody_and_bound_to_a_request_that_is_signed(office: House) -> None:
    before = len(office.audit.entries)
    signed = await office.send(sign(office, "/sdmx/v1/dataflow"))
    # ``send`` has found it to be the answer to this very request.
    assert (signed.status, len(office.audit.entries)) == (200, before)
    open_one = await office.send(sign(office, "/sdmx/v1/dataflow").but(signature=None, signature_input=None))
    assert open_one.body == signed.body
    assert not re.search(rb'"@method";req', open_one.header("signature-input").encode())


async def test_a_structure_that_is_known_is_only_confirmed_to_who_asked(office: House) -> None:
    tag = (await office.send(sign(office, "/sdmx/v1/dataflow"))).header("etag")
    assert (await office.send(sign(office, "/sdmx/v1/dataflow", if_none_match=tag))).status == 304
    assert (await office.send(sign(office, "/sdmx/v1/dataflow").also(("if-none-match", tag)))).status == 200


def observations(answer: Answer) -> int:
    """Figures of a message."""
    return answer.body.count(b"<gen:Obs>")


async def test_what_is_pulled_is_charged_to_the_days_budget_until_it_is_used_up(office: House) -> None:
    first = await office.send(sign(office))
    office.grant("statistics:read", "statistics", observations_per_day=2 * observations(first) + 1)
    gateway = office.gateway()
    pulled = [await office.send(sign(office), gateway=gateway) for _ in range(3)]
    assert [answer.status for answer in pulled] == [200, 200, 429]
    assert refusal(pulled[2])[2] == "quota_exceeded"
    assert 1 <= int(pulled[2].header("retry-after")) <= 86_400
    assert list(office.pulled.charged.values()) == [2 * observations(first)]
    assert (office.entry.outcome, office.entry.status) == ("quota_exceeded", 429)
    assert "observations beyond" in str(office.entry.detail)


async def test_what_the_asker_has_already_and_what_there_is_cost_nothing(office: House) -> None:
    tag = (await office.send(sign(office))).header("etag")
    office.grant("statistics:read", "statistics", observations_per_day=1)
    gateway = office.gateway()
    known = sign(office, if_none_match=tag)
    assert (await office.send(known, gateway=gateway)).status == 304
    there_is = "/sdmx/v1/availableconstraint/DF_PARTICIPANTS/M.VN.../all/all"
    assert (await office.send(sign(office, there_is), gateway=gateway)).status == 200
    assert office.pulled.charged == {}
    assert (await office.send(sign(office), gateway=gateway)).status == 429


async def test_without_the_account_no_figure_leaves(office: House) -> None:
    office.grant("statistics:read", "statistics", observations_per_day=1_000_000)
    office.pulled.failure = TimeoutError()
    assert refusal(await office.send(sign(office)))[2] == "unavailable"


async def test_the_entry_of_the_contracts_own_route_says_what_was_pulled_too(office: House) -> None:
    office.grant("statistics:read", "statistics", observations_per_day=10)
    asked = {
        "dataflow": "DF_PARTICIPANTS",
        "filters": [
            {"dimension": "REF_AREA", "codes": ["VN", "VN_01"]},
            *({"dimension": one, "codes": ["_T"]} for one in ("SEX", "AGE")),
            {"dimension": "SCHEME", "codes": ["SI"]},
        ],
        "fromMonth": "2026-02",
    }
    path, gateway = "/v1/statistics/contributions:observations", office.gateway()
    raws = [office.desk.sign(path, asked, staff=None, purpose="statistics") for _ in range(3)]
    answers = [await office.send(raw, gateway=gateway) for raw in raws]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert len(answers[0].document["values"]) == 4
    assert list(office.pulled.charged.values()) == [8]
    assert office.audit.entries[0].detail == (
        "DF_PARTICIPANTS REF_AREA=VN+VN_01 SEX=_T AGE=_T SCHEME=SI from 2026-02: 4 observations"
    )
