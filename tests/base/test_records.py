"""Entries: immutable records whose fields are their annotations."""

from __future__ import annotations

from typing import Any

import pytest

from mmadvisor.base import records as entry
from mmadvisor.base.records import REQUIRED, Entry, hints
from mmadvisor.base.validation import validator
from mmadvisor.formats.patient import Patient, Therapy
from tests import ROOT
from tests.builders.blank import LOADED

SOURCES = ROOT / "src"


def test_records_have_their_fields() -> None:
    assert Patient.defaults()["id"] is REQUIRED and Patient.defaults()["labs"] is None
    assert {"line", "intent", "agents", "start", "stop"} <= Therapy.defaults().keys()
    assert len(LOADED.catalogue.defaults()) > 20 and all(hints(type(LOADED.catalogue)).values())


def test_fields_are_found_where_a_class_body_holds_no_annotations(monkeypatch: pytest.MonkeyPatch) -> None:
    """As from Python 3.14 on, which makes annotations when they are asked for."""
    lazy: dict[str, dict[str, Any]] = {"Base": {"a": int, "_hidden": int}, "Derived": {"b": str, "c": tuple[int, ...]}}
    monkeypatch.setattr(entry, "get_annotations", lambda cls: lazy.get(cls.__name__, {}))
    base = type("Base", (Entry,), {})
    derived: Any = type("Derived", (base,), {"b": "x", "c": ()})
    assert not {"__annotations__"} & {*vars(base), *vars(derived)}
    assert derived.defaults() == {"a": REQUIRED, "b": "x", "c": ()}
    assert hints(derived) == {"a": int, "b": str, "c": tuple[int, ...]}
    made = derived(a=1, c=(2,))
    assert (made.a, made.b, made.c) == (1, "x", (2,)) and not vars(derived).keys() & {"b", "c"}
    assert validator(derived).validate_python({"a": 3, "c": [4]}) == {"a": 3, "c": [4]}


def test_no_module_reads_the_annotations_of_a_class_body_itself() -> None:
    for path in SOURCES.rglob("*.py"):
        assert "__annotations__" not in path.read_text(encoding="utf-8"), path
