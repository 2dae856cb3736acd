"""Everything is killed once while commands are accepted: the short run of `make chaos`."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.chaos.invariants import CHECKS
from benchmarks.chaos.killing import POINTS, PROCESSES

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = 300


def test_nothing_is_lost_or_done_twice_while_everything_is_killed(
    stack_variable: Callable[[str], str],
) -> None:
    environment = {**os.environ, "RUN": stack_variable("RUN"), "PORT_BASE": stack_variable("PORT_BASE")}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.chaos", "--operations", str(OPERATIONS), "--rounds", "1"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("✓") == len(CHECKS)
    assert "✗" not in done.stdout
    for kind in (*PROCESSES, *(f"at {point}" for point in POINTS)):
        assert f"  {kind:<30} {1:>5}" in done.stdout
