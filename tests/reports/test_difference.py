"""What changed from one catalogue to another, with the patients whose answer it changes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from mmadvisor.desk.cli import run
from mmadvisor.files.layers import load_alone
from mmadvisor.reports.difference import answers_differ, difference
from tests.builders.blank import LOADED, answer_for
from tests.builders.layers import LVEF, plant
from tests.builders.patients import RECORDS

CATALOGUE = LOADED.catalogue


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
    for name in ("lanes.yaml", "settings.yaml"):
        plant(data, name, "regimen: Ixa-mono", "regimen: V-mono")
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
    assert isinstance(field["after"], dict) and field["after"]["product"] == "Newkit"
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
    after = entry["fields"][0]["after"]
    assert isinstance(after, dict) and after["cautions"][0]["at_least"] == 50
