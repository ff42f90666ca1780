"""The names in a patient file: unknown names are reported, and known names are replaced by ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from mmadvisor.base.errors import Problem
from mmadvisor.files.documents import Document, Path_
from mmadvisor.formats.agents import Formulary, Resolved, UnknownNameError
from mmadvisor.formats.patient import PLACEBO, Given, NotRefractory, Patient, Therapy


class Names:
    """The names of agents, classes and regimens in one document, looked up in one formulary."""

    def __init__(self, formulary: Formulary, document: Document) -> None:
        self.formulary = formulary
        self.document = document

    # --- problems ------------------------------------------------------------------------

    def problems(self, tree: Mapping[str, Any]) -> Iterator[Problem]:
        """Every missing or unknown name, even if the rest of the file is invalid too."""
        for i, therapy in _groups(tree, "therapies"):
            yield from self._problems_of_therapy(therapy, ("therapies", i))
        for i, toxicity in _groups(tree, "toxicities"):
            yield from self._name_problem(toxicity.get("agent"), ("toxicities", i, "agent"))
        comorbidities = tree.get("comorbidities")
        for i, cancer in _groups(comorbidities if isinstance(comorbidities, dict) else {}, "second_cancers"):
            yield from self._name_problem(cancer.get("after"), ("comorbidities", "second_cancers", i, "after"))

    def _problems_of_therapy(self, therapy: Mapping[str, Any], path: Path_) -> Iterator[Problem]:
        agents = therapy.get("agents")
        if agents == []:
            message = "this list is empty: name the drugs, or write `unknown`"
            yield self.document.problem((*path, "agents"), message)
        elif therapy.get("regimen") is None and agents is None and not _is_a_therapy(therapy):
            yield self.document.problem(
                path, "a therapy needs `regimen` or `agents`; write `agents: unknown` if nobody knows the drugs"
            )
        yield from self._name_problem(therapy.get("regimen"), (*path, "regimen"))
        for j, item in _groups(therapy, "agents"):
            yield from self._problems_of_narrowed(item, (*path, "agents", j))
        for j, item in _items(therapy, "agents"):
            name, place = _name_of(item, (*path, "agents", j))
            if name not in ("unknown", PLACEBO):
                yield from self._name_problem(name, place)
        for key in ("refractory_to", "not_refractory_to"):
            for j, item in _items(therapy, key):
                name, place = _name_of(item, (*path, key, j))
                if not self._is_class(name):
                    yield from self._name_problem(name, place)

    def _problems_of_narrowed(self, item: Mapping[str, Any], path: Path_) -> Iterator[Problem]:
        """Problems of an unknown drug with ``one_of`` or ``not``, which list agents or classes."""
        told = [key for key in ("agent", "one_of", "not") if item.get(key) is not None]
        if len(told) > 1:
            yield self.document.problem(path, f"write only one of {' and '.join(told)}")
        for key in ("one_of", "not"):
            if item.get(key) == []:
                yield self.document.problem(
                    (*path, key), "this list is empty: name agents or classes, or remove the field"
                )
            for k, name in _items(item, key):
                if not (self._is_class(name) or name == PLACEBO):
                    yield from self._name_problem(name, (*path, key, k))

    def _name_problem(self, name: object, path: Path_) -> Iterator[Problem]:
        """A problem if a name is unknown, with a hint if it is an agent instead of a regimen or the reverse."""
        if not isinstance(name, str):
            return
        regimen = path[-1] == "regimen"
        agent, regimen_ = self.formulary.agent, self.formulary.regimen
        find, other = (regimen_, agent) if regimen else (agent, regimen_)
        try:
            find(name)
        except UnknownNameError as error:
            hint = error.hint
            if _if_known(name, other) is not None:
                swapped = f"write agents: [{name}]" if regimen else f"write regimen: {name}"
                hint = f"This is the name of {'an agent' if regimen else 'a regimen'}: {swapped}"
            message = f"no {'regimen' if regimen else 'agent'} has this name"
            yield self.document.problem(path, message, found=name, hint=hint)

    def disagreements(self, patient: Patient) -> Iterator[Problem]:
        """A problem for each regimen that is written with other agents than its own; steroids may be left out."""
        for i, therapy in enumerate(patient.therapies):
            regimen = therapy.regimen and _if_known(therapy.regimen, self.formulary.regimen)
            listed = [_if_known(g.agent, self.formulary.agent) for g in therapy.given]
            if not regimen or not listed or None in listed or therapy.unnamed:
                continue
            meant = self.formulary.name_by_id[regimen].agents
            if meant and self._decisive(meant) != self._decisive(listed):
                message = f"the agents are not those of the regimen ({', '.join(meant)}): correct one of the two"
                found = ", ".join(sorted(self._decisive(listed))) or "steroids or supportive agents alone"
                yield self.document.problem(("therapies", i, "agents"), message, found=found)

    def _decisive(self, agents: Iterable[str | None]) -> set[str]:
        known = (self.formulary.by_id[a] for a in agents if a is not None)
        return {a.id for a in known if not (a.steroid or a.supportive)}

    # --- resolved names ------------------------------------------------------------------------

    def resolved(self, patient: Patient) -> tuple[Patient, list[Problem]]:
        """The patient with every name replaced by its id, and warnings about names.

        Raises:
            UnknownNameError: A name is unknown; ``problems`` finds unknown names first.
        """
        warnings: list[Problem] = []
        therapies = [self._therapy(therapy, ("therapies", i), warnings) for i, therapy in enumerate(patient.therapies)]
        update: dict[str, Any] = {"therapies": tuple(therapies)}
        if patient.toxicities is not None:
            update["toxicities"] = tuple(
                t if t.agent is None else t.but(**{"agent": self.formulary.agent(t.agent).id})
                for t in patient.toxicities
            )
        if patient.comorbidities is not None and patient.comorbidities.second_cancers:
            cancers = tuple(
                c if c.after is None else c.but(**{"after": self.formulary.agent(c.after).id})
                for c in patient.comorbidities.second_cancers
            )
            update["comorbidities"] = patient.comorbidities.but(**{"second_cancers": cancers})
        return patient.but(**update), warnings

    def _therapy(self, therapy: Therapy, path: Path_, warnings: list[Problem]) -> Therapy:
        """A therapy with its drugs, and with ids in its declarations."""
        changed: dict[str, Any] = {}
        agents, unnamed = self._drugs(therapy)
        if therapy.agents is None and therapy.regimen is None:
            message = "no drug is named here, so the therapy is read as one with unknown drugs"
            warnings.append(self.document.problem(path, message))
            unnamed = (Given(),)
        if therapy.regimen is not None:
            found = self.formulary.regimen(therapy.regimen)
            meant = self.formulary.name_by_id[found.id]
            changed["regimen"] = found.id
            if found.warning and not agents and _may_be_another(therapy, meant.ambiguous_until):
                warnings.append(self.document.problem((*path, "regimen"), found.warning))
            agents = agents or tuple(Given(agent=a) for a in meant.agents)
        changed["agents"] = (*agents, *unnamed)
        if therapy.refractory_to is not None:
            changed["refractory_to"] = tuple(self._id(name) for name in therapy.refractory_to)
            warnings += self._not_held(changed["refractory_to"], agents, path)
        if therapy.not_refractory_to is not None:
            changed["not_refractory_to"] = tuple(self._overruled(n, therapy) for n in therapy.not_refractory_to)
        return therapy.but(**changed)

    def _drugs(self, therapy: Therapy) -> tuple[tuple[Given, ...], tuple[Given, ...]]:
        """The drugs of a therapy in two groups: known names, and unknown drugs."""
        named = dict.fromkeys(g for g in therapy.given if g.agent not in ("unknown", PLACEBO))
        agents = tuple(g.but(**{"agent": self.formulary.agent(g.agent).id}) for g in named)
        not_known = [g.but(**{"agent": None}) for g in therapy.given if g.agent == "unknown"]
        return agents, tuple(self._narrowed(g) for g in (*therapy.unnamed, *not_known))

    def _narrowed(self, given: Given) -> Given:
        """An unknown drug, with ids for what it may be or was not."""
        if given.one_of is not None:
            return given.but(**{"one_of": tuple(n if n == PLACEBO else self._id(n) for n in given.one_of)})
        return given if given.not_ is None else given.but(**{"not_": tuple(map(self._id, given.not_))})

    def _not_held(self, declared: Iterable[str], agents: Iterable[Given], path: Path_) -> Iterator[Problem]:
        """Agents declared refractory in a therapy that does not contain them."""
        given = [self.formulary.by_id[a.agent] for a in agents if a.agent is not None]
        held = {a.id for a in given} | {c for a in given for c in a.classes}
        for j, name in enumerate(declared):
            if name not in held:
                message = "declared refractory, although this therapy does not contain it; the declaration counts"
                yield self.document.problem((*path, "refractory_to", j), message, found=name)

    def _overruled(self, entry: str | NotRefractory, therapy: Therapy) -> NotRefractory:
        """A declaration that disease is not refractory, with its own reason or the reason of the therapy."""
        if isinstance(entry, str):
            return NotRefractory(agent=self._id(entry), reason=therapy.reason)
        return NotRefractory(agent=self._id(entry.agent), reason=entry.reason or therapy.reason)

    def _is_class(self, name: object) -> bool:
        return isinstance(name, str) and name in self.formulary.class_by_id

    def _id(self, name: str) -> str:
        """The id of an agent, or of a class."""
        return name if name in self.formulary.class_by_id else self.formulary.agent(name).id


def _items(tree: Mapping[str, Any], key: str) -> Iterator[tuple[int, Any]]:
    """The items of a list with their indices, if there is a list; the tree is not validated yet."""
    items = tree.get(key)
    yield from enumerate(items if isinstance(items, list) else ())


def _groups(tree: Mapping[str, Any], key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The items of a list that are groups of fields."""
    return ((i, item) for i, item in _items(tree, key) if isinstance(item, dict))


def _name_of(item: object, path: Path_) -> tuple[object, Path_]:
    """The name in an item of a list, and its path: the item itself, or the agent of a group."""
    return (item.get("agent"), (*path, "agent")) if isinstance(item, dict) else (item, path)


def _is_a_therapy(therapy: Mapping[str, Any]) -> bool:
    """Whether an entry without drugs is still a therapy, with unknown drugs."""
    return any(therapy.get(key) is not None for key in ("line", "start")) or therapy.get("intent") == "relapse"


def _may_be_another(therapy: Therapy, until: int | None) -> bool:
    """Whether an abbreviation with two meanings may have had the other meaning at that time."""
    return until is None or therapy.start is None or therapy.start.earliest.year <= until


def _if_known(name: str, find: Callable[[str], Resolved]) -> str | None:
    """The id for a name; ``None`` if the name is unknown."""
    try:
        return find(name).id
    except UnknownNameError:
        return None
