"""Which card an employee gets, as rows of the law."""

from datetime import date

import pytest

from lienthong import law

DAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("sector", "subject"), [("public", "HC"), ("state", "DN"), ("private", "DN"), ("foreign", "DN")]
)
def test_the_ownership_of_a_unit_gives_the_subject_group(sector: str, subject: str) -> None:
    row = law.card_subjects().at(sector, DAY)
    assert (row.value.subject, row.value.benefit_digit) == (subject, 4)
    assert row.legal_basis
    assert not row.verified


def test_the_benefit_digit_of_every_group_is_one_that_the_law_knows() -> None:
    digits = {row.value.benefit_digit for row in law.card_subjects().all_at(DAY).values()}
    assert {str(digit) for digit in digits} <= law.benefits().all_at(DAY).keys()
