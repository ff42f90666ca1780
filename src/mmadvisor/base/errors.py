"""The errors that a user can cause, and the exit status of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

EXIT_DONE = 0
EXIT_BUG = 1
EXIT_USAGE = 2
EXIT_INVALID_INPUT = 3
EXIT_SOME_FAILED = 4
# Every exit status of the program, for the help and the documents.
EXIT_STATUSES = {
    EXIT_DONE: "success",
    EXIT_BUG: "a bug in the program",
    EXIT_USAGE: "wrong usage: the command, an option, or an output that cannot be written",
    EXIT_INVALID_INPUT: "an input file is invalid; every problem is printed with its position",
    EXIT_SOME_FAILED: "the run finished, but some patients could not be answered",
    130: "stopped by Ctrl-C",
    143: "stopped by SIGTERM",
}


class Problem(NamedTuple):
    """One error or warning about one field of a file.

    ``path`` is the field, such as ``therapies[2].stop``. ``found`` is the value of the field. ``detail`` continues the
    message with other values of the file. Both may be a patient's, so reports of a batch leave them out.
    """

    path: str
    message: str
    found: str = ""
    hint: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    detail: str = ""

    def at(self, file: str, line: int, column: int) -> Problem:
        """The same problem, with its position in a file."""
        return self._replace(file=file, line=line, column=column)

    def where(self) -> str:
        """``file:line:column``, as far as these are known."""
        parts = [self.file or "input"]
        if self.line:
            parts += [str(self.line), *([str(self.column)] if self.column else [])]
        return ":".join(parts)

    @property
    def whole(self) -> str:
        """The message with all its values."""
        return f"{self.message}{self.detail}"

    def __str__(self) -> str:
        text = f"{self.where()}: {self.path}: {self.whole}" if self.path else f"{self.where()}: {self.whole}"
        if self.found:
            text += f"; found {self.found}"
        return f"{text}. {self.hint}" if self.hint else text

    def without_value(self) -> str:
        """The field and its position, without the value: safe for a log."""
        return f"{self.where()}: {self.path or 'file'}"

    def for_a_log(self) -> str:
        """The field and its position; if the whole file is concerned, the message, which has no value of a patient."""
        return self.without_value() if self.path else f"{self.where()}: {self.message}"


class MmadvisorError(Exception):
    """An error that is reported to the user; any other exception is a bug."""

    exit_code = EXIT_BUG


class UsageError(MmadvisorError):
    """The command cannot be carried out as it was given."""

    exit_code = EXIT_USAGE


class ReaderGoneError(MmadvisorError):
    """The reader of standard output has gone, such as ``head``; the remaining output is not written."""

    exit_code = EXIT_DONE


class InvalidInputError(MmadvisorError):
    """An input file is invalid; ``problems`` holds everything that was found, not only the first."""

    exit_code = EXIT_INVALID_INPUT

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


# A word shorter than this is not completed, since two equal letters are chance.
_COMPLETED_FROM = 3
# The part of a word that must agree with the other: of a word up to this length, and of a longer one.
_SHORT, _ALIKE_SHORT, _ALIKE = 3, 0.75, 0.65


def nearest(word: str, known: Iterable[str]) -> str:
    """``Did you mean x?``, where ``x`` is the known word that is most similar to ``word``; empty if there is none.

    Two words are similar if two thirds of their letters agree, or three quarters if one of the words has at most three
    letters. A ``word`` of one letter is similar only to itself. If no known word is similar, and ``word`` has at least
    three letters, ``x`` is the first known word that begins with ``word``.
    """
    from difflib import get_close_matches  # needed only for a typing error

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
    """Whether two similar words agree in enough letters; the limit is higher if one word has at most three letters."""
    from difflib import SequenceMatcher

    return min(len(key), len(name)) > _SHORT or SequenceMatcher(None, key, name).ratio() >= _ALIKE_SHORT


class UnknownPlaceError(UsageError):
    """The catalogue has no jurisdiction with this code; ``known`` lists its codes, ``hint`` names the nearest."""

    def __init__(self, code: str, known: Iterable[str]) -> None:
        self.known = tuple(known)
        self.hint = nearest(code, self.known)
        super().__init__(f"there is no jurisdiction {code!r}; known: {', '.join(self.known)}. {self.hint}".strip())
