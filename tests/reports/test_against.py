"""What changes from one answer to another, and why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mmadvisor.desk.cli import run
from mmadvisor.reports.against import against, same
from mmadvisor.reports.recommend import advise
from tests import ROOT
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.drawn import render
from tests.builders.patients import LEN_REFRACTORY, UPKEEP, VRD, patient

EXAMPLES = ROOT / "examples"


def asked(**changes: Any) -> Any:
    read = a_patient(**patient(*LEN_REFRACTORY, access__jurisdiction="EU", **changes))
    return advise(read, LOADED.catalogue, DAY)


def test_only_what_changes_is_told_and_why() -> None:
    told = against(asked(labs__lvef_percent=35), asked())
    closed = {a["regimen"]: a for a in told["answers"]}
    assert {"DKd", "IsaKd", "Kd"} <= closed.keys() and "Rd" not in closed
    assert closed["DKd"]["after"] == "ineligible"
    assert closed["DKd"]["because"] == ["now: LVEF at least 40 %: LVEF 35 %"]
    assert told["first"] != told["first_before"]
    assert not [f for f in told["facts"] if f["about"].startswith("refractory")]


def test_what_is_derived_otherwise_is_told_with_its_reason() -> None:
    before = advise(a_patient(**patient(*LEN_REFRACTORY[:2], {**UPKEEP, "progressed_on": "2023-06-01", "stop_reason": "completed"})),
                    LOADED.catalogue, DAY)  # fmt: skip
    told = against(asked(), before)
    fact = next(f for f in told["facts"] if f["about"] == "refractory to lenalidomide")
    assert (fact["before"], fact["after"]) == ("no", "yes") and "progress" in fact["because"]


def test_the_same_patient_against_itself_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert same(against(asked(), asked()))
    file = str(EXAMPLES / "eu-first-relapse.json")
    assert run(["recommend", file, "--against", file]) == 0
    assert "Nothing changes" in capsys.readouterr().out
    assert run(["recommend", file, "--set", "labs.lvef_percent=35", "--against", file, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "mmadvisor/against/1"
    assert run(["recommend", file, "--against", "nowhere.yaml"]) == 3


def without_options() -> dict[str, Any]:
    """Answers that rank nothing: a remission, and a patient with a grave infection."""
    responding = a_patient(**patient(VRD, access__jurisdiction="EU", disease__state="responding"))
    found = {
        "ranking_withheld": advise(responding, LOADED.catalogue, DAY),
        "nothing_open": asked(comorbidities__active_infection_grade=3),
    }
    assert all(answer[why] and not answer["options"] for why, answer in found.items())
    return found


@pytest.mark.parametrize("why", ["ranking_withheld", "nothing_open"])
@pytest.mark.parametrize("format", ["table", "markdown"])
def test_an_answer_without_options_is_held_against_another_in_words(why: str, format: str) -> None:
    empty = without_options()[why]
    said = " ".join(empty[why].split()[:2])
    for before, after in ((empty, asked()), (asked(), empty)):
        told = against(after, before)
        assert told["ranking"] is not None
        sides = {"before": told["ranking"]["before"], "after": told["ranking"]["after"]}
        assert sides.pop("before" if before is empty else "after") == empty[why]
        assert f"{asked()['options'][0]['regimen']} first" in sides.popitem()[1]
        # Why there is no ranking is said once, and not again for each regimen.
        assert not any(empty[why] in reason for change in told["answers"] for reason in change["because"])
        assert render("against", format, told).count(said) == 1
    assert same(against(empty, empty))


def test_two_answers_without_options_differ_by_the_reason() -> None:
    withheld, closed = without_options().values()
    told = against(closed, withheld)
    assert told["ranking"] == {"before": withheld["ranking_withheld"], "after": closed["nothing_open"]}
    assert not told["first"] and not told["first_before"]
    (treat,) = (fact for fact in told["facts"] if fact["about"] == "treat now")
    assert treat["before"] == "no-relapse-recorded" and treat["because"]
