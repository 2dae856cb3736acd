"""Certificates from the real database: the name as it stands on the card."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime

import psycopg
import pytest
import pytest_asyncio

from lienthong.certificate import CertificateKeys, verify
from lienthong.db.pool import open_pool
from lienthong.rpc.errors import FailedPrecondition
from services.health_claims.certificate import Issuer
from services.health_claims.certificate_server import Certificates, Certifying, PostgresHolderNames
from services.health_claims.queries import PostgresCoverage
from tests.support import coverage
from tests.support.certificates import ISSUER, KEY
from tests.support.coverage import BINH, NHUNG, check
from vss.health_claims.v1 import health_claims_pb2 as pb

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def stored(stack_variable: Callable[[str], str]) -> Iterator[str]:
    """The samples are in the database; gives the runtime role's URL."""
    with psycopg.connect(stack_variable("DATABASE_URL_HEALTH_CLAIMS_OWNER"), autocommit=True) as owner:
        coverage.forget(owner)
        coverage.store(owner)
        yield stack_variable("DATABASE_URL_HEALTH_CLAIMS")
        coverage.forget(owner)


@pytest_asyncio.fixture
async def certificates(stored: str) -> AsyncIterator[Certificates]:
    """As its runtime role sees the database."""
    async with open_pool(stored, name="tests", connections=1) as pool:
        certifying = Certifying(issuer=Issuer(url=ISSUER, key=KEY), holder_names=PostgresHolderNames(pool))
        yield Certificates(PostgresCoverage(pool), certifying, now=lambda: NOW)


def asked(who: coverage.Sample, **changed: str) -> pb.IssueCertificateRequest:
    desk = check(who)
    right = {"identifier": desk.identifier, "full_name": desk.full_name, "born": desk.born}
    return pb.IssueCertificateRequest(**(right | changed))


async def test_the_certificate_names_the_holder_as_recorded(certificates: Certificates) -> None:
    answer = await certificates.issue(asked(NHUNG, full_name="tran thi hong nhung"))
    told = verify(answer.shc, CertificateKeys([KEY.public]), now=NOW, issuer=ISSUER)
    assert told.holder.full_name == NHUNG.full_name
    assert answer.person_id == NHUNG.holder.person_id


async def test_an_expired_card_is_not_certified(certificates: Certificates) -> None:
    with pytest.raises(FailedPrecondition):
        await certificates.issue(asked(BINH))
