"""The project's documentation as text: pages, links, and what stands in them as code."""

import re
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from prometheus_client import Counter

ROOT = Path(__file__).resolve().parents[2]
_SKIPPED = {".git", ".run", ".venv", "node_modules"}
_FENCE = re.compile(r"^ *```[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@cache
def pages() -> tuple[Path, ...]:
    """Every Markdown file of the project."""
    found = (path for path in ROOT.rglob("*.md") if not _outside(path))
    return tuple(sorted(found))


def _outside(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return any(part in _SKIPPED or part.startswith(".") for part in parts[:-1])


def title(path: Path) -> str:
    """The name of a page in a test's report."""
    return str(path.relative_to(ROOT))


def links(page: Path) -> list[str]:
    """The targets of the page's links, without those in code."""
    return _LINK.findall(_SPAN.sub("", _FENCE.sub("", page.read_text(encoding="utf-8"))))


def code(page: Path) -> list[str]:
    """What the page shows as code: lines of fenced blocks, continued lines joined, and spans."""
    text = page.read_text(encoding="utf-8")
    lines: list[str] = []
    for block in _FENCE.findall(text):
        lines += block.replace("\\\n", " ").splitlines()
    return [*lines, *_SPAN.findall(_FENCE.sub("", text))]


def anchors(page: Path) -> set[str]:
    """The fragments by which a page's headings can be linked, as GitHub makes them."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def tables(page: Path, heading: str) -> list[list[str]]:
    """The cells of the table rows below a heading, without the table's head."""
    text = page.read_text(encoding="utf-8")
    match = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    if match is None:
        raise LookupError(f"{title(page)} has no heading {heading!r}")
    rows = [line.strip("|").split("|") for line in match[1].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def metrics_of(module: ModuleType) -> dict[str, set[str]]:
    """Each of our metrics that a module makes, as Prometheus shows it, with its labels."""
    found: dict[str, set[str]] = {}
    for value in vars(module).values():
        described: Any = value
        if hasattr(value, "describe") and hasattr(value, "_labelnames"):
            suffix = "_total" if isinstance(value, Counter) else ""
            found[described._name + suffix] = set(described._labelnames)
    return found
