"""The structures as artefacts that refer to each other, each written once in XML and in JSON.

dataflow → datastructure → conceptscheme → codelist
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from gateway.faces.sdmx import structure_json, structure_xml
from lienthong.statistics.structures import Catalogue, Concept, Dataflow

Name: TypeAlias = tuple[str, str]
"""Kind and id."""

SCHEME: Final = structure_xml.SCHEME
KINDS: Final = ("dataflow", "codelist", "conceptscheme", "datastructure")
"""In the order in which a message has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """One structure. Stubs say that it exists and where the whole is, no more."""

    name: Name
    xml: str
    xml_stub: str
    json: Mapping[str, Any]
    json_stub: Mapping[str, Any]
    children: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """All artefacts by name, in their order."""

    artefacts: Mapping[Name, Artefact]

    def children(self, names: Iterable[Name]) -> set[Name]:
        """What these refer to."""
        return {child for name in names for child in self.artefacts[name].children}

    def parents(self, names: Iterable[Name]) -> set[Name]:
        """What refers to these."""
        wanted = set(names)
        return {a.name for a in self.artefacts.values() if wanted & set(a.children)}

    def closure(self, names: Iterable[Name], step: Callable[[set[Name]], set[Name]]) -> set[Name]:
        """Everything that ``step`` leads to, again and again."""
        found: set[Name] = set()
        edge = set(names)
        while edge:
            edge = step(edge) - found
            found |= edge
        return found

    def referenced(self, names: set[Name], references: str) -> set[Name]:
        """What ``references`` adds to these. Raises ``KeyError`` for a word that is not known."""
        down, up = self.closure(names, self.children), self.closure(names, self.parents)
        if references in KINDS:
            return {name for name in down | up if name[0] == references}
        parents = self.parents(names)
        return {
            "none": set[Name](),
            "children": self.children(names),
            "descendants": down,
            "parents": parents,
            "ancestors": up,
            "parentsandsiblings": parents | self.children(parents),
            "all": down | up | self.closure(up, self.children),
        }[references] - names


def graph(catalogue: Catalogue, base: str) -> Graph:
    """Everything that is published; ``base`` is where the interfaces stand (``https://…/sdmx``)."""
    made = [
        _artefact("dataflow", flow.id, flow, base, (("datastructure", flow.structure),))
        for flow in catalogue.dataflows.values()
    ]
    made += [_artefact("codelist", one.id, one, base, ()) for one in catalogue.codelists.values()]
    concepts = tuple(catalogue.concepts.values())
    made.append(_artefact("conceptscheme", SCHEME, concepts, base, _lists(concepts)))
    for flow in catalogue.dataflows.values():
        coded = (*flow.dimensions, *(c for c in concepts if c.id in structure_xml.CODED_ATTRIBUTES))
        children = (("conceptscheme", SCHEME), *_lists(coded))
        made.append(_artefact("datastructure", flow.structure, flow, base, children))
    return Graph({one.name: one for one in made})


def _lists(concepts: Iterable[Concept]) -> tuple[Name, ...]:
    return tuple(dict.fromkeys(("codelist", c.codes.id) for c in concepts if c.codes is not None))


def _artefact(kind: str, name: str, what: Any, base: str, children: tuple[Name, ...]) -> Artefact:
    title = what.name if kind in {"dataflow", "codelist"} else structure_xml.TITLES[kind](what)
    where = f"{base}/v1/{kind}/VSS/{name}/1.0"
    return Artefact(
        name=(kind, name),
        xml=structure_xml.WRITERS[kind](what),
        xml_stub=structure_xml.stub(kind, name, title, where),
        json=structure_json.WRITERS[kind](what),
        json_stub=structure_json.stub(kind, name, title, where),
        children=children,
    )


__all__ = ["KINDS", "SCHEME", "Artefact", "Dataflow", "Graph", "Name", "graph"]
