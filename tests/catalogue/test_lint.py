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

from mmadvisor.base.errors import EXIT_DONE, EXIT_INVALID_INPUT, EXIT_USAGE, InvalidInputError, Problem, UsageError
from mmadvisor.catalogue.catalogue import walk
from mmadvisor.catalogue.lint import errors
from mmadvisor.catalogue.listings import Indication, Listing
from mmadvisor.catalogue.readings import counts
from mmadvisor.catalogue.shorthand import written_out
from mmadvisor.criteria.allowed import patient_has
from mmadvisor.criteria.clash import contradiction
from mmadvisor.criteria.types import OPPOSITES, criterion_from, criterion_types
from mmadvisor.desk.cli import run
from mmadvisor.files import layers
from mmadvisor.files.documents import parse
from mmadvisor.files.layers import builtin_folder, inspect, load, load_alone
from mmadvisor.files.schemas import catalogue_schema
from mmadvisor.formats.drugs import Handling, Restart
from mmadvisor.render.paper import Paper
from mmadvisor.reports.difference import answers_differ, difference
from mmadvisor.reports.shelf import catalogue_entry, catalogue_list, comparison
from tests import ROOT
from tests.builders.blank import DAY, LOADED, answer_for
from tests.builders.patients import RECORDS

CATALOGUE = LOADED.catalogue
TODAY = date(2026, 11, 29)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the catalogue's files to plant errors in."""
    folder = tmp_path / "data"
    shutil.copytree(builtin_folder(), folder, ignore=shutil.ignore_patterns("*.json"))
    return folder


def plant(folder: Path, name: str, old: str, new: str) -> int:
    """Replace the first occurrence, be its keys in one line or in a line each; returns the line where it begins."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    found = re.search(r"(, |,?\n +)".join(map(re.escape, old.split(", "))), text)
    assert found, old
    if found.re.groups:
        new = new.replace(", ", found[1])
    path.write_text(text[: found.start()] + new + text[found.end() :], encoding="utf-8")
    return text[: found.start()].count("\n") + 1


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
    ("unknown regimen", "settings.yaml", "regimen: D-VRd\n", "regimen: D-VRt\n", "no regimen D-VRt"),
    ("impossible share", "regimens.yaml", "orr_percent: 63.0", "orr_percent: 630", "at most 100"),
    ("dates reversed", "jurisdictions/us.yaml", "since: 2021-02-26, until: 2024-02-23", "since: 2025-02-26, until: 2024-02-23",
     "before it begins"),
    ("unknown class of a bridge", "ranking.yaml", "bridges_without: [alkylator", "bridges_without: [alkylater", "no agent or class alkylater"),
    ("comparison nobody makes", "ranking.yaml", "- {by: novelty,", "- {by: fashion,", "fashion"),
    ("unknown comparison", "ranking.yaml", "order: [purpose", "order: [porpoise", "Did you mean purpose"),
    ("unknown intensity", "ranking.yaml", "unfit_for: {intermediate: very-high", "unfit_for: {intermediate: very-hi", "no intensity very-hi"),
    ("unknown frailty", "ranking.yaml", "unfit_for: {intermediate:", "unfit_for: {middling:", "no frailty group middling"),
    ("unknown label", "definitions.yaml", "treat_anyway: [high", "treat_anyway: [hi", "no label hi"),
    ("unknown response", "definitions.yaml", "non_response: [SD", "non_response: [SDD", "no response SDD"),
    ("unknown emergency", "definitions.yaml", "    hyperviscosity:", "    viscosity:", "no emergency viscosity"),
    ("negative window", "definitions.yaml", "refractory_window_days: {value: 60", "refractory_window_days: {value: -60", "-60 is below nought"),
    ("points for nobody", "definitions.yaml", "field: demographics.age, above: 75", "field: demographics.age, above: 750", "nobody has it above 750"),
    ("investigational and approved", "regimens.yaml", "  modality: car-t\n  intensity: high\n  agents: [{agent: zevor",
     "  modality: car-t\n  investigational: true\n  intensity: high\n  agents: [{agent: zevor", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "file", "old", "new", "said"), PLANTED, ids=[p[0] for p in PLANTED])
def test_the_linter_finds_what_is_planted(
    data: Path, name: str, file: str, old: str, new: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = plant(data, file, old, new)
    if name == "investigational and approved":
        plant(
            data,
            "jurisdictions/us.yaml",
            "zevor-cel:\n        status: not-available",
            "zevor-cel:\n        status: approved",
        )
        said = "marked investigational"
    found = inspect(data, TODAY, 999)
    assert [p for p in found.problems if said in str(p)], [str(p) for p in found.problems]
    if name not in ("double id", "investigational and approved", "uncited source"):
        near = [p for p in found.problems if p.file.endswith(file) and abs(p.line - line) <= 12]
        assert near, [str(p) for p in found.problems]
    assert run(["catalogue", "check", str(data)]) == EXIT_INVALID_INPUT
    assert re.search(rf"{re.escape(file)}:\d+:\d+|sources.yaml:\d+:\d+|us.yaml:\d+:\d+", capsys.readouterr().out)


CLAIM = "source: s, verified: primary"


def listed(indication: str, status: str = "approved", regimen: str = "DKd") -> str:
    """A listing with one indication."""
    return (
        f"jurisdictions:\n  US:\n    name: US\n    listings:\n      {regimen}:\n        status: {status}\n"
        f"        source: s\n        verified: primary\n        indications:\n        - {{{indication}, {CLAIM}}} # here"
    )


def gate(criterion: str) -> str:
    """A rule with one gate."""
    return f"rules:\n- applies_to: {{agents: [carfilzomib]}}\n  gates:\n  - {{id: x, {criterion}, {CLAIM}}} # here"


def setting(criterion: str) -> str:
    return f"settings:\n- id: x\n  name: x\n  when:\n  - {{{criterion}}} # here"


def restarts(*rows: str) -> str:
    """Rows of a table of interruptions; the last is wrong."""
    row = (
        "  - {last_dose: 1 mg, action: continue, text: go on, jurisdictions: [US], SPAN, source: s, verified: primary}"
    )
    return "handling:\n  bortezomib:\n    restarts:\n" + "\n".join("  " + row.replace("SPAN", r) for r in rows)


def regimen(extra: str, agents: str = "[{agent: bortezomib}]") -> str:
    return (
        "regimens:\n- id: X\n  name: X\n  uses: [relapse]\n  modality: conventional\n  intensity: low\n"
        f"  agents: {agents}\n{extra}"
    )


def evidence(figures: str) -> str:
    return regimen(f"  evidence:\n  - {{trial: T, design: pooled, population: all, {figures}, {CLAIM}}} # here")


SEQUENCE = "trial: T, design: pooled, population: all"
# One error of each kind in a layer: what is said of it on the line that ends with `# here`.
WRONG: list[tuple[str, str, str]] = [
    # dates
    ("no such day", listed("since: 2026-02-30, criteria: []"), "there is no such day"),
    ("no date", listed("since: soon, criteria: []"), "a date is written 2024-03-18"),
    ("no such end", listed("until: 2026-00, criteria: []"), "there is no such month"),
    ("a year that is a number", listed("since: 2026, criteria: []"), "quote it"),
    ("no day of reading", "  t: {kind: trial, title: A, year: 2020, read_on: 2026-04-31, verified: primary} # here",
     "there is no such day"),
    ("no day of revision", "  t: {kind: label, title: A, year: 2020, read_on: null, revision: 2026-13, verified: primary} # here",
     "there is no such month"),
    ("placed on no day", f"settings:\n- id: x\n  name: x\n  when: []\n  placements:\n  - {{regimen: DKd, level: option, by: A, dated: 2026-13, {CLAIM}}} # here",
     "there is no such month"),
    ("reviewed on no day", "reviewed_on: lately # here", "a date is written 2024-03-18"),
    # identifiers
    ("no NCT number", evidence("nct: NCT031"), "NCT and eight digits"),
    ("no PMID", '  t: {kind: trial, title: A, year: 2020, read_on: null, pmid: "abc", verified: primary} # here', "a PMID is a number"),
    ("no DOI", "  t: {kind: trial, title: A, year: 2020, read_on: null, doi: 11.1/x, verified: primary} # here", "a DOI is written"),
    # criteria against the patient format
    ("a fraction above the whole", gate("type: number, field: labs.lvef_percent, at_least: 400"), "400 is on nobody's record: the patient format takes 1 to 100"),
    ("an ECOG below nought", gate("type: number, field: fitness.ecog, at_most: -1"), "-1 is on nobody's record"),
    ("above the highest", gate("type: number, field: fitness.ecog, above: 4"), "nobody has it above 4"),
    ("a number of a word", gate("type: number, field: comorbidities.hiv, above: 4"), "comorbidities.hiv holds no number"),
    ("a number without a limit", gate("type: number, field: fitness.ecog"), "it asks nothing"),
    ("a misspelt word", gate("type: value, field: comorbidities.hepatitis_b, one_of: [negatve]"), "'negatve' is never on record: the patient format has carrier, negative, resolved"),
    ("a misspelt finding", setting("type: value, field: disease.cytogenetics.t_11_14, one_of: [presnt]"), "'presnt' is never on record"),
    ("a word for yes or no", gate("type: value, field: comorbidities.dialysis, none_of: [yess]"), "'yess' is never on record: the patient format has false, true"),
    ("a word of a number", gate("type: value, field: fitness.ecog, one_of: [two]"), "fitness.ecog holds no single word"),
    ("a value without words", gate("type: value, field: comorbidities.dialysis"), "it asks nothing"),
    ("a misspelt state", setting("type: state, one_of: [relapsd]"), "'relapsd' is never on record"),
    ("too many lines", setting("type: prior-lines, at_least: 400"), "400 is on nobody's record"),
    ("exposed to nothing", gate("type: exposed"), "it asks nothing"),
    ("negative days", gate("type: days-since-dose, of: [PI], at_least: -3"), "-3 is below nought"),
    ("no such grade", gate("type: no-toxicity, events: [CRS], below_grade: 7"), "7 is on nobody's record"),
    ("impossible within any", listed("criteria: [{id: a, type: any, criteria: [{type: prior-lines, at_least: 3, at_most: 1}, {type: frailty, at_least: frail}], source: s, verified: primary}]"),
     "this cannot be met: at least 3 and at most 1"),
    ("impossible together within any", setting("type: any, criteria: [{type: all, criteria: [{type: frailty, at_least: frail}, {type: frailty, at_most: fit}]}]"),
     "this cannot be met: at least frail and at most fit"),
    # statuses
    ("approved for nobody", "jurisdictions:\n  US: {name: US, listings: {KCd: {status: approved, source: s, verified: primary}}} # here", "no indication says for whom"),
    ("supported for nobody", "jurisdictions:\n  US: {name: US, listings: {KCd: {status: guideline-supported, source: s, verified: primary}}} # here", "no indication says for whom"),
    # tables
    ("a gap of days", restarts("days_from: 0, days_to: 7", "days_from: 9").replace("days_to: 7, source: s, verified: primary}", "days_to: 7, source: s, verified: primary} # here"),
     "no row says what to do on day 8 in US"),
    ("a table that ends", restarts("days_from: 0", "days_from: 10, days_to: 20") + " # here", "no row says what to do on day 21 in US"),
    ("days that overlap", restarts("days_from: 0, days_to: 7", "days_from: 7") + " # here", "its days overlap"),
    ("steps that go back", f"handling:\n  bortezomib:\n    steps:\n    - {{day: 4, dose: 1 mg, route: SC, {CLAIM}}}\n    - {{day: 4, dose: 2 mg, route: SC, {CLAIM}}} # here", "day 4 does not come after day 4"),
    ("negative hours", f"handling:\n  bortezomib:\n    observation:\n    - {{after: 1 mg, hours: -48, where: hospital, {CLAIM}}} # here", "at least 0"),
    ("a grade of nought", f"handling:\n  bortezomib:\n    holds:\n    - {{event: A, action: stop, text: A, grades: [0], {CLAIM}}} # here", "at least 1"),
    ("hours reversed", f"handling:\n  bortezomib:\n    premedication:\n    - {{before: A, text: A, hours_before: [3, 1], {CLAIM}}} # here", "it ends (1) before it begins (3)"),
    # figures
    ("a negative median", evidence("pfs_months: {median: -28.4}"), "at least 0"),
    ("nobody in it", evidence("n: 0"), "at least 1"),
    ("more than all", evidence("orr_percent: 630"), "at most 100"),
    ("more complete than all", evidence("orr_percent: 30, cr_percent: 40"), "more complete responses than responses"),
    ("an interval that leaves it out", evidence("pfs_months: {median: 28, hr: 6.4, hr_ci95: [0.5, 0.8]}"), "6.4 lies outside its own interval"),
    ("weeks reversed", regimen(f"  lead_time_weeks: {{low: 9, high: 6.3, {CLAIM}}} # here"), "it ends (6.3) before it begins (9)"),
    ("too many visits", regimen(f"  burden: {{admission: none, visits_per_28_days: 400, {CLAIM}}} # here"), "at most 28"),
    # names
    ("a brand of another agent", "agents:\n- {id: newmab, name: newmab, classes: [PI], modality: antibody, targets: [], generation: 1, brands: [Velcade], source: s, verified: primary} # here",
     "Velcade leads to bortezomib too"),
    ("an alias of another agent", "agents:\n- {id: newmab, name: newmab, classes: [PI], modality: antibody, targets: [], generation: 1, aliases: [bortezomib], source: s, verified: primary} # here",
     "bortezomib leads to bortezomib too"),
    ("an alias of another regimen", "names:\n- {id: New, agents: [carfilzomib], aliases: [Dara-Kd]} # here", "Dara-Kd leads to DKd too"),
    ("a name of an unknown agent", "names:\n- {id: New, agents: [carfilzomip]} # here", "there is no agent carfilzomip. Did you mean carfilzomib?"),
    ("an agent twice", regimen("", "[{agent: bortezomib}, {agent: bortezomib}] # here"), "bortezomib stands in it 2 times"),
    # what leads nowhere
    ("after nothing", f"sequences:\n- {{id: x, after: [PIs], then: [PI], {SEQUENCE}, {CLAIM}}} # here", "there is no agent or class PIs"),
    ("then nothing", f"sequences:\n- {{id: x, after: [PI], then: [teclistamap], {SEQUENCE}, {CLAIM}}} # here", "Did you mean teclistamab?"),
    ("a modality of nothing", f"sequences:\n- {{id: x, after: [BCMA-directed/trispecifics], then: [PI], {SEQUENCE}, {CLAIM}}} # here", "no agent or class BCMA-directed/trispecifics"),
    ("a wash-out of nothing", f"washouts:\n- {{id: x, before: infusion, of: [PIs], advice: hold, by: A, text: A, {CLAIM}}} # here", "there is no agent or class PIs"),
    ("a bridge of nothing", f"bridges:\n- {{id: x, agents: [PIs], keeps_t_cells: true, text: A, by: A, {CLAIM}}} # here", "there is no agent or class PIs"),
    ("the time of nothing", f"vein_to_vein:\n- {{id: x, regimen: cilta, weeks: 3, text: A, {CLAIM}}} # here", "there is no regimen cilta"),
    ("weeks outside their range", f"vein_to_vein:\n- {{id: x, regimen: cilta-cel, weeks: 9, range_weeks: [3, 5], text: A, {CLAIM}}} # here", "9 lies outside its own interval"),
    ("a door of nothing", f"doors:\n- {{chosen: {{agents: [bortezomip]}}, later: {{modalities: [car-t]}}, effect: closes, text: A, {CLAIM}}} # here", "Did you mean bortezomib?"),
    ("a door of no modality", f"doors:\n- {{chosen: {{modalities: [cart]}}, later: {{all: true}}, effect: closes, text: A, {CLAIM}}} # here", "allowed are conventional"),
    ("a door without a way out", f"doors:\n- {{chosen: {{all: true, but_not: [DKx]}}, later: {{all: true}}, effect: closes, text: A, {CLAIM}}} # here", "there is no regimen DKx"),
    ("a target of nobody", "rules:\n- applies_to: {targets: [BCMAA], agents: [carfilzomib]} # here", "there is no target BCMAA"),
    ("words of no field", "field_words:\n  labs.lvef: {name: LVEF} # here", "the patient format has no field labs.lvef"),
    ("an orphan of nobody", "orphans:\n  xy: [nobody] # here", "there is no agent or regimen name nobody"),
    # ids
    ("two of one id", f"bridges:\n- {{id: x, agents: [PI], keeps_t_cells: true, text: A, by: A, {CLAIM}}}\n- {{id: x, agents: [PI], keeps_t_cells: true, text: A, by: A, {CLAIM}}} # here",
     "more than one of the bridges has the id x"),
    ("a layer that counts itself", "rules:\n- applies_to: {all: true}\n  layer: 3 # here", "leave it out"),
]  # fmt: skip


def layer_of(folder: Path, text: str) -> Path:
    """A layer with a source `s` and what is given; text that is indented is more sources."""
    path = folder / "layer.yaml"
    source = "sources:\n  s: {kind: trial, title: A, year: 2020, read_on: 2026-01-01, verified: primary}\n"
    path.write_text(source + text + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("name", "text", "said"), WRONG, ids=[w[0] for w in WRONG])
def test_an_error_in_a_layer_is_told_on_its_line_and_stops_it(tmp_path: Path, name: str, text: str, said: str) -> None:
    path = layer_of(tmp_path, text)
    line = 1 + path.read_text(encoding="utf-8").split("# here")[0].count("\n")
    with pytest.raises(InvalidInputError) as raised:
        load([path])
    found = raised.value.problems
    assert [p for p in found if said in p.message + p.hint and p.line == line and p.file == str(path)], list(
        map(str, found)
    )


def test_a_wrong_date_is_an_error_and_no_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = layer_of(tmp_path, listed("since: 2026-02-30, criteria: []"))
    assert run(["catalogue", "check", str(path)]) == EXIT_INVALID_INPUT
    assert f"{path}:12:12:" in (out := capsys.readouterr().out) and "no such day" in " ".join(out.split())
    assert run(["explain", "DKd", "--catalogue", str(path)]) == EXIT_INVALID_INPUT
    assert "layer.yaml:12:12: " in capsys.readouterr().err


def test_a_reading_that_is_still_to_come_is_an_error_of_the_day(tmp_path: Path) -> None:
    path = layer_of(tmp_path, gate("type: number, field: fitness.ecog, at_most: 3"))
    assert inspect(path, TODAY, 999).problems == []
    path.write_text(
        path.read_text(encoding="utf-8").replace("read_on: 2026-01-01", "read_on: 2062-01-01"), encoding="utf-8"
    )
    (problem,) = inspect(path, TODAY, 999).problems
    assert "2062-01-01 is still to come" in problem.message and (problem.file, problem.line) == (str(path), 2)
    assert inspect(path, date(2062, 1, 1), 999).problems == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("dated: 2021-03", "2021-03 is not of the year 2020"),
        ("known_since: 2020-11", ""),
        ('known_since: "2020"', "2020 is not before the source itself"),
        ("dated: 2020-03, known_since: 2020-03", "2020-03 is not before the source itself"),
        ("dated: 2020-03, known_since: 2020-02", ""),
        ("dated: soon", "a date is written 2024-03-18"),
    ],
)
def test_the_days_of_a_source_agree(tmp_path: Path, more: str, said: str) -> None:
    path = layer_of(tmp_path, gate("type: number, field: fitness.ecog, at_most: 3"))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("read_on: 2026-01-01", f"read_on: 2026-01-01, {more}"), encoding="utf-8")
    problems = [p.message for p in inspect(path, TODAY, 999).problems]
    assert any(said in p for p in problems) if said else problems == []


def test_what_a_criterion_calls_known_before_lies_before_its_source(tmp_path: Path) -> None:
    for since, wrong in (("2019", False), ("2026-12", True)):
        path = layer_of(tmp_path, gate(f'type: number, field: fitness.ecog, at_most: 3, known_since: "{since}"'))
        problems = inspect(path, TODAY, 999).problems
        assert bool([p for p in problems if "is not before its source" in p.message]) == wrong


def test_a_folder_without_a_catalogue_file_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "layer.yml").write_text("reviewed_on: 2026-01-01\n", encoding="utf-8")
    assert run(["catalogue", "check", str(tmp_path)]) == EXIT_INVALID_INPUT
    out = " ".join(capsys.readouterr().out.split())
    assert "no catalogue file here" in out and "No error found" not in out
    assert run(["explain", "DKd", "--catalogue", str(tmp_path)]) == EXIT_INVALID_INPUT
    assert run(["catalogue", "diff", "builtin", str(tmp_path)]) == EXIT_INVALID_INPUT


def test_one_id_in_two_files_of_a_layer_is_an_error_that_names_both(data: Path) -> None:
    rest = "  name: X\n  uses: [relapse]\n  modality: conventional\n  intensity: low\n  agents: [{agent: bortezomib}]\n"
    (data / "z.yaml").write_text(f"regimens:\n- id: DKd\n{rest}", encoding="utf-8")
    (problem,) = inspect(data, TODAY, 999).problems
    assert problem.file.endswith("z.yaml") and problem.line == 2 and "regimens.yaml" in problem.message


def test_old_readings_and_marks_above_their_source_are_doubtful_not_wrong(data: Path) -> None:
    assert inspect(data, TODAY, 12).problems == []
    in_two_years = inspect(data, date(2028, 12, 1), 12)
    assert in_two_years.problems == []
    assert any("months ago" in w.message for w in in_two_years.warnings)
    plant(data, "rules.yaml", "source: cart-recalled, verified: unverified", "source: cart-recalled, verified: primary")
    (warning,) = [w for w in inspect(data, TODAY, 12).warnings if "marked primary" in w.message]
    assert warning.file.endswith("rules.yaml") and warning.line > 1


def test_a_regimen_that_no_jurisdiction_opens_is_doubtful(data: Path) -> None:
    for path in (data / "jurisdictions").glob("*.yaml"):
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
    assert found["jurisdictions"].keys() >= {"US", "EU", "UK", "HK"}


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
    from mmadvisor.base.known import Truth
    from mmadvisor.files.patients import patient_from
    from mmadvisor.history.history import History

    criteria = [criterion_from(c) for c in raw]
    if contradiction(criteria):
        patient = patient_from(RECORDS[record], CATALOGUE.formulary).patient
        history = History(patient.seen_on(DAY), CATALOGUE.formulary, CATALOGUE.definitions, DAY)
        assert any(c.decide(history, CATALOGUE.words).truth is not Truth.MET for c in criteria)


# --- restart rows -------------------------------------------------------------------------------


RESTARTS = [(agent, row) for agent, handling in CATALOGUE.handling.items() for row in handling.restarts]


@pytest.mark.parametrize(("agent", "row"), RESTARTS, ids=lambda x: x if isinstance(x, str) else x.last_dose)
def test_a_row_that_was_not_read_gives_no_dose_on_the_page(agent: str, row: Restart) -> None:
    from mmadvisor.reports.regimen import regimen_page

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


def test_an_approval_whose_beginning_was_not_read_is_not_taken_for_one_that_always_held() -> None:
    elranatamab = CATALOGUE.regimen_by_id["elranatamab"]
    assert all(i.since is None for i in CATALOGUE.jurisdictions["UK"].listings["elranatamab"].indications)
    on = {year: CATALOGUE.status("UK", elranatamab, date(year, 1, 1)) for year in (1999, 2023, 2024, 2026)}
    assert on == {1999: "unknown", 2023: "unknown", 2024: "approved", 2026: "approved"}
    then = catalogue_list(CATALOGUE, TODAY, jurisdiction="UK", approved_on=date(1999, 1, 1))
    assert then["regimens"] == [] and "elranatamab" in then["not_known"]
    assert CATALOGUE.status("US", elranatamab, date(1999, 1, 1)) == "not-available"  # its beginning was read


def test_known_from_is_the_day_of_the_text_or_the_first_dated_approval_whichever_comes_first() -> None:
    """9.15: a source known by its year alone is of 31 December, or of the day on which it was read if that is earlier."""

    def known_from(code: str, name: str) -> date:
        found = CATALOGUE.regimen_by_id[name]
        (first, *_) = [i for i in CATALOGUE.jurisdictions[code].listings[name].indications if i.since is None]
        return CATALOGUE.known_from(found, first)

    assert known_from("UK", "elranatamab") == date(2023, 8, 14)  # approved in the United States then
    assert known_from("UK", "D-VRd") == date(2024, 7, 31)  # a text of 2024, which may be of December
    old = Indication(criteria=(), source="rajkumar-2011", verified="unverified")
    assert CATALOGUE.known_from(CATALOGUE.regimen_by_id["D-VRd"], old) == date(2011, 12, 31)
    undated = Indication(criteria=(), source="recalled-label", verified="unverified")
    assert CATALOGUE.sources["recalled-label"].year is None
    assert CATALOGUE.known_from(CATALOGUE.regimen_by_id["MP"], undated) == date.fromisoformat(CATALOGUE.reviewed_on)


@pytest.mark.parametrize(
    ("since", "until", "day", "status"),
    [("2024", None, date(2024, 5, 1), "unknown"), ("2024", None, date(2023, 12, 31), "not-available"),
     ("2024", None, date(2024, 12, 31), "approved"), ("2024-05", None, date(2024, 5, 10), "unknown"),
     ("2024-05-10", None, date(2024, 5, 10), "approved"), ("2020", "2024-05", date(2024, 5, 10), "unknown"),
     ("2020", "2024-05-10", date(2024, 5, 10), "not-available"), ("2020", "2024-05-10", date(2024, 5, 9), "approved"),
     (None, "2024", date(2025, 1, 1), "not-available"), (None, None, date(2022, 1, 1), "unknown"),
     (None, None, date(2022, 6, 1), "approved")],
)  # fmt: skip
def test_the_status_on_a_day_is_unknown_where_its_dates_do_not_say(
    since: str | None, until: str | None, day: date, status: str
) -> None:
    indication = Indication(criteria=(), source="s", verified="primary", since=since, until=until)
    listing = Listing(status="approved", source="s", verified="primary", indications=(indication,))
    assert listing.status_on(day, lambda _: date(2022, 6, 1)) == status
    assert bool(listing.in_force(day)) == (status != "not-available")  # what may hold is asked of a patient


def test_of_several_indications_one_that_holds_is_enough() -> None:
    dated, undated = (
        Indication(criteria=(), source="s", verified="primary", since=since) for since in ("2020-01-01", None)
    )
    listing = Listing(status="approved", source="s", verified="primary", indications=(undated, dated))
    on = [listing.status_on(date(year, 1, 1), lambda _: date.max) for year in (2019, 2021)]
    assert on == ["unknown", "approved"]


def test_the_list_shows_what_is_not_known_for_a_day(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["catalogue", "list", "--approved-on", "2016-06-01", "--format", "json"]) == EXIT_DONE
    listed = {r["regimen"]: r["status"] for r in json.loads(capsys.readouterr().out)["regimens"]}
    assert listed["ERd"]["EU"] == "approved" and listed["ERd"]["HK"] == "unknown"
    out = said(["catalogue", "list", "--approved-on", "2016-06-01"], capsys)
    assert "EU yes" in out and "HK ?" in out and "?: not found, or not known for that day" in out


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


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a command prints, in one line."""
    assert run(arguments) == EXIT_DONE
    return " ".join(capsys.readouterr().out.split())


def test_explain_tells_the_status_of_the_day_and_of_the_place_first(capsys: pytest.CaptureFixture[str]) -> None:
    before = said(["explain", "elranatamab", "--as-of", "2023-08-13", "-j", "us"], capsys)
    assert "Indications on 2023-08-13" in before and "US not-available" in before
    assert "(not yet in force on 2023-08-13)" in before
    assert before.index("US not-available") < before.index("EU not-available")
    after = said(["explain", "elranatamab", "--as-of", "2023-08-14"], capsys)
    assert "US approved" in after and after.index("EU not-available") < after.index("US approved")
    gone = said(["explain", "Melflufen-d", "--as-of", "2024-02-23", "-j", "US"], capsys)
    assert "US not-available" in gone and "(no longer in force on 2024-02-23)" in gone
    patient = said(["explain", "elranatamab", "--patient", str(EXAMPLE), "--as-of", "2023-08-13"], capsys)
    assert "US not-available" in patient and patient.index("HK unknown") < patient.index("EU not-available")


def test_compare_tells_the_status_of_the_day_and_of_the_place_first(capsys: pytest.CaptureFixture[str]) -> None:
    made = comparison(CATALOGUE, ["elranatamab", "DKd"], LOADED.stamp(), date(2023, 8, 13), place="UK")
    rows = {row["name"]: row["cells"] for row in made["rows"]}
    others = sorted(CATALOGUE.jurisdictions.keys() - {"UK"})
    assert [name for name in rows if name in CATALOGUE.jurisdictions] == ["UK", *others]
    assert rows["US"][0][0]["text"] == "not-available"
    page = said(["compare", "elranatamab", "DKd", "-j", "uk", "--as-of", "2023-08-13"], capsys)
    assert "side by side on 2023-08-13" in page and page.index(" UK ") < page.index(" EU ")


@pytest.mark.parametrize("command", [["explain", "DKd"], ["compare", "DKd", "Kd"]], ids=["explain", "compare"])
@pytest.mark.parametrize(
    ("options", "what"),
    [(["--as-of", "soon"], "--as-of"), (["--as-of", "2024"], "a full day"), (["--jurisdiction", "XX"], "no jurisdiction 'XX'"),
     (["--set", "labs.lvef_percent=3"], "--patient"), (["--set", "rubbish"], "--patient")],
)  # fmt: skip
def test_the_options_are_checked_without_a_patient_too(
    command: list[str], options: list[str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, *options]) == EXIT_USAGE
    out, err = capsys.readouterr()
    assert what in err and not out


EXAMPLE = ROOT / "examples" / "hk-triple-class-refractory.yaml"
SILENT = ("contraindications", "renal", "hepatic", "interactions", "holds")


def test_where_nothing_was_found_the_page_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    bare = next(
        r for r in CATALOGUE.regimens
        if not r.evidence
        and not any(p.regimen == r.id for s in CATALOGUE.settings for p in s.placements)
        and any(not getattr(CATALOGUE.handling.get(a, Handling()), key) for a in r.agent_ids for key in SILENT)
    )  # fmt: skip
    page = said(["explain", bare.id], capsys)
    for nothing in ("no placement was found", "no trial was found", "nothing was read for"):
        assert nothing in page, bare.id
    for heading in ("Contraindications of the agents", "Kidney", "Liver", "Interactions", "At adverse events"):
        assert heading in page
    assert "Closes - refractoriness that has spent" in page
    made = comparison(CATALOGUE, [bare.id, "DKd"], LOADED.stamp(), TODAY)
    rows = {row["name"]: row["cells"] for row in made["rows"]}
    assert rows["Placed by"][0] == rows["Evidence"][0] == []
    assert rows["Evidence"][1] and rows["Closes"][0][0]["text"].startswith("refractoriness that has spent")
    assert {"Contraindications", "Kidney", "Liver", "Interactions", "At adverse events"} <= rows.keys()
    assert "nothing found" in said(["compare", bare.id, "DKd"], capsys)


def test_an_agent_without_a_dose_says_that_it_was_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    (without, agent) = next((r, c.agent) for r in CATALOGUE.regimens for c in r.agents if not c.doses)
    assert "dose not read" in said(["explain", without.id], capsys)
    made = comparison(CATALOGUE, [without.id, "DKd"], LOADED.stamp(), TODAY)
    (doses,) = [row["cells"][0] for row in made["rows"] if row["name"] == "Doses"]
    assert f"{CATALOGUE.formulary.by_id[agent].name}: dose not read" in {c["text"] for c in doses}


def test_rows_say_for_which_days_and_where_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    agent, row = next((a, r) for a, r in RESTARTS if not r.usable and r.days_to is not None and r.jurisdictions)
    name = next(r.id for r in CATALOGUE.regimens if agent in r.agent_ids)
    page = said(["explain", name], capsys)
    assert f"{row.last_dose}, {row.days_from} to {row.days_to} days [{', '.join(row.jurisdictions)}]" in page
    held = next((a, h) for a, x in CATALOGUE.handling.items() for h in x.holds if h.jurisdictions and not h.regimens)
    name = next(r.id for r in CATALOGUE.regimens if held[0] in r.agent_ids)
    assert f"[{', '.join(held[1].jurisdictions)}]" in said(["explain", name], capsys)


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


@pytest.mark.parametrize("columns", ["40", "60", "80", "90", "100", "140"])
def test_whoever_looks_for_a_name_finds_it_at_any_width(
    columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    ids = [r.id for r in CATALOGUE.regimens]
    longest = sorted(ids, key=len)[-2:]
    for arguments, wanted in (
        (["catalogue", "list"], ids),
        (["compare", *longest], longest),
        (["compare", "elranatamab", "D-R-maintenance", "DKd"], ["elranatamab", "D-R-maintenance"]),
        (["explain", "cilta-cel"], ["cilta-cel"]),
    ):
        assert run(arguments) == EXIT_DONE
        out = capsys.readouterr().out
        found = set(re.split(r"[\s,:]+", out))
        assert found.issuperset(wanted), set(wanted) - found
        assert max(map(len, out.splitlines())) <= max(60, int(columns))


def test_a_table_grows_wider_than_the_line_before_it_breaks_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    paper = Paper(to_terminal=False)
    name = "our-hospital-s-protocol-7a"
    heads = ["Protocol", "Indications", "Jurisdictions", "Approximately", "Contraindications"]
    paper.table(heads, [[name, *["some words of prose"] * 4], ["short", *["words"] * 4]], heads_are_names=True)
    assert {name, *heads} <= set(paper.text().split())


def test_the_catalogue_commands_refuse_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["compare", "DKd"], ["compare", "DKd", "DKx"], ["catalogue", "show", "nobody"],
                      ["catalogue", "list", "--approved-on", "2023"],
                      ["catalogue", "diff", "builtin", "builtin", "--as-of", "soon"],
                      ["catalogue", "diff", "builtin", "builtin", "-j", "XX"]):  # fmt: skip
        assert run(arguments) == EXIT_USAGE
        assert capsys.readouterr().err.startswith("error: ")
    assert run(["catalogue", "check", "/nowhere"]) == EXIT_INVALID_INPUT


# --- diff ---------------------------------------------------------------------------------------


def test_a_changed_gate_is_shown_with_the_patients_whose_answer_it_changes(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plant(data, "rules.yaml", "id: carfilzomib-lvef, type: number, field: labs.lvef_percent, at_least: 40",
          "id: carfilzomib-lvef, type: number, field: labs.lvef_percent, at_least: 65")  # fmt: skip
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
    plant(data, "order.yaml", "Ixa-mono, ", "")
    plant(data, "lanes.yaml", "regimen: Ixa-mono", "regimen: V-mono")
    sources = data / "sources.yaml"  # the trial of its dose goes too: nothing else cites it
    kept = re.sub(r"\n  dimopoulos-2019-tourmaline-mm3:.*(\n    .*)*", "", sources.read_text(encoding="utf-8"))
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
    layer = ROOT / "docs" / "hospital-formulary.yaml"
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


# --- layers -------------------------------------------------------------------------------------


LVEF = "id: carfilzomib-lvef, type: number, field: labs.lvef_percent, about: heart"


def lvef_of(catalogue: Any, name: str) -> list[float]:
    found = catalogue.regimen_by_id[name]
    asked = (*catalogue.gates_of(found), *catalogue.cautions_of(found))
    return [c.at_least for c in asked if c.id == "carfilzomib-lvef"]


def lvef_rule(selector: str, at_least: int, kind: str = "gates") -> str:
    return f"rules:\n- applies_to: {{{selector}}}\n  {kind}:\n  - {{{LVEF}, at_least: {at_least}, {CLAIM}}} # here"


@pytest.mark.parametrize("kind", ["gates", "cautions"])
def test_a_layer_restates_a_criterion_wherever_both_would_be_asked(tmp_path: Path, kind: str) -> None:
    ours = load([layer_of(tmp_path, lvef_rule("agents: [carfilzomib]", 50, kind))]).catalogue
    with_it = [r.id for r in CATALOGUE.regimens if "carfilzomib" in r.agent_ids]
    assert len(with_it) > 5 and all(lvef_of(ours, name) == [50] for name in with_it)
    assert all(lvef_of(CATALOGUE, name) == [40] for name in with_it)
    gates = {c.id for c in ours.gates_of(ours.regimen_by_id["DKd"])}
    assert "carfilzomib-nyha" in gates and ("carfilzomib-lvef" in gates) == (kind == "gates")


def test_the_example_of_the_guide_is_a_layer_that_loads(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    criteria, block = re.findall(r"```yaml\n(.*?)```", guide, flags=re.DOTALL)
    short = [criterion_from(written_out(criterion)) for criterion in yaml.safe_load(criteria)]
    assert [criterion.type for criterion in short] == ["not", "not"] and short[1].id == "car-t-again"
    ours = load([layer_of(tmp_path, block.replace("source: ours", "source: s"))]).catalogue
    assert lvef_of(ours, "DKd") == [50]


def test_a_layer_that_restates_it_for_one_regimen_leaves_the_others_alone(tmp_path: Path) -> None:
    ours = load([layer_of(tmp_path, lvef_rule("regimens: [DKd]", 55))]).catalogue
    assert lvef_of(ours, "DKd") == [55] and lvef_of(ours, "Kd") == [40]


def test_of_several_layers_the_last_that_speaks_of_a_criterion_decides(tmp_path: Path) -> None:
    for name, text in (("a", lvef_rule("agents: [carfilzomib]", 50)), ("b", lvef_rule("regimens: [DKd]", 45))):
        (tmp_path / name).mkdir()
        layer_of(tmp_path / name, text)
    ours = load([tmp_path / "a", tmp_path / "b"]).catalogue
    assert lvef_of(ours, "DKd") == [45] and lvef_of(ours, "Kd") == [50]


def test_a_regimen_of_a_layer_restates_a_criterion_of_a_rule(tmp_path: Path) -> None:
    own = regimen(f"  gates:\n  - {{{LVEF}, at_least: 60, {CLAIM}}}", "[{agent: carfilzomib}]").replace(
        "id: X", "id: Kd"
    )
    layer = layer_of(tmp_path, own)
    ours = load([layer]).catalogue
    assert lvef_of(ours, "Kd") == [60] and lvef_of(ours, "DKd") == [40]
    assert inspect(layer, TODAY, 999).problems == []


def test_two_criteria_of_one_id_in_one_layer_are_an_error(tmp_path: Path, data: Path) -> None:
    twice = lvef_rule("agents: [carfilzomib]", 50) + "\n" + lvef_rule("regimens: [DKd]", 45).removeprefix("rules:\n")
    (problem,) = inspect(layer_of(tmp_path, twice), TODAY, 999).problems
    assert "more than one of its criteria has the id 'carfilzomib-lvef'" in problem.message and "DKd" in problem.path
    plant(data, "rules.yaml", "id: carfilzomib-nyha", "id: carfilzomib-lvef")
    assert any("more than one of its criteria" in p.message for p in inspect(data, TODAY, 999).problems)


def test_a_source_that_a_layer_leaves_uncited_is_no_error_of_the_layer(tmp_path: Path) -> None:
    cited: dict[str, list[str]] = {}
    for path, entry in walk(CATALOGUE):
        if getattr(entry, "source", ""):
            cited.setdefault(entry.source, []).append(str(path[0]))
    (name, listing) = next(
        (name, listing)
        for name, listing in CATALOGUE.jurisdictions["US"].listings.items()
        if len(cited[listing.source]) == 1 + sum(i.source == listing.source for i in listing.indications)
    )
    layer = layer_of(
        tmp_path, f"jurisdictions:\n  US: {{name: US, listings: {{{name}: {{status: not-available, {CLAIM}}}}}}}"
    )
    assert load([layer]).catalogue.sources[listing.source]
    assert inspect(layer, TODAY, 999).problems == []
    layer.write_text(
        layer.read_text(encoding="utf-8").replace("source: s,", f"source: {listing.source},"), encoding="utf-8"
    )
    (problem,) = inspect(layer, TODAY, 999).problems
    assert problem.message == "nothing cites this source" and (problem.file, problem.line) == (str(layer), 2)


def test_a_wrong_rule_of_a_layer_has_its_line_there_and_not_that_of_another_rule(tmp_path: Path) -> None:
    two = lvef_rule("agents: [carfilzomib]", 50) + "\n- applies_to: {regimens: [DKd]}\n  monitoring: [nothing]\n"
    layer = layer_of(tmp_path, two)
    for found in (inspect(layer, TODAY, 999).problems, loading(layer)):
        (problem,) = found
        assert "no checklist nothing" in problem.message and (problem.file, problem.line) == (str(layer), 8)


def loading(layer: Path) -> tuple[Problem, ...]:
    with pytest.raises(InvalidInputError) as raised:
        load([layer])
    return raised.value.problems


def test_the_difference_shows_what_was_added_and_only_that(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = CATALOGUE.jurisdictions["US"].listings["DKd"].indications
    path = data / "jurisdictions" / "us.yaml"
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    for jurisdiction in tree["jurisdictions"].values():
        for listing in jurisdiction["listings"].values():
            for indication in listing.get("indications", ()):
                indication |= {k: str(v) for k, v in indication.items() if k in ("since", "until") and v}
    listing = tree["jurisdictions"]["US"]["listings"]["DKd"]
    added = {
        "product": "Newkit",
        "since": "2026-09",
        "source": listing["source"],
        "verified": "unverified",
        "criteria": [],
    }
    listing["indications"].insert(0, added)
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    (entry,) = difference(CATALOGUE, load_alone(data).catalogue, ("a", "b"))["entries"]
    (field,) = entry["fields"]
    assert entry["entry"] == "US DKd" and field["before"] is None and len(old) >= 1
    assert field["after"]["product"] == "Newkit"
    run(["catalogue", "diff", "builtin", str(data)])
    out = " ".join(capsys.readouterr().out.split())
    assert "indications[0] added: " in out and "product Newkit" in out and "nothing" not in out
    run(["catalogue", "diff", str(data), "builtin"])
    assert "indications[0] removed: " in " ".join(capsys.readouterr().out.split())


def test_a_rule_put_before_the_others_is_the_only_one_that_differs(data: Path) -> None:
    plant(
        data,
        "rules.yaml",
        "rules:\n",
        f"rules:\n- applies_to: {{regimens: [DKd]}}\n  cautions:\n  - {{{LVEF.replace('lvef,', 'lvef-50,')}, at_least: 50, source: kyprolis-hcp, verified: secondary}}\n",
    )
    (entry,) = difference(CATALOGUE, load_alone(data).catalogue, ("a", "b"))["entries"]
    assert (entry["entry"], entry["what"]) == ("rules 0", "added")
    assert entry["fields"][0]["after"]["cautions"][0]["at_least"] == 50


# --- the schema for editors ---------------------------------------------------------------------


SCHEMA = catalogue_schema()


def test_an_editor_is_told_the_type_of_every_criterion_and_what_each_entry_is() -> None:
    for name, cls in criterion_types().items():
        made = SCHEMA["$defs"][cls.__name__]
        kind = made["properties"]["type"]
        short = [word for word, of in OPPOSITES.items() if of == name]
        assert "type" in made["required"] and (kind["enum"] if short else [kind["const"]]) == [name, *short]
    assert all(made["description"] for made in SCHEMA["$defs"].values())
    assert "layer" not in SCHEMA["$defs"]["Rule"]["properties"] | SCHEMA["$defs"]["Regimen"]["properties"]


def test_an_editor_completes_fields_words_and_kinds() -> None:
    defs = SCHEMA["$defs"]
    assert {"labs.lvef_percent", "derived.creatinine_clearance_ml_per_min"} <= set(
        defs["Number"]["properties"]["field"]["enum"]
    )
    assert all(
        patient_has(f) for d in ("Number", "Value", "FrailtyItem") for f in defs[d]["properties"]["field"]["enum"]
    )
    assert "comorbidities.hiv" in defs["Value"]["properties"]["field"]["enum"]
    assert set(defs["State"]["properties"]["one_of"]["items"]["enum"]) >= {"relapsed", "responding"}
    assert "car-t" in defs["Selector"]["properties"]["modalities"]["items"]["enum"]
    assert "preferred" in defs["Placement"]["properties"]["level"]["enum"]

    def allowed(criterion: str, field: str) -> Any:
        return [
            a["then"]["properties"] for a in defs[criterion]["allOf"] if field in a["if"]["properties"]["field"]["enum"]
        ]

    assert allowed("Number", "labs.lvef_percent")[0]["at_least"] == {"minimum": 1, "maximum": 100}
    assert allowed("Value", "disease.cytogenetics.t_11_14")[0]["one_of"] == {"items": {"enum": ["absent", "present"]}}
    assert allowed("Value", "comorbidities.dialysis")[0]["none_of"] == {"items": {"enum": [False, True]}}


@pytest.mark.parametrize(
    ("entry", "field", "right", "wrong"),
    [("Indication", "since", ("2024", "2024-03", "2024-03-18"), ("soon", "2024-13", "2024-3-18", "2024-03-32")),
     ("Source", "read_on", ("2026-11-24",), ("24.11.2026",)), ("Placement", "dated", ("2025-08",), ("August 2025",)),
     ("Source", "pmid", ("", "32001798"), ("abc", "PMID 32001798")), ("Source", "doi", ("", "10.1038/s41408-025-01212-0"), ("doi:10.1/x",)),
     ("Evidence", "nct", ("", "NCT03158688"), ("NCT031", "nct03158688"))],
)  # fmt: skip
def test_an_editor_knows_the_form_of_dates_and_identifiers(
    entry: str, field: str, right: tuple[str, ...], wrong: tuple[str, ...]
) -> None:
    made = SCHEMA["$defs"][entry]["properties"][field]
    pattern = made.get("pattern") or made["anyOf"][0]["pattern"]
    assert all(re.search(pattern, text) for text in right) and not any(re.search(pattern, text) for text in wrong)


def test_an_editor_knows_the_bounds_of_figures() -> None:
    evidence = SCHEMA["$defs"]["Evidence"]["properties"]
    for share in ("orr_percent", "cr_percent"):
        assert evidence[share]["anyOf"][0] == {"type": "number", "minimum": 0, "maximum": 100}
    assert SCHEMA["$defs"]["Burden"]["properties"]["visits_per_28_days"]["anyOf"][0]["maximum"] == 28


def test_every_file_names_its_schema_in_its_first_line() -> None:
    folder = builtin_folder()
    for path in [*folder.rglob("*.yaml"), ROOT / "docs" / "hospital-formulary.yaml"]:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        assert named, path
        assert (path.parent / named[1]).resolve() == (folder / "catalogue.schema.json").resolve(), path


def test_cycles_that_change_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "VenVd"]) == 0
    assert "21 days, 35 from cycle 9" in capsys.readouterr().out
    assert run(["compare", "VenVd", "DVd", "--format", "markdown"]) == 0
    assert "21 days, 35 from cycle 9" in capsys.readouterr().out
    assert run(["explain", "VenVd", "--format", "html"]) == 0
    assert "21 days, 35 from cycle 9" in capsys.readouterr().out


# --- what a layer may cost ----------------------------------------------------------------------


def sources(count: int) -> str:
    return "sources:\n" + "".join(
        f"  s{i}: {{kind: practice, title: t, year: 2026, read_on: 2026-10-01, verified: primary}}\n"
        for i in range(count)
    )


def test_the_built_in_catalogue_and_a_hospitals_layer_are_far_below_the_limits() -> None:
    files = sorted(builtin_folder().rglob("*.yaml"))
    assert sum(p.stat().st_size for p in files) < layers.MOST_BYTES / 3
    whole = sum(parse(p.read_bytes(), p.name, limit=layers.MOST_BYTES).parts for p in files)
    assert 30_000 < whole < layers.MOST_PARTS / 3
    hospital = ROOT / "docs" / "hospital-formulary.yaml"
    assert parse(hospital.read_bytes(), "hospital").parts < 200


@pytest.mark.parametrize("in_one_file", [True, False])
def test_a_layer_that_costs_too_much_is_refused_with_the_limit(in_one_file: bool, tmp_path: Path) -> None:
    folder = tmp_path / "layer"
    folder.mkdir()
    count = layers.MOST_PARTS // 10
    if in_one_file:
        (folder / "a.yaml").write_text(sources(count))
    else:  # each file alone is within the limit
        (folder / "a.yaml").write_text(sources(count // 2))
        (folder / "b.yaml").write_text(sources(count // 2).replace("  s", "  r"))
    for ask in (lambda: load([folder]), lambda: load_alone(folder)):
        with pytest.raises(InvalidInputError, match=f"more than {layers.MOST_PARTS} keys, values, lists and groups"):
            ask()
    (problem,) = inspect(folder, TODAY, 99).problems
    assert problem.line > 1 and problem.file == str(folder / ("a.yaml" if in_one_file else "b.yaml"))


def test_a_layer_of_too_many_bytes_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("# " + "x" * (layers.MOST_BYTES // 2) + "\n")
    limit = f"{layers.MOST_BYTES // 1024} KiB"
    with pytest.raises(InvalidInputError, match=limit):
        load([tmp_path])
    (tmp_path / "a.yaml").write_text("# " + "x" * layers.MOST_BYTES + "\n")
    with pytest.raises(InvalidInputError, match=limit):
        load([tmp_path / "a.yaml"])
