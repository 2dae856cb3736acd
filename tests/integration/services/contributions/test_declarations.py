"""Declarations over the real database, as the consumers' role."""

import json
import zlib

import pytest

from lienthong.rpc.errors import NotFound, PermissionDenied, Refusal
from tests.support.accounts import Desk, increase, line, person
from vss.contributions.v1 import commands_pb2 as pb
from vss.contributions.v1 import events_pb2

UNIT = "9900000001TEST1"
MONTH_OF_10M = {1: 2_200_000, 2: 300_000, 3: 50_000, 4: 200_000, 5: 450_000}


@pytest.fixture(autouse=True)
def unit(desk: Desk) -> None:
    desk.register(UNIT)


def dues(desk: Desk, month: str, entry: int = 0) -> dict[int, int]:
    return {
        f: due for (m, e, f), (due, _, _) in desk.charges(UNIT).items() if (m, e) == (month, entry) and f < 6
    }


def test_an_increase_opens_a_period_charges_its_months_and_is_told(desk: Desk) -> None:
    worker = person()
    answer = desk.declare(UNIT, increase(worker, "2026-11", position="Công nhân"))
    assert (answer.declaration_number, answer.accepted, answer.refused) == (1, 1, 0)
    assert answer.charged_vnd == 3_200_000
    assert {row.code for row in answer.law} >= {"rate_health_employer", "reference_level"}
    assert desk.periods(worker) == [("2026-11", None, 7, 10_000_000, "Công nhân", 0, None)]
    assert dues(desk, "2026-11") == MONTH_OF_10M
    (event,) = desk.published.of(events_pb2.ParticipationChanged)
    (told,) = event.participants
    assert (event.employer_code, event.sector, event.province_code) == (UNIT, "private", "01")
    assert told.person == worker
    assert told.change == events_pb2.PARTICIPATION_CHANGE_STARTED
    assert [(p.from_month, p.to_month, p.schemes, p.base_vnd) for p in told.periods] == [
        (2026 * 12 + 10, 0, 7, 10_000_000)
    ]


def test_a_worker_declared_late_is_charged_under_the_declarations_own_entry(desk: Desk) -> None:
    worker = person()
    desk.declare(UNIT, increase(worker, "2026-07"))
    # September's deadline, 31 October, has passed; October's, 30 November, has not.
    assert dues(desk, "2026-09", entry=1) == MONTH_OF_10M
    assert dues(desk, "2026-09", entry=0) == {}
    assert dues(desk, "2026-10", entry=0) == MONTH_OF_10M
    assert desk.periods(worker) == [("2026-07", None, 7, 10_000_000, None, 1, "2026-10")]
    assert desk.account(UNIT)[:2] == (5 * 3_200_000, desk.now.date().replace(month=7, day=1))


def test_a_correction_of_a_closed_month_moves_the_person_to_its_own_charge(desk: Desk) -> None:
    first, second = person(), person()
    desk.on(2026, 7, 5).declare(UNIT, increase(first, "2026-07"), increase(second, "2026-07"))
    desk.pay(UNIT, 2 * 3_200_000, "2026-07-31")
    assert desk.charges(UNIT)["2026-07", 0, 5] == (900_000, 900_000, desk.now.date().replace(month=7, day=31))
    answer = desk.declare(
        UNIT,
        line(first, pb.LINE_KIND_CORRECTION, "2026-07", to_month="2026-07", base_vnd=20_000_000),
    )
    assert answer.charged_vnd == 3_200_000
    # The colleague's month stays settled; what the person had paid pays her own charge, in time.
    assert dues(desk, "2026-07", entry=0) == MONTH_OF_10M
    assert all(
        paid == due for (m, e, _), (due, paid, _) in desk.charges(UNIT).items() if (m, e) == ("2026-07", 0)
    )
    assert sum(dues(desk, "2026-07", entry=2).values()) == 6_400_000
    health = desk.charges(UNIT)["2026-07", 2, 5]
    assert health[:2] == (900_000, 900_000)


def test_a_decrease_gives_back_what_was_paid_for_the_months_after_it(desk: Desk) -> None:
    worker = person()
    desk.declare(UNIT, increase(worker, "2026-10"))
    desk.pay(UNIT, 6_400_000, "2026-11-20")
    assert desk.account(UNIT)[0] == 0
    answer = desk.declare(UNIT, line(worker, pb.LINE_KIND_DECREASE, "2026-11"))
    assert answer.charged_vnd == -3_200_000
    assert desk.advance(UNIT) == 3_200_000
    assert desk.periods(worker) == [("2026-10", "2026-10", 7, 10_000_000, None, 0, None)]
    told = desk.published.of(events_pb2.ParticipationChanged)[-1].participants[0]
    assert told.change == events_pb2.PARTICIPATION_CHANGE_ENDED
    assert told.version == 2
    # The next charge is paid by it, with its own value date.
    desk.declare(UNIT, increase(person(), "2026-11"))
    assert desk.advance(UNIT) == 0
    assert {settled for _, _, settled in desk.charges(UNIT).values()} == {desk.now.date().replace(day=20)}


def test_each_line_is_accepted_or_refused_by_itself(desk: Desk) -> None:
    good, unknown, other_name, twice = person(), person(), person(), person()
    unknown.person_id = 0
    answer = desk.declare(
        UNIT,
        increase(good, "2026-11"),
        increase(unknown, "2026-11"),
        increase(other_name, "2026-11", full_name="Nguyễn Văn Khác"),
        increase(twice, "2026-11"),
        increase(twice, "2026-10"),
        increase(person(), "2026-13"),
        increase(person(), "2027-02"),
        increase(person(), "1994-12"),
        increase(person(), "2026-11", base_vnd=1_000_000),
        increase(person(), "2026-11", base_vnd=0),
        line(person(), pb.LINE_KIND_DECREASE, "2026-11"),
        line(person(), pb.LINE_KIND_CORRECTION, "2026-10", to_month="2026-09", base_vnd=6_000_000),
        increase(person(), "2026-11", schemes=["SCHEME_UNEMPLOYMENT_INSURANCE"]),
        line(person(), pb.LINE_KIND_UNSPECIFIED, "2026-11"),
        increase(person(), "2026-11", identifier="12345"),
        line(person(), pb.LINE_KIND_UNPAID_LEAVE, "2026-11", to_month="2026-11"),
    )
    assert (answer.accepted, answer.refused) == (2, 14)
    assert [(r.line, r.field, r.reason) for r in answer.refusals] == [
        (2, "identifier", "PERSON_UNKNOWN"),
        (3, "full_name", "NAME_MISMATCH"),
        (5, "identifier", "DUPLICATE_PERSON"),
        (6, "from_month", "MONTH_MALFORMED"),
        (7, "from_month", "MONTH_OUT_OF_RANGE"),
        (8, "from_month", "MONTH_OUT_OF_RANGE"),
        (9, "base_vnd", "BASE_UNDER_FLOOR"),
        (10, "base_vnd", "BASE_MISSING"),
        (11, "from_month", "NOT_PARTICIPATING"),
        (12, "to_month", "RANGE_REVERSED"),
        (13, "schemes", "SCHEMES_WRONG"),
        (14, "kind", "KIND_MISSING"),
        (15, "identifier", "IDENTIFIER_MALFORMED"),
        (16, "unpaid_days", "UNPAID_DAYS_MISSING"),
    ]
    assert all(r.text.vi and r.text.en for r in answer.refusals)
    assert answer.charged_vnd == 2 * 3_200_000


def test_a_second_increase_of_the_same_person_is_refused(desk: Desk) -> None:
    worker = person()
    desk.declare(UNIT, increase(worker, "2026-10"))
    again = desk.declare(UNIT, increase(worker, "2026-11"))
    assert [r.reason for r in again.refusals] == ["ALREADY_PARTICIPATING"]


def test_the_same_lines_are_declared_once(desk: Desk) -> None:
    lines = [increase(person(), "2026-11") for _ in range(3)]
    desk.declare(UNIT, *lines)
    before = desk.charges(UNIT), desk.account(UNIT)
    with pytest.raises(Refusal) as refused:
        desk.declare(UNIT, *lines)
    assert refused.value.reason == "ALREADY_DECLARED"
    assert (desk.charges(UNIT), desk.account(UNIT)) == before


def test_lines_of_which_none_was_accepted_may_be_sent_again(desk: Desk) -> None:
    worker = person()
    unknown = increase(worker, "2026-11")
    unknown.person.person_id = 0
    assert desk.declare(UNIT, unknown).accepted == 0
    assert desk.declare(UNIT, increase(worker, "2026-11")).accepted == 1


def test_what_was_declared_is_kept_without_what_the_gateway_added(desk: Desk) -> None:
    worker = person()
    desk.declare(UNIT, increase(worker, "2026-11"))
    row = desk.connection.execute(
        "SELECT content FROM declaration JOIN employer USING (employer_id) WHERE employer_code = %s", [UNIT]
    ).fetchone()
    assert row is not None
    told = json.loads(zlib.decompress(row[0]))
    assert told == [[1, worker.personal_id, worker.full_name, "2026-11", "", [], 10_000_000, "", 0]]
    assert worker.born not in json.dumps(told)


def test_a_unit_that_nobody_registered_cannot_declare(desk: Desk) -> None:
    with pytest.raises(NotFound) as refused:
        desk.declare("9900000009TEST9", increase(person(), "2026-11"))
    assert refused.value.reason == "EMPLOYER_UNKNOWN"


def test_a_declaration_that_the_gateway_bound_to_no_unit_is_denied(desk: Desk) -> None:
    with pytest.raises(PermissionDenied):
        desk.declare("", increase(person(), "2026-11"))


def test_a_change_of_position_alone_is_kept_and_told_to_nobody(desk: Desk) -> None:
    worker = person()
    desk.declare(UNIT, increase(worker, "2026-07"))
    before = desk.charges(UNIT)
    answer = desk.declare(UNIT, line(worker, pb.LINE_KIND_CHANGE, "2026-10", position="Tổ trưởng"))
    assert (answer.accepted, answer.charged_vnd) == (1, 0)
    assert desk.charges(UNIT) == before
    assert len(desk.published.of(events_pb2.ParticipationChanged)) == 1
    assert [row[:2] + row[4:] for row in desk.periods(worker)] == [
        ("2026-07", "2026-09", None, 1, "2026-10"),
        ("2026-10", None, "Tổ trưởng", 0, None),
    ]


def test_a_month_with_fourteen_unpaid_days_is_without_social_and_unemployment_insurance(desk: Desk) -> None:
    worker, briefly = person(), person()
    desk.declare(UNIT, increase(worker, "2026-10"), increase(briefly, "2026-10"))
    answer = desk.declare(
        UNIT,
        line(worker, pb.LINE_KIND_UNPAID_LEAVE, "2026-11", to_month="2026-11", unpaid_days=14),
        line(briefly, pb.LINE_KIND_UNPAID_LEAVE, "2026-11", to_month="2026-11", unpaid_days=13),
    )
    assert [(r.line, r.reason) for r in answer.refusals] == [(2, "NOTHING_CHANGES")]
    assert [(row[0], row[1], row[2]) for row in desk.periods(worker)] == [
        ("2026-10", "2026-10", 7),
        ("2026-11", "2026-11", 2),
        ("2026-12", None, 7),
    ]
    assert answer.charged_vnd == -(3_200_000 - 450_000)


def test_participants_of_a_large_declaration_are_told_five_thousand_at_a_time(desk: Desk) -> None:
    answer = desk.declare(UNIT, *(increase(person(), "2026-11") for _ in range(5_001)))
    assert answer.accepted == 5_001
    told = desk.published.of(events_pb2.ParticipationChanged)
    assert [len(event.participants) for event in told] == [5_000, 1]


def test_months_before_the_account_was_taken_over_charge_only_what_is_more(desk: Desk) -> None:
    worker = person()
    desk.declare(UNIT, increase(worker, "2026-07"))
    desk.connection.execute(
        "UPDATE employer_account SET taken_over = '2026-10-01' FROM employer e"
        " WHERE e.employer_id = employer_account.employer_id AND e.employer_code = %s",
        [UNIT],
    )
    desk.connection.execute(
        "UPDATE participation SET entry = 0, regular_from = NULL WHERE person_id = %s", [worker.person_id]
    )
    raised = desk.declare(
        UNIT, line(worker, pb.LINE_KIND_CORRECTION, "2026-08", to_month="2026-08", base_vnd=20_000_000)
    )
    assert raised.charged_vnd == 3_200_000
    lowered = desk.declare(
        UNIT, line(worker, pb.LINE_KIND_CORRECTION, "2026-07", to_month="2026-07", base_vnd=6_000_000)
    )
    assert lowered.charged_vnd == 0
    # An arrear that was taken over has its charge, and is lowered.
    desk.connection.execute(
        "INSERT INTO charge (employer_id, month, entry, fund, due_vnd, changed_at)"
        " SELECT employer_id, '2026-06-01', 0, 5, 450000, now() FROM employer WHERE employer_code = %s",
        [UNIT],
    )
    arrears = person()
    desk.connection.execute(
        "INSERT INTO participation (person_id, employer_id, valid_from, valid_to, schemes, base_vnd, changed_at)"
        " SELECT %s, employer_id, '2026-06-01', '2026-06-01', 2, 10000000, now() FROM employer WHERE employer_code = %s",
        [arrears.person_id, UNIT],
    )
    gone = desk.declare(UNIT, line(arrears, pb.LINE_KIND_CORRECTION, "2026-06", to_month="2026-06"))
    assert gone.charged_vnd == -450_000


@pytest.mark.parametrize("position", ['Thợ "chính"', "a\\b", "{,}", "NULL", "Tổ trưởng, ca 2", "'; --"])
def test_a_position_is_stored_as_it_was_written(desk: Desk, position: str) -> None:
    worker, other = person(), person()
    desk.declare(UNIT, increase(worker, "2026-11", position=position), increase(other, "2026-11"))
    assert desk.periods(worker)[0][4] == position
    assert desk.periods(other)[0][4] is None


def test_a_control_character_in_a_position_is_left_out(desk: Desk) -> None:
    worker = person()
    desk.declare(UNIT, increase(worker, "2026-11", position="\tThợ\x00 may\x1b "))
    assert desk.periods(worker)[0][4] == "Thợ may"


OTHERS = ("9900000002TEST1", "9900000003TEST1")


def submit_all(desk: Desk, *requests: pb.SubmitDeclarationRequest) -> list[pb.SubmitDeclarationResponse]:
    """As the consumer does with several that wait."""
    contexts = [desk.context() for _ in requests]
    answers: list[pb.SubmitDeclarationResponse] = desk.servicer.TOGETHER["SubmitDeclaration"](
        requests, contexts
    )
    return answers


def request(code: str, *lines: pb.DeclarationLine) -> pb.SubmitDeclarationRequest:
    return pb.SubmitDeclarationRequest(employer_code=code, lines=lines)


def test_declarations_of_several_units_at_once_do_what_they_do_one_after_the_other(desk: Desk) -> None:
    for code in OTHERS:
        desk.register(code)
    mine, hers, his, late = person(), person(), person(), person()
    desk.declare(OTHERS[1], increase(his, "2026-11"))
    desk.pay(OTHERS[1], 3_200_000, "2026-11-20")
    one, two, three = submit_all(
        desk,
        request(UNIT, increase(mine, "2026-11"), increase(late, "2026-07")),
        request(
            OTHERS[0],
            increase(mine, "2026-11"),
            increase(hers, "2026-10"),
            line(his, pb.LINE_KIND_DECREASE, "2026-11"),
        ),
        request(OTHERS[1], line(his, pb.LINE_KIND_DECREASE, "2026-11")),
    )
    assert (one.accepted, one.charged_vnd, one.declaration_number) == (2, 6 * 3_200_000, 1)
    assert (two.accepted, two.refused, two.charged_vnd) == (2, 1, 3 * 3_200_000)
    assert [(refusal.line, refusal.reason) for refusal in two.refusals] == [(3, "NOT_PARTICIPATING")]
    assert (three.accepted, three.charged_vnd, three.declaration_number) == (1, -3_200_000, 2)
    assert (desk.account(UNIT)[0], desk.account(OTHERS[0])[0], desk.account(OTHERS[1])[0]) == (
        6 * 3_200_000,
        3 * 3_200_000,
        0,
    )
    assert desk.advance(OTHERS[1]) == 3_200_000
    assert (len(desk.periods(mine)), desk.periods(his)) == (2, [])
    told = {
        event.employer_code: len(event.participants)
        for event in desk.published.of(events_pb2.ParticipationChanged)
    }
    assert told == {UNIT: 2, OTHERS[0]: 2, OTHERS[1]: 1}
    kept = desk.connection.execute(
        "SELECT employer_code, lines, accepted FROM declaration JOIN employer USING (employer_id)"
        " WHERE employer_code = ANY(%s) ORDER BY 1, entry",
        [[UNIT, *OTHERS]],
    ).fetchall()
    assert kept == [(UNIT, 2, 2), (OTHERS[0], 3, 2), (OTHERS[1], 1, 1), (OTHERS[1], 1, 1)]


def test_of_several_declarations_at_once_the_refusal_of_any_is_raised(desk: Desk) -> None:
    desk.register(OTHERS[0])
    worker = person()
    desk.declare(UNIT, increase(worker, "2026-11"))
    known, new = request(UNIT, increase(worker, "2026-11")), request(OTHERS[0], increase(worker, "2026-11"))
    with pytest.raises(Refusal, match="exactly these lines"):
        submit_all(desk, new, known)
    with pytest.raises(NotFound):
        submit_all(desk, new, request("9900000009TEST9", increase(worker, "2026-11")))
