"""The patient of a dialogue: the replies so far, and the effect of one more reply, checked like a file."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from mmadvisor.base.errors import InvalidInputError, Problem
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.desk.replies import NO_NAME, Replies, Tree, agent_named, is_name, parts_of
from mmadvisor.files.form import Path, dotted, field_at
from mmadvisor.files.patients import patient_from

Found = dict[tuple[str, str], Problem]


# Why: docs/explanation/output.md#the-questions-of-new
@dataclass
class State:
    """The replies so far, in the form of a file, and the state of the dialogue.

    ``passed``: fields that were asked and are not known, including finished lists and skipped groups. ``fresh``: items
    of lists that are asked about in full. ``wanted``: groups and rarer facts that the user chose to answer.
    """

    told: Tree = field(default_factory=dict)
    passed: set[Path] = field(default_factory=set)
    fresh: set[Path] = field(default_factory=set)
    wanted: set[Path] = field(default_factory=set)

    def kept(self) -> State:
        """A copy to which the dialogue can go back; it shares the tree of replies, which no later reply changes."""
        return State(self.told, set(self.passed), set(self.fresh), set(self.wanted))


@dataclass(eq=False)
class Draft:
    """The patient of a dialogue.

    Attributes:
        replies: Reads the replies.
        state: The replies so far, and the skipped questions.
        sure: Asks whether to keep a doubtful reply, and raises ``ValueError`` if not.
        refuses: Returns why an id cannot be used; empty if it can.
    """

    replies: Replies
    state: State
    sure: Callable[[Sequence[Problem]], None]
    refuses: Callable[[str], str]
    _last: tuple[Tree | None, tuple[Found, Found]] = field(default=(None, ({}, {})), init=False)

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue, for names of drugs and fields."""
        return self.replies.catalogue

    @property
    def told(self) -> Tree:
        """The patient so far, as plain data."""
        return self.state.told

    def is_list_of_groups(self, path: Path) -> bool:
        """Whether a field is a list of groups of fields."""
        item = field_at(path, self.catalogue.words)
        return item.item is not None and item.record is not None

    def is_open(self, path: Path) -> bool:
        """Whether a field was neither answered nor skipped; for a list of groups, whether more items may follow."""
        if path in self.state.passed:
            return False
        held = self.held(path)
        if held is None or not self.is_list_of_groups(path):
            return held is None
        return any((*path, j) in self.state.fresh for j in range(len(held)))

    def held(self, path: Path) -> Any:
        """The reply for a path; ``None`` if there is none."""
        value: Any = self.told
        for step in path:
            if isinstance(value, dict):
                value = value.get(str(step))
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def lay(self, path: Path, line: str) -> None:
        """Set the value of a field; an empty reply or `unknown` means not known."""
        value = self.replies.value(path, line) if line else None
        if value is None:
            if path == ("id",):
                raise ValueError("an id is required: write any pseudonym")
            self._pass(path)
            return
        if path == ("id",) and (why := self.refuses(value)):
            raise ValueError(why)
        if path[-1] == "jurisdiction" and value not in self.catalogue.jurisdictions:
            self.sure([Problem(dotted(path), "The catalogue holds nothing of this place.")])
        self.settle(_laid(self.told, path, value))

    def _pass(self, path: Path) -> None:
        """Mark a field as not known; refused for a required field of an item."""
        wrong, _ = self._checked(self.told)
        if above := [p for p in wrong.values() if p.path == dotted(path[:-1])]:
            raise InvalidInputError(above)
        self.state.passed.add(path)

    def settle(self, tree: Tree, unfinished: Path = ()) -> None:
        """Accept the patient with one more reply if the file would be valid; the user confirms a doubtful value.

        For an unfinished item of a list, only the fields that have a reply are checked.
        """
        old, known = self._checked(self.told)
        new, doubts = self._checked(tree)
        if wrong := [p for key, p in new.items() if key not in old and p.path != dotted(unfinished)]:
            raise InvalidInputError(wrong)
        raised = [] if old else [p for key, p in doubts.items() if key not in known]
        if raised:
            self.sure(raised)
        self.state.told = tree

    def add_therapy(self, line: str) -> None:
        """Add a therapy by regimen or agents; an empty reply ends the list."""
        number = len(self.told.get("therapies") or [])
        if line in ("", "none"):
            self.state.passed.add(("therapies",))
        elif line == "more" and number:
            self.state.wanted.add(("therapies", number - 1))
        else:
            self.settle(_laid(self.told, ("therapies", number), self.replies.drugs(line)))

    def add_own(self, place: Path, line: str) -> None:
        """Set the agents of a therapy that have a dose or dates of their own."""
        formulary = self.catalogue.formulary
        agents = self.agents_of(self.held(place))
        ids = [None if agent_named(a) == NO_NAME else formulary.agent(agent_named(a)).id for a in agents]
        for name in parts_of(line):
            if not is_name(name, formulary.agent) or formulary.agent(name).id not in ids:
                raise ValueError(f"this therapy contains only {', '.join(map(agent_named, agents))}")
            at = ids.index(formulary.agent(name).id)
            agents[at] = agents[at] if isinstance(agents[at], dict) else {"agent": agents[at]}
            self.state.wanted.add((*place, "agents", at))
        if line:
            self.state.told = _laid(self.told, (*place, "agents"), agents)
        self.state.passed.add((*place, "own"))

    def add_item(self, path: Path, number: int, first: str, line: str) -> None:
        """Add an item to a list of groups by its first field; an empty reply ends the list."""
        place: Path = (*path, number)
        if not line:
            self.state.passed.add(path)
        elif line == "none" and not number:
            self.settle(_laid(self.told, path, []))
            self.state.passed.add(path)
        else:
            value = self.replies.value((*place, first), line)
            self.settle(_laid(self.told, place, {} if value is None else {first: value}), place)
            self.state.fresh.add(place)
            self.state.passed |= {(*place, first)} if value is None else set()

    def _checked(self, tree: Tree) -> tuple[Found, Found]:
        """The errors and the warnings for a patient, as for a file; the same tree is not checked again."""
        if tree is not self._last[0]:
            self._last = tree, self._read(tree)
        return self._last[1]

    def _read(self, tree: Tree) -> tuple[Found, Found]:
        try:
            read = patient_from(
                {"id": "-", "therapies": []} | tree,
                self.catalogue.formulary,
                places=tuple(self.catalogue.jurisdictions),
            )
        except InvalidInputError as error:
            return {(p.path, p.message): p for p in error.problems}, {}
        return {}, {(p.path, p.message): p for p in read.warnings}

    def drop_fragments(self) -> None:
        """Remove unfinished items of lists that would make the file invalid."""
        for place in sorted(self.state.fresh, key=len, reverse=True):
            wrong, _ = self._checked(self.told)
            if any(where.startswith(dotted(place)) for where, _ in wrong):
                self.state.told = _without(self.told, place)

    def therapy_in_words(self, therapy: Tree) -> str:
        """A therapy as the user typed it, and what the program understood."""
        known = self.catalogue.formulary
        told = therapy.get("regimen") or ", ".join(map(agent_named, self.agents_of(therapy))) or NO_NAME
        names = [agent_named(a) for a in self.agents_of(therapy)]
        read = ", ".join(n if n == NO_NAME else known.by_id[known.agent(n).id].name for n in names) or NO_NAME
        return read if told.casefold() == read.casefold() else f"{told} = {read}"

    def agents_of(self, therapy: Tree) -> list[Any]:
        """The agents of a therapy as the user typed them, otherwise those of its regimen."""
        agents = therapy.get("agents")
        if agents:
            return list(agents) if isinstance(agents, list) else [agents]
        if therapy.get("regimen") is None:
            return []
        formulary = self.catalogue.formulary
        return list(formulary.name_by_id[formulary.regimen(therapy["regimen"]).id].agents)


def _laid(tree: Tree, path: Path, value: Any) -> Tree:
    """A tree with a value at a path; missing groups are created."""
    made = copy.copy(tree)
    held: Any = made
    for step, after in pairwise(path):
        if isinstance(step, str) and held.get(step) is None:
            held[step] = [] if isinstance(after, int) else {}
        held[step] = copy.copy(held[step])
        held = held[step]
    step = path[-1]
    if isinstance(step, int) and step == len(held):
        held.append(value)
    else:
        held[step] = value
    return made


def _without(tree: Tree, place: Path) -> Tree:
    """A tree without an item of a list; an empty list is removed too."""
    made = copy.deepcopy(tree)
    above: Any = made
    for step in place[:-2]:
        above = above[step]
    del above[place[-2]][place[-1]]
    if not above[place[-2]]:
        del above[place[-2]]
    return made
