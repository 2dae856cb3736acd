"""The faces of FHIR R4, and its public pages."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from gateway.faces import Dialect, Face, Incoming, Translated
from gateway.faces.fhir.asking import FORM, Ground
from gateway.faces.fhir.claims import Claims
from gateway.faces.fhir.coverage import Coverages
from gateway.faces.fhir.eligibility import Eligibility
from gateway.faces.fhir.json import MEDIA_TYPE, MEDIA_TYPES, MOST_BYTES
from gateway.faces.fhir.metadata import capability_statement, code_systems
from gateway.faces.fhir.opaque import LOGICAL_ID, Names
from gateway.faces.fhir.outcome import ROOT, outcome_of
from gateway.faces.fhir.systems import Systems
from lienthong.access.contract import Contract
from lienthong.access.requests import request_decoder

_PACKAGE = "vss.health_claims.v1."
CHECK_COVERAGE = _PACKAGE + "HealthClaimsQueryService/CheckCoverage"
GET_COVERAGE = _PACKAGE + "HealthClaimsQueryService/GetCoverage"
LIST_VISITS = _PACKAGE + "HistoryQueryService/ListVisits"

FHIR = Dialect(name="fhir", prefix=ROOT + "/", media_type=MEDIA_TYPE, problem=outcome_of)

_KINDS = {
    CHECK_COVERAGE: "CoverageEligibilityRequest",
    GET_COVERAGE: "Coverage",
    LIST_VISITS: "ExplanationOfBenefit",
}


class FhirFace:
    """The interactions of every capability that the contract publishes and FHIR has a resource for."""

    def __init__(self, contract: Contract, *, systems: str, secret: bytes, server_url: str) -> None:
        """``systems`` is the base of our systems, ``secret`` the gateway's. Raises ``ValueError`` if it is short."""
        self._published = {c.rpc: c.request_class for c in contract.capabilities if c.rpc in _KINDS}
        self._ground = Ground(systems=Systems(systems), names=Names(secret), base=server_url + ROOT)

    def faces(self) -> list[Face]:
        """For ``gateway.routes.prepare_routes``."""
        made = {CHECK_COVERAGE: self._eligibility, GET_COVERAGE: self._coverage, LIST_VISITS: self._claims}
        return [face for rpc in self._published for face in made[rpc](rpc)]

    def documents(self) -> Mapping[str, Mapping[str, Any]]:
        """Path -> public resource."""
        systems, base = self._ground.systems, self._ground.base
        kinds = [kind for rpc, kind in _KINDS.items() if rpc in self._published]
        codes = {f"{ROOT}/CodeSystem/{n}": c for n, c in code_systems(systems, base).items()}
        return {f"{ROOT}/metadata": capability_statement(kinds, systems, base)} | codes

    def _eligibility(self, rpc: str) -> list[Face]:
        made = Eligibility(self._ground, request_decoder(self._published[rpc]))
        return [_face(rpc, "/CoverageEligibilityRequest", made.decode, made.encode)]

    def _coverage(self, rpc: str) -> list[Face]:
        made = Coverages(self._ground, request_decoder(self._published[rpc]))
        return [
            _face(rpc, "/Coverage/_search", made.decode_search, made.encode_search, media_types=FORM),
            _face(rpc, "/Coverage/", made.decode_read, made.encode_read, value=LOGICAL_ID),
        ]

    def _claims(self, rpc: str) -> list[Face]:
        made = Claims(self._ground, request_decoder(self._published[rpc]))
        return [_face(rpc, "/ExplanationOfBenefit/_search", made.decode, made.encode, media_types=FORM)]


def _face(
    rpc: str,
    path: str,
    decode: Callable[[Incoming], Translated],
    encode: Callable[[Mapping[str, Any], Translated], object],
    *,
    media_types: frozenset[bytes] = MEDIA_TYPES,
    value: re.Pattern[str] | None = None,
) -> Face:
    return Face(
        dialect=FHIR,
        rpc=rpc,
        path=ROOT + path,
        value=value,
        media_types=media_types,
        max_body=MOST_BYTES,
        decode=decode,
        encode=encode,
    )
