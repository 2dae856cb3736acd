"""What a connector relies on a gateway for; the fake one and the real one both keep it."""

from dataclasses import replace
from typing import Any

import pytest

from lienthong.client import AgencyConfig, AnswerNotTrusted, Client, NotAuthenticated, Person, RetryPolicy
from lienthong.client.questions import Asking, check_coverage
from lienthong.signing import Algorithm, PrivateKey

NHUNG = Person(identifier="001190000017", full_name="Trần Thị Hồng Nhung", born="1990-05-17")


class GatewayContract:
    """Subclasses give ``config``: an agency that may check coverage for admission."""

    @pytest.fixture
    def client(self, config: AgencyConfig) -> Any:
        """The agency's client."""
        with Client(config, retry=RetryPolicy(tries=1)) as client:
            yield client

    def test_a_valid_card_is_covered_and_the_answer_is_signed(self, client: Client) -> None:
        answer = client.check(NHUNG)
        assert (answer.result_code, answer.covered, answer.visit_code) == ("000", True, "00")
        assert answer.card is not None
        assert (answer.card.card_code, answer.card.benefit_percent) == ("DN4010100000017", 80)
        assert answer.receipt is not None
        assert answer.receipt.headers["signature"].startswith("lienthong=")

    @pytest.mark.parametrize(
        ("person", "code"),
        [
            (replace(NHUNG, full_name="Trần Thị Hồng"), "061"),
            (replace(NHUNG, born="1990-05-18"), "070"),
            (replace(NHUNG, identifier="999999999999"), "050"),
        ],
    )
    def test_who_does_not_fit_gets_the_code_and_no_card(
        self, client: Client, person: Person, code: str
    ) -> None:
        answer = client.check(person)
        assert (answer.result_code, answer.covered, answer.card) == (code, False, None)

    def test_the_same_signed_request_twice_is_refused(self, client: Client) -> None:
        sent = client.prepare(check_coverage(NHUNG, Asking()))
        client.send(sent)
        with pytest.raises(NotAuthenticated) as refused:
            client.send(sent)
        assert refused.value.reason == "replayed"

    def test_a_changed_body_is_refused(self, client: Client) -> None:
        sent = client.prepare(check_coverage(NHUNG, Asking()))
        # The answer is bound to what the gateway received, which is not what was signed.
        with pytest.raises((NotAuthenticated, AnswerNotTrusted)):
            client.send(replace(sent, body=sent.body.replace(b"1990", b"1991")))

    def test_a_key_that_nobody_registered_is_refused(self, config: AgencyConfig) -> None:
        stranger = replace(config, key=PrivateKey.generate(Algorithm.ED25519))
        with (
            Client(stranger, retry=RetryPolicy(tries=1)) as client,
            pytest.raises(NotAuthenticated) as refused,
        ):
            client.check(NHUNG)
        assert refused.value.reason == "signature_invalid"
