"""Where the databases are: the environment, else ``stack.env`` of the local stack."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from dotenv import dotenv_values

from deploy.nation.store import NationError
from deploy.nation.tables import DATABASES


def stack_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment, completed by ``$RUN/stack.env`` (default ``.run``) if there is one."""
    path = Path(environment.get("RUN", ".run")) / "stack.env"
    written = dotenv_values(path) if path.is_file() else {}
    return {name: value for name, value in written.items() if value is not None} | dict(environment)


def owner_urls(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """DATABASE_URL_<NAME>_OWNER of the three databases.

    Raises :class:`NationError` naming what is missing.
    """
    return _urls(DATABASES, "_OWNER", environment)


def runtime_urls(databases: Iterable[str], environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """DATABASE_URL_<NAME> of these databases.

    Raises :class:`NationError` naming what is missing.
    """
    return _urls(databases, "", environment)


def _urls(databases: Iterable[str], suffix: str, environment: Mapping[str, str] | None) -> dict[str, str]:
    known = stack_environment(os.environ if environment is None else environment)
    variables = {name: f"DATABASE_URL_{name.upper()}{suffix}" for name in databases}
    missing = [variable for variable in variables.values() if not known.get(variable)]
    if missing:
        raise NationError(f"{', '.join(missing)} not set, and no stack.env names it: is the stack up?")
    return {name: known[variable] for name, variable in variables.items()}
