"""``python -m deploy.local up | down | status | restart | logs``."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from xmlrpc.client import Fault

from deploy.local import control, waiting
from deploy.local.stack import Stack, StackError, from_environment

_NOT_WELL = 3


def _logs(stack: Stack, names: Sequence[str], *, follow: bool) -> int:
    paths = [stack.logs / f"{name}.log" for name in names] or sorted(stack.logs.glob("*.log"))
    if not paths:
        raise StackError(f"no logs in {stack.logs}")
    return subprocess.run(
        ["tail", "-n", "40", *(["-F"] if follow else []), "--", *paths], check=False
    ).returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="bring everything up and wait until it does its work")
    up.add_argument("--only", choices=["servers"], help="PostgreSQL, RabbitMQ and the databases only")
    commands.add_parser("down", help="stop everything")
    commands.add_parser("status", help="each process and its health; exit 3 if not all are well")
    restart = commands.add_parser("restart", help="restart processes, by default all of ours")
    restart.add_argument("names", nargs="*")
    logs = commands.add_parser("logs", help="the ends of the logs")
    logs.add_argument("names", nargs="*")
    logs.add_argument("-f", "--follow", action="store_true")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 when what was asked is so."""
    options = _parser().parse_args(arguments)
    try:
        stack = from_environment()
        match options.command:
            case "up":
                control.up(stack, only_servers=options.only == "servers")
            case "down":
                control.down(stack)
            case "restart":
                control.restart(stack, options.names)
            case "logs":
                return _logs(stack, options.names, follow=options.follow)
            case _:
                return 0 if control.status(stack) else _NOT_WELL
    except (StackError, waiting.DeadlinePassedError, Fault) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
