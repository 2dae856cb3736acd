"""What the operator sees of a file of populations that is wrong: where, before any database is asked."""

from pathlib import Path

import pytest

from lienthong import cli

NOWHERE = "postgresql://nobody@127.0.0.1:1/none?connect_timeout=1"


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("sys.argv", ["lienthong", "stats", "population", *words])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return int(left.value.code or 0)


def test_a_wrong_file_is_told_by_line_and_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "population.csv"
    file.write_text("year,area,persons,source,published\n2025,VN_01,many,x,2026-06-30\n", encoding="utf-8")
    assert run(monkeypatch, "load", str(file), "--database-url", NOWHERE) == 2
    told = capsys.readouterr().err
    assert "nothing was done" in told
    assert "persons" in told
    assert "expected a whole number" in told


def test_a_file_that_is_not_there_is_a_usage_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "load", str(tmp_path / "none.csv"), "--database-url", NOWHERE) == 2
    assert "none.csv" in capsys.readouterr().err


def test_a_database_that_is_away_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "population.csv"
    file.write_text("year,area,persons,source,published\n2025,VN_01,5,x,2026-06-30\n", encoding="utf-8")
    assert run(monkeypatch, "load", str(file), "--database-url", NOWHERE) == 4
    assert capsys.readouterr().err
