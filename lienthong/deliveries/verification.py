"""Whether deliveries can be relied on, without a network, in one visible order; each step raises.

1. manifest and signature are there, and not too large
2. the signature's header names ES256 and a key, and brings none of its own
3. the key is among those given, and the signature holds over the manifest's octets
4. the manifest is in its form, and names files that can lie in the folder
5. it is of the agency and the month that were asked for
6. each file is there, as long as the manifest says, and has its digest
7. each file holds as many observations as the manifest says
8. of several deliveries: each follows the one before it, and none is missing between
"""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import BinaryIO, Final

from lienthong.deliveries import folder as folders
from lienthong.deliveries import signing
from lienthong.deliveries.errors import DeliveryRefused, Reason
from lienthong.deliveries.manifest import MOST_OCTETS, Manifest, ManifestFile, digest_of, read
from lienthong.signing import PublicKey

CSV: Final = "text/csv"
PARQUET: Final = "application/vnd.apache.parquet"
_MOST_DELIVERIES: Final = 10_000
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A delivery that holds.

    ``key_id`` signed it, ``digest`` is its manifest's. ``uncounted`` are files whose rows were
    not counted for want of a library; ``strange`` lie beside them and are none of the delivery's.
    """

    folder: Path
    manifest: Manifest
    key_id: str
    digest: str
    uncounted: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the deliveries must be of; empty for any."""

    agency_id: str = ""
    period: str = ""


_ANY: Final = Expected()


def verify(folder: Path, keys: Mapping[str, PublicKey], expected: Expected = _ANY) -> list[Verified]:
    """The delivery in ``folder``, or those in the folders within it, in their order. Raises DeliveryRefused."""
    if (folder / folders.MANIFEST).exists():
        return [verify_one(folder, keys, expected)]
    within = [one for one in _subfolders(folder) if (one / folders.MANIFEST).exists()]
    if not within:
        raise DeliveryRefused(Reason.MISSING, str(folder / folders.MANIFEST))
    found = [verify_one(one, keys, expected) for one in within]
    found.sort(key=lambda one: (one.manifest.subscription_id, one.manifest.sequence))
    for _, of_one in groupby(found, key=lambda one: one.manifest.subscription_id):
        _check_chain(list(of_one))
    return found


def verify_one(folder: Path, keys: Mapping[str, PublicKey], expected: Expected = _ANY) -> Verified:
    """The delivery in ``folder``. Raises DeliveryRefused."""
    octets = folders.small(folder, folders.MANIFEST, MOST_OCTETS)
    signature = folders.small(folder, folders.SIGNATURE, signing.MOST_OCTETS)
    where, signed_by = str(folder / folders.MANIFEST), str(folder / folders.SIGNATURE)
    key_id = signing.check(_text(signature, signed_by), octets, keys, signed_by)
    manifest = read(octets, where)
    _check_expected(manifest, expected, where)
    uncounted = [file.name for file in manifest.files if not _check_file(folder, file)]
    ours = {folders.MANIFEST, folders.SIGNATURE, *(file.name for file in manifest.files)}
    return Verified(
        folder=folder,
        manifest=manifest,
        key_id=key_id,
        digest=digest_of(octets),
        uncounted=tuple(uncounted),
        strange=tuple(sorted(one.name for one in folder.iterdir() if one.name not in ours)),
    )


def _subfolders(folder: Path) -> list[Path]:
    try:
        found = [one for one in folder.iterdir() if one.is_dir() and not one.is_symlink()]
    except OSError as error:
        raise DeliveryRefused(Reason.MISSING, str(folder), error.strerror or "") from error
    if len(found) > _MOST_DELIVERIES:
        raise DeliveryRefused(Reason.MALFORMED, str(folder), f"more than {_MOST_DELIVERIES} folders")
    return sorted(found)


def _text(octets: bytes, where: str) -> str:
    try:
        return octets.decode("ascii")
    except UnicodeDecodeError as error:
        raise DeliveryRefused(Reason.MALFORMED, where, "not ASCII") from error


def _check_expected(manifest: Manifest, expected: Expected, where: str) -> None:
    if expected.agency_id and manifest.agency_id != expected.agency_id:
        raise DeliveryRefused(Reason.OTHER, where, f"of agency {manifest.agency_id}")
    if expected.period and manifest.period != expected.period:
        raise DeliveryRefused(Reason.OTHER, where, f"of period {manifest.period}")


def _check_file(folder: Path, file: ManifestFile) -> bool:
    """Whether its rows could be counted; length and digest hold in any case."""
    where = str(folder / file.name)
    with folders.opened(folder, file.name) as stream:
        state = hashlib.sha256()
        length = 0
        # One octet more than it may have: what is longer is not read to its end.
        while length <= file.octets and (chunk := stream.read(min(_CHUNK, file.octets + 1 - length))):
            state.update(chunk)
            length += len(chunk)
        if length != file.octets:
            raise DeliveryRefused(
                Reason.SIZE,
                where,
                f"{'longer' if length > file.octets else 'shorter'} than {file.octets} octets",
            )
        if state.hexdigest() != file.sha256:
            raise DeliveryRefused(Reason.DIGEST, where)
        stream.seek(0)
        rows = _rows(stream, file.media_type)
    if rows is not None and rows != file.rows:
        raise DeliveryRefused(Reason.ROWS, where, f"{rows} instead of {file.rows}")
    return rows is not None


def _rows(stream: BinaryIO, media_type: str) -> int | None:
    """How many observations a file holds; None where nobody here can count them."""
    if media_type == CSV:
        return rows_of_csv(stream)
    return rows_of_parquet(stream) if media_type == PARQUET else None


def rows_of_csv(stream: BinaryIO) -> int:
    """Records without the header (RFC 4180)."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    try:
        return sum(1 for _ in csv.reader(text)) - 1
    finally:
        text.detach()


def rows_of_parquet(stream: BinaryIO) -> int | None:
    """As its own metadata say; None without the library, which who takes CSV alone need not have."""
    try:
        from pyarrow import parquet
    except ImportError:
        return None
    rows: int = parquet.ParquetFile(stream).metadata.num_rows
    return rows


def _check_chain(deliveries: Sequence[Verified]) -> None:
    """Each but the first follows the one before it: those from the past may have been put away."""
    for one, following in pairwise(deliveries):
        where = str(following.folder / folders.MANIFEST)
        number = one.manifest.sequence + 1
        if following.manifest.sequence != number:
            what = "is there twice" if following.manifest.sequence < number else f"number {number} is missing"
            raise DeliveryRefused(Reason.CHAIN, where, what)
        if following.manifest.previous != one.digest:
            raise DeliveryRefused(Reason.CHAIN, where, f"it does not follow {one.folder.name}")
