"""The history against the one that derived every fact with its words at once, over random records."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmadvisor.base.known import Finding, Truth
from mmadvisor.formats.patient import Patient
from mmadvisor.history.history import History
from tests.builders.blank import DAY, LOADED
from tests.oracle.records import CLASSES, drawn_patients, random_patients
from tests.oracle.slow_history.history import History as SlowHistory

FORMULARY, DEFINITIONS = LOADED.catalogue.formulary, LOADED.catalogue.definitions
AGENTS = [agent.id for agent in FORMULARY.agents]
TOKENS = [*AGENTS, *CLASSES, "BCMA-directed/bispecific", "BCMA-directed/CAR-T"]

law = settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
DEFINITION = st.sampled_from(["imwg-2015", "imwg-strict"])


def of_part(history: Any, name: str, of: str) -> Any:
    """What the oracle has itself, and the history in one of its parts."""
    return getattr(history if isinstance(history, SlowHistory) else getattr(history, of), name)


def of_drugs(history: Any) -> dict[str, Any]:
    """What is asked of agents and classes."""
    found: dict[str, Any] = {}
    for token in TOKENS:
        found[f"exposed to {token}"] = history.exposed_to(token)
        found[f"refractory to {token}"] = history.refractory_to(token)
        found[f"refractory count of {token}"] = history.refractory_count(token)
        found[f"days since {token}"] = history.days_since_dose(token)
    for agent in AGENTS:
        found[f"refractory to agent {agent}"] = history.refractory_agent(agent)
        found[f"spent {agent}"] = history.spent(agent)
        found[f"doubtful {agent}"] = history.doubtful(agent)
    for drug_class in CLASSES:
        found[f"doubtful class {drug_class}"] = history.doubtful_class(drug_class)
    found["rechallenged"] = history.rechallenged(AGENTS)
    return found


LINES = ("definition", "low", "high", "of_entry", "reasons", "missing", "opened", "settled", "bounds")


def of_lines(history: Any) -> dict[str, Any]:
    """Lines, and what hangs on which therapy was the last."""
    counts = {"in use": history.lines, "derived": history.derived_lines()}
    counts |= {name: history.count_lines(name) for name in ("imwg-2015", "imwg-strict")}
    found: dict[str, Any] = {f"{n} lines {part}": getattr(c, part) for n, c in counts.items() for part in LINES}
    places = range(len(history.patient.therapies))
    found |= {f"brief {i}": of_part(history, "brief", "lines_of_therapy")(i) for i in places}
    found |= {f"awaits its cells {i}": of_part(history, "awaits_its_cells", "refractoriness")(i) for i in places}
    found |= {f"progressed in {i}": of_part(history, "progressed_in", "lines_of_therapy")(places, i) for i in places}
    for part in ("last_line", "last_treated", "allograft", "state", "treatments"):
        found[part] = getattr(history, part)
    found |= {f"progressed on last, {w}": history.progressed_on_last(within_window=w) for w in (True, False)}
    found |= {f"early relapse, {n}": history.early_relapse(n, n) for n in (0, 12, 18, 60)}
    for part in ("months_since_transplant", "relapse_recorded"):
        found[part] = getattr(history, part)()
    found["standing progression"] = of_part(history, "standing_progression", "relapse_accounts")()
    found["undated relapses"] = of_part(history, "undated_relapses", "progressions")()
    if history.last_line:
        found["relapse field"] = history.relapse_field
    return found


def of_the_record(history: Any) -> dict[str, Any]:
    """Therapies by name, and drugs with their days."""
    places = range(len(history.patient.therapies))
    found: dict[str, Any] = {f"called {i}": (history.called(i), history.called_with_days(i)) for i in places}
    found["exposures"] = [tuple(e) for e in history.exposures]
    found["last fields"] = [of_part(history, "last_field", "progression_accounts")(e) for e in history.exposures]
    found["unnamed"] = [tuple(u) for u in history.unnamed]
    found["cycles"] = [of_part(history, "cycle_days", "record")(i) for i in places]
    surely = of_part(history, "surely", "record")
    found["surely"] = {token: [tuple(u) for u in surely(token)] for token in TOKENS}
    return found


def of_organs(history: Any) -> dict[str, Any]:
    """Values that hold, and what follows from them."""
    parts = ("outdated", "circulating_cells", "plasma_cell_leukaemia", "creatinine_clearance",
             "polyclonal_igg", "body_mass_index", "frailty")  # fmt: skip
    found = {part: getattr(history, part) for part in parts}
    if isinstance(history, SlowHistory):
        found["frailty by items"] = history.frailty_by_items
    else:
        found["frailty by items"] = history.organs.frailty_by_items, history.organ_accounts.items_not_recorded
    kidneys = ("state", "found", "missing", "creatinine", "steady_although_ticked", "changing")
    return found | {"kidneys": [getattr(history.kidneys, name) for name in kidneys]}


def values(history: History) -> dict[str, Any]:
    """The values alone, without their accounts."""
    found: dict[str, Any] = {}
    for token in TOKENS:
        found[f"exposed to {token}"] = history.is_exposed_to(token)
        found[f"refractory to {token}"] = history.is_refractory_to(token)
        found[f"number refractory to {token}"] = history.number_refractory_to(token)
        found[f"days since {token}"] = history.relapses.days_since_dose(token)
    for agent in AGENTS:
        found[f"refractory to agent {agent}"] = history.is_refractory(agent)
        found[f"spent {agent}"] = history.is_spent(agent)
        found[f"doubtful {agent}"] = history.is_doubtful(agent)
    found["allograft"] = history.had_allograft
    found["since transplant"] = history.relapses.months_since_transplant()
    found |= {f"progressed on last, {w}": history.has_progressed_on_last(within_window=w) for w in (True, False)}
    found |= {f"early relapse, {n}": history.relapsed_early(n, n) for n in (0, 12, 18, 60)}
    return found


def values_found(history: History) -> dict[str, Any]:
    """The same values, taken from the answers that have an account."""
    found: dict[str, Any] = {}
    for token in TOKENS:
        found[f"exposed to {token}"] = history.exposed_to(token).truth
        found[f"refractory to {token}"] = history.refractory_to(token).truth
        found[f"number refractory to {token}"] = history.refractory_count(token)[0]
        found[f"days since {token}"] = history.days_since_dose(token)[0]
    for agent in AGENTS:
        found[f"refractory to agent {agent}"] = history.refractory_agent(agent).truth
        found[f"spent {agent}"] = history.spent(agent).truth
        found[f"doubtful {agent}"] = history.doubtful(agent).truth
    found["allograft"] = history.allograft.truth
    found["since transplant"] = history.months_since_transplant()[0]
    found |= {f"progressed on last, {w}": history.progressed_on_last(within_window=w).truth for w in (True, False)}
    found |= {f"early relapse, {n}": history.early_relapse(n, n).truth for n in (0, 12, 18, 60)}
    return found


ALL = (of_drugs, of_lines, of_the_record, of_organs)


def both(patient: Patient, day: date = DAY, **how: Any) -> tuple[History, SlowHistory]:
    """The history and its oracle, of one patient on one day."""
    seen = patient.seen_on(day)
    slow: Any = SlowHistory  # its definitions are of a class of its own, with the same fields
    return History(seen, FORMULARY, DEFINITIONS, day, **how), slow(seen, FORMULARY, DEFINITIONS, day, **how)


def same(history: History, oracle: Any) -> None:
    for facts in ALL:
        now, then = facts(history), facts(oracle)
        assert {n: v for n, v in now.items() if v != then[n]} == {n: v for n, v in then.items() if v != now[n]}
        # What is missing would settle what is unknown, and nothing else lacks anything.
        findings = {name: value for name, value in now.items() if isinstance(value, Finding)}
        assert {n for n, f in findings.items() if (f.truth is Truth.UNKNOWN) is not bool(f.missing)} == set()
    alone = values(History(history.patient, FORMULARY, DEFINITIONS, history.as_of, **how_of(history)))
    found = values_found(history)
    assert {n: v for n, v in alone.items() if v != found[n]} == {}


def how_of(history: History) -> dict[str, Any]:
    return {n: getattr(history, n) for n in ("definition", "assume_relapse", "today", "recorded")}


@law
@given(drawn_patients(), st.sampled_from([DAY, date(2025, 3, 1)]), DEFINITION, st.booleans())
def test_every_fact_is_as_it_was(patient: Patient, day: date, definition: str, assumed: bool) -> None:
    same(*both(patient, day, definition=definition, assume_relapse=assumed))


@pytest.mark.parametrize("seed", range(8))
def test_every_fact_of_random_records_is_as_it_was(seed: int) -> None:
    for number, patient in enumerate(random_patients(seed, 50)):
        same(*both(patient, assume_relapse=number % 7 == 0))
        history, oracle = both(patient, recorded=max(len(patient.therapies) - 1 - number % 2, 0))
        if number % 5 == 0:
            same(history, oracle)
        elif number % 5 == 1:  # on some later day, after therapies that are only assumed
            same(history.ahead(history.patient), oracle.ahead(oracle.patient))
