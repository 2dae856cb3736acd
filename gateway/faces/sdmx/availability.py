"""Which codes have data, as a ContentConstraint (SDMX 2.1) or a DataConstraint (SDMX-JSON 2.0).

A constraint of the kind *actual*: it says what there is. The contract tells the first month of each series:
the time range goes from the first of them to the month of the answer, or to the end that was asked for.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from gateway.faces import Incoming, Translated, Written
from gateway.faces.sdmx import formats
from gateway.faces.sdmx.answering import Asked, asked, entity_tag, is_known, not_modified, whole
from gateway.faces.sdmx.data import PATHS, named
from gateway.faces.sdmx.message import DECLARATION, NAMESPACES, STRUCTURE, Head, urn
from gateway.faces.sdmx.paths import data_path
from gateway.faces.sdmx.queries import DataQuery, availability_query
from gateway.faces.sdmx.refusing import nothing
from gateway.faces.sdmx.structure_xml import texts
from gateway.faces.sdmx.table import Table
from gateway.replies import language_of
from lienthong.access.requests import Decoder
from lienthong.statistics.structures import AGENCY, TIME, VERSION, Dataflow, Text

_NAME: Final = Text("Số liệu hiện có", "Data that there are")


class Echo(NamedTuple):
    """What the answer needs to know of its request."""

    query: DataQuery
    form: Asked
    head: Head


class Availability:
    """What there is of one service's dataflows."""

    def __init__(self, dataflows: Mapping[str, Dataflow], decode: Decoder) -> None:
        """``decode`` is that of the contract's request."""
        self._dataflows = dataflows
        self._decode = decode

    def decode(self, incoming: Incoming) -> Translated:
        """The contract's request. Raises as that of data does."""
        path = data_path(incoming.path, availability=True)
        query = availability_query(path, named(self._dataflows, path.dataflow), incoming.query)
        chosen = formats.of_structures(incoming.headers.get(b"accept", b""), query.named_format)
        language = language_of(incoming.headers.get(b"accept-language", b""))
        form = asked(incoming, chosen.offer, f"availability {query.asked}", language)
        echo = Echo(query, form, Head.now(incoming.request_id, incoming.received))
        return Translated(self._decode(msgspec.json.encode(query.values())), echo, PATHS)

    def encode(self, values: Mapping[str, Any], translated: Translated) -> Written:
        """The constraint. Raises ``not_found`` when there is nothing, ``scope_denied`` when nothing may be seen."""
        echo: Echo = translated.echo
        query, form = echo.query, echo.form
        table = Table.of(query.flow, values).only(query.keys)
        if not len(table):
            nothing("no series")
        tag = entity_tag(query.asked.encode(), form.offer.name.encode(), b"%d" % form.gzip, table.digest())
        if is_known(tag, form.known_tags):
            return not_modified(form, tag)
        found = _codes(table, query.component)
        write = _xml if form.offer.name == "xml" else _json
        return whole(form, tag, write(echo, found, _first(table)), f"{len(table)} series")


def _codes(table: Table, component: str) -> dict[str, list[str]]:
    """The codes that occur, of every dimension or of one."""
    return {
        dimension: [codes[n] for n in sorted(set(indexes))]
        for dimension, codes, indexes in zip(table.dimensions, table.codes, table.indexes, strict=True)
        if dimension != TIME and component in {"", dimension}
    }


def _first(table: Table) -> str:
    """The first month of all series."""
    return min(table.codes[-1][n] for n in set(table.indexes[-1]))


def _last(echo: Echo) -> str:
    """The end that was asked for, or the month of the answer."""
    return min(echo.query.to_month or "9999-12", echo.head.prepared[:7])


def _id(query: DataQuery) -> str:
    return "CC_" + query.flow.id.removeprefix("DF_")


def _xml(echo: Echo, found: Mapping[str, list[str]], first: str) -> bytes:
    query = echo.query
    values = "".join(
        f'<com:KeyValue id="{dimension}">{"".join(f"<com:Value>{code}</com:Value>" for code in codes)}</com:KeyValue>\n'
        for dimension, codes in found.items()
    )
    if query.component in {"", TIME}:
        values += (
            f'<com:KeyValue id="{TIME}"><com:TimeRange><com:StartPeriod isInclusive="true">{first}</com:StartPeriod>'
            f'<com:EndPeriod isInclusive="true">{_last(echo)}</com:EndPeriod></com:TimeRange></com:KeyValue>\n'
        )
    name = _id(query)
    return (
        f"{DECLARATION}<mes:Structure {NAMESPACES} {STRUCTURE}>\n{echo.head.lines()}<mes:Structures>\n"
        f'<str:Constraints>\n<str:ContentConstraint id="{name}" urn="{urn("registry", "ContentConstraint", name)}"'
        f' agencyID="{AGENCY}" version="{VERSION}" type="Actual">{texts("Name", _NAME)}\n'
        f'<str:ConstraintAttachment><str:Dataflow><Ref id="{query.flow.id}" version="{VERSION}" agencyID="{AGENCY}"'
        ' package="datastructure" class="Dataflow"/></str:Dataflow></str:ConstraintAttachment>\n'
        f'<str:CubeRegion include="true">\n{values}</str:CubeRegion>\n</str:ContentConstraint>\n'
        "</str:Constraints>\n</mes:Structures>\n</mes:Structure>\n"
    ).encode()


def _json(echo: Echo, found: Mapping[str, list[str]], first: str) -> bytes:
    query = echo.query
    values: list[dict[str, Any]] = [
        {"id": dimension, "include": True, "values": [{"value": code} for code in codes]}
        for dimension, codes in found.items()
    ]
    if query.component in {"", TIME}:
        start, end = ({"period": month, "isInclusive": True} for month in (first, _last(echo)))
        values.append({"id": TIME, "include": True, "timeRange": {"startPeriod": start, "endPeriod": end}})
    constraint = {
        "id": _id(query),
        "agencyID": AGENCY,
        "version": VERSION,
        "name": _NAME.vi,
        "names": {"vi": _NAME.vi, "en": _NAME.en},
        "role": "Actual",
        "constraintAttachment": {"dataflows": [urn("datastructure", "Dataflow", query.flow.id)]},
        "cubeRegions": [{"include": True, "keyValues": values}],
    }
    meta = {
        "id": f"R{echo.head.request_id}",
        "test": False,
        "prepared": echo.head.prepared,
        "contentLanguages": ["vi", "en"],
        "sender": {"id": AGENCY},
    }
    return msgspec.json.encode({"meta": meta, "data": {"dataConstraints": [constraint]}})
