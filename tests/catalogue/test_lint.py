"""The linter finds what is planted; the commands over the catalogue answer, filter and compare."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mmadvisor.base.errors import EXIT_INVALID_INPUT, InvalidInputError
from mmadvisor.catalogue.lint import errors
from mmadvisor.catalogue.readings import counts
from mmadvisor.criteria.clash import contradiction
from mmadvisor.criteria.types import criterion_from
from mmadvisor.desk.cli import run
from mmadvisor.files import layers
from mmadvisor.files.layers import inspect, load
from tests.builders.blank import DAY, LOADED
from tests.builders.layers import CLAIM, TODAY, gate, layer_of, plant, regimen
from tests.builders.patients import RECORDS

CATALOGUE = LOADED.catalogue


NOBODY = "{kind: trial, title: A, year: 2020, read_on: 2026-01-01, verified: primary}"
# One planted error of each kind: file, what stands there, what is written instead, what is said.
PLANTED: list[tuple[str, str, str, str, str]] = [
    ("not YAML", "rules.yaml", "rules:\n", "rules: [\n", "YAML"),
    ("unknown key", "regimens.yaml", "  intensity: ", "  intensty: ", "intensity"),
    ("dangling source", "rules.yaml", "source: cartitude1-flow", "source: cartitude1-flew", "no source cartitude1-flew"),
    ("uncited source", "sources.yaml", "sources:\n", f"sources:\n  nobody: {NOBODY}\n", "nothing cites this source"),
    ("unknown agent", "regimens.yaml", "- agent: daratumumab\n", "- agent: daratumumap\n", "no agent daratumumap"),
    ("unknown class", "rules.yaml", "to_any: [BCMA-directed]", "to_any: [BCMA]", "no agent or class BCMA"),
    ("an address without https", "this_week.yaml", "url: https://hkuctr.com", "url: http://hkuctr.com", "begins with https://"),
    ("unknown place of the week", "this_week.yaml", "jurisdictions: [HK]", "jurisdictions: [HX]", "no jurisdiction HX"),
    ("a topic without its heading", "this_week.yaml", "- {id: judge, name: Judge the course}\n", "", "no entry for judge"),
    ("a row for nobody", "this_week.yaml", "- {type: exposed, to_any: [BCMA-directed]}", "- {type: state, one_of: [responding]}",
     "nobody can meet these"),
    ("a day that is none", "this_week.yaml", "field: disease.cytogenetics_on", "field: disease.isotype", "does not hold a day"),
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
    ("unknown comparison", "ranking.yaml", "order: [availability", "order: [availabilty", "Did you mean availability"),
    ("unknown intensity", "ranking.yaml", "unfit_for: {intermediate: very-high", "unfit_for: {intermediate: very-hi", "no intensity very-hi"),
    ("unknown frailty", "ranking.yaml", "unfit_for: {intermediate:", "unfit_for: {middling:", "no frailty group middling"),
    ("unknown label", "definitions.yaml", "treat_anyway: [high", "treat_anyway: [hi", "no label hi"),
    ("unknown response", "definitions.yaml", "non_response: [SD", "non_response: [SDD", "no response SDD"),
    ("unknown emergency", "definitions.yaml", "    hyperviscosity:", "    viscosity:", "no emergency viscosity"),
    ("negative window", "definitions.yaml", "refractory_window_days: {value: 60", "refractory_window_days: {value: -60", "-60 is below 0"),
    ("points for nobody", "definitions.yaml", "field: demographics.age, above: 75", "field: demographics.age, above: 750", "nobody has it above 750"),
    ("a trial that says nothing of a trait", "trials.yaml", "not-told: [pi-refractory, pomalidomide-exposed, kidney",
     "not-told: [pi-refractory, pomalidomide-exposed", "took patients of the traits kidney is not said"),
    ("a row without a state", "regimens.yaml", "when:\n    - {type: state, one_of: [relapsed]}\n    - {type: prior-lines",
     "when:\n    - {type: prior-lines", "it names no state of the disease"),
    ("taken before there were any", "trials.yaml", "in: [lenalidomide-refractory]\n      before-its-time: [anti-cd38-refractory, ",
     "in: [lenalidomide-refractory, anti-cd38-refractory]\n      before-its-time: [", "from 2016 on"),
    ("before its time and not old", "trials.yaml", "    begun: 2011", "    begun: 2021", "is not known to have begun before"),
    ("unknown trait", "trials.yaml", "in: [lenalidomide-refractory", "in: [lenalidomid-refractory", "no trait lenalidomid-refractory"),
    ("a recalled trait that lifts", "trials.yaml", "    outside:\n      in: [lenalidomide-refractory]",
     "    by_trait: {lenalidomide-refractory: {source: recalled-trial, verified: unverified}}\n    outside:\n      in: [lenalidomide-refractory]",
     "what was recalled may only leave out"),
    ("a source of no answer", "trials.yaml", "    source: durie-swog-s0777",
     "    by_trait: {kidney: {source: durie-swog-s0777, verified: primary}}\n    source: durie-swog-s0777",
     "outside gives no answer"),
    ("a source of an unknown trait", "trials.yaml", "    source: durie-swog-s0777",
     "    by_trait: {kidneys: {source: durie-swog-s0777, verified: primary}}\n    source: durie-swog-s0777", "no trait kidneys"),
    ("trial that nobody names", "trials.yaml", "  NCT00833833:", "  NCT00833834:", "no row of evidence is of this trial"),
    ("unknown control arm", "regimens.yaml", "against: [Rd]", "against: [Rt]", "no regimen Rt"),
    ("unknown regimen in reserve", "ranking.yaml", "regimens: [PCd]", "regimens: [PCt]", "no regimen PCt"),
    ("investigational and approved", "regimens.yaml", "  modality: car-t\n  intensity: high\n  agents: [{agent: zevor",
     "  modality: car-t\n  investigational: true\n  intensity: high\n  agents: [{agent: zevor", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "file", "old", "new", "said"), PLANTED, ids=[p[0] for p in PLANTED])
def test_the_linter_finds_what_is_planted(
    data: Path,
    name: str,
    file: str,
    old: str,
    new: str,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
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
    # The command finds the same, and is spared finding it again.
    monkeypatch.setattr(layers, "inspect", lambda path, *_: found if path == data else None)
    assert run(["catalogue", "check", str(data)]) == EXIT_INVALID_INPUT
    assert re.search(rf"{re.escape(file)}:\d+:\d+|sources.yaml:\d+:\d+|us.yaml:\d+:\d+", capsys.readouterr().out)


def listed(indication: str, status: str = "approved", regimen: str = "DKd") -> str:
    """A listing with one indication."""
    return (
        f"jurisdictions:\n  US:\n    name: US\n    listings:\n      {regimen}:\n        status: {status}\n"
        f"        source: s\n        verified: primary\n        indications:\n        - {{{indication}, {CLAIM}}} # here"
    )


def setting(criterion: str) -> str:
    return f"settings:\n- id: x\n  name: x\n  when:\n  - {{{criterion}}} # here"


def restarts(*rows: str) -> str:
    """Rows of a table of interruptions; the last is wrong."""
    row = (
        "  - {last_dose: 1 mg, action: continue, text: go on, jurisdictions: [US], SPAN, source: s, verified: primary}"
    )
    return "handling:\n  bortezomib:\n    restarts:\n" + "\n".join("  " + row.replace("SPAN", r) for r in rows)


def evidence(figures: str) -> str:
    return regimen(f"  evidence:\n  - {{trial: T, design: pooled, population: all, {figures}, {CLAIM}}} # here")


def dose(given: str, cycle: str = "  cycle_days: 21") -> str:
    """A regimen with cycles of 21 days and one dose; the first line of its schedule is wrong."""
    row = f"[{{agent: bortezomib, doses: [{{dose: 1 mg, {CLAIM},\n    {given}}}]}}]"
    return regimen(cycle, row)


def other(schedules: str, rows: str) -> str:
    """A regimen with a second row of doses, and with other schedules."""
    first = f"{{dose: 1 mg, given: [{{days: [1]}}], {CLAIM}}}"
    row = f"[{{agent: bortezomib, doses: [{first},\n    {rows.replace('CLAIM', CLAIM)}]}}]"
    return regimen(f"  cycle_days: 21\n{schedules.replace('CLAIM', CLAIM)}", row)


WEEKLY = "  usual_schedule: usual\n  schedules:\n  - {name: weekly, CLAIM}"
SEQUENCE = "trial: T, design: pooled, population: all"
# One error of each kind in a layer: what is said of it on the line that ends with `# here`.
WRONG: list[tuple[str, str, str]] = [
    # dates
    ("no such day", listed("since: 2026-02-30, criteria: []"), "there is no such day"),
    ("no date", listed("since: soon, criteria: []"), "write a date as 2024-03-18"),
    ("no such end", listed("until: 2026-00, criteria: []"), "there is no such month"),
    ("a year that is a number", listed("since: 2026, criteria: []"), "put it in quotes"),
    ("no day of reading", "  t: {kind: trial, title: A, year: 2020, read_on: 2026-04-31, verified: primary} # here",
     "there is no such day"),
    ("no day of revision", "  t: {kind: label, title: A, year: 2020, read_on: null, revision: 2026-13, verified: primary} # here",
     "there is no such month"),
    ("placed on no day", f"settings:\n- id: x\n  name: x\n  when: []\n  placements:\n  - {{regimen: DKd, level: option, by: A, dated: 2026-13, {CLAIM}}} # here",
     "there is no such month"),
    ("reviewed on no day", "reviewed_on: lately # here", "write a date as 2024-03-18"),
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
    ("approved for nobody", "jurisdictions:\n  US: {name: US, listings: {KCd: {status: approved, source: s, verified: primary}}} # here", "without an indication"),
    ("supported for nobody", "jurisdictions:\n  US: {name: US, listings: {KCd: {status: guideline-supported, source: s, verified: primary}}} # here", "without an indication"),
    # tables
    ("a gap of days", restarts("days_from: 0, days_to: 7", "days_from: 9").replace("days_to: 7, source: s, verified: primary}", "days_to: 7, source: s, verified: primary} # here"),
     "there is no row for day 8 in US"),
    ("a table that ends", restarts("days_from: 0", "days_from: 10, days_to: 20") + " # here", "there is no row for day 21 in US"),
    ("days that overlap", restarts("days_from: 0, days_to: 7", "days_from: 7") + " # here", "its days overlap"),
    ("steps that go back", f"handling:\n  bortezomib:\n    steps:\n    - {{day: 4, dose: 1 mg, route: SC, {CLAIM}}}\n    - {{day: 4, dose: 2 mg, route: SC, {CLAIM}}} # here", "day 4 is not after day 4"),
    ("negative hours", f"handling:\n  bortezomib:\n    observation:\n    - {{after: 1 mg, hours: -48, where: hospital, {CLAIM}}} # here", "at least 0"),
    ("a grade of nought", f"handling:\n  bortezomib:\n    holds:\n    - {{event: A, action: stop, text: A, grades: [0], {CLAIM}}} # here", "at least 1"),
    ("hours reversed", f"handling:\n  bortezomib:\n    premedication:\n    - {{before: A, text: A, hours_before: [3, 1], {CLAIM}}} # here", "it ends (1) before it begins (3)"),
    # figures
    ("a negative median", evidence("pfs_months: {median: -28.4}"), "at least 0"),
    ("nobody in it", evidence("n: 0"), "at least 1"),
    ("more than all", evidence("orr_percent: 630"), "at most 100"),
    ("more complete than all", evidence("orr_percent: 30, cr_percent: 40"), "more complete responses than responses"),
    ("an interval that leaves it out", evidence("pfs_months: {median: 28, hr: 6.4, hr_ci95: [0.5, 0.8]}"), "6.4 is outside its own interval"),
    ("weeks reversed", regimen(f"  lead_time_weeks: {{low: 9, high: 6.3, {CLAIM}}} # here"), "it ends (6.3) before it begins (9)"),
    ("too many visits", regimen(f"  burden: {{admission: none, visits_per_28_days: 400, {CLAIM}}} # here"), "at most 28"),
    # schedules
    ("an empty schedule", dose("given: [ ] # here\n    "), "this list is empty"),
    ("no day", dose("given: [{days: [ ] # here\n    }]"), "this list is empty"),
    ("neither days nor an interval", dose("given: [{to_cycle: 3}] # here\n    "), "write either `days` or `every_days`"),
    ("days and an interval", dose("given: [{days: [1], every_days: 7}] # here\n    "), "write either `days` or `every_days`"),
    ("a day of no cycle", dose("given: [{days: [1, 8, 22]}] # here\n    "), "day 22 is beyond the cycle of 21 days"),
    ("a span of no cycle", dose("given: [{days: [1-21], cycle_days: 14}] # here\n    "), "day 15 is beyond the cycle of 14 days"),
    ("a span in words", dose("given: [{days: [1 to 14]}] # here\n    "), "write a span of days as 1-21"),
    ("a span that goes back", dose("given: [{days: [14-1]}] # here\n    "), "the span 14-1 ends before it begins"),
    ("days out of order", dose("given: [{days: [8, 1]}] # here\n    "), "not in order"),
    ("cycles of no regimen", dose("given: [{every_days: 7, to_cycle: 2}] # here\n    ", ""), "the regimen has no cycles"),
    ("cycles that end first", dose("given: [{days: [1], from_cycle: 3, to_cycle: 2}] # here\n    "), "it ends (with cycle 2) before it begins (with cycle 3)"),
    ("cycles that overlap", dose("given: [{days: [1], to_cycle: 4}, {days: [8], from_cycle: 3}] # here\n    "), "it overlaps the phase before it, which ends with cycle 4"),
    ("weeks that overlap", dose("given: [{every_days: 7, to_week: 8}, {every_days: 14, to_week: 6}] # here\n    "), "it overlaps the phase before it, which ends with week 8"),
    ("cycles and weeks", dose("given: [{every_days: 7, to_week: 8}, {days: [1], to_cycle: 6}] # here\n    "), "in cycles or in weeks"),
    ("a phase that never begins", dose("given: [{every_days: 7}, {every_days: 14}] # here\n    "), "give the phase before it a `to_cycle` or `to_week`"),
    ("listed days after the step-up", dose("given: [{days: [1], after_step_up: true}] # here\n    "), "`after_step_up` is for a first phase"),
    ("words of the schedule", dose('given: [{days: [1, 8]}], days: "1, 8" # here\n    '), "leave `days` out"),
    ("a schedule without a name", other(WEEKLY, "{dose: 1 mg, schedule: weekly, CLAIM}, {dose: 2 mg,\n    schedule: weakly, # here\n    CLAIM}"),
     "Did you mean weekly"),
    ("a schedule without rows", other(f"{WEEKLY}\n  - {{name: monthly, CLAIM}} # here", "{dose: 1 mg, schedule: weekly, CLAIM}"),
     "no row of doses has the schedule monthly"),
    ("two schedules of one name", other(f"{WEEKLY}\n  - {{name: weekly, CLAIM}} # here", "{dose: 1 mg, schedule: weekly, CLAIM}"),
     "another schedule of the regimen has the name weekly"),
    ("a usual schedule alone", other("  usual_schedule: usual # here", "{dose: 1 mg, CLAIM}"), "give both, or none"),
    ("a row after another schedule", other(WEEKLY, "{dose: 1 mg, schedule: weekly, follows: true, CLAIM} # here\n    "),
     "it follows a row of another schedule"),
    # names
    ("a brand of another agent", "agents:\n- {id: newmab, name: newmab, classes: [PI], modality: antibody, targets: [], generation: 1, brands: [Velcade], source: s, verified: primary} # here",
     "Velcade also names bortezomib"),
    ("an alias of another agent", "agents:\n- {id: newmab, name: newmab, classes: [PI], modality: antibody, targets: [], generation: 1, aliases: [bortezomib], source: s, verified: primary} # here",
     "bortezomib also names bortezomib"),
    ("an alias of another regimen", "names:\n- {id: New, agents: [carfilzomib], aliases: [Dara-Kd]} # here", "Dara-Kd also names DKd"),
    ("a name of an unknown agent", "names:\n- {id: New, agents: [carfilzomip]} # here", "there is no agent carfilzomip. Did you mean carfilzomib?"),
    ("an agent twice", regimen("", "[{agent: bortezomib}, {agent: bortezomib}] # here"), "bortezomib is listed 2 times"),
    # what leads nowhere
    ("a pool of no trial", evidence("pools: [NCT99999999]"), "there is no trial NCT99999999"),
    ("after nothing", f"sequences:\n- {{id: x, after: [PIs], then: [PI], {SEQUENCE}, {CLAIM}}} # here", "there is no agent or class PIs"),
    ("then nothing", f"sequences:\n- {{id: x, after: [PI], then: [teclistamap], {SEQUENCE}, {CLAIM}}} # here", "Did you mean teclistamab?"),
    ("a modality of nothing", f"sequences:\n- {{id: x, after: [BCMA-directed/trispecifics], then: [PI], {SEQUENCE}, {CLAIM}}} # here", "no agent or class BCMA-directed/trispecifics"),
    ("a wash-out of nothing", f"washouts:\n- {{id: x, before: infusion, of: [PIs], advice: hold, by: A, text: A, {CLAIM}}} # here", "there is no agent or class PIs"),
    ("a bridge of nothing", f"bridges:\n- {{id: x, agents: [PIs], keeps_t_cells: true, text: A, by: A, {CLAIM}}} # here", "there is no agent or class PIs"),
    ("the time of nothing", f"vein_to_vein:\n- {{id: x, regimen: cilta, weeks: 3, text: A, {CLAIM}}} # here", "there is no regimen cilta"),
    ("weeks outside their range", f"vein_to_vein:\n- {{id: x, regimen: cilta-cel, weeks: 9, range_weeks: [3, 5], text: A, {CLAIM}}} # here", "9 is outside its own interval"),
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
    assert "2062-01-01 is in the future" in problem.message and (problem.file, problem.line) == (str(path), 2)
    assert inspect(path, date(2062, 1, 1), 999).problems == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("dated: 2021-03", "2021-03 is not in the year of the source, 2020"),
        ("known_since: 2020-11", ""),
        ('known_since: "2020"', "2020 is not before the source itself"),
        ("dated: 2020-03, known_since: 2020-03", "2020-03 is not before the source itself"),
        ("dated: 2020-03, known_since: 2020-02", ""),
        ("dated: soon", "write a date as 2024-03-18"),
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
    plant(
        data, "rules.yaml", "source: recalled-label, verified: unverified", "source: recalled-label, verified: primary"
    )
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
