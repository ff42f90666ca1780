"""The dialogue: each question, its reply, and the commands that a user can type instead, such as ``<`` and ``stop``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from textwrap import wrap

from mmadvisor.base.errors import InvalidInputError, Problem, UsageError
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.desk.draft import Draft, State
from mmadvisor.desk.questions import DECISIVE, SKIPPED, Question, Questions
from mmadvisor.desk.replies import Replies, Tree
from mmadvisor.files.form import Path, dotted
from mmadvisor.files.patients import with_setting
from mmadvisor.files.writing import written

Read = Callable[[str, Sequence[str]], str]
Write = Callable[[str], None]
ROOM = 12  # the columns of a line that are kept free for an answer


class Stopped(Exception):
    """The user left the dialogue before its end."""


class Dialogue:
    """The dialogue about one patient.

    Attributes:
        draft: The replies so far.
        asking: The present question.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        read: Read,
        write: Write,
        state: State | None = None,
        matters: Callable[[Tree], Sequence[str]] = lambda told: (),
        refuses: Callable[[str], str] = lambda id: "",
        width: int = 80,
    ) -> None:
        """Begin without replies, or with those of ``state``.

        Args:
            catalogue: Names of drugs and fields.
            read: Shows a prompt and the words for completion, and returns the reply.
            write: Shows a line.
            state: Earlier replies.
            matters: Returns the fields that could change the answer most.
            refuses: Returns why an id cannot be used; empty if it can.
            width: Columns of a prompt.
        """
        self.catalogue = catalogue
        self.read = read
        self.write = write
        self.width = width
        self.draft = Draft(Replies(catalogue), state or State(), self._be_sure, refuses)
        self.questions = Questions(self.draft, matters)
        self.asking: Question | None = None
        self._enough = False
        self._trail: list[tuple[Path, str, State]] = []
        self._former: dict[Path, str] = {}
        self._changed = False
        self._above = ""

    @property
    def told(self) -> Tree:
        """The patient so far."""
        return self.draft.told

    def run(self) -> Path | None:
        """Ask until no question is left; returns the path of the open question if the user stopped, or ``None``."""
        try:
            while (question := self._next()) is not None:
                self.asking = question
                self._put(question)
        except (Stopped, EOFError, KeyboardInterrupt):
            self._keep_the_rest()
            self.draft.drop_fragments()
            return self.asking.key if self.asking else ()
        return None

    def _next(self) -> Question | None:
        return None if self._enough else self.questions.next()

    def _put(self, question: Question) -> None:
        """Ask one question, and act on the reply."""
        if question.above != self._above:
            self._above = question.above
            self._say(*([question.above] if question.above else []))
        line = self.read(self._prompted(question), question.words).strip()
        command, _, rest = line.partition(" ")
        if line == "?":
            self._say(*(f"    {said}" for said in question.help if said))
        elif line == "<":
            self._back()
        elif line == "stop":
            raise Stopped
        elif line == "show":
            for told in written(self.told, self.catalogue.words).splitlines():
                self.write(told)
        elif line == "end":
            self._end()
        elif line == "skip":
            self._take(question.key, "", lambda: self._skip(question))
        elif command == "set" and "=" in rest:
            self._take(question.key, "", lambda: self.draft.settle(with_setting(self.told, rest)[0]))
        else:
            self._answer(question, line)

    def _answer(self, question: Question, line: str) -> None:
        """Take an answer; if there was one before, Enter keeps it and - removes it."""
        former = self._former.get(question.key, "")
        line = former if former and not line else "" if former and line == "-" else line
        if self._take(question.key, line, lambda: question.take(line)):
            self._changed = bool(self._former) and (self._changed or line != former)
            self._former.pop(question.key, None)

    def _take(self, key: Path, line: str, act: Callable[[], None]) -> bool:
        """Act on a reply and return true; or show why it is refused, change nothing, and return false."""
        before = self.draft.state.kept()
        try:
            act()
        except (ValueError, InvalidInputError, UsageError) as error:
            problems = error.problems if isinstance(error, InvalidInputError) else ()
            reasons = [_said(problem, key) for problem in problems] or [str(error)]
            self._say(*(f"  ! {reason}" for reason in reasons))
            self.draft.state = before
            return False
        self._trail.append((key, line, before))
        return True

    def _back(self) -> None:
        if not self._trail:
            self._say("  This is the first question.")
            return
        key, line, self.draft.state = self._trail.pop()
        self._former[key] = line

    def _keep_the_rest(self) -> None:
        """Keep later answers if the user went back and stopped without a change."""
        while not self._changed and (question := self._next()) is not None and question.key in self._former:
            self.asking = question
            former = self._former.pop(question.key)
            if not self._take(question.key, former, partial(question.take, former)):
                return

    def _end(self) -> None:
        if not self.told.get("id"):
            self._say("  ! An id is required first.")
            return
        self.draft.drop_fragments()
        self._enough = True

    def _skip(self, question: Question) -> None:
        """Leave the present group."""
        group = question.key[:1]
        if question.above == DECISIVE:
            self.draft.state.passed.add(SKIPPED)
        elif group in self.draft.state.wanted:
            self.draft.state.passed.add(group)
            self.draft.state.wanted.discard(group)
        else:
            raise ValueError("this question is in no group: press Enter if the answer is not known")

    def _be_sure(self, doubts: Sequence[Problem]) -> None:
        """Ask whether to keep a doubtful reply.

        Raises:
            ValueError: The user does not keep it.
        """
        self._say(*(f"  ? {_said(doubt, self.asking.key if self.asking else ())}" for doubt in doubts))
        if not yes(self.read, "  Keep it?"):
            raise ValueError("please answer again")

    def _say(self, *lines: str) -> None:
        """Show lines, folded to the width."""
        for line in lines:
            begin = " " * (len(line) - len(line.lstrip()))
            for part in wrap(line, self.width, subsequent_indent=f"{begin}  ", break_on_hyphens=False) or [""]:
                self.write(part)

    def _prompted(self, question: Question) -> str:
        """One line: the question, what is allowed, the earlier answer."""
        former = self._former.get(question.key, "")
        kept = f" (now {former}: Enter keeps, - takes it back)" if former else ""
        choices = f" {'|'.join(question.choices)}" if question.choices else ""
        room = min(ROOM, max(map(len, question.choices), default=0)) + len(": ")
        if choices and len(question.prompt + choices + kept) + room > self.width:
            self._say(f"  {('|' if len(choices) < self.width else ' | ').join(question.choices)}")
            choices = ""
        return f"{question.prompt}{choices}{kept}: "


def yes(read: Read, question: str) -> bool:
    """Whether the user replies yes to a question.

    Raises:
        Stopped: The reply is stop.
    """
    answer = read(f"{question} yes|no: ", ("yes", "no")).strip().casefold()
    if answer == "stop":
        raise Stopped
    return bool(answer) and "yes".startswith(answer)


def _said(problem: Problem, asked: Path) -> str:
    """A problem of a reply: the field if it is not the one asked about, the reason, the value, the nearest match."""
    where = f"{problem.path}: " if not problem.path.startswith(dotted(asked)) else ""
    found = f"; found {problem.found}" if problem.found else ""
    return f"{where}{problem.whole}{found}{'. ' + problem.hint if problem.hint else ''}"
