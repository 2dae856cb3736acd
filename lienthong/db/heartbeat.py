"""Whether a database answers, asked over a connection of its own.

Not over the pool's: under load a question would queue behind the work and a busy
service would call its database dead.
"""

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

_CONNECT_SECONDS = 1


class Heartbeat:
    """One connection that is made when needed and made again when it breaks."""

    def __init__(self, url: str, *, name: str) -> None:
        self._url = url
        self._name = f"lienthong-{name}-heartbeat"
        self._connection: AsyncConnection[TupleRow] | None = None

    async def check(self) -> None:
        """Returns if the database answers. Raises ``psycopg.OperationalError`` if it does not.

        A cancelled question also gives its connection up: its state is unknown.
        """
        connection, self._connection = self._connection, None
        try:
            if connection is None:
                connection = await AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=_CONNECT_SECONDS, application_name=self._name
                )
            await connection.execute(b"SELECT 1")
        except BaseException:
            if connection is not None:
                await connection.close()
            raise
        self._connection = connection

    async def close(self) -> None:
        """Give the connection up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
