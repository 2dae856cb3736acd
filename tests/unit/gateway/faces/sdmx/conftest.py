"""The faces by their paths, over figures by rule, without the request path."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.faces import Face, Incoming, Translated, Written
from gateway.faces.sdmx.routes import SdmxFace
from gateway.pages import Document
from lienthong.access.answers import answer_encoder
from lienthong.statistics.structures import catalogue
from tests.support import statistics

RESULT = frozenset({"result"})


class Office:
    """A statistics office: asks and reads."""

    def __init__(self) -> None:
        face = SdmxFace(statistics.contract(), catalogue(), server_url="https://gateway.test")
        self.faces = face.faces()
        self.shelf = face.structures()
        self.respond: Callable[[Any], Any] = statistics.responder()
        self.asked: list[Any] = []

    def face(self, path: str) -> Face:
        """The one that answers a path."""
        fitting = [f for f in self.faces if path.startswith(f.path) and _fits(f, path)]
        assert len(fitting) == 1, path
        return fitting[0]

    def decode(
        self, path: str, query: str = "", *, covered: tuple[bytes, ...] = (), **headers: str
    ) -> Translated:
        """What is asked of the contract."""
        return self.face(path).decode(
            Incoming(
                value="",
                query=query,
                body=b"",
                agency_id="ministry",
                request_id="1f",
                received=1_795_843_800.0,
                path=path,
                headers={n.replace("_", "-").encode(): v.encode() for n, v in headers.items()},
                covered=frozenset(covered),
            )
        )

    def get(self, path: str, query: str = "", *, covered: tuple[bytes, ...] = (), **headers: str) -> Written:
        """The answer."""
        asked = self.decode(path, query, covered=covered, **headers)
        self.asked.append(asked.request)
        response = self.respond(asked.request)
        written = self.face(path).encode(answer_encoder(type(response), RESULT)(response), asked)
        assert isinstance(written, Written)
        return written

    def document(self, path: str, query: str = "", **headers: str) -> tuple[int, Document]:
        """A public one."""
        stated = {n.replace("_", "-").encode(): v.encode() for n, v in headers.items()}
        found = self.shelf.find(path, query, stated)
        assert found is not None
        return found

    def structures(self, flow: str = "all", query: str = "references=all") -> bytes:
        """Everything about a flow."""
        return self.document(f"/sdmx/v1/dataflow/VSS/{flow}/latest", query)[1].body


def _fits(face: Face, path: str) -> bool:
    return face.value is not None and face.value.fullmatch(path.removeprefix(face.path)) is not None


@pytest.fixture
def office() -> Office:
    return Office()
