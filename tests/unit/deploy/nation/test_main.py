"""What the command does with what it finds."""

from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from deploy.nation.__main__ import arguments, main, wanted
from deploy.nation.environment import owner_urls
from deploy.nation.sampling import _candidates
from deploy.nation.store import Found, Label, NationError, NotEmptyError, State

WHOLE = Found(State.WHOLE, Label(UUID(int=1), 100_000, 1, date(2026, 11, 22), "d"))


@pytest.mark.parametrize("if_empty", [True, False])
@pytest.mark.parametrize("state", [State.EMPTY, State.INTERRUPTED])
def test_an_empty_or_interrupted_nation_is_loaded(state: State, if_empty: bool) -> None:
    assert wanted(Found(state), replace=False, if_empty=if_empty)


def test_a_whole_nation_stays_when_only_an_empty_one_is_to_be_filled() -> None:
    assert not wanted(WHOLE, replace=False, if_empty=True)


def test_a_whole_nation_is_not_overwritten_unasked() -> None:
    with pytest.raises(NotEmptyError, match=r"100,000 people .*--replace"):
        wanted(WHOLE, replace=False, if_empty=False)


@pytest.mark.parametrize("if_empty", [True, False])
def test_rows_of_others_are_never_overwritten_unasked(if_empty: bool) -> None:
    with pytest.raises(NotEmptyError, match="not a synthetic nation"):
        wanted(Found(State.FOREIGN), replace=False, if_empty=if_empty)


@pytest.mark.parametrize("found", [WHOLE, Found(State.FOREIGN), Found(State.EMPTY)])
def test_replace_replaces(found: Found) -> None:
    assert wanted(found, replace=True, if_empty=False)


@pytest.mark.parametrize(
    "given",
    [["--population", "999"], ["--seed", "-1"], ["--as-of", "2026-02-30"], ["--replace", "--if-empty"]],
)
def test_wrong_arguments_are_refused(given: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        arguments(given)
    assert stop.value.code == 2


def test_without_a_stack_the_command_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("IDENTITY", "CONTRIBUTIONS", "HEALTH_CLAIMS"):
        monkeypatch.delenv(f"DATABASE_URL_{name}_OWNER", raising=False)
    monkeypatch.setenv("RUN", str(tmp_path))
    assert main([]) == 1
    assert "DATABASE_URL_IDENTITY_OWNER" in capsys.readouterr().err


def test_urls_come_from_the_environment_before_the_stack_file(tmp_path: Path) -> None:
    names = ("IDENTITY", "CONTRIBUTIONS", "HEALTH_CLAIMS")
    lines = [f"DATABASE_URL_{name}_OWNER='postgresql://file/{name}?passfile=x'\n" for name in names]
    (tmp_path / "stack.env").write_text("".join(lines))
    environment = {"RUN": str(tmp_path), "DATABASE_URL_IDENTITY_OWNER": "postgresql://environment"}
    urls = owner_urls(environment)
    assert urls["identity"] == "postgresql://environment"
    assert urls["contributions"] == "postgresql://file/CONTRIBUTIONS?passfile=x"
    with pytest.raises(NationError, match="DATABASE_URL_HEALTH_CLAIMS_OWNER"):
        owner_urls({"RUN": str(tmp_path / "nowhere"), **dict.fromkeys(["A"], "b")})


def test_a_sample_may_visit_everybody_and_nobody_twice() -> None:
    population = 20_013
    people = [person for batch in _candidates(population, 7, 999) for person in batch]
    assert sorted(people) == list(range(100, 100 + 20_000))
    other_batches = [person for batch in _candidates(population, 7, 5_000) for person in batch]
    assert other_batches == people
    assert people != [person for batch in _candidates(population, 8, 999) for person in batch]
