"""Employers and what they owe."""

import re
from collections import Counter
from dataclasses import replace

import numpy as np

from deploy.nation.employers import LONGEST_ARREARS, employers
from deploy.nation.people import Census
from tests.unit.deploy.nation.conftest import AS_OF, Nation

UNIT_CODE = re.compile(r"(\d{10}DN|\d{7}HC|\d{7}TN)[A-Z]\d{2}")


def month(text: str) -> int:
    """The month number of ``YYYY-MM-01``."""
    return int(text[:4]) * 12 + int(text[5:7]) - 1


def test_unit_codes_have_the_new_form_and_are_unique(nation: Nation) -> None:
    codes = [row["employer_code"] for row in nation.tables["employer"]]
    assert len(set(codes)) == len(codes)
    assert all(UNIT_CODE.fullmatch(code) for code in codes)


def test_a_few_employers_employ_many_and_many_employ_few(census: Census) -> None:
    pool = employers(replace(census, population=2_000_000)).enterprises
    workers = 300_000
    home = np.full(workers, 49)  # Ho Chi Minh City: one labour market, enough employers
    picked = pool.pick(np.random.default_rng(3).random(workers), home)
    sizes = sorted(Counter(picked.tolist()).values(), reverse=True)
    mean = sum(sizes) / len(sizes)
    assert sizes[len(sizes) // 2] < mean / 2
    assert sizes[0] > 30 * mean
    assert sum(sizes[: len(sizes) // 10]) > 0.45 * sum(sizes)


def test_people_work_in_their_own_province(nation: Nation) -> None:
    where = {row["employer_id"]: row["province_code"] for row in nation.tables["employer"]}
    home = {row["person_id"]: row["province_code"] for row in nation.tables["person"]}
    random = [row for row in nation.tables["participation"] if int(row["person_id"]) >= 100]
    assert all(where[row["employer_id"]] == home[row["person_id"]] for row in random)


def test_every_debt_is_of_an_employer_and_not_in_the_future(nation: Nation) -> None:
    known = {row["employer_id"] for row in nation.tables["employer"]}
    now = AS_OF.year * 12 + AS_OF.month - 1
    debtors = [row["employer_id"] for row in nation.tables["arrears"]]
    assert len(set(debtors)) == len(debtors)
    assert set(debtors) <= known
    for row in nation.tables["arrears"]:
        assert 0 <= now - month(row["first_unpaid"]) <= LONGEST_ARREARS + 1


def test_many_have_not_paid_the_current_month_and_few_are_late(nation: Nation) -> None:
    now = AS_OF.year * 12 + AS_OF.month - 1
    total = len(nation.tables["employer"]) - 63
    oldest = [now - month(row["first_unpaid"]) for row in nation.tables["arrears"]]
    owing = [sum(age >= back for age in oldest) / total for back in range(3)]
    assert 0.45 < owing[0] < 0.70
    assert 0.02 < owing[2] < 0.10
    assert owing[2] < owing[1] < owing[0]
