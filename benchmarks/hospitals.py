"""Hospitals of the benchmark, one for each kind of key: what a verification costs is the sender's choice.

The kinds are those that hospitals may have: RSA-2048 is what the USB tokens of public certification
authorities hold (*chữ ký số*), the other two what software makes. Each is enrolled like every agency, once.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from benchmarks.stack import BenchError, RunningStack
from deploy.local import agencies, files
from deploy.local.stack import from_environment
from lienthong.agencies import Agency, AgencyKind
from lienthong.client import AgencyConfig, AsyncClient, NotAuthenticated
from lienthong.signing import Algorithm, PrivateKey

_FACILITY = "01001"
_CLASSES = frozenset({"result", "identity", "coverage"})
_KNOWN_S = 20.0
# Every worker must know the key: so many connections in a row find one who does.
_IN_A_ROW = 20
_PAUSE_S = 0.1

KINDS: Mapping[str, tuple[Algorithm, Callable[[], PrivateKey]]] = {
    "RSA-2048": (Algorithm.RSA_PSS_SHA512, lambda: PrivateKey(rsa.generate_private_key(65537, 2048))),
    "ECDSA P-256": (
        Algorithm.ECDSA_P256_SHA256,
        lambda: PrivateKey.generate(Algorithm.ECDSA_P256_SHA256),
    ),
    "Ed25519": (Algorithm.ED25519, lambda: PrivateKey.generate(Algorithm.ED25519)),
}
"""The kinds of keys, in the order of the rows: the algorithm and how one is made."""


async def enrolled(stack: RunningStack) -> dict[str, AgencyConfig]:
    """The hospital of each kind, known to every gateway worker. Raises ``BenchError`` when one stays unknown."""
    wanted = {kind: _hospital(kind, algorithm) for kind, (algorithm, _) in KINDS.items()}
    folders = {kind: stack.run / "agencies" / one.agency.agency_id for kind, one in wanted.items()}
    for kind, (_, make) in KINDS.items():
        _keep_key(folders[kind], make)
    agencies.ensure(from_environment(dict(stack.environment)), list(wanted.values()))
    configs = {kind: AgencyConfig.load(folder) for kind, folder in folders.items()}
    try:
        async with asyncio.timeout(_KNOWN_S):
            for config in configs.values():
                await _until_known(stack, config)
    except TimeoutError:
        raise BenchError("the gateways do not get to know the benchmark's hospitals") from None
    return configs


def _hospital(kind: str, algorithm: Algorithm) -> agencies.DemoAgency:
    agency_id = f"bench-hospital-{kind.lower().replace(' ', '-')}"
    return agencies.DemoAgency(
        agency=Agency(agency_id, f"Bench {kind}", AgencyKind.HOSPITAL, _FACILITY, None, active=True),
        algorithm=algorithm,
        purposes=("admission",),
        grants={"coverage:check": _CLASSES},
    )


def _keep_key(folder: Path, make: Callable[[], PrivateKey]) -> None:
    """A key of this very kind where enrolment looks for one; the one that is there stays."""
    files.folder(folder, files.PRIVATE_FOLDER_MODE)
    if not (folder / "key.pem").exists():
        files.write(folder / "key.pem", make().to_pem(), files.SECRET_MODE)


async def _until_known(stack: RunningStack, config: AgencyConfig) -> None:
    person, good = stack.people[0], 0
    while good < _IN_A_ROW:
        try:
            async with AsyncClient(config) as client:
                await client.check_coverage(person.identifier, full_name=person.full_name, born=person.born)
            good += 1
        except NotAuthenticated:
            good = 0
            await asyncio.sleep(_PAUSE_S)
