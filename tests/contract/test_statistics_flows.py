"""What the services count and what the structures publish is the same."""

import importlib
import importlib.util

import pytest

from lienthong.statistics.structures import catalogue, total_of
from lienthong.statistics.tables import FlowShape

SERVICES = ("contributions", "health_claims", "identity")


def shapes() -> dict[str, tuple[str, FlowShape]]:
    """The flows of every service that counts: id -> service, shape."""
    found: dict[str, tuple[str, FlowShape]] = {}
    for service in SERVICES:
        name = f"services.{service}.flows"
        if importlib.util.find_spec(name) is None:
            continue
        for shape in vars(importlib.import_module(name)).values():
            if isinstance(shape, FlowShape):
                found[shape.flow] = (service, shape)
    return found


SHAPES = shapes()


def test_the_flows_that_are_published_are_those_that_a_service_counts_and_their_shares() -> None:
    published = catalogue().published().dataflows
    assert {flow for flow, known in published.items() if not known.share_of} == set(SHAPES)
    # Nothing is kept of a share, and what it is a share of is counted.
    assert {known.share_of for known in published.values() if known.share_of} <= set(SHAPES)


@pytest.mark.parametrize("flow", sorted(SHAPES))
def test_a_flow_is_counted_by_the_dimensions_totals_and_measures_of_its_structure(flow: str) -> None:
    service, shape = SHAPES[flow]
    structure = catalogue().dataflows[flow]
    assert structure.service == service
    indicator = ("INDICATOR",) if shape.indicator else ()
    assert structure.order == ("FREQ", *shape.dimensions, *indicator)
    assert tuple(total_of(dimension) for dimension in shape.dimensions) == tuple(shape.totals)
    if shape.indicator:
        # A measure without a code is kept, not shown.
        assert set(structure.units) == set(shape.measures) - {""}
