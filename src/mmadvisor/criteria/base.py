"""What every criterion is: a requirement with its words, its answer, and what it may be asked about itself.

A criterion is a requirement: met is good, wherever it stands. What its failure means (a closed option, a caution) is
said by the list in which it stands. The types stand in rooms by what they ask of: ``therapies``, ``fields`` of the
patient file, ``conditions`` beside the myeloma; ``types`` lists them all.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from sys import intern
from typing import Annotated, ClassVar, Literal, Self

from mmadvisor.base.known import Bounds, Finding, span
from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Formed
from mmadvisor.criteria import possible
from mmadvisor.formats.agents import Formulary, Verified
from mmadvisor.history.history import History


def dated(text: str) -> str:
    """A full or partial date as it is written.

    Raises:
        ValueError: It is none.
    """
    span(text)
    return text


# A full or partial date, kept as it is written: `2024-03-18`, `2024-03`, `"2024"`.
Dated = Annotated[str, Formed(dated, r"^(19|2[01])\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$")]


class FieldWord(Entry):
    """How a patient field is called in a sentence, and its unit."""

    name: str
    unit: str = ""
    fixed: bool = False


class Words(Entry):
    """Names of fields and classes for people; a field without one goes by its path.

    ``fixed`` fields are facts that no waiting and no treatment changes.
    """

    fields: dict[str, FieldWord]

    def field(self, path: str) -> str:
        """The name of a field."""
        return self.fields[path].name if path in self.fields else path.rsplit(".", 1)[-1].replace("_", " ")

    def unit(self, path: str) -> str:
        """Its unit with a space before it, or nothing."""
        unit = self.fields[path].unit if path in self.fields else ""
        return f" {unit}" if unit else ""

    def fixed(self, path: str) -> bool:
        """Whether nothing changes it."""
        return path in self.fields and self.fields[path].fixed


_NOT_ASKED = frozenset(
    {
        "id", "text", "about", "say", "branches", "taken", "source", "verified", "known_since", "passes_with_time",
        "strong", "closes", "if_recorded", "presumable",
    }
)  # fmt: skip


NOT_RECORDED = "unknown"


class Branch(Entry):
    """What a caution tells a patient of whom a field holds one word.

    ``value``: the word, or ``unknown`` where the field is not recorded. ``taking``: only where one of these drugs or
    groups of drugs is on the list of co-medication; with ``or_not_known`` also where a drug on it is one that nobody
    knows, and may be such a drug. ``jurisdictions``: only there; empty means everywhere.
    """

    value: str
    text: str
    source: str
    verified: Verified
    taking: tuple[str, ...] = ()
    or_not_known: bool = False
    jurisdictions: tuple[str, ...] = ()

    def is_for(self, history: History, field: str, place: str) -> bool:
        """Whether it is for a patient, by what a field holds, in a place; a drug that may be taken does not count."""
        value = history.patient.get(field)
        if self.value != (NOT_RECORDED if value is None else value):
            return False
        if self.jurisdictions and place not in self.jurisdictions:
            return False
        wanted = {drug for token in self.taking for drug in history.formulary.drugs_of(token)}
        taken = history.taken or ()
        if self.or_not_known and not all(t.drug for t in taken):
            return True
        return not wanted or any(t.drug in wanted for t in taken)


# What may be so of an agent or a class: that it was received, or that the disease is refractory to it.
OfDrug = tuple[Literal["exposed", "refractory"], str]


# Why: docs/explanation/criteria.md
class Criterion(Entry, ABC):
    """One requirement that a patient meets, does not meet, or is not known to meet."""

    id: str = ""
    """Name of the criterion, unique within its regimen."""
    text: str = ""
    """A sentence that replaces the one made of the fields, where a source words the requirement otherwise."""
    about: str = ""
    """Topic of a caution, such as heart or infection."""
    say: str = ""
    """What a caution tells when its requirement is not met or not known."""
    source: str = ""
    """Key of the source in `sources.yaml`."""
    verified: Verified = "unverified"
    """How the source was read. An unverified limit can leave a regimen undetermined and never closes it."""
    known_since: Dated | None = None
    """Since when it was known, where its source is later or bears no date."""
    passes_with_time: bool = False
    """A gate that waiting can open; a regimen that it closes is deferred."""
    strong: bool = False
    """A caution that places the regimen below those of which nothing so grave is known."""
    closes: bool = False
    """A caution that closes the regimen where the harm is recorded, and warns where it is not known."""
    if_recorded: bool = False
    """A caution that tells nothing while the fact is not known."""
    presumable: bool = False
    """A gate that a test of the day settles, so that a provisional order is given while the result is unknown."""

    # Of these fields one must be given, or it asks nothing; and these are numbers that are never below nought.
    _one_given: ClassVar[tuple[str, ...]] = ()
    _never_negative: ClassVar[tuple[str, ...]] = ()

    @property
    def tells_unknown(self) -> bool:
        """Whether what it tells of a finding says itself that something is not known."""
        return False

    @cached_property
    def over_therapies(self) -> bool:
        """Whether another therapy could change its answer."""
        parts = self.parts()
        return any(part.over_therapies for part in parts) if parts else not self.patient_fields()

    @cached_property
    def of_gaps(self) -> bool:
        """Whether it asks what is not recorded, so that a fact more may turn an answer that was no unknown."""
        return any(part.of_gaps for part in self.parts())

    def bearing(self, formulary: Formulary) -> frozenset[str] | None:
        """The agents that could change its answer by being given; ``None``: any of them, or time alone."""
        if parts := self.parts():
            bearings = [part.bearing(formulary) for part in parts]
            return None if None in bearings else frozenset().union(*(b for b in bearings if b is not None))
        if not self.over_therapies:
            return frozenset()
        return frozenset().union(*map(formulary.like, self.tokens())) if self.tokens() else None

    @cached_property
    def question(self) -> str:
        """What is asked, without whose word it is: criteria that ask the same have the same answer."""
        plain = vars(self).get("_data") or dict(self.contents())
        return intern(repr({name: value for name, value in plain.items() if name not in _NOT_ASKED}))

    @abstractmethod
    def required(self, words: Words) -> str:
        """The requirement in words, as a report prints it."""

    def told(self, finding: Finding, words: Words) -> str:
        """A requirement that is not met, or not known to be, with what was found."""
        return f"{self.text or self.required(words)}: {finding.found}"

    def warned(self, finding: Finding) -> str:
        """What a caution tells with what was found; empty where the criterion has no sentence of its own."""
        return f"{self.say} ({finding.found})" if self.say and finding.found else self.say

    @abstractmethod
    def decide(self, history: History, words: Words) -> Finding:
        """Decide the criterion for one patient."""

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """What a field that it names as missing may turn out to be, one value at least for each answer it can give.

        Empty: the values of the field cannot be tried, and what it would change is not known. By default those of
        its parts, and those that the record of therapies leaves open; a type that reads a field of the patient file
        says which values of it turn its answer.
        """
        if parts := self.parts():
            return distinct(value for part in parts for value in part.tries(field, history))
        if not self.over_therapies:
            return ()
        return (*possible.of_record(history, field), *possible.drugs_meant(history, field, self.tokens()))

    def tokens(self) -> tuple[str, ...]:
        """The agents and classes it names, for the catalogue's cross-checks."""
        return ()

    def drugs(self) -> dict[str, tuple[str, ...]]:
        """The other drugs and groups of drugs it names, by the field that names them, for the cross-checks."""
        return {}

    def patient_fields(self) -> tuple[str, ...]:
        """The patient fields it names, for the catalogue's cross-checks."""
        return ()

    def states_asked(self) -> tuple[str, ...]:
        """The states of the disease that meet it; none where it asks for no state."""
        return ()

    def parts(self) -> tuple["Criterion", ...]:
        """The criteria it is made of."""
        return ()

    @property
    def turns_with_therapy(self) -> bool:
        """Whether further therapy could meet it, where it is not met now."""
        return self.over_therapies

    def is_one_line_off(self, history: History) -> bool:
        """Whether one line of therapy more, or one less, is all that it lacks."""
        return False

    @property
    def of_co_medication(self) -> bool:
        """Whether it stands for a row of interactions, which a report shows with the co-medication."""
        return False

    @property
    def about_drugs(self) -> tuple[str, ...]:
        """The drugs on the list of co-medication that made it, as they are written there."""
        return ()

    @property
    def tells_by(self) -> str:
        """The key of the branches of which it tells one, by the word that was found; empty where it has none."""
        return ""

    # --- what the checker of a catalogue asks -----------------------------------------------

    def flaws(self) -> Iterator[tuple[str, str]]:
        """What is wrong with it alone: the field that is to be mended, empty for the whole, and what is said of it."""
        from mmadvisor.criteria.allowed import no_field, patient_has

        for name in self.patient_fields():
            if not patient_has(name):
                yield "", no_field(name)
        if self._one_given and all(getattr(self, key) in (None, ()) for key in self._one_given):
            yield "", f"it asks nothing: give {' or '.join(self._one_given)}"
        for key in self._never_negative:
            if getattr(self, key) < 0:
                yield key, f"{getattr(self, key):g} is below nought"

    @property
    def of_a_test(self) -> bool:
        """Whether a test of the day settles it, so that a provisional order may presume it."""
        return False

    @property
    def left_to_people(self) -> bool:
        """Whether no field of a patient file decides it, or a part of it."""
        return any(part.left_to_people for part in self.parts())

    def words_found(self) -> dict[str, bool]:
        """Each word that may be found, ``unknown`` among them, and whether it meets the criterion; empty: no word."""
        return {}

    def joint_parts(self) -> tuple["Criterion", ...]:
        """The criteria inside it that must all hold."""
        return ()

    @classmethod
    def clash(cls, asked: Sequence[Self]) -> str:
        """Why criteria of this type cannot all be met, in words; empty where nothing is seen that forbids it."""
        return ""

    def makes_certain(self) -> frozenset[OfDrug]:
        """What of agents and classes is certain where it is met."""
        return frozenset()

    def is_met_by(self) -> frozenset[OfDrug]:
        """What of agents and classes meets it, each alone."""
        return frozenset()

    def rules_out(self) -> frozenset[OfDrug]:
        """What of agents and classes is never so where it is met."""
        return frozenset()


def every(criteria: Iterable[Criterion]) -> Iterator[Criterion]:
    """The criteria and all those inside them."""
    for criterion in criteria:
        yield criterion
        yield from every(criterion.parts())


def distinct(values: Iterable[object]) -> tuple[object, ...]:
    """The values without those that are there already; 1 and yes are two."""
    return tuple({(type(value), value): value for value in values}.values())


def unique(items: Iterable[str]) -> tuple[str, ...]:
    """The texts in their order, each once."""
    return tuple(dict.fromkeys(items))


def figure(value: float | None) -> str:
    """A number as people write it; a question mark where it is not known."""
    return "?" if value is None else f"{value:g}"


def count_of(bounds: Bounds) -> str:
    """A number that is known in part: ``2``, ``2 to 3``, ``at least 2``."""
    low, high = (None if b is None else f"{b:.0f}" for b in (bounds.low, bounds.high))
    if low is None:
        return "an unknown number of"
    if high is None:
        return f"at least {low}"
    return low if low == high else f"{low} to {high}"


def small(n: int) -> str:
    """A number in letters up to six, else in figures."""
    return ("no", "one", "two", "three", "four", "five", "six")[n] if 0 <= n <= 6 else str(n)
