"""What one check of coverage saw, small enough to be given back at the next one.

The token is nobody's secret and proves nothing: whoever changes it only deceives
herself about what has changed. Nothing is stored here for it. It names no person and
no card: of the card's code it holds its first five characters and a hash so short that
hundreds of numbers have the same.
"""

import binascii
import hashlib
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date
from typing import Final, NamedTuple

_VERSION: Final = 1
_FORM: Final = struct.Struct(">B3s3s5sIB5sB")
"""Version, result code, hash of the card code, its first five characters, last day, level, facility, exempt."""
_SUM: Final = struct.Struct(">H")
_WRONG: Final = "not a token of a check"
_NO_CARD: Final = bytes(3)
_EXEMPT: Final[dict[bool | None, int]] = {None: 0, False: 1, True: 2}
_EXEMPT_READ: Final = {number: value for value, number in _EXEMPT.items()}


class Seen(NamedTuple):
    """What a check answered."""

    result_code: str
    """Three digits."""
    card: bytes
    """Hash of the card's code; empty without a card."""
    prefix: str
    """Group, benefit digit and province of the card's code."""
    valid_to: date | None
    level_percent: int
    """Of the card, on the right route."""
    facility: str
    """Code of the facility where she is registered."""
    exempt: bool | None
    """Whether the year's exemption holds; ``None``: the check did not ask about a visit."""


class Change(NamedTuple):
    """One thing that is no longer as it was."""

    what: str
    before: str
    after: str


def card_hash(card_code: str) -> bytes:
    """Three octets by which two checks can tell whether they saw one card: they err once in 16 million changes."""
    return hashlib.blake2b(card_code.encode(), digest_size=3).digest()


def to_token(seen: Seen) -> str:
    """Base64url without padding, some 40 characters."""
    record = _FORM.pack(
        _VERSION,
        seen.result_code.encode(),
        seen.card,
        seen.prefix.encode(),
        0 if seen.valid_to is None else seen.valid_to.toordinal(),
        seen.level_percent,
        seen.facility.encode(),
        _EXEMPT[seen.exempt],
    )
    return _spelled(record + _checksum(record))


def from_token(token: str) -> Seen:
    """What the token says. Raises ``ValueError`` for one that is not ours or was damaged."""
    try:
        code, card, prefix, valid_to, level, facility, exempt = _unpacked(token)
        return Seen(
            code.decode("ascii"),
            b"" if card == _NO_CARD else card,
            prefix.rstrip(b"\0").decode("ascii"),
            date.fromordinal(valid_to) if valid_to else None,
            level,
            facility.rstrip(b"\0").decode("ascii"),
            _EXEMPT_READ[exempt],
        )
    except (ValueError, KeyError, OverflowError) as error:
        raise ValueError(_WRONG) from error


def _unpacked(token: str) -> tuple[bytes, bytes, bytes, int, int, bytes, int]:
    record = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    body = record[: _FORM.size]
    # Base64 has several spellings of one record: only ours is taken.
    ours = len(record) == _FORM.size + _SUM.size and record[_FORM.size :] == _checksum(body)
    if not ours or _spelled(record) != token:
        raise ValueError(_WRONG)
    version, *parts = _FORM.unpack(body)
    if version != _VERSION:
        raise ValueError(_WRONG)
    code, card, prefix, valid_to, level, facility, exempt = parts
    return code, card, prefix, valid_to, level, facility, exempt


def _spelled(record: bytes) -> str:
    return urlsafe_b64encode(record).rstrip(b"=").decode()


def changes(before: Seen, after: Seen) -> list[Change]:
    """What is different now, in the order of the contract."""
    asked = before.exempt is not None and after.exempt is not None
    all_of_it = (
        Change("result_code", before.result_code, after.result_code),
        Change("card", before.prefix, after.prefix),
        Change("valid_to", _day(before.valid_to), _day(after.valid_to)),
        Change("level_percent", str(before.level_percent), str(after.level_percent)),
        Change("registered_facility", before.facility, after.facility),
        Change("exempt", _word(before.exempt), _word(after.exempt)) if asked else Change("exempt", "", ""),
    )
    other_card = before.card != after.card
    return [one for one in all_of_it if one.before != one.after or (one.what == "card" and other_card)]


def _word(value: bool | None) -> str:  # noqa: FBT001  # a value to be written, not a choice
    return "true" if value else "false"


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _checksum(record: bytes) -> bytes:
    return _SUM.pack(binascii.crc32(record) & 0xFFFF)
