"""The contributions service's gRPC process."""

from lienthong.rpc.service import run
from services.contributions.server import SERVICE

if __name__ == "__main__":
    run(SERVICE)
