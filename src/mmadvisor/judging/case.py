"""One patient on one day with one catalogue: assessed and ranked. Variations of a case are further cases.

Every command starts from a case. A fact that becomes known, or an assumed therapy, makes a new case. In the new case
only what depends on the change is decided again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from mmadvisor.base.errors import UsageError, nearest
from mmadvisor.base.known import Change, Span, Truth
from mmadvisor.catalogue.care import Item
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.listings import find_jurisdiction
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.catalogue.rules import Deferral, Profile
from mmadvisor.criteria.fields import by_kidney
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.patient import Patient, Therapy
from mmadvisor.history.history import History
from mmadvisor.history.record import Definition
from mmadvisor.judging.ranking import Ranked, Ranker
from mmadvisor.judging.results import OFFERED, Result
from mmadvisor.judging.verdict import Assessment, Assessor, Decisions, smallest_change


@dataclass(frozen=True, eq=False)
class Case:
    """One patient on one day with one catalogue, assessed; ranked when the order is first used.

    ``like`` is the ranker of the case from which this one was made; what it shares is reused. ``too_early``: why there
    is no answer for this day; see ``too_early``.
    """

    catalogue: Catalogue
    assessor: Assessor
    assessments: tuple[Assessment, ...]
    profile: Profile
    like: Ranker | None = None
    too_early: str = ""

    @property
    def history(self) -> History:
        """What is derived from the record."""
        return self.assessor.history

    @property
    def jurisdiction(self) -> str:
        """The code of the jurisdiction in which the patient is treated."""
        return self.assessor.jurisdiction

    @cached_property
    def ranker(self) -> Ranker:
        """The ranker of the options."""
        return Ranker(self.assessments, self.assessor.decisions, self.catalogue, self.profile, self.like)

    @cached_property
    def care(self) -> Decisions:
        """The results of the criteria of checklists; they are kept separate, because no verdict depends on them."""
        return Decisions(self.history, self.catalogue.words)

    @cached_property
    def without_dialysis(self) -> Decisions:
        """The results of criteria if it were not recorded whether the patient is on dialysis."""
        return Decisions(self.history.knowing("comorbidities.dialysis", None), self.catalogue.words)

    @cached_property
    def told(self) -> dict[int, tuple[Result, Any]]:
        """The results that an answer already contains, each with its entry in the answer, by ``id()`` of the result."""
        return {}

    @cached_property
    def listed(self) -> dict[tuple[str, str], list[Any]]:
        """The rows of checklists that were already made, by regimen and jurisdiction; see ``judging/checklist.py``."""
        return {}

    @cached_property
    def offered(self) -> list[Assessment]:
        """The open regimens, in the order of the catalogue."""
        return [
            a for a in self.assessments if a.verdict in OFFERED or (a.verdict == "off-label" and self.open_off_label(a))
        ]

    def would_offer(self, assessment: Assessment) -> bool:
        """Whether a regimen is open, or would be if its unknown criteria were met."""
        verdict, here = assessment.verdict, assessment.approval.status != "off-label"
        return verdict in (*OFFERED, "off-label", "undetermined") and (here or self.open_off_label(assessment))

    # Why: docs/explanation/approvals.md#outside-the-label
    def open_off_label(self, assessment: Assessment) -> bool:
        """Whether a regimen without a label here is offered all the same.

        It is offered if off-label use is recorded as acceptable, if it is paid for here, or if a recent guideline or
        consensus names it for a setting of this patient. In a setting that orders by placement, a review that we looked
        up is enough too.
        """
        if self.history.patient.get("access.off_label") is True or assessment.access.funded is Truth.MET:
            return True
        published, regimen = self.ranker.published, assessment.regimen
        guided = any(
            p.kind in ("guideline", "consensus") and published.is_recent(p) for p in published.placements(regimen)
        )
        return guided or any(p.verified != "unverified" for p in published.counted(regimen) if published.ordering)

    def whole(self, item: Item) -> bool:
        """Whether an item's doses may be printed: no caution about the kidneys applies or may apply."""
        return not item.amount or all(self.care.of(c).truth is Truth.MET for c in filter(by_kidney, item.cautions))

    @cached_property
    def ranked(self) -> tuple[Ranked, ...]:
        """The options, in order."""
        return tuple(self.ranker.rank(self.offered))

    @classmethod
    def of(
        cls,
        patient: Patient,
        catalogue: Catalogue,
        as_of: date,
        *,
        jurisdiction: str | None = None,
        profile: str | Profile = "default",
        definition: Definition = "imwg-2015",
        assume_relapse: bool = False,
    ) -> Case:
        """Assess and rank every regimen, in the order of a profile.

        Raises:
            UsageError: There is no such jurisdiction or profile.
        """
        code = jurisdiction or patient.get("access.jurisdiction") or "unknown"
        code = find_jurisdiction(catalogue.jurisdictions, code) if code.casefold() != "unknown" else "unknown"
        order = profile if isinstance(profile, Profile) else profile_of(catalogue, profile)
        history = History(
            patient.seen_on(as_of),
            catalogue.formulary,
            catalogue.definitions,
            as_of,
            definition=definition,
            assume_relapse=assume_relapse,
        )
        assessor = Assessor(history, catalogue, code)
        return cls(catalogue, assessor, tuple(assessor.every()), order, too_early=too_early(patient, as_of))

    def known(self, key: str) -> bool:
        """Whether a source was known on the day of the decision."""
        return self.catalogue.known(key, self.history.as_of)

    def reason(self, result: Result) -> str:
        """A criterion with what was found, and a note if its source is later than the day of the decision."""
        criterion = result.criterion
        return result.told(self.catalogue.words) + self.later(criterion.source, criterion.known_since)

    def later(self, source: str, known_since: str | None = None) -> str:
        """A note that a source is later than the day of the decision; empty if it is not."""
        later = self.catalogue.later(source, self.history.as_of, known_since)
        return f" (source of {later}, later than the day)" if later else ""

    @property
    def order(self) -> list[str]:
        """The ids of the options, in order."""
        return [r.assessment.regimen.id for r in self.ranked]

    def knowing(self, field: str, value: Any) -> Case:
        """The case of the same patient with one more recorded fact."""
        return self.decided(self.decisions_knowing(field, value))

    def decisions_knowing(self, field: str, value: Any) -> Decisions:
        """The results of all criteria with one more recorded fact."""
        before = self.assessor.decisions
        history = self.history.knowing(field, value)
        return Decisions(history, self.catalogue.words, before, before.hanging_on_field(field))

    def supposing(self, questions: Iterable[str]) -> Case:
        """The case with some questions taken as met; for a provisional order, never for a verdict."""
        return self.decided(self.assessor.decisions.supposing(questions))

    def after(self, therapies: Sequence[Therapy]) -> Case:
        """The case after further therapies, on an unknown later day."""
        patient = self.history.patient
        disease = patient.with_value("disease.state", "relapsed")
        history = self.history.ahead(disease.but(therapies=(*patient.therapies, *therapies)))
        formulary = self.catalogue.formulary
        agents = frozenset(g.agent for t in therapies for g in t.given if not formulary.by_id[g.agent].steroid)
        before = self.assessor.decisions
        return self.decided(Decisions(history, self.catalogue.words, before, before.hanging_on(agents, formulary)))

    def of_these(self, keep: Callable[[Assessment], bool]) -> Case:
        """The case with only those regimens for which ``keep`` is true."""
        kept = tuple(filter(keep, self.assessments))
        assessor = self.assessor.of_these(a.regimen for a in kept)
        return Case(self.catalogue, assessor, kept, self.profile, too_early=self.too_early)

    def counted_by(self, definition: Definition) -> Case:
        """The case with lines counted by another definition."""
        history = self.history.of_patient(self.history.patient, definition=definition)
        before = self.assessor.decisions
        counted = [q for q in before.findings if before.asked[q].over_therapies]
        return self.decided(Decisions(history, self.catalogue.words, before, counted))

    def decided(self, decisions: Decisions) -> Case:
        """The case with these results of criteria."""
        assessor = Assessor(decisions.history, self.catalogue, self.jurisdiction, decisions, self.assessor)
        assessments = assessor.again(self.assessments)
        return Case(self.catalogue, assessor, tuple(assessments), self.profile, self.ranker, self.too_early)

    def deferral(self, criterion: AnyCriterion, regimen: Regimen) -> Deferral | None:
        """The deferral for a criterion of a regimen; ``None`` if the catalogue has none.

        A row with ``when`` applies only if this patient is known to meet it.
        """
        rows = self.catalogue.deferrals_of(criterion, regimen)
        return next((r for r in rows if r.when is None or self.care.of(r.when).truth is Truth.MET), None)

    def opening(self, assessment: Assessment) -> tuple[Change, ...]:
        """The fewest changes that would open a closed regimen; empty if they would make one of its agents spent."""
        changes = smallest_change(assessment)
        if changes and assessment.approval.status == "off-label" and not self.open_off_label(assessment):
            changes += (Change("off-label use acceptable", "value", "access.off_label", True),)
        patient = self.history.patient
        last = self.history.treatments[-1] if self.history.treatments else None
        for change in changes:
            if last is not None and change.kind == "resist":
                held = patient.therapies[last].refractory_to or ()
                patient = patient.with_value(f"therapies[{last}].refractory_to", (*held, *change.tokens))
            elif change.field.startswith("therapies"):
                patient = patient.with_value(change.field, change.value)
        if patient is self.history.patient:
            return changes
        then = self.history.of_patient(patient)
        spent = any(then.is_spent(agent) is Truth.MET for agent in assessment.regimen.agent_ids)
        return () if spent else changes


# Why: docs/explanation/as-of.md#a-day-before-the-disease
def too_early(patient: Patient, day: date) -> str:
    """Why a day is too early: the diagnosis, or the first therapy, certainly came later. Empty if it is not too early.

    Newly diagnosed disease is treated later, so a first therapy of a later day does not count in it.
    """
    diagnosed = patient.get("disease.diagnosed_on")
    if diagnosed is not None and diagnosed.not_after(Span.day(day)) is Truth.NOT_MET:
        return f"the day of the decision, {day}, is before the diagnosis ({diagnosed})"
    if patient.get("disease.state") == "newly_diagnosed" or not patient.therapies:
        return ""
    if patient.seen_on(day).therapies:
        return ""
    first = min((t.start for t in patient.therapies if t.start is not None), key=lambda start: start.earliest)
    return f"the day of the decision, {day}, is before the first therapy ({first})"


def profile_of(catalogue: Catalogue, name: str) -> Profile:
    """The order of comparisons with a name.

    Raises:
        UsageError: There is no such profile.
    """
    profiles = {p.id.casefold(): p for p in catalogue.ranking.profiles}
    if name.casefold() not in profiles:
        known = [p.id for p in profiles.values()]
        raise UsageError(f"there is no profile {name!r}; known: {', '.join(known)}. {nearest(name, known)}".strip())
    return profiles[name.casefold()]
