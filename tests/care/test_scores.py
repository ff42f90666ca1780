"""Thrombosis scores: on both sides of their strata, and a range where an answer is not known."""

from __future__ import annotations

from typing import Any

import pytest

from mmadvisor.base.errors import UsageError
from tests.builders.blank import a_history
from tests.builders.checklists import listed, of


def score_of(made: Any, name: str) -> Any:
    return next(s for s in made["scores"] if s["score"] == name)


def test_what_is_not_known_leaves_the_score_a_range_and_names_what_to_ask() -> None:
    saved = score_of(listed("DRd"), "SAVED")
    assert (saved["at_least"], saved["at_most"]) == (-3 + 0, 2 + 3 + 1 + 2) and len(saved["says"]) == 2
    assert {i["name"] for i in saved["items"] if i["ask"]} == {"surgery", "asian", "thrombosis", "age", "dexamethasone"}


def test_the_asian_item_is_shown_and_can_be_overruled() -> None:
    told = {"surgery": "yes", "dexamethasone": "low"}
    case = of(comorbidities__venous_thromboembolism=False, demographics__age=70)
    asian = score_of(listed("DRd", case=case, answers=told | {"asian": "yes"}), "SAVED")
    other = score_of(listed("DRd", case=case, answers=told | {"asian": "no"}), "SAVED")
    assert (asian["at_least"], asian["at_most"]) == (0, 0) and asian["says"][0].startswith("low")
    assert (other["at_least"], other["at_most"]) == (3, 3) and other["says"][0].startswith("high")
    assert any("Hong Kong" in i["note"] for i in asian["items"] if i["name"] == "asian")


@pytest.mark.parametrize(
    ("answers", "points", "says"),
    [
        ({}, 6, "intermediate"),
        ({"fracture": "yes"}, 10, "high"),
        ({"prophylaxis": "therapeutic"}, 2, "low"),
        ({"prophylaxis": "prophylactic"}, 3, "low"),
        ({"catheter": "yes"}, 8, "high"),
    ],
)
def test_impede_on_both_sides_of_its_strata(answers: dict[str, str], points: int, says: str) -> None:
    neutral = {"fracture": "no", "erythropoietin": "no", "dexamethasone": "low", "asian": "no", "catheter": "no", "prophylaxis": "none"}  # fmt: skip
    case = of(comorbidities__venous_thromboembolism=False, demographics__weight_kg=60, demographics__height_cm=170)
    found = score_of(listed("Pd", case=case, answers=neutral | answers), "IMPEDE-VTE")
    assert (found["at_least"], found["at_most"]) == (points, points) and found["says"][0].startswith(says)


def test_no_score_without_an_imid_or_carfilzomib_and_no_answer_to_what_is_not_asked() -> None:
    assert listed("DVd")["scores"] == []
    for answers, said in (({"surgry": "no"}, "surgery"), ({"surgery": "maybe"}, "write one of no, yes")):
        with pytest.raises(UsageError, match=said):
            listed("DRd", answers=answers)


def test_body_mass_index_and_what_it_lacks() -> None:
    found, _, missing = a_history(demographics={"weight_kg": 80.0, "height_cm": 160.0}).body_mass_index
    assert found is not None and found.low == 31.2 and not missing
    found, _, missing = a_history(demographics={"weight_kg": 80.0}).body_mass_index
    assert found is None and missing == ("demographics.height_cm",)


@pytest.mark.parametrize("word", ["none", "under-120", "low", "high"])
def test_an_answer_that_two_scores_ask_for_serves_both(word: str) -> None:
    for score in listed("DRd", answers={"dexamethasone": word})["scores"]:
        (item,) = [i for i in score["items"] if i["name"] == "dexamethasone"]
        assert item["at_least"] == item["at_most"] and item["because"] == f"told: {word}"
