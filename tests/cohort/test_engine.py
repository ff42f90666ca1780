"""The compact record is a part of the whole answer, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from mmadvisor.answers.compact import CompactRecord
from mmadvisor.base.plain import as_json
from mmadvisor.cohort.engine import Asked, Decider
from mmadvisor.files.documents import parse
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
    record = decider.record(read, {"file": "f.ndjson", "row": 7})
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
    case = parse(file.read_bytes(), file.name).tree  # the strict reader, in which `on` is a word
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
    record = Decider(Asked(DAY)).record(ReadPatient(random_patients(5, 1)[0], (), ""), {"file": "f", "row": None})
    assert list(record["regimens"]) == [regimen.id for regimen in LOADED.catalogue.regimens]


ONCE = Asked(DAY)


def record_of(asked: Asked = ONCE, **fields: Any) -> CompactRecord:
    return is_a_part(patient_from(patient(*LEN_REFRACTORY, **fields), LOADED.catalogue.formulary), asked)


def test_a_record_names_its_emergencies() -> None:
    plain = record_of()
    pressed = record_of(disease__emergencies=["cord_compression"])
    assert not plain["emergencies"] and pressed["emergencies"] == ["cord_compression"]
    assert pressed["treat_now"] == "treat"


def test_a_record_tells_a_relapse_to_observe_from_one_to_treat() -> None:
    series = [{"serum_g_per_l": 5, "on": "2026-01-01"}, {"serum_g_per_l": 6, "on": "2026-09-01"}]
    slow = record_of(disease__relapse={"kind": "biochemical"}, disease__m_protein=series)
    clinical = record_of(disease__relapse={"kind": "clinical"})
    assert (slow["treat_now"], clinical["treat_now"]) == ("observe", "treat")


def test_a_record_names_what_must_be_done_first() -> None:
    said = record_of(comorbidities__other_malignancy="active")
    assert said["first"]


def test_a_record_counts_the_warnings() -> None:
    raw = patient(*LEN_REFRACTORY)
    raw["therapies"].insert(0, {"regimen": "PCd", "start": "2020-01-01", "stop": "2020-06-01"})
    read = patient_from(raw, LOADED.catalogue.formulary)
    assert read.warnings and is_a_part(read, Asked(DAY))["warnings"] >= len(read.warnings)


def test_a_record_as_of_an_earlier_day_names_what_has_no_day() -> None:
    asked = Asked(DAY, as_of=date(2025, 6, 1))
    fields: dict[str, Any] = {
        "assessed_on": "2026-11-01",
        "labs__platelets_10e9_per_l": 150,
        "comorbidities__nyha_class": 0,
    }
    found = record_of(asked, **fields)["undated"]
    assert "labs.platelets_10e9_per_l" in found and "comorbidities" in found
    assert not record_of(**fields)["undated"]


def test_a_deferred_regimen_has_what_else_is_unknown_about_it() -> None:
    record = record_of(comorbidities__active_infection_grade=3, labs__platelets_10e9_per_l=None)
    waiting = [r for r in record["regimens"].values() if "would_rank" in r]
    assert waiting and any(not r["would_be_option"] for r in waiting) and record["deferred_open_fields"]


def test_a_record_is_about_6_kilobytes() -> None:
    sizes = [
        len(
            as_json(Decider(Asked(DAY)).record(read_patient(file, LOADED.catalogue.formulary), {"file": "f", "row": 1}))
        )
        for file in EXAMPLES
    ]
    assert sum(sizes) / len(sizes) < 7_000


def test_a_day_later_than_today_is_a_warning() -> None:
    for asked, fields in ((Asked(DAY, as_of=date(2031, 1, 1)), {}), (ONCE, {"assessed_on": "2031-01-01"})):
        read = patient_from(patient(*LEN_REFRACTORY, **fields), LOADED.catalogue.formulary)
        assert (
            is_a_part(read, asked)["warnings"] == is_a_part(read, ONCE._replace(today=date(2031, 1, 1)))["warnings"] + 1
        )
        assert "later than today" in " ".join(Decider(asked).whole(read)["warnings"])
