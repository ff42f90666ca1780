"""The compact answer for one patient of a cohort. The format is ``mmadvisor/compact/1``.

Each key is taken from the answer of ``recommend --format json``, and its description names where it comes from. Nothing
in it was tried: what a missing fact would change is in the whole answer only.
"""

from typing import Literal, NotRequired, final

from typing_extensions import TypedDict

from mmadvisor.answers.stamps import Answer, InputEntry

SCHEMA = "mmadvisor/compact/1"
Verdict = Literal["eligible", "caution", "off-label", "undetermined", "deferred", "ineligible"]
Group = Literal["main", "funded-reserve", "ask", "reserve", "seldom", "bridge"]
TreatAnswer = Literal["treat", "observe", "unknown", "no-relapse-recorded", "not-active-myeloma"]
DayFrom = Literal["--as-of", "patient file", "today, since the file does not say"]
# The comparisons that may decide the order of options.
DecidesBy = Literal[
    "availability", "starts-in-time", "suits-fitness", "strong-cautions", "benefit", "against-each-other", "evidence",
    "placement", "drugs-active", "doors", "preference", "registered", "ease", "novelty",
]  # fmt: skip


class CompactLines(TypedDict):
    """Prior lines (``history.prior_lines``); ``at_most`` is null if the list of therapies may be incomplete."""

    at_least: int
    at_most: int | None
    definition: str


class Refractory(TypedDict):
    """Names by refractoriness: drugs that were given, or classes with a target and a modality as ``bcma/car-t``.

    ``doubtful``: classes whose target may have been lost. A class in none of the lists is not refractory; of the drugs,
    each one that was given is in one list.
    """

    yes: list[str]
    no: NotRequired[list[str]]
    doubtful: NotRequired[list[str]]
    unknown: list[str]


class Exposed(TypedDict):
    """Classes by exposure; to a class in neither list the patient was not exposed."""

    yes: list[str]
    unknown: list[str]


class CompactHistory(TypedDict):
    """What is derived from the therapies (``history``), by value and without reasons."""

    state: str
    """``history.state``."""
    complete: str
    """``history.complete``: whether the list of therapies is complete."""
    lines: CompactLines
    """``history.prior_lines``."""
    progressed_on_last: str
    """``history.progressed_on_last``."""
    exposed: Exposed
    """``history.classes``, key ``exposed``."""
    refractory: Refractory
    """``history.classes``, key ``refractory``."""
    agents: Refractory
    """``history.agents``, key ``refractory``."""
    labels: dict[str, str]
    """``history.labels``: each term, such as triple-class-refractory, with yes, no or unknown."""


class CompactRegimen(TypedDict):
    """One regimen. A key that is not described for its verdict is absent.

    - ``verdict``: of ``options`` or ``not_offered``.
    - ``group``, ``rank``, ``tied``: of an entry of ``options``; absent if the regimen is no option.
    - ``decided_by``: the comparison that puts an option before the next one: the first key ``by`` of ``standing`` that
      decides and has another value there; ``group`` if the groups differ. Empty for the last option, between tied
      options, and if options have no numbers.
    - ``would_rank``: of an entry of ``deferred_options``; null if it would not be offered even then.
    - ``would_be_option``: of the same entry; false if something else about the regimen is unknown, or closes it.
    - ``provisional_rank``, ``provisional_group`` (``rank`` and ``group``), ``gates``: of an entry of ``provisional``.
      Such a regimen is not confirmed: the facts in ``gates`` are not known.
    """

    verdict: Verdict
    group: NotRequired[Group]
    rank: NotRequired[int]
    tied: NotRequired[bool]
    decided_by: NotRequired[Literal["", "group"] | DecidesBy]
    would_rank: NotRequired[int | None]
    would_be_option: NotRequired[bool]
    provisional_rank: NotRequired[int]
    provisional_group: NotRequired[Group]
    gates: NotRequired[list[str]]


class Closing(TypedDict):
    """A criterion that closes or defers regimens, with their number.

    It comes from the ``criteria`` of regimens in ``not_offered`` whose verdict is ``ineligible`` or ``deferred``: those
    that count as not met (``counts_as``, else ``result``). ``text`` is the requirement.
    """

    id: str
    text: str
    regimens: int


@final
class CompactRecord(Answer):
    """The compact answer for one patient."""

    schema: str
    """Name and version of the format."""
    input: InputEntry
    """Where the patient was read."""
    patient: str
    """``patient.id``."""
    day: str
    """``patient.assessed_on``: the day of the decision."""
    day_from: DayFrom
    """``patient.assessed_on_from``: where this day comes from."""
    jurisdiction: str
    """``jurisdiction``."""
    warnings: int
    """How many ``warnings`` the answer of ``recommend`` prints, such as a name that was read as another one."""
    undated: list[str]
    """``undated``: what is used without a day although it may be later than the day of the decision."""
    treat_now: TreatAnswer
    """``treat_now.answer``: whether to treat today."""
    emergencies: list[str]
    """The emergencies (``treat_now.emergencies``, key ``emergency``), which come before any regimen."""
    first: list[str]
    """What must be done or decided first (``first``, key ``id``), such as treatment of a second cancer."""
    history: CompactHistory
    """What is derived from the therapies."""
    withheld: bool
    """Whether there is no ranking (``ranking_withheld`` is not empty)."""
    withheld_because: str
    """``ranking_withheld``: the reason; empty if there is a ranking."""
    regimens: dict[str, CompactRegimen]
    """Every regimen of the catalogue with its verdict; an option also with its group and rank."""
    closed_by: list[Closing]
    """The criteria that close or defer regimens, those that close most first."""
    not_available: list[str]
    """Regimens that are not available here (``approval.status`` of entries of ``not_offered``)."""
    open_fields: dict[str, int]
    """The fields that leave verdicts open: for each, the number of undetermined regimens that depend on it.

    They are the fields in ``missing`` of entries of ``not_offered`` with the verdict ``undetermined``.
    """
    deferred_open_fields: dict[str, int]
    """The fields that leave deferred regimens open: for each, the number of them that depend on it too.

    They are the fields in ``missing`` of entries of ``deferred_options``.
    """


class Reason(TypedDict):
    """What is wrong in an input: the place, the field and the reason, and never the value; null is not known."""

    line: int | None
    column: int | None
    field: str
    reason: str


class Failure(Reason):
    """An input without an answer: its place, the first reason, and the others (``more``)."""

    file: str
    row: int | None
    more: list[Reason]


class Duplicate(InputEntry):
    """A record with the id of an earlier record.

    ``earlier``: the place of the first record with this id. ``same_bytes``: whether the two inputs are equal byte for
    byte; null if they cannot be read again.
    """

    earlier: InputEntry
    same_bytes: bool | None
