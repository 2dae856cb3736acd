"""The alert rules are well formed and look at metrics, labels and reasons that exist."""

import re
from typing import Any

import pytest
import yaml

from deploy.local.stack import STATISTICS_ROLES
from gateway.deliveries import measures as delivery_measures
from gateway.problems import REASONS
from lienthong.bus import measures, outbox_measures, topology
from services.identity import measures as identity_measures
from tests.support.documents import ROOT, metrics_of

FILE = ROOT / "deploy" / "prometheus" / "alerts.yml"
GROUPS: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["groups"]
RULES: list[dict[str, Any]] = [rule for group in GROUPS for rule in group["rules"]]
METRICS = {
    "up": {"job", "instance"},
    "lienthong_requests_total": {"rpc", "outcome"},
    "lienthong_request_seconds_bucket": {"rpc", "le"},
    "lienthong_queue_depth": {"queue"},
    "lienthong_refusals_total": {"reason"},
    "lienthong_dependency_up": {"dependency"},
    # The broker's own, from its plug-in rabbitmq_prometheus.
    "rabbitmq_detailed_queue_messages": {"vhost", "queue"},
    "rabbitmq_detailed_queue_consumers": {"vhost", "queue"},
    **metrics_of(measures),
    **metrics_of(outbox_measures),
    **metrics_of(identity_measures),
    **metrics_of(delivery_measures),
}
_SELECTOR = re.compile(r"\b(up|(?:lienthong|rabbitmq)_\w+)(?:\{([^}]*)\})?", re.DOTALL)
_LABEL = re.compile(r'(\w+)(=~|=|!=|!~)"([^"]*)"')


def by_name(rule: dict[str, Any]) -> str:
    return str(rule["alert"])


def test_names_are_unique() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_a_rule_has_what_prometheus_demands_and_nothing_else(rule: dict[str, Any]) -> None:
    assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert rule["annotations"]["summary"]
    for opening, closing in ("()", "[]", "{}"):
        assert rule["expr"].count(opening) == rule["expr"].count(closing)


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_an_expression_asks_for_series_that_exist(rule: dict[str, Any]) -> None:
    selectors = _SELECTOR.findall(rule["expr"])
    assert selectors
    for metric, matchers in selectors:
        for label, _, _ in _LABEL.findall(matchers):
            assert label in METRICS[metric] | {"job", "instance"}


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_an_expression_asks_for_reasons_that_are_given(rule: dict[str, Any]) -> None:
    reasons = {"ok", "INTERNAL", "failed", *REASONS}
    for label, operator, value in _LABEL.findall(rule["expr"]):
        if label in {"reason", "outcome"}:
            wanted = value.split("|") if operator == "=~" else [value]
            assert all(any(re.fullmatch(one, reason) for reason in reasons) for one in wanted)


def test_every_queue_is_watched_for_consumers_or_for_what_was_set_aside() -> None:
    watched = {
        rule["alert"]: {name: value for name, _, value in _LABEL.findall(rule["expr"])} for rule in RULES
    }
    without, dead = (watched[alert]["queue"] for alert in ("LienthongNobodyConsumes", "LienthongDeadLetters"))
    found = topology.derive()
    names = {queue.name for queue in found.queues}
    assert {name for name in names if not re.fullmatch(without, name)} == set(found.work)
    assert {name for name in names if re.fullmatch(dead, name)} == {
        topology.dead_queue(name) for name in found.work
    }


def test_somebody_must_fold_in_every_database_that_counts() -> None:
    (rule,) = (rule for rule in RULES if rule["alert"] == "LienthongNobodyFolds")
    assert rule["expr"] == f"sum(lienthong_statistics_leads) < {len(STATISTICS_ROLES)}"
