"""Dataflows, their structures, concepts and code lists: data in TOML, loaded into frozen objects.

    catalogue().dataflows["DF_PARTICIPANTS"].order   -> ("FREQ", "REF_AREA", "SCHEME", "SEX", "AGE")

Whoever counts, answers, writes or plots takes ids, codes, names and units from here.
"""

from lienthong.statistics.structures import areas
from lienthong.statistics.structures.loading import catalogue, total_of
from lienthong.statistics.structures.model import (
    AGENCY,
    ATTRIBUTES,
    TIME,
    TOTAL,
    VALUE,
    VERSION,
    Catalogue,
    Code,
    CodeList,
    Concept,
    Dataflow,
    Text,
)

__all__ = [
    "AGENCY",
    "ATTRIBUTES",
    "TIME",
    "TOTAL",
    "VALUE",
    "VERSION",
    "Catalogue",
    "Code",
    "CodeList",
    "Concept",
    "Dataflow",
    "Text",
    "areas",
    "catalogue",
    "total_of",
]
