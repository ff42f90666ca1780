"""The answer for one patient.

``advise`` depends only on a patient, a catalogue and a day. It returns plain data that can be written as JSON. Every
format is made from this data alone, and no format decides anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from operator import itemgetter
from typing import NamedTuple, cast

from mmadvisor.answers.published import BenchmarkEntry
from mmadvisor.answers.recommendation import (
    SCHEMA,
    OptionEntry,
    Position,
    PositionBy,
    ProvisionalEntry,
    Recommendation,
    Sentence,
    Situation,
)
from mmadvisor.answers.stamps import INTENDED_USE
from mmadvisor.base.errors import Problem
from mmadvisor.base.known import Truth
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.citing import ENGINE, Stamp, bibliography, patient_stamp, plain, sentences, stamped
from mmadvisor.catalogue.listings import Setting
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.catalogue.rules import Profile
from mmadvisor.formats.patient import Patient
from mmadvisor.history.record import LINE_DEFINITIONS
from mmadvisor.judging.case import Case
from mmadvisor.judging.places import Places, places
from mmadvisor.judging.ranking import Ranked
from mmadvisor.judging.timing import car_t_timing
from mmadvisor.judging.treat_now import first_said, holds, is_said, label, no_relapse, treat_now
from mmadvisor.judging.verdict import Assessment
from mmadvisor.reports import history
from mmadvisor.reports.access import place_entry
from mmadvisor.reports.closed import deferred_option, not_offered, nothing_open, openings
from mmadvisor.reports.headlines import better_proved, headline, unnumbered
from mmadvisor.reports.history import history_entry, person
from mmadvisor.reports.lanes import lanes, looked_for
from mmadvisor.reports.missing import missing
from mmadvisor.reports.options import known_by_then, option_entry, provisional_entries
from mmadvisor.reports.this_week import this_week

_CLOSED_ORDER = ("undetermined", "deferred", "off-label", "eligible", "caution", "ineligible")


def advise(
    patient: Patient,
    catalogue: Catalogue,
    as_of: date,
    *,
    jurisdiction: str | None = None,
    profile: str | Profile = "default",
    assume_relapse: bool = False,
    stamp: Stamp | None = None,
    warnings: Iterable[Problem | str] = (),
) -> Recommendation:
    """The options in order with reasons, the closed regimens, and the missing facts.

    Args:
        patient: The patient as the reader returned it, with ids instead of names.
        catalogue: The catalogue.
        as_of: The day of the decision; later facts are not used.
        jurisdiction: A jurisdiction that replaces the patient's.
        profile: The order of comparisons: the name of a profile in the catalogue, or a profile.
        assume_relapse: Whether to rank although no relapse is recorded. It is ignored in smouldering disease without
            any treatment.
        stamp: Hashes and layers to print.
        warnings: Warnings of the reader.

    Raises:
        UsageError: There is no such jurisdiction or profile.
    """
    case, withheld = opened(
        patient, catalogue, as_of, jurisdiction=jurisdiction, profile=profile, assume_relapse=assume_relapse
    )
    found = _Found.of(case, withheld)
    answer = _answer(case, found, stamp or Stamp(), warnings)
    answer["sources"] = bibliography(catalogue, answer, as_of)
    return answer


def opened(
    patient: Patient,
    catalogue: Catalogue,
    as_of: date,
    *,
    jurisdiction: str | None = None,
    profile: str | Profile = "default",
    assume_relapse: bool = False,
) -> tuple[Case, str]:
    """The case of a patient, and why there is no ranking (empty if there is one); the arguments are those of `advise`.

    Raises:
        UsageError: There is no such jurisdiction or profile.
    """
    # Smouldering disease that was never treated cannot relapse.
    assume_relapse = assume_relapse and bool(patient.therapies or patient.get("disease.state") != "smouldering")
    case = Case.of(patient, catalogue, as_of, jurisdiction=jurisdiction, profile=profile, assume_relapse=assume_relapse)
    return case, _withheld(case, assume_relapse)


def _answer(case: Case, found: _Found, stamp: Stamp, of_the_reader: Iterable[Problem | str]) -> Recommendation:
    """The answer without its sources."""
    labels = [label(case, name) for name in case.catalogue.labels]
    not_open = [not_offered(case, a, found.places, found.withheld) for a in found.closed]
    timing = None if found.withheld else car_t_timing(case)
    question = treat_now(case, {entry["label"]: entry["value"] for entry in labels})
    return Recommendation(
        schema=SCHEMA,
        patient=patient_stamp(case.history, stamp),
        engine=ENGINE,
        catalogue=stamped(case.catalogue, stamp, case.history.as_of),
        jurisdiction=case.jurisdiction,
        place=place_entry(case, [r.assessment for r in found.ranked]),
        profile=case.ranker.profile.id,
        first=first_said(case, bool(question["emergencies"])),
        treat_now=question,
        settings=[s.name for s in _settings(case)],
        situations=list(_situations(case)),
        lanes=lanes(case),
        looked_for=list(looked_for(case, [r.assessment for r in found.ranked], not_open, found.withheld)),
        person=person(case),
        history=history_entry(case, labels),
        options=found.options(case),
        bridge_to=[
            a.regimen.id for a in case.assessments if a.verdict != "ineligible" and _needs_a_bridge(case, a.regimen)
        ],
        headline=headline(case, found.ranked, found.places.deferred),
        better_proved=better_proved(case, found.ranked),
        unnumbered=unnumbered(case, found.ranked),
        deferred_options=[deferred_option(case, w) for w in found.places.deferred],
        provisional=found.presumed,
        this_week=this_week(case, timing, found.places.deferred, found.withheld),
        positions=_positions(case, found.ranked),
        not_offered=not_open,
        openings=openings(not_open),
        ranking_withheld=found.withheld,
        nothing_open=found.nothing_open(case),
        always=sentences(case.catalogue.treatment.always),
        benchmarks=_benchmarks(case),
        missing=missing(case, found.withheld, found.presumed, found.places.deferred),
        co_medication=case.assessor.interactions.checked(_in_question(found)),
        car_t_timing=timing,
        hang_on_completeness=sum("therapies_complete" in a.missing for a in case.assessments),
        line_definition_flips=_flips(case),
        warnings=history.warnings(case, of_the_reader),
        undated=history.undated(case),
        sources={},
        intended_use=INTENDED_USE,
    )


def _withheld(case: Case, assume_relapse: bool) -> str:
    """Why there is no ranking; empty if there is one."""
    if case.too_early:
        return f"No ranking: {case.too_early}."
    why = no_relapse(case.history)
    if not why:
        return ""
    if not case.history.treatments and not assume_relapse:  # nothing to relapse from
        return f"No ranking: {why}, and no treatment is recorded."
    return "" if assume_relapse else f"No ranking: {why}. Ask with --if-relapse to see what would be open."


class _Found(NamedTuple):
    """The regimens that are open and those that are not, each in order; no ranks if the ranking is withheld.

    ``places`` are the ranks of the options and the deferred regimens; ``presumed`` are the regimens that depend only on
    tests of the day.
    """

    withheld: str
    ranked: Sequence[Ranked]
    places: Places
    presumed: list[ProvisionalEntry]
    closed: list[Assessment]

    @classmethod
    def of(cls, case: Case, withheld: str) -> _Found:
        """What was found for a patient."""
        ranked = () if withheld else case.ranked
        ranks = Places((), ()) if withheld else places(case)
        presumed = [] if withheld else provisional_entries(case)
        return cls(withheld, ranked, ranks, presumed, _closed(case, [r.assessment for r in ranked]))

    def options(self, case: Case) -> list[OptionEntry]:
        """The options from the first to the last."""
        return [
            option_entry(case, option, rank, self.ranked)
            for option, rank in zip(self.ranked, self.places.ranks, strict=True)
        ]

    def nothing_open(self, case: Case) -> str:
        """The sentence if there is no option."""
        if self.ranked or self.withheld:
            return ""
        return nothing_open(case, self.places.deferred, self.closed, self.presumed)


def _closed(case: Case, offered: Sequence[Assessment]) -> list[Assessment]:
    """The regimens that are no options: by verdict, then by the rank that they would have."""
    shown = {a.regimen.id for a in offered}
    closed = [a for a in case.assessments if a.regimen.id not in shown]
    expected = case.ranker.expected([*offered, *(a for a in closed if a.verdict == "undetermined")])
    closed.sort(key=lambda a: (_CLOSED_ORDER.index(a.verdict), expected.get(a.regimen.id, 0), a.regimen.id.casefold()))
    return closed


def _benchmarks(case: Case) -> list[BenchmarkEntry]:
    """Published results of standard care in comparable patients."""
    rows = (b for b in case.catalogue.benchmarks if case.known(b.source))
    return [cast(BenchmarkEntry, plain(b)) for b in rows if holds(case, b.when) is not Truth.NOT_MET]


def _needs_a_bridge(case: Case, regimen: Regimen) -> bool:
    """Whether the disease may have to be controlled first: cells are made or collected before it is given."""
    definitions = case.history.definitions
    return regimen.modality in (*definitions.one_time_modalities, *definitions.procedure_modalities)


def _in_question(found: _Found) -> list[Regimen]:
    """The regimens for which co-medication is checked: options, and regimens that may become options."""
    options = [r.assessment.regimen for r in found.ranked]
    waiting = ("undetermined", "deferred") if options else _CLOSED_ORDER[:-1]
    return [*options, *(a.regimen for a in found.closed if a.verdict in waiting)]


def _situations(case: Case) -> Iterator[Situation]:
    """Statements on the settings of the patient, then on situations without placements."""
    for setting in _settings(case):
        yield Situation(id=setting.id, name=setting.name, says=sentences(known_by_then(case, setting.says)))
    for s in case.catalogue.first_said:
        if s.situation and case.known(s.source) and is_said(case, s):
            says = [Sentence(text=s.text, source=s.source, verified=s.verified)]
            yield Situation(id=s.id, name=s.situation, says=says)


def _settings(case: Case) -> list[Setting]:
    """The named settings of the patient."""
    return [s for s in case.catalogue.settings if s.id in case.ranker.published.settings]


def _positions(case: Case, ranked: Iterable[Ranked]) -> list[Position]:
    """The recommendations of the label and of each open guideline for each option, the newest first."""
    found = []
    for option in ranked:
        approval = option.assessment.approval
        label = PositionBy(
            by=f"label, {approval.jurisdiction}",
            dated=approval.since or "",
            level=approval.status,
            setting="",
            text=approval.note,
            source=approval.source,
            verified=approval.verified,
            superseded="",
        )
        placed = [
            PositionBy(
                by=p.by,
                dated=p.dated,
                level=p.level,
                setting=setting.name,
                text=p.text,
                source=p.source,
                verified=p.verified,
                superseded=p.retired_by if case.catalogue.retired(p, case.history.as_of) else "",
            )
            for setting, p in case.ranker.published.positions(option.assessment.regimen)
        ]
        refused = _refusal(option)
        disagree = bool(refused) and any(not p["superseded"] for p in placed)
        regimen = option.assessment.regimen.id
        bodies = [label, *sorted([*placed, *refused], key=itemgetter("dated"), reverse=True)]
        found.append(Position(regimen=regimen, disagree=disagree, bodies=bodies))
    return found


def _refusal(option: Ranked) -> list[PositionBy]:
    """The decision of the payer, if it is not to recommend the option for this patient; otherwise none.

    An appraisal that was stopped, or that nobody read, and a label that does not name this use recommend nothing
    against it.
    """
    funding = option.assessment.access.funding
    decision = funding.by.funding if funding.truth is Truth.NOT_MET and funding.by is not None else None
    if decision is None or decision.outcome != "not-recommended":
        return []
    return [
        PositionBy(
            by=decision.called,
            dated=decision.decided_on or "",
            level="not recommended",
            setting="",
            text=decision.note,
            source=decision.source,
            verified=decision.verified,
            superseded="",
        )
    ]


def _flips(case: Case) -> list[str]:
    """Regimens whose verdict depends on the definition of a line."""
    lines = case.history.lines
    found: list[str] = []
    for definition in LINE_DEFINITIONS:
        other = case.history.count_lines(definition)
        if (other.low, other.high) == (lines.low, lines.high):
            continue
        for before, after in zip(case.assessments, case.counted_by(definition).assessments, strict=True):
            if before.verdict != after.verdict:
                found.append(
                    f"{before.regimen.id}: {before.verdict} with {lines.low} prior lines ({lines.definition}), "
                    f"{after.verdict} with {other.low} ({definition})"
                )
    return found
