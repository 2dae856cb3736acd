"""``python -m deploy.demo``: set the stage, play the story; 0 only if it came out as told."""

import sys
import time

from rich.console import Console

from deploy.demo import offline, readiness, scenery
from deploy.demo.stage import Stage
from deploy.demo.story import STORY
from deploy.demo.transcript import play
from deploy.local.stack import StackError, from_environment
from deploy.nation.cast import unpaid_months
from deploy.nation.store import NationError

DONE, NOT_AS_TOLD, NOT_READY = 0, 1, 2


def main() -> int:
    """The exit code."""
    out = Console(highlight=False, soft_wrap=True)
    started = time.monotonic()
    try:
        stack = from_environment()
        made_on = readiness.ensure(stack)
        scenery.put_back(stack, unpaid_months(made_on)[0])
    except (StackError, NationError, readiness.NotReady) as error:
        out.print(f"[red]the stage could not be set:[/] {error}")
        return NOT_READY
    stage = Stage(stack=stack, made_on=made_on)
    try:
        well = play(stage, STORY, out)
    finally:
        offline.clear(stage)
        stage.close()
    took = time.monotonic() - started
    told = "[bold green]as told[/]" if well else "[bold red]not as told[/]"
    out.print(f"\n{len(STORY)} bước / steps, {told}, {took:.1f} s")
    out.print(f"The stack stays up: {stack.gateway_url}/docs describes it, `make down` stops it.")
    return DONE if well else NOT_AS_TOLD


if __name__ == "__main__":
    sys.exit(main())
