"""The consumer process of the tests: ``python -m tests.support.bus_consumer``."""

from lienthong.bus.consuming import Consumers, Timer, run

import os  # isort: skip
import sys  # isort: skip

from lienthong.bus import topology
from tests.support import bus_contract, bus_servicer

topology.SUBSCRIPTIONS = {bus_contract.SUBSCRIBER: (bus_contract.ADDED,)}  # type: ignore[misc]
topology.RESULTS = os.environ.get("BUSTEST_RESULTS", "")  # type: ignore[misc]

_sharing = os.environ.get("BUSTEST_TOGETHER") == "yes"

CONSUMERS = Consumers(
    name=bus_contract.SUBSCRIBER,
    commands=bus_contract.COMMANDS,
    servicer=bus_servicer.SharingLedger() if _sharing else bus_servicer.Ledger(),
    events=bus_servicer.SharingListener() if _sharing else bus_servicer.Listener(),
    results=bus_servicer.complete if topology.RESULTS else None,
    timers=(Timer("turn", bus_servicer.turn), Timer("chores", bus_servicer.chores)),
)

if __name__ == "__main__":
    if "grpc" in sys.modules:
        raise SystemExit("grpc was imported")
    run(CONSUMERS)
