"""Structures as SDMX-JSON 2.0, each by itself (sdmx-json-structure-schema 2.0.0)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from gateway.faces.sdmx import structure_xml as xml
from gateway.faces.sdmx.message import urn
from lienthong.statistics.structures import (
    AGENCY,
    ATTRIBUTES,
    TIME,
    VALUE,
    VERSION,
    CodeList,
    Concept,
    Dataflow,
    Text,
)

LISTS: Final = {
    "dataflow": "dataflows",
    "codelist": "codelists",
    "conceptscheme": "conceptSchemes",
    "datastructure": "dataStructures",
}


def _named(text: Text, key: str = "name") -> dict[str, Any]:
    return {key: text.vi, f"{key}s": {"vi": text.vi, "en": text.en}}


def _maintained(kind: str, name: str, title: Text) -> dict[str, Any]:
    _, element, package = xml.ELEMENTS[kind]
    link = {"rel": "self", "type": kind, "urn": urn(package, element, name)}
    return {"id": name, "agencyID": AGENCY, "version": VERSION, **_named(title), "links": [link]}


def stub(kind: str, name: str, title: Text, where: str) -> dict[str, Any]:
    """That it exists, and where it is."""
    made = _maintained(kind, name, title)
    made["links"].append({"rel": "external", "href": where, "urn": made["links"][0]["urn"]})
    return made | {"isExternalReference": True}


def dataflow(flow: Dataflow) -> dict[str, Any]:
    """The dataflow with its definition and method."""
    notes = [
        {"id": kind, "type": kind, "text": text.vi, "texts": {"vi": text.vi, "en": text.en}}
        for kind, text in xml.annotations(flow)
    ]
    return {
        **_maintained("dataflow", flow.id, flow.name),
        **_named(flow.description, "description"),
        "annotations": notes,
        "structure": urn("datastructure", "DataStructure", flow.structure),
    }


def codelist(codes: CodeList) -> dict[str, Any]:
    """The list with its codes."""
    note = _named(xml.two(codes.note), "description") if codes.note else {}
    return {
        **_maintained("codelist", codes.id, codes.name),
        **note,
        "codes": [
            {"id": code.id, **_named(code.name), **({"parent": code.parent} if code.parent else {})}
            for code in codes.codes
        ],
    }


def conceptscheme(concepts: Sequence[Concept]) -> dict[str, Any]:
    """All concepts."""
    return {
        **_maintained("conceptscheme", xml.SCHEME, xml.TITLES["conceptscheme"](concepts)),
        "concepts": [
            {
                "id": one.id,
                **_named(one.name),
                **(_named(xml.two(one.note), "description") if one.note else {}),
                "coreRepresentation": _representation(one),
            }
            for one in concepts
        ],
    }


def _representation(concept: Concept) -> dict[str, Any]:
    if concept.codes is not None:
        return {"enumeration": urn("codelist", "Codelist", concept.codes.id)}
    return {"format": {"dataType": xml.text_type(concept.id)}}


def datastructure(flow: Dataflow) -> dict[str, Any]:
    """The structure of a flow: dimensions, attributes, measure."""
    dimensions = [
        {
            "id": one.id,
            "position": place,
            "conceptIdentity": _identity(one.id),
            "localRepresentation": _representation(one),
        }
        for place, one in enumerate(flow.dimensions)
    ]
    time = {
        "id": TIME,
        "conceptIdentity": _identity(TIME),
        "localRepresentation": {"format": {"dataType": xml.text_type(TIME)}},
    }
    measure = {
        "id": VALUE,
        "conceptIdentity": _identity(VALUE),
        "localRepresentation": {"format": _measure_format(flow)},
        "usage": "optional",
    }
    return {
        **_maintained("datastructure", flow.structure, xml.structure_name(flow)),
        "dataStructureComponents": {
            "dimensionList": {"id": "DimensionDescriptor", "dimensions": dimensions, "timeDimension": time},
            "measureList": {"id": "MeasureDescriptor", "measures": [measure]},
            "attributeList": {
                "id": "AttributeDescriptor",
                "attributes": [_attribute(name, flow) for name in ATTRIBUTES],
            },
        },
    }


def _measure_format(flow: Dataflow) -> dict[str, Any]:
    digits = xml.most_decimals(flow)
    return {"dataType": "Decimal", "decimals": digits} if digits else {"dataType": "Long"}


def _identity(name: str) -> str:
    return f"{urn('conceptscheme', 'Concept', xml.SCHEME)}.{name}"


def _attribute(name: str, flow: Dataflow) -> dict[str, Any]:
    coded = name in xml.CODED_ATTRIBUTES
    local = (
        {"enumeration": urn("codelist", "Codelist", xml.attribute_codes(name))}
        if coded
        else {"format": {"dataType": xml.text_type(name)}}
    )
    relationships: dict[str, dict[str, Any]] = {
        "WATERMARK": {"dataflow": {}},
        "UNIT_MEASURE": {"dimensions": list(flow.order)},
    }
    return {
        "id": name,
        "conceptIdentity": _identity(name),
        "localRepresentation": local,
        "usage": "mandatory" if coded else "optional",
        "attributeRelationship": relationships.get(name, {"observation": {}}),
    }


WRITERS: Final[Mapping[str, Callable[[Any], dict[str, Any]]]] = {
    "dataflow": dataflow,
    "codelist": codelist,
    "conceptscheme": conceptscheme,
    "datastructure": datastructure,
}
