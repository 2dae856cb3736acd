"""Cells, parameters and secrets to draw from."""

from typing import Any

from hypothesis import strategies as st

from lienthong.disclosure import BaseCell, Parameters

SECRET = bytes(range(32))

secrets = st.binary(min_size=32, max_size=64)


@st.composite
def parameters(draw: st.DrawFn) -> Parameters:
    """Any that validation lets through."""
    least = draw(st.integers(3, 40))
    return Parameters(
        minimum_frequency=least,
        noise=draw(st.integers(2, 4 * least)),
        dominance_percent=draw(st.integers(1, 100)),
        settle_seconds=draw(st.integers(3_600, 10 * 86_400)),
        patience=draw(st.integers(1, 20)),
    )


@st.composite
def cells(draw: st.DrawFn) -> BaseCell:
    """Any cell, with the counts near the limits often."""
    amounts = draw(st.lists(st.integers(0, 10**13), max_size=5))
    return BaseCell(
        flow=draw(st.sampled_from(["DF_A", "DF_B"])),
        period=draw(st.sampled_from(["2026-01", "2026-02"])),
        coordinates=tuple(draw(st.lists(st.sampled_from(["VN_01", "M", "F", "_"]), min_size=1, max_size=4))),
        contributors=draw(st.one_of(st.integers(0, 60), st.integers(0, 10**7))),
        key=draw(st.integers(0, 2**63 - 1)),
        amounts=tuple(amounts),
        squares=tuple(draw(st.integers(0, amount**2)) for amount in amounts),
        changes=draw(st.integers(0, 500)),
        releases=draw(st.integers(0, 100)),
        structural_zero=draw(st.booleans()),
        waited=draw(st.integers(0, 30 * 86_400)),
        distinct=draw(st.booleans()),
        listed=draw(st.booleans()),
    )


def cell(contributors: int, **changed: Any) -> BaseCell:
    """One cell, of which only what is named matters."""
    made = BaseCell("DF_A", "2026-01", ("VN_01", "F"), contributors, 7919 * contributors)
    for name, value in changed.items():
        setattr(made, name, value)
    return made
