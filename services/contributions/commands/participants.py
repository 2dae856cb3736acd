"""Sex and year of birth of those who take part, for statistics, as the gateway bound them."""

from collections.abc import Iterable
from typing import Final

from services.contributions.commands.arrays import numbers
from services.contributions.commands.units import Connection
from vss.types.v1 import text_pb2

# Who is known as she is costs a look-up and no lock: nearly everybody. The others in the order of
# their numbers, so that two declarations never wait for each other's rows.
_KNOW: Final = b"""
INSERT INTO participant AS known (person_id, birth_year, sex)
SELECT n.person_id, n.birth_year, n.sex
FROM unnest(%s::bigint[], %s::smallint[], %s::smallint[]) AS n (person_id, birth_year, sex)
LEFT JOIN participant p ON p.person_id = n.person_id
WHERE (p.birth_year, p.sex) IS DISTINCT FROM (n.birth_year, n.sex)
ORDER BY n.person_id
ON CONFLICT (person_id) DO UPDATE SET birth_year = excluded.birth_year, sex = excluded.sex
"""
_YEAR_DIGITS: Final = 4


def know(connection: Connection, persons: Iterable[text_pb2.Person]) -> None:
    """Remember them, each given once; whose year of birth is not known is not remembered."""
    born = [(p.person_id, p.born[:_YEAR_DIGITS], p.sex) for p in persons if p.born]
    if born:
        ids, years, sexes = zip(*born, strict=True)
        connection.execute(_KNOW, [numbers(ids), numbers(map(int, years)), numbers(sexes)])
