"""A private RabbitMQ: its own node name, data, ports, cookie and plug-ins, as any user."""

import os
import re
from hashlib import sha256
from pathlib import Path
from string import Template

import pika
import pika.exceptions

from deploy.local import files, rabbitmq_home, rabbitmq_users
from deploy.local.stack import BROKER_USERS, ROOT, Stack

OPERATOR = "operator"
_CONFIGURATION = ROOT / "deploy" / "rabbitmq"
_CONNECT_TIMEOUT_S = 3


def home(stack: Stack) -> Path:
    """Everything that the broker keeps."""
    return stack.run / "rabbitmq"


def passfile(stack: Stack, user: str) -> Path:
    """The file that holds a user's password and nothing else."""
    return stack.secrets / f"rabbitmq-{user}.password"


def amqp_url(stack: Stack, user: str) -> str:
    """How ``user`` reaches the broker; its password is named by path only.

    A broker that is not ours knows our users only if somebody made them there: on it
    everybody uses the URL that was given.
    """
    if stack.external_amqp is not None:
        return stack.external_amqp
    return f"amqp://{user}@127.0.0.1:{stack.ports.amqp}/%2F?passfile={passfile(stack, user)}"


def program(stack: Stack, scripts: Path) -> Path:
    """The folder of the scripts to run, made from those that are installed."""
    plugins = (_CONFIGURATION / "enabled_plugins").read_text()
    return rabbitmq_home.prepare(scripts, home(stack) / "program", tuple(re.findall(r"[a-z]\w*", plugins)))


def prepare(stack: Stack) -> str:
    """Write the broker's configuration with its users; return its digest."""
    folder = files.folder(home(stack), files.PRIVATE_FOLDER_MODE)
    passwords = {user: files.secret(passfile(stack, user)) for user in BROKER_USERS}
    users = rabbitmq_users.definitions(passwords)
    template = Template((_CONFIGURATION / "rabbitmq.conf.template").read_text())
    rendered = template.substitute(amqp_port=stack.ports.amqp, definitions=folder / "definitions.json")
    plugins = (_CONFIGURATION / "enabled_plugins").read_text()
    files.write(folder / "definitions.json", users, files.SECRET_MODE)
    files.write(folder / "rabbitmq.conf", rendered, files.SECRET_MODE)
    files.write(folder / "enabled_plugins", plugins)
    return sha256((rendered + plugins + users).encode()).hexdigest()[:16]


def environment(stack: Stack, scripts: Path) -> dict[str, str]:
    """What tells the broker's scripts to leave the machine's own installation alone."""
    folder = home(stack)
    cores = min(os.cpu_count() or 1, 4)
    return {
        "HOME": str(folder),  # the Erlang cookie lives here
        "RABBITMQ_SCRIPTS_DIR": str(scripts),
        "RABBITMQ_NODENAME": f"lienthong-{stack.ports.base}@localhost",
        "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_SCHEMA_DIR": str(folder / "schema"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "config"),
        "RABBITMQ_PID_FILE": str(folder / "rabbitmq.pid"),
        "RABBITMQ_DIST_PORT": str(stack.ports.erlang_distribution),
        "ERL_EPMD_PORT": str(stack.ports.epmd),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        # The virtual machine itself under the supervisor, with no shell between:
        # a shell that outlives, or dies before, its child hides who is running.
        "RUNNING_UNDER_SYSTEMD": "true",
        # No busy waiting: on a small machine an idle broker must cost nothing.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
            f"+S {cores}:{cores} +sbwt none +sbwtdcpu none +sbwtdio none "
            "-kernel inet_dist_use_interface {127,0,0,1}"
        ),
    }


def command(scripts: Path) -> list[str]:
    """What runs the broker in the foreground."""
    return [str(scripts / "rabbitmq-server")]


def _parameters(stack: Stack) -> pika.ConnectionParameters:
    """The operator's connection."""
    if stack.external_amqp is not None:
        return pika.URLParameters(stack.external_amqp)
    password = files.secret(passfile(stack, OPERATOR))
    return pika.ConnectionParameters(
        "127.0.0.1", stack.ports.amqp, "/", pika.PlainCredentials(OPERATOR, password)
    )


def missing(stack: Stack) -> str | None:
    """None if the broker completes the AMQP handshake and opens a channel, else what it said."""
    parameters = _parameters(stack)
    parameters.socket_timeout = _CONNECT_TIMEOUT_S
    parameters.stack_timeout = _CONNECT_TIMEOUT_S
    parameters.blocked_connection_timeout = _CONNECT_TIMEOUT_S
    try:
        connection = pika.BlockingConnection(parameters)
    except (pika.exceptions.AMQPError, OSError) as error:
        return repr(error)
    try:
        connection.channel().close()
    except pika.exceptions.AMQPError as error:
        return repr(error)
    finally:
        if connection.is_open:
            connection.close()
    return None
