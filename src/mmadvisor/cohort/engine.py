"""The answer for one patient of a cohort. A decider is made once in each worker and then asked for every patient."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import NamedTuple

from mmadvisor.answers.audit import AuditedPatient
from mmadvisor.answers.compact import CompactRecord, Failure, Reason
from mmadvisor.answers.recommendation import Recommendation
from mmadvisor.answers.stamps import InputEntry, with_settings
from mmadvisor.base.errors import InvalidInputError, MmadvisorError, Problem
from mmadvisor.base.plain import as_json
from mmadvisor.catalogue.rules import Profile
from mmadvisor.cohort.sources import Raw
from mmadvisor.files.consistency import unfit_id
from mmadvisor.files.documents import MAX_BYTES, read_document, unreadable
from mmadvisor.files.layers import load
from mmadvisor.files.patients import ReadPatient, day_of_decision, patient_from, with_later_day
from mmadvisor.files.settings import Defaults
from mmadvisor.formats.patient import Patient
from mmadvisor.reports.compact import compact
from mmadvisor.reports.recommend import advise, opened


class Asked(NamedTuple):
    """What every patient of a run is asked.

    - ``today``: the day of the decision for a patient whose file has none.
    - ``as_of``: a day of the decision that replaces the recorded ones.
    - ``layers``: the files laid over the catalogue. ``jurisdiction``: a place that replaces the recorded ones.
    - ``profile``: the order of comparisons. ``if_relapse``: whether to rank although no relapse is recorded.
    - ``trace``: whether to give the answer of ``recommend`` instead of the compact record. ``keyed``: whether this
      answer names the place of the input. ``audit``: whether to judge past decisions instead.
    - ``defaults``: the settings that are used where the command line and the patient file say nothing.
    """

    today: date
    as_of: date | None = None
    layers: tuple[str, ...] = ()
    jurisdiction: str | None = None
    profile: str | Profile = "default"
    if_relapse: bool = False
    trace: bool = False
    keyed: bool = True
    audit: bool = False
    defaults: Defaults = Defaults()


class Outcome(NamedTuple):
    """The line for one input: its answer, or its failure (``problems`` are then not empty).

    ``key``: 16 bytes that stand for the id of the patient; empty if the input was not read. ``last``: the file of the
    input could not be read from there on.
    """

    at: InputEntry
    line: bytes
    key: bytes = b""
    problems: tuple[Problem, ...] = ()
    last: bool = False


class Decider:
    """Answers for patients, with one catalogue and one set of options."""

    def __init__(self, asked: Asked) -> None:
        """Load the catalogue.

        Raises:
            InvalidInputError: A layer is missing or invalid.
        """
        self.asked = asked
        self.loaded = load([Path(layer) for layer in asked.layers])
        self.places = tuple(self.loaded.catalogue.jurisdictions)

    def record(self, read: ReadPatient, origin: InputEntry) -> CompactRecord:
        """The compact answer for a patient that was read at ``origin``.

        Raises:
            UsageError: There is no such jurisdiction or profile.
        """
        day, day_from = day_of_decision(read.patient, self.asked.as_of, self.asked.today)
        defaults, place = self._place(read.patient)
        case, withheld = opened(
            read.patient,
            self.loaded.catalogue,
            day,
            jurisdiction=place,
            profile=self.asked.profile,
            assume_relapse=self.asked.if_relapse,
        )
        warnings = with_later_day(read, day, day_from, self.asked.today).warnings
        return with_settings(compact(case, withheld, day_from, origin, warnings), defaults.used)

    def _place(self, patient: Patient) -> tuple[Defaults, str | None]:
        """The settings that are used for a patient, and the jurisdiction that replaces the recorded one."""
        defaults = self.asked.defaults.again()
        return defaults, defaults.jurisdiction(self.asked.jurisdiction, patient.get("access.jurisdiction"))

    def whole(self, read: ReadPatient) -> Recommendation:
        """The answer of ``recommend`` for a patient.

        Raises:
            UsageError: There is no such jurisdiction or profile.
        """
        day, day_from = day_of_decision(read.patient, self.asked.as_of, self.asked.today)
        defaults, place = self._place(read.patient)
        answer = advise(
            read.patient,
            self.loaded.catalogue,
            day,
            jurisdiction=place,
            profile=self.asked.profile,
            assume_relapse=self.asked.if_relapse,
            stamp=self.loaded.stamp(read.sha256, day_from),
            warnings=with_later_day(read, day, day_from, self.asked.today).warnings,
        )
        return with_settings(answer, defaults.used)

    def audited(self, read: ReadPatient, origin: InputEntry) -> AuditedPatient:
        """The past decisions of a patient that was read at ``origin``, each judged.

        Raises:
            UsageError: There is no such jurisdiction or profile.
        """
        from mmadvisor.reports.audit import Asking, audited

        day, _ = day_of_decision(read.patient, self.asked.as_of, self.asked.today)
        defaults, place = self._place(read.patient)
        asking = Asking(place, self.asked.profile, self.asked.if_relapse)
        made = audited(read.patient, self.loaded.catalogue, day, asking, origin)
        if defaults.used:
            made["settings_from"] = list(defaults.used)
        return made

    def read(self, raw: Raw) -> ReadPatient:
        """The patient of an input.

        Raises:
            InvalidInputError: The input cannot be read, or is invalid.
        """
        content = raw.read()
        if raw.line:
            _check_json(content, raw.at["file"])
        document = read_document(content, raw.at["file"], MAX_BYTES)
        digest = hashlib.sha256(content).hexdigest()
        read = patient_from(document, self.loaded.catalogue.formulary, sha256=digest, places=self.places)
        if unfit := unfit_id(read.patient.id):
            raise InvalidInputError([document.problem(("id",), unfit)])
        return read

    def _answer(self, read: ReadPatient, origin: InputEntry) -> Recommendation | CompactRecord | AuditedPatient:
        if self.asked.audit:
            return self.audited(read, origin)
        return self.whole(read) if self.asked.trace else self.record(read, origin)

    def outcome(self, raw: Raw) -> Outcome:
        """The line for one input: its answer, or why there is none."""
        try:
            read = self.read(raw)
            answer = self._answer(read, raw.at)
            if self.asked.keyed:
                answer["input"] = raw.at
        except InvalidInputError as error:
            return failed(raw.at, [raw.placed(problem) for problem in error.problems])._replace(last=raw.last)
        except MmadvisorError:
            return failed(raw.at, [Problem("", "no answer could be given", file=raw.at["file"], line=raw.line)])
        return Outcome(raw.at, _line(answer), key_of(read.patient.id))


def _check_json(line: bytes, file: str) -> None:
    """Check that a line of a file of many patients is JSON: the reader of single files takes YAML as well.

    Raises:
        InvalidInputError: The line is not JSON.
    """
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        raise unreadable(file, f"this line is not valid JSON: {error.msg}", 1, error.colno) from None
    except (UnicodeDecodeError, RecursionError):  # the reader reports them with their place
        return


def key_of(patient: str) -> bytes:
    """16 bytes that stand for the id of a patient."""
    return hashlib.blake2b(patient.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def failed(at: InputEntry, problems: Iterable[Problem]) -> Outcome:
    """The line for an input that has no answer: where it is wrong and why, without any of its values."""
    told = tuple(problems)
    first, *more = [Reason(line=p.line or None, column=p.column or None, field=p.path, reason=p.message) for p in told]
    return Outcome(at, _line(Failure(file=at["file"], row=at["row"], **first, more=more)), problems=told)


def _line(data: object) -> bytes:
    return (as_json(data) + "\n").encode("utf-8", "backslashreplace")
