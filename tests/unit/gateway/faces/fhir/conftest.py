"""The faces by their paths, without the request path."""

import json
from typing import Any, Protocol

import pytest

from gateway.faces import Face, Incoming, Translated
from gateway.faces.fhir.routes import FhirFace
from gateway.problems import Problem
from lienthong.access.answers import answer_encoder
from lienthong.access.published import published_contract
from tests.support.fhir import ELIGIBILITY, ROOT, SYSTEMS

ALL = frozenset({"result", "identity", "coverage", "health", "financial"})


class Desk:
    """Translates both ways."""

    def __init__(self) -> None:
        self.face = FhirFace(
            published_contract(), systems=SYSTEMS, secret=b"s" * 32, server_url="https://gateway.test"
        )
        self.faces: dict[str, Face] = {face.path: face for face in self.face.faces()}

    def decode(
        self,
        path: str,
        body: dict[str, Any] | str | bytes = "",
        *,
        query: str = "",
        value: str = "",
        agency: str = "hospital",
    ) -> Translated:
        """What is asked of the contract."""
        octets = (
            body
            if isinstance(body, bytes)
            else (body if isinstance(body, str) else json.dumps(body)).encode()
        )
        return self.faces[path].decode(
            Incoming(
                value=value,
                query=query,
                body=octets,
                agency_id=agency,
                request_id="1f",
                received=1_763_800_000.0,
            )
        )

    def ask(self, body: dict[str, Any]) -> Any:
        """CheckCoverage's request."""
        return self.decode(ELIGIBILITY, body).request

    def answer(self, path: str, asked: Translated, response: Any, classes: frozenset[str] = ALL) -> Any:
        """What a response becomes after the masks."""
        masked = answer_encoder(type(response), classes)(response)
        return self.faces[path].encode(masked, asked)


class Refused(Protocol):
    def __call__(self, path: str, body: Any = "", **more: str) -> list[tuple[str, str]]: ...


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="module")
def refused(desk: Desk) -> Refused:
    """The fields and texts of a refusal."""

    def refusal(path: str, body: Any = "", **more: str) -> list[tuple[str, str]]:
        with pytest.raises(Problem) as caught:
            desk.decode(path, body, **more)
        assert caught.value.reason.name == "invalid_argument"
        return [(field.field, field.description) for field in caught.value.fields]

    return refusal


__all__ = ["ALL", "ROOT", "Desk", "Refused"]
