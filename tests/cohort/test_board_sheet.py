"""What the printed sheet must contain: every alarm of the screen, what is not decided, and two files with one id."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from mmadvisor.desk.cli import run
from tests import ROOT
from tests.cohort.test_board import FRESH, board, patient, row

pytestmark = pytest.mark.usefixtures("here")

KIDNEY = {"labs": {"creatinine_umol_per_l": 190}}
WHOLE = {"comorbidities": {"active_infection_grade": 0, "nyha_class": 0, "peripheral_neuropathy_grade": 1}}


def words(text: str) -> str:
    """The text of a page without its tags, with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text.partition("</style>")[2])).split())


def sheet(name: str, id: str, *options: str, **fields: Any) -> str:
    path = patient(name, id, **fields)
    assert run(["recommend", str(path), "--board", "-o", "sheet.html", *options]) == 0
    return words(Path("sheet.html").read_text(encoding="utf-8"))


def answer(path: Path | str) -> dict[str, Any]:
    assert run(["recommend", str(path), "-f", "json", "-o", "answer.json"]) == 0
    return dict(json.loads(Path("answer.json").read_text(encoding="utf-8")))


def test_the_sheet_has_each_question_and_each_value_to_repeat_of_the_screen() -> None:
    shown = sheet("a.json", "a", **KIDNEY)
    treat = answer("ward/a.json")["treat_now"]
    pressing = [q for q in treat["questions"] if q["value"] is not None]
    assert any("48 hours" in q["text"] for q in pressing)
    for q in [*pressing, *treat["repeat"]]:
        assert q["found"] in shown and q["text"] in shown
    old = sheet("b.json", "b", labs={"calcium_mmol_per_l": {"value": 3.2, "on": "2026-07-01"}})
    treat = answer("ward/b.json")["treat_now"]
    assert treat["repeat"] and all(q["found"] in old and q["text"] in old for q in treat["repeat"])
    unknown = sheet("c.json", "c", disease={"state": "relapsed"})
    asked = answer("ward/c.json")["treat_now"]["ask"]
    assert asked and asked[0] in unknown


def test_the_sheet_names_the_regimens_that_are_not_decided_and_what_they_need() -> None:
    shown = sheet("a.json", "a", **WHOLE)
    found = answer("ward/a.json")
    named = {m["field"]: m["name"] for m in found["missing"]}
    presumed = {p["regimen"] for p in found["provisional"]}
    open_ = [n for n in found["not_offered"] if n["verdict"] == "undetermined" and n["would_rank"] is not None]
    first = next(n for n in open_ if n["regimen"] not in presumed)
    at = shown.index("Not decided: ")
    assert first["regimen"] in shown[at : at + 400] and named[first["missing"][0]] in shown[at : at + 400]
    assert "would open another regimen" not in shown


def test_the_sheet_names_every_test_that_must_be_confirmed_first() -> None:
    shown = sheet("a.json", "a")
    found = answer("ward/a.json")
    needed = {text for p in found["provisional"][:5] for text in p["provided"]}
    assert len(needed) > 1 and all(text in shown for text in needed)


def test_two_files_with_one_id_have_sheets_that_name_both_files() -> None:
    patient("a.json", "same")
    patient("b.json", "same", disease={"state": "responding"})
    patient("c.json", "other")
    index = board()
    texts = {r["file"]: words(Path("out", r["sheet"]).read_text(encoding="utf-8")) for r in index["patients"]}
    assert "made from a.json; the same id is in b.json: is it the same patient?" in texts["a.json"]
    assert "made from b.json; the same id is in a.json: is it the same patient?" in texts["b.json"]
    assert "the same id" not in texts["c.json"]


def test_validate_names_two_files_with_one_id(capsys: pytest.CaptureFixture[str]) -> None:
    patient("a.json", "same")
    patient("b.json", "same")
    patient("c.json", "other")
    assert run(["validate", "ward"]) == 0
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "same id" in line]
    assert line == "warning: ward/b.json: id: the same id is in ward/a.json: is it the same patient?"


def test_the_sheet_and_the_index_name_the_day_of_the_answer_if_the_run_is_on_another_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from datetime import date

    from mmadvisor.desk import folders, shared

    for room in (shared, folders):
        monkeypatch.setattr(room, "current_day", lambda: date(2026, 11, 30))
    said = "made on 2026-11-30, 56 days later"
    assert said in sheet("a.json", "a")
    assert said not in sheet("a.json", "a", "--as-of", "2026-11-30")
    assert run(["board", "ward", "-o", "out"]) == 0
    page = words(Path("out/index.html").read_text(encoding="utf-8"))
    assert "The answer is for 2026-10-05, 56 days before the run" in page
    assert run(["board", "ward", "-o", "out", "--as-of", "2026-11-30"]) == 0
    assert "days before the run" not in words(Path("out/index.html").read_text(encoding="utf-8"))


def test_an_answer_to_wait_names_the_day_of_the_next_test() -> None:
    path = ROOT / "examples" / "slow-biochemical-relapse.yaml"
    because = answer(path)["treat_now"]["because"]
    assert because.endswith("repeat in 8 weeks, on 2026-11-30")
    assert run(["recommend", str(path), "--board", "-o", "sheet.html"]) == 0
    assert because in words(Path("sheet.html").read_text(encoding="utf-8"))


def test_a_changed_value_of_an_emergency_and_a_changed_file_are_changes_of_the_headline() -> None:
    patient("a.json", "a", labs={"calcium_mmol_per_l": 3.52})
    patient("b.json", "b")
    board()
    patient("a.json", "a", labs={"calcium_mmol_per_l": 2.62})
    patient("b.json", "b", labs={"albumin_g_per_l": 41})
    index = board()
    changed = {c["about"]: c for c in row(index, "a")["changes"]}["values of the emergencies"]
    assert "3.52" in changed["before"][0] and "2.62" in changed["after"][0]
    page = words(Path("out/index.html").read_text(encoding="utf-8"))
    assert "2 patients with changes (a, b; of b only the patient file)" in page
    assert "Emergencies that are new, have changed or are over: a" in page


def test_a_warning_and_a_new_refractoriness_are_changes() -> None:
    patient("a.json", "a")
    board()
    more = {"regimen": "DPd", "intent": "relapse", "start": "2024-03-01", "stop": "2025-03-01",
            "progressed_on": "2025-02-20"}  # fmt: skip
    patient("a.json", "a", therapies=[*FRESH["therapies"], more], **KIDNEY)
    changed = {c["about"]: c for c in row(board(), "a")["changes"]}
    assert set(changed["refractory to"]["after"]) - set(changed["refractory to"]["before"]) >= {"daratumumab"}
    assert any("48 hours" in text for text in changed["questions of today"]["after"])


def test_a_patient_with_a_mended_id_is_not_gone() -> None:
    patient("tb-005.json", "tb-005")
    patient("other.json", "tb-005")
    board()
    patient("other.json", "tb-006")
    index = board()
    assert index["gone"] == [] and row(index, "tb-006")["changes"][0]["before"] == ["tb-005"]
    patient("other.json", "tb-005")
    board()
    Path("ward/other.json").unlink()
    assert board()["gone"] == ["tb-005 (other.json)"]


def test_an_unread_file_keeps_the_emergency_of_the_last_answer(capsys: pytest.CaptureFixture[str]) -> None:
    patient("a.json", "a", labs={"calcium_mmol_per_l": 3.52})
    patient("b.json", "b")
    board()
    Path("ward/a.json").write_text("{")
    for n in range(2):
        capsys.readouterr()
        (failed,) = board(status=4)["unread"]
        out = " ".join(capsys.readouterr().out.split())
        assert failed["had_emergencies"][0] == "hypercalcaemia" and "3.52" in failed["had_emergencies"][1]
        assert "a.json" in out and "had an emergency in the last answer: hypercalcaemia; calcium 3.52" in out
        assert ("No longer answered: a.json" in out) is (n == 0)
        assert "Tumour board: 1 patient of 2 files" in out
    patient("a.json", "a")
    assert row(board(), "a")["emergency_changed"]
    assert not row(board(), "a")["emergency_changed"]


def test_a_patient_with_an_emergency_is_marked_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    patient("a.json", "a", labs={"calcium_mmol_per_l": 3.52})
    patient("b.json", "b")
    board()
    out = " ".join(capsys.readouterr().out.split())
    assert "Treat now, besides the patients above (1)" in out
    assert "a EU 2026-11-01 1 line treat now? treat ! hypercalcaemia, 3.52 mmol/L (limit 3)" in out
    assert "HYPERCALCAEMIA (derived): calcium 3.52 mmol/L" in out


def test_the_index_names_the_layers_that_were_added_or_removed() -> None:
    patient("a.json", "a")
    board()
    Path("ours.yaml").write_text((ROOT / "docs" / "hospital-formulary.yaml").read_text())
    assert board("--catalogue", "ours.yaml")["last_run"]["layers_added"] == ["ours.yaml"]
    assert "ours.yaml was added" in words(Path("out/index.html").read_text(encoding="utf-8"))
    assert board()["last_run"]["layers_removed"] == ["ours.yaml"]
    assert "ours.yaml was removed" in words(Path("out/index.html").read_text(encoding="utf-8"))


def test_each_run_has_a_number() -> None:
    patient("a.json", "a")
    assert [board()["run"] for _ in range(3)] == [1, 2, 3]
    assert "Compared with run 2, made on " in words(Path("out/index.html").read_text(encoding="utf-8"))


def test_an_empty_file_is_named_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    patient("a.json", "a")
    Path("ward/empty.yaml").write_text("")
    Path("ward/month.yaml").write_text("id: m\ntherapies: [{regimen: VRd, stop: 2026-13}]\n")
    index = board(status=4)
    assert "ward/empty.yaml: the file is empty" in capsys.readouterr().err
    (month,) = [u["problems"][0] for u in index["unread"] if u["file"] == "month.yaml"]
    assert month["message"] == "there is no such month; write `ongoing` if the therapy goes on"
