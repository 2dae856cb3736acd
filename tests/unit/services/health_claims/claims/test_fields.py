"""The data of the claim file: every table and field has a kind, every finding a text in both languages."""

import ast
import tomllib
from datetime import date
from importlib import resources
from pathlib import Path

import pytest

from lienthong.law.sensitive import SensitiveDiagnosis, sensitive_diagnoses
from services.health_claims.domain import claims as package
from services.health_claims.domain.claims import codes, fields, values
from services.health_claims.domain.claims.findings import Findings, Severity, meanings
from services.health_claims.domain.claims.sensitive import is_sensitive, mentions_sensitive

FOLDER = Path(str(resources.files(package)))
DAY = date(2026, 11, 22)


def test_fourteen_tables_have_their_fields_and_each_says_which_treatment_it_is_of() -> None:
    assert list(fields.tables()) == [name for name in fields.TABLES if name != "XML12"]
    assert {name for name, table in fields.tables().items() if "MA_LK" not in table.required} == set()
    sizes = {name: len(table.checks) for name, table in fields.tables().items()}
    assert (sizes["XML1"], sizes["XML2"], sizes["XML3"], sizes["XML6"]) == (66, 39, 47, 47)


def test_lists_of_fields_and_codes_say_that_nobody_has_compared_them_with_the_official_text() -> None:
    for name in ("fields.toml", "codes.toml"):
        standard = tomllib.loads((FOLDER / name).read_text("utf-8"))["standard"]
        assert standard["legal_basis"]
        assert standard["verified"] is False


def test_every_code_that_is_found_has_a_text_in_both_languages_and_every_text_is_used() -> None:
    written = {
        node.value
        for source in FOLDER.glob("*.py")
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    above = FOLDER.parents[1] / "claim_commands.py"
    written |= {
        node.value
        for node in ast.walk(ast.parse(above.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert meanings().keys() <= written
    for meaning in meanings().values():
        assert meaning.vi != meaning.en
        assert "{" not in meaning.vi + meaning.en


def test_a_finding_with_an_unknown_code_is_an_error_of_the_program() -> None:
    with pytest.raises(KeyError):
        Findings().add("XML1", "NO_SUCH_CODE")


def test_severities_are_those_of_the_contract() -> None:
    assert [severity.value for severity in Severity] == [1, 2]


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("199005170000", True),
        ("19900517", True),
        ("1990", True),
        ("199000000000", True),
        ("19900000", True),
        ("199005000000", False),
        ("1ZZ002300000", False),
        ("199005172500", False),
        ("0000", False),
        ("1990-05-17", False),
        ("", False),
    ],
)
def test_a_birth_is_a_day_or_a_year_with_zeros_behind_it(value: str, fits: bool) -> None:
    assert fields.is_birth(value) is fits
    assert (values.born(value) is not None) is fits


@pytest.mark.parametrize(
    ("value", "cents"),
    [("0", 0), ("1", 100), ("1.5", 150), ("1.05", 105), ("999999999999999.99", 99_999_999_999_999_999)],
)
def test_amounts_are_exact_to_the_hundredth(value: str, cents: int) -> None:
    assert values.cents({"X": value}, "X") == cents


@pytest.mark.parametrize(
    "value", ["", "-1", "+1", "1.", ".5", "1.005", "1,5", "1_0", " 1", "١", "1e3", "NaN"]
)
def test_what_is_no_amount_is_none(value: str) -> None:
    assert values.cents({"X": value}, "X") is None


def test_half_a_dong_goes_upwards() -> None:
    assert [values.vnd(amount) for amount in (0, 49, 50, 149, 150)] == [0, 0, 1, 1, 2]


@pytest.mark.parametrize(
    "code", ["B20", "B20.1", "b24", "Z21", "F00.0", "F99", "O98.7", "X84", "R75", "F32.9"]
)
def test_sensitive_diagnoses_are_known_with_and_without_the_dot(code: str) -> None:
    assert is_sensitive(code, DAY)
    assert is_sensitive(code.replace(".", ""), DAY)


@pytest.mark.parametrize("code", ["B19", "B25", "Z22", "O98.6", "E99", "G00", "X59", "X85", "J18.9", "Z20.5"])
def test_their_neighbours_are_not_sensitive(code: str) -> None:
    assert not is_sensitive(code, DAY)


def test_words_are_found_whole_and_in_any_case() -> None:
    assert mentions_sensitive("Nhiễm hiv giai đoạn 2", DAY)
    assert not mentions_sensitive("Archive", DAY)
    assert not mentions_sensitive("", DAY)


def test_the_list_of_sensitive_diagnoses_cites_the_law_and_is_not_verified() -> None:
    rows = sensitive_diagnoses().all_at(DAY).values()
    assert all(row.legal_basis and not row.verified for row in rows)


@pytest.mark.parametrize(
    "given", [{}, {"first": "A"}, {"first": "B", "last": "A"}, {"first": "A", "last": "A", "word": "x"}]
)
def test_a_row_of_that_list_is_a_range_or_a_word(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="expected"):
        SensitiveDiagnosis(**given)


@pytest.mark.parametrize(
    ("code", "here", "transferred", "reason"),
    [
        ("1.1", True, False, 0),
        ("1.3", False, True, 2),
        ("1", False, False, 3),
        ("2", False, False, 4),
        ("3.3", False, False, 1),
        ("7.1", True, False, 0),
        ("9", False, False, None),
        ("", False, False, None),
    ],
)
def test_why_a_patient_came_follows_from_the_code(
    code: str, here: bool, transferred: bool, reason: int | None
) -> None:
    assert codes.reason(code, registered_here=here, transferred=transferred) == reason
