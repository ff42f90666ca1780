"""Decisions for many regimens: rules, deferral, when to treat, and the order of the options."""

from typing import Annotated, Literal

from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Limits
from mmadvisor.catalogue.regimens import Length, Modality, People, Percent, Selector, Visits, Weeks, Year
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified
from mmadvisor.formats.drugs import Statement


class Rule(Entry):
    """Requirements for every regimen that a selector matches.

    ``layer`` is set when layers are combined: of two criteria with one id the later layer's applies.
    """

    applies_to: Selector
    gates: tuple[AnyCriterion, ...] = ()
    cautions: tuple[AnyCriterion, ...] = ()
    monitoring: tuple[str, ...] = ()
    layer: int = 0


class Suspicion(Entry):
    """Findings that make it likely that an unknown criterion fails: those that meet ``when``.

    ``of`` lists ids of cautions that close. Without a suspicion an unknown caution only warns. With one it
    ``counts_as`` unknown (the regimen is undetermined) or as not met (the regimen is deferred or closed).
    """

    id: str
    of: tuple[str, ...]
    when: AnyCriterion
    counts_as: Literal["unknown", "not-met"]
    text: str
    source: str
    verified: Verified


class Deferral(Entry):
    """What is done while a regimen waits for something to pass, and when it is reviewed.

    It applies to criteria of a topic (``about``) or with certain ids, and to the regimens of a selector. The first row
    that fits and whose ``when`` is met is used. ``once`` completes the sentence "first, once ...". ``instead`` is what
    to do if waiting does not help; it is printed if nothing can be started. ``collect``: cells may be collected
    meanwhile.
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


class FirstSaid(Entry):
    """A statement before the options, and before whether to treat, if all of ``when`` is met.

    ``unless``: criteria of which one, if met, withdraws the statement. ``with_emergency``: only together with an
    emergency of the myeloma. ``situation``: the statement is not first, and is part of the situation of this name.
    """

    id: str
    when: tuple[AnyCriterion, ...]
    text: str
    source: str
    verified: Verified
    unless: tuple[AnyCriterion, ...] = ()
    with_emergency: bool = False
    situation: str = ""


class Threshold(Entry):
    """A number of a definition; its key names the unit."""

    value: Annotated[float, Limits(0, 1_000_000)]
    source: str
    verified: Verified


class Progression(Entry):
    """Progression by IMWG, as rises from the lowest value; ``high_serum`` applies if that value was itself high."""

    rise_percent: Threshold
    serum_rise_g_per_l: Threshold
    high_serum_from_g_per_l: Threshold
    high_serum_rise_g_per_l: Threshold
    urine_rise_mg_per_24h: Threshold
    dflc_rise_mg_per_l: Threshold


class Unsure(Entry):
    """What makes a series of the paraprotein unsure: kidneys, the band of an antibody, disease that secretes little.

    The isotypes are parts of the text in a record.
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
    """The limits of recorded values from which action is due today, with the questions and actions."""

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
    """What to do first in an emergency; ``of_the_myeloma``: a recorded emergency of this kind is a reason to treat."""

    of_the_myeloma: bool = False


class Review(Entry):
    """The age of the catalogue's review, in months, from which an answer mentions it.

    Both limits are exclusive; beyond the second the sentence is a warning.
    """

    notice_months: Threshold
    strong_months: Threshold


class Treatment(Entry):
    """When a relapse is to be treated: by the paraprotein, or by its effects on the patient."""

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


# What options are compared by, one question after another.
DecidesBy = Literal[
    "availability", "starts-in-time", "suits-fitness", "strong-cautions", "benefit", "against-each-other", "evidence",
    "placement", "drugs-active", "doors", "preference", "registered", "ease", "novelty",
]  # fmt: skip
# The same, and what is shown beside and never decides.
ComparedBy = Literal[
    "availability", "starts-in-time", "suits-fitness", "strong-cautions", "benefit", "against-each-other", "evidence",
    "placement", "drugs-active", "doors", "preference", "purpose", "approval", "registered", "cautions", "ease",
    "novelty", "id",
]  # fmt: skip


class Comparison(Entry):
    """One comparison of a ranking profile: its name, and the words for its values, best first."""

    by: ComparedBy
    name: str
    values: tuple[str, ...]
    source: str = ""


class Profile(Entry):
    """An order of named comparisons: the first on which two options of a group differ decides between them.

    What differs in none of them is tied. A comparison that is not named is shown and does not decide.
    """

    id: str
    name: str
    order: tuple[DecidesBy, ...]


class Trait(Entry):
    """A state of the disease, of which each trial says whether it took such patients (``Evidence.outside``).

    ``since``: the year from which on patients with it came to trials; what began sooner lies before its time.
    ``only_with``: asked of regimens that hold an agent of these classes alone. ``must_tell``: of
    regimens of these kinds a trial that does not say so is read as having left such patients out. ``alike``: of drugs
    of one target and kind, some were measured in such patients and others not, and all are read alike.
    """

    id: str
    name: str
    when: tuple[AnyCriterion, ...]
    since: Year | None = None
    only_with: tuple[str, ...] = ()
    must_tell: tuple[Modality, ...] = ()
    alike: bool = False


class KeptBack(Entry):
    """Regimens that are not offered among the first, with the reason; a judgement that a haematologist signs.

    ``unless``: where one of these groups of criteria is met, the reason does not hold.
    """

    regimens: tuple[str, ...]
    because: str
    source: str
    verified: Verified
    unless: tuple[tuple[AnyCriterion, ...], ...] = ()


class Landmark(Entry):
    """From how many percent without progression, in how many patients, the share is taken to be more than half."""

    percent: Percent
    patients: People


class Firm(Entry):
    """When a long benefit is taken as firm.

    The lower limit of the interval is at least ``lower_months``; without an interval the median at least
    ``median_months``. A share without progression whose interval was not read decides by ``landmarks``.
    """

    lower_months: Length
    median_months: Length
    landmarks: tuple[Landmark, ...]


class Cap(Entry):
    """Patients in whom regimens of some kinds are read near the result of routine care, unless measured in them.

    ``when``: one of these groups of criteria is met. ``benchmark``: the id of what routine care achieved there; such a
    regimen is read at most ``bands_above`` bands above it.
    """

    when: tuple[tuple[AnyCriterion, ...], ...]
    modalities: tuple[Modality, ...]
    benchmark: str
    bands_above: int
    source: str
    verified: Verified


class WithCare(Entry):
    """Regimens that need more of a patient than their intensity says: with care in some frailty groups.

    From ``poorly_from_ecog`` on they suit poorly.
    """

    regimens: Selector
    groups: tuple[str, ...]
    because: str
    source: str
    verified: Verified
    poorly_from_ecog: int | None = None


class Dividing(Entry):
    """What divides the regimens of a tie for whoever reads it, such as eye examinations or the heart."""

    regimens: Selector
    text: str


class Ranking(Entry):
    """The comparisons, the limits of their values, and the profiles.

    ``traits``: what trials are asked about their patients. ``reserve``: kept back while another regimen can be given.
    ``seldom``: shown by name only. ``placement_counts_for_months``: how old a guideline may be that orders.
    ``too_few``: a single-arm result in fewer patients orders nothing, and a subgroup of fewer than ``subgroup_from``.
    ``ask_by``: how what is not funded may be had.
    """

    comparisons: tuple[Comparison, ...]
    profiles: tuple[Profile, ...]
    benefit_bands_months: tuple[Length, ...]
    firm: Firm
    too_few: int
    subgroup_from: int
    few_visits_per_28_days: Visits
    rapid_lead_time_weeks: Weeks
    unfit_for: dict[str, str]
    burden_from_ecog: int
    bridges_without: tuple[str, ...]
    with_care: tuple[WithCare, ...] = ()
    look_ahead_at: tuple[str, ...] = ()
    traits: tuple[Trait, ...] = ()
    cap: Cap | None = None
    dividing: tuple[Dividing, ...] = ()
    reserve: tuple[KeptBack, ...] = ()
    seldom: tuple[KeptBack, ...] = ()
    placement_counts_for_months: Annotated[int, Limits(1, 600)] = 48
    ask_by: str = ""
