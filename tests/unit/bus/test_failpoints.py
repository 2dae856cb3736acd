"""A failpoint kills one process once, and only where a test asks for it."""

import os
import subprocess
import sys
from pathlib import Path

_PROGRAM = "from lienthong.bus import failpoints; failpoints.reach('relay.published'); print('alive')"


def _run(folder: Path | None) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "LIENTHONG_FAILPOINTS"}
    if folder is not None:
        environment["LIENTHONG_FAILPOINTS"] = str(folder)
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM], env=environment, capture_output=True, text=True, check=False
    )


def test_without_a_folder_nothing_happens() -> None:
    assert _run(None).stdout == "alive\n"


def test_without_its_file_nothing_happens(tmp_path: Path) -> None:
    (tmp_path / "consumer.committed").touch()
    assert _run(tmp_path).stdout == "alive\n"
    assert [file.name for file in tmp_path.iterdir()] == ["consumer.committed"]


def test_the_first_to_reach_it_is_killed_and_the_second_lives(tmp_path: Path) -> None:
    (tmp_path / "relay.published").touch()
    killed = _run(tmp_path)
    assert (killed.returncode, killed.stdout) == (-9, "")
    (hit,) = tmp_path.iterdir()
    assert hit.name.startswith("relay.published.")
    assert hit.name.endswith(".hit")
    assert _run(tmp_path).stdout == "alive\n"
