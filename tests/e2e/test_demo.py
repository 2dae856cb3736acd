"""The story that `make demo` plays comes out as told."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_story_of_the_demo_comes_out_as_told(stack_variable: Callable[[str], str]) -> None:
    # The stack under test, never the one that a developer works with.
    environment = {**os.environ, "RUN": stack_variable("RUN"), "PORT_BASE": stack_variable("PORT_BASE")}
    done = subprocess.run(
        [sys.executable, "-m", "deploy.demo"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "as told" in done.stdout
    assert "✗" not in done.stdout
