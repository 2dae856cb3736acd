"""Which destinations a relay leaves alone, and for how long."""

from lienthong.bus.lanes import Taken
from lienthong.bus.outbox import Outgoing
from lienthong.bus.relay import CAREFUL_S, PARKED_S, SILENT_S, Trouble

A, B = ("x", "a"), ("x", "b")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_destination_is_left_alone_for_its_time_and_no_longer() -> None:
    clock = Clock()
    trouble = Trouble(clock)
    trouble.park(A)
    clock.now += PARKED_S - 0.1
    trouble.park(B)
    assert trouble.parked() == [A, B]
    clock.now += 0.2
    assert trouble.parked() == [B]


def test_a_channel_lost_with_many_destinations_blames_none_and_makes_careful() -> None:
    trouble = Trouble(Clock())
    trouble.channel_lost({A, B})
    assert trouble.parked() == []
    assert trouble.careful


def test_a_channel_lost_with_one_destination_blames_it() -> None:
    clock = Clock()
    trouble = Trouble(clock)
    trouble.channel_lost({A})
    clock.now += SILENT_S - 1
    assert trouble.parked() == [A]
    clock.now += 2
    assert trouble.parked() == []
    assert trouble.careful
    clock.now += CAREFUL_S
    assert not trouble.careful


def test_a_careful_batch_keeps_the_order_of_the_destination_that_comes_first() -> None:
    def message(place: tuple[str, str], message_id: str) -> Outgoing:
        return Outgoing(
            exchange=place[0], routing_key=place[1], mandatory=True, type="t", message_id=message_id, body=b""
        )

    taken = Taken([1, 2, 3, 4], [message(A, "1"), message(B, "2"), message(A, "3"), message(B, "4")])
    one = taken.of_one_destination()
    assert one.destinations() == {A}
    assert (list(one.ids), [m.message_id for m in one.messages]) == ([1, 3], ["1", "3"])
