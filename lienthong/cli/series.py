"""What a picture shows: named series of figures, and what is said around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from lienthong.client.statistics import Observations
from lienthong.statistics.structures import Dataflow, catalogue


@dataclass(frozen=True, slots=True)
class Series:
    """``values`` by place of the labels; None where suppressed, and nothing where there is no figure."""

    name: str
    values: dict[int, int | Decimal | None]


@dataclass(frozen=True, slots=True)
class Told:
    """A picture's content. ``labels`` along the axis: months, or areas, whose ``codes`` are equally many."""

    title: str
    subtitle: str
    unit: str
    labels: list[str]
    series: list[Series]
    source: str
    suppressed: str
    codes: Sequence[str] = ()


def told(
    flow: Dataflow, answer: Observations, language: str, *, along: str = "", asked: Sequence[str] = ()
) -> Told:
    """The figures along a dimension, or along time when it is empty.

    ``asked`` are codes of that dimension: those that have no figure are shown as suppressed.
    """
    rows = list(answer.figures())
    place = flow.order.index(along) if along else -1
    # The latest month alone, when a dimension takes the place of time.
    last = max(row.month for row in rows)
    rows = [row for row in rows if not along or row.month == last]
    labels = (
        sorted({row.month for row in rows})
        if not along
        else list(dict.fromkeys([*(row.codes[place] for row in rows), *asked]))
    )
    places = {label: n for n, label in enumerate(labels)}
    varying = [n for n in range(len(flow.order)) if n != place and len({row.codes[n] for row in rows}) > 1]
    series: dict[tuple[str, ...], Series] = {}
    for row in rows:
        key = tuple(row.codes[n] for n in varying)
        name = ", ".join(_name(flow.order[n], row.codes[n], language) for n in varying)
        found = series.setdefault(key, Series(name, {}))
        found.values[places[row.codes[place] if along else row.month]] = row.value
    if along:
        for one in series.values():
            one.values.update({n: None for n in places.values() if n not in one.values})
    fixed = [
        _name(d, rows[0].codes[n], language)
        for n, d in enumerate(flow.order)
        if n not in {*varying, place} and d != "FREQ"
    ]
    names = [_name(along, label, language) for label in labels] if along else labels
    return Told(
        title=flow.name.in_language(language),
        subtitle=" · ".join([*([last] if along else []), *fixed]),
        unit=_unit(flow, rows[0].codes, language),
        labels=names,
        series=list(series.values()),
        source=_WORDS[language][0] + answer.watermark,
        suppressed=_WORDS[language][1],
        codes=labels if along else (),
    )


_WORDS = {
    "vi": ("Nguồn: BHXH Việt Nam. Mốc dữ liệu ", "không công bố (bảo mật)"),
    "en": ("Source: Vietnam Social Security. Watermark ", "suppressed (confidential)"),
}


def _unit(flow: Dataflow, codes: tuple[str, ...], language: str) -> str:
    indicator = codes[flow.order.index("INDICATOR")] if "INDICATOR" in flow.order else ""
    return _name("UNIT_MEASURE", flow.unit(indicator), language)


def _name(dimension: str, code: str, language: str) -> str:
    codes = catalogue().concepts[dimension].codes
    found = codes.by_id.get(code) if codes is not None else None
    return found.name.in_language(language) if found is not None else code
