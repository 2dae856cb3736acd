"""The public documents: valid, read by others, and exactly what was asked for."""

import io

import pytest
import sdmx
from hypothesis import given
from hypothesis import strategies as st
from pysdmx.io import read_sdmx

from lienthong.statistics.structures import TIME, catalogue
from tests.support.sdmx import judge_json, judge_xml
from tests.unit.gateway.faces.sdmx.conftest import Office

OFFICE = Office()
FLOWS = catalogue().dataflows
NAMESPACE = "{http://www.sdmx.org/resources/sdmxml/schemas/v2_1/structure}"


def ids(path: str, query: str = "") -> dict[str, list[str]]:
    """What a document holds, by element."""
    status, document = OFFICE.document(path, query)
    assert status == 200
    root = judge_xml(document.body)
    found: dict[str, list[str]] = {}
    for group in root[1]:
        for one in group:
            found.setdefault(one.tag.removeprefix(NAMESPACE), []).append(str(one.get("id")))
    return found


@pytest.mark.parametrize(
    ("path", "query", "counts"),
    [
        ("/sdmx/v1/dataflow", "", {"Dataflow": 9}),
        ("/sdmx/v1/dataflow/VSS", "", {"Dataflow": 9}),
        ("/sdmx/v1/dataflow/all/all/latest", "", {"Dataflow": 9}),
        ("/sdmx/v1/dataflow/VSS/DF_VISITS+DF_COVERAGE", "", {"Dataflow": 2}),
        ("/sdmx/v1/datastructure/VSS/DSD_VISITS/1.0", "", {"DataStructure": 1}),
        ("/sdmx/v1/datastructure/VSS/DSD_VISITS", "references=children",
         {"DataStructure": 1, "ConceptScheme": 1, "Codelist": 8}),
        ("/sdmx/v1/codelist/VSS/CL_AREA", "", {"Codelist": 1}),
        ("/sdmx/v1/codelist/VSS/CL_GROUP", "references=parents",
         {"Codelist": 1, "ConceptScheme": 1, "DataStructure": 1}),
        ("/sdmx/v1/dataflow/VSS/DF_IDENTITY", "references=datastructure", {"Dataflow": 1, "DataStructure": 1}),
        ("/sdmx/v1/conceptscheme/VSS/CS_STATISTICS", "", {"ConceptScheme": 1}),
        ("/sdmx/v1/structure", "", {"Dataflow": 9, "DataStructure": 9, "ConceptScheme": 1, "Codelist": 19}),
        ("/sdmx/v2/structure/*/VSS/*/*", "", {"Dataflow": 9, "DataStructure": 9, "ConceptScheme": 1, "Codelist": 19}),
        ("/sdmx/v2/structure/dataflow/VSS/DF_VISITS/~", "", {"Dataflow": 1}),
        ("/sdmx/v2/structure/dataflow,codelist/VSS/DF_VISITS,CL_SEX/+", "", {"Dataflow": 1, "Codelist": 1}),
        ("/sdmx/v2/structure/dataflow/VSS/DF_VISITS/1.0", "references=descendants",
         {"Dataflow": 1, "DataStructure": 1, "ConceptScheme": 1, "Codelist": 19}),
    ],
)  # fmt: skip
def test_a_query_gives_what_it_names_and_what_that_refers_to(
    path: str, query: str, counts: dict[str, int]
) -> None:
    assert {kind: len(found) for kind, found in ids(path, query).items()} == counts


def test_a_structure_comes_with_everything_that_it_needs() -> None:
    found = ids("/sdmx/v1/datastructure/VSS/DSD_IDENTITY", "references=children")
    assert set(found["Codelist"]) == {
        "CL_FREQ",
        "CL_AREA",
        "CL_OUTCOME",
        "CL_UNIT",
        "CL_OBS_STATUS",
        "CL_CONF_STATUS",
    }


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/sdmx/v1/dataflow/VSS/DF_NONE", "", 404),
        ("/sdmx/v1/dataflow/ECB", "", 404),
        ("/sdmx/v1/dataflow/VSS/DF_VISITS/2.0", "", 404),
        ("/sdmx/v1/categoryscheme/VSS", "", 404),
        ("/sdmx/v1/codelist/VSS/CL_AGE/1.0/Y15T19", "", 422),
        ("/sdmx/v1/dataflow", "references=some", 400),
        ("/sdmx/v1/dataflow", "detail=some", 400),
        ("/sdmx/v1/dataflow", "startPeriod=2026", 400),
        ("/sdmx/v1/dataflow", "format=yaml", 422),
    ],
)
def test_a_refusal_is_an_sdmx_error(path: str, query: str, status: int) -> None:
    found, document = OFFICE.document(path, query)
    root = judge_xml(document.body)
    assert (found, document.content_type, root.tag.rpartition("}")[2]) == (status, "application/xml", "Error")


def test_an_unknown_format_is_not_acceptable() -> None:
    assert OFFICE.document("/sdmx/v1/dataflow", accept="text/html")[0] == 406


@pytest.mark.parametrize(
    "path", ["/sdmx/v1/data/DF_VISITS", "/sdmx/v1/x", "/sdmx/v3/dataflow", "/sdmx/", "/sdmx/v2/data"]
)
def test_what_is_no_structure_is_left_to_the_signed_path(path: str) -> None:
    assert OFFICE.shelf.find(path, "", {}) is None


@pytest.mark.parametrize(
    "query", ["", "detail=allstubs", "references=all", "detail=referencestubs&references=all"]
)
def test_json_is_valid_and_has_the_same_artefacts(query: str) -> None:
    _, document = OFFICE.document("/sdmx/v1/structure", query, accept="application/vnd.sdmx.structure+json")
    read = judge_json(document.body)
    assert document.content_type == "application/vnd.sdmx.structure+json; version=2.0.0"
    names = {"dataflows": "Dataflow", "dataStructures": "DataStructure", "codelists": "Codelist",
             "conceptSchemes": "ConceptScheme"}  # fmt: skip
    found = {names[kind]: [one["id"] for one in listed] for kind, listed in read["data"].items()}
    assert found == ids("/sdmx/v1/structure", query)


def test_sdmx1_finds_in_a_structure_exactly_the_dimensions_and_codes_of_the_flow() -> None:
    read = sdmx.read_sdmx(io.BytesIO(OFFICE.structures()))
    for flow in FLOWS.values():
        structure = read.structure[flow.structure]
        assert [d.id for d in structure.dimensions] == [*flow.order, TIME]
        for dimension in flow.order:
            enumerated = structure.dimensions.get(dimension).local_representation.enumerated
            assert {code.id for code in enumerated} == set(flow.codes(dimension).by_id)
        assert [m.id for m in structure.measures] == ["OBS_VALUE"]
        assert read.dataflow[flow.id].structure is structure
    area = read.codelist["CL_AREA"]
    assert area["VNF_027"].parent is area["VN_24"]
    assert area["VN_24"].name.localizations == {"vi": "Bắc Ninh", "en": "Bac Ninh"}


@pytest.mark.parametrize("form", ["xml", "json"])
def test_pysdmx_reads_all_of_it(form: str) -> None:
    _, document = OFFICE.document("/sdmx/v1/structure", f"format={form}")
    read = read_sdmx(document.body.decode(), validate=True)
    assert len(read.structures) == 38
    structures = {one.id: one for one in read.get_data_structure_definitions()}
    for flow in FLOWS.values():
        found = structures[flow.structure].components
        assert [c.id for c in found.dimensions] == [*flow.order, TIME]
        assert [c.id for c in found.attributes] == [
            "UNIT_MEASURE", "OBS_STATUS", "CONF_STATUS", "LAST_UPDATE", "WATERMARK",
        ]  # fmt: skip


def test_a_document_that_is_known_is_not_sent_again() -> None:
    _, document = OFFICE.document("/sdmx/v1/codelist/VSS/CL_AGE")
    tag = dict(document.headers)[b"etag"].decode()
    status, again = OFFICE.document("/sdmx/v1/codelist/VSS/CL_AGE", if_none_match=tag)
    assert (status, again.body) == (304, b"")
    assert OFFICE.document("/sdmx/v1/codelist/VSS/CL_SEX", if_none_match=tag)[0] == 200


PARTS = st.text(max_size=12) | st.sampled_from(
    ["dataflow", "codelist", "VSS", "all", "*", "1.0", "%ff", "%2B"]
)


@given(st.lists(PARTS, max_size=6), st.text(max_size=40), st.booleans())
def test_garbage_gets_a_document_a_refusal_or_is_nobodys(parts: list[str], query: str, second: bool) -> None:
    root = "/sdmx/v2/structure/" if second else "/sdmx/v1/"
    found = OFFICE.shelf.find(root + "/".join(parts), query, {})
    assert found is None or found[0] in {200, 400, 404, 422}
