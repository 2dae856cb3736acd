"""Reads one claim file from standard input, compressed, and says how much memory that took at its peak.

    python -m tests.support.claim_memory < file      prints: dossiers or the reason of a refusal, and MiB

The figure is what was taken beyond the process that had imported everything and read the
file's compressed octets.
"""

import resource
import sys

from services.health_claims.domain.claims.reading import FileRefused
from tests.support import claims


def main() -> None:
    """See the module."""
    compressed = sys.stdin.buffer.read()
    claims.read(claims.file())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        outcome = str(len(claims.read(compressed)))
    except FileRefused as refused:
        outcome = refused.reason
    taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    sys.stdout.write(f"{outcome} {taken // 1024}\n")


if __name__ == "__main__":
    main()
