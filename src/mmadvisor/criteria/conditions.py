"""Criteria on other diseases and other drugs of the patient.

They cover pregnancy, toxicities of earlier drugs, second cancers, allogeneic transplant and its disease (GVHD), and
co-medication.
"""

import re
from collections.abc import Iterator
from typing import Literal

from mmadvisor.base.english import listed
from mmadvisor.base.known import Account, Change, Finding, Truth, all_of, any_of, negate, truth_of
from mmadvisor.criteria import possible
from mmadvisor.criteria.base import Criterion, Words, unique
from mmadvisor.formats.paths import item_in
from mmadvisor.formats.patient import SecondCancer, Toxicity
from mmadvisor.history import harms
from mmadvisor.history.facts import Fact, Facts
from mmadvisor.history.history import History

_PREGNANCY = "comorbidities.pregnancy"
_POTENTIAL = "comorbidities.childbearing_potential"
_SEX, _AGE = "demographics.sex", "demographics.age"


class NoPregnancy(Criterion):
    """No pregnancy. Also met for men, for patients without childbearing potential, and after the menopause.

    ``nor_possible``: pregnancy must also be impossible, so that no test and no contraception is needed; a test of today
    does not decide this. A woman counts as past the menopause from ``postmenopausal_from_age`` on, unless childbearing
    potential is recorded.
    """

    type: Literal["no-pregnancy"] = "no-pregnancy"
    nor_possible: bool = False
    """Pregnancy must also be impossible, so that no test and no contraception is needed.

    A test of today does not decide this.
    """

    _passes = True

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return "no pregnancy possible" if self.nor_possible else "no pregnancy"

    def reads(self) -> tuple[Fact, ...]:
        """Pregnancy, sex, childbearing potential, and whether her age excludes pregnancy."""
        recorded = (Fact("word", field) for field in (_PREGNANCY, _SEX, _POTENTIAL))
        return (*recorded, Fact("past-menopause"))

    def truth(self, facts: Facts) -> Truth:
        """Unknown only if pregnancy is possible and not excluded."""
        pregnant, sex, potential = (facts.word(Fact("word", field)) for field in (_PREGNANCY, _SEX, _POTENTIAL))
        if pregnant is True:
            return Truth.NOT_MET
        if (pregnant is False and not self.nor_possible) or sex == "male" or potential is False:
            return Truth.MET
        if potential is None:
            return Truth.MET if facts.truth(Fact("past-menopause")) is Truth.MET else Truth.UNKNOWN
        return Truth.NOT_MET if self.nor_possible else Truth.UNKNOWN

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The first fact that shows or excludes pregnancy; if there is none, the fields that could."""
        get = history.patient.get
        if truth is Truth.UNKNOWN:
            fields = () if self.nor_possible else (_PREGNANCY,)
            missing = tuple(field for field in (*fields, _SEX, _AGE, _POTENTIAL) if get(field) is None)
            found = "whether pregnancy is possible is not recorded" if self.nor_possible else "pregnancy not excluded"
            return Account(found, missing, missing)
        if truth is Truth.NOT_MET:
            if get(_PREGNANCY):
                return Account("pregnant", (_PREGNANCY,), (), (Change("no pregnancy", "value", _PREGNANCY, False),))
            return Account("childbearing potential", (_POTENTIAL,))
        if get(_PREGNANCY) is False and not self.nor_possible:
            return Account("not pregnant", (_PREGNANCY,))
        if get(_SEX) == "male":
            return Account("a man", (_SEX,))
        if get(_POTENTIAL) is False:
            return Account("no childbearing potential", (_POTENTIAL,))
        return Account(f"{get(_AGE)} years old", (_AGE,))

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Every word of the field; for the age, ages before and after ``postmenopausal_from_age``."""
        if field == _AGE:
            return possible.either_side(field, [history.definitions.postmenopausal_from_age.value])
        return possible.words(field) if field in (_PREGNANCY, _SEX, _POTENTIAL) else ()


class NoToxicity(Criterion):
    """No recorded adverse event of a kind, or only events of a lower grade.

    ``events`` are words that the name of the event may contain, written with a hyphen, a space or neither. An
    abbreviation in capitals, such as ``MDS``, must be a word of its own. ``below_grade`` 1 means that no grade is
    allowed.
    """

    type: Literal["no-toxicity"] = "no-toxicity"
    events: tuple[str, ...]
    """Words that the name of a recorded event may contain."""
    of: tuple[str, ...] = ()
    """Agents or classes that caused the event; empty means any."""
    below_grade: int
    """The lowest grade that is not allowed; 1 means that no grade is allowed."""

    def flaws(self) -> Iterator[tuple[str, str]]:
        """A grade that no event can have."""
        from mmadvisor.criteria.allowed import limits_of, outside

        yield from super().flaws()
        if limits := limits_of("toxicities.grade"):
            yield from outside(self, ("below_grade",), limits)

    def required(self, words: Words) -> str:
        """The requirement in words."""
        agents = f" on {listed(self.of, 'or')}" if self.of else ""
        grade = f" of grade {self.below_grade} or more" if self.below_grade > 1 else ""
        return f"no {listed(self.events, 'or')}{grade}{agents}"

    def reads(self) -> tuple[Fact, ...]:
        """The recorded events on each named agent and class, and whether each was given."""
        given = (Fact("exposed", token) for token in self.of)
        return (*given, *(Fact("toxicities", token) for token in self.of or ("",)))

    def truth(self, facts: Facts) -> Truth:
        """Unknown if toxicities are not recorded, or if a recorded event lacks its agent or grade."""
        given = not self.of or any(facts.truth(Fact("exposed", token)) is not Truth.NOT_MET for token in self.of)
        recorded = [facts.word(Fact("toxicities", token)) for token in self.of or ("",)]
        if recorded[0] is None:
            return Truth.UNKNOWN if given else Truth.MET
        return negate(any_of(self._forbids(event, given) for events in recorded for event in events))

    def _forbids(self, event: Toxicity, given: bool) -> Truth:
        """Whether an event is not allowed; an event without an agent may be on any agent that was given."""
        if (event.agent is None and not given) or not any(_names(event.event, name) for name in self.events):
            return Truth.NOT_MET
        return harms.reaches(event, self.below_grade, on_agents=bool(self.of))

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The recorded events with such a name, as far as they count."""
        if history.patient.toxicities is None:
            return _not_recorded(history, truth, self.of)
        events = [
            (place, event)
            for place, event in _events_on(history, self.of)
            if any(_names(event.event, name) for name in self.events)
        ]
        if not events:
            return Account(f"no {listed(self.events, 'or')} recorded", ("toxicities",))
        return _of_events(events, truth, self.below_grade, on_agents=bool(self.of))

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """No event, and an event that is not allowed, if possible on an agent that was given."""
        members = sorted(a for token in self.of for a in history.formulary.members(token))
        return _events(history, field, members, self.events[0], self.below_grade)


# What joins the parts of a name: "T-cell lymphoma" is the same event as "T cell lymphoma".
_JOINTS = re.compile(r"[\W_]+")


def _names(recorded: str, event: str) -> bool:
    """Whether the name of a recorded event contains the words of another event, in any spelling."""
    if event.isupper():
        return _words(event) in _words(recorded)
    return _words(event).replace(" ", "") in _words(recorded).replace(" ", "")


def _words(event: str) -> str:
    return f" {_JOINTS.sub(' ', event).casefold().strip()} "


class Tolerated(Criterion):
    """No severe adverse event on an agent of a regimen. Added for each agent; in data, only for payers."""

    type: Literal["tolerated"] = "tolerated"
    agent: str
    """The agent."""

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return f"no severe event on {self.agent} before"

    def told(self, finding: Finding, words: Words) -> str:
        """The recorded event, in words."""
        return f"{self.agent}: {finding.found}"

    def reads(self) -> tuple[Fact, ...]:
        """Whether a severe event on the agent is recorded."""
        return (Fact("harmed", self.agent),)

    def truth(self, facts: Facts) -> Truth:
        """Unknown if toxicities are not recorded, and the agent was or may have been given."""
        return negate(facts.truth(Fact("harmed", self.agent)))

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The events on the agent, or a stop for a toxicity that is not recorded, or that there is none."""
        severe = int(history.definitions.severe_from_grade.value)
        events = _events_on(history, (self.agent,))
        told = any_of(harms.reaches(event, severe, on_agents=True) for _, event in events)
        if told is not Truth.NOT_MET:
            return _of_events(events, truth, severe, on_agents=True)
        stopped = harms.stopped_for_toxicity(history.record, self.agent)
        if stopped is not None:
            called = history.called(stopped.entry)
            said = f"its therapy was stopped for toxicity that is not recorded ({called})"
            return Account(said, (stopped.where,), ("toxicities",))
        if events:
            return _of_events(events, truth, severe, on_agents=True)
        if history.patient.toxicities is not None:
            return Account("none recorded", ("toxicities",))
        return _not_recorded(history, truth, (self.agent,))

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """No event, and a severe event on the agent; a mild event too, if its therapy was stopped for toxicity."""
        severe = int(history.definitions.severe_from_grade.value)
        tried = _events(history, field, [self.agent], "adverse event", severe)
        stopped = any(
            e.agent.id == self.agent and history.patient.therapies[e.entry].stop_reason == "toxicity"
            for e in history.exposures
        )
        if field != "toxicities" or not stopped or severe <= 1:
            return tried
        mild = Toxicity(agent=self.agent, event="adverse event", grade=severe - 1)
        return (*tried, (*(history.patient.toxicities or ()), mild))


class StoppedForToxicity(Criterion):
    """An agent was stopped for its own toxicity: it was not tolerated.

    In a therapy with several drugs, the recorded toxicities tell which drug was the cause.
    """

    type: Literal["stopped-for-toxicity"] = "stopped-for-toxicity"
    agent: str
    """The agent."""

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return f"{self.agent} was stopped for toxicity"

    def reads(self) -> tuple[Fact, ...]:
        """Whether the agent was stopped for its toxicity."""
        return (Fact("stopped-for-toxicity", self.agent),)

    def truth(self, facts: Facts) -> Truth:
        """Unknown if the reason of a stop, or the drug that caused the toxicity, is not recorded."""
        return facts.truth(Fact("stopped-for-toxicity", self.agent))

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The therapies that were stopped for its toxicity, or may have been."""
        record = history.record
        in_each = {e.entry: harms.withdrawn_in(record, self.agent, e.entry) for e in record.given.get(self.agent, ())}
        deciding = [entry for entry, found in in_each.items() if found is truth]
        where = tuple(f"therapies[{entry}]" for entry in deciding) or ("therapies",)
        called = listed(tuple(map(history.called, deciding)), "and")
        if truth is Truth.MET:
            events = [(i, event) for i, event in _events_on(history, (self.agent,)) if event.agent is not None]
            told = _of_events(events, truth, 1, on_agents=True) if events else Account("")
            said = f"{self.agent} was stopped for toxicity ({called})"
            return Account(f"{said}: {told.found}" if events else said, (*where, *told.where))
        if truth is Truth.NOT_MET:
            return Account(f"{self.agent} was never stopped for toxicity", where)
        missing = [field for entry in deciding for field in self._open(history, entry)]
        missing += [
            u.field
            for u in record.perhaps(self.agent)
            if harms.withdrawn_in(record, self.agent, u.entry) is not Truth.NOT_MET
        ]
        missing += [] if record.complete is Truth.MET else ["therapies_complete"]
        said = f" ({called})" if called else ""
        return Account(f"whether {self.agent} was stopped for toxicity is not recorded{said}", where, unique(missing))

    def _open(self, history: History, entry: int) -> list[str]:
        """The fields that could tell whether a therapy was stopped for the toxicity of the agent."""
        if history.patient.therapies[entry].stop_reason is None:
            return [f"therapies[{entry}].stop_reason"]
        events = enumerate(history.patient.toxicities or ())
        return [f"toxicities[{place}].agent" for place, event in events if event.agent is None] or ["toxicities"]

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Events on the agent, and on another drug of its therapies; the words and drugs of the record."""
        tried = _events(history, field, [self.agent], "adverse event", 1)
        if field != "toxicities":
            return tried
        mine = {e.entry for e in history.exposures if e.agent.id == self.agent}
        other = next((e.agent.id for e in history.exposures if e.entry in mine and e.agent.id != self.agent), None)
        if other is None:
            return tried
        return (*tried, (*(history.patient.toxicities or ()), Toxicity(agent=other, event="adverse event", grade=1)))


def _not_recorded(history: History, truth: Truth, of: tuple[str, ...]) -> Account:
    """The account if toxicities are not recorded: unknown for agents that were given."""
    if truth is Truth.MET:
        return Account("never given", ("therapies",))
    given = [history.exposed_to(token) for token in of]
    settled = any(found.truth is Truth.MET for found in given)
    whether = [] if settled else [field for found in given for field in found.missing]
    return Account("toxicities not recorded", ("toxicities",), unique(["toxicities", *whether]))


def _events(history: History, field: str, members: list[str], event: str, grade: int) -> tuple[object, ...]:
    """Possible values of the toxicities, for a criterion about an event of some grade on some agents.

    They are the recorded events alone, and these with one more event. For the agent of a recorded event, an agent that
    the criterion is about, and another agent. For its grade, grades on both sides of the limit.
    """
    given = list(dict.fromkeys(e.agent.id for e in history.exposures if not e.agent.supportive))
    mine = [a for a in given if a in members] or [
        a for a in members if history.exposed_to(a).truth is not Truth.NOT_MET
    ]
    if field == "toxicities":
        held = history.patient.toxicities or ()
        agent = next(iter(mine or members), None)
        return (held, (*held, Toxicity(agent=agent, event=event, grade=grade)))
    if not field.startswith("toxicities["):
        return (*possible.of_record(history, field), *possible.drugs_meant(history, field, members))
    if field.endswith(".grade"):
        return possible.either_side(field, [grade])
    return (*(mine or members[:1]), *(a for a in given if a not in mine))


def _events_on(history: History, of: tuple[str, ...]) -> list[tuple[int, Toxicity]]:
    """The recorded events on some agents and classes, each with its index; all events if no agent is named.

    An event without an agent may be on any agent that was given.
    """
    recorded = list(enumerate(history.patient.toxicities or ()))
    if not of:
        return recorded
    members = {agent for token in of for agent in history.formulary.members(token)}
    given = any(history.exposed_to(token).truth is not Truth.NOT_MET for token in of)
    return [(place, event) for place, event in recorded if (given if event.agent is None else event.agent in members)]


def _of_events(events: list[tuple[int, Toxicity]], truth: Truth, grade: int, *, on_agents: bool) -> Account:
    """The account of recorded events; with ``on_agents``, only of events that have, or may have, the grade."""
    shown: list[str] = []
    where: list[str] = []
    missing: list[str] = []
    for place, event in events:
        reached = harms.reaches(event, grade, on_agents=on_agents)
        if reached is Truth.NOT_MET and on_agents:
            continue
        path = f"toxicities[{place}]"
        where.append(path)
        agent = f" on {event.agent}" if event.agent else ", on which agent is not recorded"
        of_grade = "grade not recorded" if event.grade is None else f"grade {event.grade}"
        shown.append(f"{event.event}{agent}, {of_grade} ({path})")
        if reached is Truth.UNKNOWN:
            missing.append(f"{path}.{'agent' if event.agent is None else 'grade'}")
    found = "; ".join(shown) or "none of that grade recorded"
    return Account(found, tuple(where) or ("toxicities",), unique(missing) if truth is Truth.UNKNOWN else ())


_CANCERS = "comorbidities.second_cancers"


_TICKED = "comorbidities.other_malignancy"


_KINDS: dict[Literal["t-cell", "myeloid", "solid", "skin-non-melanoma"], str] = {
    "t-cell": "T-cell",
    "myeloid": "myeloid",
    "solid": "solid",
    "skin-non-melanoma": "non-melanoma skin",
}


class NoSecondCancer(Criterion):
    """No recorded second cancer of the given kinds, in the given states, after the given drugs.

    Empty ``kinds`` or ``states`` mean any. The kind ``unknown`` is a cancer without a recorded kind, and the state
    ``unknown`` a cancer without a recorded state. ``after``: a cancer does not count if it certainly came before
    treatment with these agents or classes. If only `other_malignancy` is recorded, it counts as one cancer of unknown
    kind.
    """

    type: Literal["no-second-cancer"] = "no-second-cancer"
    kinds: tuple[Literal["t-cell", "myeloid", "solid", "skin-non-melanoma", "unknown"], ...] = ()
    """Kinds of cancer that count; `unknown` is a cancer without a recorded kind. Empty means any."""
    states: tuple[Literal["active", "watched", "past", "unknown"], ...] = ()
    """States that count; `unknown` is a cancer without a recorded state. Empty means any."""
    after: tuple[str, ...] = ()
    """Agents or classes. A cancer does not count if it certainly came before treatment with them."""

    def required(self, words: Words) -> str:
        """The requirement in words."""
        kinds = [_KINDS[kind] for kind in self.kinds if kind != "unknown"]
        known = tuple(state for state in self.states if state != "unknown")
        states = f"{listed(known, 'or')} " if known else ""
        named = f"{listed(tuple(kinds), 'or')} " if kinds else "" if self.kinds else "second "
        unnamed = " of a kind that is not recorded" if "unknown" in self.kinds else ""
        stateless = " without a recorded state" if "unknown" in self.states else ""
        either = f", nor one{stateless}" if known and stateless else stateless
        after = f" after {listed(self.after, 'or')}" if self.after else ""
        return f"no {states}{named}cancer{unnamed}{either}{after}"

    def reads(self) -> tuple[Fact, ...]:
        """The recorded cancers, and whether each came after the drugs."""
        after = (Fact("cancers-after", token) for token in self.after)
        return self._cancers, Fact("word", _TICKED), *after

    @property
    def _cancers(self) -> Fact:
        """The fact for the list of cancers; if ``unknown`` is asked for, a missing kind or state counts too."""
        gaps = "unknown" in self.kinds or "unknown" in self.states
        return Fact("with-gaps" if gaps else "word", _CANCERS)

    def truth(self, facts: Facts) -> Truth:
        """Unknown if nothing is recorded about other cancers, or if a cancer lacks its kind or state."""
        cancers = self._found(facts)
        return Truth.UNKNOWN if cancers is None else negate(any_of(concerned for _, _, concerned in cancers))

    def _found(self, facts: Facts) -> list[tuple[str, SecondCancer, Truth]] | None:
        """Each recorded cancer with its path, and whether the criterion is about it.

        ``None`` if nothing is recorded about other cancers.
        """
        cancers: tuple[SecondCancer, ...] | None = facts.word(self._cancers)
        ticked = facts.word(Fact("word", _TICKED))
        if cancers is None and ticked is None:
            return None
        *after, after_ticked = self._after(facts, len(cancers or ()))
        found = [
            (f"{_CANCERS}[{i}]", cancer, self._concerns(cancer, after[i])) for i, cancer in enumerate(cancers or ())
        ]
        if (cancers is None and ticked == "past") or (ticked == "active" and not _explained(cancers or ())):
            one = SecondCancer(state=ticked)
            # One of which the state is not recorded may be the active one.
            open_ = Truth.UNKNOWN if any(c.state is None for c in cancers or ()) else Truth.MET
            found.append((_TICKED, one, all_of([open_, self._concerns(one, after_ticked)])))
        return found

    def _after(self, facts: Facts, count: int) -> list[Truth]:
        """For each cancer, and last for a cancer that is recorded only in one word, whether it came after the drugs."""
        if not self.after:
            return [Truth.MET] * (count + 1)
        each = [facts.word(Fact("cancers-after", token)) for token in self.after]
        return [any_of(after) for after in zip(*each, strict=True)]

    def _concerns(self, cancer: SecondCancer, after: Truth) -> Truth:
        """Whether the criterion forbids a cancer; ``after``: whether the cancer came after the drugs."""
        kind = cancer.kind or ("unknown" if "unknown" in self.kinds else None)
        state = cancer.state or ("unknown" if "unknown" in self.states else None)
        truths = [after]
        if self.kinds:
            truths.append(truth_of(None if kind is None else kind in self.kinds))
        if self.states:
            truths.append(truth_of(None if state is None else state in self.states))
        return all_of(truths)

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The cancers that are, or may be, not allowed."""
        cancers = self._found(history)
        if cancers is None:
            return Account("second cancers not recorded", (_TICKED,), (_TICKED,))
        if truth is Truth.MET:
            listed_ = history.patient.get(_CANCERS) is not None
            return Account("no such cancer recorded", (_CANCERS if listed_ else _TICKED,))
        deciding = [(path, cancer) for path, cancer, concerned in cancers if concerned is negate(truth)]
        found = "; ".join(f"{_cancer(c)} ({_which(path)})" for path, c in deciding)
        where = tuple(path for path, _ in deciding)
        if truth is Truth.UNKNOWN:
            return Account(found, where, unique(m for path, c in deciding for m in _unrecorded(path, c)))
        ends = bool(self.states) and "past" not in self.states
        return Account(found, where, (), tuple(_over(path, c) for path, c in deciding) if ends else ())

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """An active cancer of each kind; every word of a field of a cancer; and possible values in the record."""
        if field == _CANCERS:
            held, ticked = history.patient.get(_CANCERS) or (), history.patient.get(_TICKED)
            return tuple((*held, SecondCancer(kind=kind, state=ticked)) for kind in _KINDS)
        item = item_in(field)
        if field == _TICKED or (item is not None and item.field == _CANCERS):
            return possible.words(field)
        return super().tries(field, history)


def _explained(cancers: tuple[SecondCancer, ...]) -> bool:
    """Whether one of the listed cancers explains the recorded word ``active``."""
    return any(c.state in ("active", "watched") for c in cancers)


def _which(path: str) -> str:
    """The number of a cancer in words, or the name of the field with the one word."""
    item = item_in(path)
    return path if item is None else f"second cancer {item.place + 1}"


def _cancer(cancer: SecondCancer) -> str:
    """A cancer in words, as far as it is recorded."""
    kind = f"{_KINDS[cancer.kind]} cancer" if cancer.kind else "cancer of a kind that is not recorded"
    return f"{cancer.state} {kind}" if cancer.state else f"{kind}, state not recorded"


def _unrecorded(path: str, cancer: SecondCancer) -> list[str]:
    """The missing fields of a cancer."""
    if path == _TICKED:
        return [_CANCERS]
    lacking = [f"{path}.{key}" for key in ("kind", "state") if getattr(cancer, key) is None]
    return lacking or ["therapies_complete"]


def _over(path: str, cancer: SecondCancer) -> Change:
    """The change that would meet the criterion: the cancer is no longer active."""
    kind = f"{_KINDS[cancer.kind]} cancer" if cancer.kind else "other cancer"
    field = path if path == _TICKED else f"{path}.state"
    return Change(f"the {kind} is no longer active", "value", field, "past")


class NoCoMedication(Criterion):
    """The patient takes none of these drugs; they are listed by name, or as groups of drugs by id."""

    type: Literal["no-co-medication"] = "no-co-medication"
    none_of: tuple[str, ...]
    """Drugs by name, or groups of drugs by id."""

    _passes = True
    _one_given = ("none_of",)

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return f"takes no {listed(self.none_of, 'or')}"

    def reads(self) -> tuple[Fact, ...]:
        """Whether each drug, or a drug of each group, is taken."""
        return tuple(Fact("takes", token) for token in self.none_of)

    def truth(self, facts: Facts) -> Truth:
        """Unknown if co-medication is not recorded, or if the catalogue does not know one of its drugs."""
        return negate(any_of(facts.truth(Fact("takes", token)) for token in self.none_of))

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The forbidden drugs that are taken, and drugs that the catalogue does not know."""
        if history.taken is None:
            return Account("co-medication not recorded", ("co_medication",), ("co_medication",))
        if truth is Truth.MET:
            return Account("none of them taken", ("co_medication",))
        if truth is Truth.UNKNOWN:
            unknown = {f"co_medication[{i}]": t.written for i, t in enumerate(history.taken) if not t.drug}
            found = f"{listed(tuple(unknown.values()), 'and')} not known to the catalogue"
            return Account(found, tuple(unknown), tuple(unknown))
        wanted = {drug for token in self.none_of for drug in history.formulary.drugs_of(token)}
        hits = tuple(t.written for t in history.taken if t.drug in wanted)
        left = tuple(t.written for t in history.taken if t.written not in hits)
        changes = (Change(f"stopping {listed(hits, 'and')}", "value", "co_medication", left),)
        return Account(f"takes {listed(hits, 'and')}", ("co_medication",), (), changes)

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """No drug, and a drug that is not allowed; for an unknown name, such a drug and another drug."""
        drugs_of = history.formulary.drugs_of
        forbidden = next(iter(drugs_of(self.none_of[0])))
        if field == "co_medication":
            return (), (forbidden,)
        item = item_in(field)
        if item is None or item.field != "co_medication":
            return ()
        wanted = {drug for token in self.none_of for drug in drugs_of(token)}
        return forbidden, next(drug for drug in history.formulary.other_drugs if drug not in wanted)

    def drugs(self) -> dict[str, tuple[str, ...]]:
        """The drugs and groups that the criterion names."""
        return {"none_of": self.none_of}


class NotBeside(NoCoMedication):
    """No drug is taken to which a row of drug interactions applies. Made from such a row; never written in data.

    ``taken``: the co-medication drugs for which the row applies, as the patient file writes them.
    """

    taken: tuple[str, ...] = ()
    """The co-medication drugs for which the row applies, as the patient file writes them."""

    @property
    def of_co_medication(self) -> bool:
        """Always true."""
        return True

    @property
    def about_drugs(self) -> tuple[str, ...]:
        """The co-medication drugs for which the row applies."""
        return self.taken

    def warned(self, finding: Finding) -> str:
        """The sentence of the row, which names the drugs that are taken."""
        return self.say if finding.truth is Truth.NOT_MET else super().warned(finding)


_GVHD = "comorbidities.active_gvhd"


_ALLOGRAFT = "comorbidities.prior_allogeneic_transplant"


class NoAllograft(Criterion):
    """No earlier allogeneic transplant: as recorded, or by a complete list of therapies without one."""

    type: Literal["no-allograft"] = "no-allograft"

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return f"no {words.field(_ALLOGRAFT)}"

    def reads(self) -> tuple[Fact, ...]:
        """Whether an allogeneic transplant was given."""
        return (Fact("allograft"),)

    def truth(self, facts: Facts) -> Truth:
        """Unknown if nothing is recorded, and the list of therapies is incomplete or a transplant may be allogeneic."""
        return negate(facts.truth(Fact("allograft")))

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The transplant, or the fields that would decide whether there was one."""
        return history.allograft.account

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Yes and no, and possible values in the record of therapies."""
        return possible.words(field) if field == _ALLOGRAFT else super().tries(field, history)


class NoGvhd(Criterion):
    """No active graft-versus-host disease: as recorded; it is excluded if no allogeneic transplant was given."""

    type: Literal["no-gvhd"] = "no-gvhd"

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return f"no {words.field(_GVHD)}"

    def reads(self) -> tuple[Fact, ...]:
        """The recorded field, and whether an allogeneic transplant was given."""
        return Fact("word", _GVHD), Fact("allograft")

    def truth(self, facts: Facts) -> Truth:
        """Unknown if the disease is not recorded and an allogeneic transplant is not excluded."""
        recorded = facts.word(Fact("word", _GVHD))
        if recorded is None:
            return Truth.MET if facts.truth(Fact("allograft")) is Truth.NOT_MET else Truth.UNKNOWN
        return truth_of(not recorded)

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """What is recorded; otherwise that no transplant could have caused it, or the fields that would decide it."""
        recorded, name = history.patient.get(_GVHD), words.field(_GVHD)
        if recorded is not None:
            changes = (Change(self.required(words), "value", _GVHD, False),) if truth is Truth.NOT_MET else ()
            return Account(f"{name}: {'yes' if recorded else 'no'}", (_GVHD,), (), changes)
        graft = history.allograft.account
        if truth is Truth.MET:
            return Account(graft.found, graft.where)
        return Account(f"{name} not recorded", (_GVHD,), (_GVHD, *graft.missing))

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Yes and no, and possible values in the record of therapies."""
        return possible.words(field) if field in (_GVHD, _ALLOGRAFT) else super().tries(field, history)
