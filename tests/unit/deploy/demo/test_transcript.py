"""The transcript tells the truth about a step that came out otherwise."""

import io
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from deploy.demo.stage import NotAsTold, Stage, expect
from deploy.demo.story import STORY, Step
from deploy.demo.transcript import play
from deploy.local.stack import Ports, Stack
from lienthong.client import Unavailable


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(stack=Stack(tmp_path, Ports(7400), 1), made_on=date(2026, 11, 22))


def step(error: Exception | None) -> Step:
    def happen(_stage: Stage) -> list[str]:
        if error is not None:
            raise error
        return ["a line"]

    return Step(vi="Bước", en="Step", who="hospital-demo", asks="something", play=happen)


@pytest.mark.parametrize(
    ("error", "well"), [(None, True), (NotAsTold("found 010"), False), (Unavailable("down [now]"), False)]
)
def test_one_step_that_is_not_as_told_spoils_the_story_and_the_rest_is_still_played(
    stage: Stage, error: Exception | None, well: bool
) -> None:
    written = io.StringIO()
    assert play(stage, [step(error), step(None)], Console(file=written, width=100)) is well
    assert written.getvalue().count("✓") == (2 if well else 1)
    if error is not None:
        assert str(error) in written.getvalue()


def test_a_fault_of_the_demo_itself_is_not_hidden(stage: Stage) -> None:
    with pytest.raises(KeyError):
        play(stage, [step(KeyError("mistake"))], Console(file=io.StringIO()))


def test_a_difference_is_told_with_both_sides() -> None:
    with pytest.raises(NotAsTold, match=r"expected '000', found '010'"):
        expect("010", "000", "the code")


def test_the_story_has_a_step_for_everything_that_was_promised() -> None:
    told = " ".join(step.en for step in STORY).lower()
    for thing in ("valid card", "misspelt", "expired", "replaced", "replay", "changed", "revoked", "ministry",
                  "employer", "audit",
                  "fund pays", "admitted", "claim file", "history", "breaks the glass", "fhir", "certificate",
                  "line is down", "line is back"):  # fmt: skip
        assert thing in told
