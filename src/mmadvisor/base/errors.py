"""What can go wrong, and the exit status of each kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

EXIT_DONE = 0
EXIT_BUG = 1
EXIT_USAGE = 2
EXIT_INVALID_INPUT = 3
EXIT_SOME_FAILED = 4


class Problem(NamedTuple):
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
        return self._replace(file=file, line=line, column=column)

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


# Two letters in common are chance: below this length a word is completed by none.
_COMPLETED_FROM = 3
# How much of a word must agree with the other, of one with this many letters at most and of a longer one.
_SHORT, _ALIKE_SHORT, _ALIKE = 3, 0.75, 0.65


def nearest(word: str, known: Iterable[str]) -> str:
    """``Did you mean x?`` for the nearest known word, or nothing where none is near.

    Near is a word that agrees in two letters of three, or in three of four where either has three letters at most;
    else the first word that begins with what was written, from three letters on. One letter is near to itself alone.
    """
    from difflib import get_close_matches  # only a slip needs it

    by_fold: dict[str, str] = {}
    for name in known:
        by_fold.setdefault(name.casefold(), name)  # the first spelling is the one that is shown
    key = " ".join(word.casefold().split())
    near = [
        n
        for n in get_close_matches(key, by_fold, n=len(by_fold) or 1, cutoff=_ALIKE)
        if n == key or (len(key) > 1 and _agree(key, n))
    ]
    begun = [n for n in by_fold if len(key) >= _COMPLETED_FROM and n.startswith(key)]
    return f"Did you mean {by_fold[(near or begun)[0]]}?" if near or begun else ""


def _agree(key: str, name: str) -> bool:
    """Whether two words that are near agree in enough where one of them is short."""
    from difflib import SequenceMatcher

    return min(len(key), len(name)) > _SHORT or SequenceMatcher(None, key, name).ratio() >= _ALIKE_SHORT


class UnknownPlaceError(UsageError):
    """No jurisdiction of the catalogue has this code; ``known`` are those that it has, ``hint`` the nearest."""

    def __init__(self, code: str, known: Iterable[str]) -> None:
        self.known = tuple(known)
        self.hint = nearest(code, self.known)
        super().__init__(f"there is no jurisdiction {code!r}; known: {', '.join(self.known)}. {self.hint}".strip())
