"""The gateway's bus process: what became of commands completes their operations, and old ones are forgotten.

At least once comes in, once takes effect: see ``lienthong.bus.consuming``.
"""

from lienthong.bus.consuming import Consumers, Timer, run  # isort: split

from gateway.completing import complete
from gateway.forgetting import forget_deliveries, forget_operations


def main() -> None:
    """The whole life of the process."""
    timers = (
        Timer("forget_operations", forget_operations),
        Timer("forget_deliveries", forget_deliveries),
    )
    run(Consumers(name="gateway", results=complete, timers=timers))


if __name__ == "__main__":
    main()
