"""Lines that are read from a terminal, with completion if readline is available, or from a pipe.

No typed text is stored: there is no history, neither in a file nor in memory.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Any

from mmadvisor.base.errors import MmadvisorError, UsageError
from mmadvisor.files.output import write_stdout
from mmadvisor.render.text import shown

_BETWEEN = ",=+"  # characters that end a name; a space may be part of one


class Completer:
    """Completes the word at the cursor from the words of the question."""

    def __init__(self) -> None:
        self.words: Sequence[str] = ()

    def __call__(self, begun: str, number: int) -> str | None:
        """The word with this number, from 0, among the words that begin with ``begun``; ``None`` if there is none."""
        start = begun[: len(begun) - len(begun.lstrip())]
        key = begun.strip().casefold()
        found = [f"{start}{word}" for word in self.words if word.casefold().startswith(key)]
        return found[number] if number < len(found) else None


class Lines:
    """Reads lines and shows lines; restores the terminal afterwards.

    If no line can be shown any more, no question can be asked. Reading then ends as at the end of the input, so that
    the replies are saved.
    """

    def __init__(self) -> None:
        """Prepare standard input and standard output.

        Raises:
            UsageError: One of them is closed.
        """
        if sys.stdin is None or sys.stdout is None:
            closed = "input" if sys.stdin is None else "output"
            raise UsageError(f"standard {closed} is closed, so no question can be asked")
        self.gone = False
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="surrogateescape")  # bytes that are no text are refused as an answer
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
        """Ask with a prompt and return the reply.

        Raises:
            EOFError: There are no more lines, or no line can be shown any more.
        """
        if self.readline is not None:
            self.completer.words = words
        elif not sys.stdin.isatty():
            self.write(prompt)
            line = "" if self.gone else sys.stdin.readline()
            if not line:
                raise EOFError
            return line.rstrip("\r\n")
        if self.gone:
            raise EOFError
        return input(shown(prompt))

    def write(self, line: str) -> None:
        """Show a line, as long as lines can be shown."""
        if not self.gone:
            try:
                write_stdout(f"{shown(line)}\n", as_utf8=False)
            except MmadvisorError:
                self.gone = True
