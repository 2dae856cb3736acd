"""A delivery that was changed in any way is refused, and the file that shows it is named."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from lienthong import deliveries
from lienthong.deliveries import DeliveryRefused, Manifest, ManifestFile, Reason
from lienthong.deliveries.manifest import SCHEMA_VERSION
from lienthong.deliveries.verification import CSV, PARQUET, Expected
from lienthong.signing import Algorithm, PrivateKey
from lienthong.signing.jwk import encode

KEY = PrivateKey.generate(Algorithm.ECDSA_P256_SHA256)
OTHER_KEY = PrivateKey.generate(Algorithm.ECDSA_P256_SHA256)
KEYS = {KEY.key_id: KEY.public}
HEADER = "FREQ,REF_AREA,TIME_PERIOD,OBS_VALUE\r\n"


def csv_of(month: str, rows: int = 3) -> bytes:
    return (HEADER + "".join(f'M,"VN, {n}",{month},{n}\r\n' for n in range(rows))).encode()


def parquet_of(rows: int = 3) -> bytes:
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table({"OBS_VALUE": list(range(rows))}), sink)
    octets: bytes = sink.getvalue().to_pybytes()
    return octets


def manifest_of(contents: dict[str, bytes], month: str = "2026-10", **changed: Any) -> Manifest:
    listed = [
        ManifestFile(
            name=name,
            media_type=CSV if name.endswith(".csv") else PARQUET,
            octets=len(content),
            rows=3,
            sha256=deliveries.digest_of(content),
        )
        for name, content in contents.items()
    ]
    made = Manifest(
        schema_version=SCHEMA_VERSION,
        delivery_id="0193b1c2-7d3e-7a61-9d5e-2f1c0a4b8e77",
        subscription_id="0193b1c2-7d3e-4a61-9d5e-2f1c0a4b8e77",
        sequence=1,
        agency_id="ministry",
        dataflow="DF_PARTICIPANTS",
        version="1.0",
        key="",
        period=month,
        watermark="2026-11-05T17:00:03.512Z",
        created="2026-11-05T17:00:03.871Z",
        files=listed,
        previous=None,
    )
    return msgspec.structs.replace(made, **changed)


def put(folder: Path, files: dict[str, bytes], manifest: Manifest, key: PrivateKey = KEY) -> bytes:
    octets = deliveries.written(manifest)
    deliveries.write(folder, files, octets, deliveries.sign(octets, key))
    return octets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A delivery that holds."""
    files = {"DF_P-2026-10.csv": csv_of("2026-10"), "DF_P-2026-10.parquet": parquet_of()}
    put(tmp_path / "one", files, manifest_of(files))
    return tmp_path / "one"


def refused(folder: Path, expected: Expected | None = None) -> DeliveryRefused:
    with pytest.raises(DeliveryRefused) as error:
        deliveries.verify(folder, KEYS, expected or Expected())
    return error.value


def test_what_was_written_holds(folder: Path) -> None:
    (found,) = deliveries.verify(folder, KEYS, Expected(agency_id="ministry", period="2026-10"))
    assert (found.key_id, found.uncounted, found.strange) == (KEY.key_id, (), ())
    assert found.manifest == deliveries.read((folder / "manifest.json").read_bytes())


def truncated(content: bytes) -> bytes:
    return content[:-1]


def lengthened(content: bytes) -> bytes:
    return content + b"\n"


def flipped(content: bytes) -> bytes:
    return content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]


def emptied(_content: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("name", ["DF_P-2026-10.csv", "DF_P-2026-10.parquet"])
@pytest.mark.parametrize(
    ("change", "reason"),
    [(truncated, Reason.SIZE), (lengthened, Reason.SIZE), (emptied, Reason.SIZE), (flipped, Reason.DIGEST)],
)
def test_a_file_that_was_changed_is_named(
    folder: Path, name: str, change: Callable[[bytes], bytes], reason: Reason
) -> None:
    (folder / name).write_bytes(change((folder / name).read_bytes()))
    error = refused(folder)
    assert (error.reason, error.file) == (reason, str(folder / name))


def test_two_files_that_were_swapped_are_not_each_other(tmp_path: Path) -> None:
    files = {"A.csv": csv_of("2026-09"), "B.csv": csv_of("2026-10")}
    put(tmp_path, files, manifest_of(files))
    (tmp_path / "A.csv").rename(tmp_path / "C.csv")
    (tmp_path / "B.csv").rename(tmp_path / "A.csv")
    (tmp_path / "C.csv").rename(tmp_path / "B.csv")
    assert refused(tmp_path).reason is Reason.DIGEST


@pytest.mark.parametrize("name", ["manifest.json", "manifest.json.jws", "DF_P-2026-10.csv"])
def test_a_file_that_is_missing_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    error = refused(folder)
    assert (error.reason, error.file) == (Reason.MISSING, str(folder / name))


@pytest.mark.parametrize("name", ["manifest.json.jws", "DF_P-2026-10.csv"])
def test_a_link_is_not_followed(folder: Path, tmp_path: Path, name: str) -> None:
    (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    assert refused(folder).reason is Reason.MISSING


def test_a_pipe_in_a_files_place_keeps_nobody_waiting(folder: Path) -> None:
    (folder / "DF_P-2026-10.csv").unlink()
    os.mkfifo(folder / "DF_P-2026-10.csv")
    assert refused(folder).reason is Reason.MISSING


def test_rows_that_are_not_as_many_as_the_manifest_says_are_found(tmp_path: Path) -> None:
    for number, files in enumerate(({"A.csv": csv_of("2026-10", rows=4)}, {"A.parquet": parquet_of(rows=2)})):
        put(tmp_path / str(number), files, manifest_of(files))
        error = refused(tmp_path / str(number))
        assert (error.reason, Path(error.file).name) == (Reason.ROWS, next(iter(files)))


def test_a_manifest_that_was_changed_does_not_hold(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b"2026-10", b"2026-09"))
    assert refused(folder).reason is Reason.SIGNATURE


@settings(max_examples=60)
@given(st.data())
def test_any_bit_of_the_manifest_counts(data: st.DataObject) -> None:
    octets = deliveries.written(manifest_of({"A.csv": csv_of("2026-10")}))
    signature = deliveries.sign(octets, KEY)
    assert deliveries.check(signature, octets, KEYS, "x") == KEY.key_id
    place = data.draw(st.integers(0, 8 * len(octets) - 1))
    changed = bytearray(octets)
    changed[place // 8] ^= 1 << place % 8
    with pytest.raises(DeliveryRefused) as error:
        deliveries.check(signature, bytes(changed), KEYS, "x")
    assert error.value.reason is Reason.SIGNATURE


def test_a_manifest_of_another_key_is_refused(tmp_path: Path) -> None:
    files = {"A.csv": csv_of("2026-10")}
    put(tmp_path, files, manifest_of(files), OTHER_KEY)
    assert refused(tmp_path).reason is Reason.UNKNOWN_KEY


def resigned(folder: Path, header: dict[str, Any], *, key: PrivateKey = KEY, payload: str = "") -> None:
    """The folder's manifest under another header, signed all the same."""
    octets = (folder / "manifest.json").read_bytes()
    protected = encode(json.dumps(header).encode())
    signature = encode(key.sign(f"{protected}.{encode(octets)}".encode()))
    (folder / "manifest.json.jws").write_text(f"{protected}.{payload}.{signature}")


GOOD = {"alg": "ES256", "kid": KEY.key_id, "typ": "lienthong-delivery+jws"}


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({**GOOD, "alg": "none"}, Reason.ALGORITHM),
        ({**GOOD, "alg": "None"}, Reason.ALGORITHM),
        ({**GOOD, "alg": "HS256"}, Reason.ALGORITHM),
        ({**GOOD, "alg": ["ES256"]}, Reason.ALGORITHM),
        ({k: v for k, v in GOOD.items() if k != "alg"}, Reason.ALGORITHM),
        ({k: v for k, v in GOOD.items() if k != "kid"}, Reason.MALFORMED),
        ({**GOOD, "kid": 7}, Reason.UNKNOWN_KEY),
        ({**GOOD, "kid": OTHER_KEY.key_id}, Reason.UNKNOWN_KEY),
        ({**GOOD, "typ": "JWT"}, Reason.MALFORMED),
        ({**GOOD, "jwk": OTHER_KEY.public.to_jwk()}, Reason.MALFORMED),
        ({**GOOD, "jku": "https://evil.example/jwks"}, Reason.MALFORMED),
        ({**GOOD, "crit": ["b64"], "b64": False}, Reason.MALFORMED),
    ],
)
def test_a_header_that_says_anything_else_is_refused(
    folder: Path, header: dict[str, Any], reason: Reason
) -> None:
    resigned(folder, GOOD)
    assert len(deliveries.verify(folder, KEYS)) == 1
    resigned(folder, header)
    assert refused(folder).reason is reason


def test_no_signature_at_all_is_refused(folder: Path) -> None:
    protected = encode(json.dumps({**GOOD, "alg": "none"}).encode())
    for text in (f"{protected}..", f"{protected}.e30.", "", ".", "..", "x" * 5_000, f"{protected}..\udc80"):
        (folder / "manifest.json.jws").write_bytes(text.encode(errors="surrogateescape"))
        assert refused(folder).reason in {Reason.ALGORITHM, Reason.MALFORMED}


def test_a_payload_of_the_signatures_own_is_refused(folder: Path) -> None:
    resigned(folder, GOOD, payload=encode(b"{}"))
    assert refused(folder).reason is Reason.MALFORMED


def test_a_name_twice_in_the_header_is_refused(folder: Path) -> None:
    octets = (folder / "manifest.json").read_bytes()
    protected = encode(json.dumps(GOOD)[:-1].encode() + b', "alg": "ES256"}')
    signature = encode(KEY.sign(f"{protected}.{encode(octets)}".encode()))
    (folder / "manifest.json.jws").write_text(f"{protected}..{signature}")
    assert refused(folder).reason is Reason.MALFORMED


def test_a_key_of_another_kind_signs_nothing() -> None:
    key = PrivateKey.generate(Algorithm.ED25519)
    octets = deliveries.written(manifest_of({"A.csv": b""}))
    with pytest.raises(DeliveryRefused) as error:
        deliveries.check(deliveries.sign(octets, KEY), octets, {KEY.key_id: key.public}, "x")
    assert error.value.reason is Reason.UNKNOWN_KEY


def test_a_manifest_of_another_agency_or_month_is_refused(folder: Path) -> None:
    for expected in (Expected(agency_id="another"), Expected(period="2026-09")):
        error = refused(folder, expected)
        assert (error.reason, error.file) == (Reason.OTHER, str(folder / "manifest.json"))


NAMES = [
    "../A.csv", "/etc/passwd", "..", ".", "", "a/b.csv", "a\\b.csv", ".hidden.csv", "-o.csv", "A.csv\0", "A.csv\n",
    "manifest.json", "MANIFEST.json", "manifest.csv", "A", "A.", "A.CSV", "Á.csv", "C:A.csv", "A..csv", "A" * 200 + ".csv",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_anywhere_else_is_refused_although_signed(tmp_path: Path, name: str) -> None:
    files = {name: csv_of("2026-10")}
    octets = deliveries.written(manifest_of(files))
    folder = tmp_path / "one"
    with pytest.raises(DeliveryRefused) as error:
        deliveries.write(folder, files, octets, deliveries.sign(octets, KEY))
    assert error.value.reason is Reason.NAME
    assert list(tmp_path.iterdir()) == []
    folder.mkdir()
    (folder / "manifest.json").write_bytes(octets)
    (folder / "manifest.json.jws").write_text(deliveries.sign(octets, KEY))
    assert refused(folder).reason is Reason.NAME


def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    files = {"A.csv": csv_of("2026-10")}
    made = manifest_of(files)
    twice = msgspec.structs.replace(
        made, files=[made.files[0], msgspec.structs.replace(made.files[0], name="a.csv")]
    )
    put(tmp_path, files, twice)
    assert refused(tmp_path).reason is Reason.NAME


def test_writing_replaces_a_link_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("keep")
    folder = tmp_path / "one"
    folder.mkdir()
    for name in ("A.csv", "manifest.json", "manifest.json.jws"):
        (folder / name).symlink_to(tmp_path / "precious")
    files = {"A.csv": csv_of("2026-10")}
    put(folder, files, manifest_of(files))
    assert (tmp_path / "precious").read_text() == "keep"
    assert len(deliveries.verify(folder, KEYS)) == 1
    assert sorted(one.name for one in folder.iterdir()) == ["A.csv", "manifest.json", "manifest.json.jws"]


@pytest.mark.parametrize(
    "changed",
    [
        {"schema_version": 2},
        {"sequence": 0},
        {"files": []},
        {"previous": "no digest"},
    ],
)
def test_a_manifest_that_is_not_in_its_form_is_refused_although_signed(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    files = {"A.csv": csv_of("2026-10")}
    put(tmp_path, files, manifest_of(files, **changed))
    assert refused(tmp_path).reason is Reason.MALFORMED


def test_what_lies_beside_the_files_is_told_and_not_believed(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    (found,) = deliveries.verify(folder, KEYS)
    assert found.strange == ("notes.txt",)


class Chain:
    """Deliveries of a subscription in folders beside each other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.previous: str | None = None

    def add(self, number: int, **changed: Any) -> None:
        files = {"A.csv": csv_of(f"2026-{number:02}")}
        values = {"sequence": number, "previous": self.previous} | changed
        made = manifest_of(files, f"2026-{number:02}", **values)
        self.previous = deliveries.digest_of(put(self.folder / f"of-{number}", files, made))


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    made = Chain(tmp_path / "chain")
    for number in (1, 2, 3):
        made.add(number)
    return made


def test_deliveries_that_follow_each_other_hold(chain: Chain) -> None:
    found = deliveries.verify(chain.folder, KEYS)
    assert [one.manifest.sequence for one in found] == [1, 2, 3]
    other = replace(Expected(), period="2026-02")
    assert [one.manifest.period for one in deliveries.verify(chain.folder / "of-2", KEYS, other)] == [
        "2026-02"
    ]


def test_the_past_may_be_put_away_but_nothing_between(chain: Chain) -> None:
    remove(chain.folder / "of-1")
    assert len(deliveries.verify(chain.folder, KEYS)) == 2
    chain.add(4)
    remove(chain.folder / "of-3")
    error = refused(chain.folder)
    assert (error.reason, error.file) == (Reason.CHAIN, str(chain.folder / "of-4" / "manifest.json"))


def test_a_delivery_that_was_exchanged_breaks_the_chain(chain: Chain) -> None:
    """Even one that the gateway signed: there is another of the same number."""
    keep = (chain.folder / "of-1" / "manifest.json").read_bytes()
    chain.previous = deliveries.digest_of(keep)
    chain.add(2, created="2026-12-01T00:00:00.000Z")
    error = refused(chain.folder)
    assert (error.reason, Path(error.file).parent.name) == (Reason.CHAIN, "of-3")


def test_the_same_delivery_twice_is_refused(chain: Chain) -> None:
    files = {"A.csv": csv_of("2026-03")}
    made = deliveries.read((chain.folder / "of-3" / "manifest.json").read_bytes())
    put(chain.folder / "copy", files, made)
    assert refused(chain.folder).reason is Reason.CHAIN


def test_the_first_has_none_before_it_and_it_alone(tmp_path: Path) -> None:
    for number, values in enumerate(
        ({"sequence": 1, "previous": "0" * 64}, {"sequence": 2, "previous": None})
    ):
        files = {"A.csv": csv_of("2026-10")}
        put(tmp_path / str(number), files, manifest_of(files, **values))
        assert refused(tmp_path / str(number)).reason is Reason.CHAIN


def test_a_folder_without_a_delivery_says_so(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert refused(folder).reason is Reason.MISSING


def remove(folder: Path) -> None:
    for one in folder.iterdir():
        one.unlink()
    folder.rmdir()
