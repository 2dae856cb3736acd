"""The Kubernetes example fits the programs, and its parts fit each other."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from deploy.local.stack import SERVICES, WRITERS
from lienthong.rpc.settings import PREFIX, ServiceSettings
from tests.support.documents import ROOT, tables
from tests.support.settings import expect_fitting

FOLDER = ROOT / "deploy" / "kubernetes"
OBJECTS: list[dict[str, Any]] = [
    document
    for file in ("lienthong.yaml", "bus.yaml", "network.yaml")
    for document in yaml.safe_load_all((FOLDER / file).read_text(encoding="utf-8"))
]
WORKLOADS = {o["metadata"]["name"]: o for o in OBJECTS if o["kind"] in {"Deployment", "Job"}}
DEPLOYMENTS = {name: o for name, o in WORKLOADS.items() if o["kind"] == "Deployment"}
PODS = {name: o["spec"]["template"]["spec"] for name, o in WORKLOADS.items()}
LABELS = {name: o["spec"]["template"]["metadata"]["labels"] for name, o in WORKLOADS.items()}


WRITING = {name.replace("_", "-"): user for name, user in WRITERS.items()}


def container(name: str) -> dict[str, Any]:
    (only,) = PODS[name]["containers"]
    assert isinstance(only, dict)
    return only


def environment(name: str) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container(name)["env"]}


def selected(selector: dict[str, Any]) -> set[str]:
    """The workloads that a label selector means."""
    wanted = {key: [value] for key, value in selector.get("matchLabels", {}).items()}
    wanted |= {e["key"]: e["values"] for e in selector.get("matchExpressions", [])}
    return {
        name
        for name, labels in LABELS.items()
        if all(labels.get(key) in values for key, values in wanted.items())
    }


def test_every_object_is_named_once_and_listed() -> None:
    names = [(o["kind"], o["metadata"]["name"]) for o in OBJECTS]
    assert len(set(names)) == len(names)
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    assert sorted(listed) == sorted(p.name for p in FOLDER.glob("*.yaml") if p.name != "kustomization.yaml")


def test_every_process_of_the_local_stack_runs_here_too() -> None:
    assert {name.replace("_", "-") for name in (*WRITERS, *SERVICES, "gateway")} == DEPLOYMENTS.keys()


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_process_gets_every_variable_that_it_needs_and_none_that_it_does_not_know(name: str) -> None:
    expect_fitting(container(name)["command"][2], set(environment(name)))


BROKERLESS = {"webhooks", "deliveries", "folding-identity", "folding-contributions", "folding-health-claims"}
"""They know the database, and some of them services, but not the broker."""


@pytest.mark.parametrize("name", WRITING)
def test_a_process_logs_in_to_the_broker_as_itself(name: str) -> None:
    url = urlsplit(environment(name).get(f"{PREFIX}AMQP_URL", ""))
    assert url.username == (None if name in BROKERLESS else WRITING[name])


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_pod_runs_as_nobody_in_particular_and_can_write_nowhere(name: str) -> None:
    assert PODS[name]["securityContext"]["runAsNonRoot"] is True
    assert PODS[name]["automountServiceAccountToken"] is False
    context = container(name)["securityContext"]
    assert context["readOnlyRootFilesystem"] is True
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("name", WORKLOADS)
def test_secrets_are_files_that_the_readme_lists(name: str) -> None:
    (volume,) = PODS[name]["volumes"]
    assert volume["secret"]["defaultMode"] == 0o440
    rows = tables(FOLDER / "README.md", "Kubernetes")
    files = next(cells for names, cells in rows if f"`{volume['secret']['secretName']}`" in names)
    for value in environment(name).values():
        for path in re.findall(r"/secrets/[^&]+$", value):
            assert f"`{path.removeprefix('/secrets/')}`" in files


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_process_is_probed_on_ports_that_it_has(name: str) -> None:
    ports = {port["name"]: port["containerPort"] for port in container(name)["ports"]}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        (how,) = container(name)[probe].keys() & {"tcpSocket", "httpGet"}
        assert container(name)[probe][how]["port"] in ports
    told = environment(name)
    listening = {
        told[v].rpartition(":")[2] for v in (f"{PREFIX}LISTEN", f"{PREFIX}METRICS_LISTEN") if v in told
    }
    assert listening == {str(port) for port in ports.values()}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_pod_has_longer_to_stop_than_its_process_takes(name: str) -> None:
    grace = ServiceSettings.model_fields["stop_grace_s"].default
    assert PODS[name]["terminationGracePeriodSeconds"] > grace


def test_every_service_selects_a_deployment_and_a_port_of_it() -> None:
    for service in (o for o in OBJECTS if o["kind"] == "Service"):
        (name,) = selected({"matchLabels": service["spec"]["selector"]})
        ports = {port["name"] for port in container(name)["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_the_gateway_calls_services_that_exist() -> None:
    services = {o["metadata"]["name"]: o["spec"]["ports"] for o in OBJECTS if o["kind"] == "Service"}
    for variable, value in environment("gateway").items():
        if variable.startswith(f"{PREFIX}TARGETS_"):
            host, _, port = value.partition(":")
            assert [int(port)] == [entry["port"] for entry in services[host]]


def test_only_what_is_needed_may_talk() -> None:
    policies = {o["metadata"]["name"]: o["spec"] for o in OBJECTS if o["kind"] == "NetworkPolicy"}
    assert policies["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    services = {"identity", "contributions", "health-claims"}
    assert selected(policies["services"]["podSelector"]) == services
    (rule,) = policies["services"]["ingress"]
    assert selected(rule["from"][0]["podSelector"]) == {"gateway", "deliveries"}
    assert [port["port"] for port in rule["ports"]] == [7400]
    assert selected(policies["database"]["podSelector"]) == WORKLOADS.keys()
    assert selected(policies["broker"]["podSelector"]) == {"declare", *WRITING} - BROKERLESS
    assert selected(policies["webhooks"]["podSelector"]) == {"webhooks"}
    assert selected(policies["deliveries"]["podSelector"]) == {"deliveries"}
    assert selected(policies["metrics"]["podSelector"]) == DEPLOYMENTS.keys()
