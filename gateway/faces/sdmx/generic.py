"""SDMX-ML 2.1 GenericData, written by template: a fragment for each code, joined.

pysdmx 1.21 writes the same from a DataFrame (and would put the unit of flat observations into
their key); for a hundred thousand observations that takes seconds: docs/statistics.md.
"""

from collections.abc import Iterator

from gateway.faces.sdmx.message import DECLARATION, GENERIC, NAMESPACES
from gateway.faces.sdmx.table import SUPPRESSED
from gateway.faces.sdmx.writing import Sheet, attributes_of, quoted, rows
from lienthong.statistics.structures import AGENCY, VERSION

_END = "</mes:DataSet>\n</mes:GenericData>\n"


def write(sheet: Sheet) -> bytes:
    """The message."""
    parts = [DECLARATION, _begin(sheet)]
    parts += _flat(sheet) if sheet.is_flat else _series(sheet)
    parts.append(_END)
    return "".join(parts).encode()


def _begin(sheet: Sheet) -> str:
    at = "AllDimensions" if sheet.is_flat else sheet.at_observation
    flow = sheet.query.flow.id
    structure = (
        f'<mes:Structure structureID="{flow}" dimensionAtObservation="{at}"><com:StructureUsage>'
        f'<Ref agencyID="{AGENCY}" id="{flow}" version="{VERSION}" class="Dataflow"/>'
        "</com:StructureUsage></mes:Structure>\n"
    )
    mark = sheet.watermark()
    return (
        f"<mes:GenericData {NAMESPACES} {GENERIC}>\n{sheet.head.lines(structure)}"
        f'<mes:DataSet structureRef="{flow}" action="Information">\n'
        + (
            f'<gen:Attributes><gen:Value id="WATERMARK" value={quoted(mark)}/></gen:Attributes>\n'
            if mark
            else ""
        )
    )


def _key_values(sheet: Sheet, place: int | None) -> list[list[str]]:
    """The fragment of each code, dimension by dimension, without that of the observations."""
    table = sheet.table
    return [
        [f'<gen:Value id="{dimension}" value={quoted(code)}/>' for code in codes]
        for number, (dimension, codes) in enumerate(zip(table.dimensions, table.codes, strict=True))
        if number != place
    ]


def _attributes(sheet: Sheet, state: int, updated_at: str, unit: str) -> str:
    found = attributes_of(sheet, state, updated_at, unit)
    values = "".join(f'<gen:Value id="{name}" value={quoted(text)}/>' for name, text in found)
    return f"<gen:Attributes>{values}</gen:Attributes>" if values else ""


def _series(sheet: Sheet) -> Iterator[str]:
    table = sheet.table
    place = table.dimensions.index(sheet.at_observation)
    values = _key_values(sheet, place)
    starts = [f"<gen:Obs><gen:ObsDimension value={quoted(code)}/>" for code in table.codes[place]]
    tails: dict[tuple[int, str, str], str] = {}
    open_key: tuple[int, ...] | None = None
    for key, at, value, state, updated_at, unit in rows(sheet, place):
        if key != open_key:
            yield _series_start(sheet, [part[n] for part, n in zip(values, key, strict=True)], unit, open_key)
            open_key = key
        if not sheet.query.observations:
            continue
        ending = (state, updated_at, unit)
        tail = tails.get(ending)
        if tail is None:
            tail = tails[ending] = f"{_attributes(sheet, *ending)}</gen:Obs>\n"
        yield (
            f"{starts[at]}{tail}"
            if state == SUPPRESSED
            else f'{starts[at]}<gen:ObsValue value="{value}"/>{tail}'
        )
    if open_key is not None:
        yield "</gen:Series>\n"


def _series_start(sheet: Sheet, values: list[str], unit: str, before: object) -> str:
    close = "</gen:Series>\n" if before is not None else ""
    attribute = f'<gen:Attributes><gen:Value id="UNIT_MEASURE" value="{unit}"/></gen:Attributes>\n'
    return (
        f"{close}<gen:Series>\n<gen:SeriesKey>{''.join(values)}</gen:SeriesKey>\n"
        f"{attribute if sheet.unit_of_series else ''}"
    )


def _flat(sheet: Sheet) -> Iterator[str]:
    values = _key_values(sheet, None)
    tails: dict[tuple[int, str, str], str] = {}
    for key, _, value, state, updated_at, unit in rows(sheet, None):
        ending = (state, updated_at, unit)
        tail = tails.get(ending)
        if tail is None:
            tail = tails[ending] = f"{_attributes(sheet, *ending)}</gen:Obs>\n"
        figure = "" if state == SUPPRESSED else f'<gen:ObsValue value="{value}"/>'
        written = "".join([part[n] for part, n in zip(values, key, strict=True)])
        yield f"<gen:Obs><gen:ObsKey>{written}</gen:ObsKey>{figure}{tail}"
