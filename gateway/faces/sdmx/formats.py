"""The formats that are offered, for data and for structures, and their short names for ``format=``."""

from collections.abc import Mapping
from typing import Final

from gateway.faces.sdmx.negotiation import Chosen, Offer, choose
from gateway.faces.sdmx.refusing import semantic

GENERIC: Final = Offer("generic", "application/vnd.sdmx.genericdata+xml", "2.1")
SPECIFIC: Final = Offer("structurespecific", "application/vnd.sdmx.structurespecificdata+xml", "2.1")
CSV_1: Final = Offer(
    "csv-1.0",
    "application/vnd.sdmx.data+csv",
    "1.0.0",
    "application/vnd.sdmx.data+csv; version=1.0.0; charset=utf-8",
)
CSV_2: Final = Offer(
    "csv-2.0",
    "application/vnd.sdmx.data+csv",
    "2.0.0",
    "application/vnd.sdmx.data+csv; version=2.0.0; charset=utf-8",
)
PLAIN: Final = Offer("csv", "text/csv", "", "text/csv; charset=utf-8")
EXCEL: Final = Offer("excel", "text/csv", "", "text/csv; charset=utf-8")
PARQUET: Final = Offer("parquet", "application/vnd.apache.parquet")
STRUCTURE: Final = Offer("xml", "application/vnd.sdmx.structure+xml", "2.1")
STRUCTURE_JSON: Final = Offer("json", "application/vnd.sdmx.structure+json", "2.0.0")

_XML: Final = ("application/xml", "text/xml")


def _also(offer: Offer, *media_types: str) -> list[Offer]:
    """The same format under other names."""
    return [Offer(offer.name, other, "", offer.stated) for other in media_types]


_DATA: Final[Mapping[int, tuple[Offer, ...]]] = {
    1: (GENERIC, *_also(GENERIC, *_XML), SPECIFIC, CSV_1, CSV_2, PLAIN, PARQUET),
    2: (GENERIC, *_also(GENERIC, *_XML), SPECIFIC, CSV_2, CSV_1, PLAIN, PARQUET),
}
_STRUCTURES: Final = (
    STRUCTURE,
    *_also(STRUCTURE, *_XML),
    STRUCTURE_JSON,
    *_also(STRUCTURE_JSON, "application/json"),
)
_BY_NAME: Final = {offer.name: offer for offer in (GENERIC, SPECIFIC, CSV_1, CSV_2, PLAIN, EXCEL, PARQUET)}
_STRUCTURES_BY_NAME: Final = {offer.name: offer for offer in (STRUCTURE, STRUCTURE_JSON)}


def of_data(version: int, accept: bytes, named: str) -> Chosen:
    """The format of data: what ``format`` names, else by ``Accept``. ``version`` of the interface decides of equals."""
    return _chosen(_BY_NAME, _DATA[version], accept, named)


def of_structures(accept: bytes, named: str) -> Chosen:
    """The format of structures, likewise."""
    return _chosen(_STRUCTURES_BY_NAME, _STRUCTURES, accept, named)


def _chosen(by_name: Mapping[str, Offer], offers: tuple[Offer, ...], accept: bytes, named: str) -> Chosen:
    if not named:
        return choose(accept, offers)
    if named not in by_name:
        semantic("format", f"expected one of {', '.join(by_name)}")
    return Chosen(by_name[named], {})
