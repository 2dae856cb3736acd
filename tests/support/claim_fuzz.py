"""Mutations of valid claim files: each is read to its end or refused with a reason, and never anything else.

    python -m tests.support.claim_fuzz --count 100000 [--seed 1]

Four kinds, in turn: octets of the compressed file, of the envelope, of a table, and values of
fields. What is accepted of a mutation is also made rows of.
"""

import argparse
import random
import re
import resource
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Final
from uuid import UUID

from services.health_claims import claim_rows
from services.health_claims.domain.claims import fields
from services.health_claims.domain.claims.dossiers import Dossier
from services.health_claims.domain.claims.findings import DOSSIER, meanings
from services.health_claims.domain.claims.reading import FileRefused
from services.health_claims.domain.claims.register import Entitled
from tests.support import claims
from tests.support.coverage import NHUNG

REASONS: Final = frozenset({"FILE_TYPE", "FILE_MALFORMED", "FILE_LIMIT"})
_NASTY: Final = (
    b"<", b">", b"&", b"&amp;", b"&#0;", b"&#xFFFF;", b"&#x110000;", b"&x;", b"]]>", b"<![CDATA[", b"<!DOCTYPE x>",
    b"<!--", b"-->", b"<?x?>", b"<a/>", b"</HOSO>", b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbf\xbe",
    b"\xe2\x80\xae", b"\\", b"\\.", b"\\N", b"\t", b"\r\n", b"'", b'"', b"{", b"}", b",", b";", b" ",
    b"-1", b"1e9", b"NaN", b"9" * 40, b"0" * 300, b"99999999", b"202602290000", b"00000000", b"x" * 5_000,
    "Đ".encode(), "٣".encode(), b"xmlns='x'", b"xsi:nil='true'",
)  # fmt: skip
_VALUE: Final = re.compile(rb">([^<>]*)</")
_PLACE: Final = claim_rows.Place(claims.FACILITY, UUID(int=1), claims.ACCEPTED_AT)
_ENTITLED: Final = Entitled(NHUNG.holder, NHUNG.holder.cards[0], date(2027, 12, 31), withdrawn=False)
_COLUMNS: Final = 26


def mutate(octets: bytes, rng: random.Random) -> bytes:
    """Some octets changed, left out, doubled, or something nasty put in."""
    mutated = bytearray(octets)
    for _ in range(rng.choice((1, 1, 1, 2, 5, 20))):
        at = rng.randrange(len(mutated) + 1)
        match rng.randrange(5):
            case 0:
                mutated[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del mutated[at : at + rng.choice((1, 2, 8, 100))]
            case 2:
                mutated[at:at] = rng.choice(_NASTY)
            case 3:
                mutated[at:at] = mutated[at : at + rng.choice((1, 10, 200))]
            case _:
                other = rng.randrange(len(mutated) + 1)
                mutated[at:at] = mutated[other : other + 50]
    return bytes(mutated)


def mutate_value(table: bytes, rng: random.Random) -> bytes:
    """The value of one field exchanged for something nasty, or for that of another field."""
    values = list(_VALUE.finditer(table))
    one = rng.choice(values)
    other = rng.choice(_NASTY) if rng.random() < 0.5 else rng.choice(values)[1]
    return table[: one.start(1)] + other + table[one.end(1) :]


class Mutations:
    """Endless and, for one seed, always the same."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._whole = claims.file(claims.dossier("A"), claims.dossier("B", diagnosis="B20"))
        self._tables = claims.parts(claims.dossier())

    def __call__(self, number: int) -> bytes:
        """The ``number``-th; to be asked for in their order."""
        rng = self._rng
        match number % 4:
            case 0:
                return mutate(self._whole, rng)
            case 1:
                return zlib.compress(mutate(zlib.decompress(self._whole), rng))
            case kind:
                name = rng.choice(list(self._tables))
                change: Callable[[bytes, random.Random], bytes] = mutate if kind == 2 else mutate_value
                return claims.packed(self._tables | {name: change(self._tables[name], rng)})


def run(file: bytes) -> str:
    """What becomes of a file. Fails if it is neither read nor refused with a reason."""
    try:
        found = claims.read(file)
    except FileRefused as error:
        return _refused(error)
    for dossier in found:
        _check(dossier)
    return "read, refused" if any(dossier.refused for dossier in found) else "read, accepted"


def _refused(error: FileRefused) -> str:
    assert error.reason in REASONS
    assert 0 < len(error.message) < 120
    return error.reason


def _check(dossier: Dossier) -> None:
    for finding in dossier.findings.kept():
        assert finding.table == DOSSIER or finding.table in fields.TABLES
        assert not finding.field or finding.field in fields.names() | {"LOAIHOSO", "NOIDUNGFILE"}
        assert finding.code in meanings()
    if dossier.refused:
        return
    assert dossier.summary is not None
    accepted = claim_rows.Accepted(dossier, dossier.summary, _ENTITLED, None)
    for row in claim_rows.rows(accepted, _PLACE):
        assert row.endswith(b"\n")
        assert row.count(b"\n") == 1
        assert b"\x00" not in row
    first = next(iter(claim_rows.rows(accepted, _PLACE)))
    assert first.count(b"\t") == _COLUMNS - 1


def main() -> None:
    """Run as many as asked for, and say what became of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    mutations, began = Mutations(asked.seed), time.monotonic()
    outcomes: Counter[str] = Counter()
    for number in range(asked.count):
        file = mutations(number)
        try:
            outcomes[run(file)] += 1
        except BaseException:
            sys.stderr.write(f"seed {asked.seed}, mutation {number}: {file!r}\n")
            raise
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(f"{asked.count} mutations in {time.monotonic() - began:.0f} s, peak memory {peak} MiB\n")
    for outcome, times in sorted(outcomes.items()):
        sys.stdout.write(f"  {times:>7} {outcome}\n")


if __name__ == "__main__":
    main()
