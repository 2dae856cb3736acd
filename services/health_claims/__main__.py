"""The health-claims service's gRPC process."""

from lienthong.rpc.service import run
from services.health_claims.server import SERVICE

if __name__ == "__main__":
    run(SERVICE)
