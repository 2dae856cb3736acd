"""The examples of docs/claims.md, run as a facility's developer runs them."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.nation import claim_files
from deploy.nation.calendar import today
from deploy.nation.cast import cast
from deploy.nation.cast_visits import patient
from deploy.nation.claim_files import Dossier, moment
from deploy.nation.treatments import TREATMENTS
from lienthong.client import Client

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples" / "python"
NHUNG = cast(today())[0]


def execute(*words: str | Path, code: int = 0) -> list[str]:
    done = subprocess.run(
        [str(word) for word in words], cwd=ROOT, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return (done.stdout or done.stderr).splitlines()


@pytest.fixture
def agencies(stack_variable: Callable[[str], str]) -> Path:
    return Path(stack_variable("RUN")) / "agencies"


@pytest.fixture
def right() -> Dossier:
    """A morning at 01001, under a number of its own."""
    day = today()
    return Dossier(
        treatment_code=f"GUIDE-{time.time_ns()}",
        facility_code="01001",
        patient=patient(NHUNG),
        admitted_at=moment(day, 0),
        discharged_at=moment(day, 0, 1),
        diagnosis=TREATMENTS[2].diagnosis,
        diagnosis_text=TREATMENTS[2].text,
        services=TREATMENTS[2].services,
        fund_basis_points=10_000,
    )


def test_a_file_with_a_right_and_a_wrong_dossier(agencies: Path, right: Dossier, tmp_path: Path) -> None:
    wrong = replace(right, treatment_code=f"{right.treatment_code}-2", changed={"T_BHTT": "1"})
    file = tmp_path / "hoso.xml"
    file.write_bytes(claim_files.claim_file("01001", [right, wrong], made_on=today()))
    example = (sys.executable, EXAMPLES / "claims.py", agencies / "hospital-demo", file)
    shown = execute(*example)
    assert shown[1] == "dossiers 2 accepted 1 refused 1"
    assert shown[2] == f"1 {right.treatment_code} accepted version 1"
    assert f"2 {wrong.treatment_code} refused version 0" in shown
    assert any("error XML1" in line and "T_BHTT SUM_WRONG" in line for line in shown)
    assert execute(*example) == shown  # the same file: the same operation


def test_what_is_no_claim_file_is_refused(agencies: Path, tmp_path: Path) -> None:
    file = tmp_path / "hoso.xml"
    file.write_bytes(b"PK\x03\x04" + b"\0" * 100)
    (said,) = execute(sys.executable, EXAMPLES / "claims.py", agencies / "hospital-demo", file, code=1)
    assert said.startswith("refused: ")


def test_a_history_says_on_which_ground_it_is_shown(agencies: Path) -> None:
    with Client(agencies / "hospital-b-demo") as client:
        client.check_coverage(NHUNG.personal_id, full_name=NHUNG.full_name, born=NHUNG.born)
    example = (sys.executable, EXAMPLES / "history.py")
    shown = execute(*example, agencies / "hospital-b-demo", NHUNG.personal_id)
    assert shown[0] == "because of checked"
    assert any("01001 I10 " in line for line in shown)
    assert any(line.startswith("còn dùng Amlodipin") for line in shown)
    (said,) = execute(*example, agencies / "hospital-c-demo", NHUNG.personal_id, code=1)
    assert said.startswith("not admitted here: row_denied")
    assert execute(*example, agencies / "hospital-c-demo", NHUNG.personal_id, "emergency")[0] == (
        "because of emergency"
    )
