"""The documents: every link leads somewhere, the code names the page that explains it, and every command runs."""

from __future__ import annotations

import io
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from mmadvisor.desk.cli import run
from mmadvisor.tools import main as tools
from tests import ROOT

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "examples" / "README.md"]
CODE = [
    path
    for folder in ("src", "tests", "browser", "benchmarks", ".ci")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.is_file() and (path.suffix in (".py", ".html") or folder == ".ci") and path != Path(__file__)
]
EXPLANATIONS = sorted((ROOT / "docs" / "explanation").glob("*.md"))
# Files that a how-to lets its reader make.
TO_BE_MADE = {
    "data/jurisdictions/au.yaml",
    "tests/cases/criteria/received-count.yaml",
    "tests/cases/regimens/K-mono.yaml",
    "sheets/index.html",
}


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


class Block(NamedTuple):
    """A fenced block of a document; ``mark`` is the comment above it.

    ``not run: WHY``: its commands are not run. ``file: PATH``: it is that file. ``add to: PATH``: it is added to its end.
    ``fails: STATUS``: its commands end with this status. ``printed``: the commands before it print these lines.
    """

    mark: str
    language: str
    text: str


_BLOCK = r"^( *)(?:<!-- ([^>]*) -->\n *)?```(\w*)\n(.*?)^ *```$"


def blocks(text: str) -> list[Block]:
    found = re.findall(_BLOCK, text, flags=re.DOTALL | re.MULTILINE)
    return [
        Block(mark, language, re.sub(rf"^{indent}", "", inner, flags=re.MULTILINE))
        for indent, mark, language, inner in found
    ]


def without_blocks(text: str) -> str:
    return re.sub(_BLOCK, "", text, flags=re.DOTALL | re.MULTILINE)


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
    named -= {block.mark.removeprefix("file: ") for block in blocks(text)}
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


# Commands in documents that other suites run, or that a reader runs in a working copy.
BESIDE = ("make ", "python -m pytest ", "git ", "mkdir ")


def ours(line: str) -> bool:
    return line.startswith(("mmadvisor ", "python -m mmadvisor."))


def commands(document: Path) -> list[str]:
    """The commands of a document, those that are marked as not run left out."""
    found = [b for b in blocks(document.read_text(encoding="utf-8")) if b.language == "sh"]
    return [line for b in found if not b.mark.startswith("not run") for line in b.text.splitlines() if ours(line)]


def test_the_documents_print_commands() -> None:
    printed = {shown(document): len(commands(document)) for document in DOCUMENTS}
    assert printed["README.md"] >= 15 and printed["docs/catalogue.md"] >= 5 and printed["docs/cases.md"] >= 10
    assert sum(printed[shown(page)] for page in (ROOT / "docs" / "how-to").glob("*.md")) >= 12


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
def test_every_mark_above_a_block_says_what_it_is_for(document: Path) -> None:
    """A block is left out by its mark alone, and a mark that is misspelt leaves nothing out."""
    for block in blocks(document.read_text(encoding="utf-8")):
        known = r"|not run: .{10,}|(file|add to): \S+|fails: \d|printed|run|test|wheel|lowest|columnar|browser"
        assert re.fullmatch(known, block.mark), block.mark
        if block.language == "sh" and block.mark in ("", "run"):
            for line in block.text.splitlines():
                assert block.mark or ours(line) or line.startswith(BESIDE), f"what runs this? {line}"


def add(text: str, path: Path, *, anew: bool) -> None:
    """Write a file, or add to its end what it does not hold yet: an example may have been followed for good."""
    held = path.read_text(encoding="utf-8") if path.exists() and not anew else ""
    if text.splitlines()[0] not in held.splitlines():
        path.write_text(held + text, encoding="utf-8")


def test_an_example_that_is_in_the_data_already_is_not_added_twice(tmp_path: Path) -> None:
    path = tmp_path / "regimens.yaml"
    add("- id: K-mono\n  name: a\n", path, anew=False)
    add("- id: K-mono\n  name: a\n", path, anew=False)
    assert path.read_text(encoding="utf-8") == "- id: K-mono\n  name: a\n"
    add("b\n", path, anew=True)
    assert path.read_text(encoding="utf-8") == "b\n"


def copy_examples(text: str, place: Path) -> None:
    """The examples that a document names, and one: a command on the whole folder then reads a few patients."""
    named = {ROOT / name for name in re.findall(r"examples/[\w/.-]+\.(?:yaml|json)", text)}
    for path in sorted(named | {ROOT / "examples" / "hk-triple-class-refractory.yaml"}):
        copy = place / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():  # some are named as files that a reader makes
            shutil.copy(path, copy)


def changes_data(text: str) -> bool:
    """Whether what a document shows changes the files of the catalogue, which are then copied."""
    marked = any(": data/" in block.mark for block in blocks(text))
    return marked or "mmadvisor.tools" in text


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if commands(d)], ids=shown)
def test_every_command_that_a_document_prints_runs(
    document: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In a working copy, block by block: files are written as the document shows them, then its commands run."""
    text = document.read_text(encoding="utf-8")
    copy_examples(text, tmp_path)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    if changes_data(text):
        shutil.copytree(ROOT / "data", tmp_path / "data")
        monkeypatch.setattr("mmadvisor.files.layers.builtin_folder", lambda: tmp_path / "data")
    else:
        (tmp_path / "data").symlink_to(ROOT / "data")
    shutil.copy(ROOT / "docs" / "hospital-formulary.yaml", tmp_path / "my-layer.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    printed: list[str] = []
    for block in blocks(text):
        what, _, name = block.mark.partition(": ")
        if what in ("file", "add to"):
            add(block.text, tmp_path / name, anew=what == "file")
        if what == "printed":
            assert lacking(block.text, printed) == [], printed
        if block.language != "sh" or what == "not run":
            continue
        printed = []
        for line in block.text.splitlines():
            if line.startswith("mkdir "):
                (tmp_path / line.removeprefix("mkdir ")).mkdir()
            if ours(line):
                printed += told(line, tmp_path, int(name) if what == "fails" else 0, capsys, monkeypatch)


def told(
    line: str, place: Path, status: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Run a line of a document, which may read or write a file, and return what it prints."""
    command, _, into = line.partition(" > ")
    command, _, given = command.partition(" < ")
    if given:
        monkeypatch.setattr(sys, "stdin", io.StringIO((place / given).read_text(encoding="utf-8")))
    program, *words = shlex.split(command, comments=True)
    ended = run(words) if program == "mmadvisor" else tools(words[2:])
    out, err = capsys.readouterr()
    assert ended == status, (line, err)
    if into:
        (place / into).write_text(out, encoding="utf-8")
    return [*err.splitlines(), *out.splitlines()]


def lacking(quoted: str, printed: list[str]) -> list[str]:
    """The lines of a quotation that were not printed one after another; ``...`` leaves lines out."""
    left, may_skip = [line.rstrip() for line in printed], True
    for line in quoted.splitlines():
        if line == "...":
            may_skip = True
            continue
        at = next((i for i, there in enumerate(left) if there == line), None) if may_skip else 0
        if at is None or not left[at:] or left[at] != line:
            return [line]
        left, may_skip = left[at + 1 :], False
    return []


def test_a_quotation_that_was_not_printed_is_noticed() -> None:
    printed = ["a", "b ", "c", "d"]
    assert lacking("b\nc\n...\nd", printed) == lacking("...\na", printed) == lacking("", printed) == []
    assert lacking("a\nc", printed) == ["c"] and lacking("d\na", printed) == ["a"] and lacking("x", printed) == ["x"]
