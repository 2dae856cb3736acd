"""Two readers and two implementations: what both accept, both understand alike."""

import base64
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureAlgorithm,
    HTTPSignatureKeyResolver,
)
from hypothesis import event, given, settings
from hypothesis import strategies as st

from lienthong.signing import RequestView, general, strict
from lienthong.signing.base import signature_base
from lienthong.signing.errors import Unusable
from lienthong.signing.fields import read_signature
from tests.unit.signing.support import NOW

TAG = "lienthong-request"
AUTHORITY = "gateway.example"

PRINTABLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
FIELDS = ("accept", "content-type", "content-digest", "purpose", "staff", "x-a.b_c")
PLAIN = st.sampled_from(
    ["@method", "@authority", "@path", "@query", "@target-uri", "@scheme", "@request-target", *FIELDS]
).map('"{}"'.format)
PARAMETERISED = st.sampled_from(
    [
        '"@query-param";name="a"',
        '"@query-param";name="b%20c"',
        '"accept";bs',
        '"content-digest";key="sha-256"',
        '"content-digest";sf;key="sha-256"',
        '"content-digest";sf',
    ]
)
FORBIDDEN = st.sampled_from(
    ['"@method";req', '"@status"', '"@x"', '"accept";tr', '"Accept"', '"accept";x=1', "a", "1"]
)
LABELS = st.from_regex(r"[a-z*][a-z0-9_.*-]{0,5}", fullmatch=True)
STRINGS = st.text(PRINTABLE, max_size=12).map(lambda text: text.replace("\\", "\\\\").replace('"', '\\"'))
TIMES = st.integers(0, 4_000_000_000).map(str)
ODD_TIMES = TIMES | st.sampled_from(["00", "-0", "007", "-1", "1.0", "1e3", "?1", "9" * 15, "9" * 16])
NONE, SPACES = st.just(""), st.sampled_from(["", "", " ", "   "])


@st.composite
def inner_lists(draw: st.DrawFn, components: st.SearchStrategy[str], spaces: st.SearchStrategy[str]) -> str:
    items = draw(st.lists(components, max_size=6, unique=True))
    return f"({draw(spaces)}{(' ' + draw(spaces)).join(items)}{draw(spaces)})"


@st.composite
def parameters(draw: st.DrawFn, tag: str, *, tidy: bool) -> str:
    times, spaces = (TIMES, NONE) if tidy else (ODD_TIMES, SPACES)
    written = {
        "created": draw(times),
        "expires": draw(times),
        "nonce": f'"{draw(STRINGS)}"',
        "alg": '"ed25519"',
    }
    names = draw(st.lists(st.sampled_from(sorted(written)), unique=True))
    pairs = [*((name, written[name]) for name in names), ("tag", f'"{tag}"'), ("keyid", f'"{draw(STRINGS)}"')]
    return "".join(f";{draw(spaces)}{name}={value}" for name, value in draw(st.permutations(pairs)))


@st.composite
def signature_fields(draw: st.DrawFn, components: st.SearchStrategy[str]) -> tuple[bytes, bytes]:
    """A pair of Signature-Input and Signature: tidy and alone, or in any form and with other labels."""
    tidy = draw(st.booleans())
    labels = [draw(LABELS)] if tidy else draw(st.lists(LABELS, min_size=1, max_size=3))
    inputs, signatures = [], []
    for number, label in enumerate(labels):
        tag = TAG if number == 0 else draw(st.sampled_from(["other", "other", "proxy", TAG]))
        listed = draw(inner_lists(components, NONE if tidy else SPACES))
        inputs.append(f"{label}={listed}{draw(parameters(tag, tidy=tidy))}")
        octets = base64.b64encode(draw(st.binary(max_size=8))).decode()
        signatures.append(f"{label}=:{octets if tidy or draw(st.booleans()) else octets.rstrip('=')}:")
    comma = draw(st.sampled_from([",", ", ", " , ", ",\t"]))
    return comma.join(inputs).encode(), comma.join(signatures).encode()


@st.composite
def damaged(draw: st.DrawFn, components: st.SearchStrategy[str]) -> tuple[bytes, bytes]:
    """The same, some of them with a character more, less or other."""
    described, signed = draw(signature_fields(components))
    if not draw(st.booleans()):
        return described, signed
    place = draw(st.integers(0, len(described) - 1))
    other = draw(
        st.sampled_from([b"", b" ", b'"', b";", b"=", b"(", b")", b",", b"\\", b"0", b"a", b":", b"\x80"])
    )
    return described[:place] + other + described[place + draw(st.integers(0, 1)) :], signed


COMPONENTS = st.integers(0, 9).flatmap(
    lambda die: FORBIDDEN if die == 0 else PARAMETERISED if die < 3 else PLAIN
)


@settings(max_examples=300, deadline=None)
@given(damaged(COMPONENTS))
def test_what_the_strict_reader_accepts_the_general_reader_reads_alike(pair: tuple[bytes, bytes]) -> None:
    try:
        strictly = strict.read(*pair, TAG)
    except Unusable:
        with pytest.raises(Unusable):
            general.read(*pair, TAG)
        event("refused by both")
        return
    event("canonical" if strictly is not None else "left to the general reader")
    if strictly is not None:
        assert strictly == general.read(*pair, TAG)


class Lines:
    """Header lines for the package, which takes what has ``items``."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = pairs

    def items(self) -> list[tuple[str, str]]:
        return self.pairs

    def __iter__(self) -> Iterator[str]:
        return iter(name for name, _ in self.pairs)


@dataclass
class Sent:
    """One request for both sides."""

    method: str
    path: str
    query: str
    lines: list[tuple[str, str]]

    @property
    def url(self) -> str:
        return f"https://{AUTHORITY}{self.path}" + (f"?{self.query}" if self.query else "")

    @property
    def headers(self) -> Lines:
        return Lines(self.lines)

    @property
    def view(self) -> RequestView:
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in self.lines]
        return RequestView(self.method, "https", AUTHORITY, self.path, self.query, raw, b"")


class Noted(HTTPSignatureAlgorithm):
    """Their algorithm, replaced by one that notes what it is asked to verify."""

    algorithm_id = "ed25519"
    asked: list[tuple[bytes, bytes]] = []  # noqa: RUF012  emptied before each use

    def __init__(self, public_key: object = None, private_key: object = None) -> None:
        """Take no key."""

    def verify(self, signature: bytes, message: bytes) -> None:
        self.asked.append((signature, message))


class AnyKey(HTTPSignatureKeyResolver):
    """Knows every key."""

    def resolve_public_key(self, key_id: str) -> bytes:
        return key_id.encode() or b"-"


class Patient(HTTPMessageVerifier):
    """Their verifier, to which all times are the same and none is required."""

    max_clock_skew = dt.timedelta(days=36500)
    require_created = False


Understood = tuple[object, ...]


def theirs(sent: Sent) -> Understood | None:
    Noted.asked.clear()
    try:
        (result,) = Patient(signature_algorithm=Noted, key_resolver=AnyKey()).verify(
            sent, max_age=None, expect_tag=TAG
        )
    except (HTTPMessageSignaturesException, ValueError):
        return None
    ((signature, base),) = Noted.asked
    components = [name for name in result.covered_components if name != '"@signature-params"']
    params = {name: result.parameters.get(name) for name in ("created", "expires", "nonce", "keyid", "alg")}
    return result.label, components, *params.values(), signature, base


def ours(sent: Sent) -> Understood | None:
    view = sent.view
    try:
        found = read_signature(view.values, TAG)
        base = signature_base(found.covered, found.params_text.encode(), view)
    except Unusable:
        return None
    times = (found.created, found.expires)
    names = (found.nonce, found.key_id, found.alg)
    return found.label, list(found.covered.identifiers), *times, *names, found.signature, base


VALUES = st.text(PRINTABLE | st.just("\t"), max_size=10)
QUERIES = st.sampled_from(["", "a=1", "a=%C3%A9~*&b%20c=x+y", "a=1&a=2", "?", "a"])
PATHS = st.from_regex(r"/[A-Za-z0-9._~!$&'()*+,;=:@/-]{0,12}(%[0-9A-F]{2})?", fullmatch=True)


@st.composite
def requests(draw: st.DrawFn, pairs: st.SearchStrategy[tuple[bytes, bytes]]) -> Sent:
    described, signed = draw(pairs)
    lines = [("Content-Digest", "sha-256=:AAAA:  , sha-512=:AAA:")]
    lines += [
        (name.title(), draw(VALUES)) for name in draw(st.lists(st.sampled_from(FIELDS[:2] + FIELDS[3:])))
    ]
    lines += [("Signature-Input", described.decode("latin-1")), ("Signature", signed.decode())]
    method = draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "M-SEARCH"]))
    return Sent(method, draw(PATHS), draw(QUERIES), draw(st.permutations(lines)))


@settings(max_examples=300, deadline=None)
@given(requests(damaged(COMPONENTS)))
def test_what_we_and_the_package_both_accept_we_understand_alike(sent: Sent) -> None:
    our, their = ours(sent), theirs(sent)
    event(f"ours {our is not None}, theirs {their is not None}")
    if our is not None and their is not None:
        assert our == their


@st.composite
def usual(draw: st.DrawFn) -> Sent:
    """What clients send: every field that is covered is there, one label, one tag."""
    names = draw(st.lists(PLAIN | PARAMETERISED, unique=True, max_size=8))
    nonce, key_id = draw(STRINGS), draw(STRINGS)
    params = (
        f'({" ".join(names)});created={NOW};expires={NOW + 60};nonce="{nonce}";keyid="{key_id}";tag="{TAG}"'
    )
    lines = [(name, draw(VALUES)) for name in FIELDS if name != "content-digest"]
    lines += [
        ("content-digest", "sha-256=:AAAA:"),
        ("signature-input", f"sig1={params}"),
        ("signature", "sig1=:AAAA:"),
    ]
    return Sent("POST", draw(PATHS), "a=1&b%20c=2", draw(st.permutations(lines)))


@settings(max_examples=300, deadline=None)
@given(usual())
def test_what_clients_send_both_accept(sent: Sent) -> None:
    our = ours(sent)
    assert our is not None
    assert our == theirs(sent)
