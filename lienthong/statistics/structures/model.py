"""What a dataflow consists of. Frozen; read from the TOML files beside it by ``loading``.

    Catalogue
    ├── Dataflow ── Dimension ── Concept ── CodeList ── Code
    └── attributes and measure, which are the same of every dataflow

Source of the model: SDMX 2.1, section 2 (information model), as far as it is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

AGENCY: Final = "VSS"
"""Who maintains all of it."""
VERSION: Final = "1.0"
TOTAL: Final = "_T"
TIME: Final = "TIME_PERIOD"
VALUE: Final = "OBS_VALUE"


@dataclass(frozen=True, slots=True)
class Text:
    """The same in Vietnamese and in English."""

    vi: str
    en: str

    def in_language(self, language: str) -> str:
        """In ``vi``, else in English."""
        return self.vi if language == "vi" else self.en


@dataclass(frozen=True, slots=True)
class Code:
    """One value of a list; ``parent`` is the code that it is a part of, empty for none."""

    id: str
    name: Text
    parent: str = ""


@dataclass(frozen=True)
class CodeList:
    """The values of one concept, in the order in which people expect them. ``note`` is empty or in both languages."""

    id: str
    name: Text
    codes: tuple[Code, ...]
    note: str = ""

    @cached_property
    def by_id(self) -> Mapping[str, Code]:
        """The codes by their id."""
        return {code.id: code for code in self.codes}


@dataclass(frozen=True, slots=True)
class Concept:
    """What a component means, and its values where they are coded."""

    id: str
    name: Text
    codes: CodeList | None = None
    note: str = ""


@dataclass(frozen=True)
class Dataflow:
    """One table that can be pulled.

    ``dimensions`` are in the order of the key and without TIME_PERIOD; ``units`` leads from
    each indicator to its unit, and from the empty text where there is one measure alone.
    ``contributors`` says what stands behind a figure: persons or units (employers).
    ``published``: its service answers for it. ``parts`` and ``splits`` are for disclosure control
    (``BaseCell.parts``, ``BaseCell.kin``): indicators that are by nature only such a part of the largest one,
    and dimensions that split what the same contributors have. ``decimals`` are digits behind the point, of
    the indicators that have some; ``rolled`` are dimensions whose figures are counted by the finest codes of their
    list and summed up to the parents of these too; ``share_of`` is the flow whose published totals this one divides by the population.
    """

    id: str
    service: str
    name: Text
    description: Text
    method: Text
    dimensions: tuple[Concept, ...]
    units: Mapping[str, str]
    contributors: str
    published: bool = True
    parts: Mapping[str, int] = field(default_factory=dict)
    splits: tuple[str, ...] = ()
    decimals: Mapping[str, int] = field(default_factory=dict)
    rolled: tuple[str, ...] = ()
    share_of: str = ""

    @property
    def structure(self) -> str:
        """The id of its data structure definition."""
        return "DSD_" + self.id.removeprefix("DF_")

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The ids of the dimensions in the order of the key, without TIME_PERIOD."""
        return tuple(dimension.id for dimension in self.dimensions)

    def codes(self, dimension: str) -> CodeList:
        """The list of a dimension. Raises ``KeyError`` for one that it has not."""
        found = next((d.codes for d in self.dimensions if d.id == dimension), None)
        if found is None:
            raise KeyError(dimension)
        return found

    def allowed(self, dimension: str) -> tuple[str, ...]:
        """The codes that can occur in a dimension: of indicators only its own."""
        if dimension == "INDICATOR":
            return tuple(self.units)
        return tuple(code.id for code in self.codes(dimension).codes)

    def between(self, dimension: str) -> Mapping[str, str]:
        """Of a dimension that is rolled up what lies between its finest codes and their total: code -> its parent."""
        if dimension not in self.rolled:
            return {}
        known = self.codes(dimension).by_id
        # The total has no parent, what stands under it directly has none that is not the total.
        return {code.id: code.parent for code in known.values() if code.parent and known[code.parent].parent}

    def unit(self, indicator: str = "") -> str:
        """The code of the unit of a figure."""
        return self.units[indicator if "INDICATOR" in self.order else ""]


@dataclass(frozen=True)
class Catalogue:
    """Every dataflow with everything that it refers to."""

    dataflows: Mapping[str, Dataflow]
    codelists: Mapping[str, CodeList]
    concepts: Mapping[str, Concept]

    def published(self) -> "Catalogue":
        """The same with the dataflows alone that are answered."""
        return replace(self, dataflows={n: f for n, f in self.dataflows.items() if f.published})


ATTRIBUTES: Final = ("UNIT_MEASURE", "OBS_STATUS", "CONF_STATUS", "LAST_UPDATE", "WATERMARK")
"""Of every dataflow: of the series, of the observation (three), of the answer as a whole."""
