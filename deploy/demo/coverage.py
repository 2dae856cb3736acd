"""The admission desk: four people, four answers of the portal."""

from dataclasses import replace

from deploy.demo.stage import NotAsTold, Stage, expect
from deploy.nation.cast import Member
from lienthong.client import Card, CoverageAnswer, Person, Visit
from lienthong.clock import VIETNAM

HOSPITAL = "hospital-demo"
_WRONG_NAME = frozenset({"060", "061"})


def desk_knows(member: Member, *, visit: Visit | None = None) -> Person:
    """What the desk types from the papers of this person, and what she comes for."""
    return Person(identifier=member.personal_id, full_name=member.full_name, born=member.born, visit=visit)


def valid_card(stage: Stage) -> list[str]:
    """Code 000, with card, benefit and facility."""
    answer = _check(stage, desk_knows(stage.person(1)))
    expect((answer.result_code, answer.covered), ("000", True), "code and cover")
    card = _card_of(answer)
    expect(card.card_code, "DN4010100000017", "the card")
    changed = f"{answer.changed_at.astimezone(VIETNAM):%d/%m/%Y %H:%M}" if answer.changed_at else "?"
    return [_told(answer), _card(card), f"dữ liệu thay đổi lần cuối / data last changed {changed}"]


def misspelt_name(stage: Stage) -> list[str]:
    """Code 060 or 061, and nothing of the card."""
    person = stage.person(1)
    answer = _check(
        stage, Person(identifier=person.personal_id, full_name="Trần Thị Hồng Nhun", born=person.born)
    )
    if answer.result_code not in _WRONG_NAME:
        raise NotAsTold(f"the code: expected 060 or 061, found {answer.result_code}")
    expect((answer.covered, answer.card), (False, None), "cover and card")
    return [_told(answer), "không lộ dữ liệu thẻ / no card data shown"]


def expired_card(stage: Stage) -> list[str]:
    """Code 010."""
    answer = _check(stage, desk_knows(stage.person(2)))
    expect((answer.result_code, answer.covered), ("010", False), "code and cover")
    return [_told(answer), _card(_card_of(answer))]


def replaced_card(stage: Stage) -> list[str]:
    """Code 003, and the new card beside the old one."""
    person = replace(desk_knows(stage.person(6)), identifier="GD4313100000066")
    answer = _check(stage, person)
    expect(answer.result_code, "003", "the code")
    if answer.new_card is None:
        raise NotAsTold("no new card in the answer")
    expect(answer.new_card.card_code, "DN4313100000066", "the new card")
    return [_told(answer), f"thẻ mới / new card: {_card(answer.new_card)}"]


def _check(stage: Stage, person: Person) -> CoverageAnswer:
    client = stage.client(HOSPITAL)
    answer = client.check_coverage(person.identifier, full_name=person.full_name, born=person.born)
    stage.answered(HOSPITAL, answer.receipt)
    return answer


def _card_of(answer: CoverageAnswer) -> Card:
    if answer.card is None:
        raise NotAsTold("no card in the answer")
    return answer.card


def _told(answer: CoverageAnswer) -> str:
    return f"[bold]{answer.result_code}[/] {answer.result_text.vi} / {answer.result_text.en}"


def _card(card: Card) -> str:
    facility = card.registered_facility
    where = f", {facility.code} {facility.name}" if facility else ""
    return f"{card.card_code}, {card.valid_from} – {card.valid_to}, {card.benefit_percent} %{where}"
