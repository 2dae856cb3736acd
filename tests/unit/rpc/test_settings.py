"""A service starts with a whole configuration or not at all."""

from pathlib import Path

import pytest

from lienthong.rpc import settings


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A right configuration."""
    pem = tmp_path / "x.pem"
    pem.write_text("x")
    for key, value in {
        "LISTEN": "127.0.0.1:7411",
        "DATABASE_URL": "postgresql://identity@127.0.0.1:7432/identity",
        "TLS_CA": str(pem),
        "TLS_CERT": str(pem),
        "TLS_KEY": str(pem),
        "CALLERS": "gateway, health_claims",
    }.items():
        monkeypatch.setenv(f"LIENTHONG_{key}", value)
    return monkeypatch


def test_a_whole_configuration_is_read(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LIENTHONG_PROBES", "supervisor")
    read = settings.load()
    assert read.callers == {"gateway", "health_claims"}
    assert read.probes == {"supervisor"}
    assert read.log_level == "info"


@pytest.mark.parametrize("key", ["LISTEN", "DATABASE_URL", "TLS_CA", "TLS_CERT", "TLS_KEY", "CALLERS"])
def test_a_missing_value_stops_the_start_and_names_its_key(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    environment.delenv(f"LIENTHONG_{key}")
    with pytest.raises(SystemExit) as ended:
        settings.load()
    assert ended.value.code == 2
    assert f"LIENTHONG_{key}:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CALLERS", ""),
        ("CALLERS", " , "),
        ("CALLERS", "gateway,localhost"),
        ("CALLERS", "127.0.0.1"),
        ("PROBES", "localhost"),
        ("LISTEN", "nowhere"),
        ("METRICS_LISTEN", "7426"),
        ("DATABASE_URL", "mysql://secret-value"),
        ("TLS_KEY", "/nowhere/secret-value.pem"),
        ("LOG_LEVEL", "loud"),
        ("STOP_GRACE_S", "-1"),
        ("CONCURRENT_CALLS", "many"),
    ],
)
def test_a_wrong_value_stops_the_start_names_its_key_and_is_not_printed(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], key: str, value: str
) -> None:
    environment.setenv(f"LIENTHONG_{key}", value)
    with pytest.raises(SystemExit):
        settings.load()
    told = capsys.readouterr().err
    assert f"LIENTHONG_{key}:" in told
    assert "secret-value" not in told
