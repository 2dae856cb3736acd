"""The health-claims service's bus process: claim files and stays, and what contributions tell of employees.

At least once comes in, once takes effect: see ``lienthong.bus.consuming``.
"""

from lienthong.bus.consuming import Consumers, Timer, run  # isort: split

from services.health_claims.claim_commands import ClaimCommands
from services.health_claims.commands import EmployeeCards, renew_cards
from vss.health_claims.v1 import claims_pb2

RENEWAL_S = 600.0
"""Seconds between two turns of the renewal at the turn of the year."""

CONSUMERS = Consumers(
    name="health_claims",
    commands=claims_pb2.DESCRIPTOR.services_by_name["HealthClaimsCommandService"],
    servicer=ClaimCommands(),
    events=EmployeeCards(),
    timers=[Timer("renew_cards", renew_cards, RENEWAL_S)],
)

if __name__ == "__main__":
    run(CONSUMERS)
