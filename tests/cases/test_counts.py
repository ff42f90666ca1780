"""Low counts: every regimen whose label, or trial, has a rule on them says so."""

from __future__ import annotations

from typing import Any

import pytest

from mmadvisor.base.known import Truth
from mmadvisor.criteria.types import AnyCriterion
from tests.builders.blank import LOADED, a_history, answer_for, verdict_of
from tests.builders.patients import TRIPLE_CLASS_REFRACTORY, patient

CATALOGUE = LOADED.catalogue
# The cells are given back after high-dose melphalan, and no text with a limit was read; mezigdomide is never offered.
WITHOUT_A_RULE = {"salvage-ASCT", "Mezid"}
_FIELDS = {
    "neutrophils": "neutrophils_10e9_per_l", "platelets": "platelets_10e9_per_l", "haemoglobin": "haemoglobin_g_per_dl"
}  # fmt: skip


def rules_on_counts(regimen: str, **counts: float | None) -> dict[str, AnyCriterion]:
    """The gates and cautions on counts that a regimen does not meet, or is not known to meet."""
    history = a_history(assessed_on="2026-10-20", labs={_FIELDS[name]: n for name, n in counts.items()})
    of = CATALOGUE.regimen_by_id[regimen]
    asked = [c for c in (*CATALOGUE.gates_of(of), *CATALOGUE.cautions_of(of)) if c.about == "counts"]
    return {c.id: c for c in asked if c.decide(history, CATALOGUE.words).truth is not Truth.MET}


@pytest.mark.parametrize("regimen", [r.id for r in CATALOGUE.regimens if r.id not in WITHOUT_A_RULE])
def test_no_regimen_is_silent_at_very_low_counts(regimen: str) -> None:
    assert rules_on_counts(regimen, neutrophils=0.4, platelets=8)
    assert rules_on_counts(regimen, neutrophils=0.4, platelets=15)
    assert rules_on_counts(regimen), "unknown counts are not normal"
    assert not rules_on_counts(regimen, neutrophils=2.5, platelets=160, haemoglobin=11)


@pytest.mark.parametrize(
    ("regimen", "rule", "counts", "said"),
    [
        ("PanoVd", "panobinostat-counts", {"neutrophils": 1.4, "platelets": 160}, True),
        ("PanoVd", "panobinostat-counts", {"neutrophils": 2, "platelets": 99}, True),
        ("PanoVd", "panobinostat-counts", {"neutrophils": 1.5, "platelets": 100}, False),
        ("Dara-mono", "daratumumab-counts", {"neutrophils": 0.4, "platelets": 160}, True),
        ("Dara-mono", "daratumumab-counts", {"neutrophils": 2, "platelets": 15}, True),
        ("DKd", "daratumumab-counts", {"neutrophils": 2, "platelets": 15}, False),
        ("DKd", "carfilzomib-platelets", {"neutrophils": 2, "platelets": 15}, True),
        ("Dara-mono", "daratumumab-counts", {"neutrophils": 0.5, "platelets": 25}, False),
        ("IberDd", "iberdomide-counts", {"neutrophils": 0.9, "platelets": 160}, True),
        ("IberDd", "iberdomide-counts", {"neutrophils": 1, "platelets": 75}, False),
        ("IsaKd", "isatuximab-neutrophils", {"neutrophils": 0.4, "platelets": 160}, True),
        ("Kd", "carfilzomib-platelets", {"neutrophils": 2, "platelets": 49}, True),
        ("Kd", "carfilzomib-platelets", {"neutrophils": 2, "platelets": 50}, False),
        ("KTd", "thalidomide-counts", {"neutrophils": 2, "platelets": 49}, True),
        ("VTd", "thalidomide-counts", {"neutrophils": 0.9, "platelets": 160}, True),
        ("Sd", "selinexor-counts", {"neutrophils": 0.9, "platelets": 160}, True),
        ("Sd", "selinexor-counts", {"neutrophils": 2, "platelets": 74}, True),
        ("Sd", "selinexor-counts", {"neutrophils": 1, "platelets": 75}, False),
        ("VenD", "venetoclax-counts", {"neutrophils": 0.4, "platelets": 160}, True),
    ],
)
def test_each_rule_speaks_from_its_limit_on(regimen: str, rule: str, counts: dict[str, float], said: bool) -> None:
    assert (rule in rules_on_counts(regimen, **counts)) is said


def test_what_no_text_says_is_marked() -> None:
    """The label of daratumumab gives no limit, and none of venetoclax was read for myeloma."""
    low: dict[str, Any] = {"neutrophils": 0.4, "platelets": 15}
    for regimen, rule in (("Dara-mono", "daratumumab-counts"), ("VenD", "venetoclax-counts")):
        assert rules_on_counts(regimen, **low)[rule].verified == "unverified"
    for regimen, rule in (("PanoVd", "panobinostat-counts"), ("Kd", "carfilzomib-platelets")):
        assert rules_on_counts(regimen, neutrophils=0.4, platelets=8)[rule].verified == "secondary"


def test_an_option_shows_its_caution_on_counts() -> None:
    answer = answer_for(
        **patient(*TRIPLE_CLASS_REFRACTORY[:1], access__jurisdiction="EU", access__off_label=True,
                  labs__neutrophils_10e9_per_l=2, labs__platelets_10e9_per_l=9),
    )  # fmt: skip
    assert verdict_of(answer, "Kd") == "caution"
    (told,) = [c for o in answer["options"] if o["regimen"] == "Kd" for c in o["cautions"] if c["about"] == "counts"]
    assert "platelets 9" in told["text"] and told["source"] in answer["sources"]
