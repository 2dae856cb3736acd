"""Names."""

import unicodedata
from collections import Counter

from lienthong.names import match_key
from tests.unit.deploy.nation.conftest import Nation


def test_the_match_key_is_the_one_that_services_compute(nation: Nation) -> None:
    for row in nation.tables["person"]:
        assert row["match_key"] == match_key(row["full_name"])


def test_names_are_composed_and_have_three_to_five_words(nation: Nation) -> None:
    for name in nation.names:
        assert unicodedata.is_normalized("NFC", name)
        assert 3 <= len(name.split(" ")) <= 5


def test_surnames_have_the_shares_of_the_nation(nation: Nation) -> None:
    surnames = Counter(name.split(" ")[0] for name in nation.names)
    shares = {surname: count / len(nation.names) for surname, count in surnames.items()}
    assert 0.30 < shares["Nguyễn"] < 0.39
    assert 0.08 < shares["Trần"] < 0.13
    assert 0.06 < shares["Lê"] < 0.11
    assert 0.04 < shares["Phạm"] < 0.08
    assert [surname for surname, _ in surnames.most_common(4)] == ["Nguyễn", "Trần", "Lê", "Phạm"]


def test_thi_is_for_women_and_mostly_for_the_older_ones(nation: Nation) -> None:
    sex, year = nation.column("sex"), nation.column("birth_year")
    thi = {True: [0, 0], False: [0, 0]}
    for name, person_sex, born in zip(nation.names, sex, year, strict=True):
        has_thi = "Thị" in name.split(" ")[1:-1]
        assert not (has_thi and person_sex == 1)
        if person_sex == 2:
            thi[bool(born < 1970)][0] += has_thi
            thi[bool(born < 1970)][1] += 1
    older, younger = (with_thi / women for with_thi, women in (thi[True], thi[False]))
    assert older > 0.75
    assert younger < older - 0.1


def test_nobody_is_called_the_same_twice(nation: Nation) -> None:
    assert not [name for name in nation.names if name.split(" ")[-1] == name.split(" ")[-2]]
