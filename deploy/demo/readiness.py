"""A stack that runs and a nation that lives in it, whatever was there before."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import date

import httpx

from deploy.local.stack import ROOT, Stack
from deploy.nation.environment import owner_urls, stack_environment
from deploy.nation.store import inspect

POPULATION = 100_000
_UP_WAIT_S = 300
_SEED_WAIT_S = 600


class NotReady(Exception):
    """The stage could not be set; the message says which command failed."""


def ensure(stack: Stack) -> date:
    """Bring the stack up and seed it if need be; the day on which the nation was made.

    Raises NotReady.
    """
    if not _is_up(stack):
        _run(["-m", "deploy.local", "up"], _UP_WAIT_S)
    environment = stack_environment({**os.environ, "RUN": str(stack.run)})
    urls = owner_urls(environment)
    label = inspect(urls).label
    if label is None:
        _run(["-m", "deploy.nation", "--if-empty", "--population", str(POPULATION)], _SEED_WAIT_S)
        label = inspect(urls).label
    if label is None:
        raise NotReady("the databases hold no nation, and seeding made none")
    return label.as_of


def _is_up(stack: Stack) -> bool:
    try:
        return (
            httpx.get(f"{stack.gateway_url}/readyz", timeout=2, trust_env=False).status_code == httpx.codes.OK
        )
    except httpx.TransportError:
        return False


def _run(words: Sequence[str], seconds: int) -> None:
    try:
        done = subprocess.run([sys.executable, *words], cwd=ROOT, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotReady(f"`python {' '.join(words)}` took longer than {seconds} s") from error
    if done.returncode != 0:
        raise NotReady(f"`python {' '.join(words)}` failed with {done.returncode}")
