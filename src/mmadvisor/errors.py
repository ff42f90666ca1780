"""What can go wrong, and the exit status of each kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches

EXIT_DONE = 0
EXIT_BUG = 1
EXIT_USAGE = 2
EXIT_INVALID_INPUT = 3
EXIT_SOME_FAILED = 4


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, or doubtful, in one place of one file.

    ``path`` is the field, such as ``therapies[2].stop``; ``found`` is what stands there, and is
    left out of batch reports, since it may be a patient's.
    """

    path: str
    message: str
    found: str = ""
    hint: str = ""
    file: str = ""
    line: int = 0
    column: int = 0

    def at(self, file: str, line: int, column: int) -> Problem:
        """The same problem, with its position in a file."""
        return replace(self, file=file, line=line, column=column)

    def where(self) -> str:
        """``file:line:column``, as far as it is known."""
        parts = [self.file or "input"]
        if self.line:
            parts += [str(self.line), str(self.column)]
        return ":".join(parts)

    def __str__(self) -> str:
        text = f"{self.where()}: {self.path}: {self.message}" if self.path else f"{self.where()}: {self.message}"
        if self.found:
            text += f"; found {self.found}"
        return f"{text}. {self.hint}" if self.hint else text

    def without_value(self) -> str:
        """Field and position alone: what may stand in a log."""
        return f"{self.where()}: {self.path or 'file'}"


class MmadvisorError(Exception):
    """Anything that mmadvisor tells its user rather than its developers."""

    exit_code = EXIT_BUG


class UsageError(MmadvisorError):
    """The command was asked for something that does not exist."""

    exit_code = EXIT_USAGE


class ReaderGoneError(MmadvisorError):
    """Whoever read standard output has gone, such as ``head``; what is left is of no use to anybody."""

    exit_code = EXIT_DONE


class InvalidInputError(MmadvisorError):
    """An input file is wrong; ``problems`` holds all that was found, not the first only."""

    exit_code = EXIT_INVALID_INPUT

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def nearest(word: str, known: Iterable[str]) -> str:
    """``Did you mean x?`` for the nearest known word, or nothing."""
    by_fold: dict[str, str] = {}
    for name in known:
        by_fold.setdefault(name.casefold(), name)  # the first spelling is the one that is shown
    key = word.casefold()
    match = get_close_matches(key, by_fold, n=1, cutoff=0.6) or [n for n in by_fold if key and n.startswith(key)]
    return f"Did you mean {by_fold[match[0]]}?" if match else ""


class UnknownPlaceError(UsageError):
    """No jurisdiction of the catalogue has this code; ``known`` are those that it has, ``hint`` the nearest."""

    def __init__(self, code: str, known: Iterable[str]) -> None:
        self.known = tuple(known)
        self.hint = nearest(code, self.known)
        super().__init__(f"there is no jurisdiction {code!r}; known: {', '.join(self.known)}. {self.hint}".strip())
