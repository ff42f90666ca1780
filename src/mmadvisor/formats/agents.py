"""Agents, the classes they belong to, and every name that leads to them."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

from mmadvisor.base.errors import nearest
from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Limits

Verified = Literal["primary", "secondary", "unverified"]


class Agent(Entry):
    """One drug substance, under its international non-proprietary name.

    ``generation`` ranks the agents of a class whose order matters: a higher one may work where
    a lower one failed.
    """

    id: str
    name: str
    classes: tuple[str, ...]
    modality: str
    targets: tuple[str, ...]
    generation: int
    source: str
    verified: Verified
    steroid: bool = False
    supportive: bool = False
    routes: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    rxnorm: tuple[str, ...] = ()
    omop: tuple[str, ...] = ()
    note: str = ""


class FirstInHuman(Entry):
    """The first year in which anybody can have been given an agent of a class."""

    year: Annotated[int, Limits(1900, 2200)]
    source: str
    verified: Verified


class Members(Entry):
    """Drugs that belong to a group of drugs taken beside treatment, in the word of one source."""

    drugs: tuple[str, ...]
    source: str
    verified: Verified


class DrugGroup(Entry):
    """Drugs taken beside treatment that do the same to an agent, such as a strong inhibitor of one enzyme.

    ``id`` is the plural that a requirement reads with; ``name`` is what one member is called.
    """

    id: str
    name: str
    members: tuple[Members, ...]

    @cached_property
    def mark_of(self) -> dict[str, Verified]:
        """The drugs of the group, each with the best mark under which a source names it a member."""
        found: dict[str, Verified] = {}
        for mark in _BEST_FIRST:
            for part in self.members:
                for drug in part.drugs if part.verified == mark else ():
                    found.setdefault(drug, mark)
        return found


_BEST_FIRST: tuple[Verified, ...] = ("primary", "secondary", "unverified")


class DrugClass(Entry):
    """What agents share pharmacologically, and what refractoriness to one says of another.

    ``cross_resistant``: refractory to one is refractory to all. ``older_after_newer``: what
    refractoriness to an agent of the same or a higher generation makes of a lower one.
    """

    id: str
    name: str
    source: str
    verified: Verified
    cross_resistant: bool = False
    older_after_newer: Literal["spent", "doubtful"] | None = None
    same_rank: Literal["spent", "doubtful"] | None = None
    by_target_and_modality: bool = False
    first_in_human: FirstInHuman | None = None

    def in_trials_by(self, year: int) -> bool:
        """Whether an agent of it may have been given by the end of a year; yes where no year was read."""
        began = self.first_in_human
        return began is None or began.verified == "unverified" or began.year <= year


class RegimenName(Entry):
    """An abbreviation of the field and the agents that it stands for.

    ``role`` other than ``treatment`` makes neither a line nor refractoriness. ``ambiguous_until`` is
    the year after which nobody means another regimen by it any more. ``allogeneic``: a transplant from another person;
    every other name that stands for conditioning is an autologous one.
    """

    id: str
    agents: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    ambiguous_with: tuple[str, ...] = ()
    ambiguous_until: int | None = None
    role: Literal["treatment", "conditioning", "lymphodepletion", "mobilisation"] = "treatment"
    allogeneic: bool = False
    note: str = ""


class Course(Entry):
    """What a record must know of a regimen of the catalogue: its drugs, its cycle, and whether it only debulks."""

    agents: frozenset[str]
    cycle_days: int | None
    debulks: bool


class Resolved(NamedTuple):
    """What a name stands for, with a warning where it could stand for another."""

    id: str
    warning: str = ""


class Taken(NamedTuple):
    """A drug that is taken beside treatment; ``drug`` is empty where the catalogue does not know the name."""

    written: str
    drug: str


class UnknownNameError(ValueError):
    """No agent, or no regimen, goes by this name; ``hint`` lists what was perhaps meant."""

    def __init__(self, name: str, hint: str) -> None:
        super().__init__(name)
        self.name = name
        self.hint = hint


class Formulary(Entry):
    """Every agent, class and regimen name that the advisor knows, and the other drugs that patients take.

    ``orphans`` are short forms with no owner: they name their candidates and resolve to none. ``courses`` are
    the regimens of the catalogue. ``other_drugs`` are drugs that are no agents, by their generic names, with brands
    and usual short forms.
    """

    classes: tuple[DrugClass, ...]
    agents: tuple[Agent, ...]
    names: tuple[RegimenName, ...]
    orphans: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - an immutable entry never changes it
    courses: tuple[Course, ...] = ()
    other_drugs: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - an immutable entry never changes it
    drug_groups: tuple[DrugGroup, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, Agent]:
        """Agents by id."""
        return {agent.id: agent for agent in self.agents}

    @cached_property
    def class_by_id(self) -> dict[str, DrugClass]:
        """Classes by id."""
        return {drug_class.id: drug_class for drug_class in self.classes}

    @cached_property
    def name_by_id(self) -> dict[str, RegimenName]:
        """Regimen names by abbreviation."""
        return {name.id: name for name in self.names}

    @cached_property
    def _agent_names(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for agent in self.agents:
            for name in (agent.id, agent.name, *agent.brands, *agent.aliases):
                found.setdefault(_fold(name), agent.id)
        return found

    @cached_property
    def _regimen_names(self) -> dict[str, str]:
        found = {_fold(name.id): name.id for name in self.names}
        for name in self.names:
            for alias in name.aliases:
                found.setdefault(_fold(alias), name.id)
        return found

    @cached_property
    def _orphans(self) -> dict[str, tuple[str, ...]]:
        return {_fold(name): candidates for name, candidates in self.orphans.items()}

    @staticmethod
    def _spelt(known: Iterable[Agent | RegimenName]) -> Iterator[str]:
        for one in known:
            yield from (*(one.brands if isinstance(one, Agent) else ()), *one.aliases)

    def agent(self, name: str) -> Resolved:
        """The agent of this generic name, brand or usual short form.

        Raises:
            UnknownNameError: No agent goes by that name, or the short form has no one owner.
        """
        if name in self.by_id:  # as most files write it: nothing else need be looked through
            return Resolved(name)
        key = _fold(name)
        if key in self._agent_names:
            return Resolved(self._agent_names[key])
        if key in self._orphans:
            candidates = ", ".join(self._orphans[key])
            raise UnknownNameError(name, f"It could mean {candidates}: write the one that is meant")
        raise UnknownNameError(name, nearest(name, (*self.by_id, *self._spelt(self.agents))))

    def regimen(self, name: str) -> Resolved:
        """The regimen of this abbreviation or usual spelling, whatever its case.

        Raises:
            UnknownNameError: No regimen goes by that name, or the short form has no one owner.
        """
        key = _fold(name)
        if name in self.name_by_id or key in self._regimen_names:
            known = self.name_by_id[name if name in self.name_by_id else self._regimen_names[key]]
            if not known.ambiguous_with:
                return Resolved(known.id)
            meant = " + ".join(self.by_id[agent].name for agent in known.agents)
            others = ", ".join(known.ambiguous_with)
            return Resolved(known.id, f"{name} is read as {meant}; it can also mean {others}")
        if key in self._orphans:
            candidates = ", ".join(self._orphans[key])
            raise UnknownNameError(name, f"It could mean {candidates}: write the one that is meant")
        raise UnknownNameError(name, nearest(name, (*self.name_by_id, *self._spelt(self.names))))

    def taken(self, written: str) -> Taken:
        """A drug on a list of co-medication: an agent or another drug, by generic name, brand or usual short form.

        A dose behind the name is passed over, and a second name of the same drug in brackets. Whatever else stands
        there leaves the drug unknown, since it could name another one.
        """
        known = self._drug_names
        whole = _fold(written)
        if whole in known:
            return Taken(written, known[whole])
        if dosed := re.fullmatch(_DOSED, whole):
            return Taken(written, known.get(dosed["name"], ""))
        if named_twice := re.fullmatch(_NAMED_TWICE, whole):
            both = {known.get(name, "") for name in named_twice.groups()}
            return Taken(written, both.pop() if len(both) == 1 else "")
        return Taken(written, "")

    @cached_property
    def _drug_names(self) -> dict[str, str]:
        found = dict(self._agent_names)
        for drug, names in self.other_drugs.items():
            for name in (drug, *names):
                found.setdefault(_fold(name), drug)
        return found

    @cached_property
    def _groups(self) -> dict[str, DrugGroup]:
        return {group.id: group for group in self.drug_groups}

    def drugs_of(self, token: str) -> dict[str, Verified]:
        """The drugs that a token of co-medication stands for: those of a group, each with its mark, or one drug."""
        return self._groups[token].mark_of if token in self._groups else {token: "primary"}

    def group_name(self, token: str) -> str:
        """What a member of a group is called; empty where the token names no group."""
        return self._groups[token].name if token in self._groups else ""

    def drug_name(self, drug: str) -> str:
        """The name of a drug that is taken, be it an agent or another."""
        return self.by_id[drug].name if drug in self.by_id else drug

    def nearest_drug(self, written: str) -> str:
        """``Did you mean x?`` for a name that is almost one of a drug, or nothing: most drugs are not known here."""
        from difflib import get_close_matches

        names = {_fold(name): name for drug, others in self.other_drugs.items() for name in (drug, *others)}
        names |= {_fold(name): name for name in (*self.by_id, *self._spelt(self.agents))}
        found = get_close_matches(_fold(written), names, n=1, cutoff=_ALMOST)
        return f"Did you mean {names[found[0]]}?" if found else ""

    def members(self, token: str) -> frozenset[str]:
        """The agents that a token of a criterion stands for.

        A token is an agent id, a class, or a class with a modality: ``BCMA-directed/bispecific``.
        An unknown token has no members.
        """
        return self._members.get(token) or self._members_of(token)

    def like(self, token: str) -> frozenset[str]:
        """The agents of a token, and those that share a class with them: what bears on each other's activity."""
        found = self._like.get(token)
        if found is None:
            classes = {c for a in self.members(token) for c in self.by_id[a].classes}
            found = frozenset(a.id for a in self.agents if not classes.isdisjoint(a.classes))
            self._like[token] = found
        return found

    @cached_property
    def _like(self) -> dict[str, frozenset[str]]:
        return {}

    def cycle_days(self, agents: Iterable[str]) -> tuple[int, int] | None:
        """The shortest and the longest cycle of the regimens of just these drugs, in days; steroids make no difference.

        ``None`` where the catalogue has no such regimen, or none with a cycle.
        """
        found = [c.cycle_days for c in self._courses.get(self._treating(agents), ()) if c.cycle_days is not None]
        return (min(found), max(found)) if found else None

    def debulks(self, agents: Iterable[str]) -> bool:
        """Whether these drugs are a regimen that only debulks, on the way to another."""
        known = self._courses.get(self._treating(agents), ())
        return bool(known) and all(c.debulks for c in known)

    def _treating(self, agents: Iterable[str]) -> frozenset[str]:
        return frozenset(a for a in agents if not (self.by_id[a].steroid or self.by_id[a].supportive))

    @cached_property
    def _courses(self) -> dict[frozenset[str], list[Course]]:
        found: dict[frozenset[str], list[Course]] = {}
        for course in self.courses:
            found.setdefault(self._treating(course.agents), []).append(course)
        return found

    def roles(self, agents: frozenset[str]) -> frozenset[str]:
        """The roles of the regimens that consist of just these agents: a drug alone may be several."""
        return self._roles.get(agents, frozenset())

    @cached_property
    def _roles(self) -> dict[frozenset[str], frozenset[str]]:
        found: dict[frozenset[str], frozenset[str]] = {}
        for name in self.names:
            agents = frozenset(name.agents)
            found[agents] = found.get(agents, frozenset()) | {name.role}
        return found

    @cached_property
    def conditioning(self) -> frozenset[str]:
        """The agents that prepare for a transplant."""
        return frozenset(agent for name in self.names if name.role == "conditioning" for agent in name.agents)

    @cached_property
    def _members(self) -> dict[str, frozenset[str]]:
        return {}

    def _members_of(self, token: str) -> frozenset[str]:
        if token in self.by_id:
            found = frozenset({token})
        else:
            drug_class, _, modality = token.partition("/")
            found = frozenset(
                agent.id for agent in self.agents if drug_class in agent.classes and modality in ("", agent.modality)
            )
        self._members[token] = found
        return found


# A name with a dose behind it, and a name with a second one in brackets.
_OFTEN = "once|twice|three times|daily|weekly|a|per|every|day|week|od|bd|tds|qd|bid|tid|mane|nocte|prn|po|sc|iv"
_DOSED = rf"(?P<name>.+?),? \d[\d.,]* ?(mg|g|mcg|[µμ]g|micrograms?|iu|units?|u|ml|%)?( ({_OFTEN}))*"
_ALMOST = 0.85  # how like two names are, from 0 to 1, of which one may be a slip of the other
_NAMED_TWICE = r"([^()]+?) ?\(([^()]+)\)"


# A sign of a registered or claimed trademark is no part of a name, and often stands without a space before it.
_SIGNS = str.maketrans({"\u2019": "'", "\u00ae": " ", "\u2122": " ", "\u2120": " "})


def _fold(name: str) -> str:
    plain = name if name.isascii() else name.translate(_SIGNS)
    return " ".join(plain.casefold().split())
