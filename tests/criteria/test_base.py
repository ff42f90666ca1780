"""What a criterion says of itself: two halves, and what follows from the facts that it reads."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from mmadvisor.base.known import Truth
from mmadvisor.criteria.base import Criterion
from mmadvisor.criteria.types import criterion_from, criterion_types
from mmadvisor.history.facts import KINDS, Fact
from tests import ROOT
from tests.builders.blank import LOADED, a_history

CATALOGUE = LOADED.catalogue
FILES = sorted((ROOT / "tests" / "cases" / "criteria").glob("*.yaml"))
OF_CASES = [criterion_from(yaml.safe_load(path.read_text(encoding="utf-8"))["criterion"]) for path in FILES]


@pytest.mark.parametrize("criterion", OF_CASES, ids=[path.stem for path in FILES])
def test_no_word_is_made_until_somebody_reads_it(criterion: Criterion, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    for kind in criterion_types().values():
        account = kind.account

        def counted(self: Any, *args: Any, account: Any = account) -> Any:
            made.append(self.type)
            return account(self, *args)

        monkeypatch.setattr(kind, "account", counted)
    finding = criterion.decide(a_history(), CATALOGUE.words)
    assert finding.truth in tuple(Truth) and not made
    assert finding.found and (finding.where or criterion.left_to_people)
    made_for: Any = criterion  # each type has its own word, the base has none
    assert made_for.type in made
    before = len(made)
    assert not finding.missing or finding.truth is Truth.UNKNOWN
    assert len(made) == before


def test_a_joined_criterion_reads_what_its_parts_read() -> None:
    for criterion in OF_CASES:
        if parts := criterion.parts():
            assert set(criterion.reads()) == {fact for part in parts for fact in part.reads()}
            assert criterion.over_therapies is any(part.over_therapies for part in parts)
            assert criterion.of_gaps is any(part.of_gaps for part in parts)
            assert not criterion.tokens() and not criterion.patient_fields()


@pytest.mark.parametrize(
    ("criterion", "tokens", "fields", "bearing"),
    [
        ({"type": "exposed", "to_each": ["lenalidomide"], "to_any": ["BCMA-directed"]}, ("lenalidomide", "BCMA-directed"), (), "like"),
        ({"type": "refractory", "to_any": ["lenalidomide"]}, ("lenalidomide",), (), "like"),
        ({"type": "refractory-count", "of": "PI", "at_least": 2}, ("PI",), (), "like"),
        ({"type": "active", "agent": "lenalidomide"}, ("lenalidomide",), (), "like"),
        ({"type": "undoubted", "agent": "lenalidomide"}, ("lenalidomide",), (), "like"),
        ({"type": "tolerated", "agent": "lenalidomide"}, ("lenalidomide",), (), "like"),
        ({"type": "progressed-on-last"}, (), (), "anything"),
        ({"type": "progressed-on-last", "within_window": True}, (), (), "anything"),
        ({"type": "early-relapse", "within_months_of_start": 18, "within_months_of_transplant": 12}, (), (), "anything"),
        ({"type": "months-since-transplant", "at_least": 24}, (), (), "anything"),
        ({"type": "no-co-medication", "none_of": ["warfarin"]}, (), (), "nothing"),
        ({"type": "number", "field": "labs.lvef_percent", "at_least": 40}, (), ("labs.lvef_percent",), "nothing"),
        ({"type": "value", "field": "derived.plasma_cell_leukaemia", "one_of": [True]}, (), ("derived.plasma_cell_leukaemia",), "nothing"),
        ({"type": "frailty", "at_most": "fit"}, (), (), "nothing"),
        ({"type": "prior-lines", "at_least": 1}, (), (), "anything"),
        ({"type": "state", "one_of": ["relapsed"]}, (), (), "anything"),
        ({"type": "no-allograft"}, (), (), "anything"),
        ({"type": "days-since-dose", "of": ["lenalidomide"], "at_least": 14}, ("lenalidomide",), (), "anything"),
        ({"type": "no-toxicity", "events": ["rash"], "below_grade": 3}, (), (), "nothing"),
        ({"type": "no-toxicity", "events": ["rash"], "below_grade": 3, "of": ["lenalidomide"]}, ("lenalidomide",), (), "like"),
        ({"type": "no-gvhd"}, (), ("comorbidities.active_gvhd",), "anything"),
    ],
)  # fmt: skip
def test_from_the_kinds_of_its_facts_follows_what_a_criterion_hangs_on(
    criterion: dict[str, Any], tokens: tuple[str, ...], fields: tuple[str, ...], bearing: str
) -> None:
    made, formulary = criterion_from(criterion), CATALOGUE.formulary
    assert (made.tokens(), made.patient_fields()) == (tokens, fields)
    expected = {"nothing": frozenset(), "anything": None, "like": frozenset().union(*map(formulary.like, tokens))}
    assert made.bearing(formulary) == expected[bearing]
    assert made.over_therapies is (bearing != "nothing")


def test_what_passes_by_the_time_of_a_further_therapy_does_not_close_a_regimen_for_good() -> None:
    # A label for those whom a transplant does not suit; another one of the same regimen is for relapse.
    frail = {"type": "frailty", "at_least": "frail"}
    unfit = {"type": "any", "criteria": [frail, {"type": "transplant-eligible", "eligible": False}]}
    assert all(criterion_from(c).turns_with_therapy for c in (frail, unfit, {"type": "no-pregnancy"}))
    heart = {"type": "number", "field": "labs.lvef_percent", "at_least": 40}
    never = (heart, {"type": "not", "criterion": heart}, {"type": "active", "agent": "lenalidomide"})
    assert not any(criterion_from(c).turns_with_therapy for c in never)


def test_only_a_criterion_that_takes_a_gap_for_an_answer_is_one_of_gaps() -> None:
    plain = {"type": "no-second-cancer", "kinds": ["solid"], "states": ["active"]}
    assert not criterion_from(plain).of_gaps and not criterion_from(plain).over_therapies
    assert criterion_from(plain | {"kinds": ["unknown"]}).of_gaps
    after = criterion_from(plain | {"after": ["lenalidomide"]})
    assert after.of_gaps and after.over_therapies and after.tokens() == ("lenalidomide",)


def test_a_history_answers_every_kind_of_fact() -> None:
    of = {"field": "labs.lvef_percent", "token": "lenalidomide", "drug": "warfarin", "": ""}
    history = a_history()
    for kind, about in KINDS.items():
        fact = Fact(kind, "derived.plasma_cell_leukaemia" if kind == "derived" else of[about.names], (18, 12))
        answer = getattr(history, about.answer)(fact)
        assert isinstance(answer, Truth) if about.answer == "truth" else True
    read = {fact.kind for criterion in OF_CASES for fact in criterion.reads()}
    assert read == KINDS.keys()
