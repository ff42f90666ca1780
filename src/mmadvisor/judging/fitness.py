"""Whether a regimen suits the fitness of the patient. Besides strong cautions, only this comparison uses fitness."""

from __future__ import annotations

from collections.abc import Iterator

from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.catalogue.rules import WithCare
from mmadvisor.history.history import History

INTENSITIES = ("low", "moderate", "high", "very-high")
SUITS, WITH_CARE, POORLY = range(3)


class Fitness:
    """The demands of regimens compared with the fitness of one patient."""

    def __init__(self, history: History, catalogue: Catalogue) -> None:
        self.history = history
        self.catalogue = catalogue
        self.limits = catalogue.ranking

    def suits(self, regimen: Regimen) -> tuple[int, str]:
        """The value of a regimen in the comparison of fitness (0 is best), and why.

        If the frailty group is unknown, and the groups differ in their value, the value is "with care".
        """
        possible, how, _ = self.history.frailty
        word = f"{regimen.intensity} intensity"
        if (ecog := self._ecog) is not None:
            if ecog >= self.limits.burden_from_ecog and self._too_much(regimen, "frail"):
                return POORLY, f"{word} at ECOG {ecog}"
            for row in self._rows(regimen):
                if row.poorly_from_ecog is not None and ecog >= row.poorly_from_ecog:
                    return POORLY, f"{row.because}, at ECOG {ecog}"
        found = {group: self._in_group(regimen, group) for group in possible}
        worst = max(found.values())
        if worst == SUITS:
            return SUITS, word
        if len(set(found.values())) > 1:
            return WITH_CARE, f"{word}; frailty {how}"
        why = next((row.because for row in self._rows(regimen)), "") if worst == WITH_CARE else ""
        return worst, f"{why or word} in a patient who is {' or '.join(possible)}"

    @property
    def _ecog(self) -> int | None:
        """The performance status; ``None`` if a person recorded that the disease causes it."""
        get = self.history.patient.get
        if get("fitness.ecog_cause") == "disease":
            return None
        ecog: int | None = get("fitness.ecog")
        return ecog

    def _in_group(self, regimen: Regimen, group: str) -> int:
        if self._too_much(regimen, group):
            return POORLY
        return WITH_CARE if any(group in row.groups for row in self._rows(regimen)) else SUITS

    def _too_much(self, regimen: Regimen, group: str) -> bool:
        limit = self.limits.unfit_for.get(group)
        return limit is not None and INTENSITIES.index(regimen.intensity) >= INTENSITIES.index(limit)

    def _rows(self, regimen: Regimen) -> Iterator[WithCare]:
        return (row for row in self.limits.with_care if self.catalogue.matches(row.regimens, regimen))
