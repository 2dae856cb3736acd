"""The demo agencies: a folder with key and settings for each, enrolled and granted in the registry.

They go the way of every agency: a key with its proof of possession, checked at
enrolment, then grants; only that both sides of the counter are us. Running it
again changes nothing; an agency whose key has been revoked gets a new one.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from deploy.local import files, pki, postgresql
from deploy.local.stack import Stack
from lienthong.agencies import Agency, AgencyKind, admin
from lienthong.agencies.contract import purposes_by_scope
from lienthong.client.enrolment import Enrolment, new_key
from lienthong.signing import Algorithm, PrivateKey, key_directory, proof_of_possession

ACTOR = "make up"
STAFF = "demo-staff"
CITIZEN = "001190000017"
"""Who asks through the citizens' portal unless somebody else is named: the first of the cast."""
_GATEWAY_KEYS = "gateway-keys.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAgency:
    """An agency of the demonstration. ``grants``: for each scope the classes of data it may see."""

    agency: Agency
    algorithm: Algorithm
    purposes: tuple[str, ...]
    grants: dict[str, frozenset[str]]
    staff: str = STAFF

    @property
    def terms(self) -> list[admin.GrantTerms]:
        """What it is granted: each scope for those of its purposes that the contract allows there."""
        return [
            admin.GrantTerms(
                scope=scope,
                purposes=frozenset(self.purposes) & purposes_by_scope()[scope],
                data_classes=classes,
                legal_basis="demonstration",
            )
            for scope, classes in self.grants.items()
        ]


_RESULT = frozenset({"result"})
_ACCOUNT = frozenset({"result", "employment", "financial"})
_COVERAGE = frozenset({"result", "identity", "coverage"})

_HISTORY = frozenset({"result", "health", "financial"})

_TREATING = {
    "coverage:check": _COVERAGE,
    "coverage:certify": _COVERAGE,
    "history:read": _HISTORY,
    "stays:manage": _RESULT,
    "claims:submit": _RESULT | {"financial"},
    "operations:read": _RESULT,
}
"""What a hospital is granted; the law's own bounds (who is admitted where) come on top of it."""

DEMO = (
    DemoAgency(
        agency=Agency("hospital-demo", "Bệnh viện Minh hoạ", AgencyKind.HOSPITAL, "01001", None, active=True),
        algorithm=Algorithm.ECDSA_P256_SHA256,
        purposes=("admission", "emergency", "claims"),
        grants={"identity:verify": _RESULT, "coverage:read": _COVERAGE, **_TREATING},
    ),
    DemoAgency(
        agency=Agency(
            "hospital-b-demo", "Bệnh viện Minh hoạ B", AgencyKind.HOSPITAL, "79001", None, active=True
        ),
        algorithm=Algorithm.ED25519,
        purposes=("admission", "emergency", "claims"),
        grants=_TREATING,
    ),
    DemoAgency(
        agency=Agency(
            "hospital-c-demo", "Bệnh viện Minh hoạ C", AgencyKind.HOSPITAL, "48001", None, active=True
        ),
        algorithm=Algorithm.ED25519,
        purposes=("admission", "emergency", "claims"),
        grants=_TREATING,
    ),
    DemoAgency(
        agency=Agency("ministry-demo", "Bộ Minh hoạ", AgencyKind.MINISTRY, None, None, active=True),
        algorithm=Algorithm.ED25519,
        purposes=("identity_proofing", "statistics"),
        grants={"identity:verify": _RESULT, "statistics:read": _RESULT},
    ),
    DemoAgency(
        agency=Agency(
            "employer-demo", "Công ty Minh hoạ", AgencyKind.EMPLOYER, None, "0100000001DNA03", active=True
        ),
        algorithm=Algorithm.RSA_PSS_SHA512,
        purposes=("employment",),
        grants={
            "contributions:read": _ACCOUNT | {"identity"},
            "identity:verify": _RESULT,
            "declarations:submit": _RESULT | {"financial"},
            "debts:read": _ACCOUNT,
            "operations:read": _RESULT,
        },
    ),
    DemoAgency(
        agency=Agency("auditor-demo", "Thanh tra Minh hoạ", AgencyKind.AUDITOR, None, None, active=True),
        algorithm=Algorithm.ED25519,
        purposes=("audit",),
        grants={"audit:read": frozenset({"result", "identity", "audit"})},
    ),
    DemoAgency(
        agency=Agency("bank-demo", "Ngân hàng Minh hoạ", AgencyKind.BANK, None, None, active=True),
        algorithm=Algorithm.ECDSA_P256_SHA256,
        purposes=("collection",),
        grants={"payments:record": _RESULT, "operations:read": _RESULT},
    ),
    DemoAgency(
        agency=Agency(
            "inspector-demo",
            "BHXH tỉnh Minh hoạ",
            AgencyKind.INSPECTOR,
            None,
            None,
            active=True,
            province_code="01",
        ),
        algorithm=Algorithm.ED25519,
        purposes=("inspection", "collection"),
        grants={
            "employers:register": _RESULT,
            "debts:urge": _RESULT,
            "debts:read": _ACCOUNT,
            "reports:handle": _RESULT,
            "reports:read": _ACCOUNT,
            "contributions:read": _ACCOUNT | {"identity"},
            "operations:read": _RESULT,
        },
    ),
    DemoAgency(
        agency=Agency(
            "citizens-demo", "Cổng công dân Minh hoạ", AgencyKind.CITIZEN_APP, None, None, active=True
        ),
        algorithm=Algorithm.ED25519,
        purposes=("own_data",),
        grants={
            "contributions:read": _ACCOUNT | {"identity"},
            "coverage:certify": _COVERAGE,
            "history:read": _HISTORY,
            "history:sensitive": _HISTORY | {"sensitive"},
            "reports:submit": _RESULT,
            "reports:read": _ACCOUNT,
            "operations:read": _RESULT,
        },
        staff=CITIZEN,
    ),
)


def _settings(stack: Stack, demo: DemoAgency) -> str:
    values = {
        "agency_id": demo.agency.agency_id,
        "gateway": stack.gateway_url,
        "key": "key.pem",
        "gateway_keys": _GATEWAY_KEYS,
        "purpose": demo.purposes[0],
        "staff": demo.staff,
    }
    return "".join(f'{key} = "{value}"\n' for key, value in values.items())


def _write_folder(stack: Stack, demo: DemoAgency, folder: Path) -> None:
    """Settings for this stack's address, and the gateway's keys pinned as from the gateway itself."""
    directory = key_directory([PrivateKey.load(pki.answer_key(stack)).public])
    files.write(folder / "agency.toml", _settings(stack, demo))
    files.write(folder / _GATEWAY_KEYS, msgspec.json.encode(directory))


def _enrolment(demo: DemoAgency, folder: Path, gateway: str) -> Enrolment:
    """The key in the folder, made if there is none, with a fresh proof that we hold it."""
    agency_id = demo.agency.agency_id
    now = int(time.time())
    if not (folder / "key.pem").exists():
        return new_key(folder, agency_id=agency_id, gateway=gateway, algorithm=demo.algorithm, now=now)
    key = PrivateKey.load(folder / "key.pem")
    return Enrolment(
        agency_id=agency_id, public_key=key.public, proof=proof_of_possession(key, agency_id, now)
    )


def _stands(known: list[dict[str, Any]], terms: admin.GrantTerms) -> bool:
    return any(
        grant["revoked_at"] is None
        and grant["scope"] == terms.scope
        and frozenset(grant["purposes"]) == terms.purposes
        and frozenset(grant["data_classes"]) == terms.data_classes
        for grant in known
    )


def _ensure(
    conn: psycopg.Connection[Any], stack: Stack, demo: DemoAgency, known: dict[str, Any] | None
) -> None:
    agency_id = demo.agency.agency_id
    folder = files.folder(stack.agencies / agency_id, files.PRIVATE_FOLDER_MODE)
    keys = {key["key_id"]: key for key in (known or {}).get("keys", [])}
    enrolment = _enrolment(demo, folder, stack.gateway_url)
    if (registered := keys.get(enrolment.key_id)) is not None and registered["revoked_at"] is not None:
        (folder / "key.pem").unlink()
        registered = None
        enrolment = _enrolment(demo, folder, stack.gateway_url)
    _write_folder(stack, demo, folder)
    if known is None:
        admin.add_agency(conn, demo.agency, actor=ACTOR)
    if registered is None:
        admin.add_key(
            conn, agency_id, enrolment.public_key, proof=enrolment.proof, now=time.time(), actor=ACTOR
        )
    for terms in demo.terms:
        if not _stands((known or {}).get("grants", []), terms):
            admin.grant(conn, agency_id, terms, actor=ACTOR, replace=True)


def ensure(stack: Stack, wanted: Sequence[DemoAgency] = DEMO) -> None:
    """Make the folders, and bring the registry to what ``wanted`` says."""
    url = stack.database_url("gateway", "gateway_owner")
    with psycopg.connect(url, connect_timeout=postgresql.CONNECT_TIMEOUT_S, autocommit=True) as conn:
        known = {row["agency_id"]: row for row in admin.list_agencies(conn)}
        for demo in wanted:
            _ensure(conn, stack, demo, known.get(demo.agency.agency_id))
