"""An answer that is a file: its octets and its type as they are, behind the mask like any answer."""

import pytest

from gateway.faces import Written
from gateway.problems import Problem
from gateway.routes import prepare_routes
from lienthong.access.published import published_contract
from vss.deliveries.v1 import deliveries_pb2 as pb

FILE = pb.GetDeliveryFileResponse(content=b"PAR1\0\xff", media_type="application/vnd.apache.parquet")
NAME = "0193b1c2-7d3e-7a61-9d5e-2f1c0a4b8e77"


async def nobody(_question: object) -> object:
    raise NotImplementedError


ROUTES = prepare_routes(published_contract(), {c.rpc: nobody for c in published_contract().capabilities})


def test_the_body_is_the_file_and_its_type_is_stated() -> None:
    route = ROUTES.with_variable("GET", f"/v1/deliveryFiles/{NAME}.parquet")
    assert route is not None
    written = route.encode(FILE, frozenset({"result"}))
    assert isinstance(written, Written)
    assert (written.status, written.body, written.media_type) == (200, FILE.content, FILE.media_type)


@pytest.mark.parametrize(
    "classes", [frozenset[str](), frozenset({"audit"}), frozenset({"internal", "unspecified"})]
)
def test_without_its_class_of_data_there_is_no_file(classes: frozenset[str]) -> None:
    route = ROUTES.with_variable("GET", f"/v1/deliveryFiles/{NAME}.csv")
    assert route is not None
    with pytest.raises(Problem) as refused:
        route.encode(FILE, classes)
    assert refused.value.reason.name == "scope_denied"


@pytest.mark.parametrize(
    "path",
    [f"{NAME}", f"{NAME}.exe", f"{NAME}.csv/", f"..%2f{NAME}.csv", f"{NAME}%2ecsv", "../x.csv", ".csv"],
)
def test_a_name_that_is_none_leads_nowhere(path: str) -> None:
    assert ROUTES.with_variable("GET", f"/v1/deliveryFiles/{path}") is None
