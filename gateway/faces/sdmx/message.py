"""What all SDMX-ML messages have in common: namespaces and header (SDMX 2.1, SDMXMessage.xsd)."""

from datetime import UTC, datetime
from typing import Final, NamedTuple

from lienthong.statistics.structures import AGENCY, VERSION

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_BASE: Final = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/"
NAMESPACES: Final = (
    f'xmlns:mes="{_BASE}message" xmlns:com="{_BASE}common"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
GENERIC: Final = f'xmlns:gen="{_BASE}data/generic"'
SPECIFIC: Final = f'xmlns:ss="{_BASE}data/structurespecific"'
STRUCTURE: Final = f'xmlns:str="{_BASE}structure"'
_URN: Final = "urn:sdmx:org.sdmx.infomodel."


class Head(NamedTuple):
    """Which message it is: the request's id, and when it was prepared (RFC 3339)."""

    request_id: str
    prepared: str

    @classmethod
    def now(cls, request_id: str, seconds: float) -> "Head":
        """At a wall-clock time, in seconds."""
        prepared = datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")
        return cls(request_id, prepared)

    def lines(self, structure: str = "", extracted: str = "") -> str:
        """The header element. ``structure`` and ``extracted`` are of data."""
        moment = f"<mes:Extracted>{extracted}</mes:Extracted>\n" if extracted else ""
        return (
            f"<mes:Header>\n<mes:ID>R{self.request_id}</mes:ID>\n<mes:Test>false</mes:Test>\n"
            f'<mes:Prepared>{self.prepared}</mes:Prepared>\n<mes:Sender id="{AGENCY}"/>\n'
            f"{structure}{moment}</mes:Header>\n"
        )


def urn(package: str, kind: str, name: str) -> str:
    """The URN of one of our artefacts: ``codelist``, ``Codelist``, ``CL_AGE``."""
    return f"{_URN}{package}.{kind}={AGENCY}:{name}({VERSION})"
