"""A wait ends on its condition or its deadline."""

import pytest

from deploy.local import waiting


def test_a_wait_ends_when_the_condition_holds() -> None:
    answers = iter(["not yet", "not yet", None])
    assert waiting.until(lambda: next(answers), seconds=5) < 5
    assert next(answers, "used up") == "used up"


def test_a_deadline_tells_what_is_still_missing() -> None:
    with pytest.raises(waiting.DeadlinePassedError, match="still down"):
        waiting.until(lambda: "still down", seconds=0.1)
