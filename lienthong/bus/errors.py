"""Why an operator's command on the bus did not do what was asked.

BusRefused           nothing was changed, or not all; says what to correct
├── Drift            what stands in the broker differs from the contracts
└── NoSuchLetter     no such message in that dead-letter queue
BrokerUnavailable    no broker at that address, or it ended the conversation
"""


class BusRefused(Exception):
    """The broker or the rules of the bus say no."""


class Drift(BusRefused):
    """One line for each exchange or queue that is missing or has other arguments."""

    def __init__(self, differences: list[str]) -> None:
        super().__init__("\n".join(differences))
        self.differences = differences


class NoSuchLetter(BusRefused):
    """It is not in the queue; another operator may have taken it."""


class BrokerUnavailable(Exception):
    """The broker does not answer."""
