"""A regimen: its agents and doses, its requirements, its evidence, and what was published after it.

The classes here and in ``listings``, ``rules`` and ``care`` are the format of the entries of ``data/``.
"""

import re
from functools import cached_property
from typing import Annotated, Literal

from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Formed, Limits, MinLength, formed
from mmadvisor.criteria.base import Dated, dated
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified
from mmadvisor.formats.drugs import Row, Statement
from mmadvisor.formats.schedule import Phase, in_words

Use = Literal["smouldering", "newly-diagnosed", "maintenance", "relapse", "debulking", "palliation"]


Modality = Literal["conventional", "bispecific", "car-t", "adc", "transplant", "chemotherapy"]


Intensity = Literal["low", "moderate", "high", "very-high"]


def _revision(text: str) -> str:
    """The revision of a label, as the label names it; a text that begins like a date must be a date."""
    return dated(text) if re.match(r"[0-9]{4}(-|$)", text) else text


Revision = Annotated[str, Formed(_revision)]


Trial = Annotated[str, formed(r"^(NCT[0-9]{8})?$", "a trial's number is NCT and eight digits")]


Pubmed = Annotated[str, formed(r"^([1-9][0-9]{0,7})?$", "a PMID is a number of at most eight digits")]


Doi = Annotated[str, formed(r"^(10\.[0-9]{4,9}/[^\s]+)?$", "a DOI is written 10.1182/blood.2020005288")]


# Limits that no figure crosses, so that typing errors are found.
Percent = Annotated[float, Limits(0, 100)]


Length = Annotated[float, Limits(0, 600, note="months")]


Ratio = Annotated[float, Limits(0, 50)]


Weeks = Annotated[float, Limits(0, 520)]


Visits = Annotated[float, Limits(0, 28)]


People = Annotated[int, Limits(1, 1_000_000)]


Year = Annotated[int, Limits(1900, 2199)]


Schedule = Annotated[tuple[Phase, ...], MinLength(1)]


class Source(Entry):
    """One source of claims: how it was read, and the day by which it was known.

    ``dated`` is the date of the source, if it is known more precisely than the year. ``known_since`` is the day since
    which its contents were known, if the text itself is later or has no date. ``own`` marks a choice of this project,
    which has no day.
    """

    kind: Literal[
        "label", "regulator", "trial", "guideline", "consensus", "review", "registry", "digest", "definition",
        "practice",
    ]  # fmt: skip
    title: str
    year: Year | None
    read_on: Dated | None
    verified: Verified
    dated: Dated | None = None
    known_since: Dated | None = None
    own: bool = False
    read_as: str = ""
    doi: Doi = ""
    pmid: Pubmed = ""
    nct: Trial = ""
    revision: Revision = ""
    note: str = ""


class Variant(Row):
    """The dose for patients for whom ``when`` is met, such as those above an age.

    Attributes:
        when: The condition.
        by: The facts on which the dose depends, such as age, body mass or kidney.
        dose: The dose; empty if it was not read, and then no number is printed.
        amount: The dose as a number; variants are listed from the lowest number up.
        given: The schedule, if it differs from that of the dose as written.
        days: The days in words, as in a dose.
        cell, split: As in a dose.
        to_cycle: The last cycle for which the dose was read; later cells of a calendar have no number.
        complete: Whether the variants by the same facts, together with the dose as written, apply to every patient.
    """

    when: AnyCriterion
    by: tuple[str, ...]
    dose: str = ""
    amount: Annotated[float, Limits(0, 10_000)] | None = None
    given: Schedule = ()
    days: str = ""
    cell: str = ""
    split: str = ""
    to_cycle: Annotated[int, Limits(1, 200)] | None = None
    complete: bool = False


class AgentVariant(Variant):
    """A variant of the dose of ``agents`` in every regimen, unless the regimen has its own variants by the same facts.

    ``of``: the doses as written that the variant can replace, such as ``25 mg``; empty means every dose.
    """

    agents: tuple[str, ...]
    of: tuple[str, ...] = ()


# Why: docs/explanation/doses.md
class Dose(Entry):
    """How one agent is given.

    - ``given``: the schedule. The dates and the words are made from it.
    - ``days``: the days in words, if they are not a schedule (``by cycle``), or if the words tell more than the
      schedule; they are then printed in its place.
    - ``cell``: what a calendar prints on each day, if the words of ``dose`` are about more than one day or route.
    - ``split``: the dose of consecutive days together, if their shares were not read. Each of the days is printed.
    - ``next_day``: what may be given on the day after a dose, and when.
    - ``follows``: the calendar continues with this dose after the row before.
    - ``variants``: the doses of patients to whom ``dose`` does not apply, from the lowest up. It applies where the
      condition of none of them is met.
    - ``schedule``: the name of another schedule of the regimen, if the row belongs to it; empty for the usual schedule.
    """

    dose: str
    source: str
    verified: Verified
    route: str = ""
    given: Schedule = ()
    days: str = ""
    note: str = ""
    cell: str = ""
    split: str = ""
    next_day: str = ""
    follows: bool = False
    variants: tuple[Variant, ...] = ()
    schedule: str = ""

    @property
    def told_days(self) -> str:
        """The days in words; empty if they were not read."""
        return self.days or in_words(self.given)


class Component(Entry):
    """One agent of a regimen with its doses; their adjustment is in the handling of the agent."""

    agent: str
    doses: tuple[Dose, ...] = ()


class OtherSchedule(Entry):
    """A schedule of a regimen besides the usual one. Its rows of doses name it in ``schedule``.

    An agent without a row for it is given by its usual rows.

    Attributes:
        name: Its name, such as "weekly bortezomib".
        called_for: The patients for whom it is proposed; without a criterion it is named, but never proposed.
        cycle_days: The length of its cycles in days, if it differs from that of the regimen.
        note: What the source adds.
    """

    name: str
    source: str
    verified: Verified
    called_for: AnyCriterion | None = None
    cycle_days: Annotated[int, Limits(1, 366)] | None = None
    note: str = ""


class LaterCycles(Entry):
    """The cycle from which the cycles of a regimen have another length, in days."""

    from_cycle: Annotated[int, Limits(2, 200)]
    days: Annotated[int, Limits(1, 366)]


class Months(Entry):
    """A survival-type outcome in months; ``control`` is the median of the control arm."""

    median: Length | None = None
    ci95: tuple[Length | None, Length | None] | None = None
    not_reached: bool = False
    control: Length | None = None
    hr: Ratio | None = None
    hr_ci95: tuple[Ratio | None, Ratio | None] | None = None


class Rate(Entry):
    """The percentage alive without progression after ``months``, with its 95 % confidence interval.

    ``control`` is the percentage in the control arm.
    """

    months: Length
    percent: Percent
    ci95: tuple[Percent | None, Percent | None] | None = None
    control: Percent | None = None


# Whether a trial took patients with a trait. `before-its-time`: the trait could not occur when the trial was done.
# `minority`: it took some, and its figure is mostly that of other patients.
Taken = Literal["in", "minority", "left-out", "before-its-time", "not-told"]


class OfTrait(Entry):
    """The source for one trait of a trial, if it differs from the source of the trial."""

    source: str
    verified: Verified
    note: str = ""


class Study(Entry):
    """Which patients one trial took, for all of its rows of evidence.

    ``begun``: the year in which the trial began, or else was registered or published. ``outside``: the traits of
    ``ranking.traits``, grouped by whether the trial took patients with the trait: ``in`` (it did), ``minority`` (too
    few for its figure to apply to them), ``left-out`` (it did not), ``before-its-time`` (there were none yet),
    ``not-told`` (no source tells). ``by_trait``: traits with a source of their own. An ``unverified`` entry may state
    that the trial left such patients out or took a minority of them, and the answer adds that nobody looked this up; it
    must not state that the trial took them. ``earlier_lines_median``: the median
    number of earlier lines in the whole trial; ``None`` means not known.
    """

    name: str
    outside: dict[Taken, tuple[str, ...]]
    source: str
    verified: Verified
    by_trait: dict[str, OfTrait] = {}  # noqa: RUF012 - an immutable entry never changes it
    begun: Year | None = None
    earlier_lines_median: Annotated[float, Limits(0, 30)] | None = None
    note: str = ""


class Evidence(Entry):
    """The result of one trial in one population.

    - ``when``: the criteria that define the population.
    - ``outside``: for each trait of ``ranking.traits``, whether the trial took patients with the trait. The value comes
      from the trial, unless the row has its own, such as a cohort or a subgroup. ``recalled``: the traits whose value
      comes from the trial and is ``unverified``.
    - ``begun``, ``earlier_lines_median``: from the trial, as in ``Study``.
    - ``pools``: the trials whose patients a pooled result contains. A pool is one trial with them: the result of more
      patients decides, and their own figures are printed beside it.
    - ``against``: the regimens of the control arm that are in the catalogue. ``arm``: ``control`` if the regimen was
      the control of the trial.
    - ``beside``: why the row is shown but does not rank; empty if it ranks. ``regimens not told apart``: the result of
      patients on several regimens, of which this is one.
    """

    trial: str
    design: Literal["randomised", "single-arm", "observational", "pooled"]
    population: str
    source: str
    verified: Verified
    when: tuple[AnyCriterion, ...] = ()
    nct: Trial = ""
    subgroup: str = ""
    versus: str = ""
    n: People | None = None
    orr_percent: Percent | None = None
    cr_percent: Percent | None = None
    pfs_months: Months | None = None
    pfs_rate: Rate | None = None
    os_months: Months | None = None
    dor_months: Months | None = None
    followup_months: Length | None = None
    note: str = ""
    outside: dict[str, Taken] = {}  # noqa: RUF012 - an immutable entry never changes it
    recalled: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    pools: tuple[Trial, ...] = ()
    arm: Literal["tested", "control"] = "tested"
    beside: Literal["", "topline", "network", "company comparison", "regimens not told apart"] = ""
    begun: Year | None = None
    earlier_lines_median: Annotated[float, Limits(0, 30)] | None = None


class LeadTime(Entry):
    """Weeks from the collection of cells to their infusion: the fewest (``low``), the ``median``, the most (``high``).

    ``median``: ``None`` means not known; then ``high`` is taken for it.
    """

    low: Weeks
    high: Weeks
    median: Weeks | None = None
    source: str
    verified: Verified

    @property
    def usual(self) -> float:
        """The median, or the most weeks if the median is not known."""
        return self.high if self.median is None else self.median


class Burden(Entry):
    """Visits and admission of a regimen."""

    admission: Literal["none", "step-up", "inpatient"]
    source: str
    verified: Verified
    visits_per_28_days: Visits | None = None


class Regimen(Entry):
    """One regimen: agents on a schedule, requirements, evidence.

    ``fixed_course``: treatment ends by plan, and not at progression. ``gates`` can close the regimen; ``cautions`` are
    reported. The criteria of labels are in the jurisdictions, and the criteria of single agents are in the rules.
    ``later_cycles``: later cycles with another length. ``variant_of``: the regimen of which this regimen is a reduced
    schedule; the licence of that regimen counts. ``usual_schedule``: the name of the usual schedule, if there are other
    ``schedules``. ``layer``: the number of the layer; set when layers are combined.
    """

    id: str
    name: str
    uses: tuple[Use, ...]
    modality: Modality
    intensity: Intensity
    agents: tuple[Component, ...]
    routes: tuple[str, ...] = ()
    cycle_days: Annotated[int, Limits(1, 366)] | None = None
    later_cycles: tuple[LaterCycles, ...] = ()
    usual_schedule: str = ""
    schedules: tuple[OtherSchedule, ...] = ()
    duration: str = ""
    fixed_course: bool = False
    lead_time_weeks: LeadTime | None = None
    burden: Burden | None = None
    investigational: bool = False
    variant_of: str | None = None
    gates: tuple[AnyCriterion, ...] = ()
    cautions: tuple[AnyCriterion, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    monitoring: tuple[str, ...] = ()
    sequencing: tuple[Statement, ...] = ()
    notes: tuple[Statement, ...] = ()
    layer: int = 0

    @cached_property
    def agent_ids(self) -> tuple[str, ...]:
        """The ids of the agents."""
        return tuple(component.agent for component in self.agents)


_STATE_FOR_USE = {
    "smouldering": ("smouldering",),
    "newly-diagnosed": ("newly_diagnosed",),
    "maintenance": ("responding",),
    "relapse": ("relapsed",),
    "debulking": ("newly_diagnosed", "relapsed"),
    "palliation": ("relapsed",),
}


def states_for(regimen: Regimen) -> tuple[str, ...]:
    """The states of the disease in which a regimen is used."""
    return tuple(dict.fromkeys(state for use in regimen.uses for state in _STATE_FOR_USE[use]))


# A property of a regimen, as kind and name: an agent, its class or target, a use, a modality, the id.
Part = tuple[str, str]


class Selector(Entry):
    """The regimens to which a rule applies: those that match at least one of these keys.

    ``but_not`` excludes regimens by id. ``but_not_with`` excludes regimens that contain an agent or class.
    """

    all: bool = False
    agents: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    modalities: tuple[Modality, ...] = ()
    targets: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    regimens: tuple[str, ...] = ()
    but_not: tuple[str, ...] = ()
    but_not_with: tuple[str, ...] = ()

    @cached_property
    def wanted(self) -> frozenset[Part]:
        """The properties that select a regimen; one of them is enough."""
        return frozenset(
            [
                *(("agent", name) for name in self.agents),
                *(("class", name) for name in self.classes),
                *(("modality", name) for name in self.modalities),
                *(("target", name) for name in self.targets),
                *(("use", name) for name in self.uses),
                *(("regimen", name) for name in self.regimens),
            ]
        )

    @cached_property
    def unwanted(self) -> frozenset[Part]:
        """The properties that exclude a regimen; one of them is enough."""
        tokens = [(kind, name) for kind in ("agent", "class") for name in self.but_not_with]
        return frozenset([*(("regimen", name) for name in self.but_not), *tokens])


class Benchmark(Entry):
    """The result of standard care, shown with options in late lines as an indirect comparison."""

    id: str
    trial: str
    population: str
    when: tuple[AnyCriterion, ...]
    source: str
    verified: Verified
    orr_percent: Percent | None = None
    pfs_months: Months | None = None
    os_months: Months | None = None
    note: str = ""


class Sequence(Entry):
    """The published result of one treatment after another.

    ``after``: agents and classes (also a class with a modality) that all patients had received. ``never``: those that
    no patient had received. ``then``: the treatments that followed, at least one of them. ``as_bridge``: the first
    treatment was only a bridge to the second. The groups are small and selected, and are not compared with each other.
    """

    id: str
    after: tuple[str, ...]
    never: tuple[str, ...] = ()
    as_bridge: bool = False
    then: tuple[str, ...]
    trial: str
    design: Literal["randomised", "single-arm", "observational", "pooled"]
    population: str
    source: str
    verified: Verified
    n: People | None = None
    orr_percent: Percent | None = None
    cr_percent: Percent | None = None
    pfs_months: Months | None = None
    os_months: Months | None = None
    note: str = ""


class LookedFor(Entry):
    """Regimens that a reader looks for if all of ``when`` is met: the first screen tells whether they are open."""

    id: str
    name: str
    when: tuple[AnyCriterion, ...]
    of: Selector
    source: str
    verified: Verified


class Door(Entry):
    """A later choice (``later``) that a regimen (``chosen``) closes or makes less effective.

    The entry counts only if the later choice is open to the patient.
    """

    chosen: Selector
    later: Selector
    effect: Literal["narrows", "closes"]
    text: str
    source: str
    verified: Verified
