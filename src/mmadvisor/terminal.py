"""Lines read from a terminal, with completion where it has readline; from a pipe as they come.

Nothing of what is typed is kept: no history file, and none in memory.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from mmadvisor.render.text import ascii_only, clean, in_ascii

_BETWEEN = ",=+"  # what ends a name; a space may stand within one


class Completer:
    """Completes the word at the cursor from those of the question."""

    def __init__(self) -> None:
        self.words: Sequence[str] = ()

    def __call__(self, begun: str, number: int) -> str | None:
        """The next word that begins so, whatever its case."""
        start = begun[: len(begun) - len(begun.lstrip())]
        key = begun.strip().casefold()
        found = [f"{start}{word}" for word in self.words if word.casefold().startswith(key)]
        return found[number] if number < len(found) else None


class Lines:
    """Reads lines; leaves the terminal as it was."""

    def __init__(self) -> None:
        self.readline: Any = None
        if sys.stdin.isatty():
            try:
                import readline
            except ImportError:
                return
            self.readline = readline
            self.completer = Completer()
            readline.set_auto_history(False)
            readline.clear_history()
            readline.set_completer(self.completer)
            readline.set_completer_delims(_BETWEEN)
            editline = "libedit" in (readline.__doc__ or "")
            readline.parse_and_bind("bind ^I rl_complete" if editline else "tab: complete")
            if not editline:
                readline.parse_and_bind("set completion-ignore-case on")

    def __call__(self, prompt: str, words: Sequence[str]) -> str:
        """An answer.

        Raises:
            EOFError: There are no more.
        """
        prompt = shown(prompt)
        if self.readline is not None:
            self.completer.words = words
        elif not sys.stdin.isatty():
            sys.stdout.write(f"{prompt}\n")
            sys.stdout.flush()
            line = sys.stdin.readline()
            if not line:
                raise EOFError
            return line.rstrip("\r\n")
        return input(prompt)


def write(line: str) -> None:
    """Show a line."""
    sys.stdout.write(f"{shown(line)}\n")
    sys.stdout.flush()


def shown(line: str) -> str:
    """A line in which nothing steers the terminal, in characters that it has."""
    return in_ascii(clean(line)) if ascii_only() else clean(line)
