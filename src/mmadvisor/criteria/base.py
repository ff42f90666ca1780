"""What every criterion is: a requirement in words, with the facts that it uses and the functions that decide it.

A criterion is a requirement: "LVEF at least 40 %" is a criterion, "heart failure" is not. The list that contains the
criterion decides what a failure means: a closed regimen, or a caution. The types are grouped by subject: ``therapies``,
``fields`` of the patient file, and ``conditions`` other than myeloma. ``types`` lists all types.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from sys import intern
from typing import Annotated, ClassVar, Literal, Self, final

from mmadvisor.base.known import Account, Bounds, Finding, Truth, all_of, negate, span
from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Formed
from mmadvisor.criteria import possible
from mmadvisor.formats.agents import Formulary, Verified
from mmadvisor.history.facts import KINDS, Fact, Facts, bearing, named
from mmadvisor.history.history import History


def dated(text: str) -> str:
    """Return a full or partial date as it is written.

    Raises:
        ValueError: The text is not a date.
    """
    span(text)
    return text


# A full or partial date, kept as it is written: `2024-03-18`, `2024-03`, `"2024"`.
Dated = Annotated[str, Formed(dated, r"^(19|2[01])\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$")]


class FieldWord(Entry):
    """The name of a field of the patient file in a sentence, and its unit."""

    name: str
    unit: str = ""
    fixed: bool = False


class Words(Entry):
    """The names of fields and classes in sentences; a field without a name is called by its path.

    ``fixed``: fields that neither waiting nor treatment changes.
    """

    fields: dict[str, FieldWord]

    def field(self, path: str) -> str:
        """The name of a field."""
        return self.fields[path].name if path in self.fields else path.rsplit(".", 1)[-1].replace("_", " ")

    def unit(self, path: str) -> str:
        """The unit of a field with a space before it; empty if there is none."""
        unit = self.fields[path].unit if path in self.fields else ""
        return f" {unit}" if unit else ""

    def fixed(self, path: str) -> bool:
        """Whether neither waiting nor treatment changes the field."""
        return path in self.fields and self.fields[path].fixed


_NOT_ASKED = frozenset(
    {
        "id", "text", "about", "say", "branches", "taken", "source", "verified", "known_since", "passes_with_time",
        "strong", "closes", "if_recorded", "presumable",
    }
)  # fmt: skip


NOT_RECORDED = "unknown"


class Branch(Entry):
    """One of several texts of a caution: the first that applies to the patient is printed.

    For example, the caution on hepatitis B has one text for carriers, and another for resolved infections.

    - ``value``: the value of the field, or ``unknown`` if the field is not recorded.
    - ``taking``: the branch applies only if one of these drugs or groups of drugs is in the co-medication. With
      ``or_not_known`` it also applies if the co-medication contains an unknown drug.
    - ``jurisdictions``: the branch applies only there; empty means everywhere.
    """

    value: str
    text: str
    source: str
    verified: Verified
    taking: tuple[str, ...] = ()
    or_not_known: bool = False
    jurisdictions: tuple[str, ...] = ()

    def is_for(self, history: History, field: str, place: str) -> bool:
        """Whether the branch applies to a patient in a jurisdiction; ``field`` is the field whose value decides."""
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
    """The name of the criterion, unique within its regimen."""
    text: str = ""
    """A sentence that replaces the generated requirement, if the source words it differently."""
    about: str = ""
    """The topic of a caution, such as heart or infection."""
    say: str = ""
    """The text of a caution whose requirement is not met or not known."""
    source: str = ""
    """The key of the source in `sources.yaml`."""
    verified: Verified = "unverified"
    """How the source was read. An `unverified` limit can leave a regimen undetermined, and never closes it."""
    known_since: Dated | None = None
    """The day since which the requirement was known, if its source is later or has no date."""
    passes_with_time: bool = False
    """The gate may be met after some time; while it is not met, the regimen is deferred and not closed."""
    strong: bool = False
    """The caution ranks the regimen below regimens without such a caution."""
    closes: bool = False
    """The caution closes the regimen if the harm is recorded. If nothing is recorded about harms, it only warns."""
    if_recorded: bool = False
    """The caution is reported only if the fact is recorded."""
    presumable: bool = False
    """A test of today decides the gate; while the result is unknown, the regimen is in the provisional order."""

    # Of these fields one must be given, or it asks nothing; and these are numbers that are never below nought.
    _one_given: ClassVar[tuple[str, ...]] = ()
    _never_negative: ClassVar[tuple[str, ...]] = ()
    # Whether what it asks of the patient may be otherwise by the time of a further therapy, whatever is given.
    _passes: ClassVar[bool] = False

    @property
    def tells_unknown(self) -> bool:
        """Whether the sentence of ``told`` already mentions that a result is unknown, so that no note is added."""
        return False

    @cached_property
    def question(self) -> str:
        """The requirement as data, without its source; criteria with the same question have the same result."""
        plain = vars(self).get("_data") or dict(self.contents())
        return intern(repr({name: value for name, value in plain.items() if name not in _NOT_ASKED}))

    @abstractmethod
    def required(self, words: Words) -> str:
        """The requirement in words, as a report prints it."""

    def told(self, finding: Finding, words: Words) -> str:
        """A sentence for a criterion that is not met or unknown: the requirement, and what was found."""
        return f"{self.text or self.required(words)}: {finding.found}"

    def warned(self, finding: Finding) -> str:
        """The text of a caution with what was found; empty if the criterion has no text of its own."""
        return f"{self.say} ({finding.found})" if self.say and finding.found else self.say

    # --- the truth, and its account ---------------------------------------------------------

    @abstractmethod
    def reads(self) -> tuple[Fact, ...]:
        """All facts that ``truth`` may use, including those of its parts."""

    @abstractmethod
    def truth(self, facts: Facts) -> Truth:
        """Whether the criterion is met, by the values of the facts of ``reads`` only."""

    @abstractmethod
    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """What was found, where, which fields are missing, and what would change the result, which is ``truth``."""

    def remark(self, history: History, truth: Truth) -> str:
        """A sentence to print as a caution although the criterion is met; otherwise empty."""
        return ""

    @final
    def decide(self, history: History, words: Words) -> Finding:
        """The truth for one patient, with its account, which is made when it is first read."""
        truth = self.truth(history)
        return Finding.of(truth, lambda: self.account(history, truth, words), self.remark(history, truth))

    # --- what follows from the facts that it reads ------------------------------------------

    @cached_property
    def _facts(self) -> tuple[Fact, ...]:
        return tuple(dict.fromkeys(self.reads()))

    @cached_property
    def over_therapies(self) -> bool:
        """Whether another therapy could change the result."""
        return any(KINDS[fact.kind].hangs_on != "fields" for fact in self._facts)

    @cached_property
    def of_gaps(self) -> bool:
        """Whether the result depends on what is not recorded, so that a new fact may change a known result."""
        return any(KINDS[fact.kind].of_gaps for fact in self._facts)

    @cached_property
    def of_events(self) -> bool:
        """Whether the result depends on the recorded adverse events."""
        return any(KINDS[fact.kind].of_events for fact in self._facts)

    @final
    def bearing(self, formulary: Formulary) -> frozenset[str] | None:
        """The agents with which treatment could change the result; ``None``: any agent, or the passing of time."""
        return bearing(self._facts, formulary)

    @final
    def tokens(self) -> tuple[str, ...]:
        """The agents and classes that the criterion itself names; empty for a criterion with parts."""
        return () if self.parts() else named(self._facts, "token")

    @final
    def patient_fields(self) -> tuple[str, ...]:
        """The fields of the patient file that the criterion itself names; empty for a criterion with parts."""
        return () if self.parts() else named(self._facts, "field")

    # --- what it may be asked about itself --------------------------------------------------

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Possible values of a missing field, with at least one value for each result of the criterion.

        Empty if no values can be tried; the effect of the field is then unknown. By default these are the values that
        the criteria inside it try, or else possible values in the record of therapies. A type that reads a field of
        the patient file overrides this method.
        """
        if parts := self.parts():
            return distinct(value for part in parts for value in part.tries(field, history))
        if not self.over_therapies:
            return ()
        return (*possible.of_record(history, field), *possible.drugs_meant(history, field, self.tokens()))

    def drugs(self) -> dict[str, tuple[str, ...]]:
        """The co-medication drugs and groups that the criterion names, by the criterion's field.

        For checks of the catalogue.
        """
        return {}

    def states_asked(self) -> tuple[str, ...]:
        """The states of the disease that meet the criterion; empty if it does not depend on the state."""
        return ()

    def parts(self) -> tuple["Criterion", ...]:
        """The criteria inside this criterion."""
        return ()

    @property
    def turns_with_therapy(self) -> bool:
        """Whether a criterion that is not met could be met after further therapy, or by the time that passes."""
        return self.over_therapies or any(part._passes for part in every((self,)))

    def is_one_line_off(self, lines: Bounds) -> bool:
        """Whether one line of therapy more, or one less, would meet the criterion, by the number of lines."""
        return False

    def is_one_line_short(self, lines: Bounds) -> bool:
        """Whether one line of therapy more would meet the criterion, after a known number of lines, at least one."""
        return False

    @property
    def of_co_medication(self) -> bool:
        """Whether the criterion was made from a row of drug interactions; reports show it with the co-medication."""
        return False

    @property
    def about_drugs(self) -> tuple[str, ...]:
        """The co-medication drugs for which the criterion was made, as the patient file writes them."""
        return ()

    @property
    def tells_by(self) -> str:
        """The key of its texts in ``branches``, one for each value of its field; empty if it has only one text."""
        return ""

    # --- what the checker of a catalogue asks -----------------------------------------------

    def flaws(self) -> Iterator[tuple[str, str]]:
        """Errors in the criterion itself: each with the field to correct (empty for the whole), and a message."""
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
        """Whether a test of today decides the criterion, so that it may be marked ``presumable``."""
        return False

    @property
    def left_to_people(self) -> bool:
        """Whether only a person, and no field of the patient file, decides the criterion or a criterion inside it."""
        return any(part.left_to_people for part in self.parts())

    def words_found(self) -> dict[str, bool]:
        """Whether each word that the field may have, and ``unknown``, meets the criterion; empty if it has no words."""
        return {}

    def joint_parts(self) -> tuple["Criterion", ...]:
        """The criteria inside it that must all be met."""
        return ()

    @classmethod
    def clash(cls, asked: Sequence[Self]) -> str:
        """Why criteria of this type contradict each other, in words; empty if no contradiction is found."""
        return ""

    def makes_certain(self) -> frozenset[OfDrug]:
        """Exposure and refractoriness that are certain if the criterion is met, each with its agent or class."""
        return frozenset()

    def is_met_by(self) -> frozenset[OfDrug]:
        """Exposures and refractoriness, each of which is enough to meet the criterion."""
        return frozenset()

    def rules_out(self) -> frozenset[OfDrug]:
        """Exposures and refractoriness that are impossible if the criterion is met."""
        return frozenset()


def every(criteria: Iterable[Criterion]) -> Iterator[Criterion]:
    """The criteria, and all criteria inside them."""
    for criterion in criteria:
        yield criterion
        yield from every(criterion.parts())


def distinct(values: Iterable[object]) -> tuple[object, ...]:
    """The values without duplicates; 1 and ``True`` count as different."""
    return tuple({(type(value), value): value for value in values}.values())


def unique(items: Iterable[str]) -> tuple[str, ...]:
    """The texts without duplicates, in order."""
    return tuple(dict.fromkeys(items))


def figure(value: float | None) -> str:
    """A number in words; a question mark for ``None``."""
    return "?" if value is None else f"{value:g}"


def within(
    number: Bounds | None,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> Truth:
    """Whether a number lies within limits; unknown for ``None``."""
    if number is None:
        return Truth.UNKNOWN
    truths = []
    if at_least is not None:
        truths.append(number.at_least(at_least))
    if at_most is not None:
        truths.append(number.at_most(at_most))
    if above is not None:
        truths.append(negate(number.at_most(above)))
    if below is not None:
        truths.append(negate(number.at_least(below)))
    return all_of(truths)


def count_of(bounds: Bounds) -> str:
    """A range of counts in words: ``2``, ``2 to 3``, ``at least 2``."""
    low, high = (None if b is None else f"{b:.0f}" for b in (bounds.low, bounds.high))
    if low is None:
        return "an unknown number of"
    if high is None:
        return f"at least {low}"
    return low if low == high else f"{low} to {high}"


def small(n: int) -> str:
    """A whole number as a word up to six, otherwise in digits."""
    return ("no", "one", "two", "three", "four", "five", "six")[n] if 0 <= n <= 6 else str(n)
