"""docs/reference: each page is what the code says, and every field, key and option has its sentence."""

from __future__ import annotations

from typing import get_args

import pytest

from mmadvisor.base.records import written
from mmadvisor.criteria.base import Criterion
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.files.schemas import ANSWERS
from mmadvisor.formats.patient import Patient
from tests.pages.reference import FOLDER, PAGES, answer, commands, keys, meaning, patient_groups, said


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_script_writes(name: str) -> None:
    stored = (FOLDER / name).read_text(encoding="utf-8")
    assert stored == PAGES[name](), "run: python -m tests.pages.reference"


def test_no_other_page_stands_in_the_folder() -> None:
    assert {path.name for path in FOLDER.iterdir()} == PAGES.keys()


def test_every_field_of_the_patient_file_has_a_sentence() -> None:
    lacking = [
        ".".join((*path, written(key)))
        for path, record in patient_groups(Patient, ())
        for key in record.defaults()
        if not said(record).get(key)
    ]
    assert not lacking, "write a docstring below the field"


def test_every_field_of_a_criterion_has_a_sentence() -> None:
    types = [Criterion, *get_args(get_args(AnyCriterion)[0])]
    lacking = [(c.__name__, key) for c in types for key in c.defaults() if key != "type" and not said(c).get(key)]
    assert not lacking, "write a docstring below the field"


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_key_of_an_answer_has_a_sentence(kind: str) -> None:
    cls = answer(kind)
    assert [key for key in keys(cls) if not meaning(cls, key)] == [], "write a docstring below the key"


def test_every_command_and_option_has_its_help() -> None:
    assert len(commands()) >= 16
    for name, command in commands().items():
        assert command.help, name
        assert [p.name for p in command.params if not p.help] == [], name


def test_a_sentence_is_read_from_below_its_field_and_from_what_a_class_extends() -> None:
    assert said(Patient)["labs_on"] == "Day of the laboratory values that carry none of their own."
    assert "type" not in said(Criterion)
    exposed = next(c for c in get_args(get_args(AnyCriterion)[0]) if c.defaults()["type"] == "exposed")
    assert said(exposed)["to_any"] and said(exposed)["id"] == said(Criterion)["id"]
