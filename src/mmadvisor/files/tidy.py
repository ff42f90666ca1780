"""The layout of the files of ``data/``: every entry is found, read and edited in the same way.

A line has at most ``WIDTH`` characters. A group that was written in one line (``{id: DKd, agents: [...]}``) stays in
one line if it fits; otherwise each key gets a line. A group that was written with a line for each key stays so. A text
longer than a line is folded (``>-``). Comments and empty lines stay before the entry that follows them. The opposite of
a criterion is written in its short form (``type: not-refractory``). The layout never changes the contents of a file;
the module checks this before it returns a text.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from mmadvisor.base.errors import InvalidInputError, Problem
from mmadvisor.catalogue.shorthand import short_word, written_out
from mmadvisor.files.documents import parse, read_bytes, scalar

WIDTH = 120
# The longest text in a list that is filled into lines; with a longer text each item gets its own line.
LONGEST_WORD = 60
_POINTER = "# yaml-language-server:"
_MADE = "made"  # the style of a word that was not in the file
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def tidy_files(files: list[Path], limit: int) -> dict[Path, str]:
    """The files that do not have the layout, with the text that each should have.

    Args:
        files: Catalogue files.
        limit: The largest size of a file in bytes.

    Raises:
        InvalidInputError: A file cannot be read or is not YAML; all such files are named.
    """
    changed: dict[Path, str] = {}
    problems: list[Problem] = []
    for path in files:
        try:
            text = read_bytes(path, limit=limit).decode("utf-8-sig")
            if (new := tidy(text, str(path), limit)) != text:
                changed[path] = new
        except InvalidInputError as error:
            problems += error.problems
    if problems:
        raise InvalidInputError(problems)
    return changed


def tidy(text: str, name: str, limit: int) -> str:
    """The text of a catalogue file in the layout of this module.

    Args:
        text: The text of the file.
        name: Name of the file in problems.
        limit: The largest size in bytes.

    Raises:
        InvalidInputError: It is not YAML as the catalogue accepts it, or no layout with the same contents was found.
    """
    before = parse(text, name, limit=limit).tree
    text = text.replace("\r\n", "\n")
    try:
        made = _Printer(text).printed()
        same = _said(parse(made, name, limit=limit).tree) == _said(before) and _comments(made) == _comments(text)
    except yaml.YAMLError:  # JSON that is indented with tabs is accepted, and is not YAML
        same = False
    if not same:
        message = "this file cannot be tidied without a change of its contents, so it is left as it is"
        raise InvalidInputError([Problem("", message, file=name)])
    return made


def _composed(text: str) -> Any:
    """The nodes of a file that was parsed before; they keep the style in which each was written."""
    return yaml.compose(text, Loader=_LOADER)


def _said(tree: Any) -> str:
    """The contents of a tree as text, with the order of its keys."""
    return json.dumps(written_out(tree), ensure_ascii=False)


def _comments(text: str) -> list[str]:
    """The words of all comments; only their line breaks may change."""
    notes = _notes(text, _composed(text))
    return [word for note in notes if note.text for word in note.text.removeprefix("#").split()]


class _Note(NamedTuple):
    """A comment, or an empty line if ``text`` is empty; ``at`` is the start of its line."""

    at: int
    text: str


def _notes(text: str, root: Any) -> Iterator[_Note]:
    """The comments and empty lines of a file, in order."""
    spans = sorted(_spans(text, root))
    starts = [start for start, _ in spans]

    def covered(at: int) -> bool:
        """Whether a character belongs to a key or a value."""
        place = bisect_right(starts, at) - 1
        return place >= 0 and at < spans[place][1]

    begin = 0
    for line in text.split("\n"):
        if not line.strip():
            if not covered(begin):
                yield _Note(begin, "")
        else:
            for column, letter in enumerate(line):
                begins = letter == "#" and (column == 0 or line[column - 1] in " \t")
                if begins and not covered(begin + column):
                    yield _Note(begin, line[column:].rstrip())
                    break
        begin += len(line) + 1


def _spans(text: str, node: Any) -> Iterator[tuple[int, int]]:
    """The start and end of each key and each single value."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _spans(text, key)
            yield from _spans(text, value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _spans(text, item)
    elif node.style in (">", "|"):
        yield node.start_mark.index, _end_of_block(text, node.start_mark.index)
    else:
        yield node.start_mark.index, node.end_mark.index


def _end_of_block(text: str, start: int) -> int:
    """The end of a text in block form: the first line with less indent than its own first line."""
    end = at = text.find("\n", start) + 1
    indent: int | None = None
    while 0 < at < len(text):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        line = text[at:stop]
        if line.strip():
            own = len(line) - len(line.lstrip(" "))
            indent = own if indent is None else indent
            if own < indent:
                break
            end = stop
        at = stop + 1
    return end


class _Printer:
    """Writes the nodes of one file in the layout."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = _composed(text)
        self.notes = deque(_notes(text, self.root))
        self.commented = [note.at for note in self.notes if note.text]
        self.lines: list[str] = []

    def printed(self) -> str:
        """The text of the whole file, in the layout."""
        self._shorten(self.root)
        self._put(self.root, "", 0, 0)
        self._say_notes(len(self.text) + 1, 0)
        while self.lines and not self.lines[-1]:
            self.lines.pop()
        return "\n".join(self.lines) + "\n"

    def _shorten(self, node: Any) -> None:
        """Write opposites of criteria in the short form, if nothing is lost and no comment is inside."""
        if isinstance(node, yaml.SequenceNode):
            for item in node.value:
                self._shorten(item)
        elif isinstance(node, yaml.MappingNode):
            for _, value in node.value:
                self._shorten(value)
            held = {key.value: value for key, value in node.value}
            inner = held.get("criterion")
            if isinstance(inner, yaml.MappingNode) and "type" in held and not self._holds_comment(node):
                self._shorten_one(node, held["type"], inner)

    def _shorten_one(self, node: Any, kind: Any, inner: Any) -> None:
        pairs = {key.value: value.value for key, value in inner.value}
        keys = [key.value for key, _ in node.value]
        if kind.value != "not" or (word := short_word(keys, str(pairs.get("type", "")), list(pairs))) is None:
            return
        kind.value, kind.style = word, _MADE
        at = keys.index("criterion")
        node.value[at : at + 1] = inner.value[1:]

    def _say_notes(self, before: int, column: int) -> None:
        """Write the comments and empty lines before a position of the file."""
        run: list[str] = []
        while self.notes and self.notes[0].at <= before:
            if text := self.notes.popleft().text:
                run.append(text)
                continue
            self.lines += _commented(run, column)
            run = []
            if self.lines and self.lines[-1]:
                self.lines.append("")
        self.lines += _commented(run, column)

    def _put(self, node: Any, lead: str, column: int, list_column: int) -> None:
        """Write a node after ``lead``, the start of its line.

        ``column`` is the indent for the keys of a group or the lines of a text, ``list_column`` the indent for the
        dashes of a list.
        """
        begun = lead if not lead or lead.endswith("- ") else f"{lead} "
        flat = self._in_one_line(node)
        if flat is not None and len(begun) + len(flat) <= WIDTH:
            self.lines.append(begun + flat)
        elif isinstance(node, yaml.MappingNode):
            if lead and not lead.endswith("- "):
                self.lines.append(lead)
                lead = ""
            for key, value in node.value:
                self._say_notes(key.start_mark.index, column)
                self._put(value, f"{lead or ' ' * column}{self._single(key)}:", column + 2, column)
                lead = ""
        elif isinstance(node, yaml.SequenceNode):
            self._put_list(node, lead, begun, list_column)
        elif len(begun) + len(node.value) <= WIDTH and _plain(node.value):
            self.lines.append(begun + node.value)
        else:
            folded = _folded(node.value, column)
            self.lines += [f"{begun}{self._single(node)}"] if folded is None else [f"{begun}>-", *folded]

    def _put_list(self, node: yaml.SequenceNode, lead: str, begun: str, column: int) -> None:
        if node.flow_style and not self._holds_comment(node):
            words = [self._single(item) for item in node.value if isinstance(item, yaml.ScalarNode)]
            if len(words) == len(node.value) and max(map(len, words)) <= LONGEST_WORD:
                self.lines += _filled(words, begun)
                return
        if lead and not lead.endswith("- "):
            self.lines.append(lead)
            lead = ""
        for item in node.value:
            self._say_notes(item.start_mark.index, column)
            self._put(item, f"{lead or ' ' * column}- ", column + 2, column + 2)
            lead = ""

    def _holds_comment(self, node: Any) -> bool:
        place = bisect_right(self.commented, node.start_mark.index)
        return place < len(self.commented) and self.commented[place] < node.end_mark.index

    def _in_one_line(self, node: Any) -> str | None:
        """A node in one line; ``None`` if it was written in several, or is a list with two groups or more."""
        if isinstance(node, yaml.ScalarNode):
            return self._single(node)
        if node.value and (not node.flow_style or self._holds_comment(node)):
            return None
        if isinstance(node, yaml.MappingNode):
            values = [self._in_one_line(value) for _, value in node.value]
            if None in values:
                return None
            pairs = [f"{self._single(key)}: {flat}" for (key, _), flat in zip(node.value, values, strict=True)]
            return f"{{{', '.join(pairs)}}}"
        if sum(isinstance(item, yaml.MappingNode) for item in node.value) > 1:
            return None
        items = [self._in_one_line(item) for item in node.value]
        return None if None in items else f"[{', '.join(map(str, items))}]"

    def _single(self, node: Any) -> str:
        """A key or a single value in one line, as it was written if that was one line."""
        if node.style == _MADE:
            return str(node.value)
        if node.start_mark.line == node.end_mark.line and node.style not in (">", "|"):
            return self.text[node.start_mark.index : node.end_mark.index]
        return str(node.value) if _plain(node.value) else json.dumps(node.value, ensure_ascii=False)


def _plain(value: str) -> bool:
    """Whether a text can be written without quotes."""
    try:
        held = _composed(f"- [{value}]\n").value[0].value
        if len(held) != 1 or not isinstance(held[0], yaml.ScalarNode) or held[0].style or held[0].value != value:
            return False
        return isinstance(scalar(value, plain=True), str)
    except (yaml.YAMLError, ValueError):
        return False


def _folded(value: str, column: int) -> list[str] | None:
    """A text in lines that YAML reads as one text; ``None`` if YAML would read the line breaks differently."""
    words = value.split(" ")
    if "" in words or len(words) == 1 or any(not word.isprintable() for word in words):
        return None
    lines = [" " * column + words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(" " * column + word)
    return lines


def _commented(run: list[str], column: int) -> list[str]:
    """Consecutive comments, filled anew if one is too long for its line.

    The line with the schema is not changed, because an editor reads it.
    """
    kept = [line for line in run if line.startswith(_POINTER)]
    run = run[len(kept) :]
    if any(column + len(line) > WIDTH for line in run):
        words = " ".join(line.removeprefix("#").strip() for line in run)
        run = [f"# {line.strip()}" for line in _folded(words, column + 2) or [words]]
    return [" " * column + line for line in [*kept, *run]]


def _filled(words: list[str], begun: str) -> list[str]:
    """A list of words in brackets, on as many lines as it needs."""
    lines = [f"{begun}[{words[0]}"]
    for word in words[1:]:
        if len(lines[-1]) + 3 + len(word) <= WIDTH:
            lines[-1] += f", {word}"
        else:
            lines[-1] += ","
            lines.append(" " * (len(begun) + 1) + word)
    lines[-1] += "]"
    return lines
