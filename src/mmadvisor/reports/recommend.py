"""The answer for one patient, computed.

``advise`` is a pure function of a patient, a catalogue and a day. What it returns is plain data,
ready for JSON: every format is made from it alone, and no format decides anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, cast

from mmadvisor.answers.published import BenchmarkEntry, OptionEvidence
from mmadvisor.answers.recommendation import (
    SCHEMA,
    ApprovalEntry,
    Argument,
    Caution,
    ChangeEntry,
    CriterionEntry,
    DeferredOption,
    FigureEntry,
    Missing,
    Monitoring,
    NearestBenefit,
    NotOffered,
    OptionEntry,
    OutcomeEntry,
    Position,
    PositionBy,
    ProvisionalEntry,
    Recommendation,
    Sentence,
    Situation,
    StandingEntry,
    VerdictChange,
)
from mmadvisor.answers.stamps import INTENDED_USE, Cited
from mmadvisor.base.english import listed
from mmadvisor.base.errors import Problem
from mmadvisor.base.known import Change, Finding, Truth
from mmadvisor.catalogue.care import Due, Item
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.citing import ENGINE, Stamp, bibliography, patient_stamp, plain, since_of, stamped, to_monitor
from mmadvisor.catalogue.listings import Setting
from mmadvisor.catalogue.regimens import Evidence, Regimen
from mmadvisor.catalogue.rules import Comparison, Deferral
from mmadvisor.criteria.base import Words
from mmadvisor.formats.drugs import Statement
from mmadvisor.formats.patient import Patient
from mmadvisor.history.history import LINE_DEFINITIONS
from mmadvisor.judging.case import Case
from mmadvisor.judging.interactions import CHECKLIST
from mmadvisor.judging.places import Places, Waiting, places, provisional
from mmadvisor.judging.ranking import Ranked, benefit_in_words, figure_of
from mmadvisor.judging.timing import car_t_timing
from mmadvisor.judging.treat_now import first_said, holds, is_said, label, named, no_relapse, treat_now
from mmadvisor.judging.verdict import Assessment, Result
from mmadvisor.reports.history import doubts, history_entry, in_words

if TYPE_CHECKING:
    from mmadvisor.judging.unknowns import Outcome


def advise(
    patient: Patient,
    catalogue: Catalogue,
    as_of: date,
    *,
    jurisdiction: str | None = None,
    profile: str = "default",
    assume_relapse: bool = False,
    stamp: Stamp | None = None,
    warnings: Iterable[Problem | str] = (),
) -> Recommendation:
    """What is open, in which order and why; what is closed; what is missing.

    Args:
        patient: As the reader returned it: names resolved.
        catalogue: All that is known.
        as_of: The day of the decision; what came later is invisible.
        jurisdiction: Overrides the patient's.
        profile: The order of comparisons.
        assume_relapse: Rank although no relapse is recorded.
        stamp: Hashes and layers to print.
        warnings: What the reader found doubtful.

    Raises:
        UsageError: There is no such jurisdiction or profile.
    """
    stamp = stamp or Stamp()
    case = Case.of(patient, catalogue, as_of, jurisdiction=jurisdiction, profile=profile, assume_relapse=assume_relapse)
    labels = [label(case, name) for name in catalogue.labels]
    question = treat_now(case, {entry["label"]: entry["value"] for entry in labels})
    withheld = ""
    if (why := no_relapse(case.history)) and not assume_relapse:
        withheld = f"No ranking: {why}. Ask with --if-relapse to see what would be open."
    ranked = () if withheld else case.ranked
    ranks = places(case) if not withheld else Places((), ())
    options = [
        _option(case, r, rank, ranked[i + 1] if i + 1 < len(ranked) else None)
        for i, (r, rank) in enumerate(zip(ranked, ranks.ranks, strict=True))
    ]
    deferred = [_deferred(case, w) for w in ranks.deferred]
    presumed = _provisional(case) if not withheld else []
    shown = {r.assessment.regimen.id for r in ranked}
    closed = [a for a in case.assessments if a.regimen.id not in shown]
    offered = [r.assessment for r in ranked]
    expected = case.ranker.expected([*offered, *(a for a in closed if a.verdict == "undetermined")])
    closed.sort(key=lambda a: (_CLOSED_ORDER.index(a.verdict), expected.get(a.regimen.id, 0), a.regimen.id.casefold()))
    not_offered = [_not_offered(case, a, ranks, withheld) for a in closed]
    answer = Recommendation(
        schema=SCHEMA,
        patient=patient_stamp(case.history, stamp),
        engine=ENGINE,
        catalogue=stamped(catalogue, stamp, as_of),
        jurisdiction=case.jurisdiction,
        profile=case.ranker.profile.id,
        first=first_said(case, bool(question["emergencies"])),
        treat_now=question,
        settings=[s.name for s in _settings(case)],
        situations=[
            *(Situation(id=s.id, name=s.name, says=_sentences(_known(case, s.says))) for s in _settings(case)),
            *_beside(case),
        ],
        history=history_entry(case, labels),
        options=options,
        deferred_options=deferred,
        provisional=presumed,
        positions=_positions(case, ranked),
        not_offered=not_offered,
        ranking_withheld=withheld,
        nothing_open="" if options or withheld else _nothing_open(case, ranks.deferred, closed, presumed),
        always=_sentences(catalogue.treatment.always),
        benchmarks=[
            cast(BenchmarkEntry, plain(b))
            for b in catalogue.benchmarks
            if case.known(b.source) and holds(case, b.when) is not Truth.NOT_MET
        ],
        missing=_missing(case, withheld, presumed, ranks.deferred),
        co_medication=case.assessor.interactions.checked(_in_question(ranked, closed)),
        car_t_timing=None if withheld else car_t_timing(case),
        hang_on_completeness=sum("therapies_complete" in a.missing for a in case.assessments),
        line_definition_flips=_flips(case),
        warnings=[
            *(w if isinstance(w, str) else in_words(case, w) for w in warnings),
            *case.assessor.interactions.unknown(),
            *doubts(case),
        ],
        sources={},
        intended_use=INTENDED_USE,
    )
    answer["sources"] = bibliography(catalogue, answer, as_of)
    return answer


def _in_question(ranked: Iterable[Ranked], closed: Iterable[Assessment]) -> list[Regimen]:
    """The regimens against which drugs are checked: options and what may become one; without options, what is open."""
    options = [r.assessment.regimen for r in ranked]
    waiting = ("undetermined", "deferred") if options else _CLOSED_ORDER[:-1]
    return [*options, *(a.regimen for a in closed if a.verdict in waiting)]


def _beside(case: Case) -> list[Situation]:
    """What is said of situations that place nothing."""
    return [
        Situation(id=s.id, name=s.situation, says=[Sentence(text=s.text, source=s.source, verified=s.verified)])
        for s in case.catalogue.first_said
        if s.situation and case.known(s.source) and is_said(case, s)
    ]


def _settings(case: Case) -> list[Setting]:
    """The named situations that the patient is in."""
    return [s for s in case.catalogue.settings if s.id in case.ranker.settings]


def _known(case: Case, statements: Iterable[Statement]) -> Iterator[Statement]:
    """What had been said by the day of the decision."""
    return (s for s in statements if case.known(s.source))


def _sentences(statements: Iterable[Statement]) -> list[Sentence]:
    return [Sentence(text=s.text, source=s.source, verified=s.verified) for s in statements]


# --- options ------------------------------------------------------------------------------------


def _criterion(case: Case, result: Result) -> CriterionEntry:
    """A criterion as decided: one entry, however many regimens ask it of the patient."""
    if id(result) not in case.told:
        case.told[id(result)] = result, _criterion_entry(case, result)
    entry: CriterionEntry = case.told[id(result)][1]
    return entry


def _criterion_entry(case: Case, result: Result) -> CriterionEntry:
    criterion, finding = result.criterion, result.finding
    required = result.required(case.catalogue.words)
    return CriterionEntry(
        id=criterion.id,
        type=criterion.type,
        tokens=list(criterion.tokens()),
        text=required,
        force=result.force,
        result=finding.truth.value,
        required=required,
        found=finding.found,
        where=", ".join(finding.where),
        missing=list(finding.missing),
        source=criterion.source,
        verified=criterion.verified if criterion.source else "",
        about=criterion.about,
        **since_of(criterion),
    )


def _caution(case: Case, result: Result) -> Caution:
    criterion, warned = result.criterion, result.warned(case.catalogue.words)
    return Caution(
        about=criterion.about or criterion.id,
        text=warned.text,
        result="unknown" if result.finding.truth is Truth.UNKNOWN else "applies",
        source=warned.source,
        verified=warned.verified if warned.source else "",
        drugs=list(criterion.about_drugs),
        **since_of(criterion),
    )


def _remark(case: Case, result: Result) -> Caution:
    """What must be said of a criterion that is met: what was found, and what is asked, with whose word it is."""
    criterion = result.criterion
    return Caution(
        about=criterion.about or "last therapy",
        text=f"{_capital(result.finding.remark)}. The label asks for: {result.required(case.catalogue.words)}",
        result="applies",
        source=criterion.source,
        verified=criterion.verified if criterion.source else "",
        drugs=[],
        **since_of(criterion),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _approval(assessment: Assessment) -> ApprovalEntry:
    a = assessment.approval
    return ApprovalEntry(
        status=a.status,
        jurisdiction=a.jurisdiction,
        since=a.since,
        source=a.source,
        verified=a.verified,
        note=a.note,
        check=a.check,
        conditional=a.conditional,
    )


def _option(
    case: Case, option: Ranked, rank: int, below: Ranked | None, assessment: Assessment | None = None
) -> OptionEntry:
    """One option; ``assessment`` is what it gets today, where it is ranked as what it would be."""
    assessment = assessment or option.assessment
    regimen = assessment.regimen
    rechallenge = [
        f"{agent.name} was given before"
        + (f", last dose {months.low:.0f} months ago" if months and months.low is not None else "")
        + "; not refractory to it: a rechallenge"
        for agent, months in case.history.rechallenged(regimen.agent_ids)
    ]
    cautions = [*(_caution(case, r) for r in assessment.cautions), *(_remark(case, r) for r in assessment.remarks)]
    arguments = _arguments(case, option, cautions)
    return {
        "rank": rank,
        "regimen": regimen.id,
        "name": regimen.name,
        "verdict": assessment.verdict,
        "modality": regimen.modality,
        "standing": [
            StandingEntry(by=s.by, value=s.value, because=s.because, short=s.short, source=s.source)
            for s in option.standings
        ],
        "above_next_because": case.ranker.above_because(option, below) if below else "",
        "for": [x["text"] for x in arguments if x["side"] == "for"],
        "against": [x["text"] for x in arguments if x["side"] == "against"],
        "arguments": arguments,
        "rechallenge": rechallenge,
        "criteria": [_criterion(case, r) for r in (*assessment.results, *assessment.suspected)],
        "cautions": cautions,
        "approval": _approval(assessment),
        "nearest_benefit": nearest_benefit(case, regimen),
        "evidence": [_evidence(case, regimen, row) for row in case.ranker.visible(regimen)],
        "placements": [
            Sentence(
                text=f"{p.by}: {p.level}" + (f", {p.text}" if p.text else ""),
                source=p.source,
                verified=p.verified,
            )
            for p in case.ranker.placements(regimen)
        ],
        "monitoring": _monitoring(case, regimen),
        "sequencing": [s.text for s in _known(case, regimen.sequencing)],
        "untried": case.catalogue.untried(regimen, case.history.as_of),
    }


def _provisional(case: Case) -> list[ProvisionalEntry]:
    """What unknown tests of the day hold, in the order that would stand if they were met; without checklists."""
    words = case.catalogue.words
    made: list[ProvisionalEntry] = []
    for p in provisional(case):
        option = _option(p.case, p.ranked, p.rank, p.below, p.assessment)
        option["monitoring"] = []
        questions = p.assessment.open_questions
        gates = dict.fromkeys(m for r in questions for m in r.finding.missing)
        provided = dict.fromkeys(r.required(words) for r in questions)
        made.append(ProvisionalEntry(**option, gates=list(gates), provided=list(provided)))
    return made


def _deferred(case: Case, waiting: Waiting) -> DeferredOption:
    """A regimen that waits: for what, what need not wait, and when it is looked at again."""
    a, words = waiting.assessment, case.catalogue.words
    rows = _deferrals(case, a)
    return DeferredOption(
        regimen=a.regimen.id,
        name=a.regimen.name,
        modality=a.regimen.modality,
        would_rank=waiting.rank,
        would_be_option=waiting.offered,
        once=_once(case, a),
        must_pass=list(dict.fromkeys(r.required(words) for r in a.failing)),
        found=[*dict.fromkeys(r.finding.found for r in a.failing), *_no_use_waiting(case, a)],
        next_steps=_unique(s for row in rows for s in row.next_steps),
        look_again=_unique(s for row in rows for s in row.look_again),
        missing=list(a.missing),
        missing_names=[named(case, field) for field in a.missing],
        cautions=[_caution(case, r) for r in a.cautions],
        approval=_approval(a),
    )


def _deferrals(case: Case, a: Assessment) -> list[Deferral]:
    """What the catalogue says of what a regimen waits for."""
    rows = (case.deferral(r.criterion, a.regimen) for r in a.failing)
    return list({row.id: row for row in rows if row is not None}.values())


def _once(case: Case, a: Assessment) -> str:
    """What must pass, to complete "once ..."; what the catalogue has no words for is said as the requirement."""
    unsaid = [r.required(case.catalogue.words) for r in a.failing if case.deferral(r.criterion, a.regimen) is None]
    return " and ".join(dict.fromkeys([*(row.once for row in _deferrals(case, a)), *unsaid]))


def _unique(statements: Iterable[Statement]) -> list[Sentence]:
    """Each sentence once."""
    return _sentences({s.text: s for s in statements}.values())


_FOR = ("starts-in-time", "drugs-active", "placement", "evidence", "benefit", "preference", "ease", "novelty")


def _arguments(case: Case, option: Ranked, cautions: list[Caution]) -> list[Argument]:
    """The standings at the best and at the worst of their values, then the cautions that apply, with their sources."""
    good: list[Argument] = []
    bad: list[Argument] = []
    comparisons: dict[str, Comparison] = {c.by: c for c in case.catalogue.ranking.comparisons}
    for standing in option.standings:
        comparison = comparisons.get(standing.by)
        if comparison is None or not isinstance(standing.place, int):
            continue
        text = f"{comparison.name}: {standing.value} ({standing.because})"
        worst = len(comparison.values) - 1
        source = standing.source or comparison.source
        verified = case.catalogue.sources[source].verified if source else ""
        if standing.place == 0 and standing.by in _FOR:
            good.append(Argument(side="for", text=text, source=source, verified=verified))
        elif comparison.values and standing.place == worst and standing.by not in ("novelty", "registered"):
            bad.append(Argument(side="against", text=text, source=source, verified=verified))
    return [
        *good,
        *bad,
        *(
            Argument(side="against", text=c["text"], source=c["source"], verified=c["verified"], **_since(c))
            for c in cautions
            if c["result"] == "applies"
        ),
    ]


def _since(claim: Cited) -> Cited:
    """Since when a claim was known, where that is on record."""
    return {"known_since": claim["known_since"]} if "known_since" in claim else {}


def _positions(case: Case, ranked: Iterable[Ranked]) -> list[Position]:
    """What the label here and each open guideline say of each option, the newest first."""
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
            for setting, p in case.ranker.positions(option.assessment.regimen)
        ]
        levels = {p["level"] for p in placed if not p["superseded"]}
        regimen = option.assessment.regimen.id
        found.append(Position(regimen=regimen, disagree=len(levels) > 1, bodies=[label, *placed]))
    return found


def _evidence(case: Case, regimen: Regimen, row: Evidence) -> OptionEvidence:
    nearest = case.ranker.nearest(regimen)
    return cast(OptionEvidence, {**plain(row), "nearest": nearest is not None and nearest.row is row})


def nearest_benefit(case: Case, regimen: Regimen) -> NearestBenefit | None:
    """The row of evidence by which the benefit of a regimen is ranked for this patient; nothing where none is known."""
    nearest = case.ranker.nearest(regimen, with_benefit=True)
    figure = figure_of(nearest.row) if nearest is not None else None
    if nearest is None or figure is None:
        return None
    row = nearest.row
    made = NearestBenefit(
        trial=row.trial,
        subgroup=row.subgroup,
        population=row.population,
        design=row.design,
        n=row.n,
        figure=FigureEntry(kind=figure.kind, months=figure.months, percent=figure.percent),
        fit=nearest.fit,
        text=benefit_in_words(nearest),
        source=row.source,
        verified=row.verified,
    )
    shown = plain(row)
    if "pfs_months" in shown:
        made["pfs_months"] = shown["pfs_months"]
    if "pfs_rate" in shown:
        made["pfs_rate"] = shown["pfs_rate"]
    return made


def _monitoring(case: Case, regimen: Regimen) -> list[Monitoring]:
    """What to watch, without what the record or another place leaves out; what may be needed says what it hangs on.

    What is taken beside the regimen comes last.
    """
    found = []
    for _, checklist, item, here in case.catalogue.items_for(regimen, case.jurisdiction):
        needs = _needed(case, item)
        if needs.truth is Truth.NOT_MET:
            continue
        if not here:
            unread = f"not read for {case.jurisdiction}: check the label there"
            found.append(to_monitor(checklist, item, "unknown", unread, whole=case.whole(item)))
        elif needs.truth is Truth.UNKNOWN:
            found.append(to_monitor(checklist, item, "unknown", needs.found, whole=case.whole(item)))
        else:
            found.append(to_monitor(checklist, item, "yes", "", whole=case.whole(item)))
    interactions = case.assessor.interactions
    for row, meetings in interactions.rows_for(regimen) if interactions.taken else ():
        if not row.on_checklist:
            found.append(
                Monitoring(
                    item=interactions.sentence(row, meetings),
                    by=", ".join(row.jurisdictions),
                    applies="yes",
                    because="",
                    when=row.when,
                    why="",
                    source=row.source,
                    verified=row.verified,
                    checklist=CHECKLIST,
                )
            )
    return found


def _needed(case: Case, item: Item) -> Finding:
    """Whether an item is for this patient; asked beside the decisions, which hold what bears on a verdict."""
    if item.for_whom is None:
        return Finding(Truth.MET, "")
    return case.care.of(item.for_whom)


# --- what is not offered ------------------------------------------------------------------------

_CLOSED_ORDER = ("undetermined", "deferred", "off-label", "eligible", "caution", "ineligible")


def _not_offered(case: Case, a: Assessment, ranks: Places, withheld: str) -> NotOffered:
    words = case.catalogue.words
    because = [case.reason(r) for r in a.failing]
    would_rank: int | None = None
    would_if = change = ""
    changes = case.opening(a) if a.verdict in ("deferred", "ineligible") else ()
    if a.verdict == "undetermined":
        because = [
            case.reason(r)
            + (" (but nobody could read this limit at its source)" if r.finding.truth is Truth.NOT_MET else "")
            for r in a.open_questions
        ]
        would_if = " and ".join(dict.fromkeys(_would_be(r, words) for r in a.open_questions))
        change = f"if {would_if}"
        if not withheld:
            would_rank = ranks.would_rank(case, a)
    elif a.verdict == "deferred":
        change = _in_words(changes) or _once_passed(case, a)
        because += _no_use_waiting(case, a)
    elif a.verdict == "off-label":
        because = [f"off-label here; {a.approval.note}".rstrip("; ") + case.later(a.approval.source)]
        change = "if off-label use is acceptable (access.off_label: true)"
    elif a.verdict == "ineligible":
        if a.approval.status == "not-available":
            note = f"not available: {a.approval.note or a.approval.check}"
            because = [note + case.later(a.approval.source), *because]
        else:
            change = _in_words(changes)
    else:
        because = [withheld]
    return NotOffered(
        regimen=a.regimen.id,
        name=a.regimen.name,
        verdict=a.verdict,
        modality=a.regimen.modality,
        because=list(dict.fromkeys(because)),
        would_change_if=change or "nothing that can be changed opens it",
        can_change=bool(change),
        would_change=[_change(c) for c in changes],
        would_rank=would_rank,
        would_rank_if=would_if,
        missing=list(a.missing),
        approval=_approval(a),
        untried=case.catalogue.untried(a.regimen, case.history.as_of),
        cautions=[_caution(case, r) for r in a.cautions],
        criteria=[_criterion(case, r) for r in a.hard],
    )


def _would_be(result: Result, words: Words) -> str:
    """What must prove true: a fact; or, where the fact is on record, that a limit nobody could read does not hold."""
    required = result.required(words)
    if result.finding.truth is Truth.NOT_MET:
        return f"the limit {required}, which was not verified, does not hold ({result.finding.found})"
    return required


def _change(change: Change) -> ChangeEntry:
    value = list(change.value) if isinstance(change.value, tuple) else change.value
    return ChangeEntry(
        text=change.text,
        kind=change.kind,
        field=change.field,
        value=value,
        amount=change.amount,
        tokens=list(change.tokens),
    )


# What nobody aims at: it is told as a condition of later, not as a way.
_BEFALLS = ("receive", "resist")


def _in_words(changes: Iterable[Change]) -> str:
    """What must be otherwise, and what must have come to pass."""
    befall = dict.fromkeys(c.text for c in changes if c.kind in _BEFALLS)
    others = dict.fromkeys(c.text for c in changes if c.kind not in _BEFALLS)
    said = [f"if {' and '.join(others)}"] if others else []
    said += [f"only once there is {' and '.join(befall)}"] if befall else []
    return ", and ".join(said)


def _once_passed(case: Case, a: Assessment) -> str:
    """What must pass, where no value on record stands for it."""
    rows = [case.deferral(r.criterion, a.regimen) for r in a.failing]
    once = " and ".join(dict.fromkeys(row.once for row in rows if row is not None))
    return f"once {once}" if once else ""


def _no_use_waiting(case: Case, a: Assessment) -> list[str]:
    """Low counts from the myeloma itself do not recover by waiting."""
    if not any(r.criterion.about == "counts" for r in a.failing):
        return []
    cause = case.history.patient.get("labs.cytopenia_cause")
    if cause == "disease":
        return ["waiting will not help: the myeloma itself causes the low counts"]
    if cause is None:
        return ["waiting helps only if treatment caused the low counts: record labs.cytopenia_cause"]
    return []


def _nothing_open(
    case: Case, deferred: Iterable[Waiting], closed: Iterable[Assessment], presumed: list[ProvisionalEntry]
) -> str:
    """What is said where there is no option: what hangs on missing facts, and what comes first once it has passed.

    What would not be an option then is never named as the first, and nothing is said to be out of the question while a
    missing fact could open it.
    """
    deferred = list(deferred)
    first = next((w.assessment for w in deferred if w.offered), None)
    unsettled = [a.regimen.id for a in closed if a.verdict == "undetermined" and case.would_offer(a)]
    said = []
    if presumed:
        said.append(f"No option is confirmed yet. {_to_confirm(case, presumed)}")
    elif unsettled and first is None:
        said.append(
            f"No option can be confirmed yet: {_depends(unsettled)} on facts that are not recorded, listed below."
        )
    elif unsettled:
        said.append("No option is confirmed for today.")
    elif first is not None:
        said.append("Nothing can be started today.")
    elif any(w.rank is not None for w in deferred):
        said.append("Nothing can be started today. What waits depends on facts that are not recorded, listed below.")
    if first is not None:
        rows = _deferrals(case, first)
        once = f"once {_once(case, first)}: {first.regimen.id}."
        said.append(f"Waiting, {once}" if presumed else f"First, {once}")
        said += dict.fromkeys(row.instead for row in rows if row.instead)
        if unsettled and not presumed:
            said.append(f"Besides, {_depends(unsettled)} on facts that are not recorded, listed below.")
    return " ".join(said) or (
        "Nothing in the catalogue is open. What remains: a clinical trial, a referral, symptom-led care."
    )


def _depends(regimens: list[str]) -> str:
    """How many regimens depend; one by its name."""
    return f"{regimens[0]} depends" if len(regimens) == 1 else f"{len(regimens)} regimens depend"


def _to_confirm(case: Case, presumed: list[ProvisionalEntry]) -> str:
    """How many regimens can be confirmed, and which facts must be known for it: those of all first."""
    gates = list(dict.fromkeys(gate for p in presumed for gate in p["gates"]))
    shared = [gate for gate in gates if all(gate in p["gates"] for p in presumed)]
    rest = [named(case, gate) for gate in gates if gate not in shared]
    of_all = [named(case, gate) for gate in shared]
    which = presumed[0]["regimen"] if len(presumed) == 1 else f"{len(presumed)} regimens"
    if not of_all:
        return f"{which} can be confirmed, each once its own missing facts are known: {listed(rest)}."
    also = f"; some also need {listed(rest)}" if rest else ""
    return (
        f"{which} can be confirmed once {'this is' if len(of_all) == 1 else 'these are'} known: {listed(of_all)}{also}."
    )


def _missing(
    case: Case, withheld: str, presumed: Sequence[ProvisionalEntry], deferred: Sequence[Waiting]
) -> list[Missing]:
    """The facts that are not recorded, what could change most first.

    What is to be tested before the first dose is asked for what waits too: no test waits with it.
    """
    from mmadvisor.judging.unknowns import unknowns  # a record that lacks nothing is told so without it

    names = {*(p["regimen"] for p in presumed), *(w.assessment.regimen.id for w in deferred)}
    waiting = [a.regimen for a in case.assessments if a.regimen.id in names] if names else []
    found = unknowns(case, _unsettled(case, waiting))
    care = care_by_field(case, waiting) if found else {}
    return [
        Missing(
            field=u.field,
            name=named(case, u.field),
            matters_for=list(u.matters_for),
            gain=u.gain,
            decisive=u.decisive,
            tried=u.tried,
            settles=list(u.settles),
            outcomes=[outcome_entry(o, withheld) for o in u.outcomes],
            changes_care=care.get(u.field, []),
        )
        for u in found
    ]


def _unsettled(case: Case, regimens: Iterable[Regimen]) -> dict[str, tuple[str, ...]]:
    """The fields that are not recorded and that items due before the first dose settle, with the regimens."""
    found: dict[str, tuple[str, ...]] = {}
    for regimen in regimens:
        fields = dict.fromkeys(item.settles for item in _before(case, regimen) if item.settles)
        for field in fields:
            if case.history.patient.get(field) is None:
                found[field] = (*found.get(field, ()), regimen.id)
    return found


def care_by_field(case: Case, also: Iterable[Regimen] = ()) -> dict[str, list[Sentence]]:
    """What is to be done before the first dose because a field is not recorded, by field.

    ``also`` are regimens that are asked beside those that are open: those that only a test of the day holds.
    The tests that settle it, and what covers the patient until then; where no item says how it is settled, the items
    that hang on it.
    """
    settling: dict[str, dict[str, Item]] = {}
    hanging: dict[str, dict[str, Item]] = {}
    items = {id(item): item for regimen in (*_open_regimens(case), *also) for item in _before(case, regimen)}
    for item in items.values():
        if item.settles:
            settling.setdefault(item.settles, {})[item.item] = item
        for field in _hangs_on(case, item):
            hanging.setdefault(field, {})[item.item] = item
    return {
        field: [Sentence(text=f"{i.item}: {i.when}", source=i.source, verified=i.verified) for i in found.values()]
        for field, found in (hanging | settling).items()
    }


def _open_regimens(case: Case) -> list[Regimen]:
    """The regimens that are offered; where none is, those that are not closed."""
    offered = [r.assessment.regimen for r in case.ranked]
    return offered or [a.regimen for a in case.assessments if a.verdict != "ineligible"]


def _before(case: Case, regimen: Regimen) -> Iterator[Item]:
    """The items of its checklists that are due before the first dose."""
    for _, _, item, _ in case.catalogue.items_for(regimen, case.jurisdiction):
        due = item.due or Due()
        early = due.days_before is not None or due.from_days_before is not None
        if early and _needed(case, item).truth is not Truth.NOT_MET:
            yield item


def _hangs_on(case: Case, item: Item) -> set[str]:
    """The fields that would settle whether an item is for this patient, or how it is adapted."""
    asked = [c for c in (item.for_whom, item.now_if, *item.cautions) if c is not None]
    found = [case.care.of(c) for c in asked]
    return {field for f in found if f.truth is Truth.UNKNOWN for field in f.missing}


def outcome_entry(o: Outcome, withheld: str = "") -> OutcomeEntry:
    """What a fact would change; where nothing is ranked, nothing is opened or closed and no order changes."""
    opens, closes = ([], []) if withheld else (list(o.opens), list(o.closes))
    told = {*o.settles, *opens}
    return OutcomeEntry(
        value=o.value,
        set=o.setting,
        settles=list(o.settles),
        rules_out=list(o.rules_out),
        defers=list(o.defers),
        opens=opens,
        closes=closes,
        turns=[VerdictChange(regimen=r, before=was, after=now) for r, was, now in o.turned if r not in told],
        reorders=o.reordered and not withheld,
        reorders_waiting=o.reorders_waiting and not withheld,
        first=[] if withheld else list(o.first),
    )


def _flips(case: Case) -> list[str]:
    """Regimens whose verdict hangs on which definition of a line is used."""
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
