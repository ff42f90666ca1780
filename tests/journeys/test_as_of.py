"""An answer as of a day: what was not known then is cut, and what stays although its source is later says so (9.15)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmadvisor.care.bedside import hold, restart
from mmadvisor.care.monitor import monitor
from mmadvisor.care.spacing import Course
from mmadvisor.catalogue.catalogue import Catalogue, find_regimen
from mmadvisor.catalogue.listings import Placement
from mmadvisor.catalogue.regimens import Source
from mmadvisor.criteria.types import criterion_from
from mmadvisor.desk.cli import run
from mmadvisor.files.patients import read_patient
from mmadvisor.judging.case import Case
from mmadvisor.reports.look_ahead import plan
from mmadvisor.reports.recommend import advise
from mmadvisor.reports.regimen import regimen_page
from mmadvisor.reports.shelf import catalogue_list, comparison
from tests import ROOT
from tests.builders.blank import LOADED, a_patient, answer_for
from tests.builders.patients import LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, entry, patient
from tests.laws.strategies import whole_patients

CATALOGUE = LOADED.catalogue
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
SENSITIVE = next(path for path in EXAMPLES if path.stem == "us-lenalidomide-sensitive")
THEN = date(2024, 1, 15)
DAYS = [date(2016, 5, 1), date(2019, 12, 31), THEN, date(2025, 6, 30), date(2026, 10, 20)]
REVIEWED = date.fromisoformat(CATALOGUE.reviewed_on)


def day_of(key: str) -> date | None:
    """By which day a source was known, by the rule of the contract and in other words than the program's."""
    source = CATALOGUE.sources[key]
    if source.own:
        return None

    def last(written: str) -> date:
        parts = [int(p) for p in written.split("-")]
        if len(parts) == 3:
            return date(*parts)
        year, month = (parts[0], 12) if len(parts) == 1 else parts
        return date(year + month // 12, month % 12 + 1, 1) - timedelta(1)

    if source.known_since:
        return last(source.known_since)
    own = source.dated or (str(source.year) if source.year else None)
    return min(last(d) for d in (own, source.read_on, CATALOGUE.reviewed_on) if d)


def test_the_review_is_no_earlier_than_the_last_reading() -> None:
    """Nothing counts as later than the review: an early one would date sources back to before they were read."""
    assert max(s.read_on for s in CATALOGUE.sources.values() if s.read_on) <= CATALOGUE.reviewed_on


def claims(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("source"), str) and value["source"]:
            yield value
        for inner in value.values():
            yield from claims(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from claims(inner)


def silent(answer: Any, day: date) -> list[str]:
    """The sources that are later than a day and cited without a word of it, and what is called later and is not."""
    wrong = []
    for claim in claims(answer):
        known = day_of(claim["source"])
        late = known is not None and known > day
        if since := claim.get("known_since"):
            late = late and not since <= day.isoformat()
        if late != bool(claim.get("later_source")):
            wrong.append(claim["source"])
    return wrong


def of_example(path: Path, day: date) -> Any:
    return advise(read_patient(path, CATALOGUE.formulary).patient, CATALOGUE, day, assume_relapse=True)


# --- the day of a source --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "known_by", "later"),
    [
        ({"year": 2024, "read_on": "2026-11-22"}, "2024-12-31", "2024"),
        ({"year": 2026, "read_on": "2026-11-22"}, "2026-11-22", "2026"),
        ({"year": 2026, "dated": "2026-01", "read_on": "2026-11-22"}, "2026-01-31", "2026-01"),
        ({"year": 2026, "dated": "2026-06-03", "read_on": "2026-11-22"}, "2026-06-03", "2026-06-03"),
        ({"year": None, "read_on": "2026-11-22"}, "2026-11-22", "unknown date, read on 2026-11-22"),
        ({"year": None, "read_on": "2026-10"}, "2026-10-31", "unknown date, read on 2026-10"),
        ({"year": None, "read_on": None}, REVIEWED.isoformat(), "unknown date, not read"),
        ({"year": 2026, "read_on": None}, REVIEWED.isoformat(), "2026"),
        ({"year": 2026, "read_on": "2099-01-01"}, REVIEWED.isoformat(), "2026"),
        ({"year": 2026, "known_since": "2019-05", "read_on": "2026-11-22"}, "2019-05-31", "2026"),
        ({"year": 2026, "own": True, "read_on": None}, "", ""),
    ],
)
def test_a_source_is_of_the_last_day_that_it_may_be(source: dict[str, Any], known_by: str, later: str) -> None:
    found = Source.over({"kind": "trial", "title": "x", "verified": "primary", "known_since": None} | source)
    catalogue = CATALOGUE.but(sources={"x": found})
    assert catalogue.known_by("x") == known_by
    if known_by:
        day = date.fromisoformat(known_by)
        assert catalogue.later("x", day) == "" and catalogue.later("x", day - timedelta(1)) == later
    assert catalogue.later("x", date(1900, 1, 1)) == later


def test_every_source_of_the_catalogue_has_its_day_by_the_rule() -> None:
    for key in CATALOGUE.sources:
        known = day_of(key)
        assert CATALOGUE.known_by(key) == (known.isoformat() if known else ""), key


def test_a_placement_is_of_its_own_day_and_is_retired_when_its_successor_is_there() -> None:
    made = {"regimen": "DRd", "level": "preferred", "by": "X", "source": "eha-esmo-2021", "verified": "primary"}
    for dated, first in (("2021", "2021-12-31"), ("2021-02", "2021-02-28"), ("2021-02-03", "2021-02-03")):
        placement, day = Placement.over(made | {"dated": dated}), date.fromisoformat(first)
        assert CATALOGUE.placed_by(placement, day) and not CATALOGUE.placed_by(placement, day - timedelta(1))
    retired = [(s, p) for s in CATALOGUE.settings for p in s.placements if p.retired_by]
    assert retired
    for _, placement in retired:
        day = date.fromisoformat(CATALOGUE.known_by(placement.retired_by))
        assert CATALOGUE.retired(placement, day) and not CATALOGUE.retired(placement, day - timedelta(1))


# --- the answer -----------------------------------------------------------------------------------


def cut(answer: Any, day: date) -> None:
    """Whatever is cut by its day is not there."""
    for option in answer["options"]:
        assert not [e for e in option["evidence"] if (day_of(e["source"]) or day) > day]
    assert not [b for b in answer["benchmarks"] if (day_of(b["source"]) or day) > day]
    assert not [s for x in answer["situations"] for s in x["says"] if (day_of(s["source"]) or day) > day]
    for position in answer["positions"]:
        assert not [b for b in position["bodies"][1:] if b["dated"] > day.isoformat()]
    for part in ("bridges", "vein_to_vein"):
        rows = (answer["car_t_timing"] or {}).get(part, [])
        assert not [r for r in rows if (day_of(r["source"]) or day) > day]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_no_source_of_an_answer_is_later_than_its_day_unless_the_claim_says_so(path: Path) -> None:
    for day in DAYS:
        answer = of_example(path, day)
        assert silent(answer, day) == [], day
        cut(answer, day)
        told = {c["source"] for c in claims(answer) if "later_source" in c or "known_since" in c}
        for key in answer["sources"]:
            known = day_of(key)
            assert known is None or known <= day or key in told


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(whole_patients(), st.dates(date(2014, 1, 1), REVIEWED))
def test_nor_for_any_patient_on_any_day(raw: dict[str, Any], day: date) -> None:
    answer = advise(a_patient(**raw), CATALOGUE, day, assume_relapse=True)
    assert silent(answer, day) == []
    cut(answer, day)


class Timeless(Catalogue):
    """A catalogue that was known at any time."""

    def known(self, key: str, day: date) -> bool:
        return True

    def placed_by(self, placement: Placement, day: date) -> bool:
        return True

    def retired(self, placement: Placement, day: date) -> bool:
        return bool(placement.retired_by)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_an_answer_as_of_a_late_day_is_what_it_was(path: Path) -> None:
    """Law: from the day on which the newest source was known nothing is cut and nothing is said."""
    timeless = Timeless.over(vars(CATALOGUE)["_data"])
    read = read_patient(path, CATALOGUE.formulary).patient
    for day in (REVIEWED, REVIEWED + timedelta(100)):
        answer = advise(read, CATALOGUE, day, assume_relapse=True)
        assert not [c for c in claims(answer) if "later_source" in c]
        assert answer == advise(read, timeless, day, assume_relapse=True)


def test_what_stays_although_it_is_later_says_so_in_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["recommend", str(SENSITIVE), "--as-of", THEN.isoformat(), "--if-relapse", "--full"]
    for format in ("table", "markdown", "html"):
        assert run([*asked, "--format", format]) == 0
        page = " ".join(capsys.readouterr().out.replace("\u00a0", " ").split())
        assert "source of 2026, later than the day" in page, format
    assert run([*asked, "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {c["later_source"] for c in claims(answer) if "later_source" in c} >= {"2025", "2026"}
    assert run([*asked[:2], "--as-of", REVIEWED.isoformat(), "--if-relapse"]) == 0
    assert "later than the day" not in capsys.readouterr().out


def test_a_reason_that_closes_an_option_says_that_its_source_is_later() -> None:
    answer = answer_for(THEN, jurisdiction="EU", **patient(*TRIPLE_CLASS_REFRACTORY, fitness__ecog=3))
    closed = next(n for n in answer["not_offered"] if n["regimen"] == "ide-cel")
    gate = next(c for c in closed["criteria"] if c["id"] == "car-t-ecog")
    known = day_of(gate["source"])
    assert known is not None and (known > THEN) == ("later_source" in gate)
    assert ("later than the day" in next(b for b in closed["because"] if "ECOG" in b)) == (known > THEN)


def test_a_gate_that_was_known_before_its_source_is_not_called_later() -> None:
    rule = {
        "type": "number",
        "id": "g",
        "field": "fitness.ecog",
        "at_most": 0,
        "source": "asco-oh-2026",
        "verified": "primary",
    }
    asked = {"access__jurisdiction": "US"}
    for since, later in ((None, True), ("2019", False), ("2024-01", True)):
        gate = rule | ({"known_since": since} if since else {})
        data = vars(CATALOGUE)["_data"]
        changed = data | {"rules": [*data["rules"], {"applies_to": {"all": True}, "gates": [gate]}]}
        answer = advise(a_patient(**patient(*LEN_REFRACTORY, **asked)), Catalogue.over(changed), THEN)
        found = next(c for n in answer["not_offered"] for c in n["criteria"] if c["id"] == "g")
        assert ("later_source" in found) == later
        page = regimen_page(Catalogue.over(changed), "Kd", LOADED.stamp(), day=THEN)
        assert (
            "later_source"
            in next(g for g in page["gates"] if g.get("known_since") == since and g["source"] == "asco-oh-2026")
        ) == later
        assert criterion_from(gate).question == criterion_from(rule).question, "one question, one decision"


def test_a_regimen_that_nobody_had_tried_or_placed_says_so_plainly(capsys: pytest.CaptureFixture[str]) -> None:
    day = date(2014, 6, 1)
    treated = entry("Rd", "2011-01-01", "2013-10-01", "2013-10-01")
    answer = answer_for(day, jurisdiction="US", **patient(treated))
    entries: list[Any] = [*answer["options"], *answer["not_offered"]]
    said = {e["regimen"]: e["untried"] for e in entries}
    assert said["cilta-cel"].startswith(f"The catalogue has no result of it published by {day}, and no open guideline")
    for name, sentence in said.items():
        regimen = CATALOGUE.regimen_by_id[name]
        seen = [r for r in regimen.evidence if (day_of(r.source) or day) <= day]
        placed = [
            p for s in CATALOGUE.settings for p in s.placements if p.regimen == name and CATALOGUE.placed_by(p, day)
        ]
        assert bool(sentence) == bool(regimen.evidence and not seen and not placed), name
    answer = answer_for(day, jurisdiction="HK", **patient(treated))
    option = next(o for o in answer["options"] if o["untried"])
    assert not option["evidence"] and not option["placements"]
    by = {s["by"]: s["because"] for s in option["standing"]}
    assert by["evidence"] == f"no result in the catalogue by {day}"
    never, then = "no open guideline in the catalogue places it here", f"no open guideline placed it here by {day}"
    assert {s["because"] for o in answer["options"] for s in o["standing"] if s["by"] == "placement"} <= {never, then}
    assert run(["explain", option["regimen"], "--as-of", day.isoformat()]) == 0
    assert option["untried"] in " ".join(capsys.readouterr().out.split())
    assert not any(e["untried"] for e in answer_for(REVIEWED, jurisdiction="US", **patient(*LEN_REFRACTORY))["options"])


def test_a_note_of_later_days_beside_an_indication_says_so() -> None:
    """The note is the listing's, the source that is cited the indication's."""
    found = 0
    for place in CATALOGUE.jurisdictions:
        case = Case.of(a_patient(**patient(*LEN_REFRACTORY)), CATALOGUE, THEN, jurisdiction=place)
        for a in case.assessments:
            listing = CATALOGUE.listing(place, a.regimen)
            if (
                listing is None
                or not listing.note
                or listing.note not in a.approval.note
                or a.approval.source == listing.source
            ):
                continue
            known = day_of(listing.source)
            assert (known is not None and known > THEN) == ("later than the day" in a.approval.note), a.regimen.id
            found += 1
    assert found


# --- the other reports ----------------------------------------------------------------------------


@pytest.mark.parametrize("day", DAYS)
def test_every_other_report_with_a_day_keeps_to_it(day: date) -> None:
    for name in ("DRd", "cilta-cel", "teclistamab", "BPd", "D-VRd"):
        page = regimen_page(CATALOGUE, name, LOADED.stamp(), day=day)
        assert silent(page, day) == [] and silent(comparison(CATALOGUE, [name, "Kd"], LOADED.stamp(), day), day) == []
        assert not [e for e in page["evidence"] if (day_of(e["source"]) or day) > day]
        # A choice of this project has no day: it is shown on each.
        dated = [p for p in page["placements"] if not CATALOGUE.sources[p["source"]].own]
        assert not [p for p in dated if p["dated"] > day.isoformat()]
        assert not [f for x in page["listings"] for f in x["funding"] if (day_of(f["source"]) or day) > day]
        made = monitor(
            CATALOGUE, find_regimen(CATALOGUE, name), Course(start=day, today=day), LOADED.stamp(), place="EU", weeks=4
        )
        assert silent(made, day) == []
        assert not [e for e in made["evidence"] if (day_of(e["source"]) or day) > day]
    case = Case.of(a_patient(**patient(*LEN_REFRACTORY)), CATALOGUE, day, jurisdiction="EU", assume_relapse=True)
    ahead = plan(case, depth=2, top=3)
    assert silent(ahead, day) == []
    assert not [
        row for row in claims(ahead["choices"]) if (day_of(row["source"]) or day) > day and "later_source" not in row
    ]
    for row in (p for c in ahead["choices"] for p in c["published"]):
        assert (day_of(row["source"]) or day) <= day
    assert silent(hold(CATALOGUE, "teclistamab", "CRS", jurisdiction="US", today=day), day) == []
    table = restart(
        CATALOGUE, "teclistamab", last_dose="1.5 mg/kg", schedule="weekly", jurisdiction="US", on=day, today=day
    )
    assert silent(table, day) == []


def test_the_list_names_the_settings_in_which_a_regimen_was_placed_by_the_day() -> None:
    for day in (*DAYS, REVIEWED):
        for listed in catalogue_list(CATALOGUE, day)["regimens"]:
            placed = [
                s.id
                for s in CATALOGUE.settings
                for p in s.placements
                if p.regimen == listed["regimen"] and CATALOGUE.placed_by(p, day)
            ]
            assert listed["settings"] == list(dict.fromkeys(placed))


def test_looked_back_upon_what_has_no_day_is_said_to_have_none() -> None:
    fields: dict[str, Any] = {
        "assessed_on": "2026-10-20",
        "fitness": {"ecog": 3},
        "comorbidities": {"active_infection_grade": 3, "second_cancers": [{"kind": "t-cell", "state": "active"}]},
        "co_medication": ["itraconazole"],
    }
    (said,) = (w for w in answer_for(date(2024, 6, 1), **fields)["warnings"] if "carry no day" in w)
    assert "a second cancer" in said and "fitness, comorbidities and co-medication" in said
    assert not any("carry no day" in w for w in answer_for(**fields)["warnings"])


def early(**more: object) -> str:
    """A patient whose disease began in 2024, with findings that have no day."""
    tree = {
        "id": "early",
        "assessed_on": "2026-11-01",
        "therapies_complete": True,
        "disease": {"state": "relapsed", "relapse": {"kind": "clinical"}, "emergencies": ["cord_compression"]},
        "therapies": [{"regimen": "VRd", "start": "2024-03", "stop": "2025-03", "progressed_on": "2026-10"}],
        "access": {"jurisdiction": "HK"},
    }
    tree["disease"] |= more  # type: ignore[operator]
    Path("early.json").write_text(json.dumps(tree))
    return "early.json"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("more", "day", "why"),
    [({"diagnosed_on": "2024-01"}, "2020-06-01", "before the diagnosis (2024-01)"),
     ({}, "2020-06-01", "before the first therapy (2024-03)"),
     ({"diagnosed_on": "2024-01"}, "2024-02-01", "before the first therapy (2024-03)")],
)  # fmt: skip
def test_a_day_before_the_disease_gets_no_ranking(
    more: dict[str, str], day: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ([], ["--if-relapse"]):
        assert run(["recommend", early(**more), "--as-of", day, "--format", "json", *words]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert answer["options"] == [] and why in answer["ranking_withheld"] and day in answer["ranking_withheld"]
        assert not answer["deferred_options"] and not answer["provisional"] and not answer["this_week"]
        assert answer["treat_now"]["answer"] == "unknown" and why in answer["treat_now"]["because"]
        assert [e["emergency"] for e in answer["treat_now"]["emergencies"]] == ["cord_compression"]
    assert run(["validate", early(**more), "--as-of", day]) == 0
    out, err = capsys.readouterr()
    assert why in err and "to look at" in out
    assert run(["batch", early(**more), "-o", "o.ndjson", "--as-of", day]) == 0
    record = json.loads(Path("o.ndjson").read_bytes())
    assert record["withheld"] and why in record["withheld_because"] and record["treat_now"] == "unknown"
    assert "disease" in record["undated"]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("day", ["2024-03-15", "2026-11-01"])
def test_a_day_that_may_be_after_the_first_therapy_is_ranked(day: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", early(diagnosed_on="2024-03"), "--as-of", day]) == 0
    assert "before the" not in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_newly_diagnosed_disease_is_ranked_before_its_first_therapy(capsys: pytest.CaptureFixture[str]) -> None:
    path = early(state="newly_diagnosed", relapse=None, diagnosed_on="2024-02-01")
    assert run(["recommend", path, "--as-of", "2024-02-20", "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert not answer["ranking_withheld"]
