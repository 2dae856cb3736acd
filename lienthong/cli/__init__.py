"""The ``lienthong`` command.

Exit codes, also in ``lienthong --help``:

    0  yes: covered, matched, accepted, done
    1  no: not covered, no full match, nobody with this identifier; some lines refused
    2  asked wrongly: usage, configuration, or a request outside the contract
    3  refused: by the gateway (signature, scope, purpose, person), or by the registry's rules;
       an operation failed
    4  unavailable: no answer in time, or the quota is used up; an operation is still pending
       or was set aside
    5  the answer's signature does not hold
    6  a fault of this command, whatever was asked
"""

import sys

from lienthong.cli.app import app
from lienthong.cli.failures import report


def main() -> None:
    """Entry point of the command: a failure becomes one line and an exit code."""
    try:
        app()
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is said in one line
        sys.exit(report(error))


__all__ = ["app", "main"]
