"""Everything the advisor knows that is not the patient, and the checks that hold it together.

The classes here are the format of the files in ``data/``: a file holds some of the keys of
``Catalogue``; a layer is a folder of such files; a later layer overlays an earlier one.
"""

import re
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cache, cached_property
from typing import Annotated, Any, Literal, cast

from mmadvisor.base.errors import UnknownPlaceError, UsageError
from mmadvisor.base.known import Span, Truth, all_of, any_of, negate, span, truth_of
from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Formed, Limits, formed
from mmadvisor.criteria.criteria import (
    MEASURED_AS,
    AnyCriterion,
    Branch,
    Criterion,
    Dated,
    FieldWord,
    Words,
    dated,
)
from mmadvisor.formats.agents import (
    Agent,
    Course,
    DrugClass,
    DrugGroup,
    Formulary,
    RegimenName,
    UnknownNameError,
    Verified,
)
from mmadvisor.formats.drugs import Days, Grade, Handling, LabelSection, Row, Statement, StopAt
from mmadvisor.formats.patient import Patient
from mmadvisor.history.record import Definitions

Status = Literal["approved", "guideline-supported", "off-label", "not-available", "unknown"]
NOT_AVAILABLE: Status = "not-available"
UNKNOWN: Status = "unknown"
Use = Literal["newly-diagnosed", "maintenance", "relapse", "debulking", "palliation"]
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


class Evidence(Entry):
    """What one trial showed in one population; ``when`` says who belongs to it."""

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


# A kind of thing that a regimen has, and which: an agent, a class or a target of one, a use, a modality, its own id.
Part = tuple[str, str]
_ANY_REGIMEN: Part = ("", "")


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


class Rule(Entry):
    """What holds for every regimen that a selector matches.

    ``layer`` is set when layers are laid over each other: of two criteria of one id the later stands.
    """

    applies_to: Selector
    gates: tuple[AnyCriterion, ...] = ()
    cautions: tuple[AnyCriterion, ...] = ()
    monitoring: tuple[str, ...] = ()
    layer: int = 0


class Due(Entry):
    """When an item falls due, as days of treatment; the day of the first dose is day 1.

    ``days_before`` counts back from the first dose: by that day; 0: by the first dose. ``from_days_before``: not
    earlier than that, and alone the beginning of what goes on. ``each``: with every dose, every
    dose of a step-up, or the start of every cycle. ``every_days`` repeats from ``from_day`` to
    ``to_day``; without it ``from_day`` begins something that goes on. ``times``: so often and no more.
    ``days_after``: how long after the last dose. Nothing of these: it is done when something happens.
    """

    days_before: Days | None = None
    from_days_before: Days | None = None
    each: tuple[Literal["dose", "step", "cycle"], ...] = ()
    from_day: Annotated[int, Limits(1, 3650)] | None = None
    every_days: Annotated[int, Limits(1, 366)] | None = None
    to_day: Annotated[int, Limits(1, 3650)] | None = None
    times: Annotated[int, Limits(1, 100)] | None = None
    days_after: Days | None = None


class Item(Entry):
    """One thing to do, when and why.

    ``of`` names the regimens that need it, where not all with the checklist do, ``for_whom`` the
    patients, and ``now_if`` what in the record calls for it at once. ``cautions``: what must be met for it to be
    done as it is written; where it is not, ``say`` tells how it is adapted. ``amount``: doses that are told, before
    ``when``, only where no caution on the kidney may stand against them. ``settles``: the field of the patient file
    that it settles, or that it covers until it is settled. ``only_in``: places where it is done; empty: everywhere.
    """

    item: str
    when: str
    source: str
    verified: Verified
    why: str = ""
    due: Due | None = None
    of: Selector | None = None
    for_whom: AnyCriterion | None = None
    now_if: AnyCriterion | None = None
    cautions: tuple[AnyCriterion, ...] = ()
    amount: str = ""
    jurisdictions: tuple[str, ...] = ()
    settles: str = ""
    only_in: tuple[str, ...] = ()

    def told_when(self, *, whole: bool = True) -> str:
        """When to do it, after its doses, which stand there only where they may be told (``whole``)."""
        return f"{self.amount if whole else 'dose by kidney function'}; {self.when}" if self.amount else self.when


class DoseByKidney(Row):
    """For which kidneys the doses of agents hold as they are written, where no caution of a rule says so."""

    agents: tuple[str, ...]
    holds: AnyCriterion


class Checklist(Entry):
    """Monitoring that regimens share by key; ``of_steps`` sums up what the step-up rows of the agents say."""

    title: str
    items: tuple[Item, ...]
    of_steps: bool = False


Strength = Literal["contraindicated", "avoid", "adjust", "monitor", "none"]


class Interaction(Entry):
    """What a drug that is taken beside treatment does to an agent, or an agent to it, in the word of one source.

    ``of`` are agents and classes; empty: it holds in myeloma whatever is given. ``beside`` are drugs and groups of
    drugs. ``effect`` is a clause and ``advice`` what to do. ``strength`` none: a source says that nothing need be done.
    ``jurisdictions`` are those whose label says it. ``asked``: where co-medication is not recorded the caution asks.
    ``when`` and ``due`` date it in a checklist; ``on_checklist``: an item of a checklist asks for it already.
    ``left_out``: the drug is left out whatever is chosen, such as a live vaccine, so that it moves no option down.
    """

    id: str
    of: tuple[str, ...] = ()
    beside: tuple[str, ...]
    effect: str
    advice: str = ""
    strength: Strength
    source: str
    verified: Verified
    jurisdictions: tuple[str, ...] = ()
    asked: bool = False
    when: str = ""
    due: Due | None = None
    on_checklist: bool = False
    left_out: bool = False

    @property
    def read(self) -> bool:
        """Whether somebody read it at a source."""
        return self.verified != "unverified"


class Indication(Entry):
    """One use that a regulator, or a guideline, has for a regimen; any one suffices.

    ``since`` absent: its beginning was not read, which is not to say that it always held.
    """

    criteria: tuple[AnyCriterion, ...]
    source: str
    verified: Verified
    product: str = ""
    since: Dated | None = None
    until: Dated | None = None
    conditional: bool = False
    note: str = ""

    def holds_on(self, day: date, known_from: date) -> Truth:
        """Whether it is in force on a day; unknown inside a beginning or an end known only to the month or year.

        ``known_from`` is for one whose beginning was not read: the day from which on it is known to hold.
        """
        today = Span.day(day)
        begun = span(self.since).not_after(today) if self.since else truth_of(True if known_from <= day else None)
        return all_of([begun, negate(span(self.until).not_after(today)) if self.until else Truth.MET])


class Listing(Entry):
    """How one jurisdiction has one regimen; ``funding`` says who pays for it there, where that was found."""

    status: Status
    source: str
    verified: Verified
    indications: tuple[Indication, ...] = ()
    note: str = ""
    funding: tuple[Statement, ...] = ()

    def in_force(self, day: date) -> list[Indication]:
        """The indications that hold or may hold on a day; of one whose beginning was not read nothing is excluded."""
        return [i for i in self.indications if i.holds_on(day, date.min) is not Truth.NOT_MET]

    def status_on(self, day: date, known_from: Callable[[Indication], date]) -> Status:
        """The status on a day: not available where no indication is in force, unknown where none is known to be."""
        truths = [i.holds_on(day, known_from(i)) for i in self.indications]
        if not truths:
            return self.status
        return {Truth.MET: self.status, Truth.NOT_MET: NOT_AVAILABLE, Truth.UNKNOWN: UNKNOWN}[any_of(truths)]


class Jurisdiction(Entry):
    """One regulator. A regimen that it does not list is of unknown status there."""

    name: str
    listings: dict[str, Listing]
    notes: tuple[Statement, ...] = ()


class Placement(Entry):
    """Where an open guideline or consensus puts a regimen in a setting."""

    regimen: str
    level: Literal["preferred", "recommended", "option"]
    by: str
    dated: Dated
    source: str
    verified: Verified
    text: str = ""
    retired_by: str = ""


class Setting(Entry):
    """A named situation, the criteria that make it, who places what there, and what is said of it beside the list."""

    id: str
    name: str
    when: tuple[AnyCriterion, ...]
    placements: tuple[Placement, ...] = ()
    says: tuple[Statement, ...] = ()


class Label(Entry):
    """A word of the field for a history, such as triple-class-refractory."""

    when: tuple[AnyCriterion, ...]
    text: str
    source: str
    verified: Verified


class Threshold(Entry):
    """A number of a definition, with its unit in the key it stands under."""

    value: Annotated[float, Limits(0, 1_000_000)]
    source: str
    verified: Verified


class Progression(Entry):
    """Progression by IMWG, as rises from the lowest value; ``high_serum``: where that value was high itself."""

    rise_percent: Threshold
    serum_rise_g_per_l: Threshold
    high_serum_from_g_per_l: Threshold
    high_serum_rise_g_per_l: Threshold
    urine_rise_mg_per_24h: Threshold
    dflc_rise_mg_per_l: Threshold


class Unsure(Entry):
    """What makes a series of the paraprotein unsure: kidneys, an antibody's own band, disease that secretes little.

    The isotypes are parts of how a record writes them.
    """

    clearance_below_ml_per_min: Threshold
    serum_measurable_g_per_l: Threshold
    urine_measurable_mg_per_24h: Threshold
    dflc_measurable_mg_per_l: Threshold
    band_classes: tuple[str, ...]
    band_days: Threshold
    band_isotypes: tuple[str, ...]
    other_light_chain: tuple[str, ...]
    secreting_little: tuple[str, ...]
    says: dict[str, Statement]


class Alarms(Entry):
    """Limits of recorded values from which something is due today; what is asked, and what is done."""

    calcium_above_mmol_per_l: Threshold
    ionised_calcium_above_mmol_per_l: Threshold
    calcium_of_relapse_above_mmol_per_l: Threshold
    calcium_treated_from_mmol_per_l: Threshold
    ionised_calcium_of_relapse_above_mmol_per_l: Threshold
    ionised_calcium_treated_from_mmol_per_l: Threshold
    calcium_per_albumin_mmol_per_g: Threshold
    albumin_reference_g_per_l: Threshold
    haemoglobin_fall_g_per_dl: Threshold
    haemoglobin_of_relapse_below_g_per_dl: Threshold
    transfuse_below_g_per_dl: Threshold
    transfuse_below_with_heart_disease_g_per_dl: Threshold
    heart_disease_from_nyha: Threshold
    platelets_below_10e9_per_l: Threshold
    platelets_with_fever_below_10e9_per_l: Threshold
    platelets_with_bleeding_below_10e9_per_l: Threshold
    neutrophils_below_10e9_per_l: Threshold
    infection_from_grade: Threshold
    viscosity_from_g_per_l: dict[str, Threshold]
    anticoagulants: tuple[str, ...]
    asks: dict[str, Statement]
    does: dict[str, Statement]


class Urgency(Statement):
    """What comes first in an emergency; ``of_the_myeloma``: one that is ticked is a reason to treat."""

    of_the_myeloma: bool = False


class Review(Entry):
    """Months from the catalogue's review to the day of an answer, beyond which the answer says that it is old.

    Both limits are exclusive; beyond the second it says so as a warning.
    """

    notice_months: Threshold
    strong_months: Threshold


class Treatment(Entry):
    """When a relapse is to be treated: by its paraprotein, or by what it does to the patient."""

    doubling_days: Threshold
    doubling_from_g_per_l: Threshold
    serum_rise_g_per_l: Threshold
    urine_rise_mg_per_24h: Threshold
    dflc_rise_mg_per_l: Threshold
    dflc_rise_percent: Threshold
    flc_ratio_from: Threshold
    flc_ratio_to: Threshold
    repeat_weeks: Threshold
    repeat_weeks_high_risk: Threshold
    treat_anyway: tuple[str, ...]
    progression: Progression
    unsure: Unsure
    alarms: Alarms
    emergencies: dict[str, Urgency]
    always: tuple[Statement, ...]


class FirstSaid(Entry):
    """What is said before the options, and before whether to treat: where all of ``when`` is met.

    ``unless``: one of these is met. ``with_emergency``: only beside an emergency of the myeloma. ``situation``: it
    does not lead, and is said of a situation of this name.
    """

    id: str
    when: tuple[AnyCriterion, ...]
    text: str
    source: str
    verified: Verified
    unless: tuple[AnyCriterion, ...] = ()
    with_emergency: bool = False
    situation: str = ""


class Suspicion(Entry):
    """What makes it likely that a criterion which is not known fails: where ``when`` is met.

    ``of`` are ids of cautions that close. Without a suspicion not knowing only warns; with one it ``counts_as``
    unknown (the regimen is undetermined) or as not met (it is deferred, or closed).
    """

    id: str
    of: tuple[str, ...]
    when: AnyCriterion
    counts_as: Literal["unknown", "not-met"]
    text: str
    source: str
    verified: Verified


class Deferral(Entry):
    """What is done while a regimen waits for something to pass, and when it is looked at again.

    For criteria of a topic (``about``), or of certain ids, and the regimens of a selector; the first row that fits
    and whose ``when`` is met, holds. ``once`` completes "first, once ...". ``instead``: what is done where waiting does
    not help, said where nothing can be started. ``collect``: cells may be collected meanwhile.
    """

    id: str
    applies_to: Selector
    once: str
    source: str
    verified: Verified
    about: str = ""
    criteria: tuple[str, ...] = ()
    next_steps: tuple[Statement, ...] = ()
    look_again: tuple[Statement, ...] = ()
    when: AnyCriterion | None = None
    instead: str = ""
    collect: bool = True


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


class Door(Entry):
    """What choosing a regimen narrows or closes for later, while the later thing is open."""

    chosen: Selector
    later: Selector
    effect: Literal["narrows", "closes"]
    text: str
    source: str
    verified: Verified


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


class Washout(Entry):
    """How long before a step of CAR-T therapy a drug must have stopped, in the word of one source.

    ``of`` empty: any anti-myeloma drug. ``days`` absent: the source gives no number. ``disease``: it
    was written for another disease than myeloma, and is no rule here.
    """

    id: str
    before: Literal["apheresis", "infusion"]
    of: tuple[str, ...]
    advice: Literal["hold", "avoid", "safe"]
    by: str
    text: str
    source: str
    verified: Verified
    days: Annotated[int, Limits(0, 3650)] | None = None
    disease: str = ""


class Bridge(Entry):
    """What holds the disease between apheresis and infusion, in the word of one source."""

    id: str
    agents: tuple[str, ...]
    keeps_t_cells: bool
    text: str
    by: str
    source: str
    verified: Verified


class VeinToVein(Entry):
    """Weeks from apheresis to infusion, as one source has them."""

    id: str
    regimen: str
    weeks: Weeks
    text: str
    source: str
    verified: Verified
    range_weeks: tuple[Weeks, Weeks] | None = None


class Practice(Entry):
    """What practice does at an event of the drugs of some modalities, beside the label; ``grades`` empty: any."""

    id: str
    event: str
    text: str
    by: str
    source: str
    verified: Verified
    modalities: tuple[str, ...]
    grades: tuple[Grade, ...] = ()


class TakenAs(Entry):
    """What drugs or groups of drugs that are taken may mean for the item of a score: some of its answers.

    More than one where the dose decides between them, which the record does not hold.
    """

    drugs: tuple[str, ...]
    answers: tuple[str, ...]


class ScoreItem(Entry):
    """What a score asks, and the points of its answers.

    ``holds`` answers yes from the record or ``of`` from the agents of the regimen, and else it is
    asked; ``answers`` are the points of each word where there are more than yes and no. ``taken`` answers from the
    list of co-medication: of several drugs the last of their answers counts, and the first where none is taken.
    """

    name: str
    text: str
    points: int = 0
    answers: dict[str, int] = {}  # noqa: RUF012 - an immutable entry never changes it
    holds: AnyCriterion | None = None
    of: Selector | None = None
    taken: tuple[TakenAs, ...] = ()
    note: str = ""


class Stratum(Entry):
    """What a score of so many points or more says, up to the next stratum."""

    from_points: int | None
    says: str


class Score(Entry):
    """A risk score that is read before certain regimens."""

    id: str
    title: str
    applies_to: Selector
    items: tuple[ScoreItem, ...]
    strata: tuple[Stratum, ...]
    source: str
    verified: Verified
    note: str = ""


class Band(Entry):
    """A grade for a score between two numbers, both inclusive."""

    at_least: float
    at_most: float
    grade: Grade


class Grading(Entry):
    """How an event is graded: each question's answers with the grade that they give; the highest decides.

    ``modalities``: of the drugs that cause it. ``fever_from_c``: without a
    temperature of so many degrees there is no such event; ``without_fever``: what is said where the other answers
    are grave all the same; ``plausible_c``: what a patient may have. ``ice``: bands of the ICE score.
    """

    event: str
    questions: dict[str, dict[str, int]]
    source: str
    verified: Verified
    modalities: tuple[str, ...]
    without_fever: str = ""
    words: dict[str, str] = {}  # noqa: RUF012 - an immutable entry never changes it
    fever_from_c: float | None = None
    plausible_c: tuple[float, float] = (0, 100)
    ice: tuple[Band, ...] = ()


# What options are compared by.
ComparedBy = Literal[
    "purpose", "approval", "starts-in-time", "suits-fitness", "drugs-active", "strong-cautions", "placement",
    "registered", "benefit", "evidence", "doors", "preference", "cautions", "ease", "novelty", "id",
]  # fmt: skip


class Comparison(Entry):
    """One comparison of a ranking profile: its name and the words of its values, best first."""

    by: ComparedBy
    name: str
    values: tuple[str, ...]
    source: str = ""


class Profile(Entry):
    """An order of named comparisons.

    What ties in all of ``order`` stands by ``within_kind`` among the members of its modality; the modalities
    are merged, the leader of each against the leaders of the others, by ``between_kinds``.
    """

    id: str
    name: str
    order: tuple[ComparedBy, ...]
    within_kind: tuple[ComparedBy, ...]
    between_kinds: tuple[ComparedBy, ...]

    @cached_property
    def comparisons(self) -> tuple[ComparedBy, ...]:
        """All that it compares by, in order."""
        return tuple(dict.fromkeys((*self.order, *self.within_kind, *self.between_kinds)))


class Ranking(Entry):
    """The comparisons, the limits of their values, and the profiles."""

    comparisons: tuple[Comparison, ...]
    profiles: tuple[Profile, ...]
    benefit_bands_months: tuple[Length, ...]
    few_visits_per_28_days: Visits
    rapid_lead_time_weeks: Weeks
    unfit_for: dict[str, str]
    burden_from_ecog: int
    bridges_without: tuple[str, ...]
    look_ahead_at: tuple[str, ...] = ()
    extrapolated_when: tuple[AnyCriterion, ...] = ()


def find_jurisdiction(places: Iterable[str], code: str) -> str:
    """A jurisdiction as the catalogue spells it: for every command, and for the reader of a patient's file.

    Args:
        places: The codes that the catalogue has.
        code: What was written, in any case.

    Raises:
        UnknownPlaceError: There is no such jurisdiction; the nearest is named.
    """
    known = {place.casefold(): place for place in places}
    if code.casefold() not in known:
        raise UnknownPlaceError(code, known.values())
    return known[code.casefold()]


# What is shown in an order that means something to the reader: a file may hold its entries in any.
Ordered = Literal[
    "bridges", "classes", "deferrals", "first_said", "interactions", "labels", "practice", "regimens", "scores",
    "settings", "suspicions", "vein_to_vein", "washouts",
]  # fmt: skip


class Catalogue(Entry):
    """The whole: what a layer of files adds up to.

    ``order``: by the key of a list or group with ids, the ids in the order in which answers show them.
    """

    version: str
    reviewed_on: Dated
    classes: tuple[DrugClass, ...]
    agents: tuple[Agent, ...]
    names: tuple[RegimenName, ...]
    sources: dict[str, Source]
    regimens: tuple[Regimen, ...]
    rules: tuple[Rule, ...]
    handling: dict[str, Handling]
    checklists: dict[str, Checklist]
    jurisdictions: dict[str, Jurisdiction]
    settings: tuple[Setting, ...]
    labels: dict[str, Label]
    definitions: Definitions
    field_words: dict[str, FieldWord]
    treatment: Treatment
    ranking: Ranking
    review: Review | None = None
    doors: tuple[Door, ...] = ()
    events: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - an immutable entry never changes it
    stops: tuple[StopAt, ...] = ()
    label_sections: tuple[LabelSection, ...] = ()
    doses_by_kidney: tuple[DoseByKidney, ...] = ()
    signs: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - an immutable entry never changes it
    practice: tuple[Practice, ...] = ()
    gradings: tuple[Grading, ...] = ()
    scores: tuple[Score, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    washouts: tuple[Washout, ...] = ()
    bridges: tuple[Bridge, ...] = ()
    vein_to_vein: tuple[VeinToVein, ...] = ()
    sequencing: tuple[Statement, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()
    first_said: tuple[FirstSaid, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()
    deferrals: tuple[Deferral, ...] = ()
    orphans: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - an immutable entry never changes it
    other_drugs: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - an immutable entry never changes it
    drug_groups: tuple[DrugGroup, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    branches: dict[str, tuple[Branch, ...]] = {}  # noqa: RUF012 - an immutable entry never changes it
    order: dict[Ordered, tuple[str, ...]] = {}  # noqa: RUF012 - an immutable entry never changes it

    @cached_property
    def formulary(self) -> Formulary:
        """Agents, classes and names, and the other drugs that patients take."""
        return Formulary(
            classes=self.classes,
            agents=self.agents,
            names=self.names,
            orphans=self.orphans,
            courses=tuple(
                Course(agents=frozenset(r.agent_ids), cycle_days=r.cycle_days, debulks=r.uses == ("debulking",))
                for r in self.regimens
            ),
            other_drugs=self.other_drugs,
            drug_groups=self.drug_groups,
        )

    @cached_property
    def words(self) -> Words:
        """Names of patient fields."""
        return Words(fields=self.field_words)

    @cached_property
    def regimen_by_id(self) -> dict[str, Regimen]:
        """Regimens by id."""
        return {regimen.id: regimen for regimen in self.regimens}

    def listing(self, code: str, regimen: Regimen) -> Listing | None:
        """How a jurisdiction has a regimen; nothing where it does not say, or for what is investigational."""
        jurisdiction = self.jurisdictions.get(code)
        return jurisdiction.listings.get(regimen.id) if jurisdiction and not regimen.investigational else None

    def status(self, code: str, regimen: Regimen, day: date) -> Status:
        """The status of a regimen in a jurisdiction on a day; ``unknown`` where it does not say."""
        if regimen.investigational:
            return NOT_AVAILABLE
        listing = self.listing(code, regimen)
        return listing.status_on(day, lambda i: self.known_from(regimen, i)) if listing else UNKNOWN

    def holds_on(self, regimen: Regimen, indication: Indication, day: date) -> Truth:
        """Whether an indication of a regimen is in force on a day."""
        return indication.holds_on(day, self.known_from(regimen, indication))

    # --- by which day something was known --------------------------------------------------

    # Why: docs/explanation/as-of.md
    def known_by(self, key: str) -> str:
        """The day by which a source was known, as ISO text; empty for a choice of the project's own.

        The last day that it may be of: of one known by its year alone 31 December; the day on which it was read where
        that is earlier, and of one without a date that day. Nothing counts as later than the catalogue's review.
        """
        if key not in self._known_by:
            source = self.sources.get(key)
            self._known_by[key] = self._last_day_of(source) if source else ""
        return self._known_by[key]

    def _last_day_of(self, source: Source) -> str:
        if source.own:
            return ""
        if source.known_since is not None:
            return _last_day(source.known_since)
        own = source.dated or (str(source.year) if source.year else None)
        return min(_last_day(day) for day in (own, source.read_on, self.reviewed_on) if day is not None)

    @cached_property
    def _known_by(self) -> dict[str, str]:
        return {}

    def known(self, key: str, day: date) -> bool:
        """Whether a source was known on a day."""
        return self.known_by(key) <= day.isoformat()

    def placed_by(self, placement: Placement, day: date) -> bool:
        """Whether a placement had been made on a day: by its own date, and that of its reading where it is earlier."""
        source = self.sources.get(placement.source)
        own = (placement.dated, source.read_on if source else None)
        return min(_last_day(d) for d in own if d is not None) <= day.isoformat()

    def retired(self, placement: Placement, day: date) -> bool:
        """Whether a placement had been replaced on a day."""
        return bool(placement.retired_by) and self.known(placement.retired_by, day)

    def evidence_on(self, regimen: Regimen, day: date) -> list[Evidence]:
        """What had been published of a regimen on a day."""
        return [row for row in regimen.evidence if self.known(row.source, day)]

    def later(self, key: str, day: date, known_since: str | None = None) -> str:
        """The date of a source that is later than a day, as far as it is known; empty where it is not later.

        ``known_since``: since when the claim that cites it was known all the same.
        """
        if self.known(key, day) or (known_since is not None and _last_day(known_since) <= day.isoformat()):
            return ""
        source = self.sources[key]
        if source.dated or source.year:
            return source.dated or str(source.year)
        return f"unknown date, read on {source.read_on}" if source.read_on else "unknown date, not read"

    def untried(self, regimen: Regimen, day: date) -> str:
        """That nothing of what the catalogue holds of a regimen was published by a day; empty where something was."""
        if not regimen.evidence or self.evidence_on(regimen, day):
            return ""
        if any(p.regimen == regimen.id and self.placed_by(p, day) for s in self.settings for p in s.placements):
            return ""
        return f"By {day.isoformat()} no trial of it had been published, and no open guideline placed it"

    def known_from(self, regimen: Regimen, indication: Indication) -> date:
        """From when on an indication is known to hold whose beginning was not read.

        From the day by which the text that was read was known; or from the first approval of the regimen that has a
        date, in any jurisdiction, where that is earlier.
        """
        text = self.known_by(indication.source) or span(self.reviewed_on).latest.isoformat()
        return min([date.fromisoformat(text), *self._first_approval(regimen)])

    def _first_approval(self, regimen: Regimen) -> list[date]:
        """The first approval of a regimen that has a date, if one has."""
        if regimen.id not in self._first_approvals:
            listings = [j.listings[regimen.id] for j in self.jurisdictions.values() if regimen.id in j.listings]
            dated = [i.since for x in listings if x.status == "approved" for i in x.indications if i.since]
            self._first_approvals[regimen.id] = sorted(span(since).latest for since in dated)[:1]
        return self._first_approvals[regimen.id]

    @cached_property
    def _first_approvals(self) -> dict[str, list[date]]:
        return {}

    def matches(self, selector: Selector, regimen: Regimen) -> bool:
        """Whether a selector is for a regimen."""
        parts = self._parts_of(regimen)
        return (selector.all or not selector.wanted.isdisjoint(parts)) and selector.unwanted.isdisjoint(parts)

    def _parts_of(self, regimen: Regimen) -> frozenset[Part]:
        """What a selector may ask of a regimen."""
        if regimen.id not in self._parts:
            agents = [self.formulary.by_id[a] for a in regimen.agent_ids]
            self._parts[regimen.id] = frozenset(
                [
                    ("regimen", regimen.id),
                    ("modality", regimen.modality),
                    *(("use", use) for use in regimen.uses),
                    *(("agent", a.id) for a in agents),
                    *(("class", name) for a in agents for name in a.classes),
                    *(("target", name) for a in agents for name in a.targets),
                ]
            )
        return self._parts[regimen.id]

    @cached_property
    def _parts(self) -> dict[str, frozenset[Part]]:
        return {}

    def rules_for(self, regimen: Regimen) -> list[Rule]:
        """The rules that hold for a regimen."""
        if regimen.id not in self._rules_of:
            parts = self._parts_of(regimen)
            wanted = {place for part in (*parts, _ANY_REGIMEN) for place in self._rules_by_part.get(part, ())}
            rules = [self.rules[place] for place in sorted(wanted)]
            self._rules_of[regimen.id] = [rule for rule in rules if rule.applies_to.unwanted.isdisjoint(parts)]
        return self._rules_of[regimen.id]

    @cached_property
    def _rules_by_part(self) -> dict[Part, list[int]]:
        """The places of the rules that a part of a regimen calls for."""
        found: dict[Part, list[int]] = {}
        for place, rule in enumerate(self.rules):
            for part in (_ANY_REGIMEN,) if rule.applies_to.all else rule.applies_to.wanted:
                found.setdefault(part, []).append(place)
        return found

    @cached_property
    def _rules_of(self) -> dict[str, list[Rule]]:
        return {}

    def gates_of(self, regimen: Regimen) -> Iterator[AnyCriterion]:
        """What closes a regimen beside its label: its own gates, then those of the rules for it."""
        for holder in self._holders(regimen):
            yield from (c for c in holder.gates if self._stands(c, holder, regimen))

    def cautions_of(self, regimen: Regimen) -> Iterator[AnyCriterion]:
        """What is reported of a regimen: its own cautions, then those of the rules for it."""
        for holder in self._holders(regimen):
            yield from (c for c in holder.cautions if self._stands(c, holder, regimen))

    def suspicions_of(self, criterion: str) -> list[Suspicion]:
        """What makes a failure of a criterion likely, by its id; what counts as failing comes first."""
        if criterion not in self._suspicions:
            found = [s for s in self.suspicions if criterion in s.of]
            self._suspicions[criterion] = sorted(found, key=lambda s: s.counts_as)
        return self._suspicions[criterion]

    @cached_property
    def _suspicions(self) -> dict[str, list[Suspicion]]:
        return {}

    def deferrals_of(self, criterion: AnyCriterion, regimen: Regimen) -> Iterator[Deferral]:
        """What may be done while a regimen waits for a criterion; nothing where the catalogue does not say."""
        for row in self.deferrals:
            named = criterion.id in row.criteria if row.criteria else criterion.about == row.about
            if named and self.matches(row.applies_to, regimen):
                yield row

    def _holders(self, regimen: Regimen) -> tuple[Regimen | Rule, ...]:
        return (regimen, *self.rules_for(regimen))

    # Why: docs/explanation/catalogue-data.md#layers
    def _stands(self, criterion: AnyCriterion, holder: Regimen | Rule, regimen: Regimen) -> bool:
        """Whether no later layer restates a criterion of a regimen, be it in a rule or in the regimen."""
        if self.depth == 0:
            return True
        if regimen.id not in self._restated:
            highest: dict[str, int] = {}
            for each in self._holders(regimen):
                for c in (*each.gates, *each.cautions):
                    highest[c.id] = max(each.layer, highest.get(c.id, 0))
            self._restated[regimen.id] = highest
        return holder.layer == self._restated[regimen.id][criterion.id]

    @cached_property
    def depth(self) -> int:
        """How many layers lie over the first."""
        holders: tuple[Regimen | Rule, ...] = (*self.regimens, *self.rules)
        return max((holder.layer for holder in holders), default=0)

    @cached_property
    def _restated(self) -> dict[str, dict[str, int]]:
        return {}

    def checklists_for(self, regimen: Regimen) -> dict[str, Checklist]:
        """Its monitoring, its own keys first."""
        keys = [*regimen.monitoring, *(key for rule in self.rules_for(regimen) for key in rule.monitoring)]
        return {key: self.checklists[key] for key in dict.fromkeys(keys)}

    def items_for(self, regimen: Regimen, place: str = "") -> Iterator[tuple[str, Checklist, Item, bool]]:
        """Its items with their checklists and keys, and whether each was read for the place.

        Where a checklist has items of the place's own, those of others are left out. No place: all were read for it.
        """
        for key, checklist in self.checklists_for(regimen).items():
            local = any(place in item.jurisdictions for item in checklist.items)
            for item in checklist.items:
                here = not item.jurisdictions or not place or place in item.jurisdictions
                if item.only_in and place and place not in item.only_in:
                    continue
                if (here or not local) and (item.of is None or self.matches(item.of, regimen)):
                    yield key, checklist, item, here


def _last_day(written: str) -> str:
    """The last day that a date known in part may be, as ISO text."""
    return written if len(written) == len("2026-11-24") else span(written).latest.isoformat()


def walk(entry: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Every entry of a catalogue with the path that leads to it: keys, ids where there are any, else indices."""
    if isinstance(entry, Entry):
        if path:
            yield path, entry
        for name, value in entry.contents():
            yield from walk(value, (*path, name))
    elif isinstance(entry, dict):
        for key, value in entry.items():
            yield from walk(value, (*path, key))
    elif isinstance(entry, tuple):
        for index, value in enumerate(entry):
            yield from walk(value, (*path, getattr(value, "id", "") or index))


def find_regimen(catalogue: Catalogue, name: str) -> Regimen:
    """The regimen of this id, abbreviation or alias, whatever its case.

    Raises:
        UsageError: The catalogue has no such regimen; the nearest is named.
    """
    by_fold = {regimen.id.casefold(): regimen for regimen in catalogue.regimens}
    if name.casefold() in by_fold:
        return by_fold[name.casefold()]
    try:
        resolved = catalogue.formulary.regimen(name)
    except UnknownNameError as error:
        raise UsageError(f"the catalogue has no regimen {name!r}. {error.hint}".strip()) from None
    if resolved.id.casefold() not in by_fold:
        raise UsageError(f"{name!r} is known as a name ({resolved.id}), but the catalogue has no page for it")
    return by_fold[resolved.id.casefold()]


def patient_has(path: str) -> bool:
    """Whether the patient format has a field."""
    return path in MEASURED_AS or Patient.has(path)


# --- layers and the compiled form ---------------------------------------------------------------


def overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two layers as one: an entry of the later replaces the one of the same id, or is added.

    Jurisdictions are overlaid listing by listing; a criterion of a rule or a regimen replaces the one of
    the same id wherever both would be asked, for which the rules and regimens carry the number of their layer.
    """
    depth = 1 + max((holder.get("layer", 0) for key in _HOLDERS for holder in below.get(key) or ()), default=0)
    numbered = {key: [holder | {"layer": depth} for holder in above[key]] for key in _HOLDERS if above.get(key)}
    return joined(below, {**above, **numbered})


_HOLDERS = ("regimens", "rules")


def joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two files of one layer as one."""
    merged = dict(one)
    for key, value in other.items():
        old = merged.get(key)
        if value is None:
            continue
        if key == "jurisdictions" and old:
            merged[key] = old | {code: _relist(old.get(code), new) for code, new in value.items()}
        elif isinstance(value, list) and isinstance(old, list):
            merged[key] = _add(old, value)
        elif isinstance(value, dict) and isinstance(old, dict):
            merged[key] = old | value
        else:
            merged[key] = value
    return merged


def ordered(tree: Mapping[str, Any]) -> dict[str, Any]:
    """A tree whose lists and groups stand in the order that it names, wherever a file holds their entries.

    What is not named comes last, by its id. Lists that ``order`` does not name stay as they are.
    """
    made = dict(tree)
    for key, names in (tree.get("order") or {}).items():
        places = {name: place for place, name in enumerate(names)}

        def place(name: str, places: Mapping[str, int] = places) -> tuple[int, str, str]:
            return places.get(name, len(places)), name.casefold(), name

        value = made.get(key)
        if isinstance(value, list):
            made[key] = sorted(value, key=lambda entry: place(entry["id"]))
        elif isinstance(value, dict):
            made[key] = {name: value[name] for name in sorted(value, key=place)}
    return made


def _relist(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> dict[str, Any]:
    if old is None:
        return dict(new)
    return {**old, **new, "listings": {**old.get("listings", {}), **new.get("listings", {})}}


def _add(old: list[Any], new: list[Any]) -> list[Any]:
    if not all(isinstance(entry, dict) and "id" in entry for entry in [*old, *new]):
        return [*old, *new]
    return list(({entry["id"]: entry for entry in old} | {entry["id"]: entry for entry in new}).values())


def build(data: Mapping[str, Any]) -> Catalogue:
    """A catalogue over data that was validated before, such as the compiled file."""
    return Catalogue.over(data)


def criterion_from(data: Mapping[str, Any]) -> AnyCriterion:
    """A criterion from plain data."""
    return cast(AnyCriterion, criterion_types()[data["type"]].over(data))


@cache
def criterion_types() -> dict[str, type[Criterion]]:
    """Every type of criterion by the name it has in data."""
    union = typing.get_args(typing.get_args(AnyCriterion)[0])
    return {member.defaults()["type"]: member for member in union}


_STATE_FOR_USE = {
    "newly-diagnosed": ("newly_diagnosed",),
    "maintenance": ("responding",),
    "relapse": ("relapsed",),
    "debulking": ("newly_diagnosed", "relapsed"),
    "palliation": ("relapsed",),
}


def states_for(regimen: Regimen) -> tuple[str, ...]:
    """The states of the disease in which a regimen is used."""
    return tuple(dict.fromkeys(state for use in regimen.uses for state in _STATE_FOR_USE[use]))


NO_NEED = "none"
