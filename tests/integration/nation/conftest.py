"""Databases to load nations into: own schemas beside the stack's, so that its nation stays untouched."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from deploy.nation.tables import DATABASES
from lienthong.db.migrations import upgrade


@contextmanager
def schemas(stack_variable: Callable[[str], str]) -> Iterator[dict[str, str]]:
    """An environment that names three migrated, empty schemas, for owners and runtime roles."""
    schema = f"nation_test_{uuid4().hex[:12]}"
    environment = {"PATH": os.environ["PATH"]}
    owners = {name: stack_variable(f"DATABASE_URL_{name.upper()}_OWNER") for name in DATABASES}
    try:
        for name, owner in owners.items():
            with psycopg.connect(owner, autocommit=True) as connection:
                connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
                connection.execute(
                    sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(*map(sql.Identifier, (schema, name)))
                )
            for variable in (f"DATABASE_URL_{name.upper()}_OWNER", f"DATABASE_URL_{name.upper()}"):
                url = stack_variable(variable)
                environment[variable] = make_conninfo(url, options=f"-c search_path={schema}")
            upgrade(name, environment[f"DATABASE_URL_{name.upper()}_OWNER"])
        yield environment
    finally:
        for owner in owners.values():
            with psycopg.connect(owner, autocommit=True) as connection:
                connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


@pytest.fixture
def scratch(stack_variable: Callable[[str], str]) -> Iterator[dict[str, str]]:
    """Empty schemas of one test."""
    with schemas(stack_variable) as environment:
        yield environment


@pytest.fixture(scope="module")
def shared(stack_variable: Callable[[str], str]) -> Iterator[dict[str, str]]:
    """Schemas of all tests of a module."""
    with schemas(stack_variable) as environment:
        yield environment
