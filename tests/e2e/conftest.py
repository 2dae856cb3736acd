"""The running stack, and its agencies at their desks."""

from collections.abc import Callable

import pytest

from tests.support.stack import Running
from tests.support.wire import Sender


@pytest.fixture(scope="session")
def running(stack_variable: Callable[[str], str]) -> Running:
    """The stack under test."""
    return Running.from_variables(stack_variable)


@pytest.fixture(scope="session")
def hospital(running: Running) -> Sender:
    """The demo hospital: may check and read coverage and verify identities."""
    return running.demo("hospital-demo")


@pytest.fixture(scope="session")
def ministry(running: Running) -> Sender:
    """The demo ministry: may verify identities."""
    return running.demo("ministry-demo")


@pytest.fixture(scope="session")
def employer(running: Running) -> Sender:
    """The demo employer: may list its own employees' contributions."""
    return running.demo("employer-demo")
