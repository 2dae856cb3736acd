"""People with a valid card: folded from cards as they are issued, lengthened, decreased and moved."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from lienthong.statistics import folding, recounting
from lienthong.statistics.flows import Connection
from tests.support.cubes import RULES, THIS_MONTH, schema_of

CARD = """
INSERT INTO card (person_id, card_code, valid_from, valid_to, status, status_from, subject_code, benefit_digit,
                  province_code, facility_code, changed_at)
VALUES (%(person)s, %(group)s || %(digit)s || '01' || lpad(%(person)s::text, 10, '0'), %(first)s, %(last)s,
        %(status)s, %(since)s, %(group)s, %(digit)s, '01', %(facility)s, now())
"""


@dataclass
class Cards:
    """The register of cards, and its cube."""

    owner: psycopg.Connection[Any]
    folder: Connection

    def issue(self, person: int, first: str, last: str, **given: Any) -> None:
        values = {"group": "DN", "digit": 4, "status": 1, "since": None, "facility": "01001"}
        self.owner.execute(CARD, values | given | {"person": person, "first": first, "last": last})

    def fold_all(self) -> None:
        while folding.fold_once(self.folder, RULES, most=1000).deltas:
            pass

    def cells(self, month: int = THIS_MONTH) -> dict[str, int]:
        found = self.owner.execute(
            "SELECT key, contributors FROM stat_cell JOIN stat_key USING (series)"
            " WHERE month = %s AND contributors > 0",
            [month],
        )
        return dict(found.fetchall())

    def expect_equal(self) -> None:
        found = recounting.recount(self.folder, "DF_COVERAGE", RULES)
        assert (found.cell_differences, found.figure_differences) == ([], [])


@pytest.fixture
def cards(stack_variable: Callable[[str], str]) -> Iterator[Cards]:
    """Two facilities in Hà Nội, one in Bắc Ninh; the cube is built over nothing."""
    with (
        schema_of(stack_variable, "health_claims") as (owner_url, _, folder_url),
        psycopg.connect(owner_url, autocommit=True) as owner,
        folding.connect(folder_url, name="cubes-test") as folder,
    ):
        for code, province in (("01001", "01"), ("01002", "01"), ("27001", "24")):
            owner.execute(
                "INSERT INTO facility (code, level, name, province_code) VALUES (%s, 2, %s, %s)",
                [code, code, province],
            )
        folding.open_due(folder, RULES, through=THIS_MONTH)
        yield Cards(owner, folder)


def test_a_card_counts_in_every_month_of_which_it_is_valid_on_a_day(cards: Cards) -> None:
    cards.issue(1, "2026-09-30", "2026-11-01")
    cards.fold_all()
    months = [cards.cells(month) for month in range(THIS_MONTH - 3, THIS_MONTH + 1)]
    assert months == [{}, *[{"VN_01.DN.B4": 1}] * 3]
    cards.expect_equal()


def test_a_decreased_card_counts_until_the_day_before(cards: Cards) -> None:
    cards.issue(1, "2026-01-01", "2026-12-31")
    cards.fold_all()
    cards.owner.execute("UPDATE card SET status = 3, status_from = '2026-11-01'")
    cards.fold_all()
    assert cards.cells(THIS_MONTH) == {}
    assert cards.cells(THIS_MONTH - 1) == {"VN_01.DN.B4": 1}
    cards.owner.execute("UPDATE card SET status_from = NULL")
    cards.fold_all()
    assert cards.cells(THIS_MONTH - 1) == {}
    cards.expect_equal()


def test_two_cards_of_one_cell_are_one_person_and_of_two_groups_both(cards: Cards) -> None:
    cards.issue(1, "2026-01-01", "2026-11-15")
    cards.issue(1, "2026-11-01", "2027-12-31", facility="01002")
    cards.issue(1, "2026-11-01", "2026-12-31", group="HT", digit=2)
    cards.fold_all()
    assert cards.cells() == {"VN_01.DN.B4": 1, "VN_01.HT.B2": 1}
    cards.expect_equal()


def test_the_area_is_that_of_the_registered_facility_wherever_it_moves(cards: Cards) -> None:
    cards.issue(1, "2026-11-01", "2026-12-31", facility="27001")
    cards.issue(2, "2026-11-01", "2026-12-31", facility="99999")
    cards.fold_all()
    assert cards.cells() == {"VN_24.DN.B4": 1, "_U.DN.B4": 1}
    cards.owner.execute("UPDATE facility SET province_code = '25' WHERE code = '27001'")
    cards.owner.execute(
        "INSERT INTO facility (code, level, name, province_code) VALUES ('99999', 1, 'new', '79')"
    )
    cards.expect_equal()
    cards.fold_all()
    assert cards.cells() == {"VN_25.DN.B4": 1, "VN_79.DN.B4": 1}
    cards.expect_equal()


@pytest.mark.parametrize("seed", range(2))
def test_after_any_cards_and_batches_the_recount_is_equal(cards: Cards, seed: int) -> None:
    draw = random.Random(seed)
    for person in range(1, 41):
        first = draw.randint(1, 11)
        cards.issue(
            person,
            f"2026-{first:02d}-{draw.randint(1, 28):02d}",
            f"2026-{draw.randint(first, 12):02d}-28",
            group=draw.choice(["DN", "HT", "TE"]),
            facility=draw.choice(["01001", "01002", "27001"]),
        )
        if person % 4 == 0:
            cards.owner.execute(
                "UPDATE card SET status = %s, status_from = %s WHERE person_id = %s",
                [draw.choice([1, 2, 3, 4]), draw.choice([None, "2026-06-15"]), draw.randint(1, person)],
            )
        if draw.random() < 0.5:
            folding.fold_once(cards.folder, RULES, most=draw.randint(1, 5))
        if person % 10 == 0:
            cards.expect_equal()
    cards.fold_all()
    assert cards.cells()
    cards.expect_equal()
