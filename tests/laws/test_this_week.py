"""Laws of this week: a fact that is recorded decides an entry that was open, and never takes one back."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mmadvisor.judging.case import Case
from mmadvisor.judging.places import places
from mmadvisor.judging.timing import car_t_timing
from mmadvisor.judging.treat_now import no_relapse
from mmadvisor.reports.this_week import this_week
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.law import law_of
from tests.laws.strategies import whole_patients, with_less

ROWS = {row.id for row in LOADED.catalogue.this_week}
law = law_of(40)


def week(raw: dict[str, Any], place: str) -> tuple[str, list[Any]]:
    case = Case.of(a_patient(**raw), LOADED.catalogue, DAY, jurisdiction=place)
    withheld = no_relapse(case.history)
    later: Any = (None, ()) if withheld else (car_t_timing(case), places(case).deferred)
    return withheld, this_week(case, later[0], later[1], withheld)


@law
@given(st.data(), st.sampled_from(["US", "EU", "UK", "HK"]))
def test_what_is_named_with_less_is_named_or_left_out_with_more_and_never_the_reverse(
    data: st.DataObject, place: str
) -> None:
    whole = data.draw(whole_patients())
    whole["disease"] = whole["disease"] | {
        "cytogenetics_on": data.draw(st.sampled_from(["2020-01", "2026-10-19", None]))
    }
    less = data.draw(with_less(copy.deepcopy(whole)))
    (no_order, told), (no_order_with_less, open_) = week(whole, place), week(less, place)
    for entry in (*told, *open_):
        assert entry["applies"] == "yes" or (entry["applies"] == "unknown" and (entry["missing"] or entry["because"]))
        assert entry["heading"] and entry["short"] and entry["text"] and entry["source"] in LOADED.catalogue.sources
    if no_order or no_order_with_less:
        return
    known, before = ({e["id"]: e["applies"] for e in entries if e["id"] in ROWS} for entries in (told, open_))
    for name in ROWS:
        assert before.get(name, "no") in ("unknown", known.get(name, "no")), name
