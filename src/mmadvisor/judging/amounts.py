"""What limits a dose, and how many mg a dose per kg is for one patient, as far as the label's own rule was read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from mmadvisor.answers.recommendation import Sentence
from mmadvisor.base.records import hints
from mmadvisor.base.validation import limits_of
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.formats.drugs import Amount, DoseCap, Handling
from mmadvisor.formats.patient import Demographics
from mmadvisor.judging.case import Case

_NONE = Handling()


class _Weighed(NamedTuple):
    """A body weight in kg with its day, and the last day on which it counts for a dose."""

    kg: float
    on: date
    until: date


class Amounts:
    """The limits of the doses of one regimen, and these doses in mg for one patient."""

    def __init__(self, catalogue: Catalogue, regimen: str, place: str, case: Case | None) -> None:
        """``regimen``: its id. ``place``: the code of the jurisdiction; empty or ``unknown`` if it is not known."""
        self._catalogue = catalogue
        self._regimen = regimen
        self._place = place
        self._case = case

    def caps(self, agent: str, doses: Collection[str]) -> list[Sentence]:
        """The most that any of some doses may be; the caps of other places count, with the places."""
        return [
            Sentence(text=_of_place(row, row.text), source=row.source, verified=row.verified)
            for row in self._caps(agent, doses)
        ]

    def in_mg(self, agent: str, dose: str, day: date) -> list[Sentence]:
        """How many mg a dose is for the patient on a day, or how the label has it looked up; empty if not read."""
        return [
            Sentence(text=self._computed(row, day) or row.text, source=row.source, verified=row.verified)
            for row in self._amounts(agent, dose)
        ]

    def beside(self, agent: str, dose: str, day: date) -> str:
        """The same in few words for a cell of a calendar, in brackets; empty if there is nothing to add to the dose."""
        said = [self._short(row, day) for row in self._amounts(agent, dose)]
        said += [_of_place(row, row.short) for row in self._caps(agent, (dose,)) if row.short]
        told = "; ".join(filter(None, said))
        return f" ({told})" if told else ""

    def by_cap(self, agent: str, dose: str) -> str:
        """What is given in place of a dose that a cap may forbid at the weight of the patient; empty if none may."""
        weight = self._case.history.patient.get("demographics.weight_kg") if self._case else None
        rows = (row for row in self._caps(agent, (dose,)) if row.below_kg is not None)
        if weight is not None and (row := next((r for r in rows if weight < (r.below_kg or 0)), None)) is not None:
            return f"dose by surface: compute it, {_of_place(row, row.short or row.text)}"
        return ""

    def _caps(self, agent: str, doses: Collection[str]) -> Iterator[DoseCap]:
        for row in self._catalogue.handling.get(agent, _NONE).caps:
            if (not row.of or not set(row.of).isdisjoint(doses)) and self._is_of_regimen(row):
                yield row

    def _amounts(self, agent: str, dose: str) -> Iterator[Amount]:
        for row in self._catalogue.handling.get(agent, _NONE).amounts:
            here = not row.jurisdictions or self._place in row.jurisdictions
            if dose in row.of and here and self._is_of_regimen(row):
                yield row

    def _is_of_regimen(self, row: Amount | DoseCap) -> bool:
        return not row.regimens or self._regimen in row.regimens

    # Why: docs/explanation/doses.md#doses-by-weight-and-body-surface
    def _weighed(self, row: Amount, day: date) -> _Weighed | None:
        """The weight of the patient, if it counts on a day and the rule of the row was read for it."""
        patient = self._case.history.patient if self._case else None
        weight = patient.get("demographics.weight_kg") if patient else None
        usual = limits_of(hints(Demographics)["weight_kg"])
        if patient is None or patient.assessed_on is None or weight is None or usual is None or usual.usual is None:
            return None
        low, high = max(usual.usual[0], row.from_kg or 0), min(usual.usual[1], row.to_kg or weight)
        first = patient.assessed_on
        until = first.earliest + timedelta(days=row.weight_days)
        counts = low <= weight <= high and first.latest <= day <= until
        return _Weighed(weight, first.latest, until) if counts and row.read else None

    def _mg(self, row: Amount, kg: float) -> str:
        return f"{round((row.mg_per_kg or 0) * kg, 2):g} mg"

    def _computed(self, row: Amount, day: date) -> str:
        weighed = self._weighed(row, day) if row.mg_per_kg else None
        if weighed is None:
            return ""
        product = f"{row.mg_per_kg:g} mg/kg x {weighed.kg:g} kg, not rounded"
        counts = f"the weight is that of {weighed.on}, and counts until {weighed.until}"
        return f"{self._mg(row, weighed.kg)} for this patient: {product}; {counts}. {row.text}"

    def _short(self, row: Amount, day: date) -> str:
        weighed = self._weighed(row, day) if row.mg_per_kg else None
        return f"{self._mg(row, weighed.kg)} at {weighed.kg:g} kg" if weighed else row.short


def _of_place(row: DoseCap, text: str) -> str:
    return f"{', '.join(row.jurisdictions)}: {text}" if row.jurisdictions else text
