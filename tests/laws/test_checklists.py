"""Laws of the dated checklist, over random patients and courses."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mmadvisor.base.errors import UsageError
from mmadvisor.catalogue.catalogue import find_regimen
from mmadvisor.judging.case import Case
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.checklists import STEPPED, listed
from tests.laws.strategies import whole_patients, with_less

CATALOGUE = LOADED.catalogue


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
