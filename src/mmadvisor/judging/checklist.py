"""The checklist of a regimen: its rows for one jurisdiction and perhaps one patient, each with its truth, in order.

Every report and the dated checklist take their rows from here, so that they agree. The rows are the items of
checklists, the premedication and observation of the step-up, and what other drugs require.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from mmadvisor.answers.recommendation import Adapting, Monitoring
from mmadvisor.base.known import Finding, Truth
from mmadvisor.catalogue.care import Checklist, Interaction, Item
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.citing import since_of
from mmadvisor.catalogue.regimens import Regimen, Selector
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified
from mmadvisor.formats.drugs import Handling, Observation, Premedication, Row
from mmadvisor.judging.case import Case
from mmadvisor.judging.interactions import CHECKLIST, MARKS, Meeting

_R = TypeVar("_R", bound=Row)
_S = TypeVar("_S", Premedication, Observation)
_WHERE = {"hospital": "in hospital", "nearby": "near the centre"}
_STEPS_RANK, _BESIDE_RANK = 1, 3  # of rows that have no rank in the data; see Checklist.rank
_MET = Finding(Truth.MET, "")
_PLACE = ("access.jurisdiction",)


@dataclass(frozen=True)
class Listed:
    """One row of a checklist.

    Attributes:
        entry: The entry of the catalogue.
        key: The key of its checklist; empty for rows without one.
        agent: The agent whose step-up the row belongs to; empty for other rows.
        title: The title under which it is printed.
        item: What to do.
        when: When, in words.
        why: Why.
        places: The jurisdictions whose text it is; empty if it is no text of a jurisdiction.
        text_of: Whose text it is: its jurisdictions, or the kind of its source.
        drugs: The names of the drugs of the regimen for which it is there; empty means any treatment.
        rank: Its place in the order; see ``Checklist.rank``.
        needs: Whether the patient needs it; without a patient unknown, if only some need it.
        now: Whether the record calls for it now; ``None`` if it has no such criterion, or without a patient.
        adapt: The cautions against doing it as written that apply or may apply, each with its result.
        source: The key of its source.
        verified: Its mark.
        taken: The other drugs of the patient for which it is there; empty for rows that are about no other drug.
        done: Whether the record shows that it is done.
        lasts: How long and where the patient is observed; empty for other rows.
    """

    entry: Item | Premedication | Observation | Interaction
    key: str
    agent: str
    title: str
    item: str
    when: str
    why: str
    places: tuple[str, ...]
    text_of: str
    drugs: tuple[str, ...]
    rank: int
    needs: Finding
    now: Finding | None
    adapt: tuple[Adapting, ...]
    source: str
    verified: Verified
    taken: str = ""
    done: bool = False
    lasts: str = ""

    @property
    def called(self) -> bool:
        """Whether a finding on record calls for it now; such rows come before all others."""
        return self.now is not None and self.now.truth is Truth.MET and not self.done

    @property
    def leads(self) -> bool:
        """Whether a finding on record calls for it now, or changes it; such rows come first."""
        return self.called or any(a["applies"] == "yes" for a in self.adapt)

    def entered(self, unknown: Literal["unknown", "if"] = "unknown") -> Monitoring:
        """The row as plain data; ``unknown`` is the word for a row of which it is not known whether it is needed."""
        missing = (*self.needs.missing, *(self.now.missing if self.now else ()))
        return Monitoring(
            checklist=self.title,
            item=self.item,
            drugs=list(self.drugs),
            by=", ".join(self.places),
            text_of=self.text_of,
            rank=self.rank,
            leads=self.leads,
            applies=unknown if self.needs.truth is Truth.UNKNOWN else "yes",
            because=self.needs.found,
            when=self.when,
            why=self.why,
            adapt=[x.copy() for x in self.adapt],
            now=self.now.truth.answer if self.now else "",
            now_because=self.now.found if self.now else "",
            missing=list(dict.fromkeys(missing)),
            source=self.source,
            verified=self.verified,
        )


# Why: docs/explanation/checklists-and-interruptions.md#one-way-to-a-row
def checklist(catalogue: Catalogue, regimen: Regimen, place: str = "", case: Case | None = None) -> list[Listed]:
    """Every row of a regimen that a patient may need: first those that are called for now, or changed; then by rank.

    Rows that the patient does not need are included, with ``needs`` not met; ``for_patient`` leaves them out.
    ``place``: code of the jurisdiction; without one, the rows of every jurisdiction.
    """
    place = place if place in catalogue.jurisdictions else ""
    if case is not None and (regimen.id, place) in case.listed:
        return case.listed[regimen.id, place]
    rows = _Rows(catalogue, regimen, place, case)
    found = sorted(rows, key=lambda row: (not row.leads, row.leads and not row.called, row.rank))
    if case is not None:
        case.listed[regimen.id, place] = found
    return found


def for_patient(case: Case, regimen: Regimen) -> list[Listed]:
    """The rows of a regimen that the patient needs, or may need, in the jurisdiction of treatment."""
    rows = checklist(case.catalogue, regimen, case.jurisdiction, case)
    return [row for row in rows if row.needs.truth is not Truth.NOT_MET]


class _Rows:
    """The rows of one regimen, in the order of the catalogue."""

    def __init__(self, catalogue: Catalogue, regimen: Regimen, place: str, case: Case | None) -> None:
        self.catalogue, self.regimen, self.place, self.case = catalogue, regimen, place, case

    def __iter__(self) -> Iterator[Listed]:
        yield from self._of_steps()
        yield from self._of_checklists()
        yield from self._beside()

    def _of_steps(self) -> Iterator[Listed]:
        """Premedication and observation of the step-up of each agent."""
        for agent in self.regimen.agent_ids:
            handling = self.catalogue.handling.get(agent, Handling())
            for row in for_each_dose(handling.premedication, self.regimen, self.place):
                hours = row.hours_before
                before = f"{_hours(*hours)} before" if hours else "before"
                yield self._step(agent, row, f"{before} {row.before}: {row.text}", "premedication")
            for watch in for_each_dose(handling.observation, self.regimen, self.place):
                lasts = f"{_lasts(watch.hours)} {_WHERE[watch.where]}"
                yield self._step(agent, watch, f"{lasts} after {watch.after}", "observation", lasts)

    def _step(self, agent: str, row: Premedication | Observation, item: str, what: str, lasts: str = "") -> Listed:
        read_here = not (self.place and row.jurisdictions and self.place not in row.jurisdictions)
        return Listed(
            entry=row,
            key="",
            agent=agent,
            title=f"{self._name(agent)}: {what}",
            item=item,
            when="",
            why=row.note,
            places=row.jurisdictions,
            text_of=self._text_of(row.jurisdictions, row.source),
            drugs=(self._name(agent),),
            rank=_STEPS_RANK,
            needs=self._placed(row.jurisdictions, _MET, read_here=read_here),
            now=None,
            adapt=(),
            source=row.source,
            verified=row.verified,
            lasts=lasts,
        )

    # Why: docs/explanation/checklists-and-interruptions.md#a-checklist-uses-three-values-too
    def _of_checklists(self) -> Iterator[Listed]:
        """Items for this jurisdiction; if a checklist has none, those of others, marked as not known here."""
        for key, listed, item, read_here in _items(self.catalogue, self.regimen, self.place):
            needs = self._asked(item.for_whom)
            if needs.truth is not Truth.NOT_MET:
                needs = self._placed((*item.jurisdictions, *item.only_in), needs, read_here=read_here)
            yield Listed(
                entry=item,
                key=key,
                agent="",
                title=listed.title,
                item=item.item,
                when=item.told_when(whole=self.case is None or self.case.whole(item)),
                why=item.why,
                places=item.jurisdictions,
                text_of=self._text_of(item.jurisdictions, item.source),
                drugs=self._drugs(key, item.of),
                rank=listed.rank if item.rank is None else item.rank,
                needs=needs,
                now=self._asked(item.now_if) if item.now_if is not None and self.case is not None else None,
                adapt=tuple(self._adapting(item.cautions)),
                source=item.source,
                verified=item.verified,
                done=item.done_if is not None and self._asked(item.done_if).truth is Truth.MET,
            )

    def _placed(self, places: Sequence[str], needs: Finding, *, read_here: bool) -> Finding:
        """Whether a row is needed, as far as its jurisdictions decide it; unknown in a place that was not read."""
        if not read_here:
            borrowed = f"; borrowed from {', '.join(places)}; where places differ, the stricter applies"
            return Finding(Truth.UNKNOWN, f"not read for {self.place}: check the label there{borrowed}")
        if places and not self.place and self.case is not None:
            return Finding(Truth.UNKNOWN, f"only in {', '.join(places)}: jurisdiction not recorded", (), _PLACE)
        return needs

    def _asked(self, criterion: AnyCriterion | None) -> Finding:
        """The result of a criterion; without a patient it is unknown, with the requirement in words."""
        if criterion is None:
            return _MET
        if self.case is None:
            return Finding(Truth.UNKNOWN, f"only if {criterion.text or criterion.required(self.catalogue.words)}")
        return self.case.care.of(criterion)

    def _adapting(self, cautions: Iterable[AnyCriterion]) -> Iterator[Adapting]:
        """Cautions against an item as written; without a patient, all that may apply."""
        for caution in cautions:
            found = self._asked(caution)
            if found.truth is not Truth.MET:
                yield Adapting(
                    about=caution.about,
                    text=f"{found.found}: {caution.say}" if self.case and found.found else caution.say,
                    applies="yes" if found.truth is Truth.NOT_MET else "unknown",
                    source=caution.source,
                    verified=caution.verified,
                    **since_of(caution),
                )

    def _beside(self) -> Iterator[Listed]:
        """What other drugs require that are taken, or may be, unless an item of a checklist covers it."""
        if self.case is None:
            return
        interactions = self.case.assessor.interactions
        taken = interactions.taken
        listed: list[tuple[Interaction, list[Meeting]]] = interactions.rows_for(self.regimen)
        not_known = {f"co_medication[{i}]": t.written for i, t in enumerate(taken or ()) if not t.drug}
        if taken is None or not_known:
            # A list that is not recorded, or an unknown name on it, may include any of these drugs.
            told = {row.id for row, _ in listed}
            listed = [*listed, *((r, []) for r in interactions.rows_of(self.regimen) if r.id not in told)]
        unknown = Finding(
            Truth.UNKNOWN,
            f"{' and '.join(not_known.values())} not known to the catalogue" if taken else "co-medication not recorded",
            (),
            tuple(not_known) or ("co_medication",),
        )
        for row, meetings in listed:
            if not row.on_checklist:
                yield self._met(row, meetings, unknown)

    def _met(self, row: Interaction, meetings: Sequence[Meeting], unknown: Finding) -> Listed:
        """The row of an interaction with the drugs that match it; for unknown drugs, everything that may apply."""
        assert self.case is not None
        interactions = self.case.assessor.interactions
        drugs = ", ".join(dict.fromkeys(m.taken.written for m in meetings))
        agents = [a for a in self.regimen.agent_ids if row in interactions.of_agent.get(a, ())]
        found = Finding(Truth.MET, f"takes {drugs}") if meetings else unknown
        return Listed(
            entry=row,
            key="",
            agent="",
            title=CHECKLIST,
            item=interactions.sentence(row, labelled=False),
            when=row.when,
            why=found.found if meetings else "",
            taken=drugs,
            places=row.jurisdictions,
            text_of=self._text_of(row.jurisdictions, row.source),
            drugs=tuple(map(self._name, agents)),
            rank=_BESIDE_RANK,
            needs=found,
            now=None,
            adapt=(),
            source=row.source,
            verified=min((m.verified for m in meetings), key=MARKS.index, default=row.verified),
        )

    def _drugs(self, key: str, of: Selector | None) -> tuple[str, ...]:
        """The drugs of the regimen for which a row is there: those that its selector, or the rules of its list, name.

        If these name none, it is every drug of the regimen but steroids and supportive drugs; or none at all, if the
        list belongs to any treatment.
        """
        rules = [rule.applies_to for rule in self.catalogue.rules_for(self.regimen) if key in rule.monitoring]
        for selectors in ([of] if of is not None else [], rules):
            named = [a for a in self.regimen.agent_ids if any(self._names(s, a) for s in selectors)]
            if named:
                return tuple(map(self._name, named))
        if any(rule.all for rule in rules):
            return ()
        agents = map(self.catalogue.formulary.by_id.__getitem__, self.regimen.agent_ids)
        return tuple(agent.name for agent in agents if not agent.steroid and not agent.supportive)

    def _names(self, selector: Selector, agent: str) -> bool:
        """Whether a selector names an agent, by itself or by its class, target or modality."""
        entry = self.catalogue.formulary.by_id[agent]
        return (
            agent in selector.agents
            or entry.modality in selector.modalities
            or not set(entry.classes).isdisjoint(selector.classes)
            or not set(entry.targets).isdisjoint(selector.targets)
        )

    def _text_of(self, places: Sequence[str], source: str) -> str:
        """Whose text a row is: its jurisdictions, or the kind of its source."""
        if places:
            return ", ".join(places)
        cited = self.catalogue.sources[source]
        if cited.own:
            return "this project"
        return "recalled" if cited.verified == "unverified" else cited.kind

    def _name(self, agent: str) -> str:
        return self.catalogue.formulary.by_id[agent].name


def here(rows: Sequence[_R], regimen: Regimen, place: str) -> list[_R]:
    """The rows of a label's table that apply to a regimen in a jurisdiction.

    If the jurisdiction has no row, the rows of the other jurisdictions are returned.
    """
    mine = [r for r in rows if not r.regimens or regimen.id in r.regimens]
    local = [r for r in mine if not place or not r.jurisdictions or place in r.jurisdictions]
    return local or mine


def for_each_dose(rows: Sequence[_S], regimen: Regimen, place: str) -> list[_S]:
    """The same for premedication and observation: rows of other places stand for doses that no row here names."""
    local: list[_S] = here(rows, regimen, place)
    named: set[str] = {dose for row in local for dose in row.doses}
    others: list[_S] = [r for r in here(rows, regimen, "") if r not in local]
    return local + [r for r in others if not named.issuperset(r.doses)]


def _hours(low: float, high: float) -> str:
    return f"{low:g} h" if low == high else f"{low:g} to {high:g} h"


def _lasts(hours: float) -> str:
    days, rest = divmod(hours, 24)
    return f"{days:g} days" if days >= 7 and not rest else f"{hours:g} h"


def _items(catalogue: Catalogue, regimen: Regimen, place: str) -> Iterator[tuple[str, Checklist, Item, bool]]:
    """For each checklist item of a regimen: key, checklist, item, and whether it was looked up for the place."""
    for key, checklist in catalogue.checklists_for(regimen).items():
        for item, here in checklist.in_place(place):
            if item.of is None or catalogue.matches(item.of, regimen):
                yield key, checklist, item, here
