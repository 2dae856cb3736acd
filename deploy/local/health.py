"""Whether each part of the stack does its work: asked over the same wires as its clients use."""

import http.client

import grpc
from grpc_health.v1 import health_pb2

from deploy.local import postgresql, processes, rabbitmq
from deploy.local.stack import SERVICES, WRITERS, Stack

_PROBE_TIMEOUT_S = 2


def _service(stack: Stack, name: str) -> str | None:
    """The standard gRPC health service, over mTLS as the gateway."""
    credentials = grpc.ssl_channel_credentials(
        root_certificates=(stack.pki / "ca.pem").read_bytes(),
        private_key=(stack.pki / "gateway.key").read_bytes(),
        certificate_chain=(stack.pki / "gateway.pem").read_bytes(),
    )
    options = [("grpc.ssl_target_name_override", name), ("grpc.enable_retries", 0)]
    with grpc.secure_channel(f"127.0.0.1:{stack.ports.service(name)}", credentials, options) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer = check(health_pb2.HealthCheckRequest(), timeout=_PROBE_TIMEOUT_S)
        except grpc.RpcError as error:
            return repr(error)
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        return f"gRPC health says {health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)}"
    return None


def _get(port: int, path: str) -> str | None:
    """None if the path answers 200, else what it did instead."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PROBE_TIMEOUT_S)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        text = answer.read(500).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"{path}: {error!r}"
    finally:
        connection.close()
    return None if answer.status == http.client.OK else f"{path} answers {answer.status}: {text}"


def _gateway(stack: Stack, worker: str) -> str | None:
    """The worker's own metrics port, then readiness on the port that all workers share."""
    return _get(stack.ports.metrics(worker), "/metrics") or _get(stack.ports.gateway, "/readyz")


def missing(stack: Stack, process: str) -> str | None:
    """None if the process does its work, else what is wrong, in words."""
    if process == processes.POSTGRESQL:
        return postgresql.missing(stack)
    if process == processes.RABBITMQ:
        return rabbitmq.missing(stack)
    if process in SERVICES:
        return _service(stack, process)
    if process in WRITERS:
        return _get(stack.ports.metrics(process), "/metrics")
    return _gateway(stack, process)
