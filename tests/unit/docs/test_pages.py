"""What a page points at is there."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.support.documents import ROOT, anchors, code, links, pages, title

DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
_TOP = "lienthong|services|gateway|deploy|docs|protos|tests|benchmarks|requirements"
_PATH = re.compile(rf"(?:{_TOP})/[\w./-]*")
# Made by a command that the page names, and in .gitignore.
_GENERATED = ("deploy/compose/secrets",)


@pytest.mark.parametrize("page", pages(), ids=title)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, fragment = unquote(link).partition("#")
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{title(page)} links to {link}"
        assert not fragment or fragment in anchors(file), f"{title(page)} links to {link}"


@pytest.mark.parametrize("page", pages(), ids=title)
def test_every_file_named_in_code_exists(page: Path) -> None:
    for span in code(page):
        for word in span.split():
            if not _PATH.fullmatch(word.rstrip(",")) or word.startswith(_GENERATED):
                continue
            assert (ROOT / word.rstrip(",")).exists(), f"{title(page)} names {word}"


@pytest.mark.parametrize("page", DECISIONS, ids=title)
def test_a_decision_says_why_what_was_measured_and_what_would_change_it(page: Path) -> None:
    assert {"context", "choice", "measured", "what-would-change-our-mind"} <= anchors(page)


def test_the_index_of_decisions_lists_each_once_by_its_number() -> None:
    index = links(ROOT / "docs" / "decisions" / "README.md")
    assert index == [page.name for page in DECISIONS]
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
