"""The gateway's bus process: what became of commands completes their operations.

At least once comes in, once takes effect: see ``lienthong.bus.consuming``.
"""

from lienthong.bus.consuming import Consumers, run  # isort: split

from gateway.completing import complete


def main() -> None:
    """The whole life of the process."""
    run(Consumers(name="gateway", results=complete))


if __name__ == "__main__":
    main()
