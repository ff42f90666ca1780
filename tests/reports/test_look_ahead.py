"""The look-ahead: what each choice spends, and that it says no more than deciding everything afresh would."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmadvisor.answers.look_ahead import PlanNode, Step
from mmadvisor.base.known import Truth
from mmadvisor.judging.case import Case
from mmadvisor.judging.verdict import Assessor
from mmadvisor.render import words
from mmadvisor.reports.look_ahead import plan, published, walked
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.law import law_of
from tests.builders.patients import (
    DVD,
    GRAFT,
    LEN_REFRACTORY,
    NEW,
    PCD_THIRD,
    RECORDS,
    TRIPLE_CLASS_REFRACTORY,
    UNFIT,
    UPKEEP,
    VRD,
    entry,
    patient,
)
from tests.laws.strategies import whole_patients, with_less

CATALOGUE = LOADED.catalogue
FORMULARY = CATALOGUE.formulary
REGIMENS = CATALOGUE.regimen_by_id
law = law_of(12)


def case_of(raw: dict[str, Any], place: str = "EU") -> Case:
    return Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction=place)


def chosen(nodes: list[PlanNode], regimen: str, branch: str = "progression") -> PlanNode:
    return next(n for n in nodes if n["regimen"] == regimen and n["branch"] == branch)


@law
@given(st.data(), st.sampled_from(["US", "EU", "UK", "HK"]))
def test_deciding_again_only_what_a_therapy_could_change_gives_what_deciding_everything_gives(
    data: st.DataObject, place: str
) -> None:
    raw = data.draw(whole_patients())
    if data.draw(st.booleans()):
        raw = data.draw(with_less(raw))
    case = case_of(raw, place)
    from mmadvisor.reports.look_ahead import _Planner

    planner = _Planner(case, 5, 2)
    regimens = data.draw(st.lists(st.sampled_from(sorted(REGIMENS)), min_size=1, max_size=2, unique=True))
    steps: list[Step] = []
    for name in regimens:
        at_the_end = REGIMENS[name].fixed_course and data.draw(st.booleans())
        steps.append((name, "later" if at_the_end else "progression"))
    then = case.after(planner._therapies(tuple(steps)))
    afresh = Assessor(then.history, CATALOGUE, case.jurisdiction).every()
    assert [a.verdict for a in then.assessments] == [a.verdict for a in afresh]
    for one, other in zip(then.assessments, afresh, strict=True):
        assert [r.finding.truth for r in one.results] == [r.finding.truth for r in other.results], one.regimen.id


@pytest.mark.parametrize("record", ["len-refractory", "triple-class-refractory", "four-lines", "first-relapse"])
@pytest.mark.parametrize("place", ["US", "EU", "HK"])
def test_no_state_offers_what_the_choices_before_it_spent(record: str, place: str) -> None:
    made = plan(case_of(RECORDS[record], place), depth=3, top=3)
    assert made["choices"]
    for path, node in walked(made["choices"]):
        after = [*node["opens"], *node["remains"]]
        # Conditioning proves no refractoriness: melphalan may come back after a transplant.
        if node["branch"] == "progression" and node["modality"] != "transplant":
            given = {a for a in REGIMENS[path[-1]].agent_ids if not FORMULARY.by_id[a].steroid}
            assert not [r for r in after if given & set(REGIMENS[r].agent_ids)], (path, after)
            assert node["regimen"] not in after
        assert [n["regimen"] for n in node["next"] if n["regimen"] not in after] == []


def test_a_quadruplet_in_front_spends_what_later_lines_would_have_used() -> None:
    """S6: strong combinations in front exhaust later options, and the look-ahead says which."""
    case = case_of(patient(**NEW), "US")
    strong = chosen(plan(case, depth=1, top=8)["choices"], "D-VRd")
    assert {"daratumumab", "bortezomib", "lenalidomide"} <= set(strong["spends"])
    assert {strong["left"][c]["state"] for c in ("anti-CD38",)} == {"spent"}
    assert not [r for r in strong["opens"] if {"daratumumab", "lenalidomide"} & set(REGIMENS[r].agent_ids)]
    unfit = case_of(patient(**NEW, **UNFIT), "US")
    milder = chosen(plan(unfit, depth=1, top=8)["choices"], "DRd")
    assert "bortezomib" not in milder["spends"]

    def opened(node: PlanNode) -> set[str]:
        return {r for r in node["opens"] if "bortezomib" in REGIMENS[r].agent_ids}

    assert opened(milder) and not opened(strong)


@pytest.mark.parametrize("record", ["four-lines", "len-refractory"])
def test_what_closes_an_option_names_the_assumed_choice_in_plain_words(record: str) -> None:
    """Also where other choices reached the same state first, or one was made twice."""
    raw = RECORDS[record]
    named = 0

    def read(nodes: list[PlanNode], before: tuple[str, ...]) -> None:
        nonlocal named
        for node in nodes:
            path = (*before, node["regimen"])
            for because in (c["because"] for c in node["closes"]):
                assert "some day from" not in because
                assert all(int(i) < len(raw["therapies"]) for i in re.findall(r"therapies\[(\d+)\]", because)), because
                assert set(re.findall(r"progression on (\S+) is assumed", because)) <= set(path), (path, because)
                named += "is assumed" in because
            read(node["next"], path)

    read(plan(case_of(raw, "HK"), depth=3, top=5)["choices"], ())
    assert named


def test_a_plan_asks_for_the_facts_of_access_on_which_classes_depend() -> None:
    def asked(**changes: Any) -> dict[str, list[str]]:
        raw = patient(*TRIPLE_CLASS_REFRACTORY, **changes)
        made = plan(Case.of(a_patient(**raw), CATALOGUE, DAY), depth=1)
        assert all(each["name"] for each in made["access_asked"])
        return {each["field"]: each["classes"] for each in made["access_asked"]}

    assert "GPRC5D-directed" in asked(access__bispecific_centre=None)["access.bispecific_centre"]
    assert asked() == {}


def test_one_line_more_opens_what_asks_for_it() -> None:
    made = plan(case_of(patient(*LEN_REFRACTORY), "EU"), depth=2, top=5)
    dkd = chosen(made["choices"], "DKd")
    assert "IsaKd" in [c["regimen"] for c in dkd["closes"]]
    assert all(c["because"] for c in dkd["closes"])
    second = chosen(dkd["next"], dkd["next"][0]["regimen"])
    assert {"teclistamab", "elranatamab"} & {*second["opens"], *second["remains"]}, (
        "three lines open bispecifics in the EU"
    )


def test_a_bcma_bispecific_before_car_t_is_told_with_its_rule_and_the_interval_is_not_taken_as_kept() -> None:
    case = case_of(patient(*TRIPLE_CLASS_REFRACTORY, access__can_wait_weeks=8), "EU")
    made = plan(case, depth=1, top=8)
    spent = chosen(made["choices"], "teclistamab")
    assert any("six months" in rule["text"] for rule in spent["rules"])
    from mmadvisor.reports.look_ahead import _Planner

    then = case.after(_Planner(case, 5, 1)._therapies((("teclistamab", "progression"),)))
    cells = next(a for a in then.assessments if a.regimen.id == "cilta-cel")
    interval = next(r for r in cells.results if r.criterion.id == "car-t-bispecific-interval")
    assert interval.finding.truth is not Truth.MET


def test_after_a_bcma_target_another_target_leads_and_its_outcomes_are_those_published() -> None:
    made = plan(case_of(patient(*TRIPLE_CLASS_REFRACTORY), "EU"), depth=2, top=6)
    cells = chosen(made["choices"], "cilta-cel", "later")
    assert cells["left"]["BCMA-directed"]["state"] == "doubtful"
    follows = chosen(cells["next"], "talquetamab")
    assert follows["rank"] == 1 and follows["published"]
    known = {row.id: row for row in CATALOGUE.sequences}
    for _, node in walked(made["choices"]):
        for row in node["published"]:
            assert row["orr_percent"] == known[row["id"]].orr_percent if "orr_percent" in row else True
            assert row["source"] in made["sources"]


def test_what_is_not_known_stays_unknown_after_an_assumed_line() -> None:
    """A relapse whose date is not recorded does not become a response because another line is assumed."""
    last = entry("DVd", "2024-12-01", "2026-09-30", None, stop_reason=None, best_response="PR")
    case = case_of(patient(*LEN_REFRACTORY, last), "EU")
    assert case.history.refractory_agent("daratumumab").truth is Truth.UNKNOWN
    from mmadvisor.reports.look_ahead import _Planner

    then = case.after(_Planner(case, 5, 1)._therapies((("PVd", "progression"),)))
    assert then.history.refractory_agent("daratumumab").truth is Truth.UNKNOWN


def test_nothing_open_nothing_followed() -> None:
    made = plan(case_of({"therapies": []}, "EU"))
    assert made["choices"] == [] and "Nothing is open" in made["nothing_open"]


def test_a_choice_that_would_be_open_a_second_time_is_among_what_remains() -> None:
    """As for a record that holds the therapy already: cells whose relapse came later are not spent."""
    made = plan(case_of(patient(*TRIPLE_CLASS_REFRACTORY), "EU"), depth=1, top=3)
    for node in made["choices"]:
        if node["modality"] != "car-t":
            continue
        again = node["regimen"] in node["remains"]
        assert again is (node["branch"] == "later")
        assert node["regimen"] not in [c["regimen"] for c in node["closes"]]
    assert any(n["branch"] == "later" and n["modality"] == "car-t" for n in made["choices"])


def test_what_was_published_of_others_than_car_t_is_not_told_after_one() -> None:
    cells = entry("ide-cel", "2025-01-01", "2025-01-01", "2026-08-01", best_response="CR", stop_reason="completed")
    after_cells = case_of(patient(VRD, GRAFT, UPKEEP, DVD, PCD_THIRD, cells), "EU")
    antibody = entry("elranatamab", "2025-01-01", "2025-09-01", "2025-09-01")
    after_antibody = case_of(patient(VRD, GRAFT, UPKEEP, DVD, PCD_THIRD, antibody), "EU")
    told = [{row.trial for row in published(case, REGIMENS["cilta-cel"])} for case in (after_cells, after_antibody)]
    assert "CARTITUDE-2 cohort C" not in told[0] and "CARTITUDE-2 cohort C" in told[1]


def test_the_same_plan_twice_and_as_plain_data() -> None:
    case = case_of(patient(*LEN_REFRACTORY), "US")
    first, second = (json.dumps(plan(case, depth=3, top=5), ensure_ascii=False) for _ in range(2))
    assert first == second
    made = json.loads(first)
    assert made["states"] < sum(1 for _ in walked(made["choices"])), (
        "a state that is reached again is not decided again"
    )


def test_the_tree_fits_a_narrow_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from mmadvisor.desk.cli import run

    monkeypatch.setenv("COLUMNS", "72")
    assert run(["plan", "examples/eu-three-lines.yaml", "--depth", "2", "--top", "2", "--full"]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 72
    assert "What is left" in shown and "Decision support" in shown
    assert run(["plan", "examples/eu-three-lines.yaml", "--depth", "9"]) == 2
    capsys.readouterr()
    assert run(["plan", "examples/eu-three-lines.yaml", "--depth", "1", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "mmadvisor/plan/1"


def test_what_only_undecided_regimens_hold_is_neither_spent_nor_without_an_option() -> None:
    assert words.remaining({"state": "not decided", "options": 0}) == "?"
    known = {words.remaining({"state": s, "options": 0}) for s in ("spent", "no option", "open", "doubtful")}
    assert len(known) == 4 and "?" not in known
