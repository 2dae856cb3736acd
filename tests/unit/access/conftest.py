"""The whole contract, and contracts written for one test."""

import importlib.resources
import site
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import FileDescriptor
from grpc_tools import protoc

from lienthong.access.contract import Contract
from lienthong.access.published import published_contract

PROTOS = Path(__file__).parents[3] / "protos"
HEAD = """
syntax = "proto3";
package vss.probe.v1;
import "google/api/annotations.proto";
import "google/protobuf/timestamp.proto";
import "google/rpc/status.proto";
import "vss/access/v1/access.proto";
"""

Compile: TypeAlias = Callable[[str], FileDescriptor]


@pytest.fixture(scope="session")
def contract() -> Contract:
    """The contract that the gateway serves."""
    return published_contract()


@pytest.fixture
def compile_proto(tmp_path: Path) -> Compile:
    """A function from the body of a proto file to its descriptor, in a pool of its own."""

    def compiled(body: str) -> FileDescriptor:
        (tmp_path / "probe.proto").write_text(HEAD + body, encoding="utf-8")
        out = tmp_path / "probe.binpb"
        includes = [
            tmp_path,
            PROTOS,
            importlib.resources.files("grpc_tools") / "_proto",
            *site.getsitepackages(),
        ]
        flags = ["protoc", *(f"-I{i}" for i in includes), "--include_imports", f"--descriptor_set_out={out}"]
        assert protoc.main([*flags, "probe.proto"]) == 0
        pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file:
            pool.Add(file)
        return pool.FindFileByName("probe.proto")

    return compiled
