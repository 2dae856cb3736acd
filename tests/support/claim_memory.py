"""Reads one claim file from standard input, compressed, and says how much memory that took at its peak.

    python -m tests.support.claim_memory < file      prints: dossiers or the reason of a refusal, and MiB

The figure is what was taken beyond the process that had imported everything and read the
file's compressed octets.
"""

import sys
from pathlib import Path

from services.health_claims.domain.claims.reading import FileRefused
from tests.support import claims


def _peak_kib() -> int:
    """Of this process's memory. Not getrusage: its peak begins with that of whoever started the process."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0])


def main() -> None:
    """See the module."""
    compressed = sys.stdin.buffer.read()
    claims.read(claims.file())
    before = _peak_kib()
    try:
        outcome = str(len(claims.read(compressed)))
    except FileRefused as refused:
        outcome = refused.reason
    taken = _peak_kib() - before
    sys.stdout.write(f"{outcome} {taken // 1024}\n")


if __name__ == "__main__":
    main()
