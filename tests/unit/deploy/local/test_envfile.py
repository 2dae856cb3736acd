"""stack.env is read alike by a shell and by python-dotenv, and tells everything once."""

import shutil
import subprocess
from pathlib import Path

from dotenv import dotenv_values

from deploy.local import envfile, files
from deploy.local.stack import from_environment


def test_a_shell_and_dotenv_read_the_same_values(tmp_path: Path) -> None:
    stack = from_environment({"RUN": str(tmp_path), "GATEWAY_WORKERS": "2"})
    files.folder(stack.secrets)
    envfile.write(stack)
    values = envfile.values(stack)
    assert dotenv_values(stack.env_file) == values
    shell = shutil.which("sh")
    assert shell is not None
    printed = subprocess.run(
        [shell, "-c", f"set -a; . {stack.env_file}; env -0"],
        env={},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    read = dict(entry.split("=", 1) for entry in printed.split("\0") if entry)
    assert {key: read[key] for key in values} == values
    assert stack.env_file.stat().st_mode & 0o077 == 0


def test_it_names_each_database_twice_and_each_process_that_is_measured(tmp_path: Path) -> None:
    stack = from_environment({"RUN": str(tmp_path), "GATEWAY_WORKERS": "2"})
    files.folder(stack.secrets)
    values = envfile.values(stack)
    assert sum(key.startswith("DATABASE_URL_") for key in values) == 12
    assert {key for key in values if key.startswith("METRICS_")} == {
        "METRICS_IDENTITY",
        "METRICS_CONTRIBUTIONS",
        "METRICS_HEALTH_CLAIMS",
        "METRICS_GATEWAY_0",
        "METRICS_GATEWAY_1",
        "METRICS_RELAY_GATEWAY",
        "METRICS_RELAY_CONTRIBUTIONS",
        "METRICS_RELAY_HEALTH_CLAIMS",
        "METRICS_CONSUMERS_CONTRIBUTIONS",
        "METRICS_CONSUMERS_HEALTH_CLAIMS",
        "METRICS_CONSUMERS_GATEWAY",
        "METRICS_WEBHOOKS",
        "METRICS_FOLDING_IDENTITY",
        "METRICS_DELIVERIES",
        "METRICS_FOLDING_CONTRIBUTIONS",
        "METRICS_FOLDING_HEALTH_CLAIMS",
    }


def test_it_names_the_broker_for_the_operator_and_for_each_service_without_a_password(tmp_path: Path) -> None:
    stack = from_environment({"RUN": str(tmp_path)})
    urls = {key: value for key, value in envfile.values(stack).items() if key.startswith("AMQP_URL")}
    assert urls == {
        key: f"amqp://{user}@127.0.0.1:7472/%2F?passfile={tmp_path}/secrets/rabbitmq-{user}.password"
        for key, user in {
            "AMQP_URL": "operator",
            "AMQP_URL_GATEWAY": "gateway",
            "AMQP_URL_CONTRIBUTIONS": "contributions",
            "AMQP_URL_HEALTH_CLAIMS": "health_claims",
        }.items()
    }
