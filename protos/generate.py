"""Generate everything that comes from the contracts: ``python -m protos.generate``.

    gen/vss/**/*_pb2.py, *_pb2.pyi, *_pb2_grpc.py   messages, their types, stubs and servicers
    gen/vss/contract.binpb                          the contracts with their comments, for the documentation
    released.binpb                                  the contracts of the last release (``--release`` only)

All of it is committed. ``--check`` changes nothing and fails when something that
is committed is not what the contracts say.
"""

import argparse
import importlib.resources
import site
import sys
import tempfile
from pathlib import Path

from google.protobuf import descriptor_pb2
from grpc_tools import protoc

PROTOS = Path(__file__).parent
GENERATED = PROTOS / "gen"
RELEASED = PROTOS / "released.binpb"
CONTRACT = Path("vss/contract.binpb")


class GenerationError(Exception):
    """protoc refused the contracts; it has said why on stderr."""


def generate(target: Path) -> None:
    """Write all generated files below ``target``."""
    sources = sorted(str(p.relative_to(PROTOS)) for p in (PROTOS / "vss").rglob("*.proto"))
    # google/api and google/rpc come with googleapis-common-protos, beside its modules.
    includes = [PROTOS, importlib.resources.files("grpc_tools") / "_proto", *site.getsitepackages()]
    outputs = [
        f"--python_out={target}",
        f"--pyi_out={target}",
        f"--grpc_python_out={target}",
        f"--descriptor_set_out={target / CONTRACT}",
        "--include_source_info",
    ]
    (target / CONTRACT).parent.mkdir(parents=True, exist_ok=True)
    if protoc.main(["protoc", *(f"-I{i}" for i in includes), *outputs, *sources]) != 0:
        raise GenerationError


def differences(fresh: Path, committed: Path) -> list[str]:
    """The files that are missing, left over or different, relative to both folders."""
    names = {
        p.relative_to(root)
        for root in (fresh, committed)
        for p in root.rglob("*")
        if p.is_file() and p.suffix in {".py", ".pyi", ".binpb"}
    }
    return sorted(str(name) for name in names if _content(fresh / name) != _content(committed / name))


def release() -> None:
    """Make the contracts as they are now the ones that later ones are compared with."""
    contracts = descriptor_pb2.FileDescriptorSet.FromString((GENERATED / CONTRACT).read_bytes())
    for file in contracts.file:
        file.ClearField("source_code_info")
    RELEASED.write_bytes(contracts.SerializeToString(deterministic=True))


def main() -> int:
    """Generate, check or release; the exit status is 1 when a check failed."""
    parser = argparse.ArgumentParser(description="Generate what comes from the contracts.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail on a difference")
    parser.add_argument("--release", action="store_true", help="also keep the contracts as released")
    asked = parser.parse_args()
    if not asked.check:
        generate(GENERATED)
        if asked.release:
            release()
        return 0
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        wrong = differences(Path(folder), GENERATED)
    for name in wrong:
        sys.stderr.write(f"protos/gen/{name} is not what the contracts say; run `make protos`\n")
    return 1 if wrong else 0


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
