"""Claim files for tests: valid ones, ones put together part by part, and the reading of both."""

import base64
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from deploy.nation.claim_files import (
    Dossier,
    Drug,
    Patient,
    Service,
    claim_file,
    moment,
    tables,
)
from services.health_claims.domain.claims import dossiers
from services.health_claims.domain.claims.findings import Finding
from services.health_claims.domain.claims.reading import Envelope
from tests.support.coverage import NHUNG, Sample

FACILITY = "ZZ001"
DAY = date(2026, 11, 10)
ACCEPTED_AT = datetime(2026, 11, 22, 3, tzinfo=UTC)
SENT = dossiers.Sent(facility_code=FACILITY, accepted_at=ACCEPTED_AT)


def patient(sample: Sample = NHUNG, **given: Any) -> Patient:
    """As her papers say it."""
    holder = sample.holder
    card = holder.cards[0]
    usual: dict[str, Any] = {
        "full_name": sample.full_name,
        "born": holder.birth_date.isoformat() if holder.birth_date else str(holder.birth_year),
        "sex": 2,
        "personal_id": sample.personal_id,
        "card_code": card.code,
        "registered_facility": card.facility_code,
        "card_from": card.valid_from,
        "card_to": card.valid_to,
    }
    return Patient(**(usual | given))


def dossier(code: str = "LK-1", **given: Any) -> Dossier:
    """A valid dossier: two drugs and two services, 1,000,000 VND, of which the fund pays 80 %."""
    usual: dict[str, Any] = {
        "treatment_code": code,
        "facility_code": FACILITY,
        "patient": patient(),
        "admitted_at": moment(DAY, 8),
        "discharged_at": moment(DAY, 16),
        "diagnosis": "J18.9",
        "diagnosis_text": "Viêm phổi, không đặc hiệu",
        "other_diagnoses": ("I10", "E11.9"),
        "drugs": (
            Drug(substance_code="40.163", name="Amoxicilin", strength="500mg", price_vnd=10_000),
            Drug(substance_code="40.2", name="Paracetamol", strength="500mg", price_vnd=5_000, days=5),
        ),
        "services": (
            Service(code="02.1897", name="Khám Nội", price_vnd=300_000, group=13),
            Service(code="N04.01", name="Kim luồn", price_vnd=250_000, group=10, unit="Cái"),
        ),
    }
    return Dossier(**(usual | given))


def file(*given: Dossier, facility: str = FACILITY) -> bytes:
    """A claim file as a request carries it."""
    return zlib.compress(claim_file(facility, given or (dossier(),), made_on=DAY))


def parts(one: Dossier) -> dict[str, bytes]:
    """The tables of a dossier, to be changed."""
    return {name: text.encode() for name, text in tables(one)}


def envelope(
    *hoso: Iterable[tuple[str, str]], count: int | None = None, facility: str = FACILITY, tail: str = ""
) -> bytes:
    """A file, not compressed, of dossiers given as LOAIHOSO and what stands in NOIDUNGFILE."""
    inside = "".join(
        "<HOSO>"
        + "".join(
            f"<FILEHOSO><LOAIHOSO>{name}</LOAIHOSO><NOIDUNGFILE>{content}</NOIDUNGFILE></FILEHOSO>"
            for name, content in parts
        )
        + "</HOSO>"
        for parts in hoso
    )
    number = len(hoso) if count is None else count
    return (
        f"<GIAMDINHHS><THONGTINDONVI><MACSKCB>{facility}</MACSKCB></THONGTINDONVI><THONGTINHOSO>"
        f"<NGAYLAP>20261110</NGAYLAP><SOLUONGHOSO>{number}</SOLUONGHOSO><DANHSACHHOSO>{inside}</DANHSACHHOSO>"
        f"</THONGTINHOSO><CHUKYDONVI></CHUKYDONVI>{tail}</GIAMDINHHS>"
    ).encode()


def encoded(octets: bytes) -> str:
    """For NOIDUNGFILE."""
    return base64.b64encode(octets).decode()


def packed(tables_: dict[str, bytes]) -> bytes:
    """A file of one dossier with these tables, compressed."""
    return zlib.compress(envelope([(name, encoded(octets)) for name, octets in tables_.items()]))


def read(compressed: bytes) -> list[dossiers.Dossier]:
    """Every dossier of a file, as the consumer reads it."""
    raws = Envelope(compressed).dossiers()
    return [dossiers.read(raw, position, SENT) for position, raw in enumerate(raws, 1)]


def only(compressed: bytes) -> dossiers.Dossier:
    """The one dossier of a file."""
    (found,) = read(compressed)
    return found


def codes(found: dossiers.Dossier) -> list[str]:
    """The codes of its findings."""
    return [finding.code for finding in found.findings.kept()]


def changed(tables_: dict[str, bytes], name: str, old: bytes, new: bytes, count: int = 1) -> dict[str, bytes]:
    """The tables with a part of one replaced; fails if there is none."""
    assert old in tables_[name], old
    return tables_ | {name: tables_[name].replace(old, new, count)}


def places(found: dossiers.Dossier) -> Sequence[Finding]:
    """Its findings."""
    return found.findings.kept()
