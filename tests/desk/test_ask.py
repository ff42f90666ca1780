"""A patient asked for step by step: every file can be told, at any pace, and nothing told is lost or obeyed."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mmadvisor.base.errors import InvalidInputError, UsageError
from mmadvisor.desk import ask, questions
from mmadvisor.desk.ask import new_patient
from mmadvisor.desk.cli import run
from mmadvisor.desk.dialogue import Dialogue
from mmadvisor.desk.draft import State
from mmadvisor.desk.replies import Replies
from mmadvisor.files.documents import parse
from mmadvisor.files.form import TOLD_OF_THERAPY, field_at, leaves, needed_first
from mmadvisor.files.form import Path as Place
from mmadvisor.files.patients import patient_from
from mmadvisor.files.writing import STOPPED, written
from mmadvisor.formats.patient import Patient, Therapy
from tests import ROOT
from tests.builders.blank import DAY, LOADED, answer_for
from tests.laws.strategies import whole_patients, with_less

EXAMPLES = sorted(p for p in (ROOT / "examples").rglob("*") if p.suffix in (".yaml", ".json"))
CATALOGUE = LOADED.catalogue
WORDS = CATALOGUE.words
QUIET = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
COMMANDS = {"?", "<", "stop", "end", "show", "none", "unknown", "more", "-", "skip"}


def facts_of(path: Path) -> dict[str, Any]:
    facts: dict[str, Any] = parse(path.read_bytes(), path.name).tree
    return facts


def at(facts: Any, place: Place) -> Any:
    for step in place:
        if isinstance(facts, dict):
            facts = facts.get(step)
        elif isinstance(facts, list) and isinstance(step, int) and step < len(facts):
            facts = facts[step]
        else:
            return None
    return None if facts == "unknown" else facts


def text_of(value: Any, *, item: bool = False) -> str:
    """A value as somebody types it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(text_of(part, item=True) for part in value) or "none"
    text = str(value)
    plain = re.fullmatch(r"[\w.+-]+( [\w.+-]+)*", text) and text not in COMMANDS and not text.startswith("set ")
    return text if (plain and not item) or (plain and "," not in text) else json.dumps(text)


class Doctor:
    """Answers from what is known; counts the questions, and may leave before one of them."""

    def __init__(self, facts: dict[str, Any], leaves_before: int | None = None) -> None:
        self.facts = facts
        self.left = leaves_before
        self.asked: list[Place] = []
        self.prompts: list[str] = []
        self.seen: list[str] = []
        self.dialogue: Dialogue | None = None
        self.told_more: set[int] = set()

    def write(self, line: str) -> None:
        self.seen.append(line)

    def read(self, prompt: str, words: Sequence[str]) -> str:
        if prompt.startswith(("  Keep it?", "Continue?")) or "Overwrite it?" in prompt:
            return "yes"
        if self.left is not None and len(self.asked) == self.left:
            raise EOFError
        assert self.asked[-5:] != [self.key()] * 5, self.seen[-8:]
        self.asked.append(self.key())
        self.prompts.append(prompt)
        return self.answer(self.key())

    def key(self) -> Place:
        assert self.dialogue is not None and self.dialogue.asking is not None
        return self.dialogue.asking.key

    def answer(self, key: Place) -> str:
        if key[0] == "therapies" and len(key) == 2:
            return self.therapy(int(key[1]))
        if key[-1] == "own":
            agents = at(self.facts, (*key[:-1], "agents")) or []
            return ", ".join(a["agent"] for a in agents if isinstance(a, dict) and len(a) > 1)
        if isinstance(key[-1], int):
            return self.item(key)
        if len(key) == 1 and (item := field_at(key, WORDS)).record is not None and item.item is None:
            return "yes" if self.facts.get(str(key[0])) else ""
        value = at(self.facts, key)
        return value if isinstance(value, str) and field_at(key, WORDS).choices else text_of(value)

    def item(self, key: Place) -> str:
        items = at(self.facts, key[:-1])
        if items is None or int(key[-1]) >= max(1, len(items)):
            return ""
        if not items:
            return "none"
        record = Patient.record_at(p for p in key if isinstance(p, str))
        item = items[key[-1]]
        assert record is not None
        return text_of(item.get(needed_first(record)[0]) if isinstance(item, dict) else item) or "unknown"

    def therapy(self, number: int) -> str:
        therapies = self.facts["therapies"]
        if number and number - 1 not in self.told_more:
            self.told_more.add(number - 1)
            before = therapies[number - 1]
            rare = before.keys() - {*TOLD_OF_THERAPY, "regimen", "agents"}
            if any(before[k] is not None for k in rare) or any(isinstance(a, dict) for a in before.get("agents") or ()):
                return "more"
        if number >= len(therapies):
            return ""
        regimen, agents = (at(therapies, (number, k)) for k in ("regimen", "agents"))
        names = text_of([a["agent"] if isinstance(a, dict) else a for a in agents]) if agents else ""
        if regimen and agents:
            return f"{regimen} = {names}"
        return f"regimen: {regimen}" if regimen else f"agents: {names}"


def told_to(
    facts: dict[str, Any], state: State | None = None, leaves_before: int | None = None
) -> tuple[Dialogue, Doctor, Any]:
    doctor = Doctor(facts, leaves_before)
    doctor.dialogue = Dialogue(CATALOGUE, doctor.read, doctor.write, state or State())
    return doctor.dialogue, doctor, doctor.dialogue.run()


def same(text: str, facts: dict[str, Any]) -> None:
    """The file says the same patient as the facts."""
    ours, theirs = (patient_from(raw, CATALOGUE.formulary).patient for raw in (parse(text, "x").tree, facts))
    assert ours.but(**{"schema": None}) == theirs.but(**{"schema": None})


def lines(*answers: str) -> tuple[Dialogue, list[str], Any]:
    """A dialogue of these answers, one after another."""
    seen: list[str] = []
    left = iter(answers)

    def read(prompt: str, words: Sequence[str]) -> str:
        seen.append(prompt)
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    dialogue = Dialogue(CATALOGUE, read, seen.append, width=200)
    return dialogue, seen, dialogue.run()


START = ["p", "", "", "", "", ""]


# --- the form -----------------------------------------------------------------------------------


def test_every_number_of_the_format_has_its_unit_or_is_a_scale() -> None:
    scales = {"age", "iss", "r_iss", "line", "ecog", "adl", "iadl", "charlson", "grade", "nyha_class"}
    for section in ("demographics", "disease", "comorbidities", "labs", "access", "fitness", "therapies", "toxicities"):
        for path in leaves((section,), WORDS):
            item = field_at(path, WORDS)
            if item.limits is not None and path[-1] not in scales and not str(path[-1]).endswith("_grade"):
                assert item.unit, path


def test_units_are_read_from_the_names_of_fields() -> None:
    units = {p[-1]: field_at(p, WORDS).unit for p in leaves(("disease", "m_protein"), WORDS)}
    assert units == {"on": "", "serum_g_per_l": "g/L", "urine_mg_per_24h": "mg/24 h", "dflc_mg_per_l": "mg/L"}
    assert field_at(("demographics", "height_cm"), WORDS).unit == "cm"


def test_what_is_told_of_every_therapy_is_in_the_format() -> None:
    assert set(TOLD_OF_THERAPY) <= Therapy.defaults().keys()
    for path in (*questions.OPENING, *questions.OF_A_RELAPSE, *questions.NOTES, *questions.ABOVE):
        assert Patient.has(path)
    assert max(map(len, ask.GREETING.splitlines())) <= 80


# --- every patient can be told ------------------------------------------------------------------


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_every_example_can_be_told(path: Path) -> None:
    facts = facts_of(path)
    dialogue, doctor, stopped = told_to(facts)
    assert stopped is None
    text = written(dialogue.told, WORDS)
    same(text, facts)
    assert all(len(prompt) <= 80 for prompt in doctor.prompts)


@pytest.mark.parametrize("name", ["hk-triple-class-refractory.yaml", "deliberately-incomplete.yaml"])
def test_the_file_gets_the_same_answer_as_the_example(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = facts_of(ROOT / "examples" / name)
    target = tmp_path / "told.yaml"
    doctor = Doctor(facts)

    def dialogue(*args: Any) -> Dialogue:
        doctor.dialogue = Dialogue(*args)
        return doctor.dialogue

    monkeypatch.setattr(ask, "Dialogue", dialogue)
    assert new_patient(CATALOGUE, target, DAY, doctor.read, doctor.write) == target
    told = parse(target.read_bytes(), "x").tree
    assert answer_for(**told) == answer_for(**facts)
    assert any("[" in prompt and " open] " in prompt for prompt in doctor.prompts)
    assert f"  mmadvisor recommend {target}" in doctor.seen and not list(tmp_path.glob(".*"))
    assert target.stat().st_mode & 0o777 == 0o600


@QUIET
@given(st.data())
def test_any_patient_can_be_told(data: st.DataObject) -> None:
    facts = data.draw(with_less(data.draw(whole_patients())))
    dialogue, _, stopped = told_to(facts)
    assert stopped is None
    same(written(dialogue.told, WORDS), facts)


@QUIET
@given(st.data())
def test_the_rarer_facts_of_a_therapy_can_be_told(data: st.DataObject) -> None:
    day = st.sampled_from([None, "2020-02", "2020-03-01"])
    agent = {"agent": "bortezomib", "dose": data.draw(st.sampled_from([None, "1.3 mg/m2", "a: b # c"])),
             "start": data.draw(day), "stop": data.draw(st.sampled_from([None, "2020-04", "2020-05-01"]))}  # fmt: skip
    therapy = {"line": data.draw(st.sampled_from([None, 1, 2])), "agents": [agent, "lenalidomide"], "start": "2020",
               "stop": "2020-06", "best_response": "PR", "best_response_on": data.draw(day),
               "reason": data.draw(st.sampled_from([None, "measured in error"])),
               "refractory_to": data.draw(st.sampled_from([None, [], ["PI"], ["Velcade", "lenalidomide"]])),
               "not_refractory_to": data.draw(st.sampled_from([None, [{"agent": "lenalidomide", "reason": "x"}]]))}  # fmt: skip
    facts = {"id": "p", "therapies": [therapy, {"regimen": "Kd"}],
             "disease": {"m_protein": [{"on": "2020-01", "serum_g_per_l": 3.5}, {"urine_mg_per_24h": 200}]}}  # fmt: skip
    dialogue, _, _ = told_to(facts)
    same(written(dialogue.told, WORDS), facts)


# --- answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (["p", "2026-13"], "  ! there is no such month; found '2026-13'"),
        (["p", "", "167"], "at least 0 and at most 120 (years); found 167"),
        (["p", "", "012"], "leading zero"),
        (["p", "", "sixty"], "  ! this must be a whole number, or unknown; found 'sixty'"),
        (["p", "", "", "x"], "  ! allowed are female, male, or unknown; found 'x'"),
        (["p", "", "", "", "", "relapses"], "Did you mean relapsed?"),
        ([""], "  ! an id is required"),
        ([*START, "VRdd"], "Did you mean VRd?"),
        ([*START, "bortezomib, lenalidomde"], "Did you mean lenalidomide?"),
        ([*START, "cd"], "It could mean"),
        ([*START, "VRd = carfilzomib"], "the agents are not those of the regimen"),
        ([*START, "VRd", "", "2020-05-01", "2020-04-01"], "this is before the start (2020-05-01)"),
        (["p", "2020-01-01", "", "", "", "", "VRd", "", "2021"], "this is after the day of the decision"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_told_and_asked_again(answers: list[str], said: str) -> None:
    _, seen, _ = lines(*answers)
    assert any(said in line for line in seen)
    prompts = [line for line in seen if line.endswith(": ")]
    assert prompts[-1] == prompts[-2]


def test_what_is_doubtful_is_asked_again_and_may_be_kept() -> None:
    dialogue, seen, _ = lines("p", "", "19", "no", "19", "yes")
    assert any("possible but unusual; is the unit right?" in line for line in seen)
    assert dialogue.told["demographics"] == {"age": 19}
    dialogue, seen, _ = lines("Mary Smith", "no")
    assert any("use a pseudonym" in line for line in seen) and "id" not in dialogue.told
    dialogue, seen, _ = lines("p", "", "", "", "Atlantis", "")
    assert "access" not in dialogue.told


def test_nothing_said_is_not_known_and_a_word_may_be_short() -> None:
    dialogue, _, _ = lines("p", "", "", "f", "hk", "rel", "c", "r", "velcade + dex", "ind", "2020", "on", "vgpr")
    assert dialogue.told == {
        "id": "p", "demographics": {"sex": "female"}, "access": {"jurisdiction": "HK"},
        "disease": {"state": "relapsed", "relapse": {"kind": "clinical", "tempo": "rapid"}},
        "therapies": [{"agents": ["velcade", "dex"], "intent": "induction", "start": "2020", "stop": "ongoing",
                       "best_response": "VGPR"}],
    }  # fmt: skip


def test_a_question_is_explained() -> None:
    _, seen, _ = lines("p", "?", "", "?")
    assert "    demographics.age: 0 to 120, usually 25 to 100 (years)" in seen
    assert "    assessed_on: a date: 2024-03-18, 2024-03, 2024, or an interval 2024-03-18/2024-05-02" in seen


def test_one_back_keeps_takes_back_or_changes_the_answer() -> None:
    dialogue, seen, _ = lines("p", "", "60", "f", "<", "<", "", "m")
    assert dialogue.told["demographics"] == {"age": 60, "sex": "male"}
    assert "age, years (now 60: Enter keeps, - takes it back): " in seen
    dialogue, _, _ = lines("p", "", "60", "<", "-", "f")
    assert dialogue.told["demographics"] == {"sex": "female"}
    dialogue, _, _ = lines(*START, "VRd", "", "2020", "<", "<", "<", "Kd", "ind")
    assert dialogue.told["therapies"] == [{"regimen": "Kd", "intent": "induction"}]
    _, seen, _ = lines("<")
    assert "  This is the first question." in seen


def test_going_back_and_stopping_there_loses_nothing() -> None:
    told = ("p", "2026-10-05", "64", "f", "HK", "rel")
    kept, _, _ = lines(*told)
    for back in (1, 3, 6):
        dialogue, _, _ = lines(*told, *["<"] * back)
        assert dialogue.told == kept.told
    dialogue, _, _ = lines(*told, *["<"] * 6, "", "")
    assert dialogue.told == kept.told
    dialogue, _, _ = lines(*told, *["<"] * 4, "70")
    assert dialogue.told["demographics"] == {"age": 70}, "what hangs on a change is asked anew"


def test_a_fact_may_be_corrected_at_any_time_and_all_is_shown() -> None:
    dialogue, seen, _ = lines(
        "p", "", "60", "set demographics.age=61", "set demographics.agee=1", "set labs.lvef_percent=900", "show"
    )
    assert dialogue.told["demographics"] == {"age": 61} and "labs" not in dialogue.told
    assert any("there is no field demographics.agee" in line for line in seen)
    assert any("labs.lvef_percent: this value is not possible" in line for line in seen)
    assert "  age: 61  # years" in seen


def test_a_correction_is_taken_back_like_an_answer() -> None:
    dialogue, seen, _ = lines("p", "", "60", "set demographics.age=61", "<", "m")
    assert dialogue.told["demographics"] == {"age": 60, "sex": "male"}
    assert not any("now set" in line for line in seen)


def test_end_leaves_the_rest_unasked() -> None:
    dialogue, _, stopped = lines("end", "p", "end")
    assert stopped is None and dialogue.told == {"id": "p"}


def test_groups_may_be_skipped() -> None:
    _, seen, _ = lines(*START, "", "", "?", "", "what", "yes")
    groups = [line for line in seen if "facts more?" in line]
    assert groups[0].startswith("Demographics: ask 2 facts more?") and groups[2].startswith("Disease: ask ")
    assert any("answer yes, or press Enter for no" in line for line in seen) and seen[-1].startswith("[disease, ")


def test_a_group_that_was_begun_may_be_left() -> None:
    _, seen, _ = lines(*START, "", "", "yes", "50", "skip", "skip", "<", "<")
    assert any("is in no group" in line for line in seen)
    prompts = [line for line in seen if line.endswith(": ")]
    assert prompts[-4].startswith("Disease: ask") and prompts[-2].startswith("[demographics, 1 left] height")
    assert prompts[-1].startswith("[demographics, 2 left] weight, kg (now 50")


def test_what_matters_is_asked_first_and_again_only_if_it_still_does() -> None:
    asked: list[Any] = []

    def matters(told: Any) -> list[str]:
        asked.append(told)
        return ["labs.lvef_percent", "fitness.ecog", "toxicities"] if "labs" not in told else ["fitness.ecog"]

    answers = iter([*START, "", "", "55", "1"])
    seen: list[str] = []

    def read(prompt: str, words: Sequence[str]) -> str:
        seen.append(prompt)
        return next(answers, "stop")

    dialogue = Dialogue(CATALOGUE, read, seen.append, matters=matters)
    dialogue.run()
    again = iter([*START, "", "", "skip"])
    skipped = Dialogue(CATALOGUE, lambda prompt, words: next(again, "stop"), print, matters=matters)
    assert skipped.run() == ("demographics",)
    assert (
        "[3 open] LVEF, %: " in seen
        and questions.DECISIVE in seen
        and "[1 open] ECOG (0 to 4): " in seen
        and len(asked) == 4
    )


# --- stopping and going on ----------------------------------------------------------------------


def reloaded(dialogue: Dialogue, stopped: Any, tmp_path: Path) -> State:
    text = written(dialogue.told, WORDS, passed=dialogue.draft.state.passed, stopped=stopped)
    assert yaml.safe_load(text)["schema"] == "mmadvisor/patient/1"
    return ask._loaded(text, tmp_path / "x.yaml", CATALOGUE)


RICH: dict[str, Any] = {
    "id": "rich", "assessed_on": "2026-10-05", "therapies_complete": True,
    "disease": {"state": "relapsed", "emergencies": [], "m_protein": [{"on": "2026-09", "serum_g_per_l": 3.5}, {"dflc_mg_per_l": 90}]},
    "therapies": [
        {"line": 1, "regimen": "VRd", "start": "2020-01", "stop": "2020-08-01", "best_response": "VGPR", "stop_reason": "completed",
         "not_refractory_to": [{"agent": "lenalidomide", "reason": "measured in error"}]},
        {"regimen": "DPd", "agents": [{"agent": "daratumumab", "stop": "2023-05"}, "Pomalyst", "dex"], "start": "2022", "stop": "ongoing"}],
    "toxicities": [{"event": "neuropathy", "agent": "bortezomib", "grade": 2}, {"event": "rash", "grade": 1}],
    "co_medication": ["warfarin", "a, b"],
}  # fmt: skip


def test_stopped_before_any_question_the_same_file_is_written(tmp_path: Path) -> None:
    whole, doctor, _ = told_to(RICH)
    wanted = written(whole.told, WORDS)
    same(wanted, RICH)
    for number in range(1, len(doctor.asked)):
        dialogue, _, stopped = told_to(RICH, leaves_before=number)
        assert stopped is not None
        again, _, left = told_to(RICH, reloaded(dialogue, stopped, tmp_path))
        assert left is None and written(again.told, WORDS) == wanted, doctor.asked[number]


def test_a_file_that_was_stopped_says_where_and_asks_nothing_twice(tmp_path: Path, capsys: Any) -> None:
    dialogue, _, stopped = lines("p", "", "60", "")
    text = written(dialogue.told, WORDS, passed=dialogue.draft.state.passed, stopped=stopped)
    assert f"{STOPPED}access.jurisdiction. " in text and "sex: unknown" in text
    again = Dialogue(CATALOGUE, lambda prompt, words: "stop", print, ask._loaded(text, tmp_path, CATALOGUE))
    assert again.run() == ("access", "jurisdiction")


def a_run(file: Path | None, *answers: str) -> list[str]:
    """The whole of it, with these answers; what was shown."""
    seen: list[str] = []
    left = iter(answers)

    def read(prompt: str, words: Sequence[str]) -> str:
        seen.append(prompt)
        return next(left, "stop")

    new_patient(CATALOGUE, file, DAY, read, seen.append)
    return seen


def test_a_finished_file_is_asked_for_what_it_does_not_say(tmp_path: Path) -> None:
    target = tmp_path / "p.yaml"
    a_run(target, "p", "", "60", "", "", "", "Kd", "ind", "end")
    assert STOPPED not in target.read_text() and "unknown" not in target.read_text()
    seen = a_run(target, "2026-10-01", "f", "set demographics.age=61", "end")
    assert "1 therapy and 2 other facts are recorded" in seen[0]
    assert parse(target.read_bytes(), "x").tree["demographics"] == {"age": 61, "sex": "female"}


def test_comments_of_a_hand_are_lost_only_where_that_is_wanted(tmp_path: Path) -> None:
    target = tmp_path / "p.yaml"
    mine = "id: p  # my own words\ntherapies: []\n"
    target.write_text(mine)
    seen = a_run(target, "no")
    assert any("loses its own comments (1), such as # my own words" in line for line in seen)
    assert target.read_text() == mine
    a_run(target, "yes", "2026-10-01", "end")
    assert "my own words" not in target.read_text()
    target.write_text(target.read_text().replace("  # age:", "  age: 7").replace("# demographics:", "demographics:"))
    assert not any("are lost" in line for line in a_run(target, "stop"))


def test_a_file_that_is_wrong_or_cannot_be_written_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "p.yaml"
    target.write_text("id: p\ntherapies: [{regimen: nothing}]\n")
    with pytest.raises(InvalidInputError):
        a_run(target)
    for place in (tmp_path / "none" / "p.yaml", tmp_path / "p.json", tmp_path, Path("-"), Path("/dev/null")):
        with pytest.raises(UsageError):
            a_run(place)
    assert list(tmp_path.iterdir()) == [target]


def test_nothing_told_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "There is no answer yet, so no file is written." in a_run(None)
    target = tmp_path / "q.yaml"
    target.write_text("id: q\ntherapies: []\n")
    a_run(target, "stop")
    assert target.read_text() == "id: q\ntherapies: []\n" and list(tmp_path.iterdir()) == [target]


def test_the_file_is_named_by_the_id_and_never_overwritten_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seen = a_run(None, "../ward 3/p", "end")
    assert [p.name for p in tmp_path.iterdir()] == ["-ward-3-p.yaml"]
    assert "  mmadvisor recommend ./-ward-3-p.yaml" in seen
    seen = a_run(None, "../ward 3/p", "no", "q", "end")
    assert any("exists already. Overwrite it?" in line for line in seen)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["-ward-3-p.yaml", "q.yaml"]
    a_run(None, "q", "yes", "2026-10-01", "end")
    assert parse((tmp_path / "q.yaml").read_bytes(), "q").tree["assessed_on"] == "2026-10-01"


def test_the_end_tells_what_is_derived(tmp_path: Path) -> None:
    seen = a_run(tmp_path / "p.yaml", "p", "", "", "", "HK", "", "Rd", "ind", "2020-01", "2021-01-01", "PR", "2021-01-10",
                 "prog", "", "yes", "end")  # fmt: skip
    assert {"  Prior lines: 1 (imwg-2015)", "  Refractory to: lenalidomide"} <= set(seen)
    assert "  Refractory to: not known: no therapy is recorded" in a_run(tmp_path / "q.yaml", "q", "end")
    none = tmp_path / "n.yaml"
    none.write_text("id: n\ntherapies: []\ntherapies_complete: true\n")
    assert "  Refractory to: nothing on record" in a_run(none, "", "", "", "", "end")


# --- what is told stays data --------------------------------------------------------------------

HOSTILE = ["a: b", "a\nb: c", "# x", "x # y", "!!python/object:x", "&a", "*a", "- x", "[x]", "{x}", "'x'", '"x"', "yes", "null",
           "~", "0x1", "1e3", "012", "2024-01-01", "unknown", "|", ">", "%YAML", "---", "a\u2028b", "\x1b[31m", "\u202eabc", "x\ty",
           " x ", "陳大文", "😀", "\x85", "\ufeffx", "\\n", "x,y", "=", "<<", "?"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_that_is_yaml_stays_a_text(text: str) -> None:
    facts = {"id": text, "therapies": [{"agents": [{"agent": "bortezomib", "dose": text}], "reason": text}],
             "disease": {"isotype": text}, "co_medication": [text], "toxicities": [{"event": text}]}  # fmt: skip
    page = written(facts, WORDS)
    read = parse(page, "x").tree
    assert read == facts | {"schema": "mmadvisor/patient/1"}
    assert yaml.safe_load(page)["id"] == text
    dialogue, _, _ = lines(json.dumps(text))
    if text not in ("yes",):
        assert dialogue.told.get("id") == text


@example("NaN")
@example("Infinity")
@given(st.text(max_size=30).filter(lambda text: text.strip() and not re.search("[\ud800-\udfff]", text)))
def test_any_text_at_all_comes_back(text: str) -> None:
    assert parse(written({"id": text, "therapies": []}, WORDS), "x").tree["id"] == text


# --- the terminal -------------------------------------------------------------------------------


def test_lines_come_from_a_pipe_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("p\x1b[31m\n\n60\n"))
    target = tmp_path / "p.yaml"
    assert run(["new", str(target)]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "sex female|male: " in out and "mmadvisor new" in out
    assert parse(target.read_bytes(), "x").tree["id"] == "p\x1b[31m"


def _takes_interrupts() -> None:
    """A program that is started in the background ignores interrupts, and so do the programs that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Screen:
    """A terminal with the program in it."""

    def __init__(self, *arguments: str, cwd: Path, **environment: str) -> None:
        self.shown = ""
        self.end, inside = pty.openpty()
        self.child = subprocess.Popen(
            [sys.executable, "-m", "mmadvisor", *arguments], cwd=cwd, stdin=inside, stdout=inside, stderr=inside,
            env={**os.environ, **environment, "PYTHONPATH": str(ROOT / "src"), "TERM": "xterm", "COLUMNS": "80"},
            preexec_fn=_takes_interrupts,
        )  # fmt: skip
        os.close(inside)

    def until(self, text: str) -> None:
        limit = time.monotonic() + 30
        while text not in self.shown:
            assert time.monotonic() < limit, self.shown
            if select.select([self.end], [], [], 0.2)[0]:
                self.shown += os.read(self.end, 65536).decode()

    def type(self, text: str, then: str) -> None:
        self.shown = ""
        os.write(self.end, text.encode())
        self.until(then)


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Callable[..., Screen]]:
    made: list[Screen] = []

    def start(*arguments: str, **environment: str) -> Screen:
        made.append(Screen(*arguments, cwd=tmp_path, **environment))
        return made[-1]

    yield start
    for one in made:
        one.child.kill()
        one.child.wait()
        os.close(one.end)


def test_tab_completes_and_the_terminal_keeps_nothing(screen: Callable[..., Screen], tmp_path: Path) -> None:
    s = screen("new", "p.yaml", HOME=str(tmp_path))
    s.until("id (pseudonym)")
    for answer, then in (
        ("p", "day of"),
        ("", "age"),
        ("", "sex"),
        ("", "jurisdiction"),
        ("", "state"),
        ("", "Therapy 1"),
    ):
        s.type(f"{answer}\n", then)
    s.type("carfilz\t", "carfilzomib")
    s.type("\n", "intent: ")
    s.type("mai\t\n", "start: ")
    s.type("\x04", "mmadvisor recommend p.yaml")
    assert s.child.wait(10) == 0
    told = parse((tmp_path / "p.yaml").read_bytes(), "x").tree
    assert told["therapies"] == [{"agents": ["carfilzomib"], "intent": "maintenance"}]
    assert [p.name for p in tmp_path.iterdir()] == ["p.yaml"]


def test_an_interrupt_saves_what_was_told(screen: Callable[..., Screen], tmp_path: Path) -> None:
    s = screen("new", HOME=str(tmp_path))
    s.until("id (pseudonym): ")
    s.type("p\n", "day of the decision")
    # The prompt is on the screen a moment before the terminal waits: an interrupt in between comes through with the
    # next key, so it is given time, and keys follow it until the program has ended.
    time.sleep(0.5)
    s.child.send_signal(signal.SIGINT)
    for _ in range(40):
        time.sleep(0.5)
        if s.child.poll() is not None:
            break
        os.write(s.end, b" ")
    s.until("mmadvisor new p.yaml")
    assert s.child.wait(10) == 0 and parse((tmp_path / "p.yaml").read_bytes(), "x").tree["id"] == "p"


def test_a_therapy_whose_drugs_nobody_knows_can_be_told_and_gone_on_with(tmp_path: Path) -> None:
    place = tmp_path / "p.yaml"
    answers: list[str] = []

    def read(prompt: str, words: Sequence[str]) -> str:
        return answers.pop()

    for agents in ("unknown", "[bortezomib, {one_of: [venetoclax, placebo]}]", "{not: [daratumumab]}"):
        place.write_text(f"id: p\ntherapies:\n- {{agents: {agents}, start: 2021, stop: 2022}}\n", encoding="utf-8")
        said: list[str] = []
        answers.append("stop")
        new_patient(CATALOGUE, place, DAY, read, said.append)
        kept = parse(place.read_bytes(), "p").tree["therapies"][0]
        assert patient_from({"id": "p", "therapies": [kept]}, CATALOGUE.formulary).patient.therapies[0].unnamed
    assert Replies(CATALOGUE).drugs("agents: unknown") == {"agents": ["unknown"]}


def test_the_agent_and_the_grade_of_a_toxicity_are_asked_at_once_below_its_name() -> None:
    answers = iter([*START, "", "", "neuropathy", "bortezomib", "2"])
    seen: list[str] = []

    def read(prompt: str, words: Sequence[str]) -> str:
        seen.append(prompt)
        return next(answers, "stop")

    def matters(told: Any) -> list[str]:
        return [] if "toxicities" in told else ["toxicities"]

    dialogue = Dialogue(CATALOGUE, read, seen.append, matters=matters)
    dialogue.run()
    assert dialogue.told["toxicities"] == [{"event": "neuropathy", "agent": "bortezomib", "grade": 2}]
    assert any(line.endswith("1: neuropathy") for line in seen)
    assert not any("therapy 1" in line for line in seen)


def test_a_missing_fact_of_an_event_names_the_event_and_no_therapy() -> None:
    state = State({"id": "p", "toxicities": [{"event": "neuropathy"}], "therapies_complete": True}, {("therapies",)})
    answers = iter([*START[1:], *START[1:]])
    seen: list[str] = []

    def read(prompt: str, words: Sequence[str]) -> str:
        seen.append(prompt)
        return next(answers, "stop") if "agent" not in prompt else "stop"

    Dialogue(CATALOGUE, read, seen.append, state, matters=lambda told: ["toxicities[0].agent"], width=200).run()
    assert "1: neuropathy, agent" in seen[-1]


@pytest.mark.parametrize(
    ("field", "told"),
    [("disease.relapse.kind", "paraprotein"), ("disease.relapse.tempo", "clinician judges"),
     ("fitness.frailty", "daily activities"), ("labs.neutrophils_10e9_per_l", "neutrophil count")],
)  # fmt: skip
def test_a_question_mark_gives_what_is_meant_by_the_field_and_not_by_its_group(field: str, told: str) -> None:
    assert told in field_at(tuple(field.split(".")), WORDS).about


def test_no_progression_may_be_answered_with_no() -> None:
    assert Replies(CATALOGUE).value(("therapies", 0, "progressed_on"), "no") is None
