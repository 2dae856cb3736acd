"""Bodies that are carried as they came: claim files."""

import json
import zlib
from collections.abc import Mapping

import pytest

from tests.support.wire import Raw
from tests.unit.gateway.conftest import House
from vss.health_claims.v1 import claims_pb2

CLAIMS = "/v1/claims"
FILE = '<?xml version="1.0" encoding="utf-8"?><GIAMDINHHS>{[{[{[ ầ</GIAMDINHHS>'.encode()


@pytest.fixture
def hospital(house: House) -> Mapping[str, str]:
    house.grant("claims:submit", "claims")
    return {"purpose": "claims", "idempotency_key": "k-1", "content_type": "application/xml"}


def signed(house: House, body: bytes, headers: Mapping[str, str]) -> Raw:
    return house.desk.sign(CLAIMS, body, **headers).also(("content-length", str(len(body))))


def carried(house: House) -> claims_pb2.SubmitClaimsRequest:
    (operation,) = house.accepting.operations
    return claims_pb2.SubmitClaimsRequest.FromString(operation.request)


@pytest.mark.parametrize("media_type", ["application/xml", "text/xml; charset=utf-8"])
async def test_a_file_travels_octet_by_octet_with_its_facility(
    house: House, hospital: Mapping[str, str], media_type: str
) -> None:
    answer = await house.send(signed(house, FILE, {**hospital, "content_type": media_type}))
    assert answer.status == 202
    request = carried(house)
    assert zlib.decompress(request.file) == FILE
    assert request.facility_code == "01001"
    assert house.accepting.operations[0].ordering_value == "01001"
    assert house.entry.subjects_asked == []


async def test_a_large_file_travels_as_a_small_one(
    house_with_helper: House, hospital: Mapping[str, str]
) -> None:
    house, body = house_with_helper, b"<a>" + b"[{" * 1_000_000 + b"</a>"
    assert len(body) > house.settings.max_body
    answer = await house.send(signed(house, body, hospital))
    assert answer.status == 202
    assert zlib.decompress(carried(house).file) == body
    assert carried(house).facility_code == "01001"


@pytest.mark.parametrize("padding", [0, 100_000])
@pytest.mark.parametrize(
    ("start", "what"), [(b"PK\x03\x04", "a ZIP archive"), (b"%PDF-1.7", "a PDF document"), (b"{", "JSON")]
)
async def test_another_kind_of_file_is_told_what_it_looks_like(
    house_with_helper: House, hospital: Mapping[str, str], start: bytes, what: str, padding: int
) -> None:
    house = house_with_helper
    answer = await house.send(signed(house, start + b"." * padding, hospital))
    assert (answer.status, answer.reason) == (415, "unsupported_media_type")
    (error,) = answer.document["errors"]
    assert error == {"field": "$", "description": f"looks like {what}, not like XML"}
    assert house.accepting.operations == []


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/zip", "application/fhir+xml", "application/xmlx", ""]
)
async def test_a_file_of_another_media_type_is_refused(
    house: House, hospital: Mapping[str, str], media_type: str
) -> None:
    answer = await house.send(signed(house, FILE, {**hospital, "content_type": media_type}))
    assert (answer.status, answer.reason) == (415, "unsupported_media_type")


async def test_xml_is_no_request_where_json_is_asked_for(house: House) -> None:
    answer = await house.send(house.desk.sign("/v1/coverage:check", FILE, content_type="application/xml"))
    assert answer.reason == "unsupported_media_type"


async def test_a_compressed_body_is_refused(house: House, hospital: Mapping[str, str]) -> None:
    raw = signed(house, zlib.compress(FILE), hospital).also(("content-encoding", "deflate"))
    assert (await house.send(raw)).reason == "unsupported_media_type"


async def test_a_file_over_its_cap_is_refused_before_it_comes(
    house: House, hospital: Mapping[str, str]
) -> None:
    raw = house.desk.sign(CLAIMS, b"<a/>", **hospital).also(("content-length", str(10 * 1024 * 1024 + 1)))
    house.events = [{"type": "http.request", "body": b"", "more_body": True}]
    assert (await house.send(raw)).reason == "too_large"


async def test_no_file_is_refused(house: House, hospital: Mapping[str, str]) -> None:
    answer = await house.send(house.desk.sign(CLAIMS, b"", **hospital))
    assert (answer.status, answer.fields) == (422, ["$"])


async def test_who_is_no_facility_hands_in_nothing(house: House) -> None:
    house.key_of(agency_id="bank")
    house.grant("claims:submit", "claims", agency="bank")
    headers = {"purpose": "claims", "idempotency_key": "k-1", "content_type": "application/xml"}
    assert (await house.send(signed(house, FILE, headers))).reason == "row_denied"


async def test_the_service_alone_sets_the_facility(house: House) -> None:
    house.grant("stays:manage", "admission")
    body = {"treatmentCode": "LK-1", "facilityCode": "01002"}
    answer = await house.send(house.desk.sign("/v1/stays:close", body, idempotency_key="k-1"))
    assert (answer.status, answer.fields) == (422, ["facilityCode"])


async def test_the_same_name_and_another_file_is_a_conflict(
    house: House, hospital: Mapping[str, str]
) -> None:
    await house.send(signed(house, FILE, hospital))
    answer = await house.send(signed(house, FILE + b"\n", hospital))
    assert (answer.status, answer.reason) == (409, "idempotency_conflict")
    assert json.loads(answer.body)["reason"] == "idempotency_conflict"
