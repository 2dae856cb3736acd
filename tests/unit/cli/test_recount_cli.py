"""``stats recount`` before it reaches a database: what is wrong is said, with what would mend it."""

from pathlib import Path

import pytest

from lienthong.cli import main

URL = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No stack is known."""
    monkeypatch.setenv("RUN", str(tmp_path))
    for name in ("DATABASE_URL_CONTRIBUTIONS_STATISTICS", "STATISTICS_SECRET"):
        monkeypatch.delenv(name, raising=False)


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.argv", ["lienthong", "stats", "recount", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0), capsys.readouterr().err


def test_a_dataflow_that_nobody_counts_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = told(capsys, "DF_NOTHING")
    assert code == 2
    assert "DF_NOTHING" in said


def test_without_a_database_the_variable_and_the_option_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = told(capsys, "DF_PARTICIPANTS")
    assert code == 2
    assert "DATABASE_URL_CONTRIBUTIONS_STATISTICS" in said
    assert "--database-url" in said


@pytest.mark.parametrize("content", ["", "no hexadecimal", "00" * 31])
def test_what_holds_no_secret_is_named_and_not_shown(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str
) -> None:
    file = tmp_path / "secret.hex"
    file.write_text(content)
    code, said = told(capsys, "DF_PARTICIPANTS", "--database-url", URL, "--secret", str(file))
    assert code == 2
    assert "secret.hex" in said.replace("\n", "")
    assert not content or content not in said


def test_a_device_that_never_ends_is_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = told(capsys, "DF_PARTICIPANTS", "--database-url", URL, "--secret", "/dev/zero")
    assert code == 2
    assert "/dev/zero" in said


def test_a_database_that_does_not_answer_is_unavailable(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "secret.hex"
    file.write_text("00" * 32)
    code, _ = told(capsys, "DF_PARTICIPANTS", "--database-url", URL, "--secret", str(file))
    assert code == 4
