"""The public documents: which structures a query names, and the message that holds them.

    v1   {kind}/{agency}/{id}/{version}            kind: dataflow, datastructure, codelist, conceptscheme, structure
    v2   structure/{kind}/{agency}/{id}/{version}  kind: the same, or *

Nothing in them is about anybody; so whoever asks gets them, signed, without a question in the log.
"""

from collections.abc import Mapping
from hashlib import blake2b
from itertools import groupby
from typing import Any, Final, NamedTuple

import msgspec

from gateway.faces.sdmx import formats, structure_json, structure_xml
from gateway.faces.sdmx.answering import compressed, is_known
from gateway.faces.sdmx.artefacts import KINDS, Graph, Name
from gateway.faces.sdmx.message import DECLARATION, NAMESPACES, STRUCTURE, Head
from gateway.faces.sdmx.negotiation import wants_gzip
from gateway.faces.sdmx.paths import ANY, ROOT, VERSIONS, parts_of
from gateway.faces.sdmx.queries import parameters_of
from gateway.faces.sdmx.refusing import MEDIA_TYPE, error_of, nothing, semantic, syntax
from gateway.pages import Document
from gateway.problems import Problem
from gateway.replies import language_of
from lienthong.statistics.structures import AGENCY

PUBLISHED: Final = "2026-11-30T00:00:00Z"
"""When what is said here changed last."""

# Kinds of the standard of which we publish none.
_OTHERS: Final = frozenset(
    {
        "agencyscheme",
        "dataproviderscheme",
        "dataconsumerscheme",
        "organisationunitscheme",
        "organisationscheme",
        "categoryscheme",
        "categorisation",
        "hierarchicalcodelist",
        "hierarchy",
        "metadatastructure",
        "metadataflow",
        "reportingtaxonomy",
        "provisionagreement",
        "structureset",
        "process",
        "contentconstraint",
        "actualconstraint",
        "allowedconstraint",
        "dataconstraint",
        "attachmentconstraint",
        "customtypescheme",
        "namepersonalisationscheme",
        "rulesetscheme",
        "transformationscheme",
        "userdefinedoperatorscheme",
        "vtlmappingscheme",
        "valuelist",
    }
)
_DETAIL: Final = (
    "full",
    "allstubs",
    "referencestubs",
    "allcompletestubs",
    "referencecompletestubs",
    "referencepartial",
)
_REFERENCES: Final = (
    "none", "children", "descendants", "parents", "ancestors", "parentsandsiblings", "all", *KINDS,
)  # fmt: skip
_VARY: Final = (b"vary", b"Accept, Accept-Encoding")


class _Wanted(NamedTuple):
    """What a query selects: by name, and what came in by reference; and what stands in full."""

    named: list[Name]
    referenced: list[Name]
    stub_named: bool
    stub_referenced: bool


class Structures:
    """Finds and writes structures (a ``gateway.pages.Shelf``)."""

    prefix = ROOT

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def find(self, path: str, query: str, headers: Mapping[bytes, bytes]) -> tuple[int, Document] | None:
        """The message, or the refusal; None for a path of data and for none of ours."""
        version, _, rest = path.removeprefix(ROOT).partition("/")
        kind = rest.partition("/")[0]
        ours = kind == "structure" or (version == "v1" and (kind in KINDS or kind in _OTHERS))
        if version not in {"v1", "v2"} or not ours:
            return None
        try:
            return self._answer(version, rest, query, headers)
        except Problem as problem:
            language = language_of(headers.get(b"accept-language", b""))
            body = error_of(problem.document(language, "public"))
            return int(problem.reason.status), Document(MEDIA_TYPE, body, (_VARY,))

    def _answer(
        self, version: str, rest: str, query: str, headers: Mapping[bytes, bytes]
    ) -> tuple[int, Document]:
        parameters = parameters_of(query)
        unknown = parameters.keys() - {"detail", "references", "format"}
        if unknown:
            syntax(min(unknown)[:40], "not a parameter here; known are detail, references, format")
        chosen = formats.of_structures(headers.get(b"accept", b""), parameters.get("format", ""))
        wanted = self._wanted(version, parts_of(rest), parameters)
        body = self._xml(wanted) if chosen.offer.name == "xml" else self._json(wanted)
        tag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
        if is_known(tag, headers.get(b"if-none-match", b"").decode("latin-1")):
            return 304, Document(chosen.offer.stated, b"", ((b"etag", tag.encode()), _VARY))
        encoding: tuple[tuple[bytes, bytes], ...] = ()
        if wants_gzip(headers.get(b"accept-encoding", b"")):
            body, encoding = compressed(body), ((b"content-encoding", b"gzip"),)
            # Other octets: another representation.
        return 200, Document(chosen.offer.stated, body, ((b"etag", b"W/" + tag.encode()), _VARY, *encoding))

    def _wanted(self, version: str, parts: list[str], parameters: Mapping[str, str]) -> _Wanted:
        detail, references = parameters.get("detail", "full"), parameters.get("references", "none")
        if detail not in _DETAIL:
            syntax("detail", f"expected one of {', '.join(_DETAIL)}")
        if references not in _REFERENCES:
            syntax("references", f"expected one of {', '.join(_REFERENCES)}")
        named = self._named(parts if version == "v1" else parts[1:])
        added = self._graph.referenced(named, references)
        return _Wanted(
            self._ordered(named),
            self._ordered(added),
            detail in {"allstubs", "allcompletestubs"},
            "stubs" in detail,
        )

    def _named(self, parts: list[str]) -> set[Name]:
        if len(parts) > 4:
            semantic("path", "codes and concepts are not asked for by themselves")
        kind, agency, identifier, release = [*parts, *("all", "all", "all", "latest")[len(parts) :]]
        kinds = set(KINDS) if kind in {"structure", "*"} else set(kind.split(","))
        agencies, names, releases = (
            set(part.replace("+", ",").split(",")) for part in (agency, identifier, release)
        )
        ours = agencies & (ANY | {AGENCY}) and (releases & VERSIONS or release in VERSIONS)
        found = {
            name for name in self._graph.artefacts if name[0] in kinds and (names & ANY or name[1] in names)
        }
        if not ours or not found:
            nothing("no such structure")
        return found

    def _ordered(self, names: set[Name]) -> list[Name]:
        return [name for name in self._graph.artefacts if name in names]

    def _xml(self, wanted: _Wanted) -> bytes:
        parts = []
        for kind, group in groupby(self._chosen(wanted), key=lambda pair: pair[0][0]):
            around = structure_xml.ELEMENTS[kind][0]
            inner = [
                self._graph.artefacts[name].xml_stub if stub else self._graph.artefacts[name].xml
                for name, stub in group
            ]
            parts += [f"<str:{around}>\n", *inner, f"</str:{around}>\n"]
        text = "".join(parts)
        return (
            f"{DECLARATION}<mes:Structure {NAMESPACES} {STRUCTURE}>\n{Head('STRUCTURES', PUBLISHED).lines()}"
            f"<mes:Structures>\n{text}</mes:Structures>\n</mes:Structure>\n"
        ).encode()

    def _json(self, wanted: _Wanted) -> bytes:
        data: dict[str, list[Any]] = {}
        for name, stub in self._chosen(wanted):
            artefact = self._graph.artefacts[name]
            data.setdefault(structure_json.LISTS[name[0]], []).append(
                artefact.json_stub if stub else artefact.json
            )
        meta = {
            "schema": _SCHEMA,
            "id": "RSTRUCTURES",
            "test": False,
            "prepared": PUBLISHED,
            "contentLanguages": ["vi", "en"],
            "sender": {"id": AGENCY},
        }
        return msgspec.json.encode({"meta": meta, "data": data})

    def _chosen(self, wanted: _Wanted) -> list[tuple[Name, bool]]:
        """Every artefact with whether it is a stub, in the order of a message."""
        stubs = dict.fromkeys(wanted.referenced, wanted.stub_referenced)
        stubs |= dict.fromkeys(wanted.named, wanted.stub_named)
        return [(name, stubs[name]) for name in self._graph.artefacts if name in stubs]


_SCHEMA: Final = (
    "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/structure-message/tools/schemas/2.0.0/"
    "sdmx-json-structure-schema.json"
)
