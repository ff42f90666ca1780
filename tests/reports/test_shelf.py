"""Regimens listed, shown and compared: what is filtered, what was approved on a day, what is not known."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest

from mmadvisor.base.errors import EXIT_DONE, EXIT_INVALID_INPUT, EXIT_USAGE, UsageError
from mmadvisor.catalogue.listings import Indication, Listing
from mmadvisor.desk.cli import run
from mmadvisor.render.paper import Paper
from mmadvisor.reports.shelf import catalogue_entry, catalogue_list, comparison
from tests.builders.blank import LOADED, answer_for
from tests.builders.commands import said
from tests.builders.layers import TODAY
from tests.builders.patients import RECORDS

CATALOGUE = LOADED.catalogue


def names(**filters: Any) -> set[str]:
    return {r["regimen"] for r in catalogue_list(CATALOGUE, TODAY, **filters)["regimens"]}


def test_the_list_filters_by_class_target_setting_use_and_place() -> None:
    assert {"DKd", "Kd"} <= names(drug_class="pi") and "Pd" not in names(drug_class="PI")
    assert {"elranatamab", "cilta-cel", "BVd"} <= names(target="BCMA") and "talquetamab" not in names(target="BCMA")
    assert names(setting="after-gprc5d") == {
        p.regimen for s in CATALOGUE.settings if s.id == "after-gprc5d" for p in s.placements
    }
    assert "R-maintenance" in names(use="maintenance") and "DKd" not in names(use="maintenance")
    assert "eque-cel" in names(jurisdiction="HK") and "eque-cel" not in names(jurisdiction="EU")
    assert names(drug_class="PI", jurisdiction="US") == names(drug_class="PI") & names(jurisdiction="US")


def test_the_list_knows_what_was_approved_on_a_day() -> None:
    then, now = (names(jurisdiction="US", approved_on=day) for day in (date(2022, 6, 1), TODAY))
    assert "Melflufen-d" in then and "Melflufen-d" not in now  # withdrawn in February 2024
    assert "elranatamab" in now and "elranatamab" not in then  # approved in August 2023
    assert "Tec-Dara" in now and "Tec-Dara" not in names(jurisdiction="US", approved_on=date(2026, 3, 1))


def test_an_approval_whose_beginning_was_not_read_is_not_taken_for_one_that_always_held() -> None:
    elranatamab = CATALOGUE.regimen_by_id["elranatamab"]
    assert all(i.since is None for i in CATALOGUE.jurisdictions["UK"].listings["elranatamab"].indications)
    on = {year: CATALOGUE.status("UK", elranatamab, date(year, 1, 1)) for year in (1999, 2023, 2024, 2026)}
    assert on == {1999: "unknown", 2023: "unknown", 2024: "approved", 2026: "approved"}
    then = catalogue_list(CATALOGUE, TODAY, jurisdiction="UK", approved_on=date(1999, 1, 1))
    assert then["regimens"] == [] and "elranatamab" in then["not_known"]
    assert CATALOGUE.status("US", elranatamab, date(1999, 1, 1)) == "not-available"  # its beginning was read


def test_known_from_is_the_day_of_the_text_or_the_first_dated_approval_whichever_comes_first() -> None:
    """9.15: a source known by its year alone is of 31 December, or of the day on which it was read if that is earlier."""

    def known_from(code: str, name: str) -> date:
        found = CATALOGUE.regimen_by_id[name]
        (first, *_) = [i for i in CATALOGUE.jurisdictions[code].listings[name].indications if i.since is None]
        return CATALOGUE.known_from(found, first)

    assert known_from("UK", "elranatamab") == date(2023, 8, 14)  # approved in the United States then
    assert known_from("UK", "D-VRd") == date(2024, 7, 30)  # a text of 2024, which may be of December
    old = Indication(criteria=(), source="rajkumar-2011", verified="unverified")
    assert CATALOGUE.known_from(CATALOGUE.regimen_by_id["D-VRd"], old) == date(2011, 12, 31)
    undated = Indication(criteria=(), source="recalled-label", verified="unverified")
    assert CATALOGUE.sources["recalled-label"].year is None
    assert CATALOGUE.known_from(CATALOGUE.regimen_by_id["MP"], undated) == date.fromisoformat(CATALOGUE.reviewed_on)


@pytest.mark.parametrize(
    ("since", "until", "day", "status"),
    [("2024", None, date(2024, 5, 1), "unknown"), ("2024", None, date(2023, 12, 31), "not-available"),
     ("2024", None, date(2024, 12, 31), "approved"), ("2024-05", None, date(2024, 5, 10), "unknown"),
     ("2024-05-10", None, date(2024, 5, 10), "approved"), ("2020", "2024-05", date(2024, 5, 10), "unknown"),
     ("2020", "2024-05-10", date(2024, 5, 10), "not-available"), ("2020", "2024-05-10", date(2024, 5, 9), "approved"),
     (None, "2024", date(2025, 1, 1), "not-available"), (None, None, date(2022, 1, 1), "unknown"),
     (None, None, date(2022, 6, 1), "approved")],
)  # fmt: skip
def test_the_status_on_a_day_is_unknown_where_its_dates_do_not_say(
    since: str | None, until: str | None, day: date, status: str
) -> None:
    indication = Indication(criteria=(), source="s", verified="primary", since=since, until=until)
    listing = Listing(status="approved", source="s", verified="primary", indications=(indication,))
    assert listing.status_on(day, lambda _: date(2022, 6, 1)) == status
    assert bool(listing.in_force(day)) == (status != "not-available")  # what may hold is asked of a patient


def test_of_several_indications_one_that_holds_is_enough() -> None:
    dated, undated = (
        Indication(criteria=(), source="s", verified="primary", since=since) for since in ("2020-01-01", None)
    )
    listing = Listing(status="approved", source="s", verified="primary", indications=(undated, dated))
    on = [listing.status_on(date(year, 1, 1), lambda _: date.max) for year in (2019, 2021)]
    assert on == ["unknown", "approved"]


def test_the_list_shows_what_is_not_known_for_a_day(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["catalogue", "list", "--approved-on", "2016-06-01", "--format", "json"]) == EXIT_DONE
    listed = {r["regimen"]: r["status"] for r in json.loads(capsys.readouterr().out)["regimens"]}
    assert listed["ERd"]["EU"] == "approved" and listed["ERd"]["HK"] == "unknown"
    out = said(["catalogue", "list", "--approved-on", "2016-06-01", "--full"], capsys)
    assert "EU yes" in out and "HK ?" in out and "?: not found, or not known for that day" in out


def test_no_filter_shows_everything_and_a_wrong_one_names_the_nearest() -> None:
    assert names() == CATALOGUE.regimen_by_id.keys()
    for filters in ({"drug_class": "PIs"}, {"target": "BCMAA"}, {"setting": "debulkin"}, {"jurisdiction": "USA"}):
        with pytest.raises(UsageError, match="Did you mean"):
            names(**filters)


def test_an_agent_a_source_and_a_setting_show_what_hangs_on_them() -> None:
    agent = catalogue_entry(CATALOGUE, "Kyprolis")
    assert agent["kind"] == "agent" and agent["id"] == "carfilzomib" and "DKd" in agent["regimens"]
    assert agent["claims"]["hepatic"] and agent["sources"]
    source = catalogue_entry(CATALOGUE, "rajkumar-2015")
    assert source["kind"] == "source" and source["cited_by"]
    setting = catalogue_entry(CATALOGUE, "t-11-14")
    assert setting["kind"] == "setting" and "VenVd" in setting["regimens"]
    with pytest.raises(UsageError, match="mmadvisor explain DKd"):
        catalogue_entry(CATALOGUE, "DKd")
    with pytest.raises(UsageError, match="Did you mean"):
        catalogue_entry(CATALOGUE, "carfilzomibb")


def test_compare_answers_every_question_for_each_regimen() -> None:
    made = comparison(CATALOGUE, ["DKd", "isa-kd", "Kd"], LOADED.stamp(), TODAY)
    assert made["regimens"] == ["DKd", "IsaKd", "Kd"]
    assert all(len(row["cells"]) == 3 for row in made["rows"])
    rows = {row["name"]: row["cells"] for row in made["rows"]}
    assert "28.1" in json.dumps(rows["Evidence"][0]) and rows["US"][0][0]["text"].startswith("approved")
    cited = {c["source"] for row in made["rows"] for cell in row["cells"] for c in cell if c["source"]}
    assert cited == made["sources"].keys()
    with pytest.raises(UsageError, match="two different"):
        comparison(CATALOGUE, ["DKd", "dkd"], LOADED.stamp(), TODAY)


def test_compare_with_a_patient_begins_with_the_verdicts() -> None:
    answer = answer_for(**RECORDS["len-refractory"])
    made = comparison(CATALOGUE, ["DKd", "DRd"], LOADED.stamp(), TODAY, answer)
    first = made["rows"][0]
    assert first["name"] == "For this patient"
    assert "rank" in first["cells"][0][0]["text"] and first["cells"][1][0]["text"] == "ineligible"
    assert any("lenalidomide" in c["text"] for c in first["cells"][1])


def test_compare_tells_the_status_of_the_day_and_of_the_place_first(capsys: pytest.CaptureFixture[str]) -> None:
    made = comparison(CATALOGUE, ["elranatamab", "DKd"], LOADED.stamp(), date(2023, 8, 13), place="UK")
    rows = {row["name"]: row["cells"] for row in made["rows"]}
    others = sorted(CATALOGUE.jurisdictions.keys() - {"UK"})
    assert [name for name in rows if name in CATALOGUE.jurisdictions] == ["UK", *others]
    assert rows["US"][0][0]["text"] == "not-available"
    page = said(["compare", "elranatamab", "DKd", "-j", "uk", "--as-of", "2023-08-13", "--full"], capsys)
    assert "side by side on 2023-08-13" in page and page.index(" UK ") < page.index(" EU ")


@pytest.mark.parametrize("command", [["explain", "DKd"], ["compare", "DKd", "Kd"]], ids=["explain", "compare"])
@pytest.mark.parametrize(
    ("options", "what"),
    [(["--as-of", "soon"], "--as-of"), (["--as-of", "2024"], "a full date"), (["--jurisdiction", "XX"], "no jurisdiction 'XX'"),
     (["--set", "labs.lvef_percent=3"], "--patient"), (["--set", "rubbish"], "--patient")],
)  # fmt: skip
def test_the_options_are_checked_without_a_patient_too(
    command: list[str], options: list[str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, *options]) == EXIT_USAGE
    out, err = capsys.readouterr()
    assert what in err and not out


@pytest.mark.parametrize(
    "arguments",
    [["compare", "DKd", "IsaKd"], ["compare", "DKd", "IsaKd", "Kd", "DVd"], ["compare", "DKd", "IsaKd", "--full"], ["compare", "DKd", "IsaKd", "Kd", "DVd", "--full"],
     ["catalogue", "list", "--target", "BCMA"],
     ["catalogue", "list", "--full"],
     ["catalogue", "show", "daratumumab"], ["catalogue", "check"], ["catalogue", "diff", "builtin", "builtin"],
     ["explain", "elranatamab"], ["explain", "cilta-cel"], ["explain", "elranatamab", "--full"]],
    ids=lambda a: " ".join(a),
)  # fmt: skip
def test_the_commands_fit_a_narrow_terminal_and_speak_json(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(arguments) == EXIT_DONE
    text = capsys.readouterr().out
    assert all(len(line) <= 80 for line in text.splitlines()), [x for x in text.splitlines() if len(x) > 80]
    assert "\\x0a" not in text and "None" not in text
    assert run([*arguments, "--format", "json"]) == EXIT_DONE
    assert json.loads(capsys.readouterr().out)["schema"].startswith("mmadvisor/")


@pytest.mark.parametrize("columns", ["40", "60", "80", "90", "100", "140"])
def test_whoever_looks_for_a_name_finds_it_at_any_width(
    columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    ids = [r.id for r in CATALOGUE.regimens]
    longest = sorted(ids, key=len)[-2:]
    for arguments, wanted in (
        (["catalogue", "list"], ids),
        (["catalogue", "list", "--full"], ids),
        (["compare", *longest], longest),
        (["compare", *longest, "--full"], longest),
        (["compare", "elranatamab", "D-R-maintenance", "DKd", "--full"], ["elranatamab", "D-R-maintenance"]),
        (["compare", "elranatamab", "D-R-maintenance", "DKd"], ["elranatamab", "D-R-maintenance"]),
        (["explain", "cilta-cel"], ["cilta-cel"]),
        (["explain", "cilta-cel", "--full"], ["cilta-cel"]),
    ):
        assert run(arguments) == EXIT_DONE
        out = capsys.readouterr().out
        found = set(re.split(r"[\s,:]+", out))
        assert found.issuperset(wanted), set(wanted) - found
        assert max(map(len, out.splitlines())) <= max(60, int(columns))


def test_a_table_grows_wider_than_the_line_before_it_breaks_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    paper = Paper(to_terminal=False)
    name = "our-hospital-s-protocol-7a"
    heads = ["Protocol", "Indications", "Jurisdictions", "Approximately", "Contraindications"]
    paper.table(heads, [[name, *["some words of prose"] * 4], ["short", *["words"] * 4]], heads_are_names=True)
    assert {name, *heads} <= set(paper.text().split())


def test_the_catalogue_commands_refuse_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["compare", "DKd"], ["compare", "DKd", "DKx"], ["catalogue", "show", "nobody"],
                      ["catalogue", "list", "--approved-on", "2023"],
                      ["catalogue", "diff", "builtin", "builtin", "--as-of", "soon"],
                      ["catalogue", "diff", "builtin", "builtin", "-j", "XX"]):  # fmt: skip
        assert run(arguments) == EXIT_USAGE
        assert capsys.readouterr().err.startswith("error: ")
    assert run(["catalogue", "check", "/nowhere"]) == EXIT_INVALID_INPUT
