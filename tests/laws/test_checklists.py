"""Laws of the dated checklist, over random patients and courses."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mmadvisor.answers.recommendation import Monitoring
from mmadvisor.base.errors import UsageError
from mmadvisor.catalogue.catalogue import find_regimen
from mmadvisor.formats.drugs import Premedication
from mmadvisor.judging.case import Case
from mmadvisor.judging.checklist import for_patient
from mmadvisor.reports.options import monitoring
from mmadvisor.reports.regimen import regimen_page
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.checklists import STEPPED, listed
from tests.laws.strategies import whole_patients, with_less

CATALOGUE = LOADED.catalogue
COMMON = [name for name in Monitoring.__annotations__ if name not in ("later_source", "known_since")]


def alike(rows: Iterable[Any]) -> list[tuple[str, ...]]:
    """What an option and the dated checklist share; ``when`` may be a date, and later sources are marked at the end."""
    bare = [row | {"when": "", "adapt": [x | {"later_source": ""} for x in row["adapt"]]} for row in rows]
    return sorted(tuple(repr(row[name]) for name in COMMON) for row in bare)


@settings(max_examples=25, deadline=None)
@given(
    whole_patients().flatmap(lambda whole: st.one_of(st.just(whole), with_less(whole))),
    st.sampled_from(["US", "EU", "UK", "HK", ""]),
    st.sampled_from(
        ["elranatamab", "teclistamab", "talquetamab", "DRd", "DKd", "BVd", "cilta-cel", "VRd", "Sd", "VenD"]
    ),
)
def test_an_option_a_page_and_the_dated_checklist_have_the_same_rows(
    raw: dict[str, Any], place: str, name: str
) -> None:
    """One function makes the rows; a row of one command cannot be missing in another, nor be less certain there."""
    case = Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction=place or "unknown")
    regimen = find_regimen(CATALOGUE, name)
    option = monitoring(case, regimen)
    page = regimen_page(CATALOGUE, name, LOADED.stamp(), day=DAY, place=place, case=case)
    assert alike(page["monitoring"]) == alike(option)
    try:
        made = listed(name, place, case=case, schedule="weekly" if name == "talquetamab" else "")
    except UsageError:
        return  # the steps differ by jurisdiction, and none was given
    dated = [t for t in made["tasks"] if t["checklist"] != "Spacing out"]
    if name == "talquetamab":  # the dated checklist has the premedication of one schedule alone
        assert set(alike(dated)) <= set(alike(option))
        steps = {r.item for r in for_patient(case, regimen) if isinstance(r.entry, Premedication)}
        option = [m for m in option if m["item"] not in steps]
        dated = [t for t in dated if t["item"] not in steps]
    assert alike(dated) == alike(option)


@settings(max_examples=25, deadline=None)
@given(whole_patients(), st.sampled_from(["US", "EU", "HK"]), st.sampled_from([r.id for r in CATALOGUE.regimens]))
def test_every_row_names_its_drugs_and_its_author_and_those_that_lead_come_first(
    raw: dict[str, Any], place: str, name: str
) -> None:
    case = Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction=place)
    regimen = find_regimen(CATALOGUE, name)
    rows = monitoring(case, regimen)
    names = {CATALOGUE.formulary.by_id[a].name for a in regimen.agent_ids}
    assert all(set(m["drugs"]) <= names and m["text_of"] for m in rows)
    order = [(not m["leads"], m["leads"] and m["now"] != "yes", m["rank"]) for m in rows]
    assert order == sorted(order)
    assert all(m["leads"] == (m["now"] == "yes" or any(x["applies"] == "yes" for x in m["adapt"])) for m in rows)


@settings(max_examples=12, deadline=None)
@given(st.data(), st.sampled_from(["elranatamab", "DRd", "DKd", "BVd", "cilta-cel"]))
def test_with_less_on_record_no_item_is_lost_and_none_is_more_certain(data: st.DataObject, name: str) -> None:
    whole = data.draw(whole_patients())
    less = data.draw(with_less(whole))
    full, part = (
        listed(name, case=Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction="US")) for raw in (whole, less)
    )
    certain = {t["item"] for t in full["tasks"] if t["applies"] == "yes"}
    assert certain <= {t["item"] for t in part["tasks"]}
    assert {t["item"] for t in part["tasks"] if t["applies"] == "yes"} <= certain
    assert {x["item"] for x in part["left_out"]} <= {x["item"] for x in full["left_out"]}


@settings(max_examples=60, deadline=None)
@example(("linvoseltamab", ""), "US", "every 4 weeks", 22, 12)
@given(
    st.sampled_from(STEPPED),
    st.sampled_from(["US", "EU"]),
    st.sampled_from(["", "weekly", "every 2 weeks", "every 4 weeks", "0.8 mg/kg every 2 weeks"]),
    st.integers(0, 700) | st.none(),
    st.sampled_from([1, 12, 60, 104]),
)
def test_whatever_is_told_no_two_full_doses_lie_close_and_no_drug_is_lost(
    stepped: tuple[str, str], place: str, schedule: str, since: int | None, weeks: int
) -> None:
    start, name = date(2024, 6, 3), stepped[0]
    try:
        made = listed(name, place, weeks, start=start, today=date(2026, 11, 26), schedule=schedule,
                      since=None if since is None else start + timedelta(days=since))  # fmt: skip
    except UsageError:
        return
    regimen = find_regimen(CATALOGUE, name)
    dated = {row["agent"] for row in made["doses"] if row["dates"]}
    assert dated | {x["agent"] for x in made["undated"]} == set(regimen.agent_ids)
    drug = next(CATALOGUE.formulary.by_id[a].name for a in regimen.agent_ids if CATALOGUE.handling[a].steps)
    days = [d["day"] for d in made["calendar"] if any(x.startswith(f"{drug} ") for x in d["doses"])]
    steps = max(s.day for a in regimen.agent_ids for s in CATALOGUE.handling[a].steps if not s.regimens or name in s.regimens)  # fmt: skip
    assert all(b - a >= 6 for a, b in itertools.pairwise(days) if a >= steps)
    assert all(c["result"] == "yes" for s in made["deescalation"] if s["ready"] == "yes" for c in s["conditions"])
