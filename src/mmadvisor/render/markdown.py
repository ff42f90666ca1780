"""Reports as Markdown (GitHub flavour), to paste into minutes. The same functions draw them as on a terminal.

There are no colours and no width. Every text is escaped, so that the contents of a patient file cannot begin a heading,
list, link, table cell or tag. Reports contain no HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rich.text import Text

from mmadvisor.render.marks import UNBROKEN
from mmadvisor.render.paper import Cell, Paper

DRAWN_COLUMNS = 80  # columns of the timeline, which is a block of its own
WITHOUT_LIMIT = 1_000_000
SHALLOWEST = 2  # the indent of a first list, and of names and values
TICKED = {"[ ]": "[ ] ", "[?]": "[ ] ? "}
ARROW = {">": "→"}

# Characters that Markdown interprets anywhere in a line. A word in brackets is not escaped, since most are keys of
# sources. It would be a link only with a target or a definition, and both are escaped.
_ANYWHERE = re.compile(
    r"[\\`*<|$#]|~(?! )"
    r"|\[(?![A-Za-z0-9][\w ,./-]*\](?![(\[]))"
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
    r"|&(?=#?\w+;)"
    r"|(?<=[A-Za-z0-9])@(?=[A-Za-z0-9])"
    r"|:(?=//)"
    r"|(?<=www)\.|(?<=mailto):|(?<=xmpp):",
    re.IGNORECASE,
)
# What it interprets at the beginning of a block: lists, quotes, rules, boxes to tick, definitions.
_AT_START = re.compile(r"^(\d{1,9}(?=[.)](?: |$))|(?=[-+>]|\[[xX]\]|\[.*\]:))")
_GAPS = re.compile(r" {2,}")


class MarkdownPaper(Paper):
    """A report in Markdown; ``untitled`` is its title if no title is drawn."""

    def __init__(self, *, untitled: str = "") -> None:
        super().__init__(to_terminal=False)
        self.blocks: list[str] = []
        self.untitled = untitled
        self.head: list[str] = []  # what comes before the title
        self.has_title = False  # whether a title was written
        self.indents: list[int] = []  # indents of the open lists, the outermost first

    @property
    def width(self) -> int:
        """Columns of a line, without a limit."""
        return WITHOUT_LIMIT

    @property
    def drawn(self) -> int:
        """Columns of a drawing: the width of a printed page."""
        return DRAWN_COLUMNS

    def text(self) -> str:
        """The text that was written."""
        title = "" if self.has_title or not self.untitled else f"# {self.untitled}"
        return "\n\n".join([*self.head, *([title] if title else []), *self.blocks]).replace(UNBROKEN, " ") + "\n"

    def before_all(self, text: str) -> None:
        """Write a line before the heading."""
        self.head.append(f"**! {self.plain(text)}**")

    def before_title(self, text: str) -> None:
        """Write a line before the heading, after ``before_all``."""
        self.head.append(self.begun(text))

    def plain(self, text: str) -> str:
        """Text within a line, with Markdown escaped."""
        shown = self.said(text).replace(UNBROKEN, " ").strip()
        apart = _GAPS.sub(lambda gap: " " if shown[gap.start() - 1] == ":" else " · ", shown)
        return _ANYWHERE.sub(r"\\\g<0>", apart)

    def begun(self, text: str) -> str:
        """Text at the beginning of a block, with Markdown escaped."""
        return _AT_START.sub(r"\1\\", self.plain(text))

    def _block(self, text: str) -> None:
        self.indents.clear()
        if text:
            self.blocks.append(text)

    # --- pieces ---------------------------------------------------------------------------

    def title(self, text: str) -> None:
        """Write the one heading of the first level."""
        self.has_title = self.has_title or not self.blocks
        self._block(f"# {self.plain(text)}")

    def gap(self) -> None:
        """Write nothing, because blocks are already separate."""
        self.indents.clear()

    def heading(self, text: str) -> None:
        """Write a heading of the second level."""
        self._block(f"## {self.plain(text)}")

    def line(self, text: str, *, indent: int = 0, style: str = "") -> None:
        """Write a paragraph, in bold if ``style`` has bold; other styles are ignored."""
        bold = "bold" in style and text.strip()
        self._block(f"**{self.plain(text)}**" if bold else self.begun(text))

    def unbroken(self, text: str, *, indent: int = 0) -> None:
        """Write a line without breaks."""
        self.line(text)

    def drawing(self, lines: Iterable[str]) -> None:
        """Write lines unchanged, in a fence that is longer than any fence in them."""
        drawn = list(lines)
        longest = max((len(run) for line in drawn for run in re.findall("`+", line)), default=0)
        fence = "`" * max(3, longest + 1)
        self._block("\n".join([f"{fence}text", *drawn, fence]))

    def bullets(self, items: Iterable[str], *, indent: int = 2, sign: str = "-", word: str = "") -> None:
        """Write a list; before each text, the ``word`` for the sign or, without it, a sign other than a bullet."""
        for item in items:
            self._item(f"**{word.capitalize()}:** {self.plain(item)}" if word else self._signed(sign, item), indent)

    def _signed(self, sign: str, item: str) -> str:
        if sign in TICKED:
            return f"{TICKED[sign]}{self.plain(item)}"
        if sign == "-" or len(sign) > 1:
            return self.begun(item)
        return self.begun(f"{ARROW.get(sign, sign)} {item}")

    def task(self, text: str) -> None:
        """Write a box to tick."""
        self._item(f"[ ] {self.plain(text)}", SHALLOWEST)

    def pairs(self, rows: Iterable[tuple[str, str]], *, indent: int = 0) -> None:
        """Write a list of names and values."""
        for name, value in rows:
            if value:
                self._item(f"**{self.plain(name)}:** {self.plain(value)}", indent)

    def _item(self, text: str, indent: int) -> None:
        """Write an item at an indent: the open list with this indent continues, or a list inside it begins."""
        indent = max(indent, SHALLOWEST)
        begins = not self.indents
        while self.indents and self.indents[-1] > indent:
            self.indents.pop()
        if not self.indents or self.indents[-1] < indent:
            self.indents.append(indent)
        item = f"{'  ' * (len(self.indents) - 1)}- {text}"
        if begins:
            self.blocks.append(item)
        else:
            self.blocks[-1] += f"\n{item}"

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        *,
        heads_are_names: bool = False,
        head_on_a_line: str = "",
    ) -> None:
        """Write a table with as many cells in every row as there are columns."""
        lines = [self._row(map(self.plain, columns)), self._row(["---"] * len(columns))]
        lines += [self._row(self._said_in(cell) for cell, _ in zip(row, columns, strict=True)) for row in rows]
        self._block("\n".join(lines))

    @staticmethod
    def _row(cells: Iterable[str]) -> str:
        return f"| {' | '.join(cells)} |"

    def _said_in(self, cell: Cell) -> str:
        """The text of a cell: several texts one after another, each after a bullet."""
        if isinstance(cell, list):
            return " ".join(f"• {self.plain(item)}" if len(cell) > 1 else self.plain(item) for item in cell)
        if isinstance(cell, Text):
            text = self.plain(cell.plain)
            return f"**{text}**" if text and cell.style == "bold" else text
        return self.plain(cell)
