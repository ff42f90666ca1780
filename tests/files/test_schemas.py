"""The schema that an editor reads: types, fields, words and bounds of every entry."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mmadvisor.criteria.allowed import patient_has
from mmadvisor.criteria.types import OPPOSITES, criterion_types
from mmadvisor.files.layers import builtin_folder
from mmadvisor.files.schemas import catalogue_schema
from tests import ROOT

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
