"""The cryptographic floor: one verification and one signature a request, and nothing else, on all cores."""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor

from benchmarks.rows import Measured, Row, summarised
from benchmarks.stack import RunningStack
from lienthong.signing import Algorithm, PrivateKey

NAME = "cryptographic floor"
# About what a coverage check signs, and what its answer signs (octets).
_REQUEST_BASE, _ANSWER_BASE = b"r" * 620, b"a" * 760


def floor(stack: RunningStack, *, seconds: float, cores: int) -> Row:
    """One row: every core verifies with the hospital's kind of key and signs with the gateway's."""
    (answer_key, *_) = stack.config.gateway_keys.values()
    algorithms = stack.config.key.algorithm, answer_key.algorithm
    with ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context("spawn")) as pool:
        parts = list(pool.map(_work, [algorithms] * cores, [seconds] * cores))
    latencies = [latency for part, _ in parts for latency in part]
    measured = Measured(
        completed=len(latencies),
        counted=len(latencies),
        seconds=seconds,
        latencies=latencies,
        cpu={"verify and sign": sum(cpu for _, cpu in parts)},
    )
    return Row(
        name=NAME,
        population=stack.population,
        connections=cores,
        coalescing=None,
        switched_on=f"one {algorithms[0]} verification and one {algorithms[1]} signature, in {cores} processes",
        **summarised(measured),
    )


def _work(algorithms: tuple[Algorithm, Algorithm], seconds: float) -> tuple[list[float], float]:
    """Seconds of each turn, and the CPU seconds of all."""
    asking, answering = (PrivateKey.generate(algorithm) for algorithm in algorithms)
    signature = asking.sign(_REQUEST_BASE)
    verify, sign = asking.public.verify, answering.sign
    latencies: list[float] = []
    cpu = time.process_time()
    ends = time.perf_counter() + seconds
    while (started := time.perf_counter()) < ends:
        verify(signature, _REQUEST_BASE)
        sign(_ANSWER_BASE)
        latencies.append(time.perf_counter() - started)
    return latencies, time.process_time() - cpu
