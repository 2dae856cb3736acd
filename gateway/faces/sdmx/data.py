"""The faces of data: a query in, observations out in the format that was asked for."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

import msgspec

from gateway.faces import Incoming, Translated, Written
from gateway.faces.sdmx import formats, generic, specific, tabular
from gateway.faces.sdmx.answering import Asked, asked, entity_tag, is_known, not_modified, whole
from gateway.faces.sdmx.message import Head
from gateway.faces.sdmx.negotiation import Chosen
from gateway.faces.sdmx.paths import data_path
from gateway.faces.sdmx.queries import DataQuery, data_query
from gateway.faces.sdmx.refusing import nothing
from gateway.faces.sdmx.table import Table
from gateway.faces.sdmx.writing import Sheet
from gateway.replies import language_of
from lienthong.access.requests import Decoder
from lienthong.statistics.structures import Dataflow

PATHS: Final[Mapping[str, str]] = {
    "fromMonth": "startPeriod",
    "toMonth": "endPeriod",
    "asOf": "asOf",
    "updatedAfter": "updatedAfter",
    "lastN": "lastNObservations",
    "firstN": "firstNObservations",
    "filters": "key",
}
"""The contract's fields -> where this dialect has them."""


def write_parquet(sheet: Sheet) -> bytes:
    """Apache Parquet (``gateway.faces.sdmx.columnar``)."""
    # Imported by who asks for the first one: most workers are never asked (decision 19).
    from gateway.faces.sdmx import columnar

    return columnar.write(sheet)


_WRITERS: Final[Mapping[str, Callable[[Sheet], bytes]]] = {
    "generic": generic.write,
    "structurespecific": specific.write,
    "csv-1.0": tabular.write_1,
    "csv-2.0": tabular.write_2,
    "csv": tabular.write_plain,
    "excel": tabular.write_excel,
    "parquet": write_parquet,
}
_LABELS: Final = {"csv-1.0": {"id", "both"}, "csv-2.0": {"id", "both", "name"}}


class Echo(NamedTuple):
    """What the answer needs to know of its request."""

    query: DataQuery
    form: Asked
    labels: str
    head: Head


class Data:
    """The data of one service's dataflows."""

    def __init__(self, dataflows: Mapping[str, Dataflow], decode: Decoder) -> None:
        """``decode`` is that of the contract's request."""
        self._dataflows = dataflows
        self._decode = decode

    def decode(self, incoming: Incoming) -> Translated:
        """The contract's request. Raises ``malformed``, ``not_found``, ``invalid_argument``, ``not_acceptable``."""
        path = data_path(incoming.path, availability=False)
        query = data_query(path, named(self._dataflows, path.dataflow), incoming.query)
        accept = incoming.headers.get(b"accept", b"")
        chosen = formats.of_data(path.version, accept, query.named_format)
        language = language_of(incoming.headers.get(b"accept-language", b""))
        echo = Echo(
            query,
            asked(incoming, chosen.offer, query.asked, language),
            _labels(chosen),
            Head.now(incoming.request_id, incoming.received),
        )
        return Translated(self._decode(msgspec.json.encode(query.values())), echo, PATHS)

    def encode(self, values: Mapping[str, Any], translated: Translated) -> Written:
        """The observations. Raises ``not_found`` when there are none, ``scope_denied`` when none may be seen."""
        echo: Echo = translated.echo
        query, form = echo.query, echo.form
        table = Table.of(query.flow, values).only(query.keys)
        if not len(table):
            nothing("no observations")
        tag = entity_tag(query.asked.encode(), form.offer.name.encode(), _form(echo), table.digest())
        if is_known(tag, form.known_tags):
            return not_modified(form, tag)
        sheet = Sheet(query=query, table=table, head=echo.head, labels=echo.labels, language=form.language)
        if query.observations and not query.is_flat:
            sheet = _arranged(sheet)
        body = _WRITERS[form.offer.name](sheet)
        written = whole(form, tag, body, f"{len(table)} observations")
        return replace(written, observations=len(table))


def named(dataflows: Mapping[str, Dataflow], name: str) -> Dataflow:
    """The dataflow. Raises ``not_found``: percent signs can hide a comma, and then another name is meant."""
    if name not in dataflows:
        nothing("no such dataflow")
    return dataflows[name]


def _arranged(sheet: Sheet) -> Sheet:
    """In the order of the series that the asker wants; tables without series stay in the order of ours."""
    if sheet.query.at_observation == "TIME_PERIOD":
        return sheet
    return Sheet(
        query=sheet.query,
        table=sheet.table.ordered_for(sheet.query.at_observation),
        head=sheet.head,
        labels=sheet.labels,
        language=sheet.language,
    )


def _form(echo: Echo) -> bytes:
    """What else makes one representation another."""
    named = echo.form.language if echo.labels != "id" else ""
    return f"{echo.labels} {named} {echo.form.gzip}".encode()


def _labels(chosen: Chosen) -> str:
    """How codes are named. Plain CSV and Parquet have the names beside them."""
    if chosen.offer.name in {"csv", "excel", "parquet"}:
        return "name"
    wanted = chosen.parameters.get("labels", "id")
    return wanted if wanted in _LABELS.get(chosen.offer.name, ()) else "id"
