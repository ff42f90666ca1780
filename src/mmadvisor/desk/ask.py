"""A patient asked for, step by step: a dialogue over a pair that reads a line and writes one.

The questions come from the format itself (``form``), each answer is checked as a file would be (``reading``), and
what decides most is asked first (``unknowns``). What was told is plain data at any time; which question comes next
follows from it and from what was passed over, so a dialogue can stop anywhere, go on later, and step back.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path as File
from shlex import quote
from textwrap import wrap
from typing import Any

from mmadvisor.base.errors import InvalidInputError, Problem, UsageError, nearest
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.criteria.base import Words
from mmadvisor.files.form import TOLD_OF_THERAPY, Path, dotted, field_at, leaves, names_in, needed_first, stepped
from mmadvisor.files.output import write_atomically
from mmadvisor.files.patients import parse, patient_from, read_bytes, scalar, today_or, with_setting
from mmadvisor.files.writing import STOPPED, written
from mmadvisor.formats.agents import Resolved, UnknownNameError
from mmadvisor.formats.patient import Given, Patient, Therapy
from mmadvisor.judging.case import Case
from mmadvisor.judging.unknowns import unknowns
from mmadvisor.reports.history import history_entry
from mmadvisor.reports.recommend import care_by_field

Read = Callable[[str, Sequence[str]], str]
Write = Callable[[str], None]
Tree = dict[str, Any]
Found = dict[tuple[str, str], Problem]

# What is asked before the therapies: who, where, and how the disease stands.
OPENING = ("id", "assessed_on", "demographics.age", "demographics.sex", "access.jurisdiction", "disease.state")
OF_A_RELAPSE = ("disease.relapse.kind", "disease.relapse.tempo")
GREETING = """\
A patient, step by step. Each answer is checked at once and may be short (rel).
  Enter  not known; it is never read as no     stop  save, and go on later
  ?      what is asked                         end   save: that is enough
  <      one question back                     show  what was told so far
  skip   leave this group                      set FIELD=VALUE  correct it
"""
ABOVE = {"id": "A pseudonym: no name, no hospital number belongs here. Every report shows it."}
NOTES = {
    "id": "id (pseudonym)",
    "assessed_on": "day of the decision (Enter: the day of asking)",
    "therapies_complete": "Is that all: every therapy, and every progression?",
    "therapies.stop": "stop (the last dose, or ongoing)",
    "therapies.progressed_on": "progressed on (Enter: nothing recorded)",
}
NAMES = "A regimen by its abbreviation, or agents with commas between them: generic names, brands, usual short forms."
BOTH = "To say which: regimen: NAME, or agents: NAME, NAME, or both: REGIMEN = AGENT, AGENT."
NOT_KNOWN = "agents: unknown, where nobody knows what was given."
OF_THIS = "more: other facts of the therapy above (its line, a dose or dates of one agent, declared refractoriness)."
SKIPPED: Path = ("what matters most",)
ROOM = 12  # the most that is kept of a line for an answer
DECISIVE = "What could change the answer, or the care before the first dose, comes first:"
REST = "Of the rest nothing changes the answer alone:"


class Stopped(Exception):
    """The dialogue was left before its end."""


@dataclass(frozen=True)
class Question:
    """What is asked next.

    ``key`` is the place of the answer in the patient, or of the dialogue's own question beside it; ``take``
    lays the answer, and raises where it is none; ``above`` is the heading under which it stands.
    """

    key: Path
    prompt: str
    take: Callable[[str], None]
    words: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    above: str = ""


@dataclass
class State:
    """What was told, as a file would hold it, and where the dialogue stands.

    ``passed`` was asked and is not known; lists that are at their end and groups that were skipped are in it too.
    ``fresh`` are the items of lists that are asked about in full, ``wanted`` the groups and the rarer facts.
    """

    told: Tree = field(default_factory=dict)
    passed: set[Path] = field(default_factory=set)
    fresh: set[Path] = field(default_factory=set)
    wanted: set[Path] = field(default_factory=set)


@dataclass(eq=False)
class Dialogue:
    """A patient being asked for.

    Attributes:
        catalogue: Names of drugs, words of fields.
        read: Asks with a prompt and the words that may be completed, and gives the answer.
        write: Shows a line.
        state: What was told before.
        matters: The fields that could change the answer most, for what was told.
        refuses: Why an id cannot be taken, if so.
        width: Columns of a prompt.
        asking: The question that is open.
    """

    catalogue: Catalogue
    read: Read
    write: Write
    state: State = field(default_factory=State)
    matters: Callable[[Tree], Sequence[str]] = lambda told: ()
    refuses: Callable[[str], str] = lambda id: ""
    width: int = 80
    asking: Question | None = None

    def __post_init__(self) -> None:
        """Nothing was answered yet."""
        formulary = self.catalogue.formulary
        # Other spellings are understood, and not offered: among them are those that are wrong.
        self._agents = tuple(dict.fromkeys(name for a in formulary.agents for name in (a.id, *a.brands)))
        self._regimens = tuple(formulary.name_by_id)
        self._enough = False
        self._trail: list[tuple[Path, str, State]] = []
        self._former: dict[Path, str] = {}
        self._changed = False
        self._above = ""
        self._mattering: tuple[str, list[str]] = ("", [])

    @property
    def told(self) -> Tree:
        """The patient so far."""
        return self.state.told

    # --- the dialogue ---------------------------------------------------------------------

    def run(self) -> Path | None:
        """Ask until nothing is left; where it is stopped before, what would have been asked next."""
        try:
            while (question := next(self._questions(), None)) is not None:
                self.asking = question
                self._put(question)
        except (Stopped, EOFError, KeyboardInterrupt):
            self._keep_the_rest()
            self._without_fragments()
            return self.asking.key if self.asking else ()
        return None

    def _put(self, question: Question) -> None:
        """One question, and what its answer does."""
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
            self._take(question.key, "", lambda: self._settle(with_setting(self.told, rest)[0]))
        else:
            self._answer(question, line)

    def _answer(self, question: Question, line: str) -> None:
        """Take an answer; where one was given before, Enter keeps it and - takes it back."""
        former = self._former.get(question.key, "")
        line = former if former and not line else "" if former and line == "-" else line
        if self._take(question.key, line, lambda: question.take(line)):
            self._changed = bool(self._former) and (self._changed or line != former)
            self._former.pop(question.key, None)

    def _take(self, key: Path, line: str, act: Callable[[], None]) -> bool:
        """Do what an answer asks for, or say why not and leave everything as it was."""
        before = copy.deepcopy(self.state)
        try:
            act()
        except (ValueError, InvalidInputError, UsageError) as error:
            problems = error.problems if isinstance(error, InvalidInputError) else ()
            reasons = [_said(problem, key) for problem in problems] or [str(error)]
            self._say(*(f"  ! {reason}" for reason in reasons))
            self.state = before
            return False
        self._trail.append((key, line, before))
        return True

    def _back(self) -> None:
        if not self._trail:
            self._say("  This is the first question.")
            return
        key, line, self.state = self._trail.pop()
        self._former[key] = line

    def _keep_the_rest(self) -> None:
        """Whoever went back and stops there, with nothing changed, keeps what was answered after it."""
        while (
            not self._changed
            and (question := next(self._questions(), None)) is not None
            and question.key in self._former
        ):
            self.asking = question
            former = self._former.pop(question.key)
            if not self._take(question.key, former, partial(question.take, former)):
                return

    def _end(self) -> None:
        if not self.told.get("id"):
            self._say("  ! An id is needed first.")
            return
        self._without_fragments()
        self._enough = True

    def _skip(self, question: Question) -> None:
        """Leave the group that is being asked."""
        group = question.key[:1]
        if question.above == DECISIVE:
            self.state.passed.add(SKIPPED)
        elif group in self.state.wanted:
            self.state.passed.add(group)
            self.state.wanted.discard(group)
        else:
            raise ValueError("this stands in no group; Enter: not known")

    def _say(self, *lines: str) -> None:
        """Lines, folded where they are too long."""
        for line in lines:
            begin = " " * (len(line) - len(line.lstrip()))
            for part in wrap(line, self.width, subsequent_indent=f"{begin}  ", break_on_hyphens=False) or [""]:
                self.write(part)

    def _prompted(self, question: Question) -> str:
        """One line: what is asked, what is allowed, what was answered before."""
        former = self._former.get(question.key, "")
        kept = f" (now {former}: Enter keeps, - takes it back)" if former else ""
        choices = f" {'|'.join(question.choices)}" if question.choices else ""
        room = min(ROOM, max(map(len, question.choices), default=0)) + len(": ")
        if choices and len(question.prompt + choices + kept) + room > self.width:
            self._say(f"  {('|' if len(choices) < self.width else ' | ').join(question.choices)}")
            choices = ""
        return f"{question.prompt}{choices}{kept}: "

    # --- what is asked --------------------------------------------------------------------

    def _questions(self) -> Iterator[Question]:
        """Everything that is still to be asked, in order."""
        if self._enough:
            return
        yield from self._open(map(stepped, OPENING))
        if self._held(("disease", "state")) == "relapsed":
            yield from self._open(map(stepped, OF_A_RELAPSE))
        yield from self._therapies()
        yield from self._open([("therapies_complete",)])
        yield from self._decisive()
        yield from self._rest()

    def _is_open(self, path: Path) -> bool:
        """Whether a field was neither told nor passed over; of a list of groups, whether it may go on."""
        if path in self.state.passed:
            return False
        held = self._held(path)
        if held is None or not _is_list_of_groups(path, self.catalogue.words):
            return held is None
        return any((*path, j) in self.state.fresh for j in range(len(held)))

    def _open(self, paths: Iterable[Path], progress: str = "", above: str = "") -> Iterator[Question]:
        """The questions of the fields that are open."""
        for path in filter(self._is_open, paths):
            if _is_list_of_groups(path, self.catalogue.words):
                yield from (replace(q, above=above) for q in self._items(path, progress))
            else:
                yield self._fact(path, progress, above)

    def _therapies(self) -> Iterator[Question]:
        """One therapy after another, each in full, and whether there is one more."""
        therapies = self.told.get("therapies") or []
        for i, therapy in enumerate(therapies):
            place: Path = ("therapies", i)
            above = f"Therapy {i + 1}: {self._therapy_in_words(therapy)}"
            yield from self._open(((*place, n) for n in TOLD_OF_THERAPY if not _pointless(n, therapy)), above=above)
            if place in self.state.wanted:
                yield from (replace(question, above=above) for question in self._more(place, therapy))
        if ("therapies",) in self.state.passed or not self._is_open(("therapies_complete",)):
            return
        number = len(therapies)
        yield Question(
            ("therapies", number),
            f"Therapy {number + 1}, regimen or agents{' (Enter: no more)' if number else ''}",
            self._therapy,
            (*self._regimens, *self._agents),
            help=(NAMES, BOTH, NOT_KNOWN, OF_THIS if number else ""),
        )

    def _more(self, place: Path, therapy: Tree) -> Iterator[Question]:
        """The rarer facts of a therapy: texts before the lists that need them."""
        own: Path = (*place, "own")
        agents = [_agent(item) for item in self._agents_of(therapy)]
        if own not in self.state.passed:
            yield Question(
                own,
                "  agents with a dose or dates of their own",
                lambda line: self._own(place, line),
                tuple(agents),
                help=(f"Those of {', '.join(agents)} of which a dose, a start or a stop is recorded apart.",),
            )
        for j, item in enumerate(therapy.get("agents") or ()):
            if isinstance(item, dict) and (*place, "agents", j) in self.state.wanted:
                rest = [name for name in Given.defaults() if name not in ("agent", "one_of", "not_")]
                yield from self._open(((*place, "agents", j, name) for name in rest), f"{_agent(item)}, ")
        rarer = [n for n in Therapy.defaults() if n not in (*TOLD_OF_THERAPY, "regimen", "agents")]
        lists = [n for n in rarer if field_at((*place, n), self.catalogue.words).item is not None]
        texts = [n for n in rarer if n not in lists]
        yield from self._open((*place, n) for n in (*texts, *lists) if not _pointless(n, therapy))

    def _items(self, path: Path, progress: str) -> Iterator[Question]:
        """A list of groups: each item in full, and whether there is one more."""
        held: list[Any] = self._held(path) or []
        record = Patient.record_at(names_in(path))
        first, *others = needed_first(record) if record is not None else [""]
        for j in range(len(held)):
            if (*path, j) in self.state.fresh:
                yield from self._open((*path, j, name) for name in others)
        number = len(held)
        place: Path = (*path, number, first)
        item = field_at(place, self.catalogue.words)
        what = field_at(path, self.catalogue.words).name
        more = "Enter: no more" if number else "none, or Enter: not known"
        yield Question(
            place[:-1],
            f"{_indent(path)}{progress}{what} {number + 1}, {item.name} ({more})",
            lambda line: self._item(path, number, first, line),
            self._words(place),
            help=(item.about, f"{item.name}: {item.allowed(spoken=True)}", "unknown: there is one, this is not known"),
        )

    def _decisive(self) -> Iterator[Question]:
        """The facts that could change the answer, what could change most first."""
        if SKIPPED in self.state.passed:
            return
        state = json.dumps(self.told, sort_keys=True, default=str)
        if self._mattering[0] != state:
            self._mattering = (state, list(self.matters(self.told)))
        open_ = [path for path in map(stepped, self._mattering[1]) if self._is_open(path)]
        for place, path in enumerate(open_):
            yield from self._open([path], f"[{len(open_) - place} open] ", DECISIVE)

    def _rest(self) -> Iterator[Question]:
        """All that is left, by groups; each may be skipped."""
        for name in Patient.defaults():
            path: Path = (name,)
            item = field_at(path, self.catalogue.words)
            if name in ("schema", "therapies") or path in self.state.passed:
                continue
            if item.record is None or item.item is not None:
                yield from self._open([path], above=REST)
                continue
            open_ = [leaf for leaf in leaves(path, self.catalogue.words) if self._is_open(leaf)]
            if open_ and path not in self.state.wanted:
                yield self._group(path, item.name, open_)
            for place, leaf in enumerate(open_ if path in self.state.wanted else ()):
                yield from self._open([leaf], f"[{item.name}, {len(open_) - place} left] ", REST)

    def _group(self, path: Path, name: str, open_: list[Path]) -> Question:
        """Whether the facts of a group are asked."""

        def take(line: str) -> None:
            if line and "yes".startswith(line.casefold()):
                self.state.wanted.add(path)
            elif not line or "no".startswith(line.casefold()):
                self.state.passed.add(path)
            else:
                raise ValueError("yes, or Enter for no")

        return Question(
            path,
            f"{name.capitalize()}: ask {len(open_)} facts more? (yes, Enter: no, end)",
            take,
            ("yes", "no"),
            help=(", ".join(field_at(leaf, self.catalogue.words).name for leaf in open_),),
            above=REST,
        )

    def _fact(self, path: Path, progress: str, above: str) -> Question:
        """The question of one field."""
        item = field_at(path, self.catalogue.words)
        of = f"therapy {path[1] + 1}, " if above == DECISIVE and isinstance(path[1], int) else ""
        scale = f" ({item.limits.low:g} to {item.limits.high:g})" if item.limits and not item.limits.usual else ""
        name = f"{item.name}{', ' + item.unit if item.unit else ''}{scale}"
        known = NOTES.get(".".join(names_in(path)))
        choices = self._words(path) if item.choices or path[-1] in ("jurisdiction", "emergencies") else ()
        return Question(
            path,
            f"{_indent(path)}{progress}{of}{known or name}",
            lambda line: self._lay(path, line),
            self._words(path),
            choices,
            (f"{dotted(path)}: {item.allowed(spoken=True)}", item.about, known or ""),
            above or ABOVE.get(dotted(path), ""),
        )

    def _words(self, path: Path) -> tuple[str, ...]:
        """What Tab completes: the words of a field, or the names that it takes."""
        item = field_at(path, self.catalogue.words)
        name = names_in(path)[-1]
        if name == "co_medication":
            return (*self._agents, *self.catalogue.formulary.other_drugs)
        if name in ("agent", "after", "refractory_to"):
            return (*self._agents, *self.catalogue.formulary.class_by_id)
        if name == "jurisdiction":
            return tuple(self.catalogue.jurisdictions)
        return item.choices or item.item_choices

    # --- what an answer does --------------------------------------------------------------

    def _lay(self, path: Path, line: str) -> None:
        """A field's value; nothing, or `unknown`: it is not known."""
        value = self._value(path, line) if line else None
        if value is None:
            if path == ("id",):
                raise ValueError("an id is needed: any pseudonym")
            self._pass(path)
            return
        if path == ("id",) and (why := self.refuses(value)):
            raise ValueError(why)
        if path[-1] == "jurisdiction" and value not in self.catalogue.jurisdictions:
            self._say("  ? The catalogue holds nothing of this place.")
            self._be_sure()
        self._settle(_laid(self.told, path, value))

    def _pass(self, path: Path) -> None:
        """Not known; an item that may not be without it is refused."""
        wrong, _ = self._checked(self.told)
        if above := [p for p in wrong.values() if p.path == dotted(path[:-1])]:
            raise InvalidInputError(above)
        self.state.passed.add(path)

    def _settle(self, tree: Tree, unfinished: Path = ()) -> None:
        """Take a patient with an answer more, if a file of it would be taken; what is doubtful is asked again.

        Of an item of a list that is not told in full, only what was told is looked at.
        """
        old, known = self._checked(self.told)
        new, doubts = self._checked(tree)
        if wrong := [p for key, p in new.items() if key not in old and p.path != dotted(unfinished)]:
            raise InvalidInputError(wrong)
        raised = [] if old else [p for key, p in doubts.items() if key not in known]
        if raised:
            self._say(*(f"  ? {_said(p, self.asking.key if self.asking else ())}" for p in raised))
            self._be_sure()
        self.state.told = tree

    def _be_sure(self) -> None:
        if not _yes(self.read, "  Keep it?"):
            raise ValueError("then once more")

    def _therapy(self, line: str) -> None:
        """A therapy by its regimen or its agents; nothing: there is no more."""
        number = len(self.told.get("therapies") or [])
        if line in ("", "none"):
            self.state.passed.add(("therapies",))
        elif line == "more" and number:
            self.state.wanted.add(("therapies", number - 1))
        else:
            self._settle(_laid(self.told, ("therapies", number), self._named(line)))

    def _named(self, line: str) -> Tree:
        """The regimen, the agents, or both that a line names."""
        formulary = self.catalogue.formulary
        name, both, drugs = line.partition("=")
        if both:
            return {"regimen": _text(name.strip()), "agents": _split(drugs)}
        kind, said, rest = line.partition(":")
        if said and kind.strip() in ("regimen", "agents"):
            return {"regimen": _text(rest.strip())} if kind.strip() == "regimen" else {"agents": _split(rest)}
        if _is_name(line, formulary.regimen):
            return {"regimen": line}
        agents = _split(re.sub(r"\s*\+\s*|\s+and\s+", ", ", line))
        if len(agents) == 1 and not _is_name(agents[0], formulary.agent):
            raise ValueError(f"no regimen and no agent goes by this name. {self._meant(agents[0])}".strip())
        return {"agents": agents}

    def _meant(self, name: str) -> str:
        """What an unknown name could mean: the owners of a short form, or the nearest of all names."""
        formulary = self.catalogue.formulary
        hints = [_hint(name, find) for find in (formulary.regimen, formulary.agent)]
        several = [hint for hint in hints if "," in hint]
        return next(filter(None, (*several, nearest(name, (*self._regimens, *self._agents)), *hints)), "")

    def _own(self, place: Path, line: str) -> None:
        """The agents of a therapy that are recorded with a dose or dates of their own."""
        formulary = self.catalogue.formulary
        agents = self._agents_of(self._held(place))
        ids = [None if _agent(a) == _NO_NAME else formulary.agent(_agent(a)).id for a in agents]
        for name in _split(line):
            if not _is_name(name, formulary.agent) or formulary.agent(name).id not in ids:
                raise ValueError(f"this therapy holds {', '.join(map(_agent, agents))}")
            at = ids.index(formulary.agent(name).id)
            agents[at] = agents[at] if isinstance(agents[at], dict) else {"agent": agents[at]}
            self.state.wanted.add((*place, "agents", at))
        if line:
            self.state.told = _laid(self.told, (*place, "agents"), agents)
        self.state.passed.add((*place, "own"))

    def _item(self, path: Path, number: int, first: str, line: str) -> None:
        """The next item of a list of groups, by its first field; nothing: there is no more."""
        place: Path = (*path, number)
        if not line:
            self.state.passed.add(path)
        elif line == "none" and not number:
            self._settle(_laid(self.told, path, []))
            self.state.passed.add(path)
        else:
            value = self._value((*place, first), line)
            self._settle(_laid(self.told, place, {} if value is None else {first: value}), place)
            self.state.fresh.add(place)
            self.state.passed |= {(*place, first)} if value is None else set()

    def _value(self, path: Path, line: str) -> Any:
        """An answer as a file would hold it; ``None`` for `unknown`."""
        item = field_at(path, self.catalogue.words)
        if line == "unknown" and path[-1] not in ("id", "event"):
            return None
        if item.item is not None:
            return [] if line == "none" else [_chosen(part, item.item_choices) for part in _split(line)]
        if path[-1] == "jurisdiction":
            return _chosen(_text(line), tuple(self.catalogue.jurisdictions))
        if item.is_text:
            return _text(line)
        if item.choices:
            word = _chosen(line, item.choices)
            return {"yes": True, "no": False}.get(word, word) if item.choices == ("yes", "no") else word
        if item.is_date:
            if line == "none":
                return None
            return "ongoing" if len(line) > 1 and "ongoing".startswith(line.casefold()) else line
        return scalar(line, plain=True)

    # --- what holds of it -----------------------------------------------------------------

    def _held(self, path: Path) -> Any:
        """What was told at a place."""
        value: Any = self.told
        for step in path:
            if isinstance(value, dict):
                value = value.get(str(step))
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def _checked(self, tree: Tree) -> tuple[Found, Found]:
        """What is wrong and what is doubtful with a patient, as with a file."""
        try:
            read = patient_from(
                {"id": "-", "therapies": []} | tree,
                self.catalogue.formulary,
                places=tuple(self.catalogue.jurisdictions),
            )
        except InvalidInputError as error:
            return {(p.path, p.message): p for p in error.problems}, {}
        return {}, {(p.path, p.message): p for p in read.warnings}

    def _without_fragments(self) -> None:
        """Take out the items of lists that no file could hold as they are."""
        for place in sorted(self.state.fresh, key=len, reverse=True):
            wrong, _ = self._checked(self.told)
            if any(where.startswith(dotted(place)) for where, _ in wrong):
                self.state.told = _without(self.told, place)

    def _therapy_in_words(self, therapy: Tree) -> str:
        """As it was told, and what that is read as."""
        known = self.catalogue.formulary
        told = therapy.get("regimen") or ", ".join(map(_agent, self._agents_of(therapy))) or _NO_NAME
        names = [_agent(a) for a in self._agents_of(therapy)]
        read = ", ".join(n if n == _NO_NAME else known.by_id[known.agent(n).id].name for n in names) or _NO_NAME
        return read if told.casefold() == read.casefold() else f"{told} = {read}"

    def _agents_of(self, therapy: Tree) -> list[Any]:
        """The agents of a therapy as they were told, or those that its regimen stands for."""
        agents = therapy.get("agents")
        if agents:
            return list(agents) if isinstance(agents, list) else [agents]
        if therapy.get("regimen") is None:
            return []
        formulary = self.catalogue.formulary
        return list(formulary.name_by_id[formulary.regimen(therapy["regimen"]).id].agents)


# --- files --------------------------------------------------------------------------------------


def new_patient(
    catalogue: Catalogue,
    file: File | None,
    day: date,
    read: Read,
    write: Write,
    *,
    width: int = 80,
    keep: Callable[[File], object] = lambda path: None,
) -> File | None:
    """Ask for a patient, or go on with the one of a file, and write it; the file, where one was written.

    ``keep`` raises UsageError where the patient would be written over another file that was read.

    Raises:
        InvalidInputError: The file that is there is wrong.
        UsageError: Nothing can be written in its place.
    """
    place = [file] if file is not None else []
    keep(file or File("patient.yaml"))
    state, before = State(), ""

    def refuses(id: str) -> str:
        """A file of that name is overwritten only where that is wanted."""
        if file is not None:
            return ""
        place[:] = [File(f"{re.sub('[^A-Za-z0-9._-]', '-', id).lstrip('.') or 'patient'}.yaml")]
        try:
            keep(place[0])
        except UsageError as error:
            return str(error)
        if not place[0].exists() or _yes(read, f"  {place[0]} is there already. Overwrite it?"):
            return ""
        return f"another id, then; or leave with stop, and go on with it: mmadvisor new {quote(str(place[0]))}"

    _writable(file)
    if file is not None and file.exists():
        before = read_bytes(file).decode("utf-8", "replace")
        state = _loaded(before, file, catalogue)
        write(f"{file}: {_counted(state.told)}.")
        if not _may_lose(before, state, catalogue, read, write):
            return None
    for line in GREETING.splitlines():
        write(line)
    start = copy.deepcopy(state)
    dialogue = Dialogue(catalogue, read, write, state, _matters(catalogue, day), refuses, width)
    stopped = dialogue.run()
    write("")
    if not dialogue.told.get("id") or (stopped is not None and before and dialogue.state == start):
        write("Nothing was told; nothing is written.")
        return None
    passed = dialogue.state.passed if stopped is not None else ()
    write_atomically(place[0], written(dialogue.told, catalogue.words, passed=passed, stopped=stopped))
    _report(dialogue, place[0], day, stopped is not None, write)
    return place[0]


def _writable(file: File | None) -> None:
    """Refuse a place where nothing can be written: before an hour of answers, not after it.

    Raises:
        UsageError: It is no YAML file in a folder that is there, or may not be written.
    """
    if file is not None:
        if file.suffix.casefold() == ".json" or str(file) == "-" or not file.absolute().parent.is_dir():
            raise UsageError(f"{file}: a YAML file in a folder that is there is needed")
        if file.exists() and not file.is_file():
            raise UsageError(f"{file}: this is no file that could be written anew")
    folder = (file or File("x")).absolute().parent
    if not os.access(folder, os.W_OK) or (file is not None and file.exists() and not os.access(file, os.W_OK)):
        raise UsageError(f"nothing can be written in {folder}")


def _loaded(text: str, file: File, catalogue: Catalogue) -> State:
    """What a file tells; of one that was stopped, also what was asked already."""
    document = parse(text, str(file))
    patient_from(document, catalogue.formulary, places=tuple(catalogue.jurisdictions))
    state = State()
    state.told = _known(document.tree, (), state.passed)
    if not any(line.startswith(STOPPED) for line in text.splitlines()):
        state.passed.clear()
        return state
    for above, value in (("disease", "m_protein"), ("comorbidities", "second_cancers"), ("toxicities", "")):
        held = state.told.get(above) or {}
        items = held.get(value) if value else held
        base: Path = (above, value) if value else (above,)
        state.fresh |= {(*base, j) for j in range(len(items or ()))}
    return state


def _known(value: Any, place: Path, passed: set[Path]) -> Any:
    """A tree without what is not known; the places that say so."""
    if isinstance(value, list):
        return [_known(item, (*place, i), passed) for i, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    made = {}
    for key, inner in value.items():
        without_value = isinstance(inner, dict) and inner.get("value", 0) in (None, "unknown")
        if without_value or (inner == "unknown" and key not in ("id", "event")):
            passed.add((*place, key))
        elif inner is not None:
            made[key] = _known(inner, (*place, key), passed)
    return made


def _may_lose(before: str, state: State, catalogue: Catalogue, read: Read, write: Write) -> bool:
    """Whether the comments of a file may go that the file will not have when it is written anew."""
    ours = {_comment(line) for line in written(state.told, catalogue.words, passed=state.passed).splitlines()}
    blank = {_comment(line) for line in written({}, catalogue.words).splitlines()}
    lost = [c for line in before.splitlines() if (c := _comment(line)) and c not in ours | blank | {""}]
    lost = [c for c in lost if not f"# {c}".startswith((STOPPED, "# not known: "))]
    if not lost:
        return True
    write(f"It is written anew, and its own comments are lost: {len(lost)}, such as # {lost[0]}")
    try:
        return _yes(read, "Go on?")
    except (Stopped, EOFError, KeyboardInterrupt):
        return False


def _yes(read: Read, question: str) -> bool:
    answer = read(f"{question} yes|no: ", ("yes", "no")).strip().casefold()
    if answer == "stop":
        raise Stopped
    return bool(answer) and "yes".startswith(answer)


def _comment(line: str) -> str:
    """What stands behind the last # of a line."""
    return line.rpartition("#")[2].strip() if "#" in line else ""


def _counted(told: Tree) -> str:
    def facts(value: Any) -> int:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return 1 if inner is None else sum(map(facts, inner))

    therapies = told.get("therapies") or []
    rest = facts({k: v for k, v in told.items() if k not in ("therapies", "schema")})
    return f"{len(therapies)} {'therapy' if len(therapies) == 1 else 'therapies'} and {rest} other facts are told"


def _matters(catalogue: Catalogue, day: date) -> Callable[[Tree], list[str]]:
    """What could change the answer most, by the advisor itself; a fact that cannot be tried may change it, too."""

    def fields(told: Tree) -> list[str]:
        case = _case(told, catalogue, day)
        asked, care = unknowns(case), care_by_field(case)
        changing = [u.field for u in asked if u.decisive or not u.tried]
        return [*changing, *(u.field for u in asked if u.field in care and u.field not in changing)]

    return fields


def _case(told: Tree, catalogue: Catalogue, day: date) -> Case:
    patient = patient_from(told | {"therapies": told.get("therapies") or []}, catalogue.formulary).patient
    return Case.of(patient, catalogue, today_or(patient, day), assume_relapse=True)


def _report(dialogue: Dialogue, file: File, day: date, stopped: bool, write: Write) -> None:
    """Where it stands, what is derived, and what comes next."""
    write(f"{'What was told so far' if stopped else 'The patient'} is in {file}.")
    derived = history_entry(_case(dialogue.told, dialogue.catalogue, day), [])
    lines = derived["prior_lines"]
    low, high = lines["at_least"], lines["at_most"]
    shown = str(low) if low == high else f"{low} or more" if high is None else f"{low} to {high}"
    by = {word: [a["name"] for a in derived["agents"] if a["refractory"] == word] for word in ("yes", "unknown")}
    write(f"  Prior lines: {shown} ({lines['definition']})")
    nothing = (
        "nothing, by what was told"
        if derived["therapies"] or derived["complete"] == "yes"
        else "not known: no therapy is told"
    )
    write(f"  Refractory to: {', '.join(by['yes']) or nothing}")
    if by["unknown"]:
        write(f"  Not settled: {', '.join(by['unknown'])}")
    name = quote(str(file) if not str(file).startswith("-") else f"./{file}")
    write("Next:")
    if stopped:
        write(f"  mmadvisor new {name}")
    write(f"  mmadvisor recommend {name}")
    write(f"  mmadvisor history {name}")


# --- small things -------------------------------------------------------------------------------


def _said(problem: Problem, asked: Path) -> str:
    """A problem of an answer: where, if elsewhere, the reason, what was found, what was perhaps meant."""
    where = f"{problem.path}: " if not problem.path.startswith(dotted(asked)) else ""
    found = f"; found {problem.found}" if problem.found else ""
    return f"{where}{problem.message}{found}{'. ' + problem.hint if problem.hint else ''}"


def _indent(path: Path) -> str:
    return "  " if path[0] == "therapies" and len(path) > 1 else ""


def _is_list_of_groups(path: Path, words: Words) -> bool:
    item = field_at(path, words)
    return item.item is not None and item.record is not None


def _pointless(name: str, therapy: Tree) -> bool:
    """Whether a fact of a therapy cannot be, for what was told of it."""
    return (name == "stop_reason" and therapy.get("stop") == "ongoing") or (
        name == "best_response_on" and therapy.get("best_response") is None
    )


_NO_NAME = "unknown"


def _agent(item: Any) -> str:
    """The name of an agent as it was told; the word for it where nobody knows it."""
    name = item.get("agent") if isinstance(item, dict) else item
    return _NO_NAME if name is None else str(name)


def _is_name(name: str, find: Callable[[str], Resolved]) -> bool:
    try:
        find(name)
    except UnknownNameError:
        return False
    return True


def _hint(name: str, find: Callable[[str], Resolved]) -> str:
    try:
        find(name)
    except UnknownNameError as error:
        return error.hint
    return ""


def _chosen(text: str, choices: Sequence[str]) -> str:
    """The choice that a text means: the same, whatever its case, or the one that begins so."""
    key = text.strip().casefold().replace(" ", "_")
    same = [c for c in choices if c == text] or [c for c in choices if c.casefold() == key]
    begun = [c for c in choices if c.casefold().startswith(key)] if key else []
    found = same or (begun if len(begun) == 1 else [])
    return found[0] if found else text


def _text(line: str) -> str:
    """A text; one between quotes is what JSON makes of it, so that any may be told."""
    if len(line) > 1 and line[0] == line[-1] == '"':
        try:
            return str(json.loads(line))
        except ValueError:
            return line
    return line


def _split(line: str) -> list[str]:
    """The parts between commas, outside quotes."""
    return [_text(part.strip()) for part in re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^,])+', line) if part.strip()]


def _laid(tree: Tree, path: Path, value: Any) -> Tree:
    """A tree with a value at a place; the groups above it are begun where they are missing."""
    made = copy.deepcopy(tree)
    held: Any = made
    for step, after in pairwise(path):
        if isinstance(step, str) and held.get(step) is None:
            held[step] = [] if isinstance(after, int) else {}
        held = held[step]
    step = path[-1]
    if isinstance(step, int) and step == len(held):
        held.append(value)
    else:
        held[step] = value
    return made


def _without(tree: Tree, place: Path) -> Tree:
    """A tree without an item of a list; a list of which nothing is left goes too."""
    made = copy.deepcopy(tree)
    above: Any = made
    for step in place[:-2]:
        above = above[step]
    del above[place[-2]][place[-1]]
    if not above[place[-2]]:
        del above[place[-2]]
    return made
