"""Claim files and stays in the real database, with the rights of the consumers."""

import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from google.rpc import code_pb2
from psycopg import sql

from deploy.nation.claim_files import Dossier, Service, hiv_table, moment
from lienthong.rpc.errors import Refusal
from tests.support import claim_fuzz, claims, coverage
from tests.support.claim_desk import ClaimDesk, codes
from tests.support.coverage import BINH, NHUNG
from vss.health_claims.v1 import claims_pb2 as pb

ME = NHUNG.holder.person_id
TABLES = (
    "dossier",
    "dossier_drug",
    "dossier_service",
    "dossier_sensitive",
    "stay",
    "treatment",
    "copay_year",
)


@pytest.fixture
def people(stack_variable: Callable[[str], str]) -> Iterator[psycopg.Connection[Any]]:
    """The samples are registered; whatever was written about them is gone afterwards."""
    with psycopg.connect(stack_variable("DATABASE_URL_HEALTH_CLAIMS_OWNER"), autocommit=True) as owner:
        _forget(owner)
        coverage.store(owner)
        owner.execute("DELETE FROM copay_year WHERE person_id >= 9000000000")
        yield owner
        _forget(owner)


def _forget(owner: psycopg.Connection[Any]) -> None:
    for table in map(sql.Identifier, TABLES):
        owner.execute(sql.SQL("DELETE FROM {} WHERE person_id >= 9000000000").format(table))
    coverage.forget(owner)


@pytest.fixture
def writer_url(people: psycopg.Connection[Any], stack_variable: Callable[[str], str]) -> str:
    del people
    return stack_variable("DATABASE_URL_HEALTH_CLAIMS_WRITER")


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection as a consumer has it."""
    options = "-c TimeZone=UTC -c plan_cache_mode=force_generic_plan -c lock_timeout=15s"
    with psycopg.connect(url, autocommit=True, prepare_threshold=0, options=options) as connection:
        yield connection


@pytest.fixture
def desk(writer_url: str) -> Iterator[ClaimDesk]:
    """The commands in one transaction, of which nothing stays."""
    with connected(writer_url) as connection, connection.transaction(force_rollback=True):
        yield ClaimDesk(connection)


def dossier(code: str = "LK-1", **given: Any) -> Dossier:
    return claims.dossier(code, **given)


def refusal(act: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.reason, caught.value.code


# --- claim files ---------------------------------------------------------------------------------


def test_an_accepted_dossier_is_stored_whole_and_as_rows(desk: ClaimDesk) -> None:
    outcome = desk.one(dossier())
    assert (outcome.state, outcome.version, codes(outcome)) == (pb.DOSSIER_STATE_ACCEPTED, 1, [])
    assert (outcome.fund_declared_vnd, outcome.fund_computed_vnd) == (800_000, 800_000)
    (stored,) = desk.rows(
        "SELECT stands, admitted_at, discharged_at, visit_kind, patient_kind, main_diagnosis, other_diagnoses,"
        " diagnosis_text, has_sensitive, outcome, card_code, cost_vnd, insured_cost_vnd, fund_vnd, copay_vnd,"
        " patient_vnd, fund_computed_vnd FROM dossier WHERE person_id = %s",
        ME,
    )
    assert stored == (
        True, moment(claims.DAY, 8), moment(claims.DAY, 16), "01", "1.1", "J18.9", ["I10", "E11.9"],
        "Viêm phổi, không đặc hiệu", False, 1, NHUNG.holder.cards[0].code, 1_000_000, 1_000_000, 800_000,
        200_000, 0, 800_000,
    )  # fmt: skip
    drugs = desk.rows(
        "SELECT line, substance_code, name, strength, unit, route, directions, quantity, ordered_on, lasts_until,"
        " cost_vnd, fund_vnd FROM dossier_drug WHERE person_id = %s ORDER BY line",
        ME,
    )
    assert drugs[0] == (
        1, "40.163", "Amoxicilin", "500mg", "Viên", "1.01", "1 viên/lần * 1 lần/ngày * 30 ngày; Uống sau ăn",
        30, claims.DAY, date(2026, 12, 9), 300_000, 240_000,
    )  # fmt: skip
    services = desk.rows(
        "SELECT code, name, quantity FROM dossier_service WHERE person_id = %s ORDER BY line", ME
    )
    assert services == [("02.1897", "Khám Nội", 1), ("N04.01", "Kim luồn", 1)]
    ((content,),) = desk.rows("SELECT content FROM dossier WHERE person_id = %s", ME)
    assert "Trần Thị Hồng Nhung".encode() in zlib.decompress(content)


def test_it_is_told_to_whoever_subscribed_without_a_diagnosis(desk: ClaimDesk) -> None:
    desk.submit(dossier("A"), dossier("B"))
    first, second = desk.published
    assert (first.treatment_code, second.treatment_code) == ("A", "B")  # type: ignore[attr-defined]
    assert first.discharged_on == "2026-11-10"  # type: ignore[attr-defined]
    assert b"J18" not in first.SerializeToString()


def test_a_dossier_with_an_error_is_refused_whole_and_its_neighbours_are_kept(desk: ClaimDesk) -> None:
    response = desk.submit(dossier("A"), dossier("B", changed={"T_BHTT": "1"}), dossier("C"))
    assert (response.dossiers, response.accepted, response.refused) == (3, 2, 1)
    assert [outcome.treatment_code for outcome in response.outcomes] == ["A", "B", "C"]
    refused = response.outcomes[1]
    assert (refused.state, refused.version, refused.errors) == (pb.DOSSIER_STATE_REFUSED, 0, 2)
    finding = refused.findings[0]
    assert (finding.table, finding.line, finding.field, finding.code) == ("XML1", 1, "T_BHTT", "SUM_WRONG")
    assert finding.severity == pb.SEVERITY_ERROR
    assert finding.text.vi != finding.text.en != ""
    assert desk.rows("SELECT treatment_code FROM dossier WHERE facility_code >= 'ZZ' ORDER BY 1") == [
        ("A",),
        ("C",),
    ]
    assert desk.rows(
        "SELECT DISTINCT treatment_code FROM dossier_drug WHERE facility_code >= 'ZZ' ORDER BY 1"
    ) == [("A",), ("C",)]
    assert desk.year() == (400_000, 0, None)


def test_the_same_again_changes_nothing(desk: ClaimDesk) -> None:
    desk.submit(dossier())
    again = desk.one(dossier())
    assert (again.state, again.version) == (pb.DOSSIER_STATE_UNCHANGED, 1)
    assert (again.fund_declared_vnd, again.fund_computed_vnd) == (800_000, 800_000)
    assert desk.year() == (200_000, 0, None)
    assert len(desk.published) == 1


def test_a_changed_dossier_replaces_the_one_before_and_keeps_it(desk: ClaimDesk) -> None:
    desk.submit(dossier())
    outcome = desk.one(dossier(fund_basis_points=9_500))
    assert (outcome.state, outcome.version, codes(outcome)) == (
        pb.DOSSIER_STATE_REPLACED,
        2,
        ["SHARE_DIFFERS"],
    )
    stored = desk.rows("SELECT version, stands, fund_vnd FROM dossier WHERE person_id = %s ORDER BY 1", ME)
    assert stored == [(1, False, 800_000), (2, True, 950_000)]
    assert desk.rows(
        "SELECT version, count(*) FROM dossier_drug WHERE facility_code >= 'ZZ' GROUP BY 1 ORDER BY 1"
    ) == [(1, 2), (2, 2)]
    assert desk.year() == (50_000, 0, None)


def test_going_back_to_the_first_version_is_a_third(desk: ClaimDesk) -> None:
    for outcome in (1, 2, 1):
        desk.submit(dossier(outcome=outcome))
    assert desk.rows("SELECT version, stands FROM dossier WHERE facility_code >= 'ZZ' ORDER BY 1") == [
        (1, False),
        (2, False),
        (3, True),
    ]
    assert desk.year() == (200_000, 0, None)


def test_a_refused_correction_leaves_what_stands(desk: ClaimDesk) -> None:
    desk.submit(dossier())
    assert desk.one(dossier(changed={"T_BHTT": "1"})).state == pb.DOSSIER_STATE_REFUSED
    assert desk.rows("SELECT version, stands FROM dossier WHERE facility_code >= 'ZZ'") == [(1, True)]


def test_one_treatment_comes_once_in_a_file(desk: ClaimDesk) -> None:
    response = desk.submit(dossier("A"), dossier("A", outcome=2))
    assert [outcome.state for outcome in response.outcomes] == [
        pb.DOSSIER_STATE_ACCEPTED,
        pb.DOSSIER_STATE_REFUSED,
    ]
    assert codes(response.outcomes[1]) == ["TREATMENT_TWICE"]


def test_a_treatment_stays_with_its_person(desk: ClaimDesk) -> None:
    desk.submit(dossier())
    day = date(2026, 3, 2)
    bad = dossier(
        patient=claims.patient(BINH), admitted_at=moment(day, 8), discharged_at=moment(day, 9),
        fund_basis_points=9_500,
    )  # fmt: skip
    assert codes(desk.one(bad)) == ["TREATMENT_OF_ANOTHER"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"patient": claims.patient(full_name="Trần Thị Hồng")}, "NAME_DIFFERS"),
        ({"patient": claims.patient(born="1990-05-18")}, "BIRTH_DIFFERS"),
        ({"patient": claims.patient(sex=1)}, "SEX_DIFFERS"),
        ({"patient": claims.patient(card_code="DN4010123456789")}, "HOLDER_UNKNOWN"),
        ({"patient": claims.patient(card_code="XX")}, "HOLDER_UNKNOWN"),
        ({"patient": claims.patient(personal_id=BINH.personal_id)}, "PERSON_DIFFERS"),
    ],
)
def test_the_register_decides_who_was_treated(desk: ClaimDesk, given: dict[str, Any], code: str) -> None:
    outcome = desk.one(dossier(**given))
    assert (outcome.state, codes(outcome)[0]) == (pb.DOSSIER_STATE_REFUSED, code)


def test_a_file_without_the_signature_element_is_taken_and_says_so(desk: ClaimDesk) -> None:
    whole = zlib.decompress(claims.file())
    without = whole.replace(b"<CHUKYDONVI></CHUKYDONVI>", b"")
    (outcome,) = desk.submit_file(zlib.compress(without)).outcomes
    assert (outcome.state, codes(outcome)) == (pb.DOSSIER_STATE_ACCEPTED, ["SIGNATURE_ABSENT"])


def test_another_facilitys_file_is_refused_and_so_is_one_of_nobody(desk: ClaimDesk) -> None:
    assert refusal(lambda: desk.submit_file(claims.file(facility="ZZ002"))) == (
        "ROW_DENIED",
        code_pb2.PERMISSION_DENIED,
    )
    nobody = ClaimDesk(desk.connection, facility="")
    assert refusal(lambda: nobody.submit_file(claims.file()))[0] == "ROW_DENIED"
    assert refusal(nobody.open_stay)[0] == "ROW_DENIED"


def test_a_dossier_of_another_facility_within_ones_own_file_is_refused(desk: ClaimDesk) -> None:
    assert codes(desk.one(dossier(facility_code="ZZ002"))) == ["FACILITY_DIFFERS"]


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (zlib.compress(b"PK\x03\x04"), "FILE_TYPE"),
        (zlib.compress(b"<GIAMDINHHS>"), "FILE_MALFORMED"),
        (zlib.compress(b"<GIAMDINHHS>" + b"<a>" * 1_000), "FILE_LIMIT"),
        (b"", "FILE_MALFORMED"),
    ],
)
def test_what_is_no_claim_file_is_refused_as_a_whole(desk: ClaimDesk, file: bytes, reason: str) -> None:
    assert refusal(lambda: desk.submit_file(file)) == (reason, code_pb2.INVALID_ARGUMENT)


def test_nothing_of_a_sensitive_diagnosis_is_outside_of_its_table(desk: ClaimDesk) -> None:
    table = hiv_table("LK-1", claims.patient(), claims.FACILITY, date(2020, 1, 1))
    desk.submit(
        dossier(
            diagnosis="B20.1", diagnosis_text="Nhiễm HIV", other_diagnoses=("I10",), more={"XML6": table}
        ),
    )
    (stored,) = desk.rows(
        "SELECT main_diagnosis, other_diagnoses, diagnosis_text, has_sensitive, content FROM dossier WHERE facility_code >= 'ZZ'"
    )
    assert stored == (None, ["I10"], "", True, b"")
    (hidden,) = desk.rows(
        "SELECT diagnoses, diagnosis_text, has_hiv_table, content FROM dossier_sensitive WHERE facility_code >= 'ZZ'"
    )
    assert hidden[:3] == (["B20.1"], "Nhiễm HIV", True)
    assert b"NGAYKD_HIV" in zlib.decompress(hidden[3])


def test_text_comes_back_as_it_was_sent(desk: ClaimDesk) -> None:
    strange = 'a\\b\tc"d{e},f;\\N \\. \\x41 “ơ” 😀'
    desk.submit(dossier(diagnosis_text=strange, other_diagnoses=("I10", "Z21")))
    ((text,),) = desk.rows("SELECT diagnosis_text FROM dossier_sensitive WHERE facility_code >= 'ZZ'")
    assert text == strange
    desk.submit(dossier("B", diagnosis_text=strange))
    assert desk.rows(
        "SELECT diagnosis_text FROM dossier WHERE facility_code >= 'ZZ' AND treatment_code = 'B'"
    ) == [(strange,)]


def test_the_consumers_may_not_rewrite_what_was_claimed(desk: ClaimDesk) -> None:
    desk.submit(dossier())
    for statement in (
        "UPDATE dossier SET fund_vnd = 0",
        "DELETE FROM dossier",
        "UPDATE dossier_drug SET cost_vnd = 0",
        "DELETE FROM dossier_sensitive",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), desk.connection.transaction():
            desk.connection.execute(statement)


def test_what_is_accepted_of_a_mutated_file_is_what_the_database_takes(desk: ClaimDesk) -> None:
    mutations = claim_fuzz.Mutations(seed=7)
    accepted = 0
    for number in range(800):
        try:
            accepted += desk.submit_file(mutations(number)).accepted
        except Refusal:
            continue
    assert accepted > 50


def test_many_findings_of_a_large_file_are_counted_and_a_few_are_told(desk: ClaimDesk) -> None:
    bad = [dossier(f"LK-{n}", changed={"MA_KHOA": "a b", "NGAY_RA": "x", "HO_TEN": ""}) for n in range(1_500)]
    response = desk.submit(*bad)
    assert response.refused == 1_500
    assert {len(outcome.findings) for outcome in response.outcomes} == {3}
    assert {outcome.errors for outcome in response.outcomes} == {3}
    assert response.ByteSize() < 2 << 20


# --- the year's own payments -----------------------------------------------------------------------


def on(day: date, code: str, vnd: int, **given: Any) -> Dossier:
    """A dossier of a day with this copayment, a fifth of its cost."""
    return dossier(
        code, admitted_at=moment(day, 8), discharged_at=moment(day, 9), drugs=(),
        services=(Service(code="1", name="Phẫu thuật", price_vnd=vnd * 5),), **given,
    )  # fmt: skip


def test_payments_count_in_the_year_of_discharge_and_on_their_side_of_the_change(desk: ClaimDesk) -> None:
    desk.submit(on(date(2026, 6, 30), "A", 500_000), on(date(2026, 7, 1), "B", 300_000))
    assert desk.year() == (800_000, 500_000, None)
    desk.submit(on(date(2026, 7, 2), "A", 400_000))
    assert desk.year() == (700_000, 0, None)


def test_the_threshold_is_passed_by_the_dossier_that_does_and_taken_back_by_its_correction(
    desk: ClaimDesk,
) -> None:
    desk.submit(on(date(2026, 8, 1), "A", 15_000_000), on(date(2026, 9, 1), "B", 1_000_000))
    assert desk.year() == (16_000_000, 0, date(2026, 9, 1))
    exempt = on(date(2026, 10, 1), "C", 100_000, fund_basis_points=10_000)
    assert codes(desk.one(exempt)) == []
    desk.submit(on(date(2026, 9, 2), "B", 1_000_000))
    assert desk.year() == (16_000_000, 0, date(2026, 9, 2))
    desk.submit(on(date(2026, 8, 1), "A", 1_000_000))
    assert desk.year() == (2_000_000, 0, None)


def test_an_earlier_dossier_that_comes_late_moves_the_day(desk: ClaimDesk) -> None:
    desk.submit(on(date(2026, 10, 1), "A", 15_500_000))
    assert desk.year()[2] == date(2026, 10, 1)
    desk.submit(on(date(2026, 8, 1), "B", 15_400_000))
    assert desk.year()[2] == date(2026, 8, 1)


def test_what_was_paid_elsewhere_before_is_added_to(desk: ClaimDesk, people: psycopg.Connection[Any]) -> None:
    people.execute(
        "INSERT INTO copay_year (person_id, year, copay_vnd, paid_before_change, exceeded_on, changed_at)"
        " VALUES (%s, 2026, 1000, NULL, NULL, now())",
        [ME],
    )
    desk.submit(on(date(2026, 2, 1), "A", 500_000))
    assert desk.year() == (501_000, None, None)


def test_two_facilities_at_once_count_both_and_do_not_deadlock(writer_url: str) -> None:
    day = date(2026, 8, 1)
    binh = {"patient": claims.patient(BINH), "fund_basis_points": 9_500}
    early = {"admitted_at": moment(date(2026, 3, 1), 8), "discharged_at": moment(date(2026, 3, 1), 9)}
    barrier, failed = threading.Barrier(2), []

    def send(facility: str, *, backwards: bool) -> None:
        try:
            with connected(writer_url) as connection:
                desk = ClaimDesk(connection, facility=facility)
                barrier.wait(10)
                for number in range(10):
                    two = [
                        on(day, f"N{number}", 100_000, facility_code=facility),
                        dossier(f"B{number}", facility_code=facility, **binh, **early),
                    ]
                    with connection.transaction():
                        assert desk.submit(*(two[::-1] if backwards else two)).accepted == 2
        except BaseException as error:  # the thread's own end must not hide it
            failed.append(error)
            raise

    threads = [
        threading.Thread(target=send, args=(facility,), kwargs={"backwards": backwards})
        for facility, backwards in (("ZZ001", False), ("ZZ002", True))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    with connected(writer_url) as connection:
        desk = ClaimDesk(connection)
        assert desk.year()[0] == 20 * 100_000
        assert desk.year(BINH.holder.person_id)[0] == 20 * 50_000


# --- stays -------------------------------------------------------------------------------------------


def test_a_stay_is_open_until_the_person_leaves(desk: ClaimDesk) -> None:
    opened = desk.open_stay(admitted_at="2026-11-20T08:15:00+07:00")
    assert (opened.opened_at, opened.person_id) == ("2026-11-20T01:15:00Z", ME)
    assert refusal(lambda: desk.open_stay(treatment_code="LK-2")) == ("STAY_OPEN", code_pb2.ALREADY_EXISTS)
    closed = desk.close_stay(left_at="2026-11-21T10:00:00+07:00")
    assert closed.closed_at == "2026-11-21T03:00:00Z"
    assert desk.close_stay().closed_at == closed.closed_at
    assert refusal(desk.open_stay)[0] == "TREATMENT_TAKEN"
    assert desk.open_stay(treatment_code="LK-2").opened_at == "2026-11-22T03:00:00Z"


def test_the_claim_file_of_a_treatment_ends_its_stay(desk: ClaimDesk) -> None:
    desk.open_stay(admitted_at="2026-11-10T08:00:00+07:00")
    assert desk.one(dossier()).state == pb.DOSSIER_STATE_ACCEPTED
    assert desk.rows("SELECT closed_at FROM stay WHERE facility_code >= 'ZZ'") == [
        (datetime(2026, 11, 10, 9, tzinfo=UTC),)
    ]
    assert desk.open_stay(treatment_code="LK-2").treatment_code == "LK-2"


def test_a_refused_claim_file_leaves_the_stay_open(desk: ClaimDesk) -> None:
    desk.open_stay()
    desk.submit(dossier(changed={"T_BHTT": "1"}))
    assert desk.rows("SELECT closed_at FROM stay WHERE facility_code >= 'ZZ'") == [(None,)]


@pytest.mark.parametrize(
    "given",
    [
        {"identifier": "999100000099"},
        {"full_name": "Trần Thị Hồng"},
        {"born": "1990-05-18"},
        {"identifier": f"CK201{NHUNG.si_number}"},
    ],
)
def test_nobody_is_admitted_under_another_name_birth_or_card(desk: ClaimDesk, given: dict[str, str]) -> None:
    assert refusal(lambda: desk.open_stay(**given)) == ("HOLDER_NOT_FOUND", code_pb2.NOT_FOUND)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("identifier", "12"),
        ("full_name", "1"),
        ("born", "1990-02-30"),
        ("admitted_at", "2026-11-22"),
        ("admitted_at", "2026-11-22T08:15:00"),
        ("admitted_at", "2026-11-23T08:15:00+07:00"),
        ("admitted_at", "hôm qua"),
    ],
)
def test_a_wrong_field_of_an_admission_is_named(desk: ClaimDesk, field: str, value: str) -> None:
    with pytest.raises(Refusal) as caught:
        desk.open_stay(**{field: value})
    assert [violation.field for violation in caught.value.fields] == [field]


def test_a_stay_that_was_never_opened_cannot_end(desk: ClaimDesk) -> None:
    assert refusal(desk.close_stay) == ("STAY_UNKNOWN", code_pb2.NOT_FOUND)
    desk.submit(dossier())
    assert refusal(desk.close_stay)[0] == "STAY_UNKNOWN"


def test_nobody_leaves_before_she_came(desk: ClaimDesk) -> None:
    desk.open_stay(admitted_at="2026-11-20T08:15:00+07:00")
    assert refusal(lambda: desk.close_stay(left_at="2026-11-19T08:15:00+07:00"))[0] == "INVALID_ARGUMENT"


def test_another_facility_neither_ends_nor_hinders_a_stay(desk: ClaimDesk) -> None:
    desk.open_stay()
    other = ClaimDesk(desk.connection, facility="ZZ002")
    assert refusal(other.close_stay)[0] == "STAY_UNKNOWN"
    assert other.open_stay().treatment_code == "LK-1"
