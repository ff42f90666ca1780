"""Whether the counts on record allow the next dose of a drug, by the rows of its label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from mmadvisor.base.known import Truth
from mmadvisor.care.after_pause import applies
from mmadvisor.care.deciding import sections_of
from mmadvisor.care.scope import Scope
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.drugs import Hold
from mmadvisor.formats.patient import Labs
from mmadvisor.history.laboratory import Lab, lab

COUNTS = "counts"  # the topic of cautions on low counts
_GOES_ON = ("reduce", "no change", "consider stopping")


class _Found(NamedTuple):
    """A row that goes by a value, and the value on record."""

    row: Hold
    value: Lab

    @property
    def reached(self) -> bool:
        """Whether the value is within the limits of the row."""
        return self.row.count is not None and self.row.count.holds(self.value.value)

    @property
    def waits(self) -> bool:
        """Whether the row lets the next dose wait, or ends treatment."""
        return self.row.action not in _GOES_ON


# Why: docs/explanation/checklists-and-interruptions.md#counts-that-withhold-a-dose
class Counts:
    """The counts of one patient that count today, and the rows of the drugs of a regimen that go by counts."""

    def __init__(self, scope: Scope) -> None:
        """``scope``: the course; without a patient, no count is known."""
        self.scope = scope

    def held(self, agent: str) -> str:
        """Why the next dose of an agent is not given, in words; empty if it may be given, or no count is known.

        A row of the place withholds. A row of another place, or with a further condition, has to be decided first. If a
        caution on counts applies and no row of the place goes by them, the label has to be looked up.
        """
        found = [*self._found(agent)]
        reached = [f for f in found if f.reached and f.waits]
        here = [f for f in reached if self._is_here(f.row)]
        if sure := [f for f in here if not f.row.only_with]:
            return f"{sure[0].row.action} ({self._told(sure, with_action=False)})"
        if reached:
            return f"decide first ({self._told(here or reached)})"
        if (low := self._low(agent)) and not any(self._is_here(f.row) for f in found):
            sections = sections_of(self.scope.catalogue.label_sections, self.scope.catalogue, agent, self.scope.place)
            where = " or ".join(f"{s['section']} ({s['by']})" for s in sections)
            section = f"the label, section {where}" if where else "the label of the place"
            return f"low counts ({'; '.join(low)}): look it up in {section}"
        return ""

    def reduced(self, agent: str) -> bool:
        """Whether a row of the place asks for a lower dose at the counts on record."""
        return any(f.reached and f.row.action == "reduce" and self._is_here(f.row) for f in self._found(agent))

    def beside(self, agent: str) -> str:
        """What the rows of the place ask at these counts or at lower ones, beside a dose that may be given."""
        rows = [f for f in self._found(agent) if self._is_here(f.row)]
        reached = [f for f in rows if f.reached]
        return self._told(reached or rows) if reached or self._low(agent) else ""

    def _told(self, found: Sequence[_Found], *, with_action: bool = True) -> str:
        """The values, each once, with the rows that go by them."""
        values = dict.fromkeys(f"{self._name(f.value)} {f.value.value:g}" for f in found)
        rows = dict.fromkeys(self._row(f.row, with_action=with_action) for f in found)
        return "; ".join([*values, *rows])

    def _row(self, row: Hold, *, with_action: bool) -> str:
        """Whose row it is, its condition, what it asks, and its limits."""
        kind = self.scope.catalogue.sources[row.source].kind
        label = f"{', '.join(row.jurisdictions)} label" if row.jurisdictions else kind
        whose = ", ".join(filter(None, [label, row.only_with]))
        limits = row.count.limits if row.count else ""
        return f"{whose}: {f'{row.action} ' if with_action else ''}{limits}"

    def _name(self, value: Lab) -> str:
        return self.scope.catalogue.words.field(value.field)

    def _is_here(self, row: Hold) -> bool:
        return applies(row, self.scope.place, self.scope.regimen.id)

    def _found(self, agent: str) -> Iterator[_Found]:
        """The rows of an agent that were read and go by a test of which a value counts today."""
        for row in self.scope.handling(agent).holds:
            if row.read and row.count is not None and (value := self._values.get(row.count.of)) is not None:
                yield _Found(row, value)

    @cached_property
    def _values(self) -> dict[str, Lab]:
        """The laboratory values that count today, by the names of the tests in the rows of labels."""
        case, words = self.scope.case, self.scope.catalogue.words
        if case is None:
            return {}
        days = case.history.definitions.laboratory_days.value
        tests = {row.count.of for _, drug in self.scope.handled() for row in drug.holds if row.count is not None}
        names = (name for name in Labs.defaults() if words.field(f"labs.{name}") in tests)
        found = (lab(case.history.patient, name, case.history.as_of, days) for name in names)
        return {words.field(value.field): value for value in found if value is not None and value.holds}

    def _low(self, agent: str) -> list[str]:
        """What was found for the cautions on counts of an agent that are not met."""
        if self.scope.case is None:
            return []
        results = map(self.scope.case.assessor.decisions.of, self._cautions(agent))
        return list(dict.fromkeys(r.found for r in results if r.truth is Truth.NOT_MET))

    def _cautions(self, agent: str) -> Iterator[AnyCriterion]:
        for rule in self.scope.catalogue.rules_for(self.scope.regimen):
            if agent in rule.applies_to.agents:
                yield from (c for c in (*rule.gates, *rule.cautions) if c.about == COUNTS)
