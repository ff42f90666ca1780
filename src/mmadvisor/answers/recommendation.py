"""The answer as plain data, key by key. The format is ``mmadvisor/recommendation/1``.

Every output is made from this data alone. Later versions may add keys; they rename and remove none.
"""

from typing import Any, NotRequired, final

# Before Python 3.12 pydantic, which makes the schema, needs this TypedDict; it is installed with pydantic.
from typing_extensions import TypedDict

from mmadvisor.answers.access import AccessEntry, PlaceEntry
from mmadvisor.answers.car_t import CarTTiming
from mmadvisor.answers.co_medication import CoMedicationEntry
from mmadvisor.answers.lanes import Lane, LookedForEntry
from mmadvisor.answers.published import BenchmarkEntry, MonthsEntry, OptionEvidence, RateEntry
from mmadvisor.answers.stamps import Answer, CatalogueStamp, Cited, Engine, InputEntry, PatientStamp, SourceEntry
from mmadvisor.answers.week import WeekEntry

SCHEMA = "mmadvisor/recommendation/1"
# The groups of options that are shown with their figures, and from which the first option is taken.
LEADING = ("main", "funded-reserve", "ask")


class Emergency(Cited):
    """An emergency, which is printed before any ranking.

    - ``how``: ``recorded`` if it is in the list of emergencies of the file; ``derived`` if it follows from a value.
    - ``field``, ``value``, ``unit``, ``day``: the recorded value. ``day`` is empty if no day is recorded.
    - ``limit``: the limit that the value is beyond. ``found``: the value and the limit as a sentence.
    - ``questions``: what must be asked.
    """

    emergency: str
    text: str
    source: str
    verified: str
    how: str
    field: str
    value: float | None
    unit: str
    day: str
    limit: float | None
    found: str
    questions: list[str]


class Question(Cited):
    """A fact to ask about or a value to measure again; it decides nothing. ``limit`` is null if none was crossed."""

    about: str
    text: str
    source: str
    verified: str
    field: str
    value: float | None
    unit: str
    day: str
    limit: float | None
    found: str


class RelapseEntry(TypedDict):
    """The kind of relapse, as recorded and as derived: yes, no or unknown, with the reason."""

    clinical: str
    clinical_because: str
    biochemical: str
    biochemical_because: str


class TreatNow(Cited):
    """Whether to treat today.

    ``contradictions`` in the record, ``questions`` and values to ``repeat`` do not change ``answer``. ``unsure``: why
    the series of paraprotein values may be unreliable.
    """

    answer: str
    because: str
    source: str
    emergencies: list[Emergency]
    ask: list[str]
    contradictions: list[str]
    questions: list[Question]
    repeat: list[Question]
    unsure: list["Sentence"]
    relapse: RelapseEntry


class FirstItem(Cited):
    """A sentence that is printed before the options, such as a second cancer that must be treated first."""

    id: str
    text: str
    source: str
    verified: str


class LineCount(TypedDict):
    """Prior lines by one definition; ``at_most`` is null if the list of therapies may be incomplete."""

    count: int
    at_least: int
    at_most: int | None
    definition: str


class PriorLines(LineCount):
    """Prior lines, why they were counted so, and the counts by other definitions that differ (``alternatives``)."""

    reasons: list[str]
    alternatives: list[LineCount]


AgentEntry = TypedDict(
    "AgentEntry",
    {
        "agent": str,
        "name": str,
        "class": str,
        "exposed": str,
        "refractory": str,
        "because": str,
        "therapies": list[int],
        "months_since_last_dose": float | None,
        "missing": list[str],
        "missing_names": list[str],
    },
)
ClassEntry = TypedDict(
    "ClassEntry",
    {
        "class": str,
        "modality": NotRequired[str],
        "exposed": str,
        "refractory": str,
        "because": str,
        "missing": list[str],
        "missing_names": list[str],
    },
)


class LabelEntry(Cited):
    """A clinical term such as triple-class refractory: whether it applies, and the missing fields."""

    label: str
    value: str
    because: str
    missing: list[str]
    missing_names: list[str]
    source: str


class GivenEntry(TypedDict):
    """One drug of a therapy with its first and last day; ``agent`` is ``unknown`` if nobody knows the drug."""

    agent: str
    name: str
    dose: str | None
    modality: str | None
    start: str | None
    stop: str | None


class TherapyEntry(TypedDict):
    """One therapy for the timeline: its index in the file (from 0), and its number in order of time (from 1).

    ``called`` is its name in sentences. A drug that nobody knows is listed among the agents as ``unknown``.
    """

    index: int
    number: int
    called: str
    line: int | None
    intent: str | None
    regimen: str | None
    agents: list[GivenEntry]
    start: str | None
    stop: str | None
    best_response: str | None
    progressed_on: str | None
    stop_reason: str | None


class HistoryEntry(TypedDict):
    """Everything that is derived from the therapies and the laboratory values of the patient."""

    complete: str
    state: str
    prior_lines: PriorLines
    agents: list[AgentEntry]
    classes: list[ClassEntry]
    labels: list[LabelEntry]
    therapies: list[TherapyEntry]
    progressed_on_last: str
    creatinine_clearance: str
    frailty: str


class CriterionEntry(Cited):
    """One criterion with its result; ``tokens`` are the agents and classes that it names.

    ``counts_as``: how the verdict counts a criterion that can close, if that is not ``result``. A failure is unknown if
    nobody could read the criterion at its source. An unknown criterion is not met if a recorded finding makes a failure
    likely.
    """

    id: str
    type: str
    tokens: list[str]
    text: str
    force: str
    result: str
    counts_as: NotRequired[str]
    required: str
    found: str
    where: str
    missing: list[str]
    source: str
    verified: str
    about: str


class Caution(Cited):
    """One caution that applies or cannot be excluded; ``drugs``: the co-medication drugs that caused it.

    ``strong``: while it applies, the option stands behind options that suit the patient equally well without it.
    """

    about: str
    text: str
    result: str
    source: str
    verified: str
    drugs: list[str]
    strong: bool


class ApprovalEntry(Cited):
    """The approval of the regimen in the patient's jurisdiction."""

    status: str
    jurisdiction: str
    since: str | None
    source: str
    verified: str
    note: str
    check: str
    conditional: bool


class StandingEntry(Cited):
    """The value of one comparison for an option; ``short``: the reason in a few words, or empty.

    ``decides``: whether the comparison decides the order; other comparisons are only shown.
    """

    by: str
    value: str
    decides: bool
    because: str
    short: str
    source: str


class FigureEntry(TypedDict):
    """A published progression-free survival.

    ``kind`` is ``median``, in months; ``rate``, the percentage without progression after a number of months; or
    ``not-reached``, with the lower limit of the interval if it was published.
    """

    kind: str
    months: float | None
    percent: float | None


class NearestBenefit(Cited):
    """The row of evidence by which the benefit of an option is ranked: the row that is nearest to the patient.

    - ``fit``: ``this``: the patient belongs to the population of the row. ``neighbour``: the patient is one line of
      therapy off. ``other``: the trial left such patients out, for the reasons in ``because``. ``unknown``: this
      depends on missing facts.
    - ``read_as``: the band of benefit in which the option is ranked, if it is not the band of the row's own figure.
    - ``text``: the row as a sentence.
    - ``beside``: what is shown with the row: the figures of the trials that a pool contains; or that the row is of
      other drugs with the same target, and the responses to this one.
    - ``own``: false if the row is of other drugs with the same target; otherwise absent.
    """

    trial: str
    subgroup: str
    population: str
    design: str
    n: int | None
    figure: FigureEntry
    pfs_months: NotRequired[MonthsEntry]
    pfs_rate: NotRequired[RateEntry]
    fit: str
    because: list[str]
    read_as: str
    beside: NotRequired[list[str]]
    own: NotRequired[bool]
    text: str
    source: str
    verified: str


class Adapting(Cited):
    """A finding of the patient against an item as it is written; ``applies`` is yes or unknown."""

    about: str
    text: str
    applies: str
    source: str
    verified: str


class Monitoring(Cited):
    """One item of a checklist.

    - ``drugs``: the names of the drugs of the regimen for which it is there; empty means any treatment.
    - ``by``: the jurisdictions whose text it is; empty if it is no text of a jurisdiction.
    - ``text_of``: whose text it is: its jurisdictions, or the kind of its source.
    - ``rank``: its place in the order: 1 the dangers of the drug, 2 infection, 3 others, 4 vaccines and teeth.
    - ``leads``: whether a finding on record calls for it now, or changes it; such items come first.
    - ``applies``: yes; ``if`` (without a patient); or unknown, with the missing fields. ``because``: what it depends
      on.
    - ``now``: whether the record calls for it now: yes, no or unknown; empty if nothing would.
    - ``adapt``: the findings against doing it as written.
    """

    checklist: str
    item: str
    drugs: list[str]
    by: str
    text_of: str
    rank: int
    leads: bool
    applies: str
    because: str
    when: str
    why: str
    adapt: list[Adapting]
    now: str
    now_because: str
    missing: list[str]
    source: str
    verified: str


class Sentence(Cited):
    """A sentence with its source."""

    text: str
    source: str
    verified: str


class Argument(Cited):
    """One reason for or against an option."""

    side: str
    text: str
    source: str
    verified: str


class PositionBy(Cited):
    """The recommendation of one guideline, consensus or label; ``superseded``: the source that replaced it."""

    by: str
    dated: str
    level: str
    setting: str
    text: str
    source: str
    verified: str
    superseded: str


class Position(TypedDict):
    """All recommendations for one option, side by side.

    ``disagree``: one body recommends the option, and another recommends against it. Different levels of a
    recommendation, or the silence of a body, are no disagreement.
    """

    regimen: str
    disagree: bool
    bodies: list[PositionBy]


class BetterProved(Cited):
    """An option that is not funded here, or perhaps not licensed, but clearly better proved than the usual options."""

    regimen: str
    text: str


# `for` and `class` are Python keywords, so types with these keys are written as calls.
# `unread`: the other drugs that are taken, if the interactions of a drug of the option were not looked up.
OptionEntry = TypedDict(
    "OptionEntry",
    {
        "rank": int,
        "tied": bool,
        "group": str,
        "group_because": str,
        "dividing": list[str],
        "regimen": str,
        "name": str,
        "verdict": str,
        "modality": str,
        "standing": list[StandingEntry],
        "above_next_because": str,
        "for": list[str],
        "against": list[str],
        "arguments": list[Argument],
        "rechallenge": list[str],
        "criteria": list[CriterionEntry],
        "cautions": list[Caution],
        "unread": list[str],
        "approval": ApprovalEntry,
        "access": AccessEntry,
        "nearest_benefit": NearestBenefit | None,
        "evidence": list[OptionEvidence],
        "placements": list[Sentence],
        "monitoring": list[Monitoring],
        "sequencing": list[str],
        "untried": str,
    },
)


class ProvisionalEntry(OptionEntry):
    """A regimen that would be an option if tests of today, which are missing, had the required results.

    Nothing else about it is unknown. ``gates``: the fields of the tests. ``provided``: the results that they must have.
    ``rank``: the rank in the provisional order. The entry is not confirmed: these criteria are unknown, and it has no
    checklist.
    """

    gates: list[str]
    provided: list[str]


class DeferredOption(TypedDict):
    """A regimen that must wait for something that passes with time, such as an infection.

    - ``would_rank``: its rank once this has passed. Null if it would not be offered even then, because it is off-label
      here and off-label use is not recorded as acceptable.
    - ``would_be_option``: it would be an option then, and nothing else about it is unknown.
    - ``once``: completes the sentence "first, once ...".
    - ``must_pass``: the requirements that fail. ``found``: what was found instead.
    - ``missing``: other fields that must be known. ``missing_names``: their names.
    - ``next_steps``: what can be done without waiting. ``look_again``: when to decide again.
    """

    regimen: str
    name: str
    modality: str
    would_rank: int | None
    would_be_option: bool
    once: str
    must_pass: list[str]
    found: list[str]
    next_steps: list[Sentence]
    look_again: list[Sentence]
    missing: list[str]
    missing_names: list[str]
    cautions: list[Caution]
    approval: ApprovalEntry
    access: AccessEntry


class ChangeEntry(TypedDict):
    """One of the changes that together would open a regimen; ``kind`` decides which other keys are used."""

    text: str
    kind: str
    field: str
    value: Any
    amount: int
    tokens: list[str]


@final
class NotOffered(TypedDict):
    """One regimen that is closed, undetermined or deferred; ``can_change``: whether any change would open it.

    ``still_needs``: the facts of a closed regimen that are missing, by name; it is not decided while they are.
    """

    regimen: str
    name: str
    verdict: str
    modality: str
    because: list[str]
    would_change_if: str
    can_change: bool
    would_change: list[ChangeEntry]
    would_rank: int | None
    would_rank_if: str
    missing: list[str]
    still_needs: list[str]
    approval: ApprovalEntry
    access: AccessEntry
    untried: str
    cautions: list[Caution]
    criteria: list[CriterionEntry]


class Opening(TypedDict):
    """Closed regimens that the same changes would open, as a sentence; ``kinds``: the kinds of the changes.

    If they depend on missing facts besides, the sentence ends with this.
    """

    regimens: list[str]
    text: str
    kinds: list[str]


class Person(TypedDict):
    """What identifies the patient at a glance. Null or empty is not known.

    ``clearance``: the creatinine clearance in mL/min, if it is known as one number. ``frailty``: the group, if it is
    known.
    """

    sex: str
    age: int | None
    ecog: int | None
    frailty: str
    clearance: float | None


class VerdictChange(TypedDict):
    """One verdict that a missing fact would change."""

    regimen: str
    before: str
    after: str


class OutcomeEntry(TypedDict):
    """What the answer would be if a missing fact had the value ``value``.

    - ``set``: the fact as an argument of ``--set``.
    - ``settles``: undetermined regimens that would be decided. ``rules_out``, ``defers``: those of them that would
      become ineligible, or deferred.
    - ``opens``, ``closes``: regimens that would become options, or would be options no longer.
    - ``turns``: other verdicts that would change.
    - ``reorders``: the options would have another order.
    - ``reorders_waiting``: verdicts and options stay; deferred or provisional regimens would have another order.
    """

    value: str
    set: str
    settles: list[str]
    rules_out: list[str]
    defers: list[str]
    opens: list[str]
    closes: list[str]
    turns: list[VerdictChange]
    reorders: bool
    reorders_waiting: bool
    first: list[str]


class Missing(TypedDict):
    """One field that is not recorded, and what depends on it.

    - ``gain``: the mean number of verdicts that the field decides, over its outcomes, plus the number of regimens that
      could enter or leave the first five.
    - ``decisive``: at least one of the values that were tried changes a verdict or the order.
    - ``tried``: for every criterion that uses the field, values could be tried; otherwise its effect is unknown.
    - ``first_three``: what the field could do to the first three options: ``closes`` at least one of them, ``moves``
      them, or ``stays``. A provisional order counts as the options.
    - ``decides_order``: it moves them because a comparison of the order uses the field.
    - ``changes_care``: what must be done before the first dose because the field is not recorded.
    """

    field: str
    name: str
    first_three: str
    decides_order: bool
    matters_for: list[str]
    gain: int
    decisive: bool
    tried: bool
    settles: list[str]
    outcomes: list[OutcomeEntry]
    changes_care: list[Sentence]


class Situation(TypedDict):
    """A situation of the patient that has a name, with statements about it that do not belong to one option."""

    id: str
    name: str
    says: list[Sentence]


class Recommendation(Answer):
    """The whole answer of `mmadvisor recommend`."""

    schema: str
    """Name and version of the format."""
    patient: PatientStamp
    engine: Engine
    catalogue: CatalogueStamp
    jurisdiction: str
    """Code of the jurisdiction whose approvals and labels apply; `unknown` if none is known."""
    place: PlaceEntry
    """The jurisdiction: whose funding decisions count, who pays, and sentences on licences there."""
    profile: str
    """Name of the order of comparisons by which the options are ranked."""
    first: list[FirstItem]
    """What an answer prints before the options, such as a second cancer that must be treated first."""
    treat_now: TreatNow
    """Whether to treat now, with emergencies, contradictions of the record and values to repeat."""
    settings: list[str]
    """Names of the settings that the patient is in."""
    situations: list[Situation]
    """Statements about these settings, and about anything else to consider besides the options."""
    lanes: list[Lane]
    """Situations of the patient in which something else comes before the choice of a regimen."""
    looked_for: list[LookedForEntry]
    """Regimens that a reader looks for, such as CAR-T at relapse, and whether they are open."""
    person: Person
    """Sex, age, ECOG status, frailty and creatinine clearance of the patient."""
    history: HistoryEntry
    """What is derived from the therapies: lines, exposure, refractoriness, the reasons and the missing fields."""
    options: list[OptionEntry]
    """The regimens that can be given, by group and rank; tied options share a rank.

    `group` is `main`, `funded-reserve`, `ask`, `reserve`, `seldom` or `bridge`.
    """
    bridge_to: list[str]
    """The regimens that are not closed and to which a bridge may lead: transplants and CAR-T."""
    headline: str
    """What to do first if no usual option is open: a referral, a deferred regimen, a trial; otherwise empty."""
    better_proved: BetterProved | None
    """An option to ask for, because it is clearly better proved than the usual options; null if there is none."""
    unnumbered: str
    """Why the options have no numbers; empty if they have numbers."""
    deferred_options: list[DeferredOption]
    """Regimens that wait for something that passes, such as an infection, with the rank that each would then have."""
    provisional: list[ProvisionalEntry]
    """Regimens for which only tests of today are missing, in the order that would follow from the required results."""
    this_week: list[WeekEntry]
    """What else is due: tests, bridges, stops before CAR-T, when to judge the course, registers, whom to call.

    In the order of the topics, and not ranked.
    """
    positions: list[Position]
    """What guidelines, consensus papers and labels recommend for each option."""
    not_offered: list[NotOffered]
    """Every other regimen, with the reasons and the smallest change that would open it."""
    openings: list[Opening]
    """The closed regimens that something would open, those that need the fewest changes first."""
    ranking_withheld: str
    """Why there is no ranking; empty if there is a ranking."""
    nothing_open: str
    """Why there is no option; empty if there is one, or if the ranking is withheld."""
    always: list[Sentence]
    """Sentences of every answer, such as to consider trials."""
    benchmarks: list[BenchmarkEntry]
    """Results of standard care in comparable patients."""
    missing: list[Missing]
    """Fields that are not recorded, the one that matters most first."""
    co_medication: list[CoMedicationEntry] | None
    """The other drugs that are taken, each with its interactions.

    Null if the list is not recorded, so that no interaction was checked.
    """
    car_t_timing: CarTTiming | None
    """When cells can be collected and infused; null if no CAR-T is possible."""
    hang_on_completeness: int
    """How many verdicts depend on whether the list of therapies is complete."""
    line_definition_flips: list[str]
    """Regimens whose verdict depends on the definition of a line."""
    warnings: list[str]
    """What looks unusual in the file; last, one sentence for each other drug that the catalogue does not know."""
    undated: list[str]
    """What is used although it has no day and may be later than the day of the decision: fields and groups of fields.

    Empty unless this day is earlier than that of the file (``assessed_on``).
    """
    sources: dict[str, SourceEntry]
    """Sources of everything in the answer, by key."""
    intended_use: str
    """What the answer is for, and what it does not replace."""
    input: NotRequired[InputEntry]
    """Where the patient was read; only in the answers of `batch --trace` for many patients in one file."""
