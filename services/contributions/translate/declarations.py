"""A declaration's lines to the domain and what became of it back.

Each field is read once: a declaration has up to 50,000 lines.
"""

import json
import zlib
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, NamedTuple

from lienthong import fields
from lienthong.names import match_key
from services.contributions.domain.lines import Kind, Line, LineRefused
from services.contributions.domain.months import month_index
from services.contributions.domain.periods import OPEN, Change, Segment
from services.contributions.translate.refusals import line_refusal
from vss.contributions.v1 import commands_pb2 as pb
from vss.contributions.v1 import contributions_pb2, events_pb2
from vss.types.v1 import text_pb2

_MASKS: Final[Mapping[int, int]] = {
    contributions_pb2.SCHEME_SOCIAL_INSURANCE: 1,
    contributions_pb2.SCHEME_HEALTH_INSURANCE: 2,
    contributions_pb2.SCHEME_UNEMPLOYMENT_INSURANCE: 4,
    contributions_pb2.SCHEME_VOLUNTARY_SOCIAL_INSURANCE: 8,
}
_WITH_A_LAST_MONTH: Final = {Kind.CORRECTION, Kind.UNPAID_LEAVE}
_LEAST_COMPRESSION: Final = 1


class Asked(NamedTuple):
    """A line that can be read, and who it is about."""

    number: int
    """1 is the first."""
    person: text_pb2.Person
    line: Line


class Read(NamedTuple):
    """A declaration as it was sent."""

    asked: dict[int, Asked]
    """By person."""
    refused: list[pb.LineRefusal]
    digest: bytes
    """SHA-256 of the lines as sent."""
    content: bytes
    """The lines as sent, as compressed JSON: a list of lists."""


def read(request: pb.SubmitDeclarationRequest) -> Read:
    """What is declared; a line that cannot be read, or is about nobody, is refused and left out."""
    asked: dict[int, Asked] = {}
    refused: list[pb.LineRefusal] = []
    told: list[tuple[Any, ...]] = []
    for number, line in enumerate(request.lines, start=1):
        sent = (
            line.kind,
            line.identifier,
            line.full_name,
            line.from_month,
            line.to_month,
            tuple(line.schemes),
            line.base_vnd,
            line.position,
            line.unpaid_days,
        )
        told.append(sent)
        person = line.person
        try:
            parsed = _line(sent, person, asked)
        except LineRefused as error:
            refused.append(line_refusal(number, error.field, error.reason))
            continue
        asked[person.person_id] = Asked(number, person, parsed)
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return Read(asked, refused, sha256(text).digest(), zlib.compress(text, _LEAST_COMPRESSION))


def participant(
    asked: Asked, before: Sequence[Segment], after: Sequence[Segment], version: int
) -> events_pb2.Participant:
    """What others are told: the person's periods with the unit as they are now."""
    told = events_pb2.Participant(person=asked.person, change=_change(before, after), version=version)
    for first, last, schemes, base_vnd in _merged(after):
        told.periods.add(
            from_month=first, to_month=0 if last == OPEN else last, schemes=schemes, base_vnd=base_vnd
        )
    return told


def concerns_others(changes: Iterable[Change]) -> bool:
    """Whether participation, schemes or base changed; a position, or a charge entry, is nobody else's."""
    return any(before is None or after is None or before[:2] != after[:2] for _, _, before, after in changes)


def _line(sent: tuple[Any, ...], person: text_pb2.Person, others: Container[int]) -> Line:
    kind, identifier, name, from_month, to_month, schemes, base_vnd, position, unpaid_days = sent
    try:
        fields.person_identifier(identifier)
    except fields.WrongField:
        raise LineRefused("IDENTIFIER_MALFORMED", "identifier") from None
    if person.person_id <= 0:
        raise LineRefused("PERSON_UNKNOWN", "identifier")
    if name != person.full_name and match_key(name) != match_key(person.full_name):
        raise LineRefused("NAME_MISMATCH", "full_name")
    if person.person_id in others:
        raise LineRefused("DUPLICATE_PERSON", "identifier")
    first = _month(from_month)
    if first is None:
        raise LineRefused("MONTH_MALFORMED", "from_month")
    last = _month(to_month) if to_month and kind in _WITH_A_LAST_MONTH else 0
    if last is None:
        raise LineRefused("MONTH_MALFORMED", "to_month")
    return Line(kind, first, last, _mask(schemes), base_vnd, _position(position), unpaid_days)


def _position(text: str) -> str:
    """Without what no title of a position has: a control character is a slip of the file."""
    bare = text.strip()
    return bare if bare.isprintable() else "".join(filter(str.isprintable, bare)).strip()


def _mask(schemes: Iterable[int]) -> int:
    mask = 0
    for scheme in schemes:
        if scheme not in _MASKS:
            raise LineRefused("SCHEMES_WRONG", "schemes")
        mask |= _MASKS[scheme]
    return mask


@lru_cache(4096)
def _month(text: str) -> int | None:
    try:
        return month_index(fields.month(text))
    except fields.WrongField:
        return None


def _change(before: Sequence[Segment], after: Sequence[Segment]) -> events_pb2.ParticipationChange:
    was_open = bool(before) and before[-1].last == OPEN
    is_open = bool(after) and after[-1].last == OPEN
    if not before or (is_open and not was_open):
        return events_pb2.PARTICIPATION_CHANGE_STARTED
    if not after or (was_open and not is_open):
        return events_pb2.PARTICIPATION_CHANGE_ENDED
    return events_pb2.PARTICIPATION_CHANGE_CHANGED


def _merged(segments: Iterable[Segment]) -> list[tuple[int, int, int, int]]:
    """(first, last, schemes, base) without what others need not know."""
    merged: list[tuple[int, int, int, int]] = []
    for first, last, (schemes, base_vnd, _, _) in segments:
        if merged and merged[-1][1] + 1 == first and merged[-1][2:] == (schemes, base_vnd):
            merged[-1] = (merged[-1][0], last, schemes, base_vnd)
        else:
            merged.append((first, last, schemes, base_vnd))
    return merged
