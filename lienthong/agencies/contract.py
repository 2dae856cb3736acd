"""What can be granted at all: a grant that no capability would ever use is a typing error."""

from collections.abc import Iterable
from functools import cache

from lienthong.access.contract import data_class_code
from lienthong.access.published import published_contract
from vss.access.v1 import access_pb2

# Unspecified means deny, and internal never leaves the house: neither is granted.
GRANTABLE = frozenset(
    data_class_code(value)
    for value in access_pb2.DataClass.values()
    if value not in (access_pb2.DATA_CLASS_UNSPECIFIED, access_pb2.DATA_CLASS_INTERNAL)
)


@cache
def purposes_by_scope() -> dict[str, frozenset[str]]:
    """Each scope of the contract with the purposes that some capability accepts under it."""
    contract = published_contract()
    return {
        scope: frozenset().union(*(c.purposes for c in contract.capabilities if c.scope == scope))
        for scope in contract.scopes
    }


def check_grant(scope: str, purposes: frozenset[str], data_classes: frozenset[str]) -> str | None:
    """Why the contract has no use for this grant; None when it has."""
    scopes = purposes_by_scope()
    if scope not in scopes:
        return f"no scope {scope}; there are {_listed(scopes)}"
    if not purposes or not purposes <= scopes[scope]:
        return f"purposes of {scope} are {_listed(scopes[scope])}, not {_listed(purposes - scopes[scope])}"
    if not data_classes or not data_classes <= GRANTABLE:
        return f"data classes are {_listed(GRANTABLE)}, not {_listed(data_classes - GRANTABLE)}"
    return None


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "none"
