"""Past decisions compared with the options of the day before them.

Each judgement is the answer of `recommend` for that day, seen with the same rules. It judges the record: what was not
recorded was perhaps known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple, get_args

from mmadvisor.answers.audit import (
    LIMITS,
    SCHEMA,
    Against,
    AgainstKind,
    Audit,
    AuditedPatient,
    Counted,
    Judgement,
    NotJudged,
    OfLine,
    Part,
    PartKind,
    Range,
    Share,
)
from mmadvisor.answers.compact import CompactRegimen, Failure, Group
from mmadvisor.answers.stamps import INTENDED_USE, InputEntry
from mmadvisor.base.known import Truth, span
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.citing import ENGINE, Stamp, bibliography, cited, since_of, stamped
from mmadvisor.catalogue.listings import Indication
from mmadvisor.catalogue.rules import Profile
from mmadvisor.formats.patient import Patient
from mmadvisor.history.history import History
from mmadvisor.judging.case import Case
from mmadvisor.judging.results import Result
from mmadvisor.judging.verdict import Assessment
from mmadvisor.reports.compact import placed
from mmadvisor.reports.decisions import Decision, Decisions, regimen_given, whole_history
from mmadvisor.reports.history import undated
from mmadvisor.reports.masking import masked
from mmadvisor.reports.recommend import opened

_NO_LINE = 0


class Asking(NamedTuple):
    """How every decision is judged.

    ``jurisdiction``: a place that replaces the recorded one. ``profile``: the order of comparisons. ``if_relapse``:
    whether to assume a relapse where none is recorded.
    """

    jurisdiction: str | None = None
    profile: str | Profile = "default"
    if_relapse: bool = False


# --- one patient ----------------------------------------------------------------------------------


def audited(patient: Patient, catalogue: Catalogue, day: date, asking: Asking, read_at: InputEntry) -> AuditedPatient:
    """Every decision of a patient, judged as of the day before its first dose.

    Args:
        patient: The patient as the reader returned it.
        catalogue: The catalogue.
        day: The day of the record; a therapy that began later is no past decision.
        asking: How to judge.
        read_at: Where the patient was read.

    Raises:
        UsageError: There is no such jurisdiction or profile.
    """
    history = whole_history(patient, catalogue, day)
    found = Decisions(history)
    number = history.timeline.number
    return AuditedPatient(
        input=read_at,
        patient=patient.id,
        decisions=[_judged(patient, catalogue, history, decision, day, asking) for decision in found.all],
        parts=[Part(therapy=index, number=number(index), kind=kind) for index, kind in found.parts],
    )


def _judged(
    patient: Patient, catalogue: Catalogue, history: History, decision: Decision, today: date, asking: Asking
) -> Judgement:
    made = _unjudged(patient, catalogue, history, decision)
    start = patient.therapies[decision.leading].start
    if start is None:
        return _left(made, "no-date", [f"therapies[{decision.leading}].start"])
    if start.earliest > today:
        return _left(made, "later-than-record")
    if decision.open:
        return _left(made, decision.open, _settling(history, decision))
    unnamed = [u.field for u in history.unnamed if u.entry in decision.members]
    if unnamed:
        return _left(made, "unknown-drugs", unnamed)
    if made["regimen"] is None:
        return _left(made, "several-regimens" if made["candidates"] else "no-such-regimen")
    day = start.earliest - timedelta(days=1)
    case, withheld = opened(
        patient, catalogue, day, jurisdiction=asking.jurisdiction, profile=asking.profile,
        assume_relapse=asking.if_relapse,
    )  # fmt: skip
    made["jurisdiction"] = case.jurisdiction
    made["undated"] = undated(case)
    regimens = placed(case, withheld)
    entry = regimens[made["regimen"]]
    made["verdict"] = entry["verdict"]
    # State, fitness and values of the record describe a later time than that of a first line.
    first_line = decision.line == 1 and patient.get("disease.state") != "newly_diagnosed"
    if case.too_early or first_line:
        return _left(made, "before-first-therapy")
    if withheld:
        return _left(made, "no-relapse")
    assessment = next(a for a in case.assessments if a.regimen.id == made["regimen"])
    compared = _compared(made, case, assessment, entry, regimens)
    by_time = compared["reason"] in ("not-yet-approved", "not-yet-recommended")
    compared["date_matters"] = by_time and any(begins <= start.latest for begins in _begins(case, assessment))
    return compared


def _unjudged(patient: Patient, catalogue: Catalogue, history: History, decision: Decision) -> Judgement:
    """What the record alone shows about a decision."""
    matched = regimen_given(catalogue, history, decision)
    start = patient.therapies[decision.leading].start
    names = catalogue.formulary.by_id
    agents = dict.fromkeys(g.agent for i in decision.members for g in patient.therapies[i].given)
    only = matched.regimens[0].id if len(matched.regimens) == 1 else None
    return Judgement(
        therapy=decision.leading,
        number=history.timeline.number(decision.leading),
        therapies=list(decision.members),
        line=decision.line,
        drugs=[names[a].name for a in agents],
        start=None if start is None else start.written,
        partial=start is not None and not start.exact,
        day=None if start is None else (start.earliest - timedelta(days=1)).isoformat(),
        date_matters=False,
        jurisdiction="",
        regimen=only,
        matched_by=matched.by if only else None,
        candidates=[] if only else [r.id for r in matched.regimens],
        judged=False,
        not_judged="",
        missing=[],
        offered=None,
        verdict=None,
        group=None,
        rank=None,
        tied=None,
        provisional_rank=None,
        reason="",
        against=[],
        options=None,
        first=[],
        undated=[],
    )


def _left(made: Judgement, why: NotJudged, missing: Iterable[str] = ()) -> Judgement:
    """A decision that is not judged."""
    made["not_judged"], made["missing"] = why, list(missing)
    return made


def _settling(history: History, decision: Decision) -> tuple[str, ...]:
    """The fields that would show the line of an entry, or its place in order of time."""
    if decision.open == "line-unknown":
        return history.line_accounts.whether_a_line(decision.leading)
    places = [i for i, line in enumerate(history.lines_of_therapy.in_use.of_entry) if line == decision.line]
    return history.timeline.open_fields(places)


def _compared(
    made: Judgement, case: Case, assessment: Assessment, entry: CompactRegimen, regimens: dict[str, CompactRegimen]
) -> Judgement:
    """The decision compared with the options of the day."""
    ranked = {regimen: e["rank"] for regimen, e in regimens.items() if "rank" in e}
    made["options"] = len(ranked)
    made["first"] = [regimen for regimen in case.order if ranked[regimen] == 1]
    made["provisional_rank"] = entry.get("provisional_rank")
    if assessment.verdict == "undetermined":
        made["against"] = [_entry(case, "not-known", r) for r in assessment.open_questions]
        return _cited(made, case, _left(made, "undetermined", assessment.missing))
    offered = "rank" in entry
    made["judged"], made["offered"] = True, offered
    made["group"], made["rank"], made["tied"] = entry.get("group"), entry.get("rank"), entry.get("tied")
    made["against"] = sorted(_against(case, assessment, offered=offered), key=_first_reason)
    if not offered:
        made["reason"] = next((k for k in get_args(AgainstKind) for a in made["against"] if a["kind"] == k), "")
    return _cited(made, case, made)


def _first_reason(against: Against) -> int:
    kinds: tuple[str, ...] = get_args(AgainstKind)
    return kinds.index(against["kind"])


def _cited(made: Judgement, case: Case, judged: Judgement) -> Judgement:
    """The judgement, in which each reason whose source is later than the day is marked."""
    cited(case.catalogue, made["against"], case.history.as_of)
    return judged


# --- the reasons ----------------------------------------------------------------------------------


def _against(case: Case, a: Assessment, *, offered: bool) -> Iterator[Against]:
    """What keeps a regimen from the options; of an option, only that it is not funded."""
    if not offered:
        if not a.available:
            yield _of_access(a, _not_available(case, a))
        for result in a.failing:
            yield _entry(case, _kind(case, a, result), result)
        if a.verdict == "off-label":
            yield _of_access(a, "off-label")
    if a.access.funded is Truth.NOT_MET:
        funding = a.access.funding.by
        source, verified = (funding.funding.source, funding.funding.verified) if funding else ("", "")
        yield _plain("not-funded", funding.funding.called if funding else "", source, verified)


def _kind(case: Case, a: Assessment, result: Result) -> AgainstKind:
    criterion = result.criterion
    if a.verdict == "deferred":
        return "must-wait"
    if criterion.type == "active":
        return "refractory-again"
    if criterion.type == "state":
        return "another-state"
    if not criterion.over_therapies:
        return "contraindicated"
    of_label = any(criterion is c for _, c, _ in case.assessor.label(a.rule).criteria)
    return "outside-indication" if of_label else "earlier-therapy"


def _not_available(case: Case, a: Assessment) -> AgainstKind:
    """Whether a label, or only a guideline, takes the regimen up after the day."""
    later = _later(case, a)
    if any(not case.catalogue.by_guideline(i) for i in later):
        return "not-yet-approved"
    return "not-yet-recommended" if later else "not-available"


def _later(case: Case, a: Assessment) -> list[Indication]:
    """The indications that begin after the day in the jurisdiction; in any jurisdiction, if none is known."""
    catalogue, day = case.catalogue, case.history.as_of
    here = [case.jurisdiction] if case.jurisdiction in catalogue.jurisdictions else [*catalogue.jurisdictions]
    listings = [x for code in here if (x := catalogue.listing(code, a.regimen)) is not None]
    return [i for x in listings for i in x.indications if i.since is not None and span(i.since).earliest > day]


def _begins(case: Case, a: Assessment) -> list[date]:
    """The first days on which these indications may begin."""
    return [span(i.since).earliest for i in _later(case, a) if i.since is not None]


def _entry(case: Case, kind: AgainstKind | Literal["not-known"], result: Result) -> Against:
    criterion = result.criterion
    return Against(
        kind=kind,
        criterion=criterion.id,
        type=criterion.type,
        text=result.told(case.catalogue.words),
        required=result.required(case.catalogue.words),
        found=result.finding.found,
        source=criterion.source,
        verified=criterion.verified if criterion.source else "",
        **since_of(criterion),
    )


def _of_access(a: Assessment, kind: AgainstKind) -> Against:
    approval = a.approval
    return _plain(kind, approval.note, approval.source, approval.verified)


def _plain(kind: AgainstKind, text: str, source: str, verified: str) -> Against:
    """A reason that is no criterion."""
    return Against(kind=kind, criterion="", type="", text=text, required="", found="", source=source, verified=verified)


# --- all patients ---------------------------------------------------------------------------------


class Tables(NamedTuple):
    """The counts of an audit; ``mask``: whether small counts are masked."""

    decisions: Sequence[Judgement]
    parts: Sequence[PartKind]
    mask: bool

    @property
    def judged(self) -> list[Judgement]:
        """The decisions that are judged."""
        return [d for d in self.decisions if d["judged"]]

    @property
    def offered(self) -> list[Judgement]:
        """The judged decisions for a regimen among the options."""
        return [d for d in self.judged if d["offered"]]

    def by_line(self) -> list[OfLine]:
        """Decisions by line; the last row has those of an unknown line."""
        lines = [d["line"] or _NO_LINE for d in self.decisions]
        shown = sorted(set(lines), key=lambda line: (line == _NO_LINE, line))
        columns = [
            self._masked([sum((d["line"] or _NO_LINE) == line for d in rows) for line in shown])
            for rows in (self.decisions, self.judged, self.offered)
        ]
        return [
            OfLine(line=line, decisions=decisions, judged=judged, offered=offered)
            for line, decisions, judged, offered in zip(shown, *columns, strict=True)
        ]

    def counted(self, kinds: Iterable[str], order: Sequence[str]) -> list[Counted]:
        """How often each kind occurs, in an order; kinds that do not occur are left out."""
        counts = Counter(kinds)
        shown = [kind for kind in order if counts[kind]]
        masked = self._masked([counts[kind] for kind in shown])
        return [Counted(kind=kind, decisions=number) for kind, number in zip(shown, masked, strict=True)]

    def _masked(self, counts: Sequence[int]) -> list[int | None]:
        return masked(counts) if self.mask else [*counts]


def audit(
    catalogue: Catalogue,
    stamp: Stamp,
    made_on: date,
    asking: Asking,
    patients: Sequence[AuditedPatient],
    unread: Sequence[Failure] = (),
    *,
    mask: bool = True,
) -> Audit:
    """The decisions of all patients with their counts; coverage and concordance are never joined in one number."""
    decisions = [d for p in patients for d in p["decisions"]]
    tables = Tables(decisions, [part["kind"] for p in patients for part in p["parts"]], mask)
    judged, offered = tables.judged, tables.offered
    first = [d for d in offered if d["rank"] == 1]
    hanging = sum(d["not_judged"] == "undetermined" for d in decisions)
    known = len(judged) + hanging
    profile = asking.profile
    made = Audit(
        schema=SCHEMA,
        made_on=made_on.isoformat(),
        profile=profile if isinstance(profile, str) else profile.id,
        if_relapse=asking.if_relapse,
        patients=len(patients),
        unread=list(unread),
        coverage=_share(len(judged), len(decisions)),
        concordance=_share(len(offered), len(judged)),
        if_all_known=Range(lowest=_share(len(offered), known), highest=_share(len(offered) + hanging, known)),
        first_rank=_share(len(first), len(judged)),
        undated=_share(sum(bool(d["undated"]) for d in judged), len(judged)),
        by_line=tables.by_line(),
        by_group=tables.counted((str(d["group"]) for d in offered), get_args(Group)),
        by_reason=tables.counted((d["reason"] for d in judged if not d["offered"]), get_args(AgainstKind)),
        by_not_judged=tables.counted((d["not_judged"] for d in decisions if not d["judged"]), get_args(NotJudged)),
        parts=tables.counted(tables.parts, get_args(PartKind)),
        masked=mask,
        audited=list(patients),
        limits=list(LIMITS),
        settings_ignored=[],
        engine=ENGINE,
        catalogue=stamped(catalogue, stamp, made_on),
        sources={},
        intended_use=INTENDED_USE,
    )
    made["sources"] = bibliography(catalogue, made)
    return made


def _share(number: int, of: int) -> Share:
    return Share(number=number, of=of, percent=round(100 * number / of, 1) if of else None)
