"""What identity counts, and which cell a row belongs to: SQL for its migrations.

Months are ``year * 12 + month - 1``, as everywhere in SQL here.
"""

from typing import Final

from lienthong.statistics import definitions
from lienthong.statistics.tables import FlowShape, Source
from services.identity.domain import Result

READER: Final = "identity"
FOLDER: Final = "identity_statistics"

VERIFICATION: Final = Source(
    table="verification", columns={"person_id": "bigint", "month": "date", "outcome": "smallint"}
)
PERSON: Final = Source(table="person", columns={"person_id": "bigint", "province_code": 'text COLLATE "C"'})

MONTHS_KEPT: Final = 24
"""Before the current one. Who was verified is then forgotten; what was published of it stays."""

IDENTITY: Final = FlowShape(
    flow="DF_IDENTITY",
    dimensions=("REF_AREA", "OUTCOME"),
    totals=("VN", "_T"),
    measures=("PERSONS",),
    indicator=False,
    is_distinct=True,
    months_kept=MONTHS_KEPT,
)

OUTCOMES: Final = {Result.MATCH: "MATCH", Result.PARTIAL: "PARTIAL", Result.NO_MATCH: "NO_MATCH"}

# A person has one row a month, and so is in one cell of it. Months that are being forgotten are in no state: so a
# row that is taken away moves nothing.
_IDENTITY = """
SELECT v.person_id, coalesce('VN_' || p.province_code, '_U') || '.' || CASE v.outcome {outcomes} END,
       v.number, v.number, '{{}}'::bigint[]
FROM (
    SELECT person_id, outcome, (extract(year FROM month) * 12 + extract(month FROM month))::integer - 1 AS number
    FROM {verification} every_month WHERE month >= (SELECT since FROM verification_kept)
) v
LEFT JOIN {person} p USING (person_id)
WHERE v.number BETWEEN lo AND hi
"""


def _identity(*, everybody: bool) -> str:
    return _IDENTITY.format(
        outcomes=" ".join(f"WHEN {int(outcome)} THEN '{code}'" for outcome, code in OUTCOMES.items()),
        verification=definitions.state(VERIFICATION, "person_id", everybody=everybody),
        person=definitions.state(PERSON, "person_id", everybody=everybody),
    )


IDENTITY_FUNCTIONS: Final = definitions.functions(
    IDENTITY.flow,
    # Not everybody who is recorded: whoever was never verified brings nothing.
    contributors=[(VERIFICATION, "person_id")],
    touched_too="SELECT person_id FROM stat_delta_person WHERE id <= bound",
    of=_identity(everybody=False),
    everybody=_identity(everybody=True),
)
