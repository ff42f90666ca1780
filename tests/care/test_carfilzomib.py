"""What a course with carfilzomib needs on its days: fluids, hours, and the risk of thrombosis."""

from __future__ import annotations

import pytest

from tests.builders.checklists import items, listed, of

COURSES = ["DKd", "IsaKd", "Kd", "KRd"]


@pytest.mark.parametrize("name", COURSES)
def test_drinking_begins_two_days_before_the_first_dose(name: str) -> None:
    made = listed(name, case=of())
    (drink,) = items(made, "Hydration by mouth")
    assert (drink["phase"], drink["ends"]) == ("before", "2026-11-29")
    assert any("Hydration by mouth" in t for d in made["calendar"] if d["day"] == -1 for t in d["tasks"])
    (veins,) = items(made, "Hydration IV")
    assert "more after it" in veins["item"] and veins["dates"][0] == "2026-12-01" and max(veins["dates"]) < "2026-12-29"


@pytest.mark.parametrize(("name", "minutes"), [("DKd", 30), ("IsaKd", 30), ("Kd", 30), ("KRd", 10)])
def test_the_time_of_an_infusion_and_of_the_steroid_before_it_stand_on_each_day(name: str, minutes: int) -> None:
    made = listed(name, case=of())
    infused = [d for d in made["calendar"] if any("carfilzomib" in dose for dose in d["doses"])]
    assert infused
    for day in infused:
        assert any(f"over {minutes} minutes" in t for t in day["tasks"]), day
        with_steroid = any(dose.startswith("dexamethasone") for dose in day["doses"])
        told = any("30 minutes to 4 hours before carfilzomib" in t for t in day["tasks"])
        assert told == with_steroid, day


def test_premedication_of_daratumumab_has_hours_and_amounts() -> None:
    (row,) = items(listed("DKd", case=of()), "Premedication 1 to 3 hours before")
    assert all(words in row["item"] for words in ("650 to 1000 mg", "25 to 50 mg", "dexamethasone 20 mg"))


@pytest.mark.parametrize("name", COURSES)
@pytest.mark.parametrize("clot", [True, False])
def test_thrombosis_is_weighed_with_carfilzomib(name: str, clot: bool) -> None:
    made = listed(name, case=of(comorbidities__venous_thromboembolism=clot))
    rows = items(made, "Thromboprophylaxis")
    assert len(rows) == 1, "once, beside an IMiD too"
    assert "IMPEDE-VTE" in [s["score"] for s in made["scores"]]
    if name != "KRd":
        assert rows[0]["now"] == ("yes" if clot else "no")


def test_a_regimen_without_either_has_no_score() -> None:
    assert not listed("DVd", case=of())["scores"]
