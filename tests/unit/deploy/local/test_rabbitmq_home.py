"""The lean view of the broker holds what its applications lead to, and no more."""

from pathlib import Path

import pytest

from deploy.local import rabbitmq_home

_LEADS_TO = {
    "rabbit": "kernel, stdlib, rabbit_common, ra",
    "rabbit_common": "kernel,\n   recon",
    "ra": "kernel",
    "recon": "stdlib",
    "rabbitmq_prelaunch": "rabbit_common, cuttlefish",
    "cuttlefish": "kernel",
    "systemd": "enough",
    "enough": "kernel",
    "rabbitmq_management": "rabbit, cowboy",
    "cowboy": "kernel",
}


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """An installation as the distribution lays it out."""
    home = tmp_path / "rabbitmq_server-3"
    for name, others in _LEADS_TO.items():
        folder = home / "plugins" / f"{name}-1.0" / "ebin"
        folder.mkdir(parents=True)
        (folder / f"{name}.app").write_text(f"{{application, {name}, [{{applications, [{others}]}}]}}.")
    (home / "sbin").mkdir()
    (home / "sbin" / "rabbitmq-server").write_text("#!/bin/sh\n")
    (home / "escript").mkdir()
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "rabbitmq-server").symlink_to(home / "sbin" / "rabbitmq-server")
    return bin_folder


def _plugins(folder: Path) -> set[str]:
    return {path.name.rpartition("-")[0] for path in (folder / "plugins").iterdir()}


def test_only_what_the_broker_loads_is_linked(scripts: Path, tmp_path: Path) -> None:
    found = rabbitmq_home.prepare(scripts, tmp_path / "view", ())
    assert found == tmp_path / "view" / "sbin"
    assert _plugins(tmp_path / "view") == set(_LEADS_TO) - {"rabbitmq_management", "cowboy"}
    assert (found / "rabbitmq-server").exists()


def test_an_enabled_plugin_brings_its_own_along(scripts: Path, tmp_path: Path) -> None:
    rabbitmq_home.prepare(scripts, tmp_path / "view", ("rabbitmq_management",))
    assert _plugins(tmp_path / "view") == set(_LEADS_TO)


def test_a_view_of_an_older_installation_is_replaced(scripts: Path, tmp_path: Path) -> None:
    rabbitmq_home.prepare(scripts, tmp_path / "view", ("rabbitmq_management",))
    rabbitmq_home.prepare(scripts, tmp_path / "view", ())
    assert "cowboy" not in _plugins(tmp_path / "view")


def test_an_unknown_layout_is_used_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "rabbitmq-server").write_text("#!/bin/sh\n")
    assert rabbitmq_home.prepare(tmp_path, tmp_path / "view", ()) == tmp_path
