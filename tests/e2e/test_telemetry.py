"""One request, followed: its id in every log line, its trace in every span, its numbers in every process."""

import json
import os
import secrets
import socket
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1 import trace_pb2

from deploy.local import processes
from deploy.local.supervisor import Program
from tests.support.stack import Running, until
from tests.support.wire import CHECK, NHUNG, Connection, Sender


@dataclass(frozen=True, slots=True)
class Found:
    """A span and the process that made it."""

    process: str
    span: trace_pb2.Span


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps the spans that are exported to it."""

    def __init__(self) -> None:
        self.found: list[Found] = []

    def Export(self, request: trace_service_pb2.ExportTraceServiceRequest, _context: Any) -> Any:  # noqa: N802
        for resource in request.resource_spans:
            names = [a.value.string_value for a in resource.resource.attributes if a.key == "service.name"]
            for scope in resource.scope_spans:
                self.found += [Found(names[0], span) for span in scope.spans]
        return trace_service_pb2.ExportTraceServiceResponse()

    def of_trace(self, trace_id: str) -> dict[tuple[str, str], trace_pb2.Span]:
        """Spans of one trace by process and name."""
        return {(f.process, f.span.name): f.span for f in self.found if f.span.trace_id.hex() == trace_id}


@contextmanager
def collector() -> Iterator[tuple[Collector, str]]:
    """A collector and its address."""
    collecting = Collector()
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collecting, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield collecting, f"http://127.0.0.1:{port}"
    finally:
        server.stop(grace=1).wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def started(program: Program, changed: Mapping[str, str], log: Path) -> Iterator[str]:
    """The stack's own program once more, beside it, with other settings; yields its address."""
    listen = f"127.0.0.1:{free_port()}"
    places = {
        "LIENTHONG_LISTEN": listen,
        "LIENTHONG_METRICS_LISTEN": f"127.0.0.1:{free_port()}",
        "LIENTHONG_AUTHORITY": listen,
    }
    environment = {**os.environ, **program.environment, **places, **changed}
    with log.open("wb") as output:
        process = subprocess.Popen(
            program.command, cwd=program.directory, env=environment, stdout=output, stderr=output
        )
        try:
            until(lambda: listens(listen), seconds=20, what=f"{program.name} listens")
            yield listen
        finally:
            process.terminate()
            process.wait(timeout=20)


def listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_gateway_and_service_export_spans_of_the_trace_that_the_agency_began(
    running: Running, hospital: Sender, tmp_path: Path
) -> None:
    programs = {program.name: program for program in processes.ours(running.stack)}
    trace_id, span_id = secrets.token_hex(16), secrets.token_hex(8)
    with ExitStack() as stack:
        collecting, endpoint = stack.enter_context(collector())
        told = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        service = stack.enter_context(
            started(programs["health_claims"], told, tmp_path / "health_claims.log")
        )
        gateway = stack.enter_context(
            started(
                programs["gateway-0"],
                told | {"LIENTHONG_TARGETS_HEALTH_CLAIMS": service},
                tmp_path / "gateway.log",
            )
        )
        sender = replace(hospital, config=replace(hospital.config, gateway=f"http://{gateway}"))
        until(lambda: ready(sender), seconds=10, what="the gateway is ready")
        raw = sender.sign(CHECK, NHUNG).also(("traceparent", f"00-{trace_id}-{span_id}-01"))
        answer = sender.send(raw)
        assert answer.status == 200
        until(lambda: len(collecting.of_trace(trace_id)) >= 3, seconds=10, what="three spans of the trace")
        spans = collecting.of_trace(trace_id)
    rpc = "vss.health_claims.v1.HealthClaimsQueryService/BatchCheckCoverage"
    request, call, served = (
        spans["gateway", "gateway.request"],
        spans["gateway", rpc],
        spans["health_claims", rpc],
    )
    assert request.parent_span_id.hex() == span_id
    assert call.parent_span_id == request.span_id
    assert served.parent_span_id == call.span_id
    assert NHUNG["identifier"] not in str(spans)
    assert NHUNG["fullName"] not in str(spans)


def ready(sender: Sender) -> bool:
    raw = replace(sender.sign(CHECK, b"", method="GET"), target="/readyz", headers=())
    with Connection(sender.config.gateway) as connection:
        return connection.send(raw.wire(), "GET").status == 200


def test_one_request_id_stands_in_the_log_lines_of_gateway_and_service(
    running: Running, hospital: Sender
) -> None:
    request_id = hospital.ask(CHECK, NHUNG).request_id

    def lines() -> dict[str, dict[str, Any]] | None:
        logs = {path.stem: text for path, text in running.logs().items() if path.suffix == ".log"}
        found = {
            "gateway" if name in running.workers else name: json.loads(line)
            for name, text in logs.items()
            for line in text.splitlines()
            if request_id in line and line.startswith("{")
        }
        return found if {"gateway", "health_claims"} <= found.keys() else None

    found = until(lines, seconds=5, what="both log lines")
    assert found["gateway"]["request_id"] == request_id
    assert found["gateway"]["agency"] == "hospital-demo"
    assert request_id in found["health_claims"]["request_id"]


NAMED = ("lienthong_requests_total", "lienthong_request_seconds", "lienthong_batch_items", "lienthong_queue_depth",
         "lienthong_refusals_total", "lienthong_dependency_up")  # fmt: skip


@pytest.mark.parametrize("process", ["gateway-0", "identity", "contributions", "health_claims"])
def test_every_process_exposes_the_named_series(running: Running, process: str) -> None:
    told = running.metrics(process)
    assert [name for name in NAMED if f"# TYPE {name}" not in told] == []


def test_every_worker_counts_requests_refusals_batches_and_waits(running: Running, hospital: Sender) -> None:
    rpc = "vss.health_claims.v1.HealthClaimsQueryService/CheckCoverage"
    counted = f'lienthong_requests_total{{outcome="ok",rpc="{rpc}"}}'
    timed = f'lienthong_request_seconds_count{{rpc="{rpc}"}}'
    with running.connection_to_each_worker() as connections:
        for name, connection in connections.items():
            before = running.counter(name, counted), running.counter(name, timed)
            assert connection.send(hospital.sign(CHECK, NHUNG).wire()).status == 200
            assert (running.counter(name, counted), running.counter(name, timed)) == (
                before[0] + 1,
                before[1] + 1,
            )
            assert running.counter(name, f'lienthong_batch_items_count{{batch="{rpc}"}}') > 0
            assert running.counter(name, 'lienthong_batch_items_count{batch="audit"}') > 0
            assert running.counter(name, 'lienthong_dependency_up{dependency="database"}') == 1
