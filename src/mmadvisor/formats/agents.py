"""Agents, their classes, and all of their names."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

from mmadvisor.base.errors import nearest
from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Limits

Verified = Literal["primary", "secondary", "unverified"]


class Agent(Entry):
    """One drug substance, under its international non-proprietary name.

    ``generation`` ranks the agents of a class: if an agent of one generation has failed, an agent of a higher
    generation may still work.
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
    """The first year in which a patient can have received an agent of a class."""

    year: Annotated[int, Limits(1900, 2200)]
    source: str
    verified: Verified


class Members(Entry):
    """The drugs that one source lists as members of a group of drugs."""

    drugs: tuple[str, ...]
    source: str
    verified: Verified


class DrugGroup(Entry):
    """Drugs of the co-medication that have the same effect on an agent, such as strong inhibitors of one enzyme.

    ``id`` is the plural, for requirements (``strong CYP3A4 inhibitors``). ``name`` is the singular, for one member.
    """

    id: str
    name: str
    members: tuple[Members, ...]

    @cached_property
    def mark_of(self) -> dict[str, Verified]:
        """The drugs of the group, each with the best verification mark among the sources that list it."""
        found: dict[str, Verified] = {}
        for mark in _BEST_FIRST:
            for part in self.members:
                for drug in part.drugs if part.verified == mark else ():
                    found.setdefault(drug, mark)
        return found


_BEST_FIRST: tuple[Verified, ...] = ("primary", "secondary", "unverified")


def without_modality(token: str) -> str:
    """The agent or class of a token such as ``BCMA-directed/car-t``, without the modality."""
    return token.partition("/")[0]


class DrugClass(Entry):
    """A pharmacological class, and what refractoriness to one of its agents implies for the others.

    ``cross_resistant``: disease that is refractory to one agent is refractory to all of them. ``older_after_newer``:
    what refractoriness to an agent implies for agents of a lower generation; ``same_rank``: for agents of the same
    generation.
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
        """Whether an agent of the class may have been given by the end of ``year``.

        Yes if no first year is entered, or only an unverified one.
        """
        began = self.first_in_human
        return began is None or began.verified == "unverified" or began.year <= year


class RegimenName(Entry):
    """The abbreviation of a regimen, and its agents.

    An entry with another ``role`` than ``treatment`` opens no line and shows no refractoriness. ``ambiguous_until``: up
    to this year the abbreviation was also used for another regimen. ``allogeneic``: a transplant from another person.
    Every other name with the role of conditioning is an autologous transplant.
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
    """What the history needs to know about a regimen: its drugs, and the length of its cycle.

    ``debulks``: the regimen only reduces the tumour before another treatment.
    """

    agents: frozenset[str]
    cycle_days: int | None
    debulks: bool


class Resolved(NamedTuple):
    """The agent or regimen that a name resolves to, with a warning if the name could have another meaning."""

    id: str
    warning: str = ""


class Taken(NamedTuple):
    """A drug of the co-medication: its name in the patient file (``written``), and its generic name (``drug``).

    ``drug`` is empty if the catalogue does not know the name.
    """

    written: str
    drug: str


class UnknownNameError(ValueError):
    """No agent, or no regimen, has this name; similar names are sought only when ``hint`` is read."""

    def __init__(self, name: str, hint: Callable[[], str]) -> None:
        super().__init__(name)
        self.name = name
        self._hint = hint

    @property
    def hint(self) -> str:
        """A sentence with the name that may have been meant; empty if no known name is similar."""
        return self._hint()


class Formulary(Entry):
    """Every agent, class and regimen name of the catalogue, and the other drugs that patients take.

    ``orphans`` are short forms that could mean several agents or regimens; they are not accepted. ``courses`` are the
    regimens of the catalogue. ``other_drugs`` are drugs that are not agents, by generic name, with brands and usual
    short forms.
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
        """Every agent by its id."""
        return {agent.id: agent for agent in self.agents}

    @cached_property
    def class_by_id(self) -> dict[str, DrugClass]:
        """Every class by its id."""
        return {drug_class.id: drug_class for drug_class in self.classes}

    @cached_property
    def name_by_id(self) -> dict[str, RegimenName]:
        """Every regimen name by its abbreviation."""
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
        """The agent with this generic name, brand or usual short form.

        Raises:
            UnknownNameError: No agent has the name, or the short form could mean several.
        """
        if name in self.by_id:  # most files write the id, so no other name is searched
            return Resolved(name)
        key = _fold(name)
        if key in self._agent_names:
            return Resolved(self._agent_names[key])
        if key in self._orphans:
            candidates = ", ".join(self._orphans[key])
            raise UnknownNameError(name, lambda: f"It could mean {candidates}: write which one")
        raise UnknownNameError(name, lambda: nearest(name, (*self.by_id, *self._spelt(self.agents))))

    def regimen(self, name: str) -> Resolved:
        """The regimen with this abbreviation or usual spelling, in any case.

        Raises:
            UnknownNameError: No regimen has the name, or the short form could mean several.
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
            raise UnknownNameError(name, lambda: f"It could mean {candidates}: write which one")
        raise UnknownNameError(name, lambda: nearest(name, (*self.name_by_id, *self._spelt(self.names))))

    def taken(self, written: str) -> Taken:
        """A drug of the list of co-medication, by generic name, brand or usual short form.

        A dose after the name is ignored, and so is a second name of the same drug in brackets. With any other addition
        the drug counts as unknown, because the addition could be a second drug.
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
        """The drugs that a token of co-medication means, each with its verification mark.

        A token is a group of drugs, which means its members, or a single drug, which means itself (``primary``).
        """
        return self._groups[token].mark_of if token in self._groups else {token: "primary"}

    def group_name(self, token: str) -> str:
        """The name of one member of a group; empty if the token names no group."""
        return self._groups[token].name if token in self._groups else ""

    def drug_name(self, drug: str) -> str:
        """The name of an agent or of another drug."""
        return self.by_id[drug].name if drug in self.by_id else drug

    def nearest_drug(self, written: str) -> str:
        """``Did you mean x?`` if a name is very similar to a known drug; otherwise empty."""
        from difflib import get_close_matches

        names = {_fold(name): name for drug, others in self.other_drugs.items() for name in (drug, *others)}
        names |= {_fold(name): name for name in (*self.by_id, *self._spelt(self.agents))}
        found = get_close_matches(_fold(written), names, n=1, cutoff=_ALMOST)
        return f"Did you mean {names[found[0]]}?" if found else ""

    def members(self, token: str) -> frozenset[str]:
        """The agents that a token means; empty for an unknown token.

        A token is an agent id, a class, or a class with a modality, such as ``BCMA-directed/bispecific``.
        """
        return self._members.get(token) or self._members_of(token)

    def like(self, token: str) -> frozenset[str]:
        """The agents of a token, and every agent that shares a class with one of them.

        Treatment with any of these agents can change what is known about the others.
        """
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
        """The shortest and the longest cycle, in days, of the regimens with exactly these drugs.

        Steroids and supportive drugs are ignored. ``None`` if no such regimen has a cycle.
        """
        found = [c.cycle_days for c in self._courses.get(self._treating(agents), ()) if c.cycle_days is not None]
        return (min(found), max(found)) if found else None

    def debulks(self, agents: Iterable[str]) -> bool:
        """Whether these drugs are a regimen that only reduces the tumour before another treatment.

        Steroids and supportive drugs are ignored.
        """
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
        """The roles of the regimens that consist of exactly these agents; empty if there is no such regimen."""
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
        """The agents that are used as conditioning before a transplant."""
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


# A name with a dose after it, and a name with a second one in brackets.
_OFTEN = "once|twice|three times|daily|weekly|a|per|every|day|week|od|bd|tds|qd|bid|tid|mane|nocte|prn|po|sc|iv"
_DOSED = rf"(?P<name>.+?),? \d[\d.,]* ?(mg|g|mcg|[µμ]g|micrograms?|iu|units?|u|ml|%)?( ({_OFTEN}))*"
_ALMOST = 0.85  # the similarity, from 0 to 1, from which one name may be a typing error of another
_NAMED_TWICE = r"([^()]+?) ?\(([^()]+)\)"


# The sign of a trademark is no part of a name, and often follows it without a space.
_SIGNS = str.maketrans({"\u2019": "'", "\u00ae": " ", "\u2122": " ", "\u2120": " "})


def _fold(name: str) -> str:
    plain = name if name.isascii() else name.translate(_SIGNS)
    return " ".join(plain.casefold().split())
