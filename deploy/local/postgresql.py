"""A private PostgreSQL server: cluster, configuration, roles and databases."""

import os
import pwd
import shutil
import subprocess
from functools import cache
from hashlib import sha256
from pathlib import Path
from string import Template

import psycopg
from psycopg import sql

from deploy.local import files
from deploy.local.stack import DATABASES, ROOT, STATISTICS_ROLES, WRITER_ROLES, Stack, StackError

SUPERUSER = "postgres"
_SYSTEM_USER = "postgres"  # PostgreSQL refuses to run as root; Debian's package brings this user
_OUTSIDE = Path("/var/lib/lienthong")  # where root keeps the data if RUN is closed to that user
_CONFIGURATION = ROOT / "deploy" / "postgresql"
_MOST_SHARED_BUFFERS_MB = 4096
_INITDB_TIMEOUT_S = 60
CONNECT_TIMEOUT_S = 3


def system_user() -> str | None:
    """The user that the server runs as when we are root; None when it runs as ourselves.

    Raises :class:`StackError` if we are root and that user does not exist.
    """
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_SYSTEM_USER).pw_name
    except KeyError:
        raise StackError(
            f"PostgreSQL does not run as root and there is no user {_SYSTEM_USER}: "
            f"create it (useradd --system {_SYSTEM_USER}) or start as a normal user"
        ) from None


def _may_enter(user: str, path: Path) -> bool:
    """Whether ``user`` may pass through the folder; the kernel is asked, so ACLs count too."""
    return (
        subprocess.run(
            ["/usr/bin/test", "-x", path], user=user, group=user, extra_groups=[], cwd="/", check=False
        ).returncode
        == 0
    )


@cache
def data_folder(stack: Stack) -> Path:
    """Where the cluster is: below RUN, or outside if the server's user may not enter RUN."""
    inside = stack.run / "postgresql" / "data"
    # Before the package is installed there is no such user, and no cluster either.
    user = system_user() if _SYSTEM_USER in {entry.pw_name for entry in pwd.getpwall()} else None
    if user is None or _may_enter(user, stack.run):
        return inside
    return _OUTSIDE / sha256(str(stack.run).encode()).hexdigest()[:16] / "data"


def memory_mb() -> int:
    """The machine's memory in MiB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20


def configuration(data: Path) -> str:
    """The server's configuration for this machine."""
    memory = memory_mb()
    template = Template((_CONFIGURATION / "postgresql.conf.template").read_text())
    return template.substitute(
        hba_file=data / "pg_hba.conf",
        shared_buffers_mb=min(memory // 4, _MOST_SHARED_BUFFERS_MB),
        effective_cache_mb=memory * 6 // 10,
    )


def _own(path: Path, user: str | None) -> None:
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _initdb(programs: Path, data: Path, password: str, user: str | None) -> None:
    """Make the cluster. Not synced: whoever loses power during the first start starts again."""
    password_file = data.parent / ".initial-password"
    files.write(password_file, password, files.SECRET_MODE)
    _own(password_file, user)
    try:
        done = subprocess.run(
            [
                *(programs / "initdb", "--pgdata", data, "--username", SUPERUSER, "--pwfile", password_file),
                *(
                    "--auth",
                    "scram-sha-256",
                    "--encoding",
                    "UTF8",
                    "--no-locale",
                    "--no-sync",
                    "--no-instructions",
                ),
            ],
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            cwd="/",
            capture_output=True,
            text=True,
            timeout=_INITDB_TIMEOUT_S,
            check=False,
        )
    finally:
        password_file.unlink()
    if done.returncode != 0:
        raise StackError(f"initdb failed:\n{done.stdout[-500:]}{done.stderr[-1500:]}")


def digest(stack: Stack) -> str:
    """What changes when the server's configuration does."""
    return sha256(configuration(data_folder(stack)).encode()).hexdigest()[:16]


def _forget(data: Path) -> None:
    """A cluster whose password is gone: left over outside RUN, or robbed of its secrets.

    Raises :class:`StackError` for the latter: whoever did that may want the data.
    """
    if not data.is_relative_to(_OUTSIDE):
        raise StackError(
            f"the passwords of {data} are gone: restore them, or remove {data.parent} to begin anew"
        )
    shutil.rmtree(data)


def prepare(stack: Stack, programs: Path) -> None:
    """Make the cluster if there is none, and write its configuration.

    Raises :class:`StackError` if initdb fails.
    """
    user = system_user()
    data = data_folder(stack)
    files.folder(data.parent, files.FOLDER_MODE if user is None else files.PRIVATE_FOLDER_MODE)
    _own(data.parent, user)
    if data.is_relative_to(_OUTSIDE):
        _OUTSIDE.chmod(files.FOLDER_MODE)
    if not (stack.secrets / f"{SUPERUSER}.password").exists() and data.exists():
        _forget(data)
    write_passfile(stack, SUPERUSER)
    # PG_VERSION is the first file that initdb writes, global/pg_control one of the last.
    if not (data / "global" / "pg_control").exists():
        if data.exists():
            shutil.rmtree(data)
        _initdb(programs, data, files.secret(stack.secrets / f"{SUPERUSER}.password"), user)
    for name, content in (
        ("lienthong.conf", configuration(data)),
        ("pg_hba.conf", (_CONFIGURATION / "pg_hba.conf").read_text()),
    ):
        files.write(data / name, content, files.SECRET_MODE)
        _own(data / name, user)


def command(stack: Stack, programs: Path) -> list[str]:
    """What runs the server in the foreground."""
    data = data_folder(stack)
    return [
        *(str(programs / "postgres"), "-D", str(data), "-p", str(stack.ports.postgresql)),
        *("-c", f"config_file={data / 'lienthong.conf'}"),
    ]


def write_passfile(stack: Stack, role: str) -> str:
    """Make the role's password and its libpq password file; return the password."""
    password = files.secret(stack.secrets / f"{role}.password")
    host, port = stack.database_host_port
    files.write(stack.passfile(role), f"{host}:{port}:*:{role}:{password}\n", files.SECRET_MODE)
    return password


def admin_url(stack: Stack, database: str = "postgres") -> str:
    """The URL of a role that may create roles and databases."""
    return stack.external_database or stack.database_url(database, SUPERUSER)


def missing(stack: Stack) -> str | None:
    """None if the server answers a query and is the one of this stack, else what is wrong."""
    try:
        with psycopg.connect(admin_url(stack), connect_timeout=CONNECT_TIMEOUT_S) as connection:
            connection.execute("SELECT 1")
            if stack.external_database is not None:
                return None
            row = connection.execute("SELECT current_setting('data_directory')").fetchone()
    except psycopg.OperationalError as error:
        return (str(error).strip().splitlines() or ["no connection"])[-1]
    # A stranger that trusts every password may sit on our port: never touch its databases.
    if row is None or row[0] != str(data_folder(stack)):
        return f"another PostgreSQL server listens on port {stack.ports.postgresql}"
    return None


def _ensure_role(connection: psycopg.Connection, role: str, password: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = sql.SQL("ALTER" if known else "CREATE")
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
            verb, sql.Identifier(role), sql.Literal(password)
        )
    )


def ensure_databases(stack: Stack) -> None:
    """Make roles and databases; running it again changes nothing.

    Each database belongs to ``<name>_owner``, which runs the migrations; the role
    ``<name>``, and those of consumers and statistics if there are such, may connect, and get from the
    migrations what the process needs.
    """
    with psycopg.connect(admin_url(stack), connect_timeout=CONNECT_TIMEOUT_S, autocommit=True) as connection:
        for name in DATABASES:
            owner = f"{name}_owner"
            users = [name, *(roles[name] for roles in (WRITER_ROLES, STATISTICS_ROLES) if name in roles)]
            for role in (owner, *users):
                _ensure_role(connection, role, write_passfile(stack, role))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(owner)))
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner))
                )
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                    sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, users))
                )
            )
            if name in STATISTICS_ROLES:
                # Migrations grant it too; but a dump does not have it, and a restored database runs no old ones.
                names = map(sql.Identifier, (name, STATISTICS_ROLES[name]))
                connection.execute(sql.SQL("GRANT TEMPORARY ON DATABASE {} TO {}").format(*names))
