"""SDMX-ML 2.1 StructureSpecificData: dimensions and attributes of the structure as XML attributes."""

from collections.abc import Iterator

from gateway.faces.sdmx.message import DECLARATION, NAMESPACES, SPECIFIC, urn
from gateway.faces.sdmx.table import SUPPRESSED
from gateway.faces.sdmx.writing import Sheet, attributes_of, quoted, rows
from lienthong.statistics.structures import AGENCY, VERSION

_END = "</mes:DataSet>\n</mes:StructureSpecificData>\n"


def write(sheet: Sheet) -> bytes:
    """The message."""
    parts = [DECLARATION, _begin(sheet)]
    parts += _flat(sheet) if sheet.is_flat else _series(sheet)
    parts.append(_END)
    return "".join(parts).encode()


def _begin(sheet: Sheet) -> str:
    at = "AllDimensions" if sheet.is_flat else sheet.at_observation
    flow = sheet.query.flow.id
    namespace = urn("datastructure", "Dataflow", flow)
    structure = (
        f'<mes:Structure structureID="{flow}" namespace="{namespace}" dimensionAtObservation="{at}">'
        f'<com:StructureUsage><Ref agencyID="{AGENCY}" id="{flow}" version="{VERSION}" class="Dataflow"/>'
        "</com:StructureUsage></mes:Structure>\n"
    )
    mark = sheet.watermark()
    return (
        f'<mes:StructureSpecificData {NAMESPACES} {SPECIFIC} xmlns:ns1="{namespace}:ObsLevelDim:{at}">\n'
        f"{sheet.head.lines(structure)}"
        f'<mes:DataSet ss:structureRef="{flow}" xsi:type="ns1:DataSetType" ss:dataScope="Dataflow"'
        f' ss:action="Information"{f" WATERMARK={quoted(mark)}" if mark else ""}>\n'
    )


def _key_values(sheet: Sheet, place: int | None) -> list[list[str]]:
    table = sheet.table
    return [
        [f" {dimension}={quoted(code)}" for code in codes]
        for number, (dimension, codes) in enumerate(zip(table.dimensions, table.codes, strict=True))
        if number != place
    ]


def _tail(sheet: Sheet, state: int, updated_at: str, unit: str) -> str:
    found = attributes_of(sheet, state, updated_at, unit)
    return "".join(f" {name}={quoted(text)}" for name, text in found) + "/>\n"


def _series(sheet: Sheet) -> Iterator[str]:
    table = sheet.table
    place = table.dimensions.index(sheet.at_observation)
    values = _key_values(sheet, place)
    starts = [f"<Obs {sheet.at_observation}={quoted(code)}" for code in table.codes[place]]
    tails: dict[tuple[int, str, str], str] = {}
    open_key: tuple[int, ...] | None = None
    for key, at, value, state, updated_at, unit in rows(sheet, place):
        if key != open_key:
            close = "</Series>\n" if open_key is not None else ""
            measure = f' UNIT_MEASURE="{unit}"' if sheet.unit_of_series else ""
            yield f"{close}<Series{''.join([part[n] for part, n in zip(values, key, strict=True)])}{measure}>\n"
            open_key = key
        if not sheet.query.observations:
            continue
        ending = (state, updated_at, unit)
        tail = tails.get(ending)
        if tail is None:
            tail = tails[ending] = _tail(sheet, *ending)
        yield f"{starts[at]}{tail}" if state == SUPPRESSED else f'{starts[at]} OBS_VALUE="{value}"{tail}'
    if open_key is not None:
        yield "</Series>\n"


def _flat(sheet: Sheet) -> Iterator[str]:
    values = _key_values(sheet, None)
    tails: dict[tuple[int, str, str], str] = {}
    for key, _, value, state, updated_at, unit in rows(sheet, None):
        ending = (state, updated_at, unit)
        tail = tails.get(ending)
        if tail is None:
            tail = tails[ending] = _tail(sheet, *ending)
        written = "".join([part[n] for part, n in zip(values, key, strict=True)])
        figure = "" if state == SUPPRESSED else f' OBS_VALUE="{value}"'
        yield f"<Obs{written}{figure}{tail}"
