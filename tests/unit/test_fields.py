"""What identifiers, names, dates and months may look like."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong import fields
from lienthong.fields import Born, WrongField

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("001190000017", "001190000017"),
        (" 001 190 000 017 ", "001190000017"),
        ("0100000017", "0100000017"),
        ("DN4010100000017", "DN4010100000017"),
        ("dn 4 01 0100000017", "DN4010100000017"),
    ],
)
def test_identifiers_are_read_without_spaces(sent: str, read: str) -> None:
    assert fields.card_identifier(sent) == read


@pytest.mark.parametrize(
    "sent",
    [
        "", " ", "1", "123456789", "12345678901", "1234567890123", "00119000001a", "D N", "DN401010000001",
        "DN6010100000017", "DN0010100000017", "1N4010100000017", "DNA010100000017", "DN40101000000O7",
        "٠٠١١٩٠٠٠٠٠١٧", "００１１９００００００１７", "00119000001\x00", "0011900000-7", "²²²²²²²²²²", "DŃ4010100000017",
    ],
)  # fmt: skip
def test_other_identifiers_are_refused(sent: str) -> None:
    with pytest.raises(WrongField):
        fields.card_identifier(sent)


def test_a_card_code_is_not_a_persons_identifier() -> None:
    with pytest.raises(WrongField):
        fields.person_identifier("DN4010100000017")


@pytest.mark.parametrize(
    "sent", ["Trần Thị Hồng Nhung", "O'Connor-Nguyễn", "Trần\u00a0Văn A", "Y", "A" * 100]
)
def test_names_are_taken(sent: str) -> None:
    assert fields.full_name(sent) == sent


@pytest.mark.parametrize(
    "sent", ["", "   ", "123", "A" * 101, "A" * 10_000, "A\x00B", "A\nB", "A\u200bB", "\u202eA"]
)
def test_names_that_are_none_are_refused(sent: str) -> None:
    with pytest.raises(WrongField):
        fields.full_name(sent)


@given(st.dates(date(1880, 1, 1), TODAY))
def test_every_birth_from_1880_until_today_is_read(day: date) -> None:
    assert fields.born(day.isoformat(), today=TODAY) == Born(day.year, day)
    assert fields.born(f"{day.year:04}", today=TODAY) == Born(day.year)


@pytest.mark.parametrize(
    "sent",
    [
        "", "26", "1879", "2027", "1879-12-31", "2026-11-23", "2026-02-30", "2025-02-29", "1990-13-01", "1990-00-10",
        "1990-5-17", "19900517", "1990-W20-4", "1990/05/17", "1990-05-17T00:00", "１９９０", "１９９０-05-17", "19 0",
        "-990", "+990", "1990-05-1\x00",
    ],
)  # fmt: skip
def test_births_that_cannot_be_are_refused(sent: str) -> None:
    with pytest.raises(WrongField):
        fields.born(sent, today=TODAY)


@given(st.text(max_size=24))
def test_no_text_breaks_a_reader_and_none_is_repeated(sent: str) -> None:
    for read in (
        fields.person_identifier,
        fields.card_identifier,
        fields.full_name,
        fields.calendar_day,
        fields.month,
    ):
        assert complaint(read, sent).startswith("expected") or complaint(read, sent) == ""


def complaint(read: Callable[[str], object], sent: str) -> str:
    try:
        read(sent)
    except WrongField as wrong:
        return str(wrong)
    return ""


@given(st.dates(date(1880, 1, 1), date(2100, 1, 1)))
def test_months_are_their_first_day(day: date) -> None:
    assert fields.month(f"{day:%Y-%m}") == day.replace(day=1)


@pytest.mark.parametrize(
    "sent", ["2026-13", "2026-00", "1879-12", "2026-1", "2026-011", "202601", "٢٠٢٦-٠١", "2026-01\n"]
)
def test_months_that_do_not_exist_are_refused(sent: str) -> None:
    with pytest.raises(WrongField):
        fields.month(sent)


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(-400, 400))
def test_births_agree_by_day_when_both_know_it_else_by_year(day: date, shift: int) -> None:
    other = day + timedelta(shift)
    assert Born(day.year, day).agrees_with(other.year, other) == (shift == 0)
    assert Born(day.year).agrees_with(other.year, other) == (day.year == other.year)
    assert Born(day.year, day).agrees_with(other.year, None) == (day.year == other.year)
