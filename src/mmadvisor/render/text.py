"""Text made safe for a terminal: text from a patient file must not control the terminal or Rich."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable

# A word that is too long for its column may be broken after a joint, or before a key of a path.
_JOINTS = re.compile(r"(?<=[-/_,;:])(?=\w)|(?=\.[a-z])|(?<=\w)(?=\[)")

# Characters with an equivalent in ASCII. A power keeps a sign, since 109/L is not 10⁹/L.
_POWERS = "[⁰¹²³⁴⁵⁶⁷⁸⁹]+"
_IN_ASCII = str.maketrans(
    {digit: str(n) for digits in ("⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉") for n, digit in enumerate(digits)}
    | {
        "×": "x",
        "µ": "u",
        "\u03bc": "u",
        "±": "+/-",
        "≥": ">=",
        "≤": "<=",
        "→": "->",
        "↓": "[v]",
        "†": "[s]",
        "‡": "[u]",
        "§": "[l]",
    }
    | dict.fromkeys("–—\u2011\u2212", "-")
    | {"’": "'", "\u2018": "'", "“": '"', "”": '"', "…": "...", "\u00a0": " ", "§": "[l]"}
)


def spoken(identifier: str) -> str:
    """An identifier such as ``acute_kidney_injury`` or ``not-available``, as words."""
    return identifier.replace("_", " ").replace("-", " ")


def clean(text: str) -> str:
    """The text with every control, escape and bidirectional character made visible.

    Line breaks are made visible too, because text after a line break could look like a line of the report.
    """
    if text.isprintable():
        return text
    return "".join(_visible(c) for c in text)


def spreadsheet_cell(text: str) -> str:
    """A text as a cell of CSV; one that a spreadsheet would calculate is put after an apostrophe."""
    safe = clean(text)
    return f"'{safe}" if safe[:1] in ("=", "+", "-", "@") else safe


def ascii_only() -> bool:
    """Whether standard output can show only ASCII."""
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").casefold().replace("-", "")
    return not encoding.startswith("utf")


def in_ascii(text: str) -> str:
    """The text in ASCII; a character without an equivalent is shown by its number."""
    if text.isascii():
        return text
    return re.sub(_POWERS, r"^\g<0>", text).translate(_IN_ASCII).encode("ascii", "backslashreplace").decode()


def shown(line: str) -> str:
    """A line that is safe for the terminal, in characters that it has."""
    return in_ascii(clean(line)) if ascii_only() else clean(line)


def cells(text: str) -> int:
    """The number of columns of a text on a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def widest(texts: Iterable[str]) -> int:
    """The columns of the widest text."""
    return max(map(cells, texts), default=0)


def folded(text: str, width: int) -> list[str]:
    """The complete text in lines of at most ``width`` columns.

    Lines break at spaces. A word longer than a line breaks where ``joints`` divides it, and a part that is still too
    long breaks anywhere.
    """
    measure = len if text.isascii() else cells
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if measure(longer) <= width:
            lines[-1] = longer
        elif measure(word) <= width:
            lines.append(word)
        else:
            lines += _broken(word, width)
    return [line.rstrip() for line in lines if line] or [""]


def joints(text: str) -> list[str]:
    """The parts of a text that are not broken if there is room: ``see labs.lvef`` gives ``see``, ``labs``, ``.lvef``.

    A text may be broken at spaces, after one of ``-/_,;:``, and before a key or an index of a path.
    """
    return [part for word in text.split(" ") for part in _JOINTS.split(word)]


def _broken(word: str, width: int) -> list[str]:
    from rich.cells import chop_cells

    lines = [""]
    for part in _JOINTS.split(word):
        for piece in chop_cells(part, width) if cells(part) > width else [part]:
            if cells(lines[-1] + piece) <= width:
                lines[-1] += piece
            else:
                lines.append(piece)
    return lines


def _visible(char: str) -> str:
    if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return char
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"
