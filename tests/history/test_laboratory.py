"""Laboratory values with their days, and the facts that the format holds beside them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mmadvisor.base.errors import InvalidInputError, Problem
from mmadvisor.base.known import Span, Truth
from mmadvisor.criteria.types import criterion_from
from mmadvisor.desk import ask
from mmadvisor.desk.cli import run
from mmadvisor.files.documents import parse
from mmadvisor.files.form import field_at
from mmadvisor.files.patients import patient_from
from mmadvisor.files.writing import written
from mmadvisor.formats.patient import BASELINES, Labs, Measured, Patient
from mmadvisor.judging.case import Case
from mmadvisor.judging.unknowns import tries
from tests.builders.blank import DAY, LOADED, a_history, a_patient, answer_for
from tests.builders.patients import LEN_REFRACTORY, patient

FORMULARY = LOADED.catalogue.formulary
WORDS = LOADED.catalogue.words
NUMBERS = [name for name in Labs.defaults() if field_at(("labs", name), WORDS).limits is not None]
GOOD = "id: p\nassessed_on: 2026-11-20\ntherapies: []\n"


def read(text: str, **options: Any) -> Patient:
    return patient_from(parse(text, "p.yaml"), FORMULARY, **options).patient


def problems(text: str, **options: Any) -> tuple[Problem, ...]:
    with pytest.raises(InvalidInputError) as caught:
        patient_from(parse(text, "p.yaml"), FORMULARY, **options)
    return caught.value.problems


# --- a value and its day ------------------------------------------------------------------------


@pytest.mark.parametrize("name", NUMBERS)
def test_every_laboratory_number_may_carry_its_day_and_stays_a_number(name: str) -> None:
    limits = field_at(("labs", name), WORDS).limits
    assert limits is not None and limits.usual is not None
    value = limits.usual[1]
    plain = read(GOOD + f"labs: {{{name}: {value}}}")
    dated = read(GOOD + f"labs: {{{name}: {{value: {value}, on: 2026-11}}}}")
    assert plain.get(f"labs.{name}") == dated.get(f"labs.{name}") == value
    assert f"{dated.get(f'labs.{name}'):g}" == f"{value:g}" and json.dumps(dated.get(f"labs.{name}")) == repr(
        value * 1.0
    )
    assert plain.lab_day(name) is None
    assert dated.lab_day(name) == Span(date(2026, 11, 1), date(2026, 11, 30))


def test_a_value_without_a_day_of_its_own_has_the_day_of_the_others_but_a_baseline_has_not() -> None:
    told = read(
        GOOD + "labs_on: 2026-11-10\nlabs: {calcium_mmol_per_l: 2.3, albumin_g_per_l: {value: 38, on: 2026-11-02}, "
        "igg_g_per_l: {value: 4, on: unknown}, baseline_creatinine_umol_per_l: 90, cytopenia_cause: disease}"
    )
    assert str(told.lab_day("calcium_mmol_per_l")) == str(told.lab_day("igg_g_per_l")) == "2026-11-10"
    assert str(told.lab_day("albumin_g_per_l")) == "2026-11-02"
    assert str(told.lab_day("cytopenia_cause")) == "2026-11-10"
    assert told.lab_day("baseline_creatinine_umol_per_l") is None
    assert told.lab_day("platelets_10e9_per_l") is None
    assert set(BASELINES) <= Labs.defaults().keys()


@pytest.mark.parametrize("value", ["unknown", "null", "{value: unknown, on: 2026-11-02}", "{value: null}"])
def test_a_value_that_is_not_known_is_not_known_with_its_day_too(value: str) -> None:
    assert read(GOOD + f"labs: {{calcium_mmol_per_l: {value}}}").get("labs.calcium_mmol_per_l") is None


@pytest.mark.parametrize(
    ("labs", "path", "said"),
    [
        ("calcium_mmol_per_l: {value: 30, on: 2026-11-02}", "labs.calcium_mmol_per_l.value", "at least 0.3 and at most 8"),
        ("calcium_mmol_per_l: {value: a lot}", "labs.calcium_mmol_per_l.value", "this must be a number, or unknown"),
        ("calcium_mmol_per_l: a lot", "labs.calcium_mmol_per_l", "this must be a number, or unknown"),
        ("calcium_mmol_per_l: {on: 2026-11-02}", "labs.calcium_mmol_per_l.value", "this is required"),
        ("calcium_mmol_per_l: {value: 2.3, on: 2026-13}", "labs.calcium_mmol_per_l.on", "there is no such month"),
        ("calcium_mmol_per_l: {value: 2.3, day: 2026-11}", "labs.calcium_mmol_per_l.day", "there is no such field"),
        ("calcium_mmol_per_l: [2.3]", "labs.calcium_mmol_per_l", "this must be a number, or unknown"),
        ("calcium_mmol_per_l: {value: 2.3, on: 2026-12-02}", "labs.calcium_mmol_per_l.on", "after the day of the decision"),
        ("calcium_mmol_per_l: 30", "labs.calcium_mmol_per_l", "at least 0.3 and at most 8"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_value_or_its_day_is_told_at_its_place(labs: str, path: str, said: str) -> None:
    (problem,) = problems(GOOD + f"labs:\n  {labs}\n")
    assert problem.path == path and said in problem.message
    assert problem.line == 5 and problem.column > 1


def test_the_day_of_all_values_and_of_the_cytogenetics_may_not_lie_after_the_decision() -> None:
    wrong = problems(GOOD + "labs_on: 2026-12\ndisease: {cytogenetics_on: 2027}\n")
    assert [p.path for p in wrong] == ["labs_on", "disease.cytogenetics_on"]
    assert read(GOOD + "labs_on: 2026-11\n").labs_on is not None


def test_an_unusual_value_with_its_day_is_asked_about_like_any_other() -> None:
    for value in ("9", "{value: 9, on: 2026-11-02}"):
        text = GOOD + f"labs: {{albumin_g_per_l: {value}}}"
        (warning,) = patient_from(parse(text, "p"), FORMULARY).warnings
        assert warning.path == "labs.albumin_g_per_l" and "unusual" in warning.message


def test_a_setting_takes_a_number_or_a_number_with_its_day() -> None:
    text = GOOD + "labs: {calcium_mmol_per_l: {value: 2.3, on: 2026-11-02}}"
    assert read(text, settings=["labs.calcium_mmol_per_l=3.4"]).get("labs.calcium_mmol_per_l") == 3.4
    dated = read(text, settings=["labs.calcium_mmol_per_l={value: 3.4, on: 2026-11-03}"])
    assert str(dated.lab_day("calcium_mmol_per_l")) == "2026-11-03"
    (wrong,) = problems(text, settings=["labs.calcium_mmol_per_l={value: 34}"])
    assert wrong.file == "--set"


def test_a_file_is_written_with_its_days_and_read_again(tmp_path: Path) -> None:
    tree: dict[str, Any] = {"schema": "mmadvisor/patient/1", "id": "p", "assessed_on": "2026-11-20", "therapies": []}
    tree |= {"labs": {"calcium_mmol_per_l": {"value": 2.9, "on": "2026-11-02"}, "igg_g_per_l": 4},
             "labs_on": "2026-11-10", "comorbidities": {"nyha_class": "IIIB"}}  # fmt: skip
    text = written(tree, WORDS)
    assert read(text) == patient_from(tree, FORMULARY).patient
    assert str(read(text).lab_day("calcium_mmol_per_l")) == "2026-11-02"
    assert "calcium_mmol_per_l: {value: 2.9, on: 2026-11-02}  # mmol/L" in text
    as_json = json.dumps(tree)
    assert patient_from(parse(as_json, "p.json"), FORMULARY).patient == read(text)
    file = tmp_path / "p.yaml"
    file.write_text(text.replace("value: 2.9", "value: unknown"), encoding="utf-8")
    state = ask._loaded(file.read_text(encoding="utf-8"), file, LOADED.catalogue)
    read(written(state.told, WORDS, passed=state.passed))


def test_validate_takes_a_value_with_its_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(GOOD + "labs: {calcium_mmol_per_l: {value: 2.9, on: 2026-11-02}}\n", encoding="utf-8")
    assert run(["validate", str(file)]) == 0
    assert run(["recommend", str(file), "--set", "labs.calcium_mmol_per_l=3.4", "--format", "json"]) == 0
    capsys.readouterr()


def test_the_unknowns_try_a_laboratory_value_as_before() -> None:
    raw = patient(*LEN_REFRACTORY, labs__lvef_percent=None)
    case = Case.of(a_patient(**raw), LOADED.catalogue, DAY, jurisdiction="EU")
    assert {39.9, 40} <= set(tries(case, "labs.lvef_percent"))
    dated = patient(*LEN_REFRACTORY, labs__lvef_percent={"value": 35, "on": "2026-10-01"})
    assert answer_for(**dated)["options"] == answer_for(**patient(*LEN_REFRACTORY, labs__lvef_percent=35))["options"]


# --- looked back upon ---------------------------------------------------------------------------

SERIES = [{"on": "2026-05-01", "serum_g_per_l": 4}, {"on": "2026-11-01", "serum_g_per_l": 9}, {"serum_g_per_l": 7}]


def test_a_value_of_a_later_day_is_invisible_and_one_without_a_day_is_used() -> None:
    told = a_patient(
        assessed_on="2026-11-20",
        labs={"calcium_mmol_per_l": {"value": 3.4, "on": "2026-11-02"}, "igg_g_per_l": 4,
              "albumin_g_per_l": {"value": 38, "on": "2026-05"}},
        disease={"cytogenetics": {"del_17p": "present"}, "cytogenetics_on": "2026-11-03", "m_protein": SERIES},
    )  # fmt: skip
    then = told.seen_on(date(2026, 6, 1))
    assert then.get("labs.calcium_mmol_per_l") is None and then.get("labs.igg_g_per_l") == 4
    assert then.get("labs.albumin_g_per_l") == 38
    assert then.get("disease.cytogenetics") is None and then.get("disease.cytogenetics_on") is None
    assert [m.serum_g_per_l for m in then.get("disease.m_protein")] == [4, 7]
    assert told.seen_on(date(2026, 11, 20)) == told


def test_the_day_of_all_values_hides_all_but_those_with_an_earlier_day_of_their_own() -> None:
    told = a_patient(
        assessed_on="2026-11-20", labs_on="2026-11-10",
        labs={"calcium_mmol_per_l": 3.4, "albumin_g_per_l": {"value": 38, "on": "2026-05-02"}, "cytopenia_cause": "disease",
              "baseline_creatinine_umol_per_l": 90},
    )  # fmt: skip
    then = told.seen_on(date(2026, 6, 1))
    known = {name for name, value in then.get("labs").contents() if value is not None}
    assert known == {"albumin_g_per_l", "baseline_creatinine_umol_per_l"}
    assert then.labs_on is None and told.seen_on(date(2026, 11, 10)) == told


def test_what_was_known_of_a_month_may_have_been_known_within_it() -> None:
    told = a_patient(assessed_on="2026-11-20", labs={"calcium_mmol_per_l": {"value": 3.4, "on": "2026-10"}})
    assert told.seen_on(date(2026, 10, 3)).get("labs.calcium_mmol_per_l") == 3.4
    assert told.seen_on(date(2026, 9, 30)).get("labs.calcium_mmol_per_l") is None


# --- the other fields ---------------------------------------------------------------------------

OTHERS: dict[str, list[Any]] = {
    "fitness.ecog_cause": ["disease", "other"],
    "comorbidities.g6pd_deficiency": [True, False],
    "comorbidities.latent_tuberculosis": ["none", "untreated", "treated"],
    "disease.marrow_plasma_cells_percent": [0, 62.5],
    "disease.flc_ratio": [0.02, 110],
    "disease.immunoparesis": [True, False],
    "disease.mri_focal_lesions": [0, 3],
    "disease.mrd": ["positive", "negative"],
    "access.pays": ["public", "insurer", "self", "trial", "company"],
    "access.region": ["england", "scotland", "wales", "northern_ireland"],
}


@pytest.mark.parametrize("field", OTHERS)
def test_a_field_holds_what_it_is_for_and_has_a_name(field: str) -> None:
    section, name = field.split(".")
    for value in OTHERS[field]:
        assert a_patient(**{section: {name: value}}).get(field) == value
    assert a_patient(**{section: {name: None}}).get(field) is None
    assert field in LOADED.catalogue.field_words
    (wrong,) = problems(GOOD + f"{section}: {{{name}: perhaps}}")
    assert wrong.path == field


@pytest.mark.parametrize("name", NUMBERS)
def test_every_laboratory_number_has_a_name(name: str) -> None:
    assert f"labs.{name}" in LOADED.catalogue.field_words


@pytest.mark.parametrize(
    ("written_as", "value"), [("3", 3), ("IIIA", 3), ("IIIB", 3), ("0", 0), ("IV", None), ("2.5", None)]
)
def test_a_nyha_class_may_name_its_stage(written_as: str, value: int | None) -> None:
    text = GOOD + f"comorbidities: {{nyha_class: {written_as}}}"
    if value is None:
        (wrong,) = problems(text)
        assert "0 to 4, IIIA, IIIB" in wrong.message or "whole number" in wrong.message
        return
    held = read(text).get("comorbidities.nyha_class")
    assert held == value and getattr(held, "stage", str(value)) == written_as


def test_the_stages_of_class_three_are_class_three_for_every_limit() -> None:
    limit = criterion_from({"type": "number", "field": "comorbidities.nyha_class", "at_most": 2})
    for stage in (3, "IIIA", "IIIB"):
        found = limit.decide(a_history(comorbidities={"nyha_class": stage}), WORDS)
        assert found.truth is Truth.NOT_MET and found.found == "NYHA class 3"


def test_the_form_says_the_words_beside_the_number() -> None:
    assert field_at(("comorbidities", "nyha_class"), WORDS).allowed() == "0 to 4, or IIIA, or IIIB"
    assert field_at(("labs", "calcium_mmol_per_l"), WORDS).is_dated
    assert isinstance(Measured(2.3), float)


# --- a value that is supposed -------------------------------------------------------------------


def answer_of(
    file: Path, capsys: pytest.CaptureFixture[str], *settings: str, as_of: str | None = None, expect: int = 0
) -> Any:
    """The answer of the command line with values laid over a file."""
    told = [part for setting in settings for part in ("--set", setting)]
    told += ["--as-of", as_of] if as_of else []
    assert run(["recommend", str(file), "--format", "json", *told]) == expect
    return json.loads(capsys.readouterr().out)


def a_file(tmp_path: Path, **changes: Any) -> Path:
    file = tmp_path / "p.json"
    file.write_text(json.dumps(patient(*LEN_REFRACTORY, **changes)), encoding="utf-8")
    return file


OLD_LABS = {"labs_on": "2026-06-01", "labs__calcium_mmol_per_l": 2.3}


def test_a_supposed_value_is_of_the_day_of_the_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The day of the other values says nothing of one that is supposed now; its own day does."""
    file = a_file(tmp_path, **OLD_LABS)
    assert not answer_of(file, capsys)["treat_now"]["emergencies"]
    (found,) = answer_of(file, capsys, "labs.calcium_mmol_per_l=3.4")["treat_now"]["emergencies"]
    assert found["emergency"] == "hypercalcaemia" and found["day"] == DAY.isoformat()
    for dated in (
        "labs.calcium_mmol_per_l={value: 3.4, on: 2026-06-02}",
        "labs={calcium_mmol_per_l: {value: 3.4, on: 2026-06-02}}",
    ):
        assert not answer_of(file, capsys, dated)["treat_now"]["emergencies"]
    (found,) = answer_of(file, capsys, "labs={calcium_mmol_per_l: 3.4}")["treat_now"]["emergencies"]
    assert found["day"] == DAY.isoformat()
    later = answer_of(file, capsys, "labs.calcium_mmol_per_l=3.4", as_of="2026-11-24")
    assert later["treat_now"]["emergencies"][0]["day"] == "2026-11-24"


def test_the_day_of_all_values_counts_where_it_is_supposed_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ["labs.calcium_mmol_per_l=3.4", "labs_on=2026-10-19"]
    (found,) = answer_of(a_file(tmp_path, **OLD_LABS), capsys, *told)["treat_now"]["emergencies"]
    assert found["day"] == "2026-10-19"
    told = ["labs_on=2026-05-01", "labs.calcium_mmol_per_l=3.4"]
    assert not answer_of(a_file(tmp_path, **OLD_LABS), capsys, *told)["treat_now"]["emergencies"]


def test_a_supposed_value_is_seen_on_a_day_before_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = a_file(tmp_path, **OLD_LABS | {"labs_on": "2026-10-18"})
    assert not answer_of(file, capsys, as_of="2026-10-10")["treat_now"]["emergencies"]
    (found,) = answer_of(file, capsys, "labs.calcium_mmol_per_l=3.4", as_of="2026-10-10")["treat_now"]["emergencies"]
    assert found["day"] == "2026-10-10"


def test_a_value_that_is_not_recorded_is_tried_as_of_today_though_the_others_are_old() -> None:
    """Tried with the day of the others it would be too old to decide, and would be said to change nothing."""
    raw = patient(*LEN_REFRACTORY, labs__platelets_10e9_per_l=None)
    dated = patient(*LEN_REFRACTORY, labs__platelets_10e9_per_l=None, labs_on="2026-06-01",
                    labs__neutrophils_10e9_per_l={"value": 2.5, "on": "2026-10-19"})  # fmt: skip
    for record in (raw, dated):
        (asked,) = (m for m in answer_for(**record)["missing"] if m["field"] == "labs.platelets_10e9_per_l")
        assert asked["decisive"] and any(o["defers"] or o["rules_out"] for o in asked["outcomes"])
    assert all("on: 2026-10-20" in o["set"] for o in asked["outcomes"])
