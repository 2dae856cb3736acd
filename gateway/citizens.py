"""The proof that a citizen asks about herself (purpose ``own_data``).

The citizens' portal has authenticated her (VNeID level 2, Decree 69/2024/ND-CP) and
states her identifier in the Staff header, under its signature. Whoever is asked about
must be the same person.
"""

from collections.abc import Sequence

from gateway.problems import Problem
from gateway.routes import Ask, Question
from lienthong.rpc.errors import InvalidArgument, NotFound

# A citizen asks about herself: not by the hundred.
_MOST_SUBJECTS = 8


async def check_citizen(citizen: str, asked: Sequence[str], question: Question, resolve: Ask) -> int:
    """The person_id of the citizen. Raises ``row_denied`` unless she is everybody that is asked about.

    ``resolve`` goes from an identifier to a person_id, 0 for nobody.
    """
    if len(asked) > _MOST_SUBJECTS:
        raise Problem("row_denied", "more than one person")
    person = await _person(citizen, question, resolve)
    if not person:
        raise Problem("row_denied", "nobody has the citizen's identifier")
    for identifier in asked:
        if identifier != citizen and await _person(identifier, question, resolve) != person:
            raise Problem("row_denied", "another person")
    return person


async def _person(identifier: str, question: Question, resolve: Ask) -> int:
    one = Question(identifier, question.request_id, question.traceparent, question.deadline)
    try:
        return int(await resolve(one))
    except (InvalidArgument, NotFound):
        # What is no identifier is nobody's; which of the two is wrong is not told.
        return 0
