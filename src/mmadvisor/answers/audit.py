"""Past decisions, each compared with the options of the day before it. The format is ``mmadvisor/audit/1``."""

from __future__ import annotations

from typing import Literal, final

from typing_extensions import TypedDict

from mmadvisor.answers.compact import Failure, Group, Verdict
from mmadvisor.answers.stamps import Answer, CatalogueStamp, Cited, Engine, InputEntry, SettingFrom, SourceEntry

SCHEMA = "mmadvisor/audit/1"

# Why the record does not let one judge a decision.
NotJudged = Literal[
    "no-date", "later-than-record", "line-unknown", "order-unknown", "unknown-drugs", "no-such-regimen",
    "several-regimens", "before-first-therapy", "no-relapse", "undetermined",
]  # fmt: skip
# Why what was given was not among the options; the first of this order decides.
AgainstKind = Literal[
    "refractory-again", "not-yet-approved", "not-yet-recommended", "not-available", "another-state",
    "outside-indication", "earlier-therapy", "contraindicated", "must-wait", "off-label", "not-funded",
]  # fmt: skip
# Entries that are no decision on a line.
PartKind = Literal["maintenance", "consolidation", "transplant", "bridging", "preparation", "support", "same-line"]
# What the audit cannot know.
Limit = Literal["talk", "trials", "centre", "not-recorded", "later-entry", "sources"]
LIMITS: tuple[Limit, ...] = ("talk", "trials", "centre", "not-recorded", "later-entry", "sources")


class Against(Cited):
    """One reason: its kind, and a sentence; for a criterion its id, its type, the requirement and what was found.

    For an undetermined regimen these are the unknown criteria, and ``kind`` is ``not-known``.
    """

    kind: AgainstKind | Literal["not-known"]
    criterion: str
    type: str
    text: str
    required: str
    found: str
    source: str
    verified: str


class Judgement(TypedDict):
    """One decision, with the answer of `recommend` as of the day before its first dose.

    - ``therapy``: the place in the file, from 0; ``number``: the number in order of time, from 1; ``therapies``: the
      places of all entries of the line that began on this day; their drugs are taken together.
    - ``start``: as recorded; ``partial``: whether it is known only in part, so that its first possible day counts.
    - ``day``: the day of the answer; null without a date. ``date_matters``: whether an approval or recommendation that
      decides began within the partial date, so that a full date could change the judgement.
    - ``regimen``: the regimen of the catalogue; ``matched_by``: by its name, its drugs, or its drugs without steroids.
      ``candidates``: the regimens with these drugs, if there are several.
    - ``judged``: whether the record lets one judge; otherwise ``not_judged`` is the reason, ``missing`` the fields.
    - ``offered``: whether the regimen was among the options; null if the decision is not judged.
    - ``verdict``, ``group``, ``rank``, ``tied``: as in the answer of `recommend`; null if they do not exist.
    - ``provisional_rank``: the rank of an undetermined regimen if the missing tests of the day were acceptable.
    - ``reason``: the deciding reason if it was not among the options; otherwise empty. ``against``: every reason.
      ``not-funded`` may also be beside a regimen that was among the options.
    - ``options``: the number of options. ``first``: those with the first rank.
    - ``undated``: the values without a day that the answer uses, although they may be later.
    """

    therapy: int
    number: int
    therapies: list[int]
    line: int | None
    drugs: list[str]
    start: str | None
    partial: bool
    day: str | None
    date_matters: bool
    jurisdiction: str
    regimen: str | None
    matched_by: Literal["name", "agents", "agents-without-steroids"] | None
    candidates: list[str]
    judged: bool
    not_judged: NotJudged | Literal[""]
    missing: list[str]
    offered: bool | None
    verdict: Verdict | None
    group: Group | None
    rank: int | None
    tied: bool | None
    provisional_rank: int | None
    reason: AgainstKind | Literal[""]
    against: list[Against]
    options: int | None
    first: list[str]
    undated: list[str]


class Part(TypedDict):
    """An entry of the therapies that is no decision on a line, and why."""

    therapy: int
    number: int
    kind: PartKind


class AuditedPatient(Answer):
    """The decisions of one patient."""

    input: InputEntry
    patient: str
    decisions: list[Judgement]
    parts: list[Part]


class Share(TypedDict):
    """A number of decisions among others; ``percent`` is null without any."""

    number: int
    of: int
    percent: float | None


class Range(TypedDict):
    """The concordance if every fact were known: at least, and at most."""

    lowest: Share
    highest: Share


class OfLine(TypedDict):
    """The decisions of one line (0: the line is not known); null is a count that is masked."""

    line: int
    decisions: int | None
    judged: int | None
    offered: int | None


class Counted(TypedDict):
    """How many decisions have a property; null is a count that is masked."""

    kind: str
    decisions: int | None


@final
class Audit(Answer):
    """The decisions of all patients, with coverage and concordance as two numbers."""

    schema: str
    """Name and version of the format."""
    made_on: str
    """The day of the run."""
    profile: str
    """The order of comparisons."""
    if_relapse: bool
    """Whether a relapse was assumed where none is recorded (`--if-relapse`)."""
    patients: int
    """The number of patients that were read."""
    unread: list[Failure]
    """The inputs that could not be read."""
    coverage: Share
    """The decisions that the record lets one judge, of all decisions."""
    concordance: Share
    """The decisions for a regimen that was among the options, of those that were judged."""
    if_all_known: Range
    """The concordance of judged and undetermined decisions, if none or all of the undetermined ones were options."""
    first_rank: Share
    """The decisions for a regimen with the first rank, of those that were judged."""
    undated: Share
    """The judged decisions whose answer uses values without a day, which may be later, of those that were judged."""
    by_line: list[OfLine]
    """Decisions, judged decisions, and decisions for an option, by line."""
    by_group: list[Counted]
    """The decisions for an option, by the group of the option."""
    by_reason: list[Counted]
    """The judged decisions for a regimen that was no option, by the deciding reason."""
    by_not_judged: list[Counted]
    """The decisions that were not judged, by reason."""
    parts: list[Counted]
    """The entries that are no decision on a line, by kind."""
    masked: bool
    """Whether counts from 1 to 4 in the tables are null, with one more count if it could be computed from the sum."""
    audited: list[AuditedPatient]
    """Every patient with every decision."""
    limits: list[Limit]
    """What the audit cannot know."""
    settings_ignored: list[SettingFrom]
    """The settings of the environment and the config file that were not used."""
    engine: Engine
    """The program and its version."""
    catalogue: CatalogueStamp
    """The catalogue with its version, hash and layers."""
    sources: dict[str, SourceEntry]
    """The sources of the reasons, by key."""
    intended_use: str
    """What the program is for."""
