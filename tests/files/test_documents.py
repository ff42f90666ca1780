"""The strict reader: nothing guessed, everything wrong told at once, with its place."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mmadvisor.base.errors import InvalidInputError, Problem, UsageError
from mmadvisor.files.documents import parse
from mmadvisor.files.output import write_atomically
from mmadvisor.files.patients import patient_from, read_patient
from tests.builders.blank import LOADED, a_patient
from tests.builders.patients import LEN_REFRACTORY, patient

FORMULARY = LOADED.catalogue.formulary
GOOD = "id: p\ntherapies: []\n"


def problems(text: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(InvalidInputError) as caught:
        patient_from(parse(text, "p.yaml"), FORMULARY)
    return caught.value.problems


def only(text: str | bytes) -> Problem:
    (problem,) = problems(text)
    return problem


def test_what_yaml_would_guess_stays_what_was_written() -> None:
    tree = parse("a: no\nb: yes\nc: on\nd: 2024-03\ne: 12:30\nf: true\ng: ~\nh: 1e3\ni: '012'\nj: 0.5", "x").tree
    assert tree == {"a": "no", "b": "yes", "c": "on", "d": "2024-03", "e": "12:30", "f": True, "g": None, "h": 1000.0,
                    "i": "012", "j": 0.5}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("id: p\nid: q\ntherapies: []", "stands twice", 2),
        ("id: p\nage: 012\ntherapies: []", "leading zero", 2),
        ("id: &a p\ntherapies: []", "anchors", 1),
        ("id: p\ntherapies: *a", "", 2),
        ("id: !!str p\ntherapies: []", "tag", 1),
        ("id: p\n---\nid: q", "more than one document", 3),
        ("id: p\ntherapies: [", "not valid", 3),
        ("id: p\n\ttherapies: []", "not valid", 2),
        ("id: p\nlabs: {lvef_percent: .inf}\ntherapies: []", "finite", 2),
        ("", "empty", 0),
        ("# nothing\n", "holds nothing", 0),
        ("- a\n", "group of fields", 1),
    ],
)
def test_what_could_be_misread_is_refused_in_its_place(text: str, said: str, line: int) -> None:
    problem = problems(text)[0]
    assert said in str(problem)
    assert not line or problem.line == line


def test_bombs_and_noise_are_refused_quickly() -> None:
    assert "nested" in only("[" * 100_000).message
    assert "nested" in only('{"a":' * 100_000).message
    assert "KiB" in only("#" * (2 * 1024 * 1024)).message
    assert "UTF-8" in only(b"\xff\xfe\x00\x01").message
    assert "NUL" in only(b"id: p\x00").message


def test_json_with_tabs_and_yaml_are_read_alike() -> None:
    raw = patient(*LEN_REFRACTORY)
    as_json = parse(json.dumps(raw, indent="\t"), "p.json")
    as_yaml = parse(yaml.safe_dump(raw), "p.yaml")
    first, second = (patient_from(d, FORMULARY).patient for d in (as_json, as_yaml))
    assert first == second == a_patient(**raw)


def test_every_problem_of_a_file_at_once_with_line_and_column() -> None:
    text = """id: p
disease:
  state: relapse
fitness: {ecog: 7}
labs:
  lvef_percnt: 60
therapies:
- agents: [bortezomb]
  start: 2024-13
  stop_reason: progressed
"""
    found = {p.path: p for p in problems(text)}
    assert found["disease.state"].line == 3 and "relapsed" in found["disease.state"].hint
    assert found["fitness.ecog"].line == 4 and "at most 4" in found["fitness.ecog"].message
    assert found["labs.lvef_percnt"].line == 6 and found["labs.lvef_percnt"].column == 3
    assert "lvef_percent" in found["labs.lvef_percnt"].hint
    assert "bortezomib" in found["therapies[0].agents[0]"].hint
    assert found["therapies[0].start"].line == 9
    assert "progression" in found["therapies[0].stop_reason"].hint
    assert len(found) == 6


def test_the_only_required_fields_are_asked_for() -> None:
    assert {p.path for p in problems("schema: mmadvisor/patient/1")} == {"id", "therapies"}


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ("{agents: [lenalidomide], start: 2024-03-01, stop: 2024-02-01}", "stop"),
        ("{agents: [lenalidomide], start: 2024-03-01, progressed_on: 2023}", "progressed_on"),
        ("{stop: 2024-03-01}", ""),
        ("{agents: [], start: 2024-03-01}", "agents"),
        ("{regimen: VRd, agents: [lenalidomide, dexamethasone]}", "agents"),
        ("{agents: [lenalidomide], not_refractory_to: [lenalidomide]}", "not_refractory_to[0]"),
        ("{agents: [lenalidomide], stop: ongoing, stop_reason: toxicity}", "stop_reason"),
        ("{agents: [lenalidomide], start: 2027-01-01}", "start"),
    ],
)
def test_contradictions_are_errors(entry: str, field: str) -> None:
    problem = only(f"id: p\nassessed_on: 2026-10-20\ntherapies:\n- {entry}\n")
    assert problem.path == f"therapies[0].{field}".rstrip(".")


def test_partial_dates_contradict_only_where_it_is_certain() -> None:
    text = "id: p\ntherapies:\n- {agents: [lenalidomide], start: 2024-03-15, stop: 2024-03, progressed_on: 2024}\n"
    assert patient_from(parse(text, "p"), FORMULARY).patient.therapies[0].stop is not None


def test_unknown_null_and_absent_are_one() -> None:
    several = [
        patient_from(parse(f"id: p\n{field}therapies: []\n", "p"), FORMULARY).patient.get("labs.lvef_percent")
        for field in ("", "labs: {lvef_percent: null}\n", "labs: {lvef_percent: unknown}\n", "labs: unknown\n")
    ]
    assert several == [None] * 4


def test_a_short_form_without_an_owner_lists_its_candidates() -> None:
    problem = only("id: p\ntherapies: [{agents: [pan]}]")
    assert "panobinostat" in problem.hint and "pamidronic-acid" in problem.hint


def test_names_resolve_and_doubtful_ones_warn() -> None:
    read = patient_from(parse("id: p\ntherapies: [{regimen: bvd}, {agents: [Velcade, dex]}]", "p"), FORMULARY)
    assert read.patient.therapies[0].regimen == "BVd"
    assert [g.agent for g in read.patient.therapies[1].given] == ["bortezomib", "dexamethasone"]
    assert any("bendamustine" in w.message.casefold() or "Benda-Vd" in w.message for w in read.warnings)


def test_unlikely_values_and_names_in_the_id_are_warned_about() -> None:
    text = "id: Chan Tai\nlabs: {creatinine_umol_per_l: 6, haemoglobin_g_per_dl: 21}\ntherapies: []"
    warned = {w.path for w in patient_from(parse(text, "p"), FORMULARY).warnings}
    assert warned == {"id", "labs.creatinine_umol_per_l", "labs.haemoglobin_g_per_dl"}


def test_what_if_lays_a_value_over_the_file() -> None:
    document = parse("id: p\ntherapies: [{agents: [lenalidomide]}]", "p")
    settings_ = [
        "labs.lvef_percent=35",
        "therapies[0].stop=2024-03",
        "disease.relapse.tempo=rapid",
        "fitness.ecog=unknown",
    ]
    made = patient_from(document, FORMULARY, settings=settings_).patient
    assert made.get("labs.lvef_percent") == 35 and str(made.therapies[0].stop) == "2024-03"
    assert made.get("disease.relapse.tempo") == "rapid" and made.get("fitness.ecog") is None
    with pytest.raises(UsageError, match="Did you mean lvef_percent"):
        patient_from(document, FORMULARY, settings=["labs.lvef=35"])
    with pytest.raises(UsageError, match="no item"):
        patient_from(document, FORMULARY, settings=["therapies[4].stop=2024"])


def test_standard_input_a_folder_and_a_missing_file(tmp_path: Path) -> None:
    read = read_patient("-", FORMULARY, stdin=io.BytesIO(GOOD.encode()))
    assert read.patient.id == "p" and len(read.sha256) == 64
    for path in (tmp_path, tmp_path / "none.yaml"):
        with pytest.raises(InvalidInputError):
            read_patient(path, FORMULARY)


def test_output_is_whole_private_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out.json"
    write_atomically(target, "text")
    assert target.read_text() == "text" and stat.S_IMODE(target.stat().st_mode) == 0o600

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(UsageError, match="No space"):
        write_atomically(target, "other")
    assert target.read_text() == "text" and list(tmp_path.iterdir()) == [target]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_make_a_patient_or_a_told_problem(content: bytes) -> None:
    try:
        patient_from(parse(content, "x"), FORMULARY)
    except InvalidInputError as error:
        assert error.problems and all(p.message for p in error.problems)


JUNK: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(["therapies", "labs", "disease", "toxicities", "assessed_on", "access", "id"]), JUNK)
def test_any_shape_of_data_makes_a_patient_or_a_told_problem(field: str, junk: Any) -> None:
    try:
        patient_from({**patient(*LEN_REFRACTORY), field: junk}, FORMULARY)
    except InvalidInputError as error:
        assert error.problems


# --- the file as text ---------------------------------------------------------------------------


def file_problems(tmp_path: Path, text: str, *, settings: tuple[str, ...] = ()) -> list[Problem]:
    path = tmp_path / "p.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInputError) as caught:
        read_patient(path, FORMULARY, settings=settings)
    return list(caught.value.problems)


def test_what_json_escapes_is_read_as_it_was_written() -> None:
    for name in ("p\U0001f600q", "\\ud83d\\ude00", 'a"\\\\b/', "\u2028 \u00e9", "tab\there"):
        for escaped in (True, False):
            text = json.dumps({"id": name, "therapies": []}, ensure_ascii=escaped)
            assert parse(text, "p.json").tree["id"] == name


def test_what_json_escapes_moves_no_column() -> None:
    text = '{"id": "\\ud83d\\ude00", "therapies": [], "x": 1}'
    problem = only(text)
    assert (problem.path, problem.line, problem.column) == ("x", 1, text.index('"x"') + 1)


def test_a_tab_inside_a_text_is_kept() -> None:
    assert parse('{id: "a\tb"}', "p").tree == {"id": "a\tb"}


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        ("id: p\nlabs:\n\tlvef_percent: 3\n", "spaces, not tabs", (3, 1)),
        ("id: p\ntherapies: \x1b[31m", "U+001B", (2, 12)),
        ("id: p\n1: x\ntherapies: []", "a key must be a word", (2, 1)),
        ("id: p\ntrue: x\ntherapies: []", "a key must be a word", (2, 1)),
        ("id: p\n[a]: x\ntherapies: []", "a key must be a word", (2, 1)),
        ("id: p\n<<: {age: 3}\ntherapies: []", "merge keys", (2, 1)),
        ("id: p\nlabs: {a: 1,\n  a: 2}\ntherapies: []", "stands twice (first at line 2, column 8)", (3, 3)),
        ('{"id": "p",\n "id": "q", "therapies": []}', "stands twice (first at line 1, column 2)", (2, 2)),
    ],
)
def test_what_is_refused_is_said_with_its_place(text: str, said: str, place: tuple[int, int]) -> None:
    problem = problems(text)[0]
    assert said in str(problem) and (problem.line, problem.column) == place


def test_a_quoted_key_may_look_like_a_number() -> None:
    assert parse('{"1": 2}', "p").tree == {"1": 2}


def test_a_file_with_a_byte_order_mark_is_read() -> None:
    assert parse(b"\xef\xbb\xbf" + GOOD.encode(), "p").tree["id"] == "p"


def test_nothing_in_a_problem_can_steer_a_terminal() -> None:
    for text in (
        '"\\e[31mred": 1\n' + GOOD,
        'id: "\\e[2J"\ntherapies: unknown\nassessed_on: "\\e[2J"',
        "id: !<%1b%5b> p",
    ):
        for problem in problems(text):
            assert str(problem).isprintable()


def test_what_was_found_is_cut_short() -> None:
    assert len(only("id: p\ntherapies: []\nassessed_on: " + "x" * 5000).found) <= 60


def test_a_million_brackets_and_two_mebibytes_are_refused(tmp_path: Path) -> None:
    assert "nested" in file_problems(tmp_path, "[" * 1_000_000)[0].message
    assert "KiB" in file_problems(tmp_path, "a: b\n" * (2 * 1024 * 1024 // 5))[0].message
    with pytest.raises(InvalidInputError, match="KiB"):
        read_patient("-", FORMULARY, stdin=io.BytesIO(b" " * (2 * 1024 * 1024)))


def test_data_in_memory_nested_without_end_is_refused_too() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": deep}
    with pytest.raises(InvalidInputError, match="nested"):
        patient_from({"id": "p", "therapies": [], "labs": deep}, FORMULARY)


def test_a_file_of_nothing_but_mistakes_is_told_in_part_and_counted() -> None:
    found = problems(GOOD + "".join(f"k{i}: 1\n" for i in range(20_000)))
    assert len(found) == 501 and "19500 problems more" in found[-1].message


# --- all at once --------------------------------------------------------------------------------


def test_misreadable_invalid_and_contradictory_are_told_together(tmp_path: Path) -> None:
    text = """id: p
demographics: {age: 067}
fitness: {ecog: 9}
therapies:
- {agents: [lenalidomide], start: 2024, stop: 2020}
- {stop: 2024}
- {regimen: VRd, agents: [lenalidomide]}
- {agents: [bortezomb], start: soon}
"""
    found = [(p.path, p.line) for p in file_problems(tmp_path, text)]
    assert found == [
        ("demographics.age", 2), ("fitness.ecog", 3), ("therapies[0].stop", 5), ("therapies[1]", 6),
        ("therapies[2].agents", 7), ("therapies[3].agents[0]", 8), ("therapies[3].start", 8),
    ]  # fmt: skip


def test_what_is_wrong_in_one_item_hides_nothing_in_another() -> None:
    text = "id: p\ntherapies:\n- {agents: [5, [6]], start: 2024, stop: 2020}\n- {agents: [lenalidomide], start: 2024, stop: 2020}\n"
    assert [p.path for p in problems(text)] == [
        "therapies[0].agents[0]", "therapies[0].agents[1]", "therapies[0].stop", "therapies[1].stop",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "path", "hint"),
    [
        ("fitnes: {}", "fitnes", "fitness"),
        ("disease: {cytogenetics: {t414: present}}", "disease.cytogenetics.t414", "t_4_14"),
        ("disease: {m_protein: [{urine: 1}]}", "disease.m_protein[0].urine", "urine_mg_per_24h"),
        ("toxicities: [{event: rash, grad: 1}]", "toxicities[0].grad", "grade"),
    ],
)
def test_an_unknown_field_at_any_depth_has_its_nearest(text: str, path: str, hint: str) -> None:
    problem = only(f"{GOOD}{text}\n")
    assert problem.path == path and hint in problem.hint and problem.line == 3


def test_an_impossible_value_says_both_ends_and_what_unit_it_may_be_in() -> None:
    message = only(GOOD + "labs: {haemoglobin_g_per_dl: 105}").message
    assert "at least 1 and at most 30" in message and "g/L" in message


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ("{agents: [{agent: lenalidomide, start: 2019}], start: 2020}", "agents[0].start"),
        ("{agents: [{agent: lenalidomide, start: 2022}], stop: 2021}", "agents[0].start"),
        ("{agents: [{agent: lenalidomide, stop: 2022}], stop: 2021}", "agents[0].stop"),
        ("{agents: [{agent: lenalidomide, stop: ongoing}], stop: 2021}", "agents[0].stop"),
        ("{agents: [{agent: lenalidomide, stop: 2027}]}", "agents[0].stop"),
        ("{agents: [lenalidomide], not_refractory_to: [lenalidomide], reason: unknown}", "not_refractory_to[0]"),
    ],
)
def test_an_agents_own_dates_and_reasons_hold_too(entry: str, field: str) -> None:
    assert only(f"id: p\nassessed_on: 2026-10-20\ntherapies:\n- {entry}\n").path == f"therapies[0].{field}"


def test_dates_of_the_disease_fit_the_therapies_and_the_day_of_the_decision() -> None:
    text = "id: p\nassessed_on: 2024\ndisease: {diagnosed_on: 2023, m_protein: [{on: 2025}]}\ntherapies: [{agents: [lenalidomide], start: 2020}]"
    assert [p.path for p in problems(text)] == ["disease.diagnosed_on", "disease.m_protein[0].on"]


def test_the_order_of_the_file_is_no_fact_and_lines_against_the_dates_are_a_warning() -> None:
    for text in (
        "id: p\ntherapies: [{line: 2, agents: [lenalidomide]}, {line: 1, agents: [bortezomib]}]",
        "id: p\ntherapies: [{start: 2024, agents: [lenalidomide]}, {start: 2020, agents: [bortezomib]}]",
    ):
        assert not patient_from(parse(text, "p"), FORMULARY).warnings
    text = "id: p\ntherapies: [{line: 2, start: 2020, agents: [Rd]}, {line: 1, start: 2024, agents: [bortezomib]}]"
    text = text.replace("[Rd]", "[lenalidomide]")
    (warning,) = patient_from(parse(text, "p"), FORMULARY).warnings
    assert warning.path == "therapies[1].line" and "contradicts the dates" in warning.message


def test_steroids_and_supportive_agents_do_not_decide_whether_regimen_and_agents_agree() -> None:
    for agents in ("[bortezomib, lenalidomide]", "[bortezomib, lenalidomide, prednisone, aciclovir]"):
        text = f"id: p\ntherapies: [{{regimen: VRd, agents: {agents}}}]"
        assert patient_from(parse(text, "p"), FORMULARY).patient.therapies[0].regimen == "VRd"


def test_a_name_in_the_wrong_field_is_sent_to_the_right_one() -> None:
    found = problems("id: p\ntherapies: [{regimen: lenalidomide}, {agents: [{agent: VRd}]}]")
    assert [p.path for p in found] == ["therapies[0].regimen", "therapies[1].agents[0].agent"]
    assert "agents: [lenalidomide]" in found[0].hint and "regimen: VRd" in found[1].hint


def test_an_unknown_item_of_a_list_is_no_item() -> None:
    problem = only(GOOD + "disease: {emergencies: [unknown]}")
    assert problem.found == "'unknown'" and "or unknown" not in problem.message


@pytest.mark.parametrize("card", ["A123456(7)", "a1234567", "943 476 5919", "9434765919", "Chan Tai"])
def test_an_id_that_is_a_card_or_a_name_is_warned_about(card: str) -> None:
    assert [w.path for w in patient_from({"id": card, "therapies": []}, FORMULARY).warnings] == ["id"]


@pytest.mark.parametrize("pseudonym", ["case-017", "hk-2026-0042", "P07", "unknown"])
def test_a_pseudonym_is_not_warned_about(pseudonym: str) -> None:
    read = patient_from({"id": pseudonym, "therapies": []}, FORMULARY)
    assert read.warnings == () and read.patient.id == pseudonym


# --- what if ------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["200", "012", "yes", "\udcff", "[1"])
def test_a_wrong_value_of_a_setting_is_told_as_the_settings(tmp_path: Path, value: str) -> None:
    (problem,) = file_problems(tmp_path, GOOD + "labs: {lvef_percent: 60}", settings=(f"labs.lvef_percent={value}",))
    assert problem.file == "--set" and problem.path == "labs.lvef_percent"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("labz.lvef_percent=3", "Did you mean labs"),
        ("therapies.start=2024", "say in which item"),
        ("labs.lvef_percent", "FIELD=VALUE"),
        ("=3", "is no field"),
        ("id.x=3", "there is no field id.x"),
        (f"therapies[{'9' * 5000}].start=2024", "no item of so high a number"),
        ("therapies[0000001].start=2024", "no item of so high a number"),
    ],
)
def test_a_setting_of_no_field_names_the_nearest(setting: str, said: str) -> None:
    with pytest.raises(UsageError, match=said.replace(".", r"\.")):
        patient_from(parse("id: p\ntherapies: [{agents: [lenalidomide]}]", "p"), FORMULARY, settings=[setting])


def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    import os
    import threading

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    write_atomically(pipe, "text")
    reader.join(10)
    assert got == ["text"] and pipe.is_fifo()


# --- any data -----------------------------------------------------------------------------------

# No digits: what PyYAML writes plain as text, such as 1E5, is a number here, and refused where text belongs.
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Nd")), max_size=12)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(WORDS, WORDS, st.floats(1, 100), st.integers(0, 4), st.sampled_from([None, True, False]), st.booleans())
def test_a_valid_patient_goes_round_through_yaml_and_json(
    name: str, event: str, lvef: float, ecog: int, complete: bool | None, escaped: bool
) -> None:
    raw = patient(*LEN_REFRACTORY) | {
        "id": name, "labs": {"lvef_percent": lvef}, "fitness": {"ecog": ecog}, "therapies_complete": complete,
        "toxicities": [{"event": event}],
    }  # fmt: skip
    wanted = patient_from(raw, FORMULARY).patient
    texts = [json.dumps(raw, ensure_ascii=escaped, indent="\t"), yaml.safe_dump(raw, allow_unicode=not escaped)]
    for text in texts:
        assert patient_from(parse(text, "p"), FORMULARY).patient == wanted


PIECES = st.sampled_from(
    ["id: p\n", "therapies:\n", "- ", "  ", "\t", "{", "}", "[", "]", ": ", ",", "\n", '"', "'", "&a ", "*a", "!!x ", "? ",
     "<<", "012", "unknown", "agents", "start: 2024\n", "regimen: VRd\n", "labs", "lvef_percent: 3\n", "---\n", "\\ud83d",
     "| ", "> ", "#", "%YAML 9\n", "\x00", "\x85", "\u2028", "\ufeff"]
)  # fmt: skip


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_any_heap_of_yaml_makes_a_patient_or_a_told_problem(text: str) -> None:
    try:
        patient_from(parse(text, "x"), FORMULARY)
    except InvalidInputError as error:
        assert error.problems and all(str(p).replace("\n", "").isprintable() for p in error.problems)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.sampled_from(
        ["agents", "refractory_to", "not_refractory_to", "start", "stop", "line", "regimen", "reason", "best_response"]
    ),
    JUNK,
)
def test_any_therapy_makes_a_patient_or_a_told_problem(field: str, junk: Any) -> None:
    try:
        patient_from(parse(json.dumps(patient({**LEN_REFRACTORY[0], field: junk})), "x"), FORMULARY)
    except InvalidInputError as error:
        assert error.problems


def test_a_declaration_in_a_therapy_that_does_not_hold_the_agent_counts_and_is_asked_about() -> None:
    text = "id: p\ntherapies:\n- {agents: [bortezomib], refractory_to: [Revlimid, PI]}\n"
    read = patient_from(parse(text, "p.yaml"), FORMULARY)
    (warning,) = [w for w in read.warnings if "declared refractory" in w.message]
    assert warning.path == "therapies[0].refractory_to[0]" and warning.found == "'lenalidomide'"
    assert (warning.line, warning.column) == (3, 42)
