"""Whether to treat today, and what an answer prints first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from mmadvisor.answers.recommendation import (
    FirstItem,
    LabelEntry,
    RelapseEntry,
    Sentence,
    TreatNow,
)
from mmadvisor.base.known import Finding, Truth, all_of, any_of
from mmadvisor.catalogue.rules import FirstSaid
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.drugs import Statement
from mmadvisor.formats.paths import item_in, of_therapy
from mmadvisor.history.history import History
from mmadvisor.judging.alarm import Alarm, alarm
from mmadvisor.judging.case import Case
from mmadvisor.judging.relapse import Rise, rise
from mmadvisor.judging.watch import recorded_as, relapse_is_recorded

_NOT_ASKED = Finding(Truth.NOT_MET, "no relapse is recorded")
_OF_THERAPY = {
    "start": "first dose of",
    "stop": "last dose of",
    "progressed_on": "day of progression on",
    "best_response": "best response to",
    "stop_reason": "reason for stopping",
    "intent": "intent of",
    "agents": "agents of",
    "line": "line of",
    "best_response_on": "day of the best response to",
    "refractory_to": "declared refractoriness to",
    "not_refractory_to": "declared sensitivity to",
}


# Why: docs/explanation/treat-now.md
def treat_now(case: Case, labels: Mapping[str, str]) -> TreatNow:
    """Whether to treat today; emergencies come first.

    An emergency that is only derived from values, or that the myeloma did not cause, is listed first and does not
    change the result.
    """
    catalogue = case.catalogue
    due = alarm(case.history, catalogue)
    found = _question(case, labels, due)
    answer, because = found.answer, found.because
    ticked = [e for e in case.history.patient.get("disease.emergencies") or ()
              if catalogue.treatment.emergencies[e].of_the_myeloma]  # fmt: skip
    if ticked and answer not in ("treat", "not-active-myeloma") and not case.too_early:
        answer, because = "treat", f"an emergency is recorded; {because}"
    return TreatNow(
        answer=answer,
        because=because,
        source=catalogue.treatment.serum_rise_g_per_l.source,
        emergencies=due.emergencies,
        ask=found.ask,
        contradictions=[*_series_doubts(case), *due.contradictions],
        questions=due.questions,
        repeat=due.repeat,
        unsure=[Sentence(text=s.text, source=s.source, verified=s.verified) for s in found.unsure],
        relapse=RelapseEntry(
            clinical=found.clinical.truth.answer,
            clinical_because=found.clinical.found,
            biochemical=found.biochemical.truth.answer,
            biochemical_because=found.biochemical.found,
        ),
    )


class _Answer(NamedTuple):
    """The answer with its reason; ``unsure`` concerns the paraprotein, if its series was evaluated."""

    answer: str
    because: str
    ask: list[str]
    clinical: Finding = _NOT_ASKED
    biochemical: Finding = _NOT_ASKED
    unsure: tuple[Statement, ...] = ()


def no_relapse(history: History) -> str:
    """Why no line of therapy is needed, even in an emergency: no relapse, or no active disease; otherwise empty."""
    stated = history.patient.get("disease.state")
    if stated == "newly_diagnosed" or relapse_is_recorded(history) is not Truth.NOT_MET:
        return ""
    if stated == "smouldering":
        return "smouldering myeloma is recorded, not active disease"
    if stated == "responding":
        return "the disease is recorded as responding"
    return "no progression is recorded since the last therapy"


def _question(case: Case, labels: Mapping[str, str], due: Alarm) -> _Answer:
    history, get = case.history, case.history.patient.get
    if case.too_early:
        return _Answer("unknown", case.too_early, ["Is the day of the decision right?"])
    state, _ = history.state
    if state == "smouldering":
        return _Answer("not-active-myeloma", no_relapse(history), [])
    if state == "responding":
        return _without_relapse(case, labels, due, "no-relapse-recorded", no_relapse(history), [])
    if state == "newly_diagnosed":
        return _Answer("treat", "newly diagnosed active myeloma", [])
    if state is None and not history.treatments:
        return _Answer("unknown", "no therapy and no state of the disease is recorded", [
            "Is this newly diagnosed, smouldering or relapsed myeloma? Record disease.state."
        ])  # fmt: skip
    recorded = history.relapse_recorded()
    unrecorded = recorded is not Truth.MET and not history.assume_relapse
    needed = (
        "No progression is recorded since the last therapy: is a new line needed at all "
        "(remission, slow biochemical relapse)?"
    )
    if unrecorded and state is None:
        if recorded is Truth.NOT_MET:
            return _without_relapse(case, labels, due, "no-relapse-recorded", no_relapse(history), [needed])
        why = "whether the disease has relapsed is not recorded"
        return _without_relapse(case, labels, due, "unknown", why, [needed])
    kind = get("disease.relapse.kind")
    clinical = _clinical(kind, due, relapse_is_recorded(history))
    risen = rise(history, case.catalogue)
    biochemical, weeks, hedge = _biochemical(case, labels, risen)
    if clinical.truth is Truth.MET:
        # The record settles that a new line is needed, but not when the disease progressed.
        return _Answer("treat", clinical.found, [], clinical, biochemical)
    ask = [needed] if unrecorded else []
    if biochemical.truth is Truth.MET:
        return _Answer("treat", biochemical.found, [], clinical, biochemical, risen.unsure)
    if kind is None:
        why = "whether the relapse is clinical or biochemical is not recorded"
        return _Answer("unknown", why, [*ask, "Record disease.relapse.kind."], clinical, biochemical, risen.unsure)
    if clinical.truth is Truth.UNKNOWN:
        return _Answer(
            "unknown", f"perhaps a clinical relapse: {clinical.found}", ask, clinical, biochemical, risen.unsure
        )
    if biochemical.truth is Truth.UNKNOWN:
        return _Answer("unknown", f"biochemical relapse; {biochemical.found}", ask, clinical, biochemical, risen.unsure)
    by = case.history.as_of + timedelta(weeks=weeks)
    wait = f"repeat in {weeks:g} weeks, on {by}"
    because = f"biochemical relapse below the threshold ({biochemical.found}){hedge}: {wait}"
    return _Answer("observe", f"{because}{', and image' if hedge else ''}", ask, clinical, biochemical, risen.unsure)


def _without_relapse(
    case: Case, labels: Mapping[str, str], due: Alarm, answer: str, because: str, ask: list[str]
) -> _Answer:
    """The answer if no relapse is recorded, with what the paraprotein and other values show.

    These values do not change the answer. If the series reached a limit, or may have, it is asked about, unless the
    record excludes a relapse (``_series_doubts``).
    """
    risen = rise(case.history, case.catalogue)
    biochemical, _, _ = _biochemical(case, labels, risen)
    clinical = due.clinical
    if case.history.patient.get("disease.relapse.kind") == "clinical":
        clinical = Finding(
            Truth.UNKNOWN, "a clinical relapse is recorded", ("disease.relapse.kind",), ("disease.state",)
        )
    elif clinical.truth is Truth.MET:
        clinical = clinical.but(truth=Truth.UNKNOWN, missing=("disease.state",))
    reached = risen.reached
    if reached is None:
        return _Answer(answer, because, ask, clinical, biochemical)
    if reached.truth is Truth.MET and recorded_as(case.history):
        return _Answer(answer, because, ask, clinical, biochemical, risen.unsure)
    return _Answer(answer, because, [*ask, f"Has the disease relapsed? {reached.found}"], clinical, biochemical,
                   risen.unsure)  # fmt: skip


def _series_doubts(case: Case) -> list[str]:
    """That the paraprotein has reached a limit, confirmed, although the record excludes a relapse.

    The paraprotein of new or smouldering disease rises without a relapse.
    """
    recorded = recorded_as(case.history)
    if not recorded or case.history.patient.get("disease.state") in ("newly_diagnosed", "smouldering"):
        return []
    risen = rise(case.history, case.catalogue)
    reached = risen.reached
    if reached is None or reached.truth is not Truth.MET:
        return []
    return [f"{recorded}, but {risen.shows}: {reached.found}. Which of the two is right?"]


def _clinical(kind: str | None, due: Alarm, recorded: Truth) -> Finding:
    """Whether the relapse is clinical: as recorded, or by the values of a recorded relapse [imwg-relapse]."""
    if kind == "clinical":
        return Finding(Truth.MET, "clinical relapse", ("disease.relapse.kind",))
    if due.clinical.truth is Truth.MET and recorded is Truth.MET:
        return due.clinical.but(found=f"clinical relapse: {due.clinical.found}")
    if due.clinical.truth is Truth.MET:
        return due.clinical.but(truth=Truth.UNKNOWN, missing=("disease.state",))
    if kind is None:
        field = "disease.relapse.kind"
        return Finding(Truth.UNKNOWN, "the kind of relapse is not recorded", (field,), (field,))
    return due.clinical


def _biochemical(case: Case, labels: Mapping[str, str], risen: Rise) -> tuple[Finding, float, str]:
    """Whether the paraprotein requires treatment [imwg-relapse]; else the weeks until it is repeated, with the reason.

    In high-risk disease confirmed progression by IMWG is enough; the usual limits apply as well.
    """
    rules = case.catalogue.treatment
    named = {name: labels.get(name, "unknown") for name in rules.treat_anyway}
    risky = [name for name, value in named.items() if value == "yes"]
    unsettled = [name for name, value in named.items() if value == "unknown"]
    high_risk = Truth.MET if risky else Truth.UNKNOWN if unsettled else Truth.NOT_MET
    shortened = all_of([high_risk, risen.progression.truth])
    truth = any_of([risen.significant.truth, shortened])
    of = " and ".join(risky)
    if risen.significant.truth is Truth.MET:
        found = f"significant paraprotein relapse: {risen.significant.found}"
    elif shortened is Truth.MET:
        found = f"progression by IMWG in a relapse of {of}: {risen.progression.found}"
    elif truth is Truth.UNKNOWN and risen.significant.truth is not Truth.UNKNOWN:
        risk = f"high risk ({of})" if risky else f"perhaps high risk ({' and '.join(unsettled)} is not settled)"
        found = f"{risk}; {risen.progression.found}"
    else:
        found = risen.significant.found
    hedge = f"; high risk ({of}), and no progression by IMWG" if risky else ""
    if unsettled and not risky:
        hedge = f"; {' and '.join(unsettled)} is not settled"
    weeks = rules.repeat_weeks if high_risk is Truth.NOT_MET else rules.repeat_weeks_high_risk
    missing = risen.significant.missing if truth is Truth.UNKNOWN else ()
    return Finding(truth, found, ("disease.m_protein",), missing), weeks.value, hedge


def label(case: Case, name: str) -> LabelEntry:
    """A clinical term for the history, whether it applies, and the missing fields that would decide it."""
    known = case.catalogue.labels[name]
    findings = [case.assessor.decisions.of(c) for c in known.when]
    truth = all_of(f.truth for f in findings)
    deciding = [f for f in findings if f.truth is truth]
    lacking = dict.fromkeys(m for f in findings if f.truth is Truth.UNKNOWN for m in f.missing)
    missing = list(lacking) if truth is Truth.UNKNOWN else []
    return LabelEntry(
        label=name,
        value=truth.answer,
        because="; ".join(dict.fromkeys(f.found for f in deciding)),
        missing=missing,
        missing_names=[named(case, field) for field in missing],
        source=known.source,
    )


def named(case: Case, field: str) -> str:
    """The name of a field; for a field of a therapy, with the regimen and its number in order of time."""
    named = of_therapy(field)
    if named is not None:
        whose = case.history.called(named.entry)
        if named.agent is not None:
            given = (case.history.patient.therapies[named.entry].agents or ())[named.agent]
            agent = given if isinstance(given, str) else given.agent
            whose = f"{case.catalogue.formulary.by_id[agent].name if agent else 'the unknown drug'} in {whose}"
        return f"{_OF_THERAPY.get(named.name, named.name.replace('_', ' '))} {whose}"
    item = item_in(field)
    name = case.catalogue.words.field(field)
    if item is None:
        return name
    if item.field == "co_medication":
        return f"which drug {(case.history.patient.co_medication or ())[item.place]} is"
    return f"{name} ({case.catalogue.words.field(item.field)}, {item.place + 1})"


def due_now(case: Case) -> tuple[TreatNow, list[FirstItem]]:
    """What an answer prints first: whether to treat, with emergencies, and further sentences."""
    question = treat_now(case, {name: holds(case, term.when).answer for name, term in case.catalogue.labels.items()})
    return question, first_said(case, bool(question["emergencies"]))


def first_said(case: Case, emergency: bool) -> list[FirstItem]:
    """The sentences that an answer prints before whether to treat, in the order of the catalogue."""
    return [
        FirstItem(id=s.id, text=s.text, source=s.source, verified=s.verified)
        for s in case.catalogue.first_said
        if not s.situation and (emergency or not s.with_emergency) and is_said(case, s)
    ]


def is_said(case: Case, said: FirstSaid) -> bool:
    """Whether a sentence applies to this patient: all of ``when`` is met, and no criterion of ``unless``."""
    met = holds(case, said.when) is Truth.MET
    return met and not any(holds(case, (c,)) is Truth.MET for c in said.unless)


def holds(case: Case, criteria: tuple[AnyCriterion, ...]) -> Truth:
    """Whether all of the criteria are met."""
    return case.assessor.decisions.all_hold(criteria)
