"""The linter finds what is planted; the commands over the catalogue answer, filter and compare."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from conftest import DAY, LOADED, answer_for
from mmadvisor.browse import catalogue_entry, catalogue_list, comparison
from mmadvisor.catalogue import criterion_from
from mmadvisor.cli import run
from mmadvisor.difference import answers_differ, difference
from mmadvisor.errors import EXIT_DONE, EXIT_INVALID_INPUT, EXIT_USAGE, UsageError
from mmadvisor.handling import Restart
from mmadvisor.layers import builtin_folder, inspect, load, load_alone
from mmadvisor.lint import contradiction, counts, errors
from patients import RECORDS

CATALOGUE = LOADED.catalogue
TODAY = date(2026, 11, 24)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the catalogue's files to plant errors in."""
    folder = tmp_path / "data"
    shutil.copytree(builtin_folder(), folder, ignore=shutil.ignore_patterns("*.json"))
    return folder


def plant(folder: Path, name: str, old: str, new: str) -> int:
    """Replace the first occurrence; returns the line where it begins."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


NOBODY = "{kind: trial, title: A, year: 2020, read_on: 2026-01-01, verified: primary}"
# One planted error of each kind: file, what stands there, what is written instead, what is said.
PLANTED: list[tuple[str, str, str, str, str]] = [
    ("not YAML", "rules.yaml", "rules:\n", "rules: [\n", "YAML"),
    ("unknown key", "regimens.yaml", "  intensity: ", "  intensty: ", "intensity"),
    ("dangling source", "rules.yaml", "source: cartitude1-flow", "source: cartitude1-flew", "no source cartitude1-flew"),
    ("uncited source", "sources.yaml", "sources:\n", f"sources:\n  nobody: {NOBODY}\n", "nothing cites this source"),
    ("unknown agent", "regimens.yaml", "- agent: daratumumab\n", "- agent: daratumumap\n", "no agent daratumumap"),
    ("unknown class", "rules.yaml", "to_any: [BCMA-directed]", "to_any: [BCMA]", "no agent or class BCMA"),
    ("unknown field", "rules.yaml", "field: fitness.ecog", "field: fitness.ekog", "no field fitness.ekog"),
    ("double id", "regimens.yaml", "- id: DVd\n", "- id: DRd\n", "more than one of the regimens has the id DRd"),
    ("contradictory criteria", "jurisdictions/us.yaml", "type: prior-lines, at_least: 1, at_most: 3",
     "type: prior-lines, at_least: 4, at_most: 3", "at least 4 and at most 3"),
    ("empty interval", "regimens.yaml", "hr_ci95: [0.57, 0.83]", "hr_ci95: [0.83, 0.57]", "outside its own interval"),
    ("wrong value", "regimens.yaml", "modality: bispecific", "modality: trispecific", "modality"),
    ("overlapping restarts", "handling.yaml", "days_from: 29, days_to: 56", "days_from: 20, days_to: 56", "overlap"),
    ("unknown regimen", "settings.yaml", "{regimen: D-VRd,", "{regimen: D-VRt,", "no regimen D-VRt"),
    ("impossible share", "regimens.yaml", "orr_percent: 63.0", "orr_percent: 630", "630 is no percentage"),
    ("dates reversed", "jurisdictions/us.yaml", "since: 2021-02-26, until: 2024-02-23", "since: 2025-02-26, until: 2024-02-23",
     "before it begins"),
    ("investigational and approved", "regimens.yaml", "  modality: car-t\n  intensity: high\n  agents: [{agent: zevor",
     "  modality: car-t\n  investigational: true\n  intensity: high\n  agents: [{agent: zevor", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "file", "old", "new", "said"), PLANTED, ids=[p[0] for p in PLANTED])
def test_the_linter_finds_what_is_planted(
    data: Path, name: str, file: str, old: str, new: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = plant(data, file, old, new)
    if name == "investigational and approved":
        plant(data, "jurisdictions/us.yaml", "zevor-cel: {status: not-available", "zevor-cel: {status: approved")
        said = "marked investigational"
    found = inspect(data, TODAY, 999)
    assert [p for p in found.problems if said in str(p)], [str(p) for p in found.problems]
    if name not in ("double id", "investigational and approved", "uncited source"):
        near = [p for p in found.problems if p.file.endswith(file) and abs(p.line - line) <= 12]
        assert near, [str(p) for p in found.problems]
    assert run(["catalogue", "check", str(data)]) == EXIT_INVALID_INPUT
    assert re.search(
        rf"{re.escape(file)}:\d+:\d+|sources.yaml:\d+:\d+|us.yaml:\d+:\d+", capsys.readouterr().out.replace("\n", "")
    )


CLAIM = "source: s, verified: primary"
LISTED = f"jurisdictions:\n  US:\n    name: US\n    listings:\n      DKd: {{status: approved, {CLAIM}, indications: [\n"
# One error of each kind in a layer: what is said of it on the line that ends with `# here`.
WRONG: list[tuple[str, str, str]] = [
    ("no such day", f"{LISTED}      {{since: 2026-02-30, criteria: [], {CLAIM}}} # here\n      ]}}", "there is no such day"),
    ("no date", f"{LISTED}      {{since: soon, criteria: [], {CLAIM}}} # here\n      ]}}", "a date is written 2024-03-18"),
    ("no such end", f"{LISTED}      {{until: 2026-00, criteria: [], {CLAIM}}} # here\n      ]}}", "there is no such month"),
    ("a year that is a number", f"{LISTED}      {{since: 2026, criteria: [], {CLAIM}}} # here\n      ]}}", "quote it"),
    ("no day of reading", "  t: {kind: trial, title: A, year: 2020, read_on: 2026-04-31, verified: primary} # here",
     "there is no such day"),
    ("no day of revision", "  t: {kind: label, title: A, year: 2020, read_on: null, revision: 2026-13, verified: primary} # here",
     "there is no such month"),
    ("placed on no day", f"settings:\n- id: x\n  name: x\n  when: []\n  placements:\n  - {{regimen: DKd, level: option, by: A, dated: 2026-13, {CLAIM}}} # here",
     "there is no such month"),
    ("reviewed on no day", "reviewed_on: lately # here", "a date is written 2024-03-18"),
]  # fmt: skip


def layer_of(folder: Path, text: str) -> Path:
    """A layer with a source `s` and what is given; text that is indented is more sources."""
    path = folder / "layer.yaml"
    source = "sources:\n  s: {kind: trial, title: A, year: 2020, read_on: 2026-01-01, verified: primary}\n"
    path.write_text(source + text + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("name", "text", "said"), WRONG, ids=[w[0] for w in WRONG])
def test_an_error_in_a_layer_is_told_on_its_line_and_stops_an_answer(
    tmp_path: Path, name: str, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = layer_of(tmp_path, text)
    line = 1 + path.read_text(encoding="utf-8").split("# here")[0].count("\n")
    found = inspect(path, TODAY, 999).problems
    assert [p for p in found if said in p.message and p.line == line and p.file == str(path)], [str(p) for p in found]
    assert run(["catalogue", "check", str(path)]) == EXIT_INVALID_INPUT
    assert run(["explain", "DKd", "--catalogue", str(path)]) == EXIT_INVALID_INPUT
    assert f"layer.yaml:{line}:" in capsys.readouterr().err


def test_old_readings_and_marks_above_their_source_are_doubtful_not_wrong(data: Path) -> None:
    assert inspect(data, TODAY, 12).problems == []
    in_two_years = inspect(data, date(2028, 12, 1), 12)
    assert in_two_years.problems == []
    assert any("months ago" in w.message for w in in_two_years.warnings)
    plant(data, "rules.yaml", "source: cart-recalled, verified: unverified", "source: cart-recalled, verified: primary")
    (warning,) = [w for w in inspect(data, TODAY, 12).warnings if "marked primary" in w.message]
    assert warning.file.endswith("rules.yaml") and warning.line > 1


def test_a_regimen_that_no_jurisdiction_opens_is_doubtful(data: Path) -> None:
    for code in ("us", "eu", "uk", "hk"):
        path = data / "jurisdictions" / f"{code}.yaml"
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
        for jurisdiction in tree["jurisdictions"].values():
            jurisdiction["listings"].pop("Kd", None)
        path.write_text(yaml.safe_dump(tree, default_flow_style=False), encoding="utf-8")
    assert any("no jurisdiction opens" in w.message and "Kd" in w.path for w in inspect(data, TODAY, 99).warnings)


def test_the_shipped_catalogue_has_no_error_and_enough_of_it_was_read() -> None:
    assert list(errors(CATALOGUE)) == []
    found = counts(CATALOGUE)
    assert found["regimens"] >= 60 and found["agents"] >= 60
    assert found["deciding_read_percent"] >= 80
    assert found["jurisdictions"].keys() == {"US", "EU", "UK", "HK"}


CRITERIA = st.sampled_from([
    {"type": "prior-lines", "at_least": 2}, {"type": "prior-lines", "at_most": 1},
    {"type": "number", "field": "fitness.ecog", "at_most": 1}, {"type": "number", "field": "fitness.ecog", "above": 1},
    {"type": "value", "field": "comorbidities.dialysis", "one_of": [True]},
    {"type": "value", "field": "comorbidities.dialysis", "none_of": [True]},
    {"type": "state", "one_of": ["relapsed"]}, {"type": "state", "one_of": ["newly_diagnosed"]},
    {"type": "frailty", "at_most": "fit"}, {"type": "frailty", "at_least": "frail"},
    {"type": "exposed", "to_each": ["PI"]}, {"type": "not", "criterion": {"type": "exposed", "to_any": ["PI"]}},
    {"type": "refractory", "to_each": ["IMiD"]}, {"type": "transplant-eligible", "eligible": False},
])  # fmt: skip


@given(st.lists(CRITERIA, min_size=1, max_size=5), st.sampled_from(sorted(RECORDS)))
def test_what_is_called_contradictory_nobody_meets(raw: list[dict[str, Any]], record: str) -> None:
    from mmadvisor.history import History
    from mmadvisor.reading import patient_from
    from mmadvisor.truth import Truth

    criteria = [criterion_from(c) for c in raw]
    if contradiction(criteria):
        patient = patient_from(RECORDS[record], CATALOGUE.formulary).patient
        history = History(patient.seen_on(DAY), CATALOGUE.formulary, CATALOGUE.definitions, DAY)
        assert any(c.decide(history, CATALOGUE.words).truth is not Truth.MET for c in criteria)


# --- restart rows -------------------------------------------------------------------------------


RESTARTS = [(agent, row) for agent, handling in CATALOGUE.handling.items() for row in handling.restarts]


@pytest.mark.parametrize(("agent", "row"), RESTARTS, ids=lambda x: x if isinstance(x, str) else x.last_dose)
def test_a_row_that_was_not_read_gives_no_dose_on_the_page(agent: str, row: Restart) -> None:
    from mmadvisor.page import regimen_page

    regimen = next(r for r in CATALOGUE.regimens if agent in r.agent_ids and (not row.regimens or r.id in row.regimens))
    page = regimen_page(CATALOGUE, regimen.id, LOADED.stamp())
    shown = next(a for a in page["agents"] if a["agent"] == agent)["restarts"]
    mine = [r for r in shown if r["last_dose"] == row.last_dose and r.get("schedule", "") == row.schedule]
    if row.usable:
        assert any(r.get("days_from") == row.days_from and r["dose"] == row.dose for r in mine)
    else:
        unusable = [r for r in mine if not r["usable"]]
        assert unusable and all("dose" not in r and "check the current label" in r["text"] for r in unusable)


def test_a_superseded_row_is_not_usable_however_well_it_was_read() -> None:
    row = Restart(
        last_dose="1 mg", action="continue", text="go on", days_from=0, days_to=7, source="x", verified="primary"
    )
    assert row.usable and not row.but(superseded="a later label").usable
    assert not row.but(verified="unverified").usable and not row.but(action="check-label").usable


# --- list, show, compare ------------------------------------------------------------------------


def names(**filters: Any) -> set[str]:
    return {r["regimen"] for r in catalogue_list(CATALOGUE, TODAY, **filters)["regimens"]}


def test_the_list_filters_by_class_target_setting_use_and_place() -> None:
    assert {"DKd", "Kd"} <= names(drug_class="pi") and "Pd" not in names(drug_class="PI")
    assert {"elranatamab", "cilta-cel", "BVd"} <= names(target="BCMA") and "talquetamab" not in names(target="BCMA")
    assert names(setting="after-gprc5d") == {
        p.regimen for s in CATALOGUE.settings if s.id == "after-gprc5d" for p in s.placements
    }
    assert "R-maintenance" in names(use="maintenance") and "DKd" not in names(use="maintenance")
    assert "eque-cel" in names(jurisdiction="HK") and "eque-cel" not in names(jurisdiction="EU")
    assert names(drug_class="PI", jurisdiction="US") == names(drug_class="PI") & names(jurisdiction="US")


def test_the_list_knows_what_was_approved_on_a_day() -> None:
    then, now = (names(jurisdiction="US", approved_on=day) for day in (date(2022, 6, 1), TODAY))
    assert "Melflufen-d" in then and "Melflufen-d" not in now  # withdrawn in February 2024
    assert "elranatamab" in now and "elranatamab" not in then  # approved in August 2023
    assert "Tec-Dara" in now and "Tec-Dara" not in names(jurisdiction="US", approved_on=date(2026, 3, 1))


def test_no_filter_shows_everything_and_a_wrong_one_names_the_nearest() -> None:
    assert names() == CATALOGUE.regimen_by_id.keys()
    for filters in ({"drug_class": "PIs"}, {"target": "BCMAA"}, {"setting": "debulkin"}, {"jurisdiction": "USA"}):
        with pytest.raises(UsageError, match="Did you mean"):
            names(**filters)


def test_an_agent_a_source_and_a_setting_show_what_hangs_on_them() -> None:
    agent = catalogue_entry(CATALOGUE, "Kyprolis")
    assert agent["kind"] == "agent" and agent["id"] == "carfilzomib" and "DKd" in agent["regimens"]
    assert agent["claims"]["hepatic"] and agent["sources"]
    source = catalogue_entry(CATALOGUE, "rajkumar-2015")
    assert source["kind"] == "source" and source["cited_by"]
    setting = catalogue_entry(CATALOGUE, "t-11-14")
    assert setting["kind"] == "setting" and "VenVd" in setting["regimens"]
    with pytest.raises(UsageError, match="mmadvisor explain DKd"):
        catalogue_entry(CATALOGUE, "DKd")
    with pytest.raises(UsageError, match="Did you mean"):
        catalogue_entry(CATALOGUE, "carfilzomibb")


def test_compare_answers_every_question_for_each_regimen() -> None:
    made = comparison(CATALOGUE, ["DKd", "isa-kd", "Kd"], LOADED.stamp(), TODAY)
    assert made["regimens"] == ["DKd", "IsaKd", "Kd"]
    assert all(len(row["cells"]) == 3 for row in made["rows"])
    rows = {row["name"]: row["cells"] for row in made["rows"]}
    assert "28.1" in json.dumps(rows["Evidence"][0]) and rows["US"][0][0]["text"].startswith("approved")
    cited = {c["source"] for row in made["rows"] for cell in row["cells"] for c in cell if c["source"]}
    assert cited == made["sources"].keys()
    with pytest.raises(UsageError, match="two different"):
        comparison(CATALOGUE, ["DKd", "dkd"], LOADED.stamp(), TODAY)


def test_compare_with_a_patient_begins_with_the_verdicts() -> None:
    answer = answer_for(**RECORDS["len-refractory"])
    made = comparison(CATALOGUE, ["DKd", "DRd"], LOADED.stamp(), TODAY, answer)
    first = made["rows"][0]
    assert first["name"] == "For this patient"
    assert "rank" in first["cells"][0][0]["text"] and first["cells"][1][0]["text"] == "ineligible"
    assert any("lenalidomide" in c["text"] for c in first["cells"][1])


@pytest.mark.parametrize(
    "arguments",
    [["compare", "DKd", "IsaKd"], ["compare", "DKd", "IsaKd", "Kd", "DVd"], ["catalogue", "list", "--target", "BCMA"],
     ["catalogue", "show", "daratumumab"], ["catalogue", "check"], ["catalogue", "diff", "builtin", "builtin"],
     ["explain", "elranatamab"], ["explain", "cilta-cel"]],
    ids=lambda a: " ".join(a),
)  # fmt: skip
def test_the_commands_fit_a_narrow_terminal_and_speak_json(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(arguments) == EXIT_DONE
    text = capsys.readouterr().out
    assert all(len(line) <= 80 for line in text.splitlines()), [x for x in text.splitlines() if len(x) > 80]
    assert "\\x0a" not in text and "None" not in text
    assert run([*arguments, "--format", "json"]) == EXIT_DONE
    assert json.loads(capsys.readouterr().out)["schema"].startswith("mmadvisor/")


def test_the_catalogue_commands_refuse_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["compare", "DKd"], ["compare", "DKd", "DKx"], ["catalogue", "show", "nobody"],
                      ["catalogue", "list", "--approved-on", "2023"]):  # fmt: skip
        assert run(arguments) == EXIT_USAGE
        assert capsys.readouterr().err.startswith("error: ")
    assert run(["catalogue", "check", "/nowhere"]) == EXIT_INVALID_INPUT


# --- diff ---------------------------------------------------------------------------------------


def test_a_changed_gate_is_shown_with_the_patients_whose_answer_it_changes(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plant(data, "rules.yaml", "{id: carfilzomib-lvef, type: number, field: labs.lvef_percent, at_least: 40",
          "{id: carfilzomib-lvef, type: number, field: labs.lvef_percent, at_least: 65")  # fmt: skip
    new = load_alone(data).catalogue
    made = difference(CATALOGUE, new, ("builtin", "data"))
    (entry,) = made["entries"]
    (field,) = entry["fields"]
    assert entry["what"] == "changed" and (field["before"], field["after"]) == (40, 65)

    folder = tmp_path / "patients"
    folder.mkdir()
    for name in ("len-refractory", "new"):
        heart = 60 if name == "len-refractory" else 70
        record = RECORDS[name] | {"id": name, "labs": RECORDS[name]["labs"] | {"lvef_percent": heart}}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(record), encoding="utf-8")
    (folder / "wrong.yaml").write_text("id: 3\n", encoding="utf-8")
    assert run(["catalogue", "diff", "builtin", str(data), "--patients", str(folder), "--format", "json"]) == 4
    shown = json.loads(capsys.readouterr().out)
    assert shown["patients_compared"] == 2
    by_name = {p["patient"]: p for p in shown["patients"]}
    changed = {a["regimen"]: a for a in by_name["len-refractory"]["answers"]}
    assert changed["DKd"]["after"] == "ineligible" and any("LVEF" in why for why in changed["DKd"]["because"])
    assert "new" not in by_name and by_name["wrong.yaml"]["error"]


def test_added_and_removed_entries_are_named(data: Path) -> None:
    path = data / "regimens.yaml"
    text = path.read_text(encoding="utf-8")
    at = text.index("- id: Ixa-mono")
    end = text.index("\n- id: ", at)
    path.write_text(text[:at] + text[end + 1 :], encoding="utf-8")
    sources = data / "sources.yaml"  # the trial of its dose goes too: nothing else cites it
    kept = re.sub(r"\n  dimopoulos-2019-tourmaline-mm3:.*", "", sources.read_text(encoding="utf-8"))
    sources.write_text(kept, encoding="utf-8")
    for code in ("us", "eu"):
        listing = data / "jurisdictions" / f"{code}.yaml"
        lines = listing.read_text(encoding="utf-8")
        start = lines.index("      Ixa-mono:")
        rest = lines[start + 1 :]
        stop = re.search(r"\n      \S", rest)
        listing.write_text(lines[:start] + (rest[stop.start() + 1 :] if stop else ""), encoding="utf-8")
    made = difference(CATALOGUE, load_alone(data).catalogue, ("a", "b"))
    assert {e["entry"]: e["what"] for e in made["entries"]}["regimens Ixa-mono"] == "removed"
    back = difference(load_alone(data).catalogue, CATALOGUE, ("b", "a"))
    assert {e["entry"]: e["what"] for e in back["entries"]}["regimens Ixa-mono"] == "added"


def test_the_same_answer_differs_in_nothing() -> None:
    answer = answer_for(**RECORDS["len-refractory"])
    assert answers_differ(answer, answer) == []


def test_a_hospital_lays_its_formulary_over_the_catalogue() -> None:
    layer = Path(__file__).parent.parent / "docs" / "hospital-formulary.yaml"
    ours = load([layer])
    assert ours.layers == ("builtin", "hospital-formulary.yaml") and ours.sha256 != LOADED.sha256
    assert inspect(layer, TODAY, 99).problems == []
    regimens = ours.catalogue.regimen_by_id
    assert ours.catalogue.status("HK", regimens["DKd"], TODAY) == "approved"
    assert ours.catalogue.status("HK", regimens["DKd"], date(2025, 1, 1)) == "not-available"
    assert ours.catalogue.status("HK", regimens["linvoseltamab"], TODAY) == "not-available"
    assert CATALOGUE.status("HK", CATALOGUE.regimen_by_id["DKd"], TODAY) == "unknown"
    assert ours.catalogue.jurisdictions["US"].name == CATALOGUE.jurisdictions["US"].name
    changed = {e["entry"] for e in difference(CATALOGUE, ours.catalogue, ("a", "b"))["entries"]}
    assert changed == {"HK DKd", "HK linvoseltamab", "sources example-formulary"}
