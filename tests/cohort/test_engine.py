"""The compact record is a part of the whole answer, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from mmadvisor.answers.compact import CompactRecord
from mmadvisor.cohort.engine import Asked, Decider
from mmadvisor.files.patients import ReadPatient, patient_from, read_patient
from mmadvisor.formats.patient import Patient
from tests import ROOT
from tests.builders.blank import DAY, LOADED, verdicts_alone
from tests.builders.patients import LEN_REFRACTORY, entry, patient
from tests.cohort.projection import in_order, projected
from tests.oracle.records import random_patients

EXAMPLES = sorted(p for p in (ROOT / "examples").rglob("*") if p.suffix in (".yaml", ".json"))
PLACES = [*LOADED.catalogue.jurisdictions, None]


@pytest.fixture(autouse=True)
def without_tries() -> Iterator[None]:
    """Missing facts are not tried: no key of the record comes from there."""
    with verdicts_alone():
        yield


def is_a_part(read: ReadPatient | Patient, asked: Asked) -> CompactRecord:
    if isinstance(read, Patient):
        read = ReadPatient(read, (), "")
    decider = Decider(asked)
    record = decider.record(read.patient, {"file": "f.ndjson", "row": 7})
    TypeAdapter(CompactRecord).validate_python(record, strict=True, extra="forbid")
    assert in_order(record) == projected(dict(decider.whole(read)), "f.ndjson", 7)
    return record


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_record_of_an_example_is_a_part_of_its_answer(file: Path) -> None:
    read = read_patient(file, LOADED.catalogue.formulary)
    is_a_part(read, Asked(DAY))
    is_a_part(read, Asked(DAY, as_of=date(2025, 1, 31), jurisdiction="US", if_relapse=True))


@pytest.mark.parametrize("file", sorted((ROOT / "tests/cases/patients").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_record_of_a_case_is_a_part_of_its_answer(file: Path) -> None:
    case = yaml.safe_load(file.read_text(encoding="utf-8"))
    is_a_part(patient_from(case["patient"], LOADED.catalogue.formulary), Asked(DAY))


@pytest.mark.parametrize("file", sorted((ROOT / "tests/cases/published").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_record_of_a_published_decision_is_a_part_of_its_answer(file: Path) -> None:
    case = yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)  # in which `on` is a word
    read = read_patient(ROOT / "examples/published" / case["patient"], LOADED.catalogue.formulary)
    for decision in case["decisions"]:
        is_a_part(read, Asked(DAY, as_of=date.fromisoformat(decision["on"]), jurisdiction=case["jurisdiction"]))


@pytest.mark.parametrize("seed", range(4))
def test_the_record_of_a_random_patient_is_a_part_of_its_answer(seed: int) -> None:
    for n, drawn in enumerate(random_patients(seed, 12)):
        profile = ("default", "preference-first")[n % 2]
        asked = Asked(DAY, jurisdiction=PLACES[(n + seed) % len(PLACES)], profile=profile, if_relapse=bool(seed % 2))
        is_a_part(drawn, asked)


def test_a_suspicion_that_closes_is_counted_among_what_closes() -> None:
    raw = patient(
        *LEN_REFRACTORY, entry("cilta-cel", "2023-06-01", "2023-06-01"), comorbidities__other_malignancy="active"
    )
    record = is_a_part(patient_from(raw, LOADED.catalogue.formulary), Asked(DAY))
    assert record["regimens"]["ide-cel"]["verdict"] in ("deferred", "ineligible")
    assert "car-t-t-cell-cancer" in [closing["id"] for closing in record["closed_by"]]


def test_a_regimen_that_only_tests_can_confirm_has_no_rank_of_an_option() -> None:
    raw = patient(*LEN_REFRACTORY, comorbidities__active_infection_grade=None, labs__platelets_10e9_per_l=None)
    regimens = is_a_part(patient_from(raw, LOADED.catalogue.formulary), Asked(DAY))["regimens"].values()
    presumed = [regimen for regimen in regimens if "provisional_rank" in regimen]
    assert presumed and all(r["verdict"] == "undetermined" and r["gates"] and "rank" not in r for r in presumed)


def test_regimens_stand_in_the_order_of_the_catalogue() -> None:
    record = Decider(Asked(DAY)).record(random_patients(5, 1)[0], {"file": "f", "row": None})
    assert list(record["regimens"]) == [regimen.id for regimen in LOADED.catalogue.regimens]
