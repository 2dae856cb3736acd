"""PostgreSQL and RabbitMQ from the distribution: found, or installed when that is permitted."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.local.stack import StackError

OLDEST_POSTGRESQL = 15
POSTGRESQL_PACKAGE = "postgresql"
RABBITMQ_PACKAGE = "rabbitmq-server"
RABBITMQ_SCRIPTS = Path("/usr/lib/rabbitmq/bin")
_POSTGRESQL_HOMES = Path("/usr/lib/postgresql")
_INSTALL_TIMEOUT_S = 900


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the servers' programs are; None for a server that somebody else runs."""

    postgresql_bin: Path | None
    rabbitmq_scripts: Path | None


def _version(initdb: Path) -> int:
    """The major version of a PostgreSQL installation; 0 if it does not tell."""
    output = subprocess.run([initdb, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)(?:\.\d+)?", output)
    return int(found.group(1)) if found else 0


def find_postgresql() -> Path | None:
    """The folder with the newest PostgreSQL's programs that is new enough."""
    candidates = [*_POSTGRESQL_HOMES.glob("*/bin/initdb")]
    if on_path := shutil.which("initdb"):
        candidates.append(Path(on_path).resolve())
    usable = [
        (version, path)
        for path in candidates
        if (path.parent / "postgres").exists() and (version := _version(path)) >= OLDEST_POSTGRESQL
    ]
    return max(usable)[1].parent if usable else None


def find_rabbitmq() -> Path | None:
    """The folder with RabbitMQ's own scripts: Debian's wrappers around them insist on one user."""
    if (RABBITMQ_SCRIPTS / "rabbitmq-server").exists() and shutil.which("erl"):
        return RABBITMQ_SCRIPTS
    return None


def _privilege() -> list[str] | None:
    """What to put before apt-get; None if this user may not install packages."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n", "env", "DEBIAN_FRONTEND=noninteractive"]
    return None


def install(packages: list[str]) -> None:
    """Install distribution packages.

    Raises :class:`StackError` with the command to type where that is not permitted or fails.
    """
    by_hand = f"install them by hand: sudo apt-get install {' '.join(packages)}"
    prefix = _privilege()
    if prefix is None or shutil.which("apt-get") is None:
        raise StackError(f"missing packages, and no permission to install them here; {by_hand}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    sys.stdout.write(f"installing {', '.join(packages)}\n")
    sys.stdout.flush()
    for arguments in (["update", "-q"], ["install", "-qy", "--no-install-recommends", *packages]):
        done = subprocess.run(
            [*prefix, "apt-get", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_INSTALL_TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            raise StackError(
                f"apt-get {arguments[0]} failed; {by_hand}\n{done.stdout[-500:]}{done.stderr[-1500:]}"
            )


def ensure(*, postgresql: bool, rabbitmq: bool) -> Servers:
    """Find the programs of the servers that this stack runs itself; install what is missing.

    Raises :class:`StackError` naming the exact packages when they cannot be had.
    """
    missing = []
    if postgresql and find_postgresql() is None:
        missing.append(POSTGRESQL_PACKAGE)
    if rabbitmq and find_rabbitmq() is None:
        missing.append(RABBITMQ_PACKAGE)
    if missing:
        install(missing)
    servers = Servers(find_postgresql() if postgresql else None, find_rabbitmq() if rabbitmq else None)
    if postgresql and servers.postgresql_bin is None:
        raise StackError(
            f"the distribution's PostgreSQL is older than {OLDEST_POSTGRESQL}: install a newer one "
            "(https://www.postgresql.org/download/) or name a server by DATABASE_URL"
        )
    if rabbitmq and servers.rabbitmq_scripts is None:
        raise StackError(
            f"{RABBITMQ_SCRIPTS} is missing although {RABBITMQ_PACKAGE} is installed: name a broker by AMQP_URL"
        )
    return servers
