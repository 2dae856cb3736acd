"""Where the stack under test is: the variables of its ``stack.env``.

``LIENTHONG_STACK_ENV`` names the file, and what is in it counts; otherwise it is
``stack.env`` of ``RUN`` or of ``.run/test``, and what is set already counts. Where tests
run side by side, ``LIENTHONG_STACK_ENV`` names several files as ``PATH`` names folders,
and the n-th worker of pytest has the n-th stack to itself: no test ever meets another on
the same stack. Unit and contract tests need none of it.
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

_NAMED = [Path(name) for name in os.environ.get("LIENTHONG_STACK_ENV", "").split(os.pathsep) if name]
_FILES = _NAMED or [Path(os.environ.get("RUN") or ".run/test") / "stack.env"]
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))

for _file in _FILES[_WORKER : _WORKER + 1]:
    for _key, _value in dotenv_values(_file).items():
        if _value is not None and (_NAMED or _key not in os.environ):
            os.environ[_key] = _value

# They take half of the time. Where workers share the files, each file as a whole, these are handed out first, so that
# at the end no worker waits long for another.
_LONGEST = (
    "e2e/test_chaos.py",
    "integration/bus/test_relay.py",
    "integration/nation/test_nation_postgres.py",
    "integration/test_stack_recovery.py",
    "e2e/test_guide_examples.py",
    "integration/bus/consuming/test_survival.py",
    "integration/statistics/test_folding.py",
    "e2e/test_failures.py",
    "e2e/test_demo.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; all others stay in their order."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="session")
def stack_variable() -> Callable[[str], str]:
    """Looks a variable of the stack up; fails the test, naming the file, if there is none."""

    def look_up(name: str) -> str:
        if len(_FILES) <= _WORKER:
            pytest.fail(f"worker {_WORKER} has no stack: LIENTHONG_STACK_ENV names {len(_FILES)}")
        value = os.environ.get(name)
        if not value:
            pytest.fail(f"{name} is not set and {_FILES[_WORKER]} does not name it: bring the test stack up")
        return value

    return look_up
