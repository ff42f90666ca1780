"""The answer for one patient of a cohort. A decider is made once in each worker and then asked for every patient."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

from mmadvisor.answers.compact import CompactRecord, InputEntry
from mmadvisor.answers.recommendation import Recommendation
from mmadvisor.catalogue.rules import Profile
from mmadvisor.files.layers import load
from mmadvisor.files.patients import ReadPatient, day_of_decision
from mmadvisor.formats.patient import Patient
from mmadvisor.reports.compact import compact
from mmadvisor.reports.recommend import advise, opened


class Asked(NamedTuple):
    """What every patient of a run is asked.

    - ``today``: the day of the decision for a patient whose file has none.
    - ``as_of``: a day of the decision that replaces the recorded ones.
    - ``layers``: the files laid over the catalogue. ``jurisdiction``: a place that replaces the recorded ones.
    - ``profile``: the order of comparisons. ``if_relapse``: whether to rank although no relapse is recorded.
    """

    today: date
    as_of: date | None = None
    layers: tuple[str, ...] = ()
    jurisdiction: str | None = None
    profile: str | Profile = "default"
    if_relapse: bool = False


class Decider:
    """Answers for patients, with one catalogue and one set of options."""

    def __init__(self, asked: Asked) -> None:
        """Load the catalogue.

        Raises:
            InvalidInputError: A layer is missing or invalid.
        """
        self.asked = asked
        self.loaded = load([Path(layer) for layer in asked.layers])

    def record(self, patient: Patient, origin: InputEntry) -> CompactRecord:
        """The compact answer for a patient that was read at ``origin``.

        Raises:
            UsageError: There is no such jurisdiction or profile.
        """
        day, day_from = day_of_decision(patient, self.asked.as_of, self.asked.today)
        case, withheld = opened(
            patient,
            self.loaded.catalogue,
            day,
            jurisdiction=self.asked.jurisdiction,
            profile=self.asked.profile,
            assume_relapse=self.asked.if_relapse,
        )
        return compact(case, withheld, day_from, origin)

    def whole(self, read: ReadPatient) -> Recommendation:
        """The answer of ``recommend`` for a patient.

        Raises:
            UsageError: There is no such jurisdiction or profile.
        """
        day, day_from = day_of_decision(read.patient, self.asked.as_of, self.asked.today)
        return advise(
            read.patient,
            self.loaded.catalogue,
            day,
            jurisdiction=self.asked.jurisdiction,
            profile=self.asked.profile,
            assume_relapse=self.asked.if_relapse,
            stamp=self.loaded.stamp(read.sha256, day_from),
            warnings=read.warnings,
        )
