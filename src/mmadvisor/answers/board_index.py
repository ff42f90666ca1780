"""The index of the sheets for a tumour board, one row for each patient. The format is ``mmadvisor/board-index/1``."""

from __future__ import annotations

from typing_extensions import TypedDict

from mmadvisor.answers.check import ProblemEntry
from mmadvisor.answers.recommendation import FirstItem, LineCount, TreatNow
from mmadvisor.answers.stamps import Answer, CatalogueStamp, Cited, Engine, PatientStamp, SettingFrom, SourceEntry

SCHEMA = "mmadvisor/board-index/1"


class StrongCaution(Cited):
    """A strong caution that applies to an option."""

    about: str
    text: str
    source: str
    verified: str


class BoardOption(TypedDict):
    """One of the first options of a patient.

    - ``confirmed``: false if the order is provisional, because tests of today are missing; ``provided``: the results
      that they must have.
    - ``rank``: null if the option has no number.
    - ``licensed``, ``funded``, ``at_hand``: yes, no or unknown; ``licensed`` may be ``not-applicable``.
    - ``status``: the status of the approval.
    """

    regimen: str
    rank: int | None
    tied: bool
    group: str
    verdict: str
    confirmed: bool
    provided: list[str]
    licensed: str
    funded: str
    at_hand: str
    status: str
    strong: list[StrongCaution]


class BoardWaiting(TypedDict):
    """A deferred regimen that would stand before the first option; ``once``: what must pass."""

    regimen: str
    would_rank: int
    once: str


class BoardLane(Cited):
    """A situation that comes before the choice of a regimen, with the first thing to do."""

    name: str
    text: str
    source: str
    verified: str


class BoardQuestion(TypedDict):
    """A missing fact that would change the answer."""

    field: str
    name: str


class BoardChange(TypedDict):
    """What has changed since the last run; an empty list means none.

    Of the facts to ask for, only those that are no longer asked for (``before``) and the new ones (``after``).
    """

    about: str
    before: list[str]
    after: list[str]


class BoardRow(TypedDict):
    """One patient.

    - ``file``: the path of the patient file in the folder; ``sheet``: the file name of the sheet, beside the index.
      ``same_id``: other files with the same ``id``.
    - ``state``: the state of the disease. ``prior_lines``: the number of prior lines.
    - ``comes_first``: what the sheet prints before the options. ``lanes``: situations that come before a choice.
    - ``provisional``, ``first``: the first of the provisional order, and the first option. Several if they share a
      rank, or if the options have no numbers (``unnumbered``).
    - ``waiting``: deferred regimens that would stand before these.
    - ``instead``: why there is no option, or what to do first.
    - ``ask``: the missing facts that would change the answer; the one that matters most first.
    - ``unchecked``: drugs that were not checked for interactions; null if no list is recorded.
    - ``new``: the patient was not in the last run; otherwise ``changes`` are those since then.
    - ``file_changed``: whether the patient file has changed since the last run; null if there is nothing to compare.
    - ``emergency_changed``: whether an emergency is new, is over, or has another value than in the last run.
    - ``compared``: what the next run compares, in words.
    """

    patient: PatientStamp
    file: str
    sheet: str
    same_id: list[str]
    jurisdiction: str
    funding_read: bool
    state: str
    prior_lines: LineCount
    treat_now: TreatNow
    comes_first: list[FirstItem]
    lanes: list[BoardLane]
    waiting: list[BoardWaiting]
    provisional: list[BoardOption]
    first: list[BoardOption]
    unnumbered: bool
    instead: list[str]
    ask: list[BoardQuestion]
    unchecked: list[str] | None
    new: bool
    changes: list[BoardChange]
    file_changed: bool | None
    emergency_changed: bool
    compared: dict[str, list[str]]


class UnreadFile(TypedDict):
    """A patient file that could not be answered.

    ``new``: it could be answered, or was not there, in the last run. ``had_emergencies``: the emergencies of its last
    answer, which nobody has resolved.
    """

    file: str
    problems: list[ProblemEntry]
    new: bool
    had_emergencies: list[str]


class OldSheet(TypedDict):
    """A sheet of an earlier run that is still in the folder, and that this run did not write.

    ``why``: ``gone`` (the patient is no longer in the folder of patient files), ``unread`` (the patient file could not
    be answered) or ``replaced`` (the patient has another sheet).
    """

    id: str
    file: str
    sheet: str
    why: str


class LastRun(TypedDict):
    """The run with which this one is compared.

    ``run``: its number in this folder; 0 if it is not known. ``same_catalogue``, ``same_program``: whether both are
    unchanged. ``layers_added``, ``layers_removed``: the layers of the catalogue that only one of the runs had.
    """

    run: int
    made_on: str
    catalogue: str
    program: str
    layers_added: list[str]
    layers_removed: list[str]
    same_catalogue: bool
    same_program: bool


class BoardIndex(Answer):
    """The index of the sheets for a tumour board."""

    schema: str
    """Name and version of the format."""
    made_on: str
    """The day of the run."""
    as_of: str
    """The day of every answer, if it was given with `--as-of`; otherwise empty."""
    run: int
    """The number of the run in this folder, from 1."""
    last_run: LastRun | None
    """The run with which this one is compared; null if there was none."""
    patients: list[BoardRow]
    """The patients: emergencies and what comes before the options first, then by whether to treat, then by id."""
    settings_ignored: list[SettingFrom]
    """The settings of the environment and the config file that were not used, because `--config` was not given."""
    unread: list[UnreadFile]
    """Patient files that could not be answered, each with its errors."""
    passed_over: list[str]
    """Files in the folder that were not read, because of how their names end."""
    gone: list[str]
    """The ids of patients who were in the last run, and whose files are no longer there.

    The file is named after the id if another file has the same id.
    """
    old_sheets: list[OldSheet]
    """Sheets of earlier runs that are still in the folder."""
    engine: Engine
    catalogue: CatalogueStamp
    sources: dict[str, SourceEntry]
    """Sources of everything in the index, by key."""
    intended_use: str
    """What the answer is for, and what it does not replace."""
