"""The contracts that this gateway publishes: the one list of them."""

from functools import cache

from lienthong.access.contract import Contract, load_contract
from vss.audit.v1 import audit_pb2
from vss.contributions.v1 import commands_pb2, contributions_pb2
from vss.contributions.v1 import statistics_pb2 as contributions_statistics_pb2
from vss.deliveries.v1 import deliveries_pb2
from vss.health_claims.v1 import claims_pb2, health_claims_pb2, history_pb2
from vss.health_claims.v1 import statistics_pb2 as health_claims_statistics_pb2
from vss.identity.v1 import identity_pb2
from vss.identity.v1 import statistics_pb2 as identity_statistics_pb2
from vss.operations.v1 import operations_pb2

_FILES = (
    identity_pb2,
    identity_statistics_pb2,
    health_claims_pb2,
    history_pb2,
    claims_pb2,
    health_claims_statistics_pb2,
    contributions_pb2,
    commands_pb2,
    contributions_statistics_pb2,
    deliveries_pb2,
    operations_pb2,
    audit_pb2,
)


@cache
def published_contract() -> Contract:
    """Every capability with a route. Raises ``ContractError`` when options contradict each other."""
    return load_contract(module.DESCRIPTOR for module in _FILES)
