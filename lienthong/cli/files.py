"""Files that are named on the command line, read within a bound."""

from pathlib import Path
from typing import Final

from lienthong.cli.failures import UsageProblem

MOST_OCTETS: Final = 64 * 1024 * 1024
"""Four times the longest body that any route takes."""


def content_of(file: Path, most: int = MOST_OCTETS) -> bytes:
    """The file's octets. Raises UsageProblem, also for more than ``most``: a device, say, never ends."""
    try:
        with file.open("rb") as stream:
            content = stream.read(most + 1)
    except OSError as error:
        raise UsageProblem(f"{file}: {error.strerror}") from error
    if len(content) > most:
        raise UsageProblem(f"{file}: larger than {most:,} octets")
    return content


def text_of(file: Path) -> str:
    """As :func:`content_of`, read as UTF-8, with or without its mark. Raises UsageProblem."""
    try:
        return content_of(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageProblem(f"{file}: not UTF-8 at octet {error.start}") from error
