"""The registry of agencies: who they are, their keys, and what they may ask for.

``registry`` is what the gateway reads; ``admin`` is how it is changed, and the
only other way in is SQL as the owner, which the database records all the same.
"""

from lienthong.agencies.registry import (
    Agency,
    AgencyKind,
    Grant,
    Key,
    Registry,
    current_version,
    load_registry,
)

__all__ = ["Agency", "AgencyKind", "Grant", "Key", "Registry", "current_version", "load_registry"]
