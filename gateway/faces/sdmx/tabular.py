"""SDMX-CSV 1.0 and 2.0, and plain CSV with names beside the codes for people without SDMX.

Source: SDMX-CSV field guides 1.0 and 2.0; RFC 4180.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from gateway.faces.sdmx.table import FREE, SUPPRESSED
from gateway.faces.sdmx.writing import Sheet, attributes_of, rows
from lienthong.statistics.structures import AGENCY, ATTRIBUTES, TIME, VALUE, VERSION, Concept, catalogue

_END: Final = "\r\n"
# Tells spreadsheets that the text is UTF-8.
_MARK: Final = "\ufeff"
_SPECIAL: Final = frozenset(',"\r\n')


def write_1(sheet: Sheet) -> bytes:
    """SDMX-CSV 1.0."""
    reference = f"{AGENCY}:{sheet.query.flow.id}({VERSION})"
    if sheet.labels == "both":
        reference = field(f"{reference}: {sheet.query.flow.name.in_language(sheet.language)}")
    return _written(sheet, ["DATAFLOW"], reference + ",")


def write_2(sheet: Sheet) -> bytes:
    """SDMX-CSV 2.0."""
    flow = sheet.query.flow
    reference = f"dataflow,{AGENCY}:{flow.id}({VERSION}),"
    header = ["STRUCTURE", "STRUCTURE_ID", "ACTION"]
    if sheet.labels == "name":
        header.insert(2, "STRUCTURE_NAME")
        reference += field(flow.name.in_language(sheet.language)) + ","
    return _written(sheet, header, reference + "I,")


def write_plain(sheet: Sheet) -> bytes:
    """Codes, each with its name in the next column."""
    return _written(sheet, [], "")


def write_excel(sheet: Sheet) -> bytes:
    """As ``write_plain``, marked as UTF-8."""
    return _MARK.encode() + write_plain(sheet)


def field(text: str) -> str:
    """A field, in quotation marks where it needs them."""
    return '"' + text.replace('"', '""') + '"' if _SPECIAL.intersection(text) else text


def _written(sheet: Sheet, first: list[str], prefix: str) -> bytes:
    wanted = [name for name in ATTRIBUTES if name in sheet.query.attributes]
    columns = [*sheet.query.flow.order, TIME, VALUE, *wanted]
    header = first + [title for column in columns for title in _titles(sheet, column)]
    return _END.join([",".join(header), *_lines(sheet, prefix, wanted), ""]).encode()


def _titles(sheet: Sheet, column: str) -> list[str]:
    concept = catalogue().concepts[column]
    if sheet.labels == "both":
        return [field(f"{column}: {concept.name.in_language(sheet.language)}")]
    return [column, f"{column}_NAME"] if sheet.labels == "name" and concept.codes is not None else [column]


def _lines(sheet: Sheet, prefix: str, wanted: Sequence[str]) -> Iterator[str]:
    table = sheet.table
    place = len(table.dimensions) - 1
    texts = [
        [_value(sheet, dimension, code) + "," for code in codes]
        for dimension, codes in zip(table.dimensions, table.codes, strict=True)
    ]
    ends: dict[tuple[int, str, str], str] = {}
    series: tuple[int, ...] | None = None
    start = ""
    for key, at, value, state, updated_at, unit in rows(sheet, place):
        if key != series:
            start = prefix + "".join([text[n] for text, n in zip(texts, key, strict=False)])
            series = key
        elif not sheet.query.observations:
            continue
        ending = (state, updated_at, unit)
        end = ends.get(ending)
        if end is None:
            end = ends[ending] = _attributes(sheet, wanted, *ending)
        if not sheet.query.observations:
            yield f"{start},{_attributes(sheet, wanted, FREE, '0', unit)}"
        else:
            yield f"{start}{texts[place][at]}{'' if state == SUPPRESSED else value}{end}"


def _attributes(sheet: Sheet, wanted: Sequence[str], state: int, updated_at: str, unit: str) -> str:
    """The columns after the value, each with its comma before it."""
    of_series = not sheet.query.observations
    found = {} if of_series else dict(attributes_of(sheet, state, updated_at, unit))
    found |= {"UNIT_MEASURE": unit, "WATERMARK": sheet.watermark()}
    return "".join("," + _value(sheet, name, found.get(name, "")) for name in wanted)


def _value(sheet: Sheet, column: str, code: str) -> str:
    """A code as the labels have it: alone, with its name, or its name in the next column."""
    concept = catalogue().concepts[column]
    return _NAMED[sheet.labels](concept, code, sheet.language)


def _both(concept: Concept, code: str, language: str) -> str:
    name = _name(concept, code, language)
    return field(f"{code}: {name}") if name else field(code)


def _beside(concept: Concept, code: str, language: str) -> str:
    if concept.codes is None:
        return field(code)
    return f"{field(code)},{field(_name(concept, code, language))}"


def _name(concept: Concept, code: str, language: str) -> str:
    found = concept.codes.by_id.get(code) if concept.codes is not None else None
    return found.name.in_language(language) if found is not None else ""


_NAMED: Final[Mapping[str, Callable[[Concept, str, str], str]]] = {
    "id": lambda _concept, code, _language: field(code),
    "both": _both,
    "name": _beside,
}
