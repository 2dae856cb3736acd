"""The base tables that contributions counts, and the roles of its cubes."""

from typing import Final

from lienthong.statistics.tables import Source

READER: Final = "contributions"
FOLDER: Final = "contributions_statistics"

PARTICIPATION: Final = Source(
    table="participation",
    columns={
        "person_id": "bigint",
        "employer_id": "bigint",
        "valid_from": "date",
        "valid_to": "date",
        "schemes": "smallint",
    },
)
EMPLOYER: Final = Source(table="employer", columns={"employer_id": "bigint", "province_code": "text"})
EMPLOYER_WITH_SECTOR: Final = Source(
    table="employer", columns={"employer_id": "bigint", "province_code": "text", "sector": "text"}
)
"""The same from migration 0006 on; the functions of an older flow need not know."""
PARTICIPANT: Final = Source(
    table="participant", columns={"person_id": "bigint", "sex": "smallint", "birth_year": "smallint"}
)
CHARGE: Final = Source(
    table="charge",
    columns={
        "employer_id": "bigint",
        "month": "date",
        "entry": "bigint",
        "fund": "smallint",
        "due_vnd": "bigint",
        "paid_vnd": "bigint",
    },
)
