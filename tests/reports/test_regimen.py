"""The page of a regimen: rows that were read and rows that were not, the status of the day and of the place."""

from __future__ import annotations

import pytest

from mmadvisor.desk.cli import run
from mmadvisor.formats.drugs import Handling, Restart
from mmadvisor.formats.schedule import either
from mmadvisor.reports.shelf import comparison
from tests import ROOT
from tests.builders.blank import LOADED
from tests.builders.commands import said
from tests.builders.layers import TODAY

CATALOGUE = LOADED.catalogue


RESTARTS = [(agent, row) for agent, handling in CATALOGUE.handling.items() for row in handling.restarts]


@pytest.mark.parametrize(("agent", "row"), RESTARTS, ids=lambda x: x if isinstance(x, str) else x.last_dose)
def test_a_row_that_was_not_read_gives_no_dose_on_the_page(agent: str, row: Restart) -> None:
    from mmadvisor.reports.regimen import regimen_page

    regimen = next(r for r in CATALOGUE.regimens if agent in r.agent_ids and (not row.regimens or r.id in row.regimens))
    page = regimen_page(CATALOGUE, regimen.id, LOADED.stamp())
    shown = next(a for a in page["agents"] if a["agent"] == agent)["restarts"]
    mine = [r for r in shown if r["last_dose"] == row.last_dose and r.get("schedule", "") == either(row.schedule)]
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


def test_explain_tells_the_status_of_the_day_and_of_the_place_first(capsys: pytest.CaptureFixture[str]) -> None:
    before = said(["explain", "elranatamab", "--as-of", "2023-08-13", "-j", "us", "--full"], capsys)
    assert "Indications on 2023-08-13" in before and "US not-available" in before
    assert "(not yet in force on 2023-08-13)" in before
    assert before.index("US not-available") < before.index("EU not-available")
    after = said(["explain", "elranatamab", "--as-of", "2023-08-14", "--full"], capsys)
    assert "US approved" in after and after.index("EU not-available") < after.index("US approved")
    gone = said(["explain", "Melflufen-d", "--as-of", "2024-02-23", "-j", "US", "--full"], capsys)
    assert "US not-available" in gone and "(no longer in force on 2024-02-23)" in gone
    patient = said(["explain", "elranatamab", "--patient", str(EXAMPLE), "--as-of", "2023-08-13", "--full"], capsys)
    assert "US not-available" in patient and patient.index("HK unknown") < patient.index("EU not-available")


EXAMPLE = ROOT / "examples" / "hk-triple-class-refractory.yaml"
SILENT = ("contraindications", "renal", "hepatic", "interactions", "holds")


def test_where_nothing_was_found_the_page_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    bare = next(
        r for r in CATALOGUE.regimens
        if not r.evidence
        and not any(p.regimen == r.id for s in CATALOGUE.settings for p in s.placements)
        and any(not getattr(CATALOGUE.handling.get(a, Handling()), key) for a in r.agent_ids for key in SILENT)
    )  # fmt: skip
    page = said(["explain", bare.id, "--full"], capsys)
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
    assert "nothing found" in said(["compare", bare.id, "DKd", "--full"], capsys)


def test_an_agent_without_a_dose_says_that_it_was_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    (without, agent) = next((r, c.agent) for r in CATALOGUE.regimens for c in r.agents if not c.doses)
    assert "dose not read" in said(["explain", without.id, "--full"], capsys)
    made = comparison(CATALOGUE, [without.id, "DKd"], LOADED.stamp(), TODAY)
    (doses,) = [row["cells"][0] for row in made["rows"] if row["name"] == "Doses"]
    assert f"{CATALOGUE.formulary.by_id[agent].name}: dose not read" in {c["text"] for c in doses}


def test_rows_say_for_which_days_and_where_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    agent, row = next((a, r) for a, r in RESTARTS if not r.usable and r.days_to is not None and r.jurisdictions)
    name = next(r.id for r in CATALOGUE.regimens if agent in r.agent_ids)
    page = said(["explain", name, "--full"], capsys)
    assert f"{row.last_dose}, {row.days_from} to {row.days_to} days [{', '.join(row.jurisdictions)}]" in page
    held = next((a, h) for a, x in CATALOGUE.handling.items() for h in x.holds if h.jurisdictions and not h.regimens)
    name = next(r.id for r in CATALOGUE.regimens if held[0] in r.agent_ids)
    assert f"[{', '.join(held[1].jurisdictions)}]" in said(["explain", name, "--full"], capsys)


def test_cycles_that_change_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "VenVd", "--full"]) == 0
    assert "21 days, 35 from cycle 9" in capsys.readouterr().out
    assert run(["compare", "VenVd", "DVd", "--format", "markdown"]) == 0
    assert "21 days, 35 from cycle 9" in capsys.readouterr().out
    assert run(["explain", "VenVd", "--format", "html"]) == 0
    assert "21 days, 35 from cycle 9" in capsys.readouterr().out
