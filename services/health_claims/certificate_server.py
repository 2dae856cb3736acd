"""``IssueCertificate``: decide as CheckCoverage does, then sign what was decided."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from pydantic import ValidationError

from lienthong.clock import VIETNAM
from lienthong.db.pool import Pool
from lienthong.rpc.errors import Unavailable
from lienthong.rpc.settings import refuse_to_start
from services.health_claims.certificate import Issuer, issue
from services.health_claims.domain.coverage import decide
from services.health_claims.queries import CoverageRecords, PostgresCoverage
from services.health_claims.settings import CertificateSettings
from services.health_claims.translate import certificate as translate
from services.health_claims.translate.coverage import to_inquiry
from vss.health_claims.v1 import health_claims_pb2 as pb

Now = Callable[[], datetime]

_NAME: Final = b"SELECT full_name FROM holder WHERE person_id = %b"


class HolderNames(Protocol):
    """Where the names come from, as they stand on the cards."""

    async def full_name(self, person_id: int) -> str:
        """The person's full name. Raises LookupError for nobody."""


class PostgresHolderNames:
    """The real database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def full_name(self, person_id: int) -> str:
        """As in ``HolderNames``."""
        async with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(_NAME, (person_id,))
            row = await cursor.fetchone()
        if row is None:
            raise LookupError("the holder has gone since the card was decided")
        return str(row[0])


def vietnam_now() -> datetime:
    """The time in Việt Nam."""
    return datetime.now(VIETNAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certifying:
    """What it takes to certify: in whose name, and the names of the holders."""

    issuer: Issuer
    holder_names: HolderNames


class Certificates:
    """Issues certificates. Without ``certifying`` none: this service was given no key for it."""

    def __init__(
        self, records: CoverageRecords, certifying: Certifying | None = None, *, now: Now = vietnam_now
    ) -> None:
        self._records = records
        self._certifying = certifying
        self._now = now

    async def issue(self, request: pb.IssueCertificateRequest) -> pb.IssueCertificateResponse:
        """See the contract."""
        if self._certifying is None:
            raise Unavailable("NOT_CONFIGURED", "this service has no key to sign certificates with")
        now = self._now()
        today = now.astimezone(VIETNAM).date()
        inquiry = to_inquiry(translate.to_check(request), today=today)
        (holder,) = await self._records.holders([inquiry.identifier])
        decision = decide(inquiry, holder)
        card = translate.to_card(decision, today=today)
        if decision.holder is None:
            raise LookupError("a card without its holder")
        name = await self._certifying.holder_names.full_name(decision.holder.person_id)
        certified = translate.to_holder(decision.holder, name)
        return translate.to_response(
            issue(self._certifying.issuer, certified, card, now=now), decision.holder.person_id
        )


def certificates(pool: Pool) -> Certificates:
    """As the environment says; a wrong value ends the process, naming its variable."""
    try:
        issuer = CertificateSettings().issuer()
    except ValidationError as error:
        refuse_to_start(error)
    certifying = Certifying(issuer=issuer, holder_names=PostgresHolderNames(pool)) if issuer else None
    return Certificates(PostgresCoverage(pool), certifying)
