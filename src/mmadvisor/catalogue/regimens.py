"""A regimen: its agents and doses, what it asks of a patient, what trials showed of it and of what came after it.

The classes here and in ``listings``, ``rules`` and ``care`` are the format of the entries of ``data/``.
"""

import re
from functools import cached_property
from typing import Annotated, Literal

from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Formed, Limits, formed
from mmadvisor.criteria.base import Dated, dated
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified
from mmadvisor.formats.drugs import Statement

Use = Literal["smouldering", "newly-diagnosed", "maintenance", "relapse", "debulking", "palliation"]


Modality = Literal["conventional", "bispecific", "car-t", "adc", "transplant", "chemotherapy"]


Intensity = Literal["low", "moderate", "high", "very-high"]


def _revision(text: str) -> str:
    """A revision is named as its label names it; one that begins like a date must be one."""
    return dated(text) if re.match(r"[0-9]{4}(-|$)", text) else text


Revision = Annotated[str, Formed(_revision)]


Trial = Annotated[str, formed(r"^(NCT[0-9]{8})?$", "a trial's number is NCT and eight digits")]


Pubmed = Annotated[str, formed(r"^([1-9][0-9]{0,7})?$", "a PMID is a number of at most eight digits")]


Doi = Annotated[str, formed(r"^(10\.[0-9]{4,9}/[^\s]+)?$", "a DOI is written 10.1182/blood.2020005288")]


# Bounds that no figure crosses, so that a slip of the finger is seen.
Percent = Annotated[float, Limits(0, 100)]


Length = Annotated[float, Limits(0, 600, note="months")]


Ratio = Annotated[float, Limits(0, 50)]


Weeks = Annotated[float, Limits(0, 520)]


Visits = Annotated[float, Limits(0, 28)]


People = Annotated[int, Limits(1, 1_000_000)]


Year = Annotated[int, Limits(1900, 2199)]


class Source(Entry):
    """One thing that a claim rests on, how it was read, and by which day it was known.

    ``dated``: its own day, as far as it is known, where the year says less. ``known_since``: since when what it says
    was known, though this text of it is later or bears no date. ``own``: a choice of this project's, without a day.
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


class Variant(Entry):
    """The dose of patients of whom ``when`` is known to hold, such as those above an age."""

    when: AnyCriterion
    dose: str
    source: str
    verified: Verified
    note: str = ""


class Dose(Entry):
    """How one agent is given. ``dated``: ``days`` as far as they can be dated, where they say more.

    ``follows``: the calendar goes on with it after the row before. ``variants``: the same by a fact of the patient;
    the one that is known to apply stands in the place of ``dose``, which names them all.
    """

    dose: str
    source: str
    verified: Verified
    route: str = ""
    days: str = ""
    dated: str = ""
    note: str = ""
    follows: bool = False
    variants: tuple[Variant, ...] = ()


class Component(Entry):
    """One agent of a regimen, with its doses; how they are adjusted stands with the agent's handling."""

    agent: str
    doses: tuple[Dose, ...] = ()


class LaterCycles(Entry):
    """From which cycle on the cycles of a regimen have another length, in days."""

    from_cycle: Annotated[int, Limits(2, 200)]
    days: Annotated[int, Limits(1, 366)]


class Months(Entry):
    """A survival-type outcome in months; ``control`` is the other arm's median."""

    median: Length | None = None
    ci95: tuple[Length | None, Length | None] | None = None
    not_reached: bool = False
    control: Length | None = None
    hr: Ratio | None = None
    hr_ci95: tuple[Ratio | None, Ratio | None] | None = None


class Rate(Entry):
    """The share alive without progression at a landmark."""

    months: Length
    percent: Percent
    control: Percent | None = None


# Whether a trial took patients with a trait. `before-its-time`: the trait could not occur when the trial was done.
Taken = Literal["in", "left-out", "before-its-time", "not-told"]


class Evidence(Entry):
    """What one trial showed in one population.

    ``when`` says who belongs to it. ``outside`` says of each trait of ``ranking.traits`` whether the trial took
    patients with it; a trait that it does not name is ``not-told``. ``against``: the regimens of the control arm, as
    far as the catalogue has them. ``earlier_lines_median``: of the whole trial; ``None`` was not read.
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
    against: tuple[str, ...] = ()
    earlier_lines_median: Annotated[float, Limits(0, 30)] | None = None


class LeadTime(Entry):
    """Weeks before the patient is treated."""

    low: Weeks
    high: Weeks
    source: str
    verified: Verified


class Burden(Entry):
    """What a regimen asks of the patient's time."""

    admission: Literal["none", "step-up", "inpatient"]
    source: str
    verified: Verified
    visits_per_28_days: Visits | None = None


class Regimen(Entry):
    """One option: agents on a schedule, what it asks, what it showed.

    ``fixed_course``: it ends by plan, and not at progression. ``gates`` are hard; ``cautions`` are
    reported. The label's criteria stand in the jurisdictions, those of single agents in the rules.
    ``later_cycles``: where its cycles become longer or shorter. ``layer`` is set when layers are laid over each other.
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
    duration: str = ""
    fixed_course: bool = False
    lead_time_weeks: LeadTime | None = None
    burden: Burden | None = None
    investigational: bool = False
    gates: tuple[AnyCriterion, ...] = ()
    cautions: tuple[AnyCriterion, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    monitoring: tuple[str, ...] = ()
    sequencing: tuple[Statement, ...] = ()
    notes: tuple[Statement, ...] = ()
    layer: int = 0

    @cached_property
    def agent_ids(self) -> tuple[str, ...]:
        """Ids of its agents."""
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


# A kind of thing that a regimen has, and which: an agent, a class or a target of one, a use, a modality, its own id.
Part = tuple[str, str]


class Selector(Entry):
    """Which regimens a rule is for: any of these keys.

    ``but_not`` names regimens left out, ``but_not_with`` agents and classes: regimens that hold one are left out.
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
        """The parts of a regimen of which one suffices."""
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
        """The parts of which one leaves a regimen out."""
        tokens = [(kind, name) for kind in ("agent", "class") for name in self.but_not_with]
        return frozenset([*(("regimen", name) for name in self.but_not), *tokens])


class Benchmark(Entry):
    """Standard care's result, shown beside late-line options: an indirect comparison."""

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
    """What was published of one treatment after another.

    ``after`` are agents, classes, or classes with a modality, all of which had been received, ``never`` what
    nobody had; ``then`` is any of what came next. ``as_bridge``: the first only bridged to the second.
    Groups are small and chosen: no two are compared.
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


class Door(Entry):
    """What choosing a regimen narrows or closes for later, while the later thing is open."""

    chosen: Selector
    later: Selector
    effect: Literal["narrows", "closes"]
    text: str
    source: str
    verified: Verified
