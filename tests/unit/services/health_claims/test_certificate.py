"""Health insurance certifies what it would answer to the desk today, and nothing else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from google.rpc import code_pb2

from lienthong.certificate import CertificateKeys, verify
from lienthong.rpc.errors import FailedPrecondition, InvalidArgument, Unavailable
from lienthong.signing import Algorithm, PrivateKey
from services.health_claims.certificate import Issuer
from services.health_claims.certificate_server import Certificates, Certifying
from services.health_claims.server import HealthClaimsQuery
from services.health_claims.settings import CertificateSettings
from tests.support.certificates import ISSUER, KEY
from tests.support.coverage import BINH, HAN, MAI, NHUNG, SAMPLES, STRANGE, FakeCoverage, Sample, check
from vss.health_claims.v1 import health_claims_pb2 as pb

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
KEYS = CertificateKeys([KEY.public])


class FakeNames:
    """``HolderNames`` in memory."""

    async def full_name(self, person_id: int) -> str:
        return {s.holder.person_id: s.full_name for s in SAMPLES}[person_id]


def service(now: datetime = NOW) -> HealthClaimsQuery:
    records = FakeCoverage()
    certifying = Certifying(issuer=Issuer(url=ISSUER, key=KEY), holder_names=FakeNames())
    return HealthClaimsQuery(records, certificates=Certificates(records, certifying, now=lambda: now))


def asked(who: Sample, **changed: str) -> pb.IssueCertificateRequest:
    desk = check(who)
    right = {"identifier": desk.identifier, "full_name": desk.full_name, "born": desk.born}
    return pb.IssueCertificateRequest(**(right | changed))


async def test_a_valid_card_is_certified_in_the_holders_name_as_recorded() -> None:
    answer = await service().IssueCertificate(
        asked(NHUNG, full_name="TRAN THI HONG NHUNG", born="1990"), None
    )
    told = verify(answer.shc, KEYS, now=NOW, issuer=ISSUER)
    assert verify(answer.jws, KEYS, now=NOW, issuer=ISSUER) == told
    assert (told.holder.full_name, told.holder.born) == ("Trần Thị Hồng Nhung", "1990-05-17")
    assert (told.card.benefit_digit, told.card.benefit_percent) == (4, 80)
    assert (told.card.code, told.card.facility_code) == (NHUNG.holder.cards[0].code, "99001")
    assert answer.expires_at.ToDatetime(UTC) == told.expires_at == datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
    assert answer.person_id == NHUNG.holder.person_id


async def test_a_birth_known_by_year_is_certified_as_a_year() -> None:
    answer = await service().IssueCertificate(asked(MAI), None)
    assert verify(answer.shc, KEYS, now=NOW, issuer=ISSUER).holder.born == "1950"


async def test_a_certificate_never_outlives_its_card() -> None:
    late = datetime(2027, 12, 30, 3, 0, tzinfo=UTC)
    answer = await service(late).IssueCertificate(asked(NHUNG), None)
    assert answer.expires_at.ToDatetime(UTC) == datetime(2027, 12, 31, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (asked(BINH), "010"),
        (asked(HAN), "130"),
        (asked(NHUNG, full_name="Trần Thị Hồng"), "061"),
        (asked(NHUNG, full_name="Lê Thị Mai"), "060"),
        (asked(NHUNG, born="1990-05-18"), "070"),
        (asked(NHUNG, identifier="999999999999"), "050"),
        (asked(NHUNG, identifier="HT4019900000001"), "051"),
    ],
)
async def test_who_is_not_covered_gets_the_portals_code_and_no_certificate(
    request_: pb.IssueCertificateRequest, code: str
) -> None:
    with pytest.raises(FailedPrecondition) as refused:
        await service().IssueCertificate(request_, None)
    assert (refused.value.code, refused.value.reason) == (code_pb2.FAILED_PRECONDITION, "NOT_COVERED")
    assert [(field.field, field.description) for field in refused.value.fields] == [("result_code", code)]
    assert request_.full_name not in str(refused.value)


async def test_what_cannot_be_read_names_its_fields() -> None:
    with pytest.raises(InvalidArgument) as refused:
        await service().IssueCertificate(pb.IssueCertificateRequest(identifier="1", born="x"), None)
    assert {field.field for field in refused.value.fields} == {"identifier", "full_name", "born"}


async def test_the_day_that_counts_is_that_of_viet_nam() -> None:
    evening = datetime(2026, 6, 30, 17, 30, tzinfo=UTC)  # 1 July there
    with pytest.raises(FailedPrecondition):
        await service(evening).IssueCertificate(asked(BINH), None)


async def test_without_a_key_nothing_is_certified() -> None:
    with pytest.raises(Unavailable):
        await HealthClaimsQuery(FakeCoverage()).IssueCertificate(asked(STRANGE), None)


def settings(monkeypatch: pytest.MonkeyPatch, key: Path | None, issuer: str | None) -> CertificateSettings:
    for name, value in (("KEY", key), ("ISSUER", issuer)):
        if value is None:
            monkeypatch.delenv(f"LIENTHONG_CERTIFICATE_{name}", raising=False)
        else:
            monkeypatch.setenv(f"LIENTHONG_CERTIFICATE_{name}", str(value))
    return CertificateSettings()


def test_key_and_issuer_go_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(KEY.to_pem())
    known = settings(monkeypatch, path, ISSUER).issuer()
    assert known is not None
    assert (known.url, known.key.key_id) == (ISSUER, KEY.key_id)
    assert settings(monkeypatch, None, None).issuer() is None
    for key, issuer in ((path, None), (None, ISSUER), (path, f"{ISSUER}/"), (tmp_path / "none.pem", ISSUER)):
        with pytest.raises(ValueError, match=r"certificate|CERTIFICATE"):
            settings(monkeypatch, key, issuer)


def test_a_key_of_another_kind_does_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(PrivateKey.generate(Algorithm.ED25519).to_pem())
    with pytest.raises(ValueError, match="P-256"):
        settings(monkeypatch, path, ISSUER)


async def test_the_first_day_of_a_card_can_be_certified_and_the_day_before_not() -> None:
    first = datetime(2025, 12, 31, 17, 0, tzinfo=UTC)  # midnight in Việt Nam
    assert (await service(first).IssueCertificate(asked(NHUNG), None)).shc
    with pytest.raises(FailedPrecondition):
        await service(first - timedelta(seconds=1)).IssueCertificate(asked(NHUNG), None)
