"""A ministry is delivered its figures: subscribed, fetched and verified by command, and by nobody else."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gateway.deliveries.periods import CLOSE_DAYS, before, last_closed, written
from lienthong.agencies import Agency, AgencyKind, admin
from lienthong.client.enrolment import new_key
from lienthong.signing import Algorithm
from tests.support.documents import ROOT
from tests.support.stack import Running, until
from tests.support.wire import Sender

CLOSED = last_closed(datetime.now(UTC), CLOSE_DAYS)
MONTH = written(CLOSED)
TERMS = admin.GrantTerms(
    scope="statistics:read", purposes=frozenset({"statistics"}), data_classes=frozenset({"result"})
)
MINISTRY = Agency("test-ministry", "Bộ", AgencyKind.MINISTRY, None, None, active=True)


class Desk:
    """An agency that types commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: str | Path, offline: bool = False) -> subprocess.CompletedProcess[str]:
        """``lienthong … stats`` with these words; ``offline``: as nobody, with a gateway that is not there."""
        who = () if offline else ("--agency", str(self.folder))
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'protos' / 'gen'}", "COLUMNS": "200"}
        environment.pop("LIENTHONG_AGENCY", None)
        return subprocess.run(
            [sys.executable, "-m", "lienthong.cli", *who, "stats", *map(str, words)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def asked(self, *words: str) -> dict[str, Any]:
        """The answer's JSON."""
        done = self.run(*words, "--json")
        assert done.returncode in {0, 1}, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[0])
        return found

    def delivered(self, subscription_id: str, number: int) -> list[dict[str, Any]]:
        """So many deliveries of a subscription, newest first, once they are there."""

        def listed() -> list[dict[str, Any]] | None:
            found: list[dict[str, Any]] = self.asked("deliveries", "--of", subscription_id)["deliveries"]
            return found if len(found) == number else None

        found = until(listed, seconds=60, what=f"{number} deliveries")
        assert found is not None
        return found


@pytest.fixture(scope="module")
def desk(running: Running) -> Iterator[Desk]:
    """The demo ministry; what it has subscribed to ends with the tests."""
    made = Desk(running.stack.agencies / "ministry-demo")
    yield made
    for one in made.asked("subscriptions")["subscriptions"]:
        made.run("unsubscribe", one["subscriptionId"])


@pytest.fixture(scope="module")
def subscribed(desk: Desk) -> str:
    """A subscription that has two months to deliver."""
    name = str(uuid.uuid4())
    first = written(before(CLOSED, 1))
    answer = desk.asked(
        "subscribe", "DF_PARTICIPANTS", "--where", "REF_AREA=VN,VN_01", "--format", "csv", "--format", "parquet",
        "--from", first, "--id", name,
    )  # fmt: skip
    assert answer["subscription"]["subscriptionId"] == name
    return name


def test_what_was_subscribed_to_is_fetched_and_verified_without_a_line(
    desk: Desk, subscribed: str, tmp_path: Path
) -> None:
    made = desk.delivered(subscribed, 2)
    assert [one["period"] for one in made] == [MONTH, written(before(CLOSED, 1))]
    for one in made:
        done = desk.run("fetch", one["deliveryId"], "-o", tmp_path / one["period"])
        assert done.returncode == 0, done.stderr
    keys = desk.folder / "gateway-keys.json"
    holds = desk.run("verify", tmp_path, "--keys", keys, "--json", offline=True)
    assert holds.returncode == 0, holds.stdout
    told = json.loads(holds.stdout)["deliveries"]
    assert [one["sequence"] for one in told] == [1, 2]
    assert all(one["uncounted"] == one["notListed"] == [] for one in told)
    file = tmp_path / MONTH / f"DF_PARTICIPANTS-{MONTH}.csv"
    file.write_bytes(file.read_bytes().replace(b",VN,", b",VX,", 1))
    broken = desk.run("verify", tmp_path, "--keys", keys, offline=True)
    assert broken.returncode == 1
    assert str(file) in broken.stdout


def test_the_file_has_the_figures_of_a_pull(desk: Desk, subscribed: str, tmp_path: Path) -> None:
    newest = desk.delivered(subscribed, 2)[0]
    assert desk.run("fetch", newest["deliveryId"], "-o", tmp_path / "fetched").returncode == 0
    pulled = tmp_path / "pulled.parquet"
    words = (
        "get",
        "DF_PARTICIPANTS",
        "--all",
        "--where",
        "REF_AREA=VN,VN_01",
        "--from",
        MONTH,
        "--to",
        MONTH,
    )
    assert desk.run(*words, "-o", pulled).returncode == 0
    moves = ["LAST_UPDATE", "WATERMARK"]
    expected = pd.read_parquet(pulled, dtype_backend="pyarrow").drop(columns=moves)
    found = pd.read_parquet(
        tmp_path / "fetched" / f"DF_PARTICIPANTS-{MONTH}.parquet", dtype_backend="pyarrow"
    ).drop(columns=moves)
    assert len(found) == int(newest["files"][0]["rows"]) > 10
    pd.testing.assert_frame_equal(found, expected)


def test_shares_of_the_population_are_delivered_with_their_decimals(desk: Desk, tmp_path: Path) -> None:
    name = str(uuid.uuid4())
    formats = ("--format", "csv", "--format", "parquet")
    desk.asked("subscribe", "DF_COVERAGE_SHARE", *formats, "--from", MONTH, "--id", name)
    (made,) = desk.delivered(name, 1)
    fetched = desk.run("fetch", made["deliveryId"], "-o", tmp_path / MONTH)
    assert fetched.returncode == 0, fetched.stderr
    counts = tmp_path / "counts.parquet"
    of_all = ("--where", "GROUP=_T", "--where", "BENEFIT=_T")
    pulled = desk.run("get", "DF_COVERAGE", "--all", *of_all, "--from", MONTH, "--to", MONTH, "-o", counts)
    assert pulled.returncode == 0, pulled.stderr

    delivered = pd.read_csv(tmp_path / MONTH / f"DF_COVERAGE_SHARE-{MONTH}.csv", dtype=str)
    by_area = {kind: rows.set_index("REF_AREA") for kind, rows in delivered.groupby("INDICATOR")}
    shares, people = by_area["SHARE"]["OBS_VALUE"].dropna(), by_area["POPULATION"]["OBS_VALUE"]
    persons = pd.read_parquet(counts, dtype_backend="pyarrow").set_index("REF_AREA")["OBS_VALUE"]
    assert "VN" in shares.index
    for area, share in shares.items():
        exact = Decimal(100 * int(persons[area])) / int(people[area])
        assert share == str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP)), area
    kept = pd.read_parquet(tmp_path / MONTH / f"DF_COVERAGE_SHARE-{MONTH}.parquet", dtype_backend="pyarrow")
    assert str(kept["OBS_VALUE"].dtype) == "double[pyarrow]"
    assert kept["OBS_VALUE"].astype("float64").tolist() == pytest.approx(
        delivered["OBS_VALUE"].astype("float64").tolist(), nan_ok=True
    )


def test_a_delivery_is_a_pull_in_the_access_log(desk: Desk, subscribed: str, running: Running) -> None:
    newest = desk.delivered(subscribed, 2)[0]
    with running.registry() as registry:
        found = registry.execute(
            "SELECT rpc, purpose, staff, outcome FROM audit_entry WHERE agency_id = 'ministry-demo' AND detail LIKE %s",
            (f"delivery {newest['deliveryId']}%",),
        ).fetchall()
    rpc = "vss.contributions.v1.ContributionsStatisticsService/ListObservations"
    assert found == [(rpc, "statistics", "demo-staff", "ok")]


def test_somebody_else_cannot_read_it_and_whoever_has_no_grant_is_refused(
    desk: Desk, subscribed: str, running: Running, hospital: Sender
) -> None:
    newest = desk.delivered(subscribed, 2)[0]
    other = running.enrol(MINISTRY, TERMS)
    paths = [f"/v1/deliveries/{newest['deliveryId']}", f"/v1/deliveryFiles/{newest['files'][0]['fileId']}"]
    for path in paths:
        answer = other.ask(path, b"", method="GET", purpose="statistics", content_type=None)
        assert (answer.status, answer.reason) == (404, "not_found")
        answer = hospital.ask(path, b"", method="GET", purpose="admission", content_type=None)
        assert (answer.status, answer.reason) == (403, "scope_denied")


def test_what_was_delivered_cannot_be_read_after_the_grant_is_revoked(
    running: Running, tmp_path: Path
) -> None:
    name = f"test-ministry-{uuid.uuid4().hex[:10]}"
    enrolment = new_key(
        tmp_path / "agency", agency_id=name, gateway=running.gateway, algorithm=Algorithm.ED25519,
        now=int(datetime.now(UTC).timestamp()),
    )  # fmt: skip
    keys = running.stack.agencies / "ministry-demo" / "gateway-keys.json"
    (tmp_path / "agency" / "gateway-keys.json").write_bytes(keys.read_bytes())
    with running.registry() as registry:
        admin.add_agency(
            registry, Agency(name, "Bộ", AgencyKind.MINISTRY, None, None, active=True), actor="tests"
        )
        admin.add_key(
            registry,
            name,
            enrolment.public_key,
            proof=enrolment.proof,
            now=datetime.now(UTC).timestamp(),
            actor="tests",
        )
        admin.grant(registry, name, TERMS, actor="tests")
    desk = Desk(tmp_path / "agency")
    running.await_known(Sender.load(desk.folder))
    subscription = desk.asked("subscribe", "DF_COVERAGE", "--from", MONTH, "--staff", "desk-1")[
        "subscription"
    ]
    (made,) = desk.delivered(subscription["subscriptionId"], 1)
    with running.registry() as registry:
        admin.revoke_grant(registry, name, "statistics:read", actor="tests")

    def refused() -> bool:
        return desk.run("fetch", made["deliveryId"], "-o", tmp_path / "out").returncode == 3

    until(refused, seconds=20, what="the revocation is known")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("subscribe", "DF_NOTHING"), 2),
        (("subscribe", "DF_PARTICIPANTS", "--key", "M.VN"), 2),
        (("subscribe", "DF_PARTICIPANTS", "--from", "1990-01"), 2),
        (("fetch", "0193b1c2-7d3e-7a61-9d5e-2f1c0a4b8e77", "-o", "nowhere"), 1),
        (("unsubscribe", "0193b1c2-7d3e-7a61-9d5e-2f1c0a4b8e77"), 1),
        (("verify", "nowhere"), 1),
        (("verify", "nowhere", "--keys", "no-such-file"), 2),
    ],
)
def test_a_command_that_cannot_be_done_says_so_by_its_status(
    desk: Desk, words: tuple[str, ...], status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = desk.run(*words)
    assert (done.returncode, "Traceback" in done.stderr) == (status, False), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_whoever_verifies_says_whose_signature_is_believed(desk: Desk, tmp_path: Path) -> None:
    assert desk.run("verify", tmp_path, offline=True).returncode == 2


def test_the_worker_tells_how_late_it_is(running: Running, desk: Desk, subscribed: str) -> None:
    desk.delivered(subscribed, 2)
    assert "lienthong_deliveries_late_seconds" in running.metrics("deliveries")
    until(
        lambda: running.counter("deliveries", 'lienthong_requests_total{outcome="ok",rpc="delivery"}') >= 2,
        seconds=10,
        what="deliveries are counted",
    )
