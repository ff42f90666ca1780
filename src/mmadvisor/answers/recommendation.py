"""The answer as plain data: format ``mmadvisor/recommendation/1``, key by key.

Every output is made from this alone. An object may gain keys; none is renamed or dropped.
"""

from typing import Any, NotRequired, final

# pydantic, which makes the schema, needs this one before Python 3.12, and brings it along.
from typing_extensions import TypedDict

from mmadvisor.answers.car_t import CarTTiming
from mmadvisor.answers.co_medication import CoMedicationEntry
from mmadvisor.answers.lanes import Lane
from mmadvisor.answers.published import BenchmarkEntry, MonthsEntry, OptionEvidence, RateEntry
from mmadvisor.answers.stamps import CatalogueStamp, Cited, Engine, PatientStamp, SourceEntry

SCHEMA = "mmadvisor/recommendation/1"


class Emergency(Cited):
    """Something that comes before any ranking.

    ``how``: ``recorded``, ticked in the file, or ``derived`` from a recorded value. Then ``value`` in ``unit`` of
    ``field`` on ``day`` passes ``limit``, ``found`` says so, and ``questions`` are to be asked; ``day`` is empty
    where none is recorded.
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
    """Something to ask or to measure again; it decides nothing. ``limit`` is ``None`` where there is none."""

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
    """How the disease came back, as recorded and as derived: yes, no or unknown, and why."""

    clinical: str
    clinical_because: str
    biochemical: str
    biochemical_because: str


class TreatNow(Cited):
    """Whether treatment is the question.

    ``contradictions`` of what is recorded stand first, then ``questions`` and the values to ``repeat``, which decide
    nothing; ``unsure`` says what the series of the paraprotein cannot show.
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
    """Something that is said before the answer, such as a second cancer that is to be treated first."""

    id: str
    text: str
    source: str
    verified: str


class LineCount(TypedDict):
    """Prior lines by one definition; ``at_most`` is null where the list may not be whole."""

    count: int
    at_least: int
    at_most: int | None
    definition: str


class PriorLines(LineCount):
    """Prior lines, how they were counted, and the other definitions where they differ."""

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
    """A word of the field, whether it holds, and what would settle it: as fields, and the same in words."""

    label: str
    value: str
    because: str
    missing: list[str]
    missing_names: list[str]
    source: str


class GivenEntry(TypedDict):
    """One drug of a therapy, and from when to when it was given; ``agent`` is ``unknown`` for one that nobody knows."""

    agent: str
    name: str
    dose: str | None
    modality: str | None
    start: str | None
    stop: str | None


class TherapyEntry(TypedDict):
    """One therapy as read, for the timeline: its place in the file, and which it is in order of time.

    ``called`` names it as sentences do. A drug that nobody knows stands among the agents as ``unknown``.
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
    """All that is derived."""

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
    """One criterion, decided; ``tokens`` are the agents and classes that it names."""

    id: str
    type: str
    tokens: list[str]
    text: str
    force: str
    result: str
    required: str
    found: str
    where: str
    missing: list[str]
    source: str
    verified: str
    about: str


class Caution(Cited):
    """One caution that applies, or cannot be excluded; ``drugs``: those of the co-medication that it is about."""

    about: str
    text: str
    result: str
    source: str
    verified: str
    drugs: list[str]


class ApprovalEntry(Cited):
    """How the jurisdiction has it."""

    status: str
    jurisdiction: str
    since: str | None
    source: str
    verified: str
    note: str
    check: str
    conditional: bool


class StandingEntry(Cited):
    """One comparison's value; ``short``: the reason in a few words, empty where there is none to give."""

    by: str
    value: str
    because: str
    short: str
    source: str


class FigureEntry(TypedDict):
    """A published progression-free survival.

    ``kind``: a ``median`` in months; a ``rate``, the percent without progression at so many months; or a median that
    was ``not-reached``, with the lower end of its interval where there is one.
    """

    kind: str
    months: float | None
    percent: float | None


class NearestBenefit(Cited):
    """The row of evidence by which the benefit is ranked: of those with progression-free survival the nearest.

    ``fit``: the patient belongs to its population (``this``), misses it by one line (``neighbour``) or otherwise
    (``other``), or that hangs on missing facts (``unknown``). ``text`` is the same as a sentence.
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
    text: str
    source: str
    verified: str


class Monitoring(Cited):
    """One line of a checklist.

    ``by`` are the jurisdictions it is said for. ``applies``: yes; ``if``, where there is no patient to ask; or unknown.
    ``because`` says what it hangs on.
    """

    item: str
    by: str
    applies: str
    because: str
    when: str
    why: str
    source: str
    verified: str
    checklist: str


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
    """Where one guideline, consensus or label puts a regimen; ``superseded``: the source of what replaced it."""

    by: str
    dated: str
    level: str
    setting: str
    text: str
    source: str
    verified: str
    superseded: str


class Position(TypedDict):
    """Everybody's word on one option, side by side."""

    regimen: str
    disagree: bool
    bodies: list[PositionBy]


# `for` and `class` are words of Python's: the forms that hold them are written as calls.
OptionEntry = TypedDict(
    "OptionEntry",
    {
        "rank": int,
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
        "approval": ApprovalEntry,
        "nearest_benefit": NearestBenefit | None,
        "evidence": list[OptionEvidence],
        "placements": list[Sentence],
        "monitoring": list[Monitoring],
        "sequencing": list[str],
        "untried": str,
    },
)


class ProvisionalEntry(OptionEntry):
    """A regimen that unknown tests of the day hold, as the option that it would be if they were met.

    ``rank`` is its place in the order that would stand then, ``gates`` the fields that are not known and ``provided``
    what they must show. None of it is confirmed: its criteria are unknown, and it has no checklist.
    """

    gates: list[str]
    provided: list[str]


class DeferredOption(TypedDict):
    """A regimen that waits for something to pass, with the rank that it would have then.

    ``would_rank`` is null where it would not be offered then either: it is off-label here, and off-label use is not
    recorded as acceptable. ``would_be_option``: it would be an option then, and nothing else about it is unknown.
    ``once`` completes "first, once ..."; ``must_pass`` are the requirements that fail, ``found`` why; ``missing`` is
    what must be known beside, ``missing_names`` the same in words. ``next_steps`` need not wait.
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


class ChangeEntry(TypedDict):
    """One of the changes that together would open a regimen; ``kind`` says which of the other keys are used."""

    text: str
    kind: str
    field: str
    value: Any
    amount: int
    tokens: list[str]


@final
class NotOffered(TypedDict):
    """One regimen that is closed, not yet decided, or not for now; ``can_change``: something would open it."""

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
    approval: ApprovalEntry
    untried: str
    cautions: list[Caution]
    criteria: list[CriterionEntry]


class VerdictChange(TypedDict):
    """One verdict that a fact would change."""

    regimen: str
    before: str
    after: str


class OutcomeEntry(TypedDict):
    """What the answer would be with the fact on record: undetermined verdicts settled, options opened and closed.

    ``set`` lays it over the record (``--set``); of the settled ``rules_out`` become ineligible and ``defers`` wait.
    ``turns``: the verdicts that change beside those settled or opened; ``reorders``: the options would stand in another
    order; ``reorders_waiting``: verdicts and options stay, and what is deferred or provisional stands in another order.
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
    """One field that is not recorded, and what hangs on it.

    ``gain``: verdicts that it settles, on average over its outcomes, and regimens that it could bring
    among the first five or take from them. Not ``decisive``: no outcome that was tried changes a verdict or the order.
    Not ``tried``: of what asks for it something could not be tried, and what it would change is not known.
    ``changes_care``: what is to be done before the first dose because it is not recorded.
    """

    field: str
    name: str
    matters_for: list[str]
    gain: int
    decisive: bool
    tried: bool
    settles: list[str]
    outcomes: list[OutcomeEntry]
    changes_care: list[Sentence]


class Situation(TypedDict):
    """A named situation that the patient is in, and what is said of it beside the list of options."""

    id: str
    name: str
    says: list[Sentence]


class Recommendation(TypedDict):
    """The whole answer; ``co_medication`` is null where it is not recorded, so that nothing was checked."""

    schema: str
    """Name and version of the format."""
    patient: PatientStamp
    engine: Engine
    catalogue: CatalogueStamp
    jurisdiction: str
    """Code of the place whose approvals and labels apply; `unknown` where none is known."""
    profile: str
    """Name of the order of comparisons by which the options are ranked."""
    first: list[FirstItem]
    """What the answer says before everything else, such as a second cancer that is to be treated first."""
    treat_now: TreatNow
    """Whether to treat now, with emergencies, contradictions of the record and values to repeat."""
    settings: list[str]
    """Names of the settings that the patient is in."""
    situations: list[Situation]
    """What sources say of these settings, and of what else must be considered besides the options."""
    lanes: list[Lane]
    """Situations that the patient is in and that have a road of their own beside the ranking."""
    history: HistoryEntry
    """What is derived from the therapies: lines, exposure, refractoriness, the reasons and the missing fields."""
    options: list[OptionEntry]
    """Regimens that can be given, the first choice first. Eligible ones and those with a caution are ranked together.
    """
    deferred_options: list[DeferredOption]
    """Regimens that wait for something that passes, with the rank that each would have then."""
    provisional: list[ProvisionalEntry]
    """Regimens that depend on unknown tests of the day, in the order that would hold if the tests were met."""
    positions: list[Position]
    """What guidelines, consensus papers and labels recommend for each option."""
    not_offered: list[NotOffered]
    """Every other regimen, with the reasons and the smallest change that would open it."""
    ranking_withheld: str
    """Why there is no ranking; empty where there is one."""
    nothing_open: str
    """Why there is no option; empty where there is one, or where the ranking is withheld."""
    always: list[Sentence]
    """Statements that belong to every answer, such as trials to be considered."""
    benchmarks: list[BenchmarkEntry]
    """Results of standard care in comparable patients."""
    missing: list[Missing]
    """Fields that are not recorded, the one that matters most first."""
    co_medication: list[CoMedicationEntry] | None
    """The other drugs that are taken, each with its interactions; null where the list is not recorded, so that nothing
    was checked."""
    car_t_timing: CarTTiming | None
    """When cells can be collected and given; null where it is not in question."""
    hang_on_completeness: int
    """How many verdicts depend on whether the list of therapies is complete."""
    line_definition_flips: list[str]
    """Regimens whose verdict depends on the definition of a line."""
    warnings: list[str]
    """What looks unusual in the file."""
    sources: dict[str, SourceEntry]
    """Sources of everything in the answer, by key."""
    intended_use: str
    """What the answer is for, and what it does not replace."""
