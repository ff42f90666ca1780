"""Which entries of a record were decisions on a line of therapy, and which regimen of the catalogue was given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Literal, NamedTuple

from mmadvisor.answers.audit import NotJudged, PartKind
from mmadvisor.base.known import Truth
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.formats.patient import Patient
from mmadvisor.history.history import History

MatchedBy = Literal["name", "agents", "agents-without-steroids"]
# Purposes that are never a decision on a line.
_PARTS: dict[str, PartKind] = {
    "bridging": "bridging",
    "maintenance": "maintenance",
    "consolidation": "consolidation",
}
_FIRST_LINE = ("newly-diagnosed", "smouldering", "debulking")
_LATER_LINES = ("relapse", "debulking", "palliation")


class Decision(NamedTuple):
    """What was begun on one day as a line of therapy.

    - ``members``: indices in the file; the first one decides.
    - ``line``: ``None`` if its number is not known, or if it is not known whether this opened a line.
    - ``open``: why it cannot be judged, if the record alone shows this; otherwise empty.
    """

    members: tuple[int, ...]
    line: int | None
    open: NotJudged | Literal[""] = ""

    @property
    def leading(self) -> int:
        """The entry that decides."""
        return self.members[0]


class Matched(NamedTuple):
    """The regimens of the catalogue that a therapy may be, and by what; empty if there is none."""

    regimens: tuple[Regimen, ...]
    by: MatchedBy | None


NONE = Matched((), None)


def whole_history(patient: Patient, catalogue: Catalogue, day: date) -> History:
    """The history of the whole record on ``day``, or on the day of the last therapy if that is later."""
    last = max([day, *(t.start.earliest for t in patient.therapies if t.start is not None)])
    return History(patient.seen_on(last), catalogue.formulary, catalogue.definitions, last)


# Why: docs/how-to/audit-past-decisions.md#what-counts-as-a-decision
class Decisions:
    """The decisions of a record, and its other entries, in order of time."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.record = history.record
        self.count = history.lines_of_therapy.in_use
        self._rules = dict(zip(self.count.order, self.count.openings, strict=True))
        self.all = tuple(self._decisions())
        taken = {index for decision in self.all for index in decision.members}
        self.parts = tuple((i, self._kind(i) or "same-line") for i in history.timeline.order if i not in taken)

    def _decisions(self) -> Iterator[Decision]:
        entries = [i for i in self.count.order if self._kind(i) is None]
        led: set[int] = set()
        done: set[int] = set()
        for index in entries:
            line = self.count.of_entry[index]
            if index in done or line is None:
                continue
            if line not in led:
                led.add(line)
                beside = [i for i in entries if i != index and self.count.of_entry[i] == line]
                members = (index, *(i for i in beside if self.history.timeline.together(i, index)))
                done.update(members)
                yield Decision(members, line if self._numbered(index, line) else None, self._open(index, beside))
            elif self._may_open(index):
                done.add(index)
                yield Decision((index,), None, "line-unknown")

    def _numbered(self, index: int, line: int) -> bool:
        """Whether the number of the line is known: the order of this entry and of those of other lines is."""
        others = (i for i in self.count.order if self.count.of_entry[i] != line)
        return all(self.history.timeline.follows(i, index) is not Truth.UNKNOWN for i in others)

    def _open(self, index: int, beside: Iterable[int]) -> NotJudged | Literal[""]:
        """Why the first decision of a line cannot be judged by the order of its entries; otherwise empty."""
        rule = self._rules[index]
        if rule.opens is Truth.UNKNOWN:
            return "line-unknown"
        follows = self.history.timeline.follows
        if any(follows(i, index) is Truth.UNKNOWN for i in beside):
            return "order-unknown"
        return ""

    def _may_open(self, index: int) -> bool:
        """Whether a later entry of a line may have opened a line of its own; a first transplant counts as planned."""
        rule = self._rules[index]
        return rule.opens is Truth.UNKNOWN and rule.rule != "first transplant"

    def _kind(self, index: int) -> PartKind | None:
        """Why an entry is no decision; ``None`` if it may be one."""
        intent = self.record.therapies[index].intent
        role = self.record.role(index)
        if intent in _PARTS:
            return _PARTS[intent]
        if self.record.is_transplant(index):
            opens = self._rules[index].opens if index in self._rules else Truth.NOT_MET
            return None if opens is Truth.MET or self._may_be_first(index) else "transplant"
        if role not in ("treatment", "unclear"):
            return "preparation"
        return None if self.record.treats(index) or index in self._rules else "support"

    def _may_be_first(self, index: int) -> bool:
        """Whether a further transplant may have opened a line."""
        return index in self._rules and self._may_open(index)


# --- the regimen ----------------------------------------------------------------------------------


def regimen_given(catalogue: Catalogue, history: History, decision: Decision) -> Matched:
    """The regimens of the catalogue with the drugs of a decision.

    By name, if the therapy names a regimen of the catalogue. Otherwise by the drugs: first among the regimens that are
    used in such a line, then among all but maintenance. Steroids count only if they decide between several regimens. A
    reduced schedule counts as the regimen of which it is a variant.
    """
    therapies = [history.patient.therapies[i] for i in decision.members]
    named = therapies[0].regimen
    if len(therapies) == 1 and named is not None and named in catalogue.regimen_by_id:
        return Matched((catalogue.regimen_by_id[named],), "name")
    agents = frozenset(given.agent for t in therapies for given in t.given)
    procedure = any(history.record.is_transplant(i) for i in decision.members)
    procedures = history.definitions.procedure_modalities
    of_kind = [r for r in catalogue.regimens if r.uses != ("maintenance",) and (r.modality in procedures) is procedure]
    uses = _FIRST_LINE if decision.line == 1 else _LATER_LINES
    usual = [r for r in of_kind if set(r.uses) & set(uses)]
    return _with_drugs(catalogue, usual, agents) or _with_drugs(catalogue, () if procedure else of_kind, agents) or NONE


def _with_drugs(catalogue: Catalogue, fitting: Sequence[Regimen], agents: frozenset[str]) -> Matched | None:
    """Those of some regimens that have these drugs; ``None`` if none has."""
    ways: tuple[tuple[MatchedBy, Callable[[Iterable[str]], frozenset[str]]], ...] = (
        ("agents", frozenset),
        ("agents-without-steroids", lambda ids: _treating(catalogue, ids)),
    )
    for by, reduced in ways:
        wanted = reduced(agents)
        found = [r for r in fitting if wanted and reduced(_agents_of(catalogue, r)) == wanted]
        if found:
            return Matched(_without_variants(found), by)
    return None


def _agents_of(catalogue: Catalogue, regimen: Regimen) -> Sequence[str]:
    """The drugs that the name of a regimen means in a patient file."""
    name = catalogue.formulary.name_by_id.get(regimen.id)
    return name.agents if name is not None else regimen.agent_ids


def _treating(catalogue: Catalogue, agents: Iterable[str]) -> frozenset[str]:
    known = (catalogue.formulary.by_id[a] for a in agents)
    return frozenset(a.id for a in known if not (a.steroid or a.supportive))


def _without_variants(regimens: Sequence[Regimen]) -> tuple[Regimen, ...]:
    ids = {r.id for r in regimens}
    return tuple(r for r in regimens if r.variant_of not in ids)
