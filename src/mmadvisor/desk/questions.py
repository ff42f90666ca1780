"""The next question about a patient, which follows from the replies and from the skipped questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mmadvisor.desk.draft import Draft
from mmadvisor.desk.replies import Tree, agent_named
from mmadvisor.files.form import TOLD_OF_THERAPY, Path, dotted, field_at, leaves, names_in, needed_first, stepped
from mmadvisor.formats.patient import Given, Patient, Therapy

# The questions before the therapies: who, where, and the state of the disease.
OPENING = ("id", "assessed_on", "demographics.age", "demographics.sex", "access.jurisdiction", "disease.state")
OF_A_RELAPSE = ("disease.relapse.kind", "disease.relapse.tempo")
ABOVE = {"id": "A pseudonym: no name, no hospital number belongs here. Every report shows it."}
NOTES = {
    "id": "id (pseudonym)",
    "assessed_on": "day of the decision (Enter: the day of asking)",
    "therapies_complete": "Is that all: every therapy, and every progression?",
    "therapies.stop": "stop (the last dose, or ongoing)",
    "therapies.progressed_on": "progressed on (Enter: nothing recorded)",
}
NAMES = "A regimen by its abbreviation, or agents with commas between them: generic names, brands, usual short forms."
BOTH = "To be exact: regimen: NAME, or agents: NAME, NAME, or both: REGIMEN = AGENT, AGENT."
NOT_KNOWN = "agents: unknown, if nobody knows what was given."
OF_THIS = "more: other facts of the therapy above (its line, a dose or dates of one agent, declared refractoriness)."
SKIPPED: Path = ("what matters most",)
DECISIVE = "What could change the answer, or the care before the first dose, comes first:"
REST = "None of the other facts changes the answer by itself:"


@dataclass(frozen=True)
class Question:
    """One question.

    ``key``: the path of the reply in the patient, or the name of a question about the dialogue itself. ``take``:
    applies a reply, and raises if it is invalid. ``above``: the heading above the question.
    """

    key: Path
    prompt: str
    take: Callable[[str], None]
    words: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    above: str = ""


class Questions:
    """The questions about one patient, in order.

    Attributes:
        draft: The replies so far.
        matters: Returns the fields that could change the answer most.
    """

    def __init__(self, draft: Draft, matters: Callable[[Tree], Sequence[str]]) -> None:
        self.draft = draft
        self.matters = matters
        self._mattering: tuple[str, list[str]] = ("", [])

    def next(self) -> Question | None:
        """The first question without a reply; ``None`` if every question is answered or skipped."""
        return next(self._all(), None)

    def _all(self) -> Iterator[Question]:
        """Every open question, in order."""
        yield from self._open(map(stepped, OPENING))
        if self.draft.held(("disease", "state")) == "relapsed":
            yield from self._open(map(stepped, OF_A_RELAPSE))
        yield from self._therapies()
        yield from self._open([("therapies_complete",)])
        yield from self._begun()
        yield from self._decisive()
        yield from self._rest()

    def _open(self, paths: Iterable[Path], progress: str = "", above: str = "") -> Iterator[Question]:
        """The questions for those of the fields that are open: neither answered nor skipped."""
        for path in filter(self.draft.is_open, paths):
            if self.draft.is_list_of_groups(path):
                yield from (replace(q, above=above) for q in self._items(path, progress))
            else:
                yield self._fact(path, progress, above)

    def _therapies(self) -> Iterator[Question]:
        """The questions of each therapy in full, and whether there is another."""
        therapies = self.draft.told.get("therapies") or []
        for i, therapy in enumerate(therapies):
            place: Path = ("therapies", i)
            above = f"Therapy {i + 1}: {self.draft.therapy_in_words(therapy)}"
            yield from self._open(((*place, n) for n in TOLD_OF_THERAPY if not _pointless(n, therapy)), above=above)
            if place in self.draft.state.wanted:
                yield from (replace(question, above=above) for question in self._more(place, therapy))
        if ("therapies",) in self.draft.state.passed or not self.draft.is_open(("therapies_complete",)):
            return
        number = len(therapies)
        yield Question(
            ("therapies", number),
            f"Therapy {number + 1}, regimen or agents{' (Enter: no more)' if number else ''}",
            self.draft.add_therapy,
            (*self.draft.replies.regimens, *self.draft.replies.agents),
            help=(NAMES, BOTH, NOT_KNOWN, OF_THIS if number else ""),
        )

    def _more(self, place: Path, therapy: Tree) -> Iterator[Question]:
        """The questions for the rarer facts of a therapy: single values, such as a reason, before the lists."""
        own: Path = (*place, "own")
        agents = [agent_named(item) for item in self.draft.agents_of(therapy)]
        if own not in self.draft.state.passed:
            yield Question(
                own,
                "  agents with a dose or dates of their own",
                lambda line: self.draft.add_own(place, line),
                tuple(agents),
                help=(f"Which of {', '.join(agents)} have a dose, a start or a stop of their own.",),
            )
        for j, item in enumerate(therapy.get("agents") or ()):
            if isinstance(item, dict) and (*place, "agents", j) in self.draft.state.wanted:
                rest = [name for name in Given.defaults() if name not in ("agent", "one_of", "not_")]
                yield from self._open(((*place, "agents", j, name) for name in rest), f"{agent_named(item)}, ")
        rarer = [n for n in Therapy.defaults() if n not in (*TOLD_OF_THERAPY, "regimen", "agents")]
        lists = [n for n in rarer if field_at((*place, n), self.draft.catalogue.words).item is not None]
        texts = [n for n in rarer if n not in lists]
        yield from self._open((*place, n) for n in (*texts, *lists) if not _pointless(n, therapy))

    def _items(self, path: Path, progress: str) -> Iterator[Question]:
        """The questions of each item of a list of groups, and whether there is another."""
        held: list[Any] = self.draft.held(path) or []
        record = Patient.record_at(names_in(path))
        first, *others = needed_first(record) if record is not None else [""]
        for j in range(len(held)):
            if (*path, j) in self.draft.state.fresh:
                yield from self._open((*path, j, name) for name in others)
        number = len(held)
        place: Path = (*path, number, first)
        item = field_at(place, self.draft.catalogue.words)
        what = field_at(path, self.draft.catalogue.words).name
        more = "Enter: no more" if number else "none, or Enter: not known"
        yield Question(
            place[:-1],
            f"{_indent(path)}{progress}{what} {number + 1}, {item.name} ({more})",
            lambda line: self.draft.add_item(path, number, first, line),
            self.draft.replies.words(place),
            help=(item.about, f"{item.name}: {item.allowed(spoken=True)}", "unknown: there is one, this is not known"),
        )

    def _begun(self) -> Iterator[Question]:
        """The other facts of the items of lists that were begun, such as the agent and the grade of a toxicity."""
        for place in sorted(self.draft.state.fresh, key=str):
            record = Patient.record_at(names_in(place))
            if record is not None and place[0] != "therapies":
                yield from self._open([(*place, name) for name in record.defaults()], above=self._called(place))

    def _called(self, place: Path) -> str:
        """An item of a list in words: the name of the list, its number, and its first fact."""
        record = Patient.record_at(names_in(place))
        item = self.draft.held(place) or {}
        said = item.get(needed_first(record)[0]) if record is not None else None
        what = field_at(place[:-1], self.draft.catalogue.words).name
        return f"{what} {int(place[-1]) + 1}{f': {said}' if said is not None else ''}"

    def _decisive(self) -> Iterator[Question]:
        """The facts that could change the answer, the one that could change most first."""
        if SKIPPED in self.draft.state.passed:
            return
        state = json.dumps(self.draft.told, sort_keys=True, default=str)
        if self._mattering[0] != state:
            self._mattering = (state, list(self.matters(self.draft.told)))
        open_ = [path for path in map(stepped, self._mattering[1]) if self.draft.is_open(path)]
        for place, path in enumerate(open_):
            yield from self._open([path], f"[{len(open_) - place} open] ", DECISIVE)

    def _rest(self) -> Iterator[Question]:
        """All other facts by groups; each group may be skipped."""
        for name in Patient.defaults():
            path: Path = (name,)
            item = field_at(path, self.draft.catalogue.words)
            if name in ("schema", "therapies") or path in self.draft.state.passed:
                continue
            if item.record is None or item.item is not None:
                yield from self._open([path], above=REST)
                continue
            open_ = [leaf for leaf in leaves(path, self.draft.catalogue.words) if self.draft.is_open(leaf)]
            if open_ and path not in self.draft.state.wanted:
                yield self._group(path, item.name, open_)
            for place, leaf in enumerate(open_ if path in self.draft.state.wanted else ()):
                yield from self._open([leaf], f"[{item.name}, {len(open_) - place} left] ", REST)

    def _group(self, path: Path, name: str, open_: list[Path]) -> Question:
        """The question whether the facts of a group are asked."""

        def take(line: str) -> None:
            if line and "yes".startswith(line.casefold()):
                self.draft.state.wanted.add(path)
            elif not line or "no".startswith(line.casefold()):
                self.draft.state.passed.add(path)
            else:
                raise ValueError("answer yes, or press Enter for no")

        return Question(
            path,
            f"{name.capitalize()}: ask {len(open_)} facts more? (yes, Enter: no, end)",
            take,
            ("yes", "no"),
            help=(", ".join(field_at(leaf, self.draft.catalogue.words).name for leaf in open_),),
            above=REST,
        )

    def _fact(self, path: Path, progress: str, above: str) -> Question:
        """The question of one field."""
        item = field_at(path, self.draft.catalogue.words)
        of = ""
        if above == DECISIVE and len(path) > 1 and isinstance(path[-2], int):
            of = f"therapy {path[-2] + 1}, " if path[0] == "therapies" else f"{self._called(path[:-1])}, "
        scale = f" ({item.limits.low:g} to {item.limits.high:g})" if item.limits and not item.limits.usual else ""
        name = f"{item.name}{', ' + item.unit if item.unit else ''}{scale}"
        known = NOTES.get(".".join(names_in(path)))
        choices = self.draft.replies.words(path) if item.choices or path[-1] in ("jurisdiction", "emergencies") else ()
        return Question(
            path,
            f"{_indent(path)}{progress}{of}{known or name}",
            lambda line: self.draft.lay(path, line),
            self.draft.replies.words(path),
            choices,
            (f"{dotted(path)}: {item.allowed(spoken=True)}", item.about, known or ""),
            above or ABOVE.get(dotted(path), ""),
        )


def _indent(path: Path) -> str:
    return "  " if path[0] == "therapies" and len(path) > 1 else ""


def _pointless(name: str, therapy: Tree) -> bool:
    """Whether the earlier answers on a therapy exclude a fact."""
    return (name == "stop_reason" and therapy.get("stop") == "ongoing") or (
        name == "best_response_on" and therapy.get("best_response") is None
    )
