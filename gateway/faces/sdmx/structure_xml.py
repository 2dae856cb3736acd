"""Structures as SDMX-ML 2.1, each by itself (SDMX 2.1, SDMXStructure.xsd and what it includes).

Not by pysdmx: its model holds names in one language and code lists without parents; ours have
Vietnamese and English names, and the province that a former province belongs to.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

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

SCHEME: Final = "CS_STATISTICS"
_SCHEME_NAME: Final = Text(
    "Khái niệm thống kê của BHXH Việt Nam", "Concepts of the statistics of Vietnam Social Security"
)
CODED_ATTRIBUTES: Final = frozenset({"UNIT_MEASURE", "OBS_STATUS", "CONF_STATUS"})
TIMES: Final = frozenset({"LAST_UPDATE", "WATERMARK"})
ELEMENTS: Final = {
    "dataflow": ("Dataflows", "Dataflow", "datastructure"),
    "codelist": ("Codelists", "Codelist", "codelist"),
    "conceptscheme": ("Concepts", "ConceptScheme", "conceptscheme"),
    "datastructure": ("DataStructures", "DataStructure", "datastructure"),
}
"""Kind -> the element around, its own, and the package of its URN."""


def structure_name(flow: Dataflow) -> Text:
    """The name of a flow's structure."""
    return Text(f"Cấu trúc: {flow.name.vi}", f"Structure of: {flow.name.en}")


TITLES: Final[Mapping[str, Callable[[Any], Text]]] = {
    "conceptscheme": lambda _concepts: _SCHEME_NAME,
    "datastructure": structure_name,
}


def texts(element: str, text: Text) -> str:
    """In both languages."""
    return (
        f'<com:{element} xml:lang="vi">{escape(text.vi)}</com:{element}>'
        f'<com:{element} xml:lang="en">{escape(text.en)}</com:{element}>'
    )


def two(note: str) -> Text:
    """A note that has both languages, with `` / `` between."""
    vi, _, en = note.partition(" / ")
    return Text(vi, en or vi)


def stub(kind: str, name: str, title: Text, where: str) -> str:
    """That it exists, and where it is."""
    _, element, package = ELEMENTS[kind]
    return (
        f'<str:{element} id="{name}" urn="{urn(package, element, name)}" agencyID="{AGENCY}"'
        f' version="{VERSION}" isFinal="true" isExternalReference="true" structureURL={quoteattr(where)}>'
        f"{texts('Name', title)}</str:{element}>\n"
    )


def _opened(kind: str, name: str) -> str:
    _, element, package = ELEMENTS[kind]
    return (
        f'<str:{element} id="{name}" urn="{urn(package, element, name)}" agencyID="{AGENCY}"'
        f' version="{VERSION}" isFinal="true">\n'
    )


def _reference(kind: str, name: str) -> str:
    _, element, package = ELEMENTS[kind]
    return f'<Ref id="{name}" version="{VERSION}" agencyID="{AGENCY}" package="{package}" class="{element}"/>'


def annotations(flow: Dataflow) -> list[tuple[str, Text]]:
    """What a statistician wants to know of a flow besides its structure."""
    units = ", ".join(f"{i}: {u}" if i else u for i, u in flow.units.items())
    return [
        ("METHOD", flow.method),
        ("UNIT", Text(units, units)),
        ("CONTRIBUTORS", _CONTRIBUTORS[flow.contributors]),
    ]


_CONTRIBUTORS: Final = {
    "persons": Text("Tần suất tối thiểu được tính theo người.", "The minimum frequency counts persons."),
    "units": Text("Tần suất tối thiểu được tính theo đơn vị.", "The minimum frequency counts employers."),
}


def dataflow(flow: Dataflow) -> str:
    """The dataflow with its definition and method."""
    notes = "".join(
        f'<com:Annotation id="{kind}"><com:AnnotationType>{kind}</com:AnnotationType>{texts("AnnotationText", text)}'
        "</com:Annotation>"
        for kind, text in annotations(flow)
    )
    return (
        f"{_opened('dataflow', flow.id)}<com:Annotations>{notes}</com:Annotations>\n"
        f"{texts('Name', flow.name)}\n{texts('Description', flow.description)}\n"
        f"<str:Structure>{_reference('datastructure', flow.structure)}</str:Structure>\n</str:Dataflow>\n"
    )


def codelist(codes: CodeList) -> str:
    """The list with its codes."""
    note = texts("Description", two(codes.note)) + "\n" if codes.note else ""
    base = urn("codelist", "Code", codes.id)
    lines = "".join(
        f'<str:Code id="{code.id}" urn="{base}.{code.id}">{texts("Name", code.name)}'
        + (f'<str:Parent><Ref id="{code.parent}"/></str:Parent>' if code.parent else "")
        + "</str:Code>\n"
        for code in codes.codes
    )
    return f"{_opened('codelist', codes.id)}{texts('Name', codes.name)}\n{note}{lines}</str:Codelist>\n"


def conceptscheme(concepts: Sequence[Concept]) -> str:
    """All concepts."""
    base = urn("conceptscheme", "Concept", SCHEME)
    lines = "".join(
        f'<str:Concept id="{one.id}" urn="{base}.{one.id}">{texts("Name", one.name)}'
        + (texts("Description", two(one.note)) if one.note else "")
        + f"<str:CoreRepresentation>{_representation(one)}</str:CoreRepresentation></str:Concept>\n"
        for one in concepts
    )
    return f"{_opened('conceptscheme', SCHEME)}{texts('Name', _SCHEME_NAME)}\n{lines}</str:ConceptScheme>\n"


def _representation(concept: Concept) -> str:
    if concept.codes is not None:
        return f"<str:Enumeration>{_reference('codelist', concept.codes.id)}</str:Enumeration>"
    return f'<str:TextFormat textType="{text_type(concept.id)}"/>'


def text_type(name: str) -> str:
    """The type of what has no codes."""
    if name == TIME:
        return "ObservationalTimePeriod"
    return "DateTime" if name in TIMES else "Long"


def datastructure(flow: Dataflow) -> str:
    """The structure of a flow: dimensions, attributes, measure."""
    dimensions = "".join(
        f'<str:Dimension id="{one.id}" urn="{urn("datastructure", "Dimension", flow.structure)}.{one.id}"'
        f' position="{place}">{_identity(one.id)}'
        f"<str:LocalRepresentation>{_representation(one)}</str:LocalRepresentation></str:Dimension>\n"
        for place, one in enumerate(flow.dimensions, 1)
    )
    time = (
        f'<str:TimeDimension id="{TIME}" urn="{urn("datastructure", "TimeDimension", flow.structure)}.{TIME}"'
        f' position="{len(flow.dimensions) + 1}">{_identity(TIME)}<str:LocalRepresentation>'
        f'<str:TextFormat textType="{text_type(TIME)}"/></str:LocalRepresentation></str:TimeDimension>\n'
    )
    attributes = "".join(_attribute(name, flow) for name in ATTRIBUTES)
    return (
        f"{_opened('datastructure', flow.structure)}{texts('Name', structure_name(flow))}\n"
        f'<str:DataStructureComponents>\n<str:DimensionList id="DimensionDescriptor">\n{dimensions}{time}'
        f'</str:DimensionList>\n<str:AttributeList id="AttributeDescriptor">\n{attributes}</str:AttributeList>\n'
        f'<str:MeasureList id="MeasureDescriptor">\n<str:PrimaryMeasure id="{VALUE}"'
        f' urn="{urn("datastructure", "PrimaryMeasure", flow.structure)}.{VALUE}">{_identity(VALUE)}'
        f"<str:LocalRepresentation>{_measure_format(flow)}</str:LocalRepresentation>"
        "</str:PrimaryMeasure>\n</str:MeasureList>\n</str:DataStructureComponents>\n</str:DataStructure>\n"
    )


def most_decimals(flow: Dataflow) -> int:
    """The digits behind the point of a flow's figures; 0 for whole numbers."""
    return max(flow.decimals.values(), default=0)


def _measure_format(flow: Dataflow) -> str:
    digits = most_decimals(flow)
    kind = f'textType="Decimal" decimals="{digits}"' if digits else 'textType="Long"'
    return f"<str:TextFormat {kind}/>"


def _identity(name: str) -> str:
    return (
        f'<str:ConceptIdentity><Ref id="{name}" maintainableParentID="{SCHEME}"'
        f' maintainableParentVersion="{VERSION}" agencyID="{AGENCY}" package="conceptscheme" class="Concept"/>'
        "</str:ConceptIdentity>"
    )


def _attribute(name: str, flow: Dataflow) -> str:
    local = (
        f"<str:Enumeration>{_reference('codelist', attribute_codes(name))}</str:Enumeration>"
        if name in CODED_ATTRIBUTES
        else f'<str:TextFormat textType="{text_type(name)}"/>'
    )
    status = "Conditional" if name in TIMES else "Mandatory"
    return (
        f'<str:Attribute id="{name}" urn="{urn("datastructure", "DataAttribute", flow.structure)}.{name}"'
        f' assignmentStatus="{status}">{_identity(name)}<str:LocalRepresentation>{local}'
        f"</str:LocalRepresentation><str:AttributeRelationship>{_relationship(name, flow)}"
        "</str:AttributeRelationship></str:Attribute>\n"
    )


def attribute_codes(name: str) -> str:
    """The list of an attribute with codes."""
    return {"UNIT_MEASURE": "CL_UNIT"}.get(name, f"CL_{name}")


def _relationship(name: str, flow: Dataflow) -> str:
    if name == "WATERMARK":
        return "<str:None/>"
    if name == "UNIT_MEASURE":
        return "".join(f'<str:Dimension><Ref id="{one}"/></str:Dimension>' for one in flow.order)
    return f'<str:PrimaryMeasure><Ref id="{VALUE}"/></str:PrimaryMeasure>'


WRITERS: Final[Mapping[str, Callable[[Any], str]]] = {
    "dataflow": dataflow,
    "codelist": codelist,
    "conceptscheme": conceptscheme,
    "datastructure": datastructure,
}
