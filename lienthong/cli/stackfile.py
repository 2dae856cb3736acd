"""What ``make up`` wrote for a developer's machine, so that nothing must be typed there."""

import os
import shlex
from pathlib import Path

from lienthong.cli.failures import UsageProblem


def path() -> Path:
    """``stack.env`` of ``RUN``, or of ``.run``."""
    return Path(os.environ.get("RUN") or ".run") / "stack.env"


def variables() -> dict[str, str]:
    """Its variables; none without the file."""
    if not path().is_file():
        return {}
    words = shlex.split(path().read_text(encoding="utf-8"), comments=True)
    return {name: value for name, _, value in (word.partition("=") for word in words) if value}


def known(name: str) -> str | None:
    """``name`` from the environment, else from the file."""
    return os.environ.get(name) or variables().get(name)


def variable(name: str, *, option: str) -> str:
    """As :func:`known`. Raises ``UsageProblem`` naming the option that would do as well."""
    found = known(name)
    if not found:
        raise UsageProblem(f"set {name} or {option}; {path()} does not name one")
    return found
