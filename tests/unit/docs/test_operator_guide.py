"""The operators' guide names every variable, metric and alarm, and none that does not exist."""

import re
from enum import Enum

import pytest
import yaml
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from gateway.deliveries import measures as delivery_measures
from gateway.deliveries.settings import Settings as DeliverySettings
from gateway.settings import Settings
from lienthong.bus import measures, outbox_measures
from lienthong.bus.settings import RelaySettings
from lienthong.rpc.settings import PREFIX, ServiceSettings
from lienthong.statistics import measures as statistics_measures
from lienthong.statistics.settings import FoldingSettings
from lienthong.telemetry import metrics
from services.health_claims.settings import CertificateSettings
from services.identity import measures as identity_measures
from tests.support.documents import ROOT, metrics_of, pages, tables
from tests.support.settings import variables

GUIDE = ROOT / "docs" / "operator-guide.md"
_VARIABLE = re.compile(r"\bLIENTHONG_[A-Z_]*[A-Z]\b")
_SOURCES = ("lienthong", "services", "gateway", "deploy", "benchmarks", "tests", "Makefile")
# A default in words stands for one that the machine decides.
_IN_WORDS = {"host name and process id"}


def shown(default: object) -> str:
    """A default as the guide writes it."""
    if default is PydanticUndefined:
        return "required"
    if default is None:
        return "none"
    if default == frozenset():
        return "empty"
    return str(default.value if isinstance(default, Enum) else default)


def expected(settings: type[BaseSettings]) -> dict[str, str]:
    """Variable and default, from the class."""
    rows: dict[str, str] = {}
    for name, field in settings.model_fields.items():
        rows[f"{PREFIX}{name.upper()}"] = "factory" if field.default_factory else shown(field.default)
    return rows


@pytest.mark.parametrize(
    ("heading", "settings"),
    [
        ("A service", ServiceSettings),
        ("Certificates", CertificateSettings),
        ("A gateway worker", Settings),
        ("A relay", RelaySettings),
        ("Deliveries", DeliverySettings),
        ("Statistics", FoldingSettings),
    ],
)
def test_every_variable_of_a_process_is_documented_with_its_default(
    heading: str, settings: type[BaseSettings]
) -> None:
    told = {variable.strip("`"): default for variable, default, _ in tables(GUIDE, heading)}
    told = {name: "factory" if default in _IN_WORDS else default for name, default in told.items()}
    assert told == expected(settings)


@pytest.mark.parametrize(
    ("heading", "module"),
    [("Consumers", "services.contributions.consumers"), ("Webhooks", "gateway.webhooks")],
)
def test_every_variable_of_a_process_of_the_write_side_is_documented(heading: str, module: str) -> None:
    told = {row[0].strip("`"): row[1] == "required" for row in tables(GUIDE, heading)}
    assert told == variables(module)


def _variables_of_the_guide() -> set[str]:
    return set(_VARIABLE.findall(GUIDE.read_text(encoding="utf-8")))


def test_every_variable_that_the_code_reads_is_in_the_guide() -> None:
    files = [path for top in _SOURCES for path in [ROOT / top, *(ROOT / top).rglob("*")]]
    texts = (
        path.read_text(encoding="utf-8")
        for path in files
        if path.suffix in {".py", ".sh", ".yaml"} or path.name == "Makefile"
    )
    used = {name for text in texts for name in _VARIABLE.findall(text)}
    # f"LIENTHONG_TARGETS_{name}" is written as its beginning.
    known = _variables_of_the_guide() | {"LIENTHONG_TARGETS"}
    assert used - known == set()


def test_no_page_names_a_variable_that_the_guide_does_not_know() -> None:
    known = _variables_of_the_guide()
    for page in pages():
        assert set(_VARIABLE.findall(page.read_text(encoding="utf-8"))) <= known, page.name


def test_every_metric_is_documented_with_its_labels() -> None:
    told = {
        name.strip("`"): set(re.findall(r"`(\w+)`", labels)) for name, labels, _ in tables(GUIDE, "Metrics")
    }
    known = (metrics, measures, outbox_measures, statistics_measures, identity_measures, delivery_measures)
    assert told == {name: labels for module in known for name, labels in metrics_of(module).items()}


def test_every_alarm_is_documented_and_no_other() -> None:
    rules = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))
    alarms = [rule["alert"] for group in rules["groups"] for rule in group["rules"]]
    assert [row[0].strip("`") for row in tables(GUIDE, "Alarms")] == alarms
