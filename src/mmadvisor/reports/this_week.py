"""This week: what is done beside the choice of a regimen, by topic, from rows of the catalogue and derived facts.

Derived are the bridges and the intervals before CAR-T (``judging/timing``), and the labels' rows on giving doses less
often. Nothing here is ranked, and nothing changes the order of the options.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from mmadvisor.answers.car_t import BridgeEntry, CarTTiming, WashoutEntry
from mmadvisor.answers.week import WeekEntry
from mmadvisor.base.english import listed
from mmadvisor.base.known import Truth, all_of
from mmadvisor.catalogue.care import Bridge
from mmadvisor.catalogue.regimens import Regimen, Selector
from mmadvisor.catalogue.week import Subject, WeekRow
from mmadvisor.formats.drugs import Deescalation
from mmadvisor.judging.case import Case
from mmadvisor.judging.places import Waiting
from mmadvisor.judging.timing import bridges, bridges_with, known_bridges
from mmadvisor.judging.verdict import Assessment
from mmadvisor.reports.held import Held, together

_BRIEF = 9  # entries that a terminal shows
_LINE = 100  # characters of a text that a terminal shows beside others
_FEW = 6  # regimens that are named in one line
_STEPS = {"apheresis": "collection", "infusion": "infusion"}
_YES = Held(Truth.MET, (), ())


# Why: docs/explanation/this-week.md
def this_week(case: Case, timing: CarTTiming | None, deferred: Iterable[Waiting], withheld: str) -> list[WeekEntry]:
    """The entries of each topic, in the order of the catalogue.

    Args:
        case: The patient.
        timing: The timing of CAR-T; ``None`` if no CAR-T is possible.
        deferred: The deferred regimens.
        withheld: Why there is no ranking. If there is none, the regimens that are given now are the only ones meant.
    """
    if case.too_early:
        return []
    asked = _InQuestion.of(case, deferred, withheld)
    found = [
        *([] if withheld else _bridging(case, timing, asked)),
        *_stopping(case, timing),
        *_spacing(case, asked),
        *(entry for row in case.catalogue.this_week if case.known(row.source) for entry in _row(case, row, asked)),
    ]
    topics = [(topic, [e for e in found if e["topic"] == topic.id]) for topic in case.catalogue.week_topics]
    for topic, entries in topics:
        for entry in entries:
            entry["heading"] = topic.name
    told = [entry for _, entries in topics for entry in entries]
    for entry in _brief([entries for _, entries in topics], told):
        entry["brief"] = True
    return told


def _brief(topics: Iterable[list[WeekEntry]], told: Sequence[WeekEntry]) -> list[WeekEntry]:
    """The entries that a terminal shows: the first of each topic, then the others that are short, in their order."""
    first = [entries[0] for entries in topics if entries]
    others = [e for e in told if len(e["short"]) <= _LINE and not any(e is f for f in first)]
    return [*first, *others][:_BRIEF]


class _InQuestion(NamedTuple):
    """The regimens to which the rows may refer, in the order of the answer.

    ``open``: those that are offered, that would be once something has passed, or that are given now. ``undecided``:
    those of which something else is unknown.
    """

    open: tuple[Regimen, ...]
    undecided: tuple[Assessment, ...]

    @classmethod
    def of(cls, case: Case, deferred: Iterable[Waiting], withheld: str) -> "_InQuestion":
        """The regimens in question for a patient; only those that are given now if the ranking is withheld."""
        given = _given_now(case)
        if withheld:
            return cls(tuple(given), ())
        offered = [option.assessment.regimen for option in case.ranked]
        later = [w.assessment.regimen for w in deferred if w.offered]
        found = {regimen.id: regimen for regimen in (*offered, *later, *given)}
        undecided = (a for a in case.assessments if a.verdict in ("undetermined", "deferred"))
        return cls(tuple(found.values()), tuple(a for a in undecided if a.regimen.id not in found and _is_open(a)))

    def among(self, case: Case, of: Selector | None) -> tuple[list[Regimen], Held]:
        """The regimens that a selector selects, and whether one of them is in question.

        Not met if there is none. If there are only undetermined ones, this is unknown.
        """
        if of is None:
            return [], _YES
        open_ = [regimen for regimen in self.open if case.catalogue.matches(of, regimen)]
        if open_:
            return open_, _YES
        undecided = [a for a in self.undecided if case.catalogue.matches(of, a.regimen)]
        if not undecided:
            return [], Held(Truth.NOT_MET, (), ())
        return [a.regimen for a in undecided], _not_decided(undecided)


def _is_open(assessment: Assessment) -> bool:
    """Whether something about a regimen is unknown, besides what passes with time."""
    return bool(assessment.open_questions) or assessment.approval.status == "unknown"


def _given_now(case: Case) -> list[Regimen]:
    """The regimens that consist of the drugs that are still given, apart from steroids."""
    by_id = case.catalogue.formulary.by_id
    agents = {e.agent.id for e in case.history.exposures if e.last == "ongoing" and not e.agent.steroid}
    return [r for r in case.catalogue.regimens if agents == {a for a in r.agent_ids if not by_id[a].steroid}]


def _not_decided(undecided: Sequence[Assessment]) -> Held:
    missing = tuple(dict.fromkeys(field for a in undecided for field in a.missing))
    return Held(Truth.UNKNOWN, tuple(f"{a.regimen.id}: not decided yet" for a in undecided), missing)


def _entry(
    topic: Subject, name: str, short: str, text: str, source: str, verified: str, *, held: Held = _YES,
    regimens: Iterable[Regimen] = (), when: str = "", url: str = "", because: Iterable[str] = (),
) -> WeekEntry:  # fmt: skip
    """One entry; its heading, and whether a terminal shows it, are added when all are known."""
    return WeekEntry(
        id=name, topic=topic, heading="", short=short, text=text, when=when, regimens=[r.id for r in regimens],
        applies=held.truth.answer, because=[*held.because, *because], missing=list(held.missing), url=url, brief=False,
        source=source, verified=verified,
    )  # fmt: skip


# --- rows of the catalogue ------------------------------------------------------------------------


def _row(case: Case, row: WeekRow, asked: _InQuestion) -> Iterator[WeekEntry]:
    """The entry of a row; none if the row is not for this patient."""
    regimens, in_question = asked.among(case, row.of)
    parts = [together(case, row.for_whom), in_question, _of_the_place(case, row)]
    truth = all_of([part.truth for part in parts])
    if truth is Truth.NOT_MET:
        return
    deciding = [part for part in parts if part.truth is truth]
    # That the disease has relapsed is no news to the reader.
    found = [case.care.of(c) for c in row.for_whom if c.type != "state"]
    because = (*(f.found for f in found if f.truth is truth), *(b for part in parts[1:] for b in part.because))
    missing = tuple(dict.fromkeys(m for part in deciding for m in part.missing))
    yield _entry(
        row.topic, row.id, row.short, row.text, row.source, row.verified,
        held=Held(truth, tuple(dict.fromkeys(because)), missing), regimens=regimens, url=row.url,
    )  # fmt: skip


def _of_the_place(case: Case, row: WeekRow) -> Held:
    """Whether a row is for the jurisdiction of the patient."""
    if row.jurisdictions and case.jurisdiction == "unknown":
        return Held(Truth.UNKNOWN, ("the jurisdiction is not recorded",), ("access.jurisdiction",))
    here = not row.jurisdictions or case.jurisdiction in row.jurisdictions
    return _YES if here else Held(Truth.NOT_MET, (), ())


# --- bridges --------------------------------------------------------------------------------------


def _bridging(case: Case, timing: CarTTiming | None, asked: _InQuestion) -> Iterator[WeekEntry]:
    """The bridges that are open for the patient, each with what speaks against it; or that none is open."""
    _, bispecific = asked.among(case, Selector(modalities=("bispecific",)))
    if timing is None and bispecific.truth is Truth.NOT_MET:
        return
    rows = [
        (row, entry)
        for row, entry in zip(known_bridges(case), timing["bridges"] if timing else bridges(case), strict=True)
        if timing or row.until_bispecific
    ]
    found = [entry for row, bridge in rows for entry in _bridge(case, row, bridge, asked)]
    if not any(entry["regimens"] for entry in found) and rows:
        yield _none_open(case, rows[0][0])
    yield from found
    for row, bridge in rows:
        if not row.keeps_t_cells and bridge["regimens"]:
            names = ", ".join(bridge["regimens"])
            yield _entry("bridge", row.id, f"Not {names}: harms the T cells ({row.by})", f"Not {names}: {row.text}",
                         row.source, row.verified, regimens=_regimens(case, bridge["regimens"]))  # fmt: skip


def _bridge(case: Case, row: Bridge, bridge: BridgeEntry, asked: _InQuestion) -> Iterator[WeekEntry]:
    """The entry of one bridge, if one of its regimens is open or undetermined, or if it has no drug."""
    if not row.keeps_t_cells:
        return
    regimens = _regimens(case, bridge["regimens"])
    held = _YES
    if row.agents and not regimens:
        undecided = [a for a in asked.undecided if bridges_with(case, row, a.regimen)]
        if not undecided:
            return
        regimens, held = [a.regimen for a in undecided], _not_decided(undecided)
    names = _few(regimens)
    against = list(_against(case, regimens)) if held.truth is Truth.MET else []
    whole = f"{', '.join(r.id for r in regimens)}: {row.text} ({row.by})" if names else f"{row.text} ({row.by})"
    yield _entry(
        "bridge", row.id, f"{names} ({row.by})" if names else row.text, whole,
        row.source, row.verified, held=held, regimens=regimens, because=against,
    )  # fmt: skip


def _few(regimens: Sequence[Regimen]) -> str:
    """The first regimens by name, and the number of the others."""
    more = f" and {len(regimens) - _FEW} more" if len(regimens) > _FEW else ""
    return ", ".join(regimen.id for regimen in regimens[:_FEW]) + more


def _regimens(case: Case, ids: Iterable[str]) -> list[Regimen]:
    return [case.catalogue.regimen_by_id[name] for name in ids]


def _against(case: Case, regimens: Sequence[Regimen]) -> Iterator[str]:
    """What speaks against regimens as a bridge: strong cautions, and classes to which the disease is refractory."""
    history, by_id = case.history, case.catalogue.formulary.by_id
    wanted = {regimen.id for regimen in regimens}
    found: dict[str, list[str]] = {}
    for option in case.ranked:
        regimen = option.assessment.regimen
        if regimen.id in wanted:
            strong = [r for r in option.assessment.cautions if r.criterion.strong and r.finding.truth is Truth.NOT_MET]
            classes = (c for a in regimen.agent_ids if not by_id[a].steroid for c in by_id[a].classes)
            failed = [c for c in dict.fromkeys(classes) if history.is_refractory_to(c) is Truth.MET]
            said = [r.criterion.say or r.finding.found for r in strong]
            for text in (*said, *(f"the disease is refractory to another {c}" for c in failed)):
                found.setdefault(text, []).append(regimen.id)
    for text, names in found.items():
        yield f"{', '.join(dict.fromkeys(names))}: {text}"


def _none_open(case: Case, row: Bridge) -> WeekEntry:
    """That no bridge is open, with those that only wait for something that passes."""
    waiting = [a.regimen for a in case.assessments if a.verdict == "deferred"]
    later = [r for r in waiting if any(b.keeps_t_cells and bridges_with(case, b, r) for b in known_bridges(case))]
    because = [f"deferred: {_few(later)}"] if later else []
    said = "No bridge of the sources is open for this patient today"
    return _entry("bridge", "none-open", said, said, row.source, row.verified, because=because)


# --- before CAR-T ---------------------------------------------------------------------------------


def _stopping(case: Case, timing: CarTTiming | None) -> Iterator[WeekEntry]:
    """The drugs that must be stopped before cells are collected and given, with days where they are known."""
    if timing is None:
        return
    rows = [w for w in timing["washouts"] if not w["disease"]]
    of_drugs = [w for w in rows if w["agent"] and w["advice"] != "safe"]
    chosen = [
        w for _, group in groupby(of_drugs, key=lambda w: (w["agent"], w["before"])) for w in _deciding(case, group)
    ]
    alike: dict[tuple[object, ...], list[WashoutEntry]] = {}
    for w in chosen:
        alike.setdefault((w["before"], w["by"], w["text"], w["until"], w["last_dose"], *w["missing"]), []).append(w)
    yield from (_stop(group) for group in alike.values())
    for row in case.catalogue.washouts:
        if not row.of and row.before == "apheresis" and not row.disease:
            said = f"{row.text[:1].upper()}{row.text[1:]}"
            yield _entry("stop", row.id, said, f"{said} ({row.by})", row.source, row.verified)
    for w in rows:
        if not w["agent"] and w["days"] is not None:
            said = f"What bridges: {w['days']} days before infusion ({w['by']})"
            yield _entry("stop", "bridge-before-infusion", said, f"{said}: {w['text']}", w["source"], w["verified"])


def _deciding(case: Case, rows: Iterable[WashoutEntry]) -> Iterator[WashoutEntry]:
    """The intervals of one drug before one step that are still open: the shortest and the longest of the sources.

    If no interval has a date, the first whose last dose is not recorded; otherwise advice without an interval.
    """
    known = list(rows)
    dated = [w for w in known if w["until"]]
    if dated:
        shortest = min(dated, key=lambda w: w["until"] or "")
        longest = max(dated, key=lambda w: w["until_at_the_latest"] or "")
        both = (shortest, longest) if longest["until"] != shortest["until"] else (shortest,)
        yield from (w for w in both if (w["until_at_the_latest"] or "") > case.history.as_of.isoformat())
        return
    undated = [w for w in known if w["days"] is not None and w["missing"]]
    yield from undated[:1] or [w for w in known if w["still_taken"]][:1]


def _stop(rows: Sequence[WashoutEntry]) -> WeekEntry:
    """The drugs with the same interval by one source: the first day of collection or infusion, if it is known."""
    w, names = rows[0], listed([w["name"] for w in rows])
    step, until, late = _STEPS[w["before"]], w["until"] or "", w["until_at_the_latest"]
    taken = "still taken" if w["still_taken"] else f"last dose {w['last_dose']}"
    interval, held = f"({w['days']} days, {w['by']})", _YES
    if until:
        day = until if late == until else f"{until} to {late}"
        said = f"{names}, {taken}: {'stop today for ' if w['still_taken'] else ''}{step} from {day} {interval}"
    elif w["missing"]:
        said = f"{names}, last dose not recorded: {w['days']} days before {step} ({w['by']})"
        held = Held(Truth.UNKNOWN, (), tuple(dict.fromkeys(field for w in rows for field in w["missing"])))
    else:
        said = f"{names}, {taken}: to be avoided before {step} ({w['by']})"
    name = "-".join([*(w["agent"] for w in rows), step])
    text = f"{said}: {w['text']}"
    return _entry("stop", name, said, text, w["source"], w["verified"], held=held, when=until)


# --- doses less often -----------------------------------------------------------------------------


def _spacing(case: Case, asked: _InQuestion) -> Iterator[WeekEntry]:
    """The labels' rows on giving the drugs of the regimens in question less often, each row once."""
    undecided = [a.regimen for a in asked.undecided]
    found: dict[int, tuple[str, Deescalation, list[Regimen]]] = {}
    for regimen in (*asked.open, *undecided):
        for agent in regimen.agent_ids:
            for row in _here(case, agent, regimen):
                found.setdefault(id(row), (agent, row, []))[2].append(regimen)
    for agent, row, regimens in found.values():
        open_ = [r for r in regimens if r in asked.open]
        held = _YES if open_ else _not_decided([a for a in asked.undecided if a.regimen in regimens])
        name = case.catalogue.formulary.by_id[agent].name
        elsewhere = f" [{', '.join(row.jurisdictions)}]" if _not_here(case, row) else ""
        said = f"{name}{elsewhere}: {row.leave} to {row.enter} {row.text}"
        yield _entry("space", f"{agent}-spacing", said, f"{said} ({row.note})" if row.note else said,
                     row.source, row.verified, held=held, regimens=open_ or regimens)  # fmt: skip


def _here(case: Case, agent: str, regimen: Regimen) -> list[Deescalation]:
    """The rows of an agent in a regimen for the jurisdiction; if it has none, those of other jurisdictions."""
    handling = case.catalogue.handling.get(agent)
    rows = [r for r in (handling.deescalation if handling else ()) if not r.regimens or regimen.id in r.regimens]
    return [r for r in rows if not _not_here(case, r)] or rows


def _not_here(case: Case, row: Deescalation) -> bool:
    return bool(row.jurisdictions) and case.jurisdiction not in row.jurisdictions
