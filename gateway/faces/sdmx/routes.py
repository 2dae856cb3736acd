"""The faces of SDMX: data and availability of each service's dataflows, in both interfaces."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from gateway.faces import Dialect, Face, Incoming, Translated
from gateway.faces.sdmx.artefacts import graph
from gateway.faces.sdmx.availability import Availability
from gateway.faces.sdmx.data import Data
from gateway.faces.sdmx.paths import ROOT, pattern
from gateway.faces.sdmx.refusing import MEDIA_TYPE, error_of
from gateway.faces.sdmx.structures import Structures
from lienthong.access.contract import Contract
from lienthong.access.requests import request_decoder
from lienthong.statistics.structures import Catalogue

SDMX: Final = Dialect(name="sdmx", prefix=ROOT, media_type=MEDIA_TYPE, problem=error_of)

RPCS: Final[Mapping[str, str]] = {
    "contributions": "vss.contributions.v1.ContributionsStatisticsService/ListObservations",
    "health_claims": "vss.health_claims.v1.HealthClaimsStatisticsService/ListObservations",
    "identity": "vss.identity.v1.IdentityStatisticsService/ListObservations",
}
"""Service -> who has its figures."""


class SdmxFace:
    """Every dataflow of the catalogue whose service the contract publishes."""

    def __init__(self, contract: Contract, catalogue: Catalogue, *, server_url: str) -> None:
        self._requests = {c.rpc: c.request_class for c in contract.capabilities if c.rpc in RPCS.values()}
        answered = {n: f for n, f in catalogue.dataflows.items() if RPCS[f.service] in self._requests}
        self._catalogue = replace(catalogue, dataflows=answered)
        self._base = server_url + ROOT.rstrip("/")

    def faces(self) -> list[Face]:
        """For ``gateway.routes.prepare_routes``."""
        services = dict.fromkeys(flow.service for flow in self._catalogue.dataflows.values())
        return [face for service in services for face in self._of(service, RPCS[service])]

    def structures(self) -> Structures:
        """The public documents."""
        return Structures(graph(self._catalogue, self._base))

    def _of(self, service: str, rpc: str) -> list[Face]:
        flows = {name: flow for name, flow in self._catalogue.dataflows.items() if flow.service == service}
        decode = request_decoder(self._requests[rpc])
        data, availability = Data(flows, decode), Availability(flows, decode)
        first, second = pattern(1, flows), pattern(2, flows)
        return [
            _face(rpc, "v1/data/", first, data.decode, data.encode),
            _face(rpc, "v1/availableconstraint/", first, availability.decode, availability.encode),
            _face(rpc, "v2/data/", second, data.decode, data.encode),
            _face(rpc, "v2/availability/", second, availability.decode, availability.encode),
        ]


def _face(
    rpc: str,
    path: str,
    value: re.Pattern[str],
    decode: Callable[[Incoming], Translated],
    encode: Callable[[Mapping[str, Any], Translated], object],
) -> Face:
    return Face(
        dialect=SDMX,
        rpc=rpc,
        path=ROOT + path,
        value=value,
        media_types=frozenset(),
        max_body=0,
        decode=decode,
        encode=encode,
        long=True,
    )
