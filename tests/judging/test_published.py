"""Published figures: the row that ranks is the row that is shown."""

from __future__ import annotations

from typing import Any

import pytest

from mmadvisor.catalogue.regimens import Evidence
from mmadvisor.judging.case import Case
from mmadvisor.judging.published import Nearest, benefit_in_words, figure_of
from mmadvisor.render import words
from mmadvisor.reports.shelf import comparison
from tests.builders.blank import DAY, LOADED, a_patient, answer_for
from tests.builders.patients import RECORDS


@pytest.mark.parametrize("record", sorted(RECORDS))
@pytest.mark.parametrize("place", ["US", "EU", "UK", "HK"])
def test_the_answer_carries_the_row_that_the_ranker_used(record: str, place: str) -> None:
    case = Case.of(a_patient(**RECORDS[record]), LOADED.catalogue, DAY, jurisdiction=place)
    for option in answer_for(**RECORDS[record], jurisdiction=place)["options"]:
        nearest = case.ranker.published.nearest(LOADED.catalogue.regimen_by_id[option["regimen"]], with_benefit=True)
        told = option["nearest_benefit"]
        standing = next(s for s in option["standing"] if s["by"] == "benefit")
        if nearest is None or told is None:
            assert nearest is None and told is None
            assert words.benefit(option) == "not published"
            continue
        row = nearest.row
        assert (told["trial"], told["subgroup"], told["population"]) == (row.trial, row.subgroup, row.population)
        assert (told["source"], told["verified"], told["fit"]) == (row.source, row.verified, nearest.fit)
        assert told["text"] == standing["because"] and told["source"] == standing["source"]
        assert any(
            e["trial"] == told["trial"] and e.get("subgroup", "") == told["subgroup"] for e in option["evidence"]
        )


def test_of_two_rows_of_one_source_the_one_that_ranks_is_shown() -> None:
    """ELOQUENT-2: the later row has no progression-free survival; the words of its trial stand in the other's name."""
    answer = answer_for(**RECORDS["first-relapse"], jurisdiction="EU")
    option = next(o for o in answer["options"] if o["regimen"] == "ERd")
    told = option["nearest_benefit"]
    assert told is not None and told["trial"] == "ELOQUENT-2 (primary analysis)"
    assert told["figure"] == {"kind": "median", "months": 19.4, "percent": None}
    assert told["pfs_months"]["median"] == 19.4


@pytest.mark.parametrize(
    ("months", "rate", "expected"),
    [
        ({"median": 12.0}, None, (12.0, "12 months, T")),
        ({"median": 12.0}, {"percent": 40.0, "months": 18.0}, (12.0, "12 months, T")),
        (None, {"percent": 55.0, "months": 12.0}, (12.0, "55 % without progression at 12 months, T")),
        (None, {"percent": 45.0, "months": 12.0}, (11.9, "45 % without progression at 12 months, T")),
        ({"not_reached": True, "ci95": [24.0, None]}, None, (24.0, "not reached, at least 24 months, T")),
        ({"not_reached": True}, None, (None, "not reached, T")),
        (None, None, None),
    ],
)
def test_each_kind_of_figure_says_what_it_is(months: Any, rate: Any, expected: tuple[float | None, str] | None) -> None:
    row = Evidence.over(
        {"trial": "T", "population": "p", "design": "randomised", "source": "s", "verified": "primary", "when": []}
        | ({"pfs_months": months} if months else {})
        | ({"pfs_rate": rate} if rate else {})
    )
    figure = figure_of(row)
    if expected is None or figure is None:
        assert expected is None and figure is None
        return
    assert figure.known == (None if expected[0] is None else pytest.approx(expected[0]))
    entry = {"figure": figure._asdict(), "trial": "T", "subgroup": "", "fit": "this"}
    option: Any = {"nearest_benefit": entry}
    assert words.benefit(option) == expected[1]
    assert benefit_in_words(Nearest(row, "this")) in (expected[1], f"median PFS {expected[1]}")


def test_a_comparison_for_a_patient_shows_the_same_row() -> None:
    answer = answer_for(**RECORDS["first-relapse"], jurisdiction="EU")
    options = {o["regimen"]: o for o in answer["options"]}
    made = comparison(LOADED.catalogue, ["ERd", "DRd"], LOADED.stamp(), DAY, answer)
    row = next(row for row in made["rows"] if row["name"] == "For this patient")
    for regimen, cells in zip(made["regimens"], row["cells"], strict=True):
        told = options[regimen]["nearest_benefit"]
        assert told is not None
        assert {
            "text": f"Nearest population: {told['text']}",
            "source": told["source"],
            "verified": told["verified"],
        } in [{key: cell[key] for key in ("text", "source", "verified")} for cell in cells]
        assert told["source"] in made["sources"]
