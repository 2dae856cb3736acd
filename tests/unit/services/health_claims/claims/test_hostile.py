"""Hostile files of every kind: bounded in memory, and never an error of the program."""

import os
import subprocess
import sys
import zlib
from collections import Counter
from pathlib import Path

import pytest

from deploy.nation.claim_files import claim_file
from tests.support import claim_fuzz, claims

ROOT = Path(__file__).resolve().parents[5]
MIB = 1 << 20


def test_two_thousand_mutations_are_read_or_refused_with_a_reason() -> None:
    mutations = claim_fuzz.Mutations(seed=20_261_122)
    outcomes = Counter(claim_fuzz.run(mutations(number)) for number in range(2_000))
    # Some of each: a maker of nothing but garbage would look at one door only.
    assert outcomes.keys() >= {"FILE_MALFORMED", "read, refused", "read, accepted"}
    assert min(outcomes["FILE_MALFORMED"], outcomes["read, refused"], outcomes["read, accepted"]) > 100


def taken(compressed: bytes) -> tuple[str, int]:
    """What became of a file, and how many MiB that took at the peak."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'protos' / 'gen'}"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.claim_memory"],
        input=compressed, capture_output=True, check=True, timeout=60, cwd=ROOT, env=environment,
    )  # fmt: skip
    outcome, mebibytes = done.stdout.split()
    return outcome.decode(), int(mebibytes)


def _valid_of_10_mib() -> bytes:
    many = [claims.dossier(f"LK-{number}", services=claims.dossier().services * 10) for number in range(400)]
    document = claim_file(claims.FACILITY, many, made_on=claims.DAY)
    assert 9 * MIB < len(document) < 12 * MIB
    return document


def _one_table(octets: bytes) -> bytes:
    return claims.envelope([("XML1", claims.encoded(octets))])


def _many_tables(octets: bytes) -> bytes:
    return claims.envelope([(f"XML{number}", claims.encoded(octets)) for number in range(2, 6)])


@pytest.mark.parametrize(
    ("name", "outcome", "most_mib"),
    [
        ("valid", "400", 64),
        ("one_line", "FILE_LIMIT", 64),
        ("many_elements", "FILE_LIMIT", 64),
        ("bomb", "FILE_LIMIT", 64),
        ("laughs", "FILE_MALFORMED", 16),
        ("small_elements_in_a_table", "1", 96),
        ("many_findings", "1", 96),
        ("small_lines_in_many_tables", "1", 96),
    ],
)
def test_memory_stays_bounded_whatever_the_file(name: str, outcome: str, most_mib: int) -> None:
    made = {
        "valid": _valid_of_10_mib,
        "one_line": lambda: b"<GIAMDINHHS>" + b"x" * (10 * MIB) + b"</GIAMDINHHS>",
        "many_elements": lambda: b"<GIAMDINHHS>" + b"<a/>" * (10 * MIB // 4) + b"</GIAMDINHHS>",
        "bomb": lambda: b"<GIAMDINHHS><A>" + (b" " * 1_000 + b"<!-- -->") * (80 * MIB // 1_008),
        "laughs": lambda: b'<!DOCTYPE G [<!ENTITY a "%s">]><G>%s</G>' % (b"x" * MIB, b"&a;" * MIB),
        "small_elements_in_a_table": lambda: _one_table(b"<A>" + b"<B/>" * 399_990 + b"</A>"),
        "many_findings": lambda: _one_table(b"<A><MA_LK/>" + b"<MA_LK/>" * 200_000 + b"</A>"),
        "small_lines_in_many_tables": lambda: _many_tables(b"<A>" + b"<B><MA_LK/></B>" * 110_000 + b"</A>"),
    }[name]()
    found, mebibytes = taken(zlib.compress(made))
    assert found == outcome
    assert mebibytes <= most_mib
