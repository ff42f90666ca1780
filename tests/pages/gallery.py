"""docs/gallery: what each example prints on a terminal of two sizes, and a page that shows the images.

Run this to write the pages anew: python -m tests.pages.gallery. The images need a browser: python -m browser.gallery.
"""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests import ROOT

FOLDER = ROOT / "docs" / "gallery"
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.suffix in (".yaml", ".json"))
PICTURED = ("hk-triple-class-refractory", "first-relapse-lenalidomide-refractory", "after-car-t")
WIDTHS = {1280: 800, 768: 1024, 390: 844}
WRITTEN_BY = "Written by `python -m tests.pages.gallery`; a test keeps it fresh."


class Size(NamedTuple):
    """A size of terminal, in columns and rows."""

    columns: int
    rows: int

    @property
    def name(self) -> str:
        return f"{self.columns}x{self.rows}"


SIZES = (Size(80, 24), Size(120, 40))


def command(path: Path) -> list[str]:
    """The command whose answer is shown."""
    return ["recommend", path.relative_to(ROOT).as_posix()]


def captured(path: Path, size: Size) -> str:
    """What the command prints on a terminal of that size, without colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size.rows, size.columns, 0, 0))
    kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "FORCE_COLOR")}
    with subprocess.Popen(
        [sys.executable, "-m", "mmadvisor", *command(path)],
        cwd=ROOT,
        env=kept | {"NO_COLOR": "1", "TERM": "xterm", "PYTHONIOENCODING": "utf-8"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        text = b"".join(_read(ours)).decode()
    os.close(ours)
    return text.replace("\r\n", "\n")


def _read(terminal: int) -> Iterator[bytes]:
    """What is written to a terminal until its last program ends, which Linux reports as an error."""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            return
        if not part:
            return
        yield part


def page_of(size: Size) -> str:
    """The page with the captures of one size."""
    lines = [f"# Every example on a terminal of {size.columns} columns and {size.rows} rows", "", WRITTEN_BY, ""]
    for path in EXAMPLES:
        lines += [f"## {path.name}", "", "```text", captured(path, size).rstrip("\n"), "```", ""]
    return "\n".join(lines)


def shown(size: Size) -> dict[str, str]:
    """The captures of a stored page, by the names of the examples."""
    text = (FOLDER / f"{size.name}.md").read_text(encoding="utf-8")
    parts = (part.partition("\n\n```text\n") for part in text.split("\n## ")[1:])
    return {name: capture.partition("```")[0] for name, _, capture in parts}


def overview() -> str:
    """The page that links the captures and shows the images."""
    lines = [
        "# Gallery",
        "",
        WRITTEN_BY
        + " `python -m browser.gallery` makes the images too; it needs the environment of the browser suite.",
        "",
        "What `mmadvisor recommend` prints for every example, on a terminal of:",
        "",
        *(f"- [{size.columns} columns and {size.rows} rows]({size.name}.md)" for size in SIZES),
        "",
        "The page of three examples (`--format html`) on a desktop, a tablet and a telephone, and the sheet for the board",
        "(`--board`) as it is printed:",
        "",
    ]
    for name in PICTURED:
        lines += [f"## {name}", ""]
        lines += [f"![{name}, {width} pixels wide]({name}-{width}.png)\n" for width in WIDTHS]
        lines += [
            f"![{name}, the sheet for the board]({name}-board.png)",
            "",
            f"[The sheet as PDF]({name}-board.pdf)",
            "",
        ]
    return "\n".join(lines)


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for size in SIZES:
        (FOLDER / f"{size.name}.md").write_text(page_of(size), encoding="utf-8")
    (FOLDER / "README.md").write_text(overview(), encoding="utf-8")


if __name__ == "__main__":
    main()
