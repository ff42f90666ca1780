"""What is derived of the patient, as plain data; and whether treatment is the question at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from mmadvisor.answer import (
    AgentEntry,
    ClassEntry,
    Emergency,
    HistoryEntry,
    LabelEntry,
    LineCount,
    PriorLines,
    TherapyEntry,
    TreatNow,
)
from mmadvisor.case import Case
from mmadvisor.catalogue import Catalogue
from mmadvisor.errors import Problem
from mmadvisor.history import LINE_DEFINITIONS, History, Lines
from mmadvisor.patient import Given, MProtein, therapy_in
from mmadvisor.truth import Span, Truth, all_of, any_of

# --- is treatment the question? -----------------------------------------------------------------


def treat_now(case: Case, labels: Mapping[str, str]) -> TreatNow:
    """Whether treatment is the question, and what comes first; emergencies before everything."""
    rules = case.catalogue.treatment
    get = case.history.patient.get
    emergencies = [
        Emergency(emergency=e, text=s.text, source=s.source, verified=s.verified)
        for e in get("disease.emergencies") or ()
        for s in [rules.emergencies[e]]
    ]
    answer, because, source, ask = _question(case, labels)
    if emergencies and answer not in ("treat", "not-active-myeloma"):
        answer, because = "treat", f"an emergency is recorded; {because}"
    return TreatNow(answer=answer, because=because, source=source, emergencies=emergencies, ask=ask)


def _question(case: Case, labels: Mapping[str, str]) -> tuple[str, str, str, list[str]]:
    history, get = case.history, case.history.patient.get
    rules = case.catalogue.treatment
    source = rules.serum_rise_g_per_l.source
    state, _ = history.state
    if state == "smouldering":
        return "not-active-myeloma", "smouldering myeloma is recorded, not active disease", source, []
    if state == "responding":
        return "no-relapse-recorded", "the disease is recorded as responding", source, []
    if state == "newly_diagnosed":
        return "treat", "newly diagnosed active myeloma", source, []
    if state is None and not history.treatments:
        return "unknown", "no therapy and no state of the disease is recorded", source, [
            "Is this newly diagnosed, smouldering or relapsed myeloma? Record disease.state."
        ]  # fmt: skip
    ask: list[str] = []
    recorded = history.relapse_recorded()
    if recorded is not Truth.MET and not history.assume_relapse:
        ask.append(
            "No progression is recorded since the last therapy: is a new line needed at all "
            "(remission, slow biochemical relapse)?"
        )
        if state is None:
            if recorded is Truth.NOT_MET:
                return "no-relapse-recorded", "no progression is recorded since the last therapy", source, ask
            return "unknown", "whether the disease has relapsed is not recorded", source, ask
    kind = get("disease.relapse.kind")
    if kind == "clinical":
        return "treat", "clinical relapse", source, ask
    if kind is None:
        why = "whether the relapse is clinical or biochemical is not recorded"
        return "unknown", why, source, [*ask, "Record disease.relapse.kind."]
    return *_biochemical(case, labels), source, ask


def _biochemical(case: Case, labels: Mapping[str, str]) -> tuple[str, str]:
    """A biochemical relapse: significant, in high-risk disease, or one to watch [imwg-relapse]."""
    rules = case.catalogue.treatment
    significant, shown = significant_relapse(case.history.patient.get("disease.m_protein") or (), case.catalogue)
    if significant is Truth.MET:
        return "treat", f"significant paraprotein relapse: {shown}"
    risky = [name for name in rules.treat_anyway if labels.get(name) == "yes"]
    if risky:
        return "treat", f"biochemical relapse of {' and '.join(risky)}"
    if significant is Truth.UNKNOWN:
        return "unknown", f"biochemical relapse; {shown}"
    unsettled = [name for name in rules.treat_anyway if labels.get(name) == "unknown"]
    weeks = rules.repeat_weeks.value
    hedge = f"; {' and '.join(unsettled)} is not settled" if unsettled else ""
    return "observe", f"biochemical relapse below the threshold ({shown}){hedge}: repeat in {weeks:g} weeks"


def significant_relapse(series: Iterable[MProtein], catalogue: Catalogue) -> tuple[Truth, str]:
    """Whether the paraprotein makes a significant relapse [imwg-relapse], and what was seen.

    Doubling within two months from a floor, or an absolute rise in serum, urine or light chains.
    Fewer than two dated measurements leave it unknown.
    """
    rules = catalogue.treatment
    dated = sorted((m for m in series if m.on is not None), key=lambda m: m.on.earliest if m.on else date.min)
    if len(dated) < 2:
        return Truth.UNKNOWN, "fewer than two dated measurements of the paraprotein"
    last = dated[-1]
    shown: list[str] = []
    truths: list[Truth] = []
    rises = (
        ("serum", "g/L", "serum_g_per_l", rules.serum_rise_g_per_l.value),
        ("urine", "mg/24 h", "urine_mg_per_24h", rules.urine_rise_mg_per_24h.value),
        ("dFLC", "mg/L", "dflc_mg_per_l", rules.dflc_rise_mg_per_l.value),
    )
    for name, unit, field, limit in rises:
        now = getattr(last, field)
        before = [getattr(m, field) for m in dated[:-1] if getattr(m, field) is not None]
        if now is None or not before:
            continue
        rise = now - min(before)
        shown.append(f"{name} {min(before):g} to {now:g} {unit}")
        truths.append(Truth.MET if rise >= limit else Truth.NOT_MET)
    for first in dated[:-1]:
        a, b = first.serum_g_per_l, last.serum_g_per_l
        if a is None or b is None or first.on is None or last.on is None or a <= 0:
            continue
        if b < 2 * a or b - a < rules.doubling_from_g_per_l.value:
            continue
        quick = first.on.days_until(last.on).at_most(rules.doubling_days.value)
        truths.append(quick)
        if quick is Truth.MET:
            shown.append("doubled within two months")
    if not truths:
        return Truth.UNKNOWN, "no series of serum, urine or light chains"
    return any_of(truths), "; ".join(shown)


# --- history ------------------------------------------------------------------------------------


def label(case: Case, name: str) -> LabelEntry:
    """A word of the field for the history, whether it holds, and what would settle it."""
    known = case.catalogue.labels[name]
    findings = [case.assessor.decisions.of(c) for c in known.when]
    truth = all_of(f.truth for f in findings)
    deciding = [f for f in findings if f.truth is truth]
    missing = dict.fromkeys(m for f in findings if f.truth is Truth.UNKNOWN for m in f.missing)
    return LabelEntry(
        label=name,
        value=truth.answer,
        because="; ".join(dict.fromkeys(f.found for f in deciding)),
        missing=list(missing) if truth is Truth.UNKNOWN else [],
        source=known.source,
    )


def _lines(lines: Lines) -> LineCount:
    return LineCount(count=lines.low, at_least=lines.low, at_most=lines.high, definition=lines.definition)


def history_entry(case: Case, labels: list[LabelEntry]) -> HistoryEntry:
    """All that is derived, with its proof."""
    history = case.history
    lines = history.lines
    others = [history.count_lines(d) for d in LINE_DEFINITIONS if d != lines.definition]
    clearance, how, _ = history.creatinine_clearance
    possible, frailty_how, _ = history.frailty
    if clearance is None:
        shown = how
    elif clearance.low == clearance.high:
        shown = f"{clearance.low:g} mL/min ({how})"
    else:
        shown = f"at most {clearance.high:g} mL/min ({how})"
    return HistoryEntry(
        complete=history.complete.answer,
        state=history.state[0] or "unknown",
        prior_lines=PriorLines(
            **_lines(lines),
            reasons=list(lines.reasons),
            alternatives=[_lines(o) for o in others if (o.low, o.high) != (lines.low, lines.high)],
        ),
        agents=_agents(case),
        classes=_classes(case),
        labels=labels,
        therapies=[_therapy(case, i) for i in history.timeline.order],
        progressed_on_last=history.progressed_on_last().truth.answer,
        creatinine_clearance=shown,
        frailty=f"{' or '.join(possible)} ({frailty_how})" if len(possible) < 3 else "unknown",
    )


def _agents(case: Case) -> list[AgentEntry]:
    history = case.history
    entries: list[AgentEntry] = []
    for agent in {e.agent.id: e.agent for e in history.exposures}.values():
        finding = history.refractory_agent(agent.id)
        since, *_ = history.days_since_dose(agent.id)
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
            }
        )
    return entries


def _classes(case: Case) -> list[ClassEntry]:
    history, formulary = case.history, case.catalogue.formulary
    entries: list[ClassEntry] = []
    for drug_class in formulary.classes:
        members = [formulary.by_id[a] for a in formulary.members(drug_class.id)]
        if all(agent.supportive for agent in members):
            continue
        entries.append(_class(case, drug_class.id, ""))
        if drug_class.by_target_and_modality and history.exposed_to(drug_class.id).truth is Truth.MET:
            given = {e.agent.modality for e in history.exposures if drug_class.id in e.agent.classes}
            entries += [_class(case, drug_class.id, modality) for modality in sorted(given)]
    return entries


def _class(case: Case, class_id: str, modality: str) -> ClassEntry:
    token = f"{class_id}/{modality}" if modality else class_id
    exposed, refractory = case.history.exposed_to(token), case.history.refractory_to(token)
    value = refractory.truth.answer
    if value == "no" and case.history.doubtful_class(class_id):
        value = "doubtful"
    entry: ClassEntry = {
        "class": class_id,
        "exposed": exposed.truth.answer,
        "refractory": value,
        "because": refractory.found,
        "missing": list(refractory.missing),
    }
    if modality:
        entry["modality"] = modality
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
    """A drug that nobody knows, and what is known of it all the same."""
    if given.one_of is not None:
        listed = list(map(case.history.token_name, given.one_of))
        return f"not known: {' or '.join(listed)}" + (" or a placebo" if len(listed) == 1 else "")
    if given.not_ is not None:
        return f"not known, but not {' or '.join(map(case.history.token_name, given.not_))}"
    return "drug not known"


def doubts(case: Case) -> list[str]:
    """What in the record asks for a second look."""
    history = case.history
    return [
        *_order_warnings(history),
        *_line_warnings(history),
        *_kidney_warnings(history),
        *_toxicity_warnings(case),
        *_unknown_place(case),
    ]


def in_words(case: Case, problem: Problem) -> str:
    """What the reader found doubtful; a therapy by its name, any other field by its path."""
    place = therapy_in(problem.path)
    about = problem.path if place is None or place >= case.history.recorded else case.history.called(place)
    return f"{about}: {problem.message}" + (f" (found {problem.found})" if problem.found else "")


def _order_warnings(history: History) -> list[str]:
    """What the order of the therapies rests on where no date decides it."""
    timeline = history.timeline
    if timeline.assumed:
        return ["No therapy has a date or a line: the order of the file is taken as the order of time"]
    return [
        f"The order of {history.called_with_days(a)} and {history.called_with_days(b)} is not known: record "
        f"{' and '.join(timeline.open_between(a, b))}"
        for n, a in enumerate(history.treatments)
        for b in history.treatments[n + 1 :]
        if timeline.follows(a, b) is Truth.UNKNOWN
    ]


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


def _kidney_warnings(history: History) -> list[str]:
    _, how, missing = history.creatinine_clearance
    return [f"{how}: neither is used until one is put right"] if "comorbidities.dialysis" in missing else []


def _toxicity_warnings(case: Case) -> list[str]:
    """Events on record that decide nothing, and agents that harmed without being among the therapies."""
    history = case.history
    read = {where for a in case.assessments for r in a.results for where in r.finding.where
            if r.finding.truth is not Truth.MET}  # fmt: skip
    found = []
    for i, toxicity in enumerate(history.patient.toxicities or ()):
        path, agent = f"toxicities[{i}]", toxicity.agent
        if agent is not None and history.exposed_to(agent).truth is not Truth.MET:
            name = history.formulary.by_id[agent].name
            found.append(f"{path}: {name} is not among the therapies; is it missing there, or the wrong agent here?")
        elif path not in read:
            grade = "" if toxicity.grade is None else f", grade {toxicity.grade}"
            found.append(f"{path}: {toxicity.event}{grade} is on record; no rule reads it, so it changed nothing here")
    return found


def _unknown_place(case: Case) -> list[str]:
    if case.jurisdiction != "unknown":
        return []
    return ["no jurisdiction is recorded: the strictest indication known anywhere is applied"]
