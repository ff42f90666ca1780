"""Answers of commands, found once in a run for the same patient, day and options."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterable
from datetime import date
from typing import Any

from mmadvisor.answers.recommendation import Recommendation
from mmadvisor.base.errors import Problem
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.formats.patient import Patient
from mmadvisor.reports import recommend
from tests.builders.blank import LOADED

_ADVISE = recommend.advise
_FOUND: dict[tuple[object, ...], Recommendation] = {}
_KEPT = 100  # an answer takes some megabytes, and the same is asked again soon or never


def advised_once(
    patient: Patient, catalogue: Catalogue, as_of: date, *, warnings: Iterable[Problem | str] = (), **options: Any
) -> Recommendation:
    """The answer, as `advise` has it: a copy, if the same was asked of the catalogue as it is shipped."""
    warned = tuple(warnings)
    if catalogue is not LOADED.catalogue:
        return _ADVISE(patient, catalogue, as_of, warnings=warned, **options)
    # Pickled, because the words for a patient do not tell the day of each value.
    asked = (vars(recommend)["missing"], pickle.dumps((patient, as_of, warned, sorted(options.items()))))
    if asked not in _FOUND:
        if len(_FOUND) >= _KEPT:
            del _FOUND[next(iter(_FOUND))]
        _FOUND[asked] = _ADVISE(patient, catalogue, as_of, warnings=warned, **options)
    return copy.deepcopy(_FOUND[asked])
