"""What is missing is installed when that is permitted, else named exactly."""

import os
import shutil
from pathlib import Path

import pytest

from deploy.local import orphans, packages, postgresql
from deploy.local.stack import StackError, from_environment


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_postgresql", lambda: None)
    monkeypatch.setattr(packages, "find_rabbitmq", lambda: None)


@pytest.mark.usefixtures("nothing_installed")
def test_without_permission_the_exact_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(StackError, match=r"sudo apt-get install postgresql rabbitmq-server$"):
        packages.ensure(postgresql=True, rabbitmq=True)


@pytest.mark.usefixtures("nothing_installed")
def test_servers_that_somebody_else_runs_are_not_looked_for() -> None:
    assert packages.ensure(postgresql=False, rabbitmq=False) == packages.Servers(None, None)


def _installation(root: Path, version: str) -> None:
    folder = root / version / "bin"
    folder.mkdir(parents=True)
    (folder / "postgres").touch()
    (folder / "initdb").write_text(f"#!/bin/sh\necho 'initdb (PostgreSQL) {version}.3'\n")
    (folder / "initdb").chmod(0o755)


def test_the_newest_postgresql_is_taken_and_one_too_old_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "_POSTGRESQL_HOMES", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    _installation(tmp_path, "14")
    assert packages.find_postgresql() is None
    _installation(tmp_path, "15")
    _installation(tmp_path, "17")
    assert packages.find_postgresql() == tmp_path / "17" / "bin"


def test_a_stack_can_be_taken_down_before_postgresql_was_ever_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(postgresql, "_SYSTEM_USER", "no-such-user")
    stack = from_environment({"RUN": str(tmp_path)})
    assert orphans.find(stack) == []
    with pytest.raises(StackError, match="no user no-such-user"):
        postgresql.system_user()
