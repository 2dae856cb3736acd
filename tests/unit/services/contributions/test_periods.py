"""Painting periods equals colouring months one by one, for any sequence of declarations."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.contributions.domain.charges import Deltas, Unit, amounts
from services.contributions.domain.lines import Kind, Line, LineRefused, Terms, decide
from services.contributions.domain.periods import OPEN, Painter, Segment, Share, share_at
from services.contributions.domain.rows import to_rows, to_segments

NOW = 2026 * 12 + 10  # November 2026; September's deadline has passed, October's has not
CLOSED_THROUGH = NOW - 2
HORIZON = NOW + 4
BEGINNING = NOW - 30

months = st.integers(BEGINNING, NOW + 2)
bases = st.sampled_from([0, 6_000_000, 8_000_000, 60_000_000])
lines = st.builds(
    Line,
    kind=st.sampled_from(list(Kind)),
    first=months,
    last=months,
    schemes=st.sampled_from([0, 2, 3, 7]),
    base_vnd=bases,
    position=st.sampled_from(["", "A", "B"]),
    unpaid_days=st.sampled_from([0, 13, 14, 22]),
)

Model = dict[int, Share]


def terms(entry: int) -> Terms:
    return Terms(NOW, 1, Painter(entry, CLOSED_THROUGH))


def naive(model: Model, line: Line) -> Model:
    """What a line that was accepted does, month by month, as its contract says it. Entries are left out."""
    after = dict(model)
    last = line.last if line.kind in {Kind.CORRECTION, Kind.UNPAID_LEAVE} else HORIZON
    for month in range(line.first, last + 1):
        was = model.get(month)
        match line.kind:
            case Kind.INCREASE:
                after[month] = Share(line.schemes or 7, line.base_vnd, line.position)
            case Kind.DECREASE:
                after.pop(month, None)
            case Kind.CHANGE if was:
                after[month] = was._replace(
                    base_vnd=line.base_vnd or was.base_vnd, position=line.position or was.position
                )
            case Kind.CORRECTION if not line.base_vnd and not line.schemes:
                after.pop(month, None)
            case Kind.CORRECTION:
                old = was or Share(7, 0, "")
                after[month] = Share(
                    line.schemes or old.schemes, line.base_vnd or old.base_vnd, line.position or old.position
                )
            case Kind.UNPAID_LEAVE if was and line.unpaid_days >= 14:
                left = was.schemes & ~5
                after.pop(month)
                if left:
                    after[month] = was._replace(schemes=left)
    return after


def coloured(segments: list[Segment]) -> Model:
    return {
        month: share._replace(entry=0)
        for month in range(BEGINNING - 12, HORIZON + 1)
        if (share := share_at(segments, month)) is not None
    }


@given(st.lists(lines, max_size=12))
def test_any_sequence_of_lines_equals_the_model_month_by_month(declared: list[Line]) -> None:
    segments: list[Segment] = []
    model: Model = {}
    for entry, line in enumerate(declared, start=1):
        try:
            segments = decide(line, segments, terms(entry)).segments
        except LineRefused:
            continue  # and the model stays as it is
        model = naive(model, line)
        assert coloured(segments) == model


@given(st.lists(lines, max_size=12))
def test_periods_never_overlap_and_neighbours_differ(declared: list[Line]) -> None:
    segments: list[Segment] = []
    for entry, line in enumerate(declared, start=1):
        try:
            segments = decide(line, segments, terms(entry)).segments
        except LineRefused:
            continue
        assert all(segment.first <= segment.last for segment in segments)
        for earlier, later in pairwise(segments):
            assert earlier.last < later.first
            assert earlier.last + 1 < later.first or earlier.share != later.share


@given(st.lists(lines, max_size=12))
def test_rows_keep_what_segments_say_and_one_row_begins_in_a_month(declared: list[Line]) -> None:
    segments: list[Segment] = []
    for entry, line in enumerate(declared, start=1):
        try:
            segments = decide(line, segments, terms(entry)).segments
        except LineRefused:
            continue
        rows = to_rows(segments)
        assert to_segments(rows) == segments
        assert len({row.first for row in rows}) == len(rows)
        assert all((row.entry == 0) == (row.regular_from == 0) for row in rows)


@given(st.lists(lines, max_size=12))
def test_what_a_unit_owes_is_the_sum_over_its_months_entry_by_entry(declared: list[Line]) -> None:
    """However a month came to be what it is, its charge is what its share owes."""
    unit = Unit(region=1, reduced=False, taken_over=BEGINNING, opened_through=NOW)
    owed: dict[tuple[int, int, int], int] = {}
    segments: list[Segment] = []
    for entry, line in enumerate(declared, start=1):
        try:
            segments, changes = decide(line, segments, terms(entry))
        except LineRefused:
            continue
        deltas = Deltas(unit)
        for change in changes:
            deltas.add(change)
        for month, charged, fund, vnd in deltas.sums():
            owed[month, charged, fund] = owed.get((month, charged, fund), 0) + vnd
            assert month > CLOSED_THROUGH or charged or vnd < 0 or not owed[month, charged, fund]
    expected: dict[tuple[int, int, int], int] = {}
    for month in range(BEGINNING, NOW + 1):
        share = share_at(segments, month)
        if share is not None:
            for fund, vnd in enumerate(amounts(share.base_vnd, month, share.schemes, 1, False), start=1):
                expected[month, share.entry, fund] = vnd
    assert {key: vnd for key, vnd in owed.items() if vnd} == {
        key: vnd for key, vnd in expected.items() if vnd
    }


def test_a_worker_declared_late_is_one_row_with_two_charges() -> None:
    line = Line(Kind.INCREASE, NOW - 4, 0, 0, 8_000_000, "", 0)
    segments = decide(line, [], terms(9)).segments
    assert segments == [
        Segment(NOW - 4, CLOSED_THROUGH, Share(7, 8_000_000, "", 9)),
        Segment(CLOSED_THROUGH + 1, OPEN, Share(7, 8_000_000, "", 0)),
    ]
    (row,) = to_rows(segments)
    assert (row.first, row.last, row.entry, row.regular_from) == (NOW - 4, OPEN, 9, CLOSED_THROUGH + 1)


def test_a_change_that_owes_no_more_stays_in_its_charge() -> None:
    segments = [Segment(NOW - 10, OPEN, Share(7, 8_000_000, ""))]
    lower = Line(Kind.CORRECTION, NOW - 6, NOW - 6, 0, 6_000_000, "", 0)
    higher = lower._replace(base_vnd=9_000_000)
    assert decide(lower, segments, terms(4)).changes[0].after == Share(7, 6_000_000, "", 0)
    assert decide(higher, segments, terms(4)).changes[0].after == Share(7, 9_000_000, "", 4)
