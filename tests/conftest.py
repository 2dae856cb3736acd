"""Where the stack under test is: the variables of its ``stack.env``, unless they are set already.

``LIENTHONG_STACK_ENV`` names the file; otherwise it is ``stack.env`` of ``RUN`` or of
``.run/test``. Unit and contract tests need none of it.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import settings

# No timed assertions; and `make test` asks the same questions of the same code every time.
# New questions are asked by `make explore`.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "same")

_FILE = Path(
    os.environ.get("LIENTHONG_STACK_ENV") or Path(os.environ.get("RUN") or ".run/test") / "stack.env"
)

for _key, _value in dotenv_values(_FILE).items():
    if _value is not None:
        os.environ.setdefault(_key, _value)


@pytest.fixture(scope="session")
def stack_variable() -> Callable[[str], str]:
    """Looks a variable of the stack up; fails the test, naming the file, if there is none."""

    def look_up(name: str) -> str:
        value = os.environ.get(name)
        if not value:
            pytest.fail(f"{name} is not set and {_FILE} does not name it: bring the test stack up")
        return value

    return look_up
