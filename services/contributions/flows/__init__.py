"""What contributions counts, and which cell a row belongs to: SQL for its migrations. A file a dataflow.

Months are ``year * 12 + month - 1``, as everywhere in SQL here.
"""

from services.contributions.flows.collection import COLLECTION, COLLECTION_FUNCTIONS
from services.contributions.flows.compliance import (
    COMPLIANCE,
    COMPLIANCE_FUNCTIONS,
    COMPLIANCE_MONTH,
    COMPLIANCE_SECTOR,
    COMPLIANCE_SECTOR_FUNCTIONS,
    JUDGED,
    MOST_WORKERS,
)
from services.contributions.flows.participants import PARTICIPANTS, PARTICIPANTS_FUNCTIONS
from services.contributions.flows.sources import (
    CHARGE,
    EMPLOYER,
    EMPLOYER_WITH_SECTOR,
    FOLDER,
    PARTICIPANT,
    PARTICIPATION,
    READER,
)

__all__ = [
    "CHARGE",
    "COLLECTION",
    "COLLECTION_FUNCTIONS",
    "COMPLIANCE",
    "COMPLIANCE_FUNCTIONS",
    "COMPLIANCE_MONTH",
    "COMPLIANCE_SECTOR",
    "COMPLIANCE_SECTOR_FUNCTIONS",
    "EMPLOYER",
    "EMPLOYER_WITH_SECTOR",
    "FOLDER",
    "JUDGED",
    "MOST_WORKERS",
    "PARTICIPANT",
    "PARTICIPANTS",
    "PARTICIPANTS_FUNCTIONS",
    "PARTICIPATION",
    "READER",
]
