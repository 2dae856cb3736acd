"""One turn of the worker of deliveries in a process of its own, which a failpoint may kill.

``python -m tests.support.delivery_process DATABASE_URL AGENCY KEY_FILE``
"""

import asyncio
import sys

from lienthong.db.pool import open_pool
from lienthong.signing import PrivateKey
from tests.support.deliveries import Office


async def main(url: str, agency_id: str, key: str) -> None:
    """Deliver what is due of this clock."""
    async with open_pool(url, name="test", connections=1, wait_s=10.0) as pool:
        await Office(pool, PrivateKey.load(key), agency_id).making.turn()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
