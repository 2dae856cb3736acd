"""Plays the story and writes what a person reads."""

import time
from collections.abc import Sequence

from rich.console import Console

from deploy.demo.stage import NotAsTold, Stage
from deploy.demo.story import Step
from lienthong.client import ClientError


def play(stage: Stage, story: Sequence[Step], out: Console) -> bool:
    """Every step, also after one that failed; whether all came out as told."""
    well = True
    for number, step in enumerate(story, 1):
        stage.step = number
        out.print(f"\n[bold]{number:>2}  {step.vi}[/]  [dim]{step.en}[/]")
        out.print(f"    [cyan]{step.who}[/] → {step.asks}")
        well = _step(stage, step, out) and well
    return well


def _step(stage: Stage, step: Step, out: Console) -> bool:
    started = time.perf_counter()
    try:
        lines = step.play(stage)
    except (NotAsTold, ClientError) as error:
        out.print(f"    [bold red]✗ not as told:[/] {type(error).__name__}: ", end="")
        out.print(str(error), markup=False)
        return False
    took = (time.perf_counter() - started) * 1000
    for line in lines:
        out.print(f"      {line}")
    out.print(f"    [bold green]✓[/] [dim]{took:.0f} ms[/]")
    return True
