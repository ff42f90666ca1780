"""Sheets for a tumour board: one for each patient, an index, and what has changed since the last run."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from mmadvisor.cohort.board import read_earlier, sheet_name
from mmadvisor.desk.cli import run
from mmadvisor.files.schemas import SCHEMAS
from mmadvisor.render import board_words, short
from tests import ROOT
from tests.builders.wards import EVIL, PATIENT, mode, ward
from tests.house.test_schemas import amiss

pytestmark = pytest.mark.usefixtures("here")

FRESH: dict[str, Any] = {
    "assessed_on": "2026-10-05",
    "demographics": {"age": 68, "sex": "male"},
    "fitness": {"ecog": 1},
    "disease": {"state": "relapsed", "relapse": {"kind": "clinical"}},
    "therapies_complete": True,
    "therapies": [
        {"regimen": "VRd", "intent": "induction", "start": "2021-01-05", "stop": "2021-06-01", "best_response": "VGPR"},
        {"agents": ["lenalidomide"], "intent": "maintenance", "start": "2021-09-01", "stop": "2024-02-01",
         "progressed_on": "2024-01-20"},
    ],
    "access": {"jurisdiction": "EU"},
}  # fmt: skip


def patient(name: str, id: str, **fields: Any) -> Path:
    place = Path("ward") / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps({"id": id, **FRESH, **fields}), encoding="utf-8")
    return place


def board(*words: str, status: int = 0) -> dict[str, Any]:
    assert run(["board", "ward", "--output", "out", "--as-of", "2026-11-01", *words]) == status
    found: dict[str, Any] = json.loads(Path("out/index.json").read_text(encoding="utf-8"))
    return found


def page() -> str:
    return unescape(Path("out/index.html").read_text(encoding="utf-8"))


def row(index: dict[str, Any], id: str) -> dict[str, Any]:
    (found,) = [r for r in index["patients"] if r["patient"]["id"] == id]
    return dict(found)


def files(folder: str = "out") -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()}


def test_each_patient_has_the_sheet_of_recommend_and_a_row_of_the_index(capsys: pytest.CaptureFixture[str]) -> None:
    ward("b/hk.yaml")
    patient("z.json", "a-1")
    index = board()
    out, err = capsys.readouterr()
    assert [r["patient"]["id"] for r in index["patients"]] == ["a-1", "hk-001"]
    assert "2 answered, 0 failed" in err and "Tumour board: 2 patients, as of 2026-11-01" in out
    made = row(index, "hk-001")
    assert run(["recommend", str(PATIENT), "--board", "--as-of", "2026-11-01", "-o", "sheet.html"]) == 0
    assert Path("out", made["sheet"]).read_bytes() == Path("sheet.html").read_bytes()
    assert run(["recommend", str(PATIENT), "-f", "json", "--as-of", "2026-11-01", "-o", "a.json"]) == 0
    answer = json.loads(Path("a.json").read_text())
    first = [o for o in answer["options"] if o["rank"] == answer["options"][0]["rank"]]
    assert [o["regimen"] for o in made["first"]] == [o["regimen"] for o in first] == ["elranatamab", "teclistamab"]
    assert all(o["tied"] and o["confirmed"] for o in made["first"])
    assert made["file"] == "b/hk.yaml" and made["ask"][0]["field"] == answer["missing"][0]["field"]
    shown = page()
    for o in first:
        assert f"1= {o['regimen']}" in shown and short.access(o, answer["place"]) in shown
    assert all(f'href="{r["sheet"]}"' in shown for r in index["patients"])


def test_the_index_is_what_its_schema_says() -> None:
    ward("a.yaml")
    patient("b.json", "b", labs={"calcium_mmol_per_l": 3.2}, co_medication=["warfarin", "xyzzy"])
    Path("ward/c.yaml").write_text("id: c\ntherapies: [{regimen: VRdd}]\n")
    board(status=4)
    Path("ward/a.yaml").unlink()
    patient("b.json", "b")
    schema = SCHEMAS["board-index"]()
    index = board(status=4)
    assert index["schema"] == schema["title"] and index["last_run"] and index["old_sheets"]
    assert list(amiss(schema, index, schema["$defs"])) == []


def test_a_provisional_order_is_marked_as_not_confirmed() -> None:
    patient("a.json", "a")
    made = row(board(), "a")
    assert made["provisional"] and not any(o["confirmed"] for o in made["provisional"])
    assert all(o["provided"] for o in made["provisional"])
    first = made["provisional"][0]["regimen"]
    assert re.search(rf"1\?=? {re.escape(first)}</b> [^<]*not confirmed", page())
    assert f"First confirm: {made['provisional'][0]['provided'][0]}" in page()
    assert run(["board", "ward", "-o", "out", "-f", "markdown"]) == 0


def test_emergencies_and_treat_now_stand_above_the_patients() -> None:
    patient("a.json", "calm", disease={"state": "responding"}, therapies=FRESH["therapies"][:1])
    patient("b.json", "high", labs={"calcium_mmol_per_l": 3.2})
    patient("c.json", "to-treat")
    index = board()
    assert row(index, "high")["treat_now"]["emergencies"][0]["emergency"] == "hypercalcaemia"
    shown = page()
    order = [shown.index(f'id="{part}"') for part in ("urgent", "treat", "since", "patients")]
    assert order == sorted(order)
    assert row(index, "high")["treat_now"]["emergencies"][0]["text"] in shown[order[0] : order[1]]
    assert "to-treat" in shown[order[1] : order[2]] and "high" not in shown[order[1] : order[2]]
    assert "calm" not in shown[order[0] : order[2]]


def test_what_is_never_cut_is_in_the_index() -> None:
    patient("a.json", "a", co_medication=["xyzzy"], comorbidities={"active_infection_grade": 0, "hepatitis_b": "carrier"},
            labs={"lvef_percent": 30})  # fmt: skip
    made = row(board(), "a")
    shown = page()
    assert made["unchecked"] == ["xyzzy"] and "Not checked for interactions: xyzzy" in shown
    for o in [*made["provisional"], *made["first"]]:
        for caution in o["strong"]:
            assert caution["text"] in shown
    for text in made["treat_now"]["contradictions"]:
        assert text in shown


def test_a_rerun_names_what_has_changed(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("gone", "new-line", "same"):
        patient(f"{name}.json", name, comorbidities={"active_infection_grade": 0})
    hk = ward("hk.yaml") / "hk.yaml"
    first = board()
    assert first["last_run"] is None and not any(r["new"] or r["changes"] for r in first["patients"])
    assert "nothing to compare" in page()
    Path("ward/gone.json").unlink()
    patient("fresh.json", "fresh")
    hk.write_text(hk.read_text().replace("bispecific_centre: true", "bispecific_centre: false"))
    more = {"regimen": "DPd", "intent": "relapse", "start": "2024-03-01", "stop": "2025-03-01",
            "progressed_on": "2025-02-20"}  # fmt: skip
    patient(
        "new-line.json",
        "new-line",
        therapies=[*FRESH["therapies"], more],
        comorbidities={"active_infection_grade": 0},
        labs={"calcium_mmol_per_l": 3.2},
    )
    capsys.readouterr()
    second = board()
    out = capsys.readouterr().out
    assert second["gone"] == ["gone"] and "No longer in the folder: gone" in out
    assert row(second, "fresh")["new"] and "New: fresh" in out
    assert row(second, "same")["changes"] == [] and row(second, "same")["file_changed"] is False
    changed = {c["about"]: c for c in row(second, "new-line")["changes"]}
    assert changed["prior lines"]["before"] == ["1"] and changed["prior lines"]["after"] == ["2"]
    assert changed["emergencies"] == {"about": "emergencies", "before": [], "after": ["hypercalcaemia"]}
    assert row(second, "new-line")["file_changed"] is True
    moved = {c["about"]: c for c in row(second, "hk-001")["changes"]}["first option"]
    assert moved["before"] == ["elranatamab", "teclistamab"] == [o["regimen"] for o in row(first, "hk-001")["first"]]
    assert moved["after"] == [o["regimen"] for o in row(second, "hk-001")["first"]] != moved["before"]
    assert second["last_run"]["same_catalogue"] and second["last_run"]["same_program"]
    for change in [*changed.values(), moved]:
        assert f"{change['about']}: {'; '.join(change['after']) or 'none'} (before: " in page()
    third = board()
    assert not any(r["new"] or r["changes"] for r in third["patients"]) and not third["gone"]


def test_the_sheet_of_a_patient_who_is_gone_stays_and_is_named_until_it_is_removed() -> None:
    patient("a.json", "a")
    patient("b.json", "b")
    sheet = row(board(), "b")["sheet"]
    before = Path("out", sheet).read_bytes()
    Path("ward/b.json").unlink()
    for _ in range(2):
        old = {"id": "b", "file": "b.json", "sheet": sheet, "why": "gone"}
        assert board()["old_sheets"] == [old] and Path("out", sheet).read_bytes() == before
        assert sheet in page()
    Path("out", sheet).unlink()
    assert board()["old_sheets"] == []


def test_another_patient_in_the_same_file_does_not_get_the_sheet_of_the_first() -> None:
    patient("a.json", "first")
    sheet = row(board(), "first")["sheet"]
    before = Path("out", sheet).read_bytes()
    patient("a.json", "second")
    index = board()
    made = row(index, "second")
    assert made["new"] and made["sheet"] != sheet and Path("out", sheet).read_bytes() == before
    assert made["changes"] == [{"about": "patient in this file", "before": ["first"], "after": ["second"]}]
    assert index["gone"] == ["first"] and index["old_sheets"][0]["sheet"] == sheet


def test_a_file_that_has_moved_is_the_same_patient() -> None:
    patient("a.json", "a")
    sheet = row(board(), "a")["sheet"]
    Path("ward/sub").mkdir()
    Path("ward/a.json").rename("ward/sub/a.json")
    index = board()
    made = row(index, "a")
    assert not made["new"] and not made["changes"] and not index["gone"]
    assert index["old_sheets"] == [{"id": "a", "file": "a.json", "sheet": sheet, "why": "replaced"}]


def test_an_invalid_file_is_a_row_with_its_position_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    patient("a.json", "a")
    patient("b.json", "b")
    sheet = row(board(), "b")["sheet"]
    Path("ward/b.json").write_text('{"id": "b",\n "therapies": [{"regimen": "VRdd"}]}')
    capsys.readouterr()
    index = board(status=4)
    err = capsys.readouterr().err
    assert "ward/b.json:2:17: therapies[0].regimen" in err and "VRdd" not in err and "1 answered, 1 failed" in err
    assert [r["patient"]["id"] for r in index["patients"]] == ["a"] and index["gone"] == []
    (failed,) = index["unread"]
    assert failed["file"] == "b.json" and failed["new"] and failed["problems"][0]["line"] == 2
    assert index["old_sheets"] == [{"id": "b", "file": "b.json", "sheet": sheet, "why": "unread"}]
    assert "line 2, column 17: therapies[0].regimen" in page() and "Did you mean VRd?" in page()
    assert not board(status=4)["unread"][0]["new"]
    patient("b.json", "b")
    made = row(board(), "b")
    assert not made["new"] and made["changes"][0]["before"] == ["could not be answered"]


def test_two_files_with_one_id_have_two_sheets_and_each_row_names_the_other_file() -> None:
    patient("a.json", "same")
    patient("b.json", "same", disease={"state": "responding"})
    index = board()
    assert [(r["file"], r["same_id"]) for r in index["patients"]] == [("a.json", ["b.json"]), ("b.json", ["a.json"])]
    assert len({r["sheet"] for r in index["patients"]}) == 2
    assert "The same id is in b.json: is it the same patient?" in page() and "same (a.json)" in page()
    patient("b.json", "same")
    again = board()
    assert [bool(r["changes"]) for r in again["patients"]] == [False, True]


def test_names_of_sheets_are_safe_stable_and_differ_even_where_case_is_none() -> None:
    ids = [
        "A",
        "a",
        "../../etc/passwd",
        "/abs",
        "",
        " ",
        "CON",
        "index",
        "x" * 300,
        EVIL,
        "\ud800",
        "é",
        "e\u0301",
        "a/b",
        "a\\b",
    ]
    names = [sheet_name(id, "p.yaml") for id in ids]
    assert len({name.casefold() for name in names}) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9._][a-z0-9._-]*-[0-9a-f]{10}\.html", name) and len(name) < 90 for name in names)
    assert not any(name.startswith(".") for name in names)
    assert sheet_name("hk-001", "a.yaml") == sheet_name("hk-001", "a.yaml") != sheet_name("hk-001", "b.yaml")


def test_a_hostile_id_and_file_name_harm_nothing() -> None:
    id = '"><script>alert(1)</script>'
    patient("a.json", id)
    patient('"><img src=x>\u202e.json', EVIL)
    Path('ward/<b>"bad.json').write_text("{")
    index = board(status=4)
    raw = Path("out/index.html").read_text(encoding="utf-8")
    assert "<script" not in raw and "<img" not in raw and '<b>"' not in raw
    assert not {"\u202e", "\x9b", "\x7f"} & set(raw)
    assert {Path("out", r["sheet"]).parent for r in index["patients"]} == {Path("out")}
    assert set(files()) == {"index.html", "index.json", *(r["sheet"] for r in index["patients"])}


def test_new_files_are_for_their_owner_and_an_existing_one_keeps_its_mode() -> None:
    patient("a.json", "a")
    sheet = row(board(), "a")["sheet"]
    assert {mode(f"out/{name}") for name in files()} == {0o600} and mode("out") == 0o700
    Path("out", sheet).chmod(0o640)
    Path("out/index.html").chmod(0o644)
    board()
    assert mode(f"out/{sheet}") == 0o640 and mode("out/index.html") == 0o644 and mode("out/index.json") == 0o600


@pytest.mark.parametrize("target", ["ward", "ward/out", "linked", "-", "p.yaml", "p.yaml/x", ""])
def test_nothing_is_written_over_or_inside_an_input(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    ward("a.yaml")
    Path("linked").symlink_to("ward")
    before = files(".")
    assert run(["board", "ward", "-o", target]) == 2
    assert capsys.readouterr().err.startswith("error: ") and files(".") == before


def test_a_sheet_is_not_written_through_a_link_to_an_input_or_to_another_sheet() -> None:
    patient("a.json", "a")
    patient("b.json", "b")
    Path("out").mkdir()
    Path("out", sheet_name("a", "a.json")).symlink_to("../ward/a.json")
    Path("out", sheet_name("b", "b.json")).symlink_to("../ward/b.json")
    before = files("ward")
    assert len(board(status=4)["unread"]) == 2 and files("ward") == before
    for name in ("a", "b"):
        Path("out", sheet_name(name, f"{name}.json")).unlink()
    Path("out", sheet_name("b", "b.json")).symlink_to(sheet_name("a", "a.json"))
    assert [u["file"] for u in board(status=4)["unread"]] == ["b.json"]
    assert ">a <" in Path("out", sheet_name("a", "a.json")).read_text()


def test_no_file_of_a_run_is_written_over_a_layer_or_a_profile(capsys: pytest.CaptureFixture[str]) -> None:
    patient("a.json", "a")
    shutil.copy(ROOT / "docs" / "hospital-formulary.yaml", "layer.yaml")
    Path("order.yaml").write_text("id: ours\nname: Ours\norder: [evidence]\n")
    Path("out").mkdir()
    sheet = Path("out", sheet_name("a", "a.json"))
    for name, option in (("layer.yaml", "--catalogue"), ("order.yaml", "--profile")):
        before = Path(name).read_bytes()
        sheet.symlink_to(f"../{name}")
        assert run(["board", "ward", "-o", "out", option, name]) == 2
        assert "the same file as an input" in capsys.readouterr().err and Path(name).read_bytes() == before
        sheet.unlink()


@pytest.mark.parametrize("text", ["{}", "[1]", "not json", '{"schema": "mmadvisor/board-index/2"}', "[" * 100_000])
def test_another_index_is_not_overwritten(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    ward("a.yaml")
    Path("out").mkdir()
    Path("out/index.json").write_text(text)
    assert run(["board", "ward", "-o", "out"]) == 2
    assert "index of an earlier run" in capsys.readouterr().err and set(files()) == {"index.json"}
    assert Path("out/index.json").read_text() == text


def test_what_an_earlier_index_lacks_is_not_compared_and_its_names_lead_nowhere_else() -> None:
    patient("a.json", "a")
    index = board()
    made = index["patients"][0]
    made["compared"] = {"prior lines": ["7"], "first option": "text"}
    index["old_sheets"] = [
        {"id": "x", "file": "x", "sheet": name} for name in ("../p.yaml", "index.html", "javascript:1")
    ]
    index["unread"] = [1]
    Path("out/index.json").write_text(json.dumps(index))
    again = board()
    assert row(again, "a")["changes"] == [{"about": "prior lines", "before": ["7"], "after": ["1"]}]
    assert again["old_sheets"] == []
    earlier = read_earlier(Path("out/index.json"))
    assert earlier is not None and earlier.unread == ()


def test_another_catalogue_or_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    patient("a.json", "a")
    board()
    shutil.copy(ROOT / "docs" / "hospital-formulary.yaml", "layer.yaml")
    index = board("--catalogue", "layer.yaml")
    assert not index["last_run"]["same_catalogue"] and "The catalogue is another one" in page()
    index["engine"]["version"] = "0.0.1"
    Path("out/index.json").write_text(json.dumps(index))
    board("--catalogue", "layer.yaml")
    assert "The program is another version: 0.0.1" in page()


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--jurisdiction", "XX"], "no jurisdiction"), (["--profile", "nonsense"], "no profile"),
     (["--as-of", "soon"], "--as-of"), (["--catalogue", "nowhere"], "nowhere"), (["--format", "ics"], "table, json")],
)  # fmt: skip
def test_a_wrong_option_is_found_before_anything_is_written(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ward("a.yaml")
    assert run(["board", "ward", "-o", "out", *words]) in (2, 3)
    assert said in capsys.readouterr().err and not files()


def test_options_reach_every_sheet() -> None:
    patient("a.json", "a")
    assert row(board("-j", "US", "--if-relapse"), "a")["jurisdiction"] == "US"
    assert row(board("-j", "US"), "a")["patient"]["assessed_on"] == "2026-11-01"


def test_a_folder_without_patients_and_a_file_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    assert run(["board", "empty", "-o", "out"]) == 3
    assert run(["board", "p.yaml", "-o", "out"]) == 2
    assert "is not a folder" in capsys.readouterr().err and not Path("out").exists()


def test_a_run_that_is_stopped_leaves_the_last_index(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    patient("a.json", "a")
    patient("b.json", "b")
    board()
    before = Path("out/index.json").read_bytes()
    from mmadvisor.reports import recommend as advice

    real = advice.advise

    def advise(*args: Any, **kwargs: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return real(*args, **kwargs)

    monkeypatch.setattr(advice, "advise", advise)
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert run(["board", "ward", "-o", "out"]) == 130
    finally:
        signal.signal(signal.SIGINT, usual)
    assert "stopped after 1 of 2 files: 1 answered, 0 failed; the index was not written" in capsys.readouterr().err
    assert Path("out/index.json").read_bytes() == before


def test_a_full_disk_is_told_and_leaves_no_part(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    patient("a.json", "a")

    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fchmod", full)
    assert run(["board", "ward", "-o", "out"]) == 2
    assert "No space left" in capsys.readouterr().err and files() == {}


def test_progress_is_shown_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    patient("a.json", "a")
    board()
    assert capsys.readouterr().err == "1 answered, 0 failed\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    board()
    assert "1/1" in capsys.readouterr().err


def test_the_index_is_printed_in_the_format_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    patient("a.json", "a")
    made = board("-f", "json")
    assert json.loads(capsys.readouterr().out) == made
    board("-f", "html")
    out = capsys.readouterr().out
    assert out == Path("out/index.html").read_text() and out.startswith("<!doctype html>")
    board("-f", "markdown")
    assert capsys.readouterr().out.startswith("# Tumour board")


def test_a_deferred_regimen_before_the_first_option_is_named() -> None:
    found = {"waiting": [{"regimen": "cilta-cel", "would_rank": 1, "once": "the infection is below grade 3"}]}
    made: Any = {"instead": [], "lanes": [], **found}
    assert board_words.instead(made) == ["Once the infection is below grade 3: 1 cilta-cel"]
    patient("a.json", "a", comorbidities={"active_infection_grade": 3})
    index = board()
    waiting = row(index, "a")["waiting"]
    assert waiting and waiting[0]["would_rank"] == 1 and waiting[0]["regimen"] in page()


def test_files_that_are_not_read_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt ending would lose a patient without a word."""
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(ROOT / "examples" / "partial-dates.yaml", folder)
    for name in ("r13.ymal", "notes.txt", ".hidden"):
        (folder / name).touch()
    assert run(["board", str(folder), "-o", str(tmp_path / "out"), "-f", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["passed_over"] == ["notes.txt", "r13.ymal"]
    assert "r13.ymal" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    for words in (["validate", str(folder)], ["batch", str(folder), "-o", str(tmp_path / "o.ndjson")]):
        assert run(words) == 0
        assert "notes.txt, r13.ymal" in capsys.readouterr().err


def test_the_patients_stand_in_the_order_of_urgency(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    relapsed = {"state": "relapsed", "relapse": {"kind": "clinical"}}
    therapies = [{"regimen": "VRd", "start": "2021-03", "stop": "2021-09"}]
    leukaemia = relapsed | {"circulating_plasma_cells_percent": 12}
    for name, disease, labs in (
        ("a", {"state": "responding"}, {}),
        ("b", relapsed, {}),
        ("c", leukaemia, {}),
        ("d", relapsed, {"calcium_mmol_per_l": 3.4}),
    ):
        made = {"id": name, "assessed_on": "2026-10-05", "disease": disease, "labs": labs, "therapies": therapies}
        (folder / f"{name}.json").write_text(json.dumps(made), encoding="utf-8")
    assert run(["board", str(folder), "-o", str(tmp_path / "out"), "-f", "json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert [r["patient"]["id"] for r in made["patients"]] == ["d", "c", "b", "a"]
