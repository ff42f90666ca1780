"""A criterion has a truth and an account: the truth reads the facts that it names, and the account receives the truth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmadvisor.base.errors import InvalidInputError
from mmadvisor.base.known import Bounds, Truth
from mmadvisor.base.records import Entry
from mmadvisor.catalogue.regimens import states_for
from mmadvisor.criteria.base import Criterion, every
from mmadvisor.criteria.conditions import NoCoMedication, NoToxicity
from mmadvisor.criteria.fields import State
from mmadvisor.criteria.types import criterion_from
from mmadvisor.formats.paths import therapy_in
from mmadvisor.history.facts import KINDS, Fact
from mmadvisor.history.history import History
from mmadvisor.judging.asked import active, tolerated, undoubted
from tests import ROOT
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.law import law_of
from tests.laws.strategies import AGENTS, recorded_at_random, whole_patients, with_less
from tests.laws.test_possible import is_open
from tests.oracle.records import altered
from tests.oracle.slow_criteria import decided

CATALOGUE = LOADED.catalogue
WORDS = CATALOGUE.words


def criteria_in(value: object) -> Iterator[Criterion]:
    """Every criterion that stands in an entry, whichever field holds it."""
    if isinstance(value, Criterion):
        yield from every((value,))
    elif isinstance(value, Entry):
        yield from criteria_in([held for _, held in value.contents()])
    elif isinstance(value, dict):
        yield from criteria_in(list(value.values()))
    elif isinstance(value, list | tuple):
        for held in value:
            yield from criteria_in(held)


def distinct(criteria: Iterable[Criterion]) -> list[Criterion]:
    return list({criterion.question: criterion for criterion in criteria}.values())


FILES = sorted((ROOT / "tests" / "cases" / "criteria").glob("*.yaml"))
OF_CASES = [criterion_from(yaml.safe_load(path.read_text(encoding="utf-8"))["criterion"]) for path in FILES]
ASKED = distinct(
    (
        *criteria_in(CATALOGUE),
        *(every(OF_CASES)),
        *(make(agent) for agent in AGENTS for make in (active, undoubted, tolerated)),
        *(State(one_of=states_for(regimen)) for regimen in CATALOGUE.regimens),
        *(NoCoMedication(none_of=row.beside) for row in CATALOGUE.interactions),
    )
)

# Those that were once decided in one step: not a type, nor a derived fact, that was added since.
DERIVED_SINCE = ("derived.iga_isotype", "derived.nyha_iiib_or_iv", "derived.hypercalcaemia")
IN_ONE_STEP = [
    c
    for c in ASKED
    if all(decided.dispatch(type(part)) is not decided.dispatch(object) for part in every([c]))
    and not any(getattr(part, "field", "") in DERIVED_SINCE for part in every([c]))
]


class Probe:
    """A patient of whom a few facts are known and no other may be asked."""

    def __init__(self, history: History, facts: Iterable[Fact]) -> None:
        self._answers = {fact: getattr(history, KINDS[fact.kind].answer)(fact) for fact in facts}

    def truth(self, fact: Fact) -> Truth:
        truth: Truth = self._asked("truth", fact)
        return truth

    def number(self, fact: Fact) -> Bounds | None:
        number: Bounds | None = self._asked("number", fact)
        return number

    def word(self, fact: Fact) -> Any:
        return self._asked("word", fact)

    def _asked(self, answer: str, fact: Fact) -> Any:
        assert KINDS[fact.kind].answer == answer
        return self._answers[fact]


# --- random patients with what is rare ----------------------------------------------------------

EVENTS = sorted({name for c in ASKED if isinstance(c, NoToxicity) for name in c.events})


def with_what_is_rare(raw: dict[str, Any], dice: Random) -> dict[str, Any]:
    """The same patient, the list shuffled, with some of what few files hold, of therapies and beside them."""
    raw = altered(raw, dice)
    given = [a for therapy in raw["therapies"] for a in therapy.get("agents") or () if isinstance(a, str)] or [
        "lenalidomide"
    ]
    if dice.random() < 0.5:
        raw["toxicities"] = [
            {
                "agent": dice.choice([None, dice.choice(given)]),
                "event": dice.choice(EVENTS),
                "grade": dice.choice([None, 1, 2, 3, 4]),
            }
            for _ in range(dice.randint(0, 3))
        ]
    if dice.random() < 0.5:
        raw["co_medication"] = dice.choice(
            [None, [], ["green tea extract"], [*(raw.get("co_medication") or ()), "unheard-of"]]
        )
    beside = dict(raw.get("comorbidities") or {})
    for field in ("pregnancy", "childbearing_potential", "active_gvhd", "prior_allogeneic_transplant"):
        if dice.random() < 0.3:
            beside[field] = dice.choice([True, False, None])
    if dice.random() < 0.5:
        beside["other_malignancy"] = dice.choice([None, "none", "past", "active"])
        beside["second_cancers"] = dice.choice([None, [], [one_cancer(dice, given) for _ in range(dice.randint(1, 3))]])
    fit = dict(raw.get("fitness") or {}) | {"frailty": dice.choice([None, None, "fit", "intermediate", "frail"])}
    return raw | {"comorbidities": beside, "fitness": fit}


def one_cancer(dice: Random, given: list[str]) -> dict[str, Any]:
    return {
        "kind": dice.choice([None, "t-cell", "myeloid", "solid", "skin-non-melanoma"]),
        "state": dice.choice([None, "active", "watched", "past"]),
        "found_on": dice.choice([None, "2015", "2024-03", "2026-02-01"]),
        "after": dice.choice([None, None, dice.choice(given)]),
    }


def histories(raw: dict[str, Any], seed: int) -> Iterator[History]:
    """Some patients like one, on the day of the decision, after an assumed relapse, or on some later day."""
    dice = Random(seed)
    for _ in range(5):
        try:
            patient = a_patient(**with_what_is_rare(raw, dice))
        except InvalidInputError:
            continue  # two facts that contradict each other
        history = History(
            patient.seen_on(DAY),
            CATALOGUE.formulary,
            CATALOGUE.definitions,
            DAY,
            definition=dice.choice(["imwg-2015", "imwg-strict"]),
            assume_relapse=dice.random() < 0.1,
        )
        yield history.ahead(history.patient) if dice.random() < 0.1 else history


some_patients = law_of(120)
RECORDS = st.one_of(
    whole_patients().flatmap(lambda raw: with_less(raw, narrowed=True)), recorded_at_random(whole_patients())
)
SEEDS = st.integers(0, 2**32)


# --- the laws -----------------------------------------------------------------------------------


@some_patients
@given(RECORDS, SEEDS)
def test_a_criterion_comes_to_what_it_came_to_in_one_step(raw: dict[str, Any], seed: int) -> None:
    for history in histories(raw, seed):
        for criterion in IN_ONE_STEP:
            was, now = decided(criterion, history, WORDS), criterion.decide(history, WORDS)
            assert now == was, criterion


@some_patients
@given(RECORDS, SEEDS)
def test_a_truth_asks_for_no_fact_that_the_criterion_does_not_name(raw: dict[str, Any], seed: int) -> None:
    for history in histories(raw, seed):
        for criterion in ASKED:
            assert criterion.truth(Probe(history, criterion.reads())) is criterion.truth(history), criterion


@some_patients
@given(RECORDS, SEEDS)
def test_a_field_is_missing_where_a_criterion_is_unknown_and_only_there(raw: dict[str, Any], seed: int) -> None:
    for history in histories(raw, seed):
        for criterion in ASKED:
            finding = criterion.decide(history, WORDS)
            unknown = finding.truth is Truth.UNKNOWN
            assert unknown or not finding.missing, (criterion, finding)
            # No field decides what is left to people.
            assert finding.missing or criterion.left_to_people or not unknown, (criterion, finding)
            for field in finding.missing:
                assert is_open(history.patient, field) or in_doubt(history, field), (criterion, finding, field)


def in_doubt(history: History, field: str) -> bool:
    """Whether what is on record is asked for again.

    A laboratory value that is too old; a creatinine that may be new, or what contradicts the clearance. A list that is
    not whole. A stop for toxicity does not say what the disease did, nor an earlier progression whether it is the last,
    or a line ended; of a bridge both days are asked for where one leaves open how long it was. NYHA III is asked for
    with its letter.
    """
    if field == "comorbidities.nyha_class":
        return bool(history.patient.get(field) == 3)
    place, name = therapy_in(field), field.rpartition(".")[2]
    if place is not None and history.patient.therapies[place].intent == "bridging" and name in ("start", "stop"):
        return True
    if place is not None and name in ("stop_reason", "progressed_on"):
        return True
    return field == "therapies_complete" or field in history.outdated or field in history.creatinine_clearance[2]


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(whole_patients(), st.booleans())
def test_a_change_that_is_named_for_a_progression_brings_it_about(whole: dict[str, Any], within: bool) -> None:
    """Not so where nothing was being given on which the disease could have progressed."""
    history = History(a_patient(**whole).seen_on(DAY), CATALOGUE.formulary, CATALOGUE.definitions, DAY)
    criterion = criterion_from({"type": "progressed-on-last", "id": "x", "within_window": within})
    for change in criterion.decide(history, CATALOGUE.words).changes:
        assert criterion.truth(history.knowing(change.field, change.value)) is Truth.MET
