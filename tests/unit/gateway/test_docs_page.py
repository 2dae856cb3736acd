"""The documentation page: complete, self-contained, and unable to run anything."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

from gateway.docs_page import CONTENT_SECURITY_POLICY, docs_page
from gateway.openapi import build_openapi, operation_id
from gateway.problems import REASONS
from lienthong.access.published import published_contract

DOCUMENT = build_openapi(published_contract(), server_url="https://gateway.example")
PAGE = docs_page(DOCUMENT).decode()
VOID = {"meta", "br"}


class Outline(HTMLParser):
    """Elements, anchors and links of a page; notes what is closed in the wrong order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links |= {value or "" for name, value in attrs if name in {"href", "src"}}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


OUTLINE = Outline(PAGE)


def test_every_element_is_closed_where_it_was_opened() -> None:
    assert (OUTLINE.wrong, OUTLINE.open) == ([], [])


def test_the_page_fetches_and_runs_nothing() -> None:
    assert not OUTLINE.elements & {"script", "img", "link", "iframe", "object", "form", "base"}
    assert not {a for a in OUTLINE.attributes if a.startswith("on") or a == "style"}
    assert "@import" not in PAGE
    assert "url(" not in PAGE
    assert all(link.startswith(("#", "/")) for link in OUTLINE.links)


def test_the_policy_allows_the_one_style_sheet_and_nothing_else() -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", PAGE, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert CONTENT_SECURITY_POLICY.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "unsafe" not in CONTENT_SECURITY_POLICY


def test_every_link_inside_the_page_has_its_place() -> None:
    assert len(OUTLINE.ids) == len(set(OUTLINE.ids))
    anchors = {link[1:] for link in OUTLINE.links if link.startswith("#")}
    assert anchors
    assert anchors <= set(OUTLINE.ids)


def test_every_link_out_of_the_page_is_a_path_of_ours() -> None:
    assert {link for link in OUTLINE.links if link.startswith("/")} <= set(DOCUMENT["paths"])


def test_every_capability_is_told_in_both_languages_with_who_may_ask() -> None:
    text = " ".join(OUTLINE.text)
    for capability in published_contract().capabilities:
        assert operation_id(capability) in OUTLINE.ids
        for told in (
            capability.path,
            capability.summary_vi,
            capability.scope,
            capability.rpc,
            *capability.purposes,
        ):
            assert told in text


def test_every_field_data_class_purpose_and_reason_is_told() -> None:
    words = set(" ".join(OUTLINE.text).split())
    for name, schema in DOCUMENT["components"]["schemas"].items():
        if name != "Problem":
            assert set(schema.get("properties", {})) <= words, name
    assert {*DOCUMENT["x-data-classes"], *DOCUMENT["x-purposes"], *REASONS} <= words


def test_the_example_on_the_wire_has_the_digest_of_its_own_body() -> None:
    text = "".join(OUTLINE.text)
    examples = re.findall(r"sha-256=:([^:…]+):'.*?--data-binary '([^']*)'", text, re.DOTALL)
    posts = [c for c in published_contract().capabilities if c.http_method == "POST"]
    assert len(examples) == len(posts)
    for digest, body in examples:
        assert base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() == digest


def test_nothing_in_the_document_can_become_markup() -> None:
    def hostile(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: hostile(v) for k, v in value.items()}
        if isinstance(value, list):
            return [hostile(v) for v in value]
        readable = isinstance(value, str) and " " in value and "#/" not in value
        return f'{value} <script>alert("x")</script>' if readable else value

    outline = Outline(docs_page(hostile(json.loads(json.dumps(DOCUMENT)))).decode())
    assert "script" not in outline.elements
    assert outline.elements == OUTLINE.elements
    assert 'alert("x")' in " ".join(outline.text)
