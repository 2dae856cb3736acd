"""CPU time by process: of a process, of all that it started, and of those that have ended."""

import os
import subprocess
import sys
import time

from benchmarks.cpu import cpu_seconds, environment_of, stack_roots

BURN = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\n"


def test_cpu_time_of_a_process_grows_with_its_work() -> None:
    before = cpu_seconds({os.getpid(): "this"})["this"]
    end = time.process_time() + 0.2
    while time.process_time() < end:
        pass
    assert cpu_seconds({os.getpid(): "this"})["this"] >= before + 0.1


def test_what_a_process_started_counts_with_it_also_after_its_end() -> None:
    before = cpu_seconds({os.getpid(): "this"})["this"]
    subprocess.run([sys.executable, "-c", BURN], check=True)
    assert cpu_seconds({os.getpid(): "this"})["this"] >= before + 0.25


def test_a_living_child_counts_with_the_nearest_root() -> None:
    source = f"{BURN}print('done', flush=True)\nimport sys\nsys.stdin.read()"
    command = [sys.executable, "-c", source]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"done\n"
        seconds = cpu_seconds({os.getpid(): "this", child.pid: "child"})
        child.communicate()
    assert seconds["child"] >= 0.25


def test_a_process_that_is_gone_counts_nothing() -> None:
    child = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], check=True, capture_output=True
    )
    assert cpu_seconds({int(child.stdout): "gone"}) == {"gone": 0.0}


def test_a_supervised_process_is_named_by_its_module_and_its_environment_is_read() -> None:
    source = "import sys; sys.stdout.write('up\\n'); sys.stdout.flush(); sys.stdin.read()"
    command = [sys.executable, "-c", source, "-m", "services.identity"]
    environment = {**os.environ, "LIENTHONG_LISTEN": "127.0.0.1:1=2"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        roots = stack_roots(os.getpid())
        read = environment_of(child.pid)
        child.communicate()
    assert roots[child.pid] == "identity"
    assert read["LIENTHONG_LISTEN"] == "127.0.0.1:1=2"
