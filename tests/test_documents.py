"""The documents: every link leads somewhere, the code names the page that explains it, and every command runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "examples" / "README.md"]
CODE = [
    path
    for folder in ("src", "tests", "browser", "benchmarks", ".ci")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.is_file() and (path.suffix in (".py", ".html") or folder == ".ci") and path != Path(__file__)
]
EXPLANATIONS = sorted((ROOT / "docs" / "explanation").glob("*.md"))
# Files that a how-to lets its reader make.
TO_BE_MADE = {"data/jurisdictions/au.yaml", "tests/criteria/my-type.yaml"}


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def without_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


@cache
def anchors(path: Path) -> frozenset[str]:
    """What a link may name in a page: its headings as GitHub writes them."""
    headings = re.findall(r"^#+ (.*)$", without_blocks(path.read_text(encoding="utf-8")), flags=re.MULTILINE)
    return frozenset(re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings)


def amiss(target: str, base: Path) -> str:
    """What is wrong with a link; empty where it leads somewhere."""
    name, _, anchor = target.partition("#")
    path = (base / name).resolve()
    if not path.exists():
        return f"{target}: there is no such file"
    if anchor and anchor not in anchors(path):
        return f"{target}: there is no such heading"
    return ""


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    text = without_blocks(document.read_text(encoding="utf-8"))
    targets = [t for t in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in t]
    found = [amiss(t if not t.startswith("#") else document.name + t, document.parent) for t in targets]
    assert not [wrong for wrong in found if wrong]


def named_in_code() -> Iterator[tuple[Path, str]]:
    for path in CODE:
        for target in re.findall(r"\bdocs/[\w/.-]+\.md(?:#[\w-]+)?", path.read_text(encoding="utf-8")):
            yield path, target


def test_every_document_that_code_names_is_there() -> None:
    wrong = [(shown(path), amiss(target, ROOT)) for path, target in named_in_code() if target not in TO_BE_MADE]
    assert not [pair for pair in wrong if pair[1]]


@pytest.mark.parametrize("page", EXPLANATIONS, ids=shown)
def test_an_explanation_is_named_by_the_code_that_it_explains(page: Path) -> None:
    by = {target.partition("#")[0] for path, target in named_in_code() if "src" in path.parts}
    assert shown(page) in by
    for index in (ROOT / "ARCHITECTURE.md", ROOT / "docs" / "README.md"):
        assert f"explanation/{page.name})" in index.read_text(encoding="utf-8"), index.name


def test_every_page_is_linked_by_need() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {
        (index.parent / target.partition("#")[0]).resolve()
        for target in re.findall(r"\]\(([^)\s]+)\)", index.read_text(encoding="utf-8"))
    }
    assert [shown(page) for page in (ROOT / "docs").rglob("*.md") if page not in linked and page != index] == []


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if d.name != "CHANGELOG.md"], ids=shown)
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w/.-])((?:[a-z_.-]+/)+[\w.-]+\.(?:py|yaml|json|html|txt))\b", text))
    above = (ROOT, ROOT / "src" / "mmadvisor", document.parent)
    wrong = [
        name
        for name in sorted(named - TO_BE_MADE)
        if not name.startswith("..")
        and not re.search(r"[A-Z]{2}", name)
        and not any((folder / name).exists() for folder in above)
    ]
    assert not wrong


def test_every_command_of_make_that_a_document_names_is_there() -> None:
    there = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    for document in DOCUMENTS:
        assert set(re.findall(r"`make (\w+)`", document.read_text(encoding="utf-8"))) <= there, shown(document)


def test_a_link_that_leads_nowhere_is_noticed() -> None:
    assert amiss("docs/nowhere.md", ROOT) and amiss("docs/README.md#nowhere", ROOT)
    assert not amiss("docs/explanation/three-values.md#a-limit-that-nobody-could-read", ROOT)
