"""Criteria that ask what the patient has, or takes, beside the myeloma.

Pregnancy, toxicities of earlier drugs, second cancers, an allogeneic transplant and its disease, other drugs.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Literal

from mmadvisor.base.english import listed
from mmadvisor.base.known import Change, Finding, Truth, all_of, any_of, negate, truth_of
from mmadvisor.criteria import possible
from mmadvisor.criteria.base import Criterion, Words, unique
from mmadvisor.formats.paths import item_in
from mmadvisor.formats.patient import SecondCancer, Toxicity
from mmadvisor.history.history import History


class NoPregnancy(Criterion):
    """No pregnancy: met for men, without childbearing potential, and past the menopause.

    ``nor_possible``: none can come about either, so that neither a test nor contraception is needed; a test of
    today does not settle it. Past the menopause is from ``postmenopausal_from_age`` on, unless childbearing potential
    is on record.
    """

    type: Literal["no-pregnancy"] = "no-pregnancy"
    nor_possible: bool = False
    """Pregnancy must also be impossible, so that neither a test nor contraception is needed. A test of the day does not
    settle this."""

    def required(self, words: Words) -> str:
        """In words."""
        return "no pregnancy possible" if self.nor_possible else "no pregnancy"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown only where pregnancy is possible and not excluded."""
        get = history.patient.get
        recorded = get("comorbidities.pregnancy")
        potential = get("comorbidities.childbearing_potential")
        if recorded is True:
            field = "comorbidities.pregnancy"
            return Finding(Truth.NOT_MET, "pregnant", (field,), (), (Change("no pregnancy", "value", field, False),))
        if recorded is False and not self.nor_possible:
            return Finding(Truth.MET, "not pregnant", ("comorbidities.pregnancy",))
        if get("demographics.sex") == "male":
            return Finding(Truth.MET, "a man", ("demographics.sex",))
        if potential is False:
            return Finding(Truth.MET, "no childbearing potential", ("comorbidities.childbearing_potential",))
        if potential is True and self.nor_possible:
            return Finding(Truth.NOT_MET, "childbearing potential", ("comorbidities.childbearing_potential",))
        age = get("demographics.age")
        if potential is None and age is not None and age >= history.definitions.postmenopausal_from_age.value:
            return Finding(Truth.MET, f"{age} years old", ("demographics.age",))
        # Any one of these could settle it.
        others = ("demographics.sex", "demographics.age", "comorbidities.childbearing_potential")
        missing = tuple(field for field in others if get(field) is None)
        if not self.nor_possible:
            missing = ("comorbidities.pregnancy", *missing)
        found = "whether pregnancy is possible is not recorded" if self.nor_possible else "pregnancy not excluded"
        return Finding(Truth.UNKNOWN, found, missing, missing)

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Every word, and an age on either side of the menopause."""
        if field == "demographics.age":
            return possible.either_side(field, [history.definitions.postmenopausal_from_age.value])
        asked = ("comorbidities.pregnancy", "demographics.sex", "comorbidities.childbearing_potential")
        return possible.words(field) if field in asked else ()


class NoToxicity(Criterion):
    """No recorded adverse event of a kind, or only of a lower grade.

    ``events`` are words that the event's name may contain, with a hyphen, a space or neither; a short form in capitals,
    such as ``MDS``, stands as a word of its own. ``below_grade`` 1 means of no grade at all.
    """

    type: Literal["no-toxicity"] = "no-toxicity"
    events: tuple[str, ...]
    """Words that the name of a recorded event may contain."""
    of: tuple[str, ...] = ()
    """Agents or classes on which the event counts; empty means on any."""
    below_grade: int
    """The lowest grade that fails it; 1 means that any grade does."""

    def flaws(self) -> Iterator[tuple[str, str]]:
        """A grade that no event has."""
        from mmadvisor.criteria.allowed import limits_of, outside

        yield from super().flaws()
        if limits := limits_of("toxicities.grade"):
            yield from outside(self, ("below_grade",), limits)

    def required(self, words: Words) -> str:
        """In words."""
        agents = f" on {listed(self.of, 'or')}" if self.of else ""
        grade = f" of grade {self.below_grade} or more" if self.below_grade > 1 else ""
        return f"no {listed(self.events, 'or')}{grade}{agents}"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown when toxicities are not recorded, or one without its agent or its grade."""
        recorded = history.patient.toxicities
        if recorded is None:
            return _not_recorded(history, self.of)
        members = frozenset(a for token in self.of for a in history.formulary.members(token))
        named = [
            (i, t) for i, t in enumerate(recorded)
            if any(_names(t.event, event) for event in self.events)
        ]  # fmt: skip
        given = not self.of or any(history.exposed_to(token).truth is not Truth.NOT_MET for token in self.of)
        return _no_event(named, members, self.below_grade, given) or Finding(
            Truth.MET, f"no {listed(self.events, 'or')} recorded", ("toxicities",)
        )

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """No event, and one that it forbids, on an agent that was given where there is one."""
        members = sorted(a for token in self.of for a in history.formulary.members(token))
        return _events(history, field, members, self.events[0], self.below_grade)

    def tokens(self) -> tuple[str, ...]:
        """What it names."""
        return self.of


# What joins the parts of a name: "T-cell lymphoma" is the same event as "T cell lymphoma".
_JOINTS = re.compile(r"[\W_]+")


def _names(recorded: str, event: str) -> bool:
    """Whether a recorded event holds the words of another, however they are joined."""
    if event.isupper():
        return _words(event) in _words(recorded)
    return _words(event).replace(" ", "") in _words(recorded).replace(" ", "")


def _words(event: str) -> str:
    return f" {_JOINTS.sub(' ', event).casefold().strip()} "


class Tolerated(Criterion):
    """No severe event on an agent of a regimen. Added for each agent; never written in data."""

    type: Literal["tolerated"] = "tolerated"
    agent: str
    """The agent."""

    def required(self, words: Words) -> str:
        """In words."""
        return f"no severe event on {self.agent} before"

    def told(self, finding: Finding, words: Words) -> str:
        """The event."""
        return f"{self.agent}: {finding.found}"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown when toxicities are not recorded of an agent that was given, or may have been."""
        recorded = history.patient.toxicities
        given = [e for e in history.exposures if e.agent.id == self.agent]
        severe = int(history.definitions.severe_from_grade.value)
        may_have_been = history.exposed_to(self.agent).truth is not Truth.NOT_MET
        found = _no_event(list(enumerate(recorded or ())), frozenset({self.agent}), severe, may_have_been)
        if found is not None and found.truth is not Truth.MET:
            return found
        stopped = [e for e in given if history.patient.therapies[e.entry].stop_reason == "toxicity"]
        told = {t.agent for t in recorded or ()}
        for exposure in stopped:
            if told.isdisjoint(g.agent for g in history.patient.therapies[exposure.entry].given):
                said = f"its therapy was stopped for toxicity that is not recorded ({history.called(exposure.entry)})"
                return Finding(Truth.UNKNOWN, said, (exposure.where,), ("toxicities",))
        if found is not None:
            return found
        if recorded is not None:
            return Finding(Truth.MET, "none recorded", ("toxicities",))
        return _not_recorded(history, (self.agent,))

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """No event, a severe one and a mild one on the agent: after the mild one it is known why it was stopped."""
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

    def tokens(self) -> tuple[str, ...]:
        """What it names."""
        return (self.agent,)


def _not_recorded(history: History, of: tuple[str, ...]) -> Finding:
    """No toxicities on record: what was never given harmed nobody, of what was given nothing is known."""
    given = [history.exposed_to(token) for token in of]
    truth = any_of(found.truth for found in given) if of else Truth.MET
    if truth is Truth.NOT_MET:
        return Finding(Truth.MET, "never given", ("therapies",))
    whether = [field for found in given for field in found.missing] if truth is Truth.UNKNOWN else []
    return Finding(Truth.UNKNOWN, "toxicities not recorded", ("toxicities",), unique(["toxicities", *whether]))


def _events(history: History, field: str, members: list[str], event: str, grade: int) -> tuple[object, ...]:
    """What toxicities may turn out to be, where an event of some grade on some agents is asked about.

    None more than is recorded, and that event as well; of a recorded event its agent, among those asked about and
    among the others that were given, and its grade.
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


def _no_event(
    recorded: list[tuple[int, Toxicity]], members: frozenset[str], below_grade: int, given: bool = True
) -> Finding | None:
    """What recorded events say of agents; ``None`` where none of them is about these.

    One without its agent may have been on any that was given.
    """
    truths: list[Truth] = []
    shown: list[str] = []
    where: list[str] = []
    missing: list[str] = []
    for index, toxicity in recorded:
        about = given if toxicity.agent is None else toxicity.agent in members
        if members and not about:
            continue
        path = f"toxicities[{index}]"
        certain = Truth.UNKNOWN if members and toxicity.agent is None else Truth.MET
        any_grade = below_grade <= 1
        severe = truth_of(True if any_grade else None if toxicity.grade is None else toxicity.grade >= below_grade)
        truths.append(negate(all_of([certain, severe])))
        if truths[-1] is Truth.MET and members:
            continue
        where.append(path)
        agent = f" on {toxicity.agent}" if toxicity.agent else ", on which agent is not recorded"
        grade = "grade not recorded" if toxicity.grade is None else f"grade {toxicity.grade}"
        shown.append(f"{toxicity.event}{agent}, {grade} ({path})")
        if truths[-1] is Truth.UNKNOWN:
            missing.append(f"{path}.{'agent' if toxicity.agent is None else 'grade'}")
    if not truths:
        return None
    truth = all_of(truths)
    found = "; ".join(shown) or "none of that grade recorded"
    return Finding(truth, found, tuple(where) or ("toxicities",), unique(missing) if truth is Truth.UNKNOWN else ())


_CANCERS = "comorbidities.second_cancers"


_TICKED = "comorbidities.other_malignancy"


_KINDS: dict[Literal["t-cell", "myeloid", "solid", "skin-non-melanoma"], str] = {
    "t-cell": "T-cell",
    "myeloid": "myeloid",
    "solid": "solid",
    "skin-non-melanoma": "non-melanoma skin",
}


class NoSecondCancer(Criterion):
    """No second cancer on record of certain kinds, in certain states, after certain drugs.

    ``kinds`` and ``states`` empty: any. The kind ``unknown`` is a cancer of which no kind is recorded, and the state
    ``unknown`` one of which no state is. ``after``:
    only cancers that nothing shows to have come before treatment with one of these agents or classes.
    `other_malignancy` alone is one cancer of a kind that is not recorded.
    """

    type: Literal["no-second-cancer"] = "no-second-cancer"
    kinds: tuple[Literal["t-cell", "myeloid", "solid", "skin-non-melanoma", "unknown"], ...] = ()
    """Kinds of cancer that count; `unknown` is a cancer without a recorded kind. Empty means any."""
    states: tuple[Literal["active", "watched", "past", "unknown"], ...] = ()
    """States that count; `unknown` is a cancer without a recorded state. Empty means any."""
    after: tuple[str, ...] = ()
    """Agents or classes. Only a cancer that nothing shows to have come before them counts."""

    @cached_property
    def over_therapies(self) -> bool:
        """Whether another therapy could change its answer."""
        return bool(self.after)

    @cached_property
    def of_gaps(self) -> bool:
        """Whether it asks for a kind, a state, or a day, that is not recorded."""
        return "unknown" in self.kinds or "unknown" in self.states or bool(self.after)

    def required(self, words: Words) -> str:
        """In words."""
        kinds = [_KINDS[kind] for kind in self.kinds if kind != "unknown"]
        known = tuple(state for state in self.states if state != "unknown")
        states = f"{listed(known, 'or')} " if known else ""
        named = f"{listed(tuple(kinds), 'or')} " if kinds else "" if self.kinds else "second "
        unnamed = " of a kind that is not recorded" if "unknown" in self.kinds else ""
        stateless = " without a recorded state" if "unknown" in self.states else ""
        either = f", nor one{stateless}" if known and stateless else stateless
        after = f" after {listed(self.after, 'or')}" if self.after else ""
        return f"no {states}{named}cancer{unnamed}{either}{after}"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown while a cancer's kind or state is not recorded, or nothing of other cancers is."""
        cancers: tuple[SecondCancer, ...] | None = history.patient.get(_CANCERS)
        ticked = history.patient.get(_TICKED)
        if cancers is None and ticked is None:
            return Finding(Truth.UNKNOWN, "second cancers not recorded", (_TICKED,), (_TICKED,))
        found = [(f"{_CANCERS}[{i}]", c, self._concerns(c, history)) for i, c in enumerate(cancers or ())]
        if (cancers is None and ticked == "past") or (ticked == "active" and not _explained(cancers or ())):
            one = SecondCancer(state=ticked)
            # One of which the state is not recorded may be the active one.
            open_ = Truth.UNKNOWN if any(c.state is None for c in cancers or ()) else Truth.MET
            found.append((_TICKED, one, all_of([open_, self._concerns(one, history)])))
        truth = negate(any_of(concerned for _, _, concerned in found))
        if truth is Truth.MET:
            return Finding(truth, "no such cancer recorded", (_CANCERS if cancers is not None else _TICKED,))
        return self._against(truth, [(path, c) for path, c, concerned in found if concerned is negate(truth)])

    def _against(self, truth: Truth, deciding: list[tuple[str, SecondCancer]]) -> Finding:
        """The finding where cancers of the record stand against it, or may: each with its path."""
        said = "; ".join(f"{_cancer(c)} ({_which(path)})" for path, c in deciding)
        where = tuple(path for path, _ in deciding)
        if truth is Truth.UNKNOWN:
            return Finding(truth, said, where, unique(m for path, c in deciding for m in _unrecorded(path, c)))
        ends = bool(self.states) and "past" not in self.states
        return Finding(truth, said, where, (), tuple(_over(path, c) for path, c in deciding) if ends else ())

    def _concerns(self, cancer: SecondCancer, history: History) -> Truth:
        """Whether a cancer is one of those that are asked about."""
        kind = cancer.kind or ("unknown" if "unknown" in self.kinds else None)
        truths = [truth_of(None if kind is None else kind in self.kinds)] if self.kinds else []
        if self.states:
            state = cancer.state or ("unknown" if "unknown" in self.states else None)
            truths.append(truth_of(None if state is None else state in self.states))
        if self.after:
            truths.append(self._follows(cancer, history))
        return all_of(truths)

    def _follows(self, cancer: SecondCancer, history: History) -> Truth:
        """Whether a cancer came after one of the drugs; unknown where such a drug may have been given."""
        members = {a for token in self.after for a in history.formulary.members(token)}
        if cancer.after in members:
            return Truth.MET
        starts = [e.start for e in history.exposures if e.agent.id in members]
        # What a look-ahead only assumes comes after every cancer that is on record today.
        given = [s for s in starts if s is None or history.today.exact or s.earliest < history.as_of]
        found = cancer.found_on
        if any(s is None or found is None or s.not_after(found) is not Truth.NOT_MET for s in given):
            return Truth.MET
        return truth_of(False if history.complete is Truth.MET else None)

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """A cancer of each kind that is active; every word of a field of one; and what the record leaves open."""
        if field == _CANCERS:
            held, ticked = history.patient.get(_CANCERS) or (), history.patient.get(_TICKED)
            return tuple((*held, SecondCancer(kind=kind, state=ticked)) for kind in _KINDS)
        item = item_in(field)
        if field == _TICKED or (item is not None and item.field == _CANCERS):
            return possible.words(field)
        return super().tries(field, history)

    def tokens(self) -> tuple[str, ...]:
        """What it names."""
        return self.after

    def patient_fields(self) -> tuple[str, ...]:
        """What it reads."""
        return (_CANCERS, _TICKED)


def _explained(cancers: tuple[SecondCancer, ...]) -> bool:
    """Whether one of the cancers is the one that is ticked as active."""
    return any(c.state in ("active", "watched") for c in cancers)


def _which(path: str) -> str:
    """Which cancer of the record is meant, as people count; or the field that holds the one word."""
    item = item_in(path)
    return path if item is None else f"second cancer {item.place + 1}"


def _cancer(cancer: SecondCancer) -> str:
    """A cancer in words, as far as it is recorded."""
    kind = f"{_KINDS[cancer.kind]} cancer" if cancer.kind else "cancer of a kind that is not recorded"
    return f"{cancer.state} {kind}" if cancer.state else f"{kind}, state not recorded"


def _unrecorded(path: str, cancer: SecondCancer) -> list[str]:
    """The fields that would tell what a cancer is."""
    if path == _TICKED:
        return [_CANCERS]
    lacking = [f"{path}.{key}" for key in ("kind", "state") if getattr(cancer, key) is None]
    return lacking or ["therapies_complete"]


def _over(path: str, cancer: SecondCancer) -> Change:
    """What ends what a cancer forbids."""
    kind = f"{_KINDS[cancer.kind]} cancer" if cancer.kind else "other cancer"
    field = path if path == _TICKED else f"{path}.state"
    return Change(f"the {kind} is no longer active", "value", field, "past")


class NoCoMedication(Criterion):
    """None of certain other drugs is taken: drugs by name, or groups of drugs by id."""

    type: Literal["no-co-medication"] = "no-co-medication"
    none_of: tuple[str, ...]
    """Drugs by name, or groups of drugs by id."""

    _one_given = ("none_of",)

    def required(self, words: Words) -> str:
        """In words."""
        return f"takes no {listed(self.none_of, 'or')}"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown when co-medication is not recorded, and where a drug on the list is one that nobody knows."""
        taken = history.taken
        if taken is None:
            return Finding(Truth.UNKNOWN, "co-medication not recorded", ("co_medication",), ("co_medication",))
        wanted = {drug for token in self.none_of for drug in history.formulary.drugs_of(token)}
        hits = tuple(t.written for t in taken if t.drug in wanted)
        if hits:
            left = tuple(t.written for t in taken if t.written not in hits)
            changes = (Change(f"stopping {listed(hits, 'and')}", "value", "co_medication", left),)
            return Finding(Truth.NOT_MET, f"takes {listed(hits, 'and')}", ("co_medication",), (), changes)
        unknown = {f"co_medication[{i}]": t.written for i, t in enumerate(taken) if not t.drug}
        if unknown:
            found = f"{listed(tuple(unknown.values()), 'and')} not known to the catalogue"
            return Finding(Truth.UNKNOWN, found, tuple(unknown), tuple(unknown))
        return Finding(Truth.MET, "none of them taken", ("co_medication",))

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """No drug, and one of those that it forbids; of a name that is not known, such a drug and another."""
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
        """What it names."""
        return {"none_of": self.none_of}


class NotBeside(NoCoMedication):
    """Nothing is taken that a row of interactions is about. Made for such a row; never written in data.

    ``taken``: the drugs on the list of co-medication that the row is about, as they are written there.
    """

    taken: tuple[str, ...] = ()
    """The drugs on the list of co-medication that the row is about, as they are written there."""

    @property
    def of_co_medication(self) -> bool:
        """It does."""
        return True

    @property
    def about_drugs(self) -> tuple[str, ...]:
        """The drugs that are taken."""
        return self.taken

    def warned(self, finding: Finding) -> str:
        """What the row tells, which names the drugs that are taken."""
        return self.say if finding.truth is Truth.NOT_MET else super().warned(finding)


_GVHD = "comorbidities.active_gvhd"


_ALLOGRAFT = "comorbidities.prior_allogeneic_transplant"


class _OverAllografts(Criterion):
    """What hangs on an allogeneic transplant, which the record of therapies may hold."""

    @cached_property
    def over_therapies(self) -> bool:
        """Another therapy could change its answer."""
        return True

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Yes and no, and what the record of therapies leaves open."""
        return possible.words(field) if field in self.patient_fields() else super().tries(field, history)


class NoAllograft(_OverAllografts):
    """No allogeneic transplant before: as recorded, or by a whole list of therapies that holds none."""

    type: Literal["no-allograft"] = "no-allograft"

    def required(self, words: Words) -> str:
        """In words."""
        return f"no {words.field(_ALLOGRAFT)}"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown where none is recorded and the list of therapies may not be whole, or holds one of unknown kind."""
        graft = history.allograft
        return Finding(negate(graft.truth), graft.found, graft.where, graft.missing)

    def patient_fields(self) -> tuple[str, ...]:
        """What it reads."""
        return (_ALLOGRAFT,)


class NoGvhd(_OverAllografts):
    """No active graft-versus-host disease: as recorded; without an allogeneic transplant there is none."""

    type: Literal["no-gvhd"] = "no-gvhd"

    def required(self, words: Words) -> str:
        """In words."""
        return f"no {words.field(_GVHD)}"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown where it is not recorded and an allogeneic transplant is not excluded."""
        recorded, name = history.patient.get(_GVHD), words.field(_GVHD)
        if recorded is not None:
            changes = (Change(self.required(words), "value", _GVHD, False),) if recorded else ()
            return Finding(truth_of(not recorded), f"{name}: {'yes' if recorded else 'no'}", (_GVHD,), (), changes)
        graft = history.allograft
        if graft.truth is Truth.NOT_MET:
            return Finding(Truth.MET, graft.found, graft.where)
        return Finding(Truth.UNKNOWN, f"{name} not recorded", (_GVHD,), (_GVHD, *graft.missing))

    def patient_fields(self) -> tuple[str, ...]:
        """What it reads."""
        return (_GVHD, _ALLOGRAFT)
