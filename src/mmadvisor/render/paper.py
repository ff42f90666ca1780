"""The parts of a report for a terminal: lines, bullets, pairs and tables that fit the width."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mmadvisor.render.marks import MARKS, UNBROKEN
from mmadvisor.render.text import ascii_only, cells, clean, folded, in_ascii, joints, widest

STYLES = {
    "eligible": "green",
    "caution": "yellow",
    "undetermined": "cyan",
    "deferred": "cyan",
    "off-label": "magenta",
    "ineligible": "red",
    "not-met": "red",
    "unknown": "cyan",
    "yes": "bold",
    "doubtful": "yellow",
}
MOST_COLUMNS = 140
COLUMNS_IN_A_PIPE = 100
BETWEEN_COLUMNS = 2
FEWEST_CELLS = 4
WIDEST_NAME = 24
LINES_OF_A_SCREEN = 24

Cell = str | list[str] | Text


class Paper:
    """A report that is being written for a terminal."""

    def __init__(self, *, to_terminal: bool = True, no_color: bool = False) -> None:
        # Without colours there are no control codes at all, since bold is one of them.
        # FORCE_COLOR asks for colours in a pipe too; NO_COLOR and --no-color are stronger.
        on_screen = sys.stdout is not None and (sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR")))
        coloured = to_terminal and on_screen and not no_color and not os.environ.get("NO_COLOR")
        self.buffer = io.StringIO()
        self.ascii_only = to_terminal and ascii_only()
        width, height = shutil.get_terminal_size((COLUMNS_IN_A_PIPE, LINES_OF_A_SCREEN))
        self.height = max(LINES_OF_A_SCREEN, height)
        self.console = Console(
            file=self.buffer,
            width=max(60, min(width, MOST_COLUMNS)),
            force_terminal=coloured,
            color_system="auto" if coloured else None,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )

    def text(self) -> str:
        """The text that was written."""
        text = "\n".join(line.rstrip() for line in self.buffer.getvalue().splitlines()) + "\n"
        text = text.replace(UNBROKEN, " ")
        return text.replace("─", "-") if self.ascii_only else text

    @property
    def width(self) -> int:
        """The columns of the terminal."""
        return self.console.width

    @property
    def drawn(self) -> int:
        """The columns that a drawing may take."""
        return self.console.width

    # --- pieces ---------------------------------------------------------------------------

    def said(self, text: str) -> str:
        """Text in characters that this terminal can show; converted before any width is measured."""
        return in_ascii(clean(text)) if self.ascii_only else clean(text)

    def sign(self, word: str) -> str:
        """The mark of a verdict or a result."""
        return MARKS.get(word, ("", ""))[self.ascii_only]

    def bold(self, text: str) -> Text:
        """A name in a cell, in bold and unbroken."""
        return Text(self.said(text), style="bold")

    def mark(self, word: str, also: str = "") -> Text:
        """A word with its mark, never colour alone; ``also`` follows it without colour."""
        shown = "not met" if word == "not-met" else self.said(word)
        text = Text.assemble((f"{self.sign(word)} {shown}".strip(), STYLES.get(word, "")))
        return text.append(f"; {self.said(also)}") if also else text

    def title(self, text: str) -> None:
        """Write the first line, in bold."""
        self.line(text, style="bold")

    def before_all(self, text: str) -> None:
        """Write a line before everything, also before the title."""
        self.line(f"! {text}", style="bold red")
        self.gap()

    def before_title(self, text: str) -> None:
        """Write a line before the title, after ``before_all``."""
        self.line(text)

    def gap(self) -> None:
        """Write an empty line."""
        self.buffer.write("\n")

    def drawing(self, lines: Iterable[str]) -> None:
        """Write lines with fixed columns, which are already clean and short enough."""
        self.buffer.writelines(f"{line}\n" for line in lines)

    def heading(self, text: str) -> None:
        """Write a line in bold, after an empty one."""
        self.gap()
        self.line(text, style="bold")

    def line(self, text: str, *, indent: int = 0, style: str = "") -> None:
        """Write wrapped text; the style shows if there are colours."""
        if style and self.console.is_terminal:
            self.console.print(Padding(Text(self.said(text), style=style), (0, 0, 0, indent)))
        else:
            self._wrapped(text, " " * indent, " " * indent)

    def unbroken(self, text: str, *, indent: int = 0) -> None:
        """Write a line without breaks, such as a position in a file."""
        self.buffer.write(f"{' ' * indent}{self.said(text)}\n")

    def bullets(self, items: Iterable[str], *, indent: int = 2, sign: str = "-", word: str = "") -> None:
        """Write a list with a sign; ``word`` is the meaning of the sign, for a format without it."""
        for item in items:
            self._wrapped(item, f"{' ' * indent}{sign} ", " " * (indent + len(sign) + 1))

    def pairs(self, rows: Iterable[tuple[str, str]], *, indent: int = 0) -> None:
        """Write names and values in two columns; a pair without a value is left out."""
        shown = [(name, value) for name, value in rows if value]
        wide = max((len(name) for name, _ in shown), default=0) + 2
        for name, value in shown:
            self._wrapped(value, f"{' ' * indent}{name:<{wide}}", " " * (indent + wide))

    def _wrapped(self, text: str, first: str, rest: str) -> None:
        """Write plain text, wrapped; without Rich, because most of a report is plain text and Rich is slower."""
        lines = folded(self.said(text), self.console.width - len(first))
        self.buffer.write("\n".join(f"{rest if i else first}{line}".rstrip() for i, line in enumerate(lines)) + "\n")

    def _cell(self, cell: Cell) -> Text:
        """The text of a cell: a marked word, a text, or several texts on lines of their own."""
        if isinstance(cell, Text):
            return cell
        if isinstance(cell, list):
            sign = "- " if len(cell) > 1 else ""
            return Text("\n".join(f"{sign}{self.said(item)}" for item in cell))
        return Text(self.said(cell))

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        *,
        heads_are_names: bool = False,
        head_on_a_line: str = "",
    ) -> None:
        """Write a table whose columns are as wide as necessary; if the line is too short, the columns are narrowed.

        Words are not broken in marked cells, in the first column, and in heads that are names, even if the table
        becomes wider than the line. So a reader finds a name at any width. Only a name longer than half of the line is
        broken. ``head_on_a_line``: the head of a column that is not broken between words either.
        """
        shown = [[self._cell(c) for c in row] for row in rows]
        texts = [[name, *(row[i].plain for row in shown)] for i, name in enumerate(columns)]
        marked = [any(isinstance(row[i], Text) for row in rows) for i in range(len(columns))]
        between = BETWEEN_COLUMNS * (len(columns) - 1)
        room = self.console.width - between
        whole = [
            widest(t) if names else _widest_word(t if i == 0 else t[: int(heads_are_names)])
            for i, (t, names) in enumerate(zip(texts, marked, strict=True))
        ]
        kept = _kept(columns, whole, room, head_on_a_line)
        least = [max(_least(t), keep) for t, keep in zip(texts, kept, strict=True)]
        if sum(least) > room and not heads_are_names:
            self._stacked(columns, shown)
            return
        widths = _shares(texts, (least, kept), room)
        made = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
        for name, width in zip(columns, widths, strict=True):
            made.add_column(name, width=width, overflow="fold")
        for row in shown:
            made.add_row(
                *[
                    Text("\n".join(line for part in c.plain.split("\n") for line in folded(part, w)), style=c.style)
                    for c, w in zip(row, widths, strict=True)
                ]
            )
        usual, self.console.width = self.console.width, max(self.console.width, sum(widths) + between)
        self.console.print(made)
        self.console.width = usual

    def grid(self, columns: Sequence[str], rows: Sequence[Sequence[str]], *, indent: int = 0) -> None:
        """Write short texts in columns, without rules; a text that is too long for its column is wrapped there."""
        shown = [[self.said(text) for text in row] for row in (columns, *rows)]
        texts = [list(column) for column in zip(*shown, strict=True)]
        between = BETWEEN_COLUMNS * (len(columns) - 1)
        natural = [max(FEWEST_CELLS, widest(word for text in column for word in text.split(" "))) for column in texts]
        floors = natural, [FEWEST_CELLS] * len(texts)
        widths = _shares(texts, floors, self.console.width - indent - between)
        for row in shown:
            parts = [folded(text, width) for text, width in zip(row, widths, strict=True)]
            for i in range(max(map(len, parts))):
                line = [part[i] if i < len(part) else "" for part in parts]
                padded = [text + " " * (width - cells(text)) for text, width in zip(line, widths, strict=True)]
                self.drawing([f"{' ' * indent}{(' ' * BETWEEN_COLUMNS).join(padded)}".rstrip()])

    def _stacked(self, columns: Sequence[str], rows: Sequence[Sequence[Text]]) -> None:
        """Write a table without columns, for a short line: each row as a heading with its cells below."""
        named = 2 if columns[0] == "#" else 1
        for row in rows:
            told = [c.plain.replace("\n", " ").strip() for c in row]
            self.line("  ".join(told[:named]), style="bold")
            self.pairs(list(zip(columns[named:], told[named:], strict=True)), indent=4)

    def task(self, text: str) -> None:
        """Write an item to tick."""
        self.line(f"[ ] {text}", indent=2)


def _widest_word(texts: Iterable[str]) -> int:
    return widest(word for t in texts for word in t.split())


def _kept(columns: Sequence[str], whole: list[int], room: int, head_on_a_line: str) -> list[int]:
    """The least widths of all: of what is not broken, unless it takes more than half of the line."""
    heads = [cells(name) if name == head_on_a_line else 0 for name in columns]
    return [max(FEWEST_CELLS, head, w if w <= room // 2 else 0) for head, w in zip(heads, whole, strict=True)]


def _least(texts: list[str]) -> int:
    """The least width of a column at which no word is broken inside a part; a column of short names keeps its width."""
    natural = widest(texts)
    if natural <= WIDEST_NAME and not any(" " in t for t in texts[1:]):
        return natural
    return widest(part for t in texts for part in joints(t))


def _shares(texts: list[list[str]], floors: tuple[list[int], list[int]], room: int) -> list[int]:
    """Widths that fit the line: the column with the least text for its width is narrowed first.

    ``floors``: the least widths without cut words, then the least widths of all. Words are cut only if nothing else
    helps.
    """
    widths = [widest(t) for t in texts]
    amounts = [sum(map(cells, t)) for t in texts]
    for floor in floors:
        for _ in range(sum(widths) - room):
            free = [i for i, width in enumerate(widths) if width > floor[i]]
            if free:
                widths[min(free, key=lambda i: amounts[i] / widths[i])] -= 1
    return widths
