"""Submit a declaration (form D02-LT): every accepted line in one transaction, whatever their number."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from lienthong.bus.handling import CommandContext, Publish
from lienthong.clock import VIETNAM
from services.contributions.commands import books, compliance, participants, periods, telling, units
from services.contributions.commands.arrays import month_of, numbers
from services.contributions.commands.books import Kept
from services.contributions.commands.units import Connection, Unit
from services.contributions.domain.charges import Deltas, under_floor
from services.contributions.domain.compliance import money_moved_from, participants_moved
from services.contributions.domain.dues import Fund
from services.contributions.domain.lines import Decided, LineRefused, Terms, decide
from services.contributions.domain.months import month_index
from services.contributions.domain.periods import Painter, Segment
from services.contributions.domain.states import closed_through
from services.contributions.translate import commands as translate
from services.contributions.translate import declarations as lines
from services.contributions.translate.refusals import line_refusal
from vss.contributions.v1 import commands_pb2 as pb
from vss.contributions.v1 import events_pb2
from vss.types.v1 import text_pb2

PARTICIPANTS_AT_ONCE: Final = 5_000
"""Participants in one event."""


class Applied(NamedTuple):
    """What the accepted lines do together."""

    decided: list[tuple[lines.Asked, list[Segment], Decided]]
    """With the periods before, in the order of the lines."""
    deltas: Deltas
    underdeclared: int
    """By how many the participants under the floor of the month opened last become more."""


class _Submitted(NamedTuple):
    """A declaration with its unit, locked."""

    read: lines.Read
    unit: Unit
    context: CommandContext


_KEEP: Final = b"""
INSERT INTO declaration
    (employer_id, entry, operation_id, received_at, lines, accepted, refused, digest, content)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::uuid[], %s::timestamptz[], %s::integer[], %s::integer[],
                     %s::integer[], %s::bytea[], %s::bytea[])
"""
_KNOWN: Final = b"""
SELECT FROM unnest(%s::bigint[], %s::bytea[]) AS asked (employer_id, digest)
JOIN declaration d ON d.employer_id = asked.employer_id AND d.digest = asked.digest
"""


def submit(request: pb.SubmitDeclarationRequest, context: CommandContext) -> pb.SubmitDeclarationResponse:
    """See the contract. The day on which it was accepted counts, not that on which it is carried out."""
    (response,) = submit_all([request], [context])
    return response


def submit_all(
    requests: Sequence[pb.SubmitDeclarationRequest], contexts: Sequence[CommandContext]
) -> list[pb.SubmitDeclarationResponse]:
    """Declarations of different units in one transaction. Raises the refusal of any of them."""
    submitted = _submitted(requests, contexts)
    first = contexts[0]
    _expect_new(first.connection, submitted)
    asked = [(one.unit.employer_id, person_id) for one in submitted for person_id in one.read.asked]
    stored = periods.read(periods.ask(first.connection, asked))
    applied, refused = [], []
    for one in submitted:
        some, others = _apply(one, stored)
        applied.append(some)
        refused.append(sorted([*one.read.refused, *others], key=lambda refusal: refusal.line))
    kept, charged = _charge(applied, submitted)
    with first.connection.pipeline():
        periods.write(first.connection, _changed(applied, submitted), first.now)
        participants.know(first.connection, _persons(applied))
        books.write(first.connection, kept, books.Written(first.now, first.operation_id))
        _keep(submitted, applied, refused)
    compliance.judge_again(first.connection, map(_past, kept, applied))
    for one, some in zip(submitted, applied, strict=True):
        _publish(some, one.unit, one.context.publish)
    return [
        pb.SubmitDeclarationResponse(
            declaration_number=one.unit.next_entry,
            accepted=len(some.decided),
            refused=len(others),
            refusals=others,
            charged_vnd=vnd,
            law=translate.law_rows(some.deltas.law()),
        )
        for one, some, others, vnd in zip(submitted, applied, refused, charged, strict=True)
    ]


def _submitted(
    requests: Sequence[pb.SubmitDeclarationRequest], contexts: Sequence[CommandContext]
) -> list[_Submitted]:
    codes = [request.employer_code for request in requests]
    if not all(codes):
        raise translate.row_denied()
    read = list(map(lines.read, requests))
    found = {unit.code: unit for unit in units.lock_by_code(contexts[0].connection, codes)}
    if not found.keys() >= set(codes):
        raise translate.employer_unknown()
    return [_Submitted(one, found[code], c) for one, code, c in zip(read, codes, contexts, strict=True)]


def _expect_new(connection: Connection, submitted: Sequence[_Submitted]) -> None:
    given = [numbers(one.unit.employer_id for one in submitted), [one.read.digest for one in submitted]]
    if connection.execute(_KNOWN, given).fetchone() is not None:
        raise translate.already("ALREADY_DECLARED", "this unit has declared exactly these lines before")


def _apply(one: _Submitted, stored: periods.Stored) -> tuple[Applied, list[pb.LineRefusal]]:
    """Decide every line."""
    read, unit, context = one
    today = context.accepted_at.astimezone(VIETNAM).date()
    terms = Terms(
        month_index(today), unit.region, Painter(unit.next_entry, closed_through(today.toordinal()))
    )
    charged = unit.charged
    applied = Applied([], Deltas(charged), 0)
    refused = []
    underdeclared = 0
    for person_id, asked in read.asked.items():
        before = stored.segments(unit.employer_id, person_id)
        try:
            decided = decide(asked.line, before, terms)
        except LineRefused as error:
            refused.append(line_refusal(asked.number, error.field, error.reason))
            continue
        applied.decided.append((asked, before, decided))
        for change in decided.changes:
            applied.deltas.add(change)
        underdeclared += under_floor(decided.segments, charged.opened_through, unit.region)
        underdeclared -= under_floor(before, charged.opened_through, unit.region)
    return applied._replace(underdeclared=underdeclared), refused


def _charge(applied: Sequence[Applied], submitted: Sequence[_Submitted]) -> tuple[list[Kept], list[int]]:
    """The units' books after the declarations, and by how much more each owes."""
    touched = [
        (one.unit.employer_id, month)
        for one, some in zip(submitted, applied, strict=True)
        for month in some.deltas.months()
    ]
    kept = books.load(submitted[0].context.connection, [one.unit for one in submitted], touched)
    charged = []
    for one, some, mine in zip(submitted, applied, kept, strict=True):
        before = mine.book.due_vnd()
        for month, entry, fund, vnd in some.deltas.sums():
            mine.book.adjust(month, entry, Fund(fund), vnd)
        charged.append(mine.book.due_vnd() - before)
        mine.book.balance()
        mine.entries, mine.underdeclared = 1, some.underdeclared
        mine.operation_id = one.context.operation_id
        telling.tell(mine, one.context.publish, one.context.now.astimezone(VIETNAM).toordinal())
    return kept, charged


def _past(kept: Kept, applied: Applied) -> compliance.Again:
    """What the declaration changes of months that were judged."""
    unit = kept.unit
    first, last = month_of(unit.judged_from), month_of(unit.judged_through)
    changes = (change for _, _, decided in applied.decided for change in decided.changes)
    participants = participants_moved(changes, unit.region, first, last)
    moved = [month for month in (money_moved_from(kept.book), *applied.deltas.months()) if month is not None]
    return compliance.Again(unit, min(moved, default=None), participants)


def _changed(applied: Sequence[Applied], submitted: Sequence[_Submitted]) -> Iterator[periods.Changed]:
    for one, some in zip(submitted, applied, strict=True):
        for asked, before, decided in some.decided:
            yield periods.Changed(one.unit.employer_id, asked.person.person_id, before, decided.segments)


def _persons(applied: Sequence[Applied]) -> Iterator[text_pb2.Person]:
    """Everybody of whom something was accepted, once."""
    known: set[int] = set()
    for some in applied:
        for asked, _, _ in some.decided:
            if asked.person.person_id not in known:
                known.add(asked.person.person_id)
                yield asked.person


def _keep(
    submitted: Sequence[_Submitted], applied: Sequence[Applied], refused: Sequence[Sequence[object]]
) -> None:
    """The declarations themselves. One of which nothing was accepted may be sent again as it is."""
    rows = []
    for (read, unit, context), some, others in zip(submitted, applied, refused, strict=True):
        accepted = len(some.decided)
        digest = read.digest if accepted else context.operation_id.bytes * 2
        counted = (accepted + len(others), accepted, len(others))
        mine = (unit.employer_id, unit.next_entry, context.operation_id, context.accepted_at)
        rows.append((*mine, *counted, digest, read.content))
    columns = [list(column) for column in zip(*rows, strict=True)]
    submitted[0].context.connection.execute(_KEEP, columns)


def _publish(applied: Applied, unit: Unit, publish: Publish) -> None:
    """One event, or several of at most 5,000 participants."""
    participants = (
        lines.participant(asked, before, decided.segments, unit.next_entry)
        for asked, before, decided in applied.decided
        if lines.concerns_others(decided.changes)
    )
    for some in _chunks(participants):
        publish(
            events_pb2.ParticipationChanged(
                employer_code=unit.code,
                employer_name=unit.name,
                sector=unit.sector,
                province_code=unit.province_code,
                participants=some,
            ),
            key=unit.code,
        )


def _chunks(participants: Iterable[events_pb2.Participant]) -> Iterator[list[events_pb2.Participant]]:
    rest = iter(participants)
    while some := list(islice(rest, PARTICIPANTS_AT_ONCE)):
        yield some
