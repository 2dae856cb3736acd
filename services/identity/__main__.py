"""The identity service's gRPC process."""

from lienthong.rpc.service import run
from services.identity.server import SERVICE

if __name__ == "__main__":
    run(SERVICE)
