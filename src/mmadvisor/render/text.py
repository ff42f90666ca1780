"""Text made safe for a terminal: what a patient file holds may steer neither the terminal nor Rich."""

from __future__ import annotations

import unicodedata

# Characters of the categories control and format that do no harm.
_HARMLESS = frozenset("\n")


def clean(text: str) -> str:
    """The text with every control, escape and bidirectional character made visible."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(c) for c in text)


def _visible(char: str) -> str:
    if char in _HARMLESS or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return char
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"
