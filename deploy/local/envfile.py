"""RUN/stack.env: what scripts, tests and other commands read to find the stack."""

from collections.abc import Mapping

from deploy.local import files, pki, rabbitmq
from deploy.local.stack import BROKER_USERS, DATABASES, SERVICES, STATISTICS_ROLES, WRITER_ROLES, Stack


def databases(stack: Stack) -> dict[str, str]:
    """The URL of each database, for its process, for its owner and for its consumers where they have a role."""
    urls = {}
    for name in DATABASES:
        urls[f"DATABASE_URL_{name.upper()}"] = stack.database_url(name, name)
        urls[f"DATABASE_URL_{name.upper()}_OWNER"] = stack.database_url(name, f"{name}_owner")
        if name in WRITER_ROLES:
            urls[f"DATABASE_URL_{name.upper()}_WRITER"] = stack.database_url(name, WRITER_ROLES[name])
        if name in STATISTICS_ROLES:
            urls[f"DATABASE_URL_{name.upper()}_STATISTICS"] = stack.database_url(name, STATISTICS_ROLES[name])
    return urls


def values(stack: Stack) -> dict[str, str]:
    """All that the file says."""
    return {
        "RUN": str(stack.run),
        "PORT_BASE": str(stack.ports.base),
        "GATEWAY_URL": stack.gateway_url,
        "AMQP_URL": rabbitmq.amqp_url(stack, rabbitmq.OPERATOR),
        **{
            f"AMQP_URL_{user.upper()}": rabbitmq.amqp_url(stack, user)
            for user in BROKER_USERS
            if user != rabbitmq.OPERATOR
        },
        **databases(stack),
        "STATISTICS_SECRET": str(pki.statistics_secret(stack)),
        **{f"GRPC_{name.upper()}": f"127.0.0.1:{stack.ports.service(name)}" for name in SERVICES},
        **{
            f"METRICS_{name.upper().replace('-', '_')}": f"127.0.0.1:{stack.ports.metrics(name)}"
            for name in stack.metered
        },
        # Whoever brings this stack up again with these variables changes nothing about it.
        **({} if stack.failpoints is None else {"LIENTHONG_FAILPOINTS": stack.failpoints}),
    }


def render(entries: Mapping[str, str]) -> str:
    """``KEY='value'`` lines that both a shell and python-dotenv read."""
    return "".join(f"{key}='{value}'\n" for key, value in entries.items())


def write(stack: Stack) -> None:
    """Write the file, for its owner only: the URL of a broker that is not ours may carry a password."""
    files.write(stack.env_file, render(values(stack)), files.SECRET_MODE)
