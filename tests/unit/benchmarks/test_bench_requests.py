"""The fast signer makes what the gateway accepts, and what the SDK would have made."""

import json
import time

import pytest

from benchmarks.requests import LIFETIME, PATH, RequestMaker, coverage_checks
from deploy.nation.sampling import SampledPerson
from lienthong.client import AgencyConfig
from lienthong.signing import (
    Algorithm,
    AnswerRefused,
    AnswerSigner,
    PrivateKey,
    RequestView,
    SignatureRefused,
    check_digest,
    check_freshness,
    check_signature,
    parse_signature,
    prepare_request,
    verify_answer,
)

AUTHORITY = "127.0.0.1:7400"
NOW = int(time.time())
PEOPLE = [
    SampledPerson("001190000017", "Trần Thị Hồng Nhung", "1990-05-17"),
    SampledPerson("038150000033", "Lê Thị Mai 100%b", "1950"),
]


@pytest.fixture(params=list(Algorithm))
def config(request: pytest.FixtureRequest) -> AgencyConfig:
    key = PrivateKey.generate(request.param)
    gateway = PrivateKey.generate(Algorithm.ED25519).public
    return AgencyConfig(
        agency_id="hospital-demo",
        gateway=f"http://{AUTHORITY}",
        key=key,
        gateway_keys={gateway.key_id: gateway},
        purpose="admission",
        staff="desk-1",
    )


def read(raw: bytes) -> RequestView:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    assert first == f"POST {PATH} HTTP/1.1".encode()
    headers = [(line.split(b": ", 1)[0], line.split(b": ", 1)[1]) for line in lines]
    assert dict(headers)[b"content-length"] == str(len(body)).encode()
    return RequestView("POST", "http", AUTHORITY, PATH, "", headers, body)


def test_the_gateway_accepts_every_request_and_sees_no_nonce_twice(config: AgencyConfig) -> None:
    nonces = set()
    for raw in RequestMaker(config, AUTHORITY, coverage_checks(PEOPLE)).make(20, created=NOW):
        view = read(raw)
        parsed = parse_signature(view)
        check_signature(parsed, view, config.key.public)
        check_digest(parsed, view)
        check_freshness(parsed, NOW)
        nonces.add(parsed.nonce)
    assert len(nonces) == 20


def test_requests_are_about_each_person_in_turn(config: AgencyConfig) -> None:
    made = RequestMaker(config, AUTHORITY, coverage_checks(PEOPLE)).make(4, created=NOW)
    asked = [json.loads(read(raw).body) for raw in made]
    assert [a["identifier"] for a in asked] == [PEOPLE[n % 2].identifier for n in range(4)]
    assert asked[1] == {"identifier": "038150000033", "fullName": "Lê Thị Mai 100%b", "born": "1950"}


def test_a_request_is_what_the_sdk_would_have_signed(config: AgencyConfig) -> None:
    (raw,) = RequestMaker(config, AUTHORITY, coverage_checks(PEOPLE)).make(1, created=NOW)
    view = read(raw)
    sent = dict(view.headers)
    by_sdk = prepare_request(
        config.key,
        method="POST",
        url=f"http://{AUTHORITY}{PATH}",
        headers={"content-type": "application/json", "purpose": "admission", "staff": "desk-1"},
        body=view.body,
        created=NOW,
        lifetime=LIFETIME,
        nonce=parse_signature(view).nonce,
    )
    assert sent[b"signature-input"].decode() == by_sdk.headers["signature-input"]
    assert sent[b"content-digest"].decode() == by_sdk.headers["content-digest"]


def test_a_request_that_the_gateway_would_refuse_is_never_sent(config: AgencyConfig) -> None:
    maker = RequestMaker(config, AUTHORITY, coverage_checks(PEOPLE))
    maker._config.key.public._verify = PrivateKey.generate(config.key.algorithm).public._verify
    with pytest.raises(SignatureRefused):
        maker.make(1, created=NOW)


def test_the_answer_to_one_request_is_not_believed_for_another(config: AgencyConfig) -> None:
    maker = RequestMaker(config, AUTHORITY, coverage_checks(PEOPLE))
    first, second = maker.make(2, created=NOW)
    key = PrivateKey.generate(Algorithm.ED25519)
    view = read(first)
    body = b'{"covered":true}'
    signed = AnswerSigner(key, time.time).sign(
        status=200, content_type="application/json", body=body, view=view, parsed=parse_signature(view)
    )
    directory = {key.key_id: key.public}
    verify_answer(directory, status=200, headers=signed.headers, body=body, request=maker.signed(first))
    with pytest.raises(AnswerRefused):
        verify_answer(directory, status=200, headers=signed.headers, body=body, request=maker.signed(second))
