"""One option of the answer: its criteria, cautions, arguments, evidence and checklist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from mmadvisor.answers.published import OptionEvidence
from mmadvisor.answers.recommendation import (
    ApprovalEntry,
    Argument,
    Caution,
    FigureEntry,
    Monitoring,
    NearestBenefit,
    OptionEntry,
    ProvisionalEntry,
    Sentence,
    StandingEntry,
)
from mmadvisor.answers.stamps import Cited
from mmadvisor.base.known import Truth
from mmadvisor.catalogue.citing import plain, since_of
from mmadvisor.catalogue.regimens import Evidence, Regimen
from mmadvisor.catalogue.rules import Comparison
from mmadvisor.formats.drugs import Statement
from mmadvisor.judging.bands import figure_of
from mmadvisor.judging.benefit import in_words
from mmadvisor.judging.case import Case
from mmadvisor.judging.checklist import for_patient
from mmadvisor.judging.places import provisional
from mmadvisor.judging.ranking import Ranked
from mmadvisor.judging.results import Result
from mmadvisor.judging.verdict import Assessment
from mmadvisor.reports.access import access_entry
from mmadvisor.reports.criteria import criterion_entry


def option_entry(
    case: Case, option: Ranked, rank: int, ranked: Sequence[Ranked], assessment: Assessment | None = None
) -> OptionEntry:
    """One option among all that are ranked, as plain data.

    ``assessment``: the assessment of today, if the option was ranked with unknown tests taken as met.
    """
    below = next(iter(ranked[ranked.index(option) + 1 :]), None)
    tied = [r for r in ranked if r.key == option.key]
    assessment = assessment or option.assessment
    regimen = assessment.regimen
    rechallenge = [
        f"{agent.name} was given before"
        + (f", last dose {months.low:.0f} months ago" if months and months.low is not None else "")
        + "; not refractory to it: a rechallenge"
        for agent, months in case.history.rechallenged(regimen.agent_ids)
    ]
    cautions = [*(caution_entry(case, r) for r in assessment.cautions), *(_remark(case, r) for r in assessment.remarks)]
    arguments = _arguments(case, option, cautions)
    return {
        "rank": rank,
        "tied": len(tied) > 1,
        "group": option.group.name,
        "group_because": option.group.because,
        "dividing": dividing(case, regimen) if len(tied) > _MANY else [],
        "regimen": regimen.id,
        "name": regimen.name,
        "verdict": assessment.verdict,
        "modality": regimen.modality,
        "standing": _standings(case, option),
        "above_next_because": _above_because(case, option, below),
        "for": [x["text"] for x in arguments if x["side"] == "for"],
        "against": [x["text"] for x in arguments if x["side"] == "against"],
        "arguments": arguments,
        "rechallenge": rechallenge,
        "criteria": [criterion_entry(case, r) for r in (*assessment.results, *assessment.suspected)],
        "cautions": cautions,
        "unread": case.assessor.interactions.unread(regimen),
        "approval": approval_entry(assessment),
        "access": access_entry(case, assessment),
        "nearest_benefit": nearest_benefit(case, regimen, option.benefit.place),
        "evidence": [_evidence(case, regimen, row) for row in case.ranker.published.visible(regimen)],
        "placements": [
            Sentence(
                text=f"{p.by}: {p.level}" + (f", {p.text}" if p.text else ""),
                source=p.source,
                verified=p.verified,
            )
            for p in case.ranker.published.placements(regimen)
        ],
        "monitoring": monitoring(case, regimen),
        "sequencing": [s.text for s in known_by_then(case, regimen.sequencing)],
        "untried": case.catalogue.untried(regimen, case.history.as_of),
    }


def _above_because(case: Case, option: Ranked, below: Ranked | None) -> str:
    """Why an option ranks above the next one (``below``); empty for the last option, and if options have no numbers."""
    if below is None or case.ranker.published.unnumbered:
        return ""
    return case.ranker.above_because(option, below)


def _standings(case: Case, option: Ranked) -> list[StandingEntry]:
    """The values of all comparisons for an option: first those that decide, then those that are shown."""
    return [
        StandingEntry(
            by=s.by,
            value=s.value,
            decides=s.by in case.ranker.deciding,
            because=s.because,
            short=s.short,
            source=s.source,
        )
        for s in (*option.standings, *case.ranker.beside(option))
    ]


def dividing(case: Case, regimen: Regimen) -> list[str]:
    """What distinguishes a regimen from others in a large tie: admission, visits, route, demands of its drugs."""
    found = []
    burden = regimen.burden
    if burden is not None and burden.admission != "none":
        found.append(f"admission: {burden.admission}")
    if burden is not None and burden.visits_per_28_days is not None:
        found.append(f"visits in 28 days: {burden.visits_per_28_days:g}")
    if regimen.routes:
        found.append(f"route: {', '.join(regimen.routes)}")
    catalogue = case.catalogue
    return found + [row.text for row in catalogue.ranking.dividing if catalogue.matches(row.regimens, regimen)]


def provisional_entries(case: Case) -> list[ProvisionalEntry]:
    """The regimens that depend only on unknown tests of today, in provisional order, without checklists."""
    words = case.catalogue.words
    made: list[ProvisionalEntry] = []
    for p in provisional(case):
        option = option_entry(p.case, p.ranked, p.rank, p.case.ranked, p.assessment)
        option["monitoring"] = []
        questions = p.assessment.open_questions
        gates = dict.fromkeys(m for r in questions for m in r.finding.missing)
        provided = dict.fromkeys(r.required(words) for r in questions)
        made.append(ProvisionalEntry(**option, gates=list(gates), provided=list(provided)))
    return made


def caution_entry(case: Case, result: Result) -> Caution:
    """A criterion that warns, with its text and source."""
    criterion, warned = result.criterion, result.warned(case.catalogue.words)
    return Caution(
        about=criterion.about or criterion.id,
        text=warned.text,
        result="unknown" if result.finding.truth is Truth.UNKNOWN else "applies",
        source=warned.source,
        verified=warned.verified if warned.source else "",
        drugs=list(criterion.about_drugs),
        strong=criterion.strong,
        **since_of(criterion),
    )


def _remark(case: Case, result: Result) -> Caution:
    """A reservation about a criterion that is met: the finding, the requirement and the source."""
    criterion = result.criterion
    return Caution(
        about=criterion.about or "last therapy",
        text=f"{_capital(result.finding.remark)}. The label asks for: {result.required(case.catalogue.words)}",
        result="applies",
        source=criterion.source,
        verified=criterion.verified if criterion.source else "",
        drugs=[],
        strong=False,
        **since_of(criterion),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def approval_entry(assessment: Assessment) -> ApprovalEntry:
    """The approval of a regimen for this patient."""
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


# A tie of more than so many names what divides each.
_MANY = 3
_FOR = (
    "starts-in-time", "drugs-active", "placement", "evidence", "benefit", "against-each-other", "preference", "ease",
    "novelty",
)  # fmt: skip
_LOST = 2
# At their worst value these are no reason against.
_NEUTRAL = ("novelty", "registered", "placement")


def _arguments(case: Case, option: Ranked, cautions: list[Caution]) -> list[Argument]:
    """The comparisons with the best and the worst values, then the cautions that apply, with their sources."""
    good: list[Argument] = []
    bad: list[Argument] = []
    comparisons: dict[str, Comparison] = {c.by: c for c in case.catalogue.ranking.comparisons}
    for standing in (*option.standings, *case.ranker.beside(option)):
        comparison = comparisons.get(standing.by)
        if comparison is None:
            continue
        text = f"{comparison.name}: {standing.value} ({standing.because})"
        worst = len(comparison.values) - 1
        source = standing.source or comparison.source
        verified = case.catalogue.sources[source].verified if source else ""
        if standing.place == 0 and standing.by in _FOR:
            good.append(Argument(side="for", text=text, source=source, verified=verified))
        elif (
            comparison.values and standing.place >= min(worst, _bad(standing.by, worst)) and standing.by not in _NEUTRAL
        ):
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


def _bad(by: str, worst: int) -> int:
    """The value from which a comparison is a reason against: the worst, or any lost trial."""
    return _LOST if by == "against-each-other" else worst


def _since(claim: Cited) -> Cited:
    """The day since which a claim was known, if it is recorded."""
    return {"known_since": claim["known_since"]} if "known_since" in claim else {}


def _evidence(case: Case, regimen: Regimen, row: Evidence) -> OptionEvidence:
    nearest = case.ranker.published.tested(regimen)
    return cast(OptionEvidence, {**plain(row), "nearest": nearest is not None and nearest.row is row})


def nearest_benefit(case: Case, regimen: Regimen, place: int | None = None) -> NearestBenefit | None:
    """The row of evidence by which the benefit of a regimen is ranked for this patient; ``None`` if no row may decide.

    ``place``: the band of the regimen among the options. Default: the band by its own evidence alone.
    """
    benefit = case.ranker.published.benefit
    reading = benefit.of(regimen)
    nearest, place = reading.nearest, reading.place if place is None else place
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
        fit=nearest.fit.kind,
        because=list(nearest.fit.because),
        read_as="" if place == benefit.bands.of(row)[0] else case.ranker.comparisons.values["benefit"].values[place],
        text=in_words(nearest),
        source=row.source,
        verified=row.verified,
    )
    if row not in regimen.evidence:
        made["own"] = False
    if beside := [*_of_others(case, regimen, row), *_of_which(case, regimen, row)]:
        made["beside"] = beside
    shown = plain(row)
    if "pfs_months" in shown:
        made["pfs_months"] = shown["pfs_months"]
    if "pfs_rate" in shown:
        made["pfs_rate"] = shown["pfs_rate"]
    return made


def _of_others(case: Case, regimen: Regimen, row: Evidence) -> list[str]:
    """That a row is of other drugs with the same target, and the responses to this one; empty for a row of its own.

    The responses are left out if the others were measured in patients in whom this drug may not have been.
    """
    published = case.ranker.published
    if row in regimen.evidence:
        return []
    said = ["of the others of its target and kind"]
    tested = published.tested(regimen) if published.benefit.of(regimen).borrowed else None
    own = tested.row if tested is not None else None
    if own is not None and own.orr_percent is not None:
        cr = f", CR {own.cr_percent:g} %" if own.cr_percent is not None else ""
        said.append(f"its own: ORR {own.orr_percent:g} %{cr}, {own.trial}")
    return said


def _of_which(case: Case, regimen: Regimen, pool: Evidence) -> list[str]:
    """The figures of the trials that a pooled row contains, each with its trial and its number of patients."""
    found = []
    for row in case.ranker.published.visible(regimen):
        figure = figure_of(row)
        if row.nct in pool.pools and not row.subgroup and figure is not None:
            patients = f", n {row.n}" if row.n is not None else ""
            found.append(f"{row.trial} alone: {figure.said}{patients}")
    return found


def monitoring(case: Case, regimen: Regimen) -> list[Monitoring]:
    """The checklist of a regimen for this patient: what the record excludes is left out; the rest in order."""
    return [row.entered() for row in for_patient(case, regimen)]


def known_by_then(case: Case, statements: Iterable[Statement]) -> Iterator[Statement]:
    """The statements that were known by the day of the decision."""
    return (s for s in statements if case.known(s.source))
