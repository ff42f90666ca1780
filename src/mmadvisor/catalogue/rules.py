"""Decisions for many regimens: rules, deferral, when to treat, and the order of the options."""

from typing import Annotated, Literal

from mmadvisor.answers.compact import DecidesBy
from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Limits
from mmadvisor.catalogue.regimens import Length, Modality, People, Percent, Selector, Visits, Weeks, Year
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified
from mmadvisor.formats.drugs import Statement


class Rule(Entry):
    """Requirements for every regimen that a selector matches.

    ``layer`` is set when layers are combined. If two criteria have the same id, the criterion of the later layer
    applies.
    """

    applies_to: Selector
    gates: tuple[AnyCriterion, ...] = ()
    cautions: tuple[AnyCriterion, ...] = ()
    monitoring: tuple[str, ...] = ()
    layer: int = 0


class Suspicion(Entry):
    """Findings (``when``) that make it likely that an unknown criterion fails.

    ``of`` lists ids of cautions with the flag ``closes``. Such a caution only warns if it is unknown. If ``when`` is
    met, an unknown caution counts as a gate: ``counts_as`` ``unknown`` makes the regimen undetermined, and ``not-met``
    defers or closes it.
    """

    id: str
    of: tuple[str, ...]
    when: AnyCriterion
    counts_as: Literal["unknown", "not-met"]
    text: str
    source: str
    verified: Verified


class Deferral(Entry):
    """What to do while a regimen waits for something that passes with time, and when to decide again.

    The entry applies to criteria with a topic (``about``) or with the ids in ``criteria``, and to the regimens of a
    selector. The first row that applies and whose ``when`` is met is used. ``once`` completes a sentence such as
    "first, once the infection is below grade 3".
    ``instead``: what to do if waiting does not help; printed if no regimen can be started. ``collect``: whether cells
    may be collected meanwhile.
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
    """A sentence that an answer prints first, if all of ``when`` is met.

    ``unless``: if one of these criteria is met, the sentence is left out. ``with_emergency``: print the sentence only
    if an emergency of the myeloma is recorded. ``situation``: print the sentence in the situation of this name, and not
    first.
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
    """A number of a definition; the key of the entry names the unit."""

    value: Annotated[float, Limits(0, 1_000_000)]
    source: str
    verified: Verified


class Progression(Entry):
    """The rises of the paraprotein, from its lowest value, that mean progression by the IMWG.

    The value must rise by ``rise_percent``, and by the amount for the kind of value. If the lowest serum value was at
    least ``high_serum_from_g_per_l``, a rise by ``high_serum_rise_g_per_l`` is enough.
    """

    rise_percent: Threshold
    serum_rise_g_per_l: Threshold
    high_serum_from_g_per_l: Threshold
    high_serum_rise_g_per_l: Threshold
    urine_rise_mg_per_24h: Threshold
    dflc_rise_mg_per_l: Threshold


class Unsure(Entry):
    """What makes a series of paraprotein values unreliable: poor kidneys, a therapeutic antibody, low secretion.

    A therapeutic antibody may appear as a band of its own. The isotypes are texts, such as ``igg``, that the isotype in
    the patient file may contain.
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
    """Limits of recorded values beyond which action is due today, with the questions and the actions."""

    calcium_of_relapse_above_mmol_per_l: Threshold
    calcium_treated_from_mmol_per_l: Threshold
    ionised_calcium_of_relapse_above_mmol_per_l: Threshold
    ionised_calcium_treated_from_mmol_per_l: Threshold
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
    """What to do first in an emergency; ``of_the_myeloma``: such an emergency is a reason to treat the myeloma."""

    of_the_myeloma: bool = False


class Review(Entry):
    """The age of the catalogue's review, in months, above which an answer mentions it.

    Above ``strong_months`` the sentence is a warning. Both limits are exclusive.
    """

    notice_months: Threshold
    strong_months: Threshold


class Treatment(Entry):
    """When to treat a relapse: by the rise of the paraprotein, or by the effects of the disease on the patient."""

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
# The same, and what is shown beside and never decides.
ComparedBy = Literal[
    "availability", "starts-in-time", "suits-fitness", "strong-cautions", "benefit", "against-each-other", "evidence",
    "placement", "drugs-active", "doors", "preference", "purpose", "approval", "registered", "cautions", "ease",
    "novelty", "id",
]  # fmt: skip


class Comparison(Entry):
    """One comparison of the ranking: its name, and the words for its values, best first."""

    by: ComparedBy
    name: str
    values: tuple[str, ...]
    source: str = ""


class Profile(Entry):
    """An order of comparisons. The first comparison on which two options of a group differ decides their order.

    Two options that differ on no comparison are tied. A comparison that the profile does not name is shown and does not
    decide.
    """

    id: str
    name: str
    order: tuple[DecidesBy, ...]


class Trait(Entry):
    """A property of patients; each trial records whether it took such patients (``Evidence.outside``).

    ``since``: the first year in which trials could take such patients. ``only_with``: the trait matters only for
    regimens with an agent of these classes. ``must_tell``: for regimens of these modalities, a trial that tells nothing
    counts as having left such patients out. ``alike``: drugs with the same target and modality are judged alike, even
    if only some were studied in such patients.
    """

    id: str
    name: str
    when: tuple[AnyCriterion, ...]
    since: Year | None = None
    only_with: tuple[str, ...] = ()
    must_tell: tuple[Modality, ...] = ()
    alike: bool = False


class KeptBack(Entry):
    """Regimens that are not offered among the first, with the reason; the judgement of a haematologist.

    ``when``: the regimens are kept back only from patients who are known to meet these criteria. ``unless``: groups of
    criteria. If one group is met, the regimens are not kept back.
    """

    regimens: tuple[str, ...]
    because: str
    source: str
    verified: Verified
    when: tuple[AnyCriterion, ...] = ()
    unless: tuple[tuple[AnyCriterion, ...], ...] = ()


class Landmark(Entry):
    """The lowest progression-free rate that, in at least ``patients`` patients, counts as certainly more than half.

    Used for a rate without a known confidence interval.
    """

    percent: Percent
    patients: People


class Firm(Entry):
    """When a long benefit counts as firm.

    The lower limit of the confidence interval must be at least ``lower_months``. Without an interval, the median must
    be at least ``median_months``. A progression-free rate whose interval is not known is compared with ``landmarks``.
    """

    lower_months: Length
    median_months: Length
    landmarks: tuple[Landmark, ...]


class Cap(Entry):
    """Patients for whom the benefit of some modalities counts as close to routine care, unless measured in them.

    ``when``: groups of criteria; one group must be met. ``benchmark``: the id of the result of routine care in such
    patients. The benefit counts as at most ``bands_above`` bands above that result.
    """

    when: tuple[tuple[AnyCriterion, ...], ...]
    modalities: tuple[Modality, ...]
    benchmark: str
    bands_above: int
    source: str
    verified: Verified


class WithCare(Entry):
    """Regimens that are harder on a patient than their intensity suggests.

    They are given with care to patients in the frailty ``groups``. If ECOG is ``poorly_from_ecog`` or more, they are
    poorly suited.
    """

    regimens: Selector
    groups: tuple[str, ...]
    because: str
    source: str
    verified: Verified
    poorly_from_ecog: int | None = None


class Dividing(Entry):
    """A feature that distinguishes tied regimens for the reader, such as eye examinations or effects on the heart."""

    regimens: Selector
    text: str


class Ranking(Entry):
    """The comparisons, the limits of their values, and the profiles.

    ``traits``: the properties of patients that are recorded for each trial. ``reserve``: regimens kept back while
    another regimen can be given. ``seldom``: regimens shown only by name. ``placement_counts_for_months``: how old a
    guideline may be to decide an order. ``too_few``: a single-arm result in fewer patients does not rank.
    ``subgroup_from``: a subgroup of fewer patients does not rank. ``ask_by``: how to obtain a regimen that is not
    funded. ``one_line_short``: patients for whom a label that asks for one more line does not close a regimen; it is
    then off-label.
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
    one_line_short: tuple[AnyCriterion, ...] = ()
