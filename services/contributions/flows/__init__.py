"""What contributions counts, and which cell a row belongs to: SQL for its migrations. A file a dataflow.

Months are ``year * 12 + month - 1``, as everywhere in SQL here.
"""

from services.contributions.flows.participants import PARTICIPANTS, PARTICIPANTS_FUNCTIONS
from services.contributions.flows.sources import EMPLOYER, FOLDER, PARTICIPANT, PARTICIPATION, READER

__all__ = [
    "EMPLOYER",
    "FOLDER",
    "PARTICIPANT",
    "PARTICIPANTS",
    "PARTICIPANTS_FUNCTIONS",
    "PARTICIPATION",
    "READER",
]
