"""The processes of a stack, and how each is configured."""

import importlib.util
import sys
from collections.abc import Sequence

from deploy.local import pki, postgresql, rabbitmq
from deploy.local.packages import Servers
from deploy.local.stack import SERVICES, STATISTICS_ROLES, WRITER_ROLES, WRITERS, Stack
from deploy.local.supervisor import Program

POSTGRESQL = "postgres"
RABBITMQ = "rabbitmq"
WRITER_NICENESS = 10
"""The write side yields the processor to the reads: what it does has been promised, but nobody waits for it."""

_MODULES = {
    "relay-gateway": "lienthong.bus.relay",
    "relay-contributions": "lienthong.bus.relay",
    "relay-health_claims": "lienthong.bus.relay",
    "consumers-contributions": "services.contributions.consumers",
    "consumers-health_claims": "services.health_claims.consumers",
    "consumers-gateway": "gateway.consumers",
    "webhooks": "gateway.webhooks",
    "folding-identity": "lienthong.statistics.folding",
    "deliveries": "gateway.deliveries",
    "folding-contributions": "lienthong.statistics.folding",
    "folding-health_claims": "lienthong.statistics.folding",
}


def servers(stack: Stack, found: Servers) -> list[Program]:
    """PostgreSQL and RabbitMQ, those of them that this stack runs itself."""
    programs = []
    if found.postgresql_bin is not None:
        digest = postgresql.digest(stack)
        programs.append(
            Program(
                name=POSTGRESQL,
                command=postgresql.command(stack, found.postgresql_bin),
                environment={"LIENTHONG_CONFIGURATION": digest},
                user=postgresql.system_user(),
                stop_signal="INT",  # fast shutdown: clients are disconnected, transactions rolled back
                stop_seconds=30,
                priority=100,
                directory=postgresql.data_folder(stack),
            )
        )
    if found.rabbitmq_scripts is not None:
        digest = rabbitmq.prepare(stack)
        scripts = rabbitmq.program(stack, found.rabbitmq_scripts)
        programs.append(
            Program(
                name=RABBITMQ,
                command=rabbitmq.command(scripts),
                environment={**rabbitmq.environment(stack, scripts), "LIENTHONG_CONFIGURATION": digest},
                stop_seconds=30,
                priority=100,
                directory=rabbitmq.home(stack),
            )
        )
    return programs


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _common(stack: Stack, name: str, process: str) -> dict[str, str]:
    """What every process of ours is told. ``name`` is its database and role there."""
    return {
        "PYTHONUNBUFFERED": "1",
        "LIENTHONG_METRICS_LISTEN": f"127.0.0.1:{stack.ports.metrics(process)}",
        "LIENTHONG_DATABASE_URL": stack.database_url(name, name),
        "LIENTHONG_LOG_LEVEL": "info",
    }


def _failpoints(stack: Stack) -> dict[str, str]:
    """Where a process that has places to die at looks for their names."""
    return {} if stack.failpoints is None else {"LIENTHONG_FAILPOINTS": stack.failpoints}


def _reader(stack: Stack, name: str, process: str, port: int) -> dict[str, str]:
    """What a process of the read side is told. ``name`` is its database, role and certificate."""
    return {
        **_common(stack, name, process),
        **_tls(stack, name),
        "LIENTHONG_LISTEN": f"127.0.0.1:{port}",
    }


def _tls(stack: Stack, name: str) -> dict[str, str]:
    """By which certificate others know a process."""
    return {
        "LIENTHONG_TLS_CA": str(stack.pki / "ca.pem"),
        "LIENTHONG_TLS_CERT": str(stack.pki / f"{name}.pem"),
        "LIENTHONG_TLS_KEY": str(stack.pki / f"{name}.key"),
    }


def _service(stack: Stack, name: str) -> Program:
    return Program(
        name=name,
        command=_python(f"services.{name}"),
        environment={
            **_reader(stack, name, name, stack.ports.service(name)),
            **(_certifying(stack) if name == "health_claims" else {}),
            "LIENTHONG_CALLERS": "gateway",
        },
        priority=200,
    )


def _certifying(stack: Stack) -> dict[str, str]:
    """With which key, and in whose name, certificates are signed."""
    return {
        "LIENTHONG_CERTIFICATE_KEY": str(pki.certificate_key(stack)),
        "LIENTHONG_CERTIFICATE_ISSUER": stack.gateway_url,
    }


def _targets(stack: Stack) -> dict[str, str]:
    """Where the services are, for who asks them."""
    return {f"LIENTHONG_TARGETS_{s.upper()}": f"127.0.0.1:{stack.ports.service(s)}" for s in SERVICES}


def _gateway(stack: Stack, number: int) -> Program:
    name = f"gateway-{number}"
    return Program(
        name=name,
        command=_python("gateway"),
        environment={
            **_reader(stack, "gateway", name, stack.ports.gateway),
            **_targets(stack),
            **_failpoints(stack),
            "LIENTHONG_AUTHORITY": f"127.0.0.1:{stack.ports.gateway}",
            "LIENTHONG_SCHEME": "http",
            "LIENTHONG_SIGNING_KEY": str(pki.answer_key(stack)),
            "LIENTHONG_PSEUDONYM_KEY": str(pki.pseudonym_key(stack)),
            "LIENTHONG_CERTIFICATE_KEYS": str(pki.certificate_keys(stack)),
            "LIENTHONG_COALESCING": stack.coalescing,
        },
        priority=300,
    )


def _writer(stack: Stack, name: str) -> Program:
    user = WRITERS[name]
    told = _common(stack, user, name)
    told["LIENTHONG_DATABASE_URL"] = stack.database_url(user, WRITER_ROLES.get(user, user))
    if _MODULES[name] == "lienthong.statistics.folding":
        told["LIENTHONG_DATABASE_URL"] = stack.database_url(user, STATISTICS_ROLES[user])
        told |= _failpoints(stack) | {"LIENTHONG_STATISTICS_SECRET": str(pki.statistics_secret(stack))}
    elif name == "webhooks":
        told["LIENTHONG_SIGNING_KEY"] = str(pki.answer_key(stack))
    elif name == "deliveries":
        told |= _tls(stack, user) | _targets(stack) | _failpoints(stack)
        told["LIENTHONG_SIGNING_KEY"] = str(pki.answer_key(stack))
    else:
        told |= _failpoints(stack) | {"LIENTHONG_AMQP_URL": rabbitmq.amqp_url(stack, user)}
    return Program(
        name=name,
        command=["nice", "-n", str(WRITER_NICENESS), *_python(_MODULES[name])],
        environment=told,
        stop_seconds=35,  # a consumer finishes what it has begun
        priority=250,
    )


def _exists(module: str) -> bool:
    """Whether ``python -m module`` would find something to run."""
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:  # a package above it
        return False
    if found is None or found.submodule_search_locations is None:
        return found is not None
    return importlib.util.find_spec(f"{module}.__main__") is not None


def ours(stack: Stack) -> list[Program]:
    """The services, the write side, then the gateway's workers."""
    programs = [_service(stack, name) for name in SERVICES if _exists(f"services.{name}")]
    programs += [_writer(stack, name) for name in WRITERS if _exists(_MODULES[name])]
    if _exists("gateway"):
        programs += [_gateway(stack, number) for number in range(stack.gateway_workers)]
    return programs


def writers(programs: Sequence[Program]) -> list[str]:
    """Those of them that are processes of the write side."""
    return [program.name for program in programs if program.name in WRITERS]
