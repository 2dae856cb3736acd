"""Small pieces of HTML for the documentation page; all text is escaped on its way in."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from markupsafe import Markup, escape

Node: TypeAlias = Mapping[str, Any]

_CODE = re.compile(r"`([^`]+)`")
_EMPHASIS = re.compile(r"(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])")
_LONG_LINE = 44


def section(anchor: str, title: str, inside: Markup) -> Markup:
    """A part of the page with its heading."""
    return Markup('<section id="{}"><h2>{}</h2>{}</section>').format(anchor, title, inside)


def plain_table(heads: Iterable[str], rows: Iterable[tuple[Markup, Markup]]) -> Markup:
    """A table of two columns."""
    head = join(Markup("<th>{}</th>").format(name) for name in heads)
    body = join(Markup("<tr><td>{}</td><td>{}</td></tr>").format(*row) for row in rows)
    return Markup('<table class="plain"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>').format(
        head, body
    )


def link_list(links: Iterable[tuple[str, str]]) -> Markup:
    """A list of (target, text) links."""
    items = join(Markup('<li><a href="{}">{}</a></li>').format(target, text) for target, text in links)
    return Markup("<ul>{}</ul>").format(items)


def prose(text: str) -> Markup:
    """Paragraphs, parted by empty lines."""
    return join(Markup("<p>{}</p>").format(inline(part)) for part in text.split("\n\n") if part.strip())


def inline(text: str) -> Markup:
    """Escaped, with `code` and *emphasis* as in Markdown."""
    safe = _CODE.sub(r"<code>\1</code>", str(escape(text)))
    return Markup(_EMPHASIS.sub(r"<em>\1</em>", safe))  # noqa: S704 -- escaped above


def join(parts: Iterable[Markup]) -> Markup:
    """One after the other, nothing between."""
    return Markup().join(parts)


def codes(names: Iterable[str]) -> Markup:
    """Each name as code."""
    return join(Markup("<code>{}</code> ").format(name) for name in names)


def class_chip(name: str) -> Markup:
    """A data class, coloured by its name."""
    return Markup('<span class="class {}">{}</span> ').format(name, name)


def pre(text: str) -> Markup:
    """Text as it stands."""
    return Markup("<pre><code>{}</code></pre>").format(text)


def pretty(value: Any) -> str:
    """JSON with two spaces; a list or object that fits on a line stays on it."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return re.sub(r"[\[{]\n[^\[\]{}]*?\n\s*[\]}]", _on_one_line, text)


def _on_one_line(found: re.Match[str]) -> str:
    flat = " ".join(found[0].split())
    return flat if len(flat) <= _LONG_LINE else found[0]


def plain_type(schema: Node) -> str:
    """A type in plain words."""
    if schema.get("format") in {"date-time", "int64"}:
        return f"text ({schema['format']})"
    kind: str = schema["type"]
    return {"string": "text", "boolean": "true or false", "integer": "whole number"}.get(kind, kind)


def limits(field: Node) -> Markup:
    """The bounds of a field, one under the other."""
    parts = []
    if "maxLength" in field:
        parts.append(Markup("at most {} characters").format(field["maxLength"]))
    if "maximum" in field:
        parts.append(Markup("{} to {}").format(field.get("minimum", ""), field["maximum"]))
    if "maxItems" in field:
        parts.append(Markup("at most {} items").format(field["maxItems"]))
    if "pattern" in field and "maxLength" in field:
        parts.append(
            Markup("<code>{}</code>").format(re.sub(r"^\^\(\?:(.*)\)\??\$$", r"\1", field["pattern"]))
        )
    return join(Markup('<span class="limits">{}</span>').format(part) for part in parts)


def words(name: str) -> str:
    """``CheckCoverage`` -> ``Check coverage``."""
    return re.sub(r"(?<=[a-z])[A-Z]", lambda m: f" {m[0].lower()}", name)


def ref(schema: Node) -> str:
    """The name of the component that a schema refers to; empty when it is written out."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def example_path(path: str, operation: Node) -> str:
    """The path with the examples of its variables."""
    for parameter in operation["parameters"]:
        if parameter.get("in") == "path":
            path = path.replace(f"{{{parameter['name']}}}", parameter["schema"]["examples"][0])
    return path


def compact(request: Any) -> str:
    """JSON as it travels."""
    return json.dumps(request, ensure_ascii=False, separators=(",", ":"))


def without_access(operation: Node) -> str:
    """The contract's own words, without what the access table says again."""
    parts = operation["description"].split("\n\n")
    return "\n\n".join(p for p in parts[:-1] if p != operation["x-summary-vi"])
