"""The story of the cast's treatments."""

from datetime import date

import pytest

from deploy.nation.cast import cast
from deploy.nation.cast_visits import DIALYSES, rows, treated

LEVEL_2026_BEFORE, LEVEL_2026 = 2_340_000, 2_530_000
DAYS = [date(2026, 11, 22), date(2027, 1, 5), date(2028, 2, 29)]


@pytest.mark.parametrize("as_of", DAYS)
def test_everybody_was_treated_before_the_day_of_the_nation(as_of: date) -> None:
    for one in treated(cast(as_of), as_of):
        assert one.dossier.admitted_at < one.dossier.discharged_at
        if one.person_id != 13 or as_of.timetuple().tm_yday > 10:
            assert one.dossier.discharged_at.date() < as_of


@pytest.mark.parametrize("as_of", DAYS)
def test_no_treatment_has_the_number_of_another(as_of: date) -> None:
    found = rows(cast(as_of), as_of)
    keys = [(row[2], row[3]) for row in found["treatment"]]
    assert len(keys) == len(set(keys)) == len(found["dossier"]) + 1


def test_one_person_has_two_hundred_visits_within_two_years() -> None:
    as_of = DAYS[0]
    days = [one.dossier.admitted_at.date() for one in treated(cast(as_of), as_of) if one.person_id == 3]
    assert len(days) == len(set(days)) == DIALYSES
    assert (as_of - min(days)).days <= 730


def test_the_first_of_the_cast_has_a_drug_that_still_lasts() -> None:
    as_of = DAYS[0]
    lasting = [row for row in rows(cast(as_of), as_of)["dossier_drug"] if row[0] == 1 and row[6] >= as_of]  # type: ignore[operator]  # a date
    assert [row[10] for row in lasting] == ["Amlodipin", "Losartan"]


def test_one_has_paid_nearly_what_exempts_from_paying() -> None:
    as_of = DAYS[0]
    (row,) = [row for row in rows(cast(as_of), as_of)["copay_year"] if row[0] == 13]
    paid, before = int(str(row[1])), int(str(row[2]))
    threshold = before + (6 - before / LEVEL_2026_BEFORE) * LEVEL_2026
    assert 0 < threshold - paid < 100_000


def test_one_has_a_sensitive_diagnosis_and_an_ordinary_one() -> None:
    found = rows(cast(DAYS[0]), DAYS[0])
    assert [(row[0], row[5]) for row in found["dossier_sensitive"]] == [(6, "{F32.1}")]
    assert [row[20] for row in found["dossier"] if row[0] == 6] == ["\\N", "J20.9"]


def test_one_is_admitted_and_nobody_else() -> None:
    (stay,) = rows(cast(DAYS[0]), DAYS[0])["stay"]
    assert (stay[0], stay[2], stay[4]) == (13, "\\N", "48001")
