"""The derived history of a patient as plain data, and warnings about the record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mmadvisor.answers.recommendation import (
    AgentEntry,
    ClassEntry,
    HistoryEntry,
    LabelEntry,
    LineCount,
    Person,
    PriorLines,
    TherapyEntry,
)
from mmadvisor.base.english import listed
from mmadvisor.base.errors import Problem
from mmadvisor.base.known import Span, Truth
from mmadvisor.formats.paths import therapy_in
from mmadvisor.formats.patient import BASELINES, PLACEBO, Given, Labs, Patient
from mmadvisor.history.history import History
from mmadvisor.history.laboratory import lab
from mmadvisor.history.lines import Lines
from mmadvisor.history.record import LINE_DEFINITIONS
from mmadvisor.judging.case import Case
from mmadvisor.judging.treat_now import due_now, named


def _lines(lines: Lines) -> LineCount:
    return LineCount(count=lines.low, at_least=lines.low, at_most=lines.high, definition=lines.definition)


def history_entry(case: Case, labels: list[LabelEntry]) -> HistoryEntry:
    """All derived facts, with their reasons."""
    history = case.history
    lines = history.lines
    others = [history.count_lines(d) for d in LINE_DEFINITIONS if d != lines.definition]
    clearance, how, _ = history.creatinine_clearance
    possible, frailty_how, _ = history.frailty
    shown = how if clearance is None else f"{clearance.in_words} mL/min ({how})"
    return HistoryEntry(
        complete=history.complete.answer,
        state=history.state[0] or "unknown",
        prior_lines=PriorLines(
            **_lines(lines),
            reasons=list(lines.reasons),
            alternatives=[_lines(o) for o in others if (o.low, o.high) != (lines.low, lines.high)],
        ),
        agents=_agents(case),
        classes=[_class(case, shown) for shown in shown_classes(history)],
        labels=labels,
        therapies=[_therapy(case, i) for i in history.timeline.order],
        progressed_on_last=history.relapses.progressed_on_last().answer,
        creatinine_clearance=shown,
        frailty=f"{' or '.join(possible)} ({frailty_how})" if len(possible) < 3 else "unknown",
    )


def person(case: Case) -> Person:
    """Sex, age, ECOG status, frailty and clearance, each only if it is known."""
    get = case.history.patient.get
    clearance, _, _ = case.history.creatinine_clearance
    possible, _, _ = case.history.frailty
    return Person(
        sex=get("demographics.sex") or "",
        age=get("demographics.age"),
        ecog=get("fitness.ecog"),
        frailty=possible[0] if len(possible) == 1 else "",
        clearance=clearance.low if clearance is not None and clearance.low == clearance.high else None,
    )


def _agents(case: Case) -> list[AgentEntry]:
    history = case.history
    entries: list[AgentEntry] = []
    for agent in {e.agent.id: e.agent for e in history.exposures}.values():
        finding = history.refractory_agent(agent.id)
        since = history.relapses.days_since_dose(agent.id)
        entries.append(
            {
                "agent": agent.id,
                "name": agent.name,
                "class": agent.classes[0],
                "exposed": "yes",
                "refractory": finding.truth.answer,
                "because": finding.found,
                "therapies": sorted({e.entry for e in history.exposures if e.agent.id == agent.id}),
                "months_since_last_dose": None if since is None or since.low is None else round(since.low / 30.4375, 1),
                "missing": list(finding.missing),
                "missing_names": [named(case, field) for field in finding.missing],
            }
        )
    return entries


class Shown(NamedTuple):
    """A class of an answer; ``modality`` is empty for the whole class. ``token`` is its name for the history."""

    class_id: str
    modality: str

    @property
    def token(self) -> str:
        """The name of the class, with the modality."""
        return f"{self.class_id}/{self.modality}" if self.modality else self.class_id

    def refractory(self, history: History, truth: Truth) -> str:
        """The refractoriness as yes, no or unknown; doubtful if the target may have been lost."""
        return "doubtful" if truth is Truth.NOT_MET and history.doubtful_class(self.class_id) else truth.answer


def shown_classes(history: History) -> Iterator[Shown]:
    """The classes of an answer; a class with a target is followed by each of its modalities that the patient had."""
    formulary = history.formulary
    for drug_class in formulary.classes:
        members = [formulary.by_id[a] for a in formulary.members(drug_class.id)]
        if all(agent.supportive for agent in members):
            continue
        yield Shown(drug_class.id, "")
        if drug_class.by_target_and_modality and history.is_exposed_to(drug_class.id) is Truth.MET:
            given = {e.agent.modality for e in history.exposures if drug_class.id in e.agent.classes}
            for unnamed in history.record.surely(drug_class.id):
                shared = {formulary.by_id[agent].modality for agent in unnamed.candidates}
                given |= shared if len(shared) == 1 else set()
            yield from (Shown(drug_class.id, modality) for modality in sorted(given))


def _class(case: Case, shown: Shown) -> ClassEntry:
    exposed, refractory = case.history.exposed_to(shown.token), case.history.refractory_to(shown.token)
    entry: ClassEntry = {
        "class": shown.class_id,
        "exposed": exposed.truth.answer,
        "refractory": shown.refractory(case.history, refractory.truth),
        "because": refractory.found,
        "missing": list(refractory.missing),
        "missing_names": [named(case, field) for field in refractory.missing],
    }
    if shown.modality:
        entry["modality"] = shown.modality
    return entry


def _therapy(case: Case, index: int) -> TherapyEntry:
    therapy = case.history.patient.therapies[index]

    def text(value: object) -> str | None:
        return value.written if isinstance(value, Span) else None if value is None else str(value)

    formulary = case.catalogue.formulary
    return TherapyEntry(
        index=index,
        number=case.history.timeline.number(index),
        called=case.history.called_with_days(index),
        line=case.history.lines.of_entry[index],
        intent=therapy.intent,
        regimen=therapy.regimen,
        agents=[
            {
                "agent": agent.id if agent else "unknown",
                "name": agent.name if agent else _not_known(case, g),
                "dose": g.dose,
                "modality": agent.modality if agent else None,
                "start": text(g.start or therapy.start),
                "stop": text(g.stop or therapy.stop),
            }
            for g in (*therapy.given, *therapy.unnamed)
            for agent in [formulary.by_id[g.agent] if g.agent is not None else None]
        ],
        start=text(therapy.start),
        stop=text(therapy.stop),
        best_response=therapy.best_response,
        progressed_on=text(therapy.progressed_on),
        stop_reason=therapy.stop_reason,
    )


def _not_known(case: Case, given: Given) -> str:
    """A drug of unknown name in words: which drugs it may have been, or which drugs it was not."""
    if given.one_of is not None:
        listed = ("a placebo" if name == PLACEBO else case.history.token_name(name) for name in given.one_of)
        return f"not known: {' or '.join(listed)}"
    if given.not_ is not None:
        return f"not known, but not {' or '.join(map(case.history.token_name, given.not_))}"
    return "drug not known"


def warnings(case: Case, of_the_reader: Iterable[Problem | str]) -> list[str]:
    """Warnings: of the reader of the file, then about other drugs and about the history."""
    return [*_told_in_time(case, of_the_reader), *doubts(case), *case.assessor.interactions.unknown()]


def doubts(case: Case) -> list[str]:
    """Warnings about the record."""
    history = case.history
    return [
        *_order_warnings(case),
        *_line_warnings(history),
        *_undated_relapse(case),
        *_undated_relapses(case),
        *_narrowed_short_of_a_class(history),
        *_kidney_warnings(history),
        *_contradicted(history),
        *_toxicity_warnings(case),
        *_cancer_warnings(history),
        *_undated(case),
        *_unknown_place(case),
    ]


def contradictions(case: Case) -> list[str]:
    """Recorded facts that contradict each other or a recorded value; ``treat_now`` and ``doubts`` contain them too."""
    question, _ = due_now(case)
    return [*question["contradictions"], *_kidney_warnings(case.history), *_contradicted(case.history)]


def _told_in_time(case: Case, warnings: Iterable[Problem | str]) -> list[str]:
    """Warnings in words: first those without a field, then by field, with therapies in order of time."""
    found = list(warnings)
    of_fields = sorted((w for w in found if not isinstance(w, str)), key=lambda w: case.history.in_time(w.path))
    return [*(w for w in found if isinstance(w, str)), *(_in_words(case, w) for w in of_fields)]


def _in_words(case: Case, problem: Problem) -> str:
    """One warning, with a therapy by its name and any other field by its path."""
    place = therapy_in(problem.path)
    about = problem.path if place is None or place >= case.history.recorded else case.history.called(place)
    return f"{about}: {problem.message}" + (f" (found {problem.found})" if problem.found else "")


def _order_warnings(case: Case) -> list[str]:
    """Warnings that the order of therapies is not known, or is taken from the order in the file."""
    history, timeline = case.history, case.history.timeline
    if timeline.assumed:
        return ["No therapy has a date or a line: the order of the file is taken as the order of time"]
    return [
        f"It is not known which came first, {history.called_with_days(a)}, or {history.called_with_days(b)}: record "
        f"the {' and the '.join(named(case, field) for field in timeline.open_between(a, b))}"
        for n, a in enumerate(history.treatments)
        for b in history.treatments[n + 1 :]
        if timeline.follows(a, b) is Truth.UNKNOWN
    ]


def _narrowed_short_of_a_class(history: History) -> list[str]:
    """Warnings about unknown drugs for which most of a class is excluded: the rest may have been forgotten."""
    formulary, found = history.formulary, []
    for index in history.timeline.order:
        therapy = history.patient.therapies[index]
        excluded = {name for given in therapy.unnamed for name in given.not_ or ()}
        possible = {a for unnamed in history.unnamed if unnamed.entry == index for a in unnamed.candidates}
        for drug_class in formulary.class_by_id if excluded else ():
            members = formulary.members(drug_class)
            left = sorted(formulary.by_id[agent].name for agent in members & possible)
            if left and len(members & excluded) > len(left):
                found.append(
                    f"{history.called(index)}: may still have had {' or '.join(left)}. To exclude the whole class, "
                    f"write not: [{drug_class}]"
                )
    return found


def _line_warnings(history: History) -> list[str]:
    lines, derived = history.lines, history.derived_lines()
    found: list[str] = []
    if not history.treatments and history.state[0] in ("relapsed", "responding"):
        found.append(
            "no treatment is recorded although the disease came back or responds: what was given, and what it did, "
            "decides most of what follows"
        )
    stated = any(t.line is not None for t in history.patient.therapies)
    if stated and derived.bounds.at_least(lines.low) is not Truth.UNKNOWN and derived.low != lines.low:
        found.append(f"the file states {lines.low} lines, the record counts {derived.low}: the stated number is used")
    support = [i for i in range(len(history.patient.therapies)) if i not in history.treatments]
    found += [
        f"{history.called_with_days(i)}: no line of its own (steroids, preparation or support alone); is that right?"
        for i in support
    ]
    return found


def _undated_relapse(case: Case) -> list[str]:
    """A warning that drugs count as not refractory, because a complete list has no day of the present relapse."""
    history = case.history
    last = history.last_line[-1] if history.last_treated is not None else None
    if last is None or history.complete is not Truth.MET or history.state[0] != "relapsed":
        return []
    if history.relapse_recorded() is not Truth.NOT_MET:
        return []
    return [
        (
            f"The day of the relapse after {history.called(last)} is not recorded. The list is said to be "
            "whole: for refractoriness the relapse counts as later than the window of its drugs. Record the "
            f"{named(case, history.relapse_field)}, which the file counts from 0: {history.relapse_field}"
        )
    ]


def _undated_relapses(case: Case) -> list[str]:
    """Warnings that a complete list has no day for a relapse after which another line was given."""
    history = case.history
    return [
        (
            f"{history.called_with_days(answer)} was given for relapse, and no progression is recorded before it. The "
            f"list is said to be whole: none counts, neither for refractoriness nor for how soon it came. Record the "
            f"{named(case, field)}, which the file counts from 0: {field}"
        )
        for index, answer in history.progressions.undated_relapses()
        for field in [f"therapies[{index}].progressed_on"]
    ]


def _kidney_warnings(history: History) -> list[str]:
    clearance, how, missing = history.creatinine_clearance
    on_dialysis = history.patient.get("comorbidities.dialysis")
    found = []
    if on_dialysis and clearance is None and "comorbidities.dialysis" in missing:
        found.append(f"{how}: neither is used until one is put right")
    limits = history.definitions
    creatinine = lab(history.patient, "creatinine_umol_per_l", history.as_of, limits.laboratory_days.value)
    limit = limits.creatinine_rise_umol_per_l.value
    if on_dialysis and creatinine is not None and creatinine.holds and creatinine.value < limit:
        found.append(
            f"comorbidities.dialysis is recorded, but {creatinine.field} is {creatinine.value:g} µmol/L "
            f"({creatinine.when}), below {limit:g}: was it taken after a session, or which of the two is right?"
        )
    return found


def _contradicted(history: History) -> list[str]:
    """Warnings about statements that another recorded fact contradicts; the program uses the statement."""
    get, found = history.patient.get, []
    if get("comorbidities.pregnancy") and get("demographics.sex") == "male":
        found.append("comorbidities.pregnancy is recorded, but demographics.sex is male: which of the two is right?")
    if get("comorbidities.active_gvhd") and get("comorbidities.prior_allogeneic_transplant") is False:
        found.append(
            "comorbidities.active_gvhd is recorded, but comorbidities.prior_allogeneic_transplant is false: which of "
            "the two is right?"
        )
    stated, by_items = get("fitness.frailty"), history.organs.frailty_by_items
    if stated is not None and stated not in by_items:
        found.append(
            f"fitness.frailty is recorded as {stated}, but age, ADL, IADL and Charlson index as recorded give "
            f"{' or '.join(by_items)} by the IMWG items: which of the two is right?"
        )
    return found


_FINDINGS = {
    "disease.cytogenetics": "cytogenetics",
    "disease.m_protein": "a paraprotein",
    "comorbidities.second_cancers": "a second cancer",
}
# None of these fields can have a day.
_WITHOUT_DAYS = {
    "disease": "the disease",
    "fitness": "fitness",
    "comorbidities": "comorbidities",
    "toxicities": "toxicities",
    "co_medication": "co-medication",
}


def _undated(case: Case) -> list[str]:
    """A warning, in an answer as of an earlier day, about values without a day: they may be later than that day."""
    found = undated(case)
    said = [_FINDINGS.get(field) or case.catalogue.words.field(field) for field in found if field not in _WITHOUT_DAYS]
    held = [_WITHOUT_DAYS[part] for part in found if part in _WITHOUT_DAYS]
    said += [f"what is recorded of {listed(held)}"] if held else []
    day = case.history.as_of
    return [f"these carry no day and may be of a later one than {day}: {', '.join(said)}"] if said else []


def undated(case: Case) -> list[str]:
    """The fields, and the groups of fields, that have no day, in an answer as of an earlier day; otherwise none."""
    patient = case.history.patient
    if patient.assessed_on is None or patient.assessed_on.earliest <= case.history.as_of:
        return []
    names = list(Labs.defaults()) if patient.labs is not None else []
    known = [n for n in names if n not in BASELINES and getattr(patient.labs, n) is not None]
    values = [f"labs.{name}" for name in known if patient.lab_day(name) is None]
    return [*values, *_undated_findings(patient), *(part for part in _WITHOUT_DAYS if getattr(patient, part))]


def _undated_findings(patient: Patient) -> Iterator[str]:
    """Other findings that could have a day, and have none."""
    if patient.get("disease.cytogenetics") is not None and patient.get("disease.cytogenetics_on") is None:
        yield "disease.cytogenetics"
    if any(m.on is None for m in patient.get("disease.m_protein") or ()):
        yield "disease.m_protein"
    if any(c.found_on is None for c in patient.get("comorbidities.second_cancers") or ()):
        yield "comorbidities.second_cancers"


def _toxicity_warnings(case: Case) -> list[str]:
    """Recorded events that decide nothing, and agents with an event that are not among the therapies."""
    history = case.history
    if not history.patient.toxicities:
        return []
    read = {where for a in case.assessments for r in a.of_events for where in r.finding.where}
    found = []
    for i, toxicity in enumerate(history.patient.toxicities):
        path, agent = f"toxicities[{i}]", toxicity.agent
        if agent is not None and history.is_exposed_to(agent) is not Truth.MET:
            name = history.formulary.by_id[agent].name
            found.append(
                f"toxicity {i + 1} ({path}): {name} is not among the therapies; is it missing there, or the wrong "
                "agent here?"
            )
        elif path not in read:
            grade = "" if toxicity.grade is None else f", grade {toxicity.grade}"
            found.append(
                f"toxicity {i + 1} ({path}): {toxicity.event}{grade} is on record; no rule reads it, so it changed "
                "nothing here"
            )
    return found


def _cancer_warnings(history: History) -> list[str]:
    """Drugs that may have caused a second cancer and are not among the therapies."""
    found = []
    for i, cancer in enumerate(history.patient.get("comorbidities.second_cancers") or ()):
        if cancer.after is not None and history.is_exposed_to(cancer.after) is not Truth.MET:
            name = history.formulary.by_id[cancer.after].name
            path = f"comorbidities.second_cancers[{i}].after"
            found.append(
                f"second cancer {i + 1} ({path}): {name} is not among the therapies; is it missing there, or the wrong "
                "agent here?"
            )
    return found


def _unknown_place(case: Case) -> list[str]:
    if case.jurisdiction != "unknown":
        return []
    return ["no jurisdiction is recorded: a regimen is closed only where every label known closes it"]
