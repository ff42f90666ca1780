"""Interactions of other drugs with the agents of regimens, for one patient in one jurisdiction.

Each recorded drug is compared with the rows of ``data/interactions.yaml``. If there is no row for a drug and an agent,
an interaction is unknown, and not excluded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from mmadvisor.answers.co_medication import CoMedicationEntry, InteractionEntry
from mmadvisor.catalogue.care import NO_NEED, Interaction
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.criteria.conditions import NotBeside
from mmadvisor.formats.agents import Formulary, Taken, Verified
from mmadvisor.history.history import History

_GRAVE = ("contraindicated", "avoid")
_CHANGES_DOSE = (*_GRAVE, "adjust")
_GRAVEST_FIRST = (*_CHANGES_DOSE, "monitor", NO_NEED)
CHECKLIST = "Co-medication"
MARKS: tuple[Verified, ...] = ("unverified", "secondary", "primary")


class Meeting(NamedTuple):
    """A row that matches a recorded drug and an agent.

    ``agent`` is empty if the row applies to any treatment. ``group``: the group of drugs through which the row applies,
    in the singular (``strong CYP3A4 inhibitor``); empty if the row names the drug itself. ``verified``: the mark of the
    row, or of the drug as a member of the group, whichever is weaker.
    """

    row: Interaction
    agent: str
    taken: Taken
    group: str
    verified: Verified


# Why: docs/explanation/co-medication.md
class Interactions:
    """The rows of interactions for one patient in one jurisdiction."""

    def __init__(self, catalogue: Catalogue, history: History | None, place: str) -> None:
        """``history`` is ``None`` for what is the same for every patient."""
        self.catalogue = catalogue
        self.formulary = catalogue.formulary
        self.taken = history.taken if history is not None else None
        self.place = place
        self._criteria: dict[str, NotBeside] = {}
        self._cautions: dict[str, list[NotBeside]] = {}

    @cached_property
    def of_agent(self) -> dict[str, list[Interaction]]:
        """The rows by agent; rows that apply to any treatment have an empty agent."""
        return _rows_by_agent(self.catalogue)

    def met(self, agent: str, taken: Taken) -> list[Meeting]:
        """The rows for an agent and a drug: rows of this jurisdiction, and rows that apply everywhere.

        If no row of this jurisdiction was looked up at its source, the rows of all other jurisdictions are returned
        too.
        """
        if not taken.drug or taken.drug == agent:
            return []
        found = list(self._meetings(agent, taken))
        local = any(self.place in m.row.jurisdictions and m.row.read for m in found)
        return [m for m in found if not (local and m.row.jurisdictions and self.place not in m.row.jurisdictions)]

    def _meetings(self, agent: str, taken: Taken) -> Iterator[Meeting]:
        for row in self.of_agent.get(agent, ()):
            for token in row.beside:
                drugs = self.formulary.drugs_of(token)
                if taken.drug in drugs:
                    mark = _weaker(row.verified, drugs[taken.drug])
                    yield Meeting(row, agent, taken, self.formulary.group_name(token), mark)
                    break

    def cautions(self, regimen: Regimen) -> list[NotBeside]:
        """The cautions of a regimen from interactions, one for each row.

        A row gives a caution if one of its drugs is recorded, or if it must be asked about because the co-medication is
        not recorded.
        """
        if regimen.id not in self._cautions:
            self._cautions[regimen.id] = self._asked_of(regimen)
        return self._cautions[regimen.id]

    def _asked_of(self, regimen: Regimen) -> list[NotBeside]:
        found: dict[str, tuple[Interaction, list[Meeting]]] = {}
        for agent in regimen.agent_ids:
            for row in self.of_agent.get(agent, ()):
                if row.asked:
                    found.setdefault(row.id, (row, []))
            for taken in self.taken or ():
                for meeting in self.met(agent, taken):
                    if meeting.row.strength != NO_NEED:
                        found.setdefault(meeting.row.id, (meeting.row, []))[1].append(meeting)
        return [self._criterion(row, meetings) for row, meetings in found.values()]

    def rows_for(self, regimen: Regimen) -> list[tuple[Interaction, list[Meeting]]]:
        """The rows that match recorded drugs, for the agents of a regimen or for any treatment."""
        found: dict[str, tuple[Interaction, list[Meeting]]] = {}
        for agent in (*regimen.agent_ids, ""):
            for taken in self.taken or ():
                for meeting in self.met(agent, taken):
                    if meeting.row.strength != NO_NEED:
                        found.setdefault(meeting.row.id, (meeting.row, []))[1].append(meeting)
        return list(found.values())

    def rows_of(self, regimen: Regimen) -> list[Interaction]:
        """The rows for the agents of a regimen or for any treatment, whether or not their drugs are recorded."""
        found: dict[str, Interaction] = {}
        for agent in (*regimen.agent_ids, ""):
            rows = self.of_agent.get(agent, ())
            here = {t for row in rows if self.place in row.jurisdictions and row.read for t in row.beside}
            for row in rows:
                elsewhere = bool(row.jurisdictions) and self.place not in row.jurisdictions
                if row.strength != NO_NEED and not (elsewhere and here.issuperset(row.beside)):
                    found[row.id] = row
        return list(found.values())

    def changes_dose(self, agent: str) -> list[str]:
        """The recorded drugs with which an agent is avoided or given otherwise; not those in ``doubting_dose``."""
        found = (m for taken in self.taken or () for m in self.met(agent, taken) if not m.row.doubts_dose)
        return [*dict.fromkeys(m.taken.written for m in found if m.row.strength in _CHANGES_DOSE)]

    def doubting_dose(self, agent: str) -> list[Meeting]:
        """The rows that match a recorded drug and put the dose of an agent as written in doubt."""
        return [m for taken in self.taken or () for m in self.met(agent, taken) if m.row.doubts_dose]

    def checked(self, regimens: Sequence[Regimen]) -> list[CoMedicationEntry] | None:
        """Every recorded drug, checked against the agents of regimens; ``None`` if the list is not recorded."""
        if self.taken is None:
            return None
        agents = list(dict.fromkeys(a for regimen in regimens for a in regimen.agent_ids))
        read = [a for a in agents if self._is_read(a)]
        return [self._checked(taken, agents, read, regimens) for taken in self.taken]

    def unread(self, regimen: Regimen) -> list[str]:
        """The recorded drugs, if the interactions of an agent of the regimen were not looked up.

        A drug that the catalogue does not know is not among them: it was checked against no agent at all.
        """
        if all(map(self._is_read, regimen.agent_ids)):
            return []
        return [taken.written for taken in self.taken or () if taken.drug]

    def _is_read(self, agent: str) -> bool:
        return any(row.read for row in self.of_agent.get(agent, ()))

    def _checked(
        self, taken: Taken, agents: list[str], read: list[str], regimens: Sequence[Regimen]
    ) -> CoMedicationEntry:
        known = bool(taken.drug)
        met = [m for agent in (*agents, "") for m in self.met(agent, taken)]
        met.sort(key=lambda m: _GRAVEST_FIRST.index(m.row.strength))
        return CoMedicationEntry(
            drug=self.formulary.drug_name(taken.drug) if known else "",
            as_written=taken.written,
            checked=known,
            against=[self.formulary.by_id[a].name for a in read] if known else [],
            not_read=[self.formulary.by_id[a].name for a in agents if a not in read] if known else [],
            results=[
                InteractionEntry(
                    agent=m.agent,
                    name=self.formulary.by_id[m.agent].name if m.agent else "",
                    regimens=[r.id for r in regimens if m.agent in r.agent_ids],
                    group=m.group,
                    strength=m.row.strength,
                    effect=m.row.effect,
                    advice=m.row.advice,
                    jurisdictions=list(m.row.jurisdictions),
                    text=self.sentence(m.row, [m]),
                    source=m.row.source,
                    verified=m.verified,
                )
                for m in met
            ],
            hint="" if known else self.formulary.nearest_drug(taken.written),
        )

    def unknown(self) -> list[str]:
        """A sentence for each recorded drug that the catalogue does not know."""
        return [
            f"co-medication: {t.written} is not known to the catalogue: check its interactions yourself."
            f" {self.formulary.nearest_drug(t.written)}".rstrip()
            for t in self.taken or ()
            if not t.drug
        ]

    def _criterion(self, row: Interaction, meetings: list[Meeting]) -> NotBeside:
        """A row as a criterion; strong if a verified label advises against the combination."""
        agents = dict.fromkeys(m.agent for m in meetings)
        key = f"{row.id} {' '.join(agents)}"
        if key not in self._criteria:
            verified = min((m.verified for m in meetings), key=MARKS.index, default=row.verified)
            self._criteria[key] = NotBeside(
                id=row.id,
                none_of=row.beside,
                about="interaction",
                taken=tuple(dict.fromkeys(m.taken.written for m in meetings)),
                say=self.sentence(row, meetings),
                strong=bool(meetings) and row.strength in _GRAVE and verified != "unverified" and not row.left_out,
                source=row.source,
                verified=verified,
            )
        return self._criteria[key]

    def examples(self, regimens: Iterable[Regimen]) -> list[str]:
        """One drug for each row of the regimens' agents: examples for a list of co-medication."""
        rows = dict.fromkeys(row for regimen in regimens for row in self.rows_of(regimen) if row.of)
        return list(dict.fromkeys(next(iter(self.formulary.drugs_of(row.beside[0]))) for row in rows))

    def sentence(self, row: Interaction, meetings: Sequence[Meeting] = (), *, labelled: bool = True) -> str:
        """A row in words: the recorded drugs (or those of the row, if none is recorded), the effect and the advice.

        ``labelled`` adds the jurisdictions whose label states it.
        """
        titles = [*dict.fromkeys(map(_titled, meetings))]
        return interaction_in_words(row, self.formulary, titles, labelled=labelled)


# The same for every patient; kept for a few catalogues.
@lru_cache(maxsize=16)
def _rows_by_agent(catalogue: Catalogue) -> dict[str, list[Interaction]]:
    found: dict[str, list[Interaction]] = {}
    for row in catalogue.interactions:
        agents = {a for token in row.of for a in catalogue.formulary.members(token)} if row.of else {""}
        for agent in agents:
            found.setdefault(agent, []).append(row)
    return found


def asked_about(regimen: Regimen, catalogue: Catalogue) -> list[NotBeside]:
    """The cautions of a regimen that must be asked about, whatever drugs are recorded."""
    return Interactions(catalogue, None, "").cautions(regimen)


def interaction_in_words(
    row: Interaction, formulary: Formulary, taken: Sequence[str] = (), *, labelled: bool = True
) -> str:
    """A row in words: the drugs in ``taken`` (or those of the row), the effect, the advice and the jurisdictions."""
    named = [t if formulary.group_name(t) else formulary.drug_name(t) for t in row.beside]
    advice = f": {row.advice}" if row.advice else ""
    label = f" (label: {', '.join(row.jurisdictions)})" if row.jurisdictions and labelled else ""
    return f"With {_joined([*taken] or named, 'and' if taken else 'or')}, {row.effect}{advice}{label}"


def _weaker(one: Verified, other: Verified) -> Verified:
    return min(one, other, key=MARKS.index)


def _titled(meeting: Meeting) -> str:
    group = f" ({meeting.group})" if meeting.group else ""
    return f"{meeting.taken.written}{group}"


def _joined(names: list[str], word: str) -> str:
    return f" {word} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
