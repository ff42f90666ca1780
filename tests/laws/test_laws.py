"""What must hold whatever criteria, regimens and patients there are."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmadvisor.answers.recommendation import DeferredOption, OptionEntry, Recommendation
from mmadvisor.base.known import Truth
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.catalogue.rules import Rule
from mmadvisor.formats.paths import is_of_drugs
from mmadvisor.formats.timeline import Timeline
from mmadvisor.judging.case import Case
from mmadvisor.judging.fitness import INTENSITIES
from mmadvisor.reports.against import against
from mmadvisor.reports.recommend import advise
from tests.builders.blank import DAY, LOADED, a_patient, offered, verdicts_alone
from tests.builders.drawn import render
from tests.laws.strategies import co_medication, said, whole_patients, with_less

CATALOGUE = LOADED.catalogue
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
law = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=QUIET)


def case_of(raw: dict[str, Any]) -> Case:
    return Case.of(a_patient(**raw), CATALOGUE, DAY)


@law
@given(st.data())
def test_what_is_said_with_less_stays_true_with_more(data: st.DataObject) -> None:
    whole = data.draw(whole_patients())
    less = data.draw(with_less(whole))
    truth = said(whole, case_of(whole))
    for question, answer in said(less, case_of(less)).items():
        assert answer in (Truth.UNKNOWN, truth[question]), question


@law
@given(whole_patients())
def test_with_everything_recorded_nothing_is_unknown(whole: dict[str, Any]) -> None:
    case = case_of(whole)
    unknown = [question for question, answer in said(whole, case).items() if answer is Truth.UNKNOWN]
    assert not unknown
    undetermined = [
        a.regimen.id
        for a in case.assessments
        if a.verdict == "undetermined" and not any(r.unread for r in a.open_questions)
    ]
    assert not undetermined


@law
@given(whole_patients())
def test_same_input_same_bytes(whole: dict[str, Any]) -> None:
    first, second = (json.dumps(advise(a_patient(**whole), CATALOGUE, DAY), ensure_ascii=False) for _ in range(2))
    assert first == second


THERAPY = re.compile(r"therapies\[([0-9]+)\]")


def of_the_file(answer: Recommendation, place_before: dict[int, int]) -> str:
    """An answer with each place in the file as it was before the list was shuffled."""
    raw = json.loads(THERAPY.sub(lambda m: f"therapies[{place_before[int(m[1])]}]", json.dumps(answer)))
    for therapy in raw["history"]["therapies"]:
        therapy["index"] = place_before[therapy["index"]]
    for agent in raw["history"]["agents"]:
        agent["therapies"] = sorted(place_before[i] for i in agent["therapies"])
    return json.dumps(raw)


@law
@given(st.data())
def test_the_order_of_the_list_is_no_fact(data: st.DataObject) -> None:
    raw = data.draw(whole_patients())
    if data.draw(st.booleans()):
        raw = data.draw(with_less(raw))
    if Timeline(a_patient(**raw).therapies).assumed:
        return  # neither a day nor a line: only the file has an order
    order = data.draw(st.permutations(range(len(raw["therapies"]))))
    if order == sorted(order):
        return  # the same list
    shuffled = {**raw, "therapies": [raw["therapies"][i] for i in order]}
    before, after = (advise(a_patient(**r), CATALOGUE, DAY) for r in (raw, shuffled))
    same = dict(enumerate(range(len(order))))
    assert of_the_file(after, dict(enumerate(order))) == of_the_file(before, same)


# What is meant for these uses alone is no line of its own.
BESIDE = (("debulking",), ("palliation",))


def decided(option: OptionEntry) -> tuple[str, list[str]]:
    """The group of an option, and its values in what decides."""
    return option["group"], [s["value"] for s in option["standing"] if s["decides"]]


def would_rank(deferred: Iterable[DeferredOption]) -> list[int]:
    """The places of those of them that would have one."""
    return [rank for d in deferred if (rank := d["would_rank"]) is not None]


@law
@given(whole_patients())
def test_the_order_is_total_and_each_neighbour_says_why(whole: dict[str, Any]) -> None:
    with verdicts_alone():
        answer = advise(a_patient(**whole), CATALOGUE, DAY)
    options = answer["options"]
    ranks = [o["rank"] for o in options]
    assert ranks == sorted(ranks)
    # Ranks count the lines that are deferred: competition ranks of all of them together.
    off_label = whole["access"]["off_label"]
    waiting = [d for d in answer["deferred_options"] if d["would_rank"] is not None]
    assert all(d["approval"]["status"] != "off-label" or off_label for d in waiting)
    every_rank = [*ranks, *would_rank(waiting)]
    assert all(rank == 1 + sum(other < rank for other in every_rank) for rank in every_rank)
    lined = [*ranks, *would_rank(d for d in waiting if CATALOGUE.regimen_by_id[d["regimen"]].uses not in BESIDE)]
    assert all(rank == 1 + sum(other < rank for other in lined) for rank in lined)
    for one, other in itertools.combinations(options, 2):
        alike = decided(one) == decided(other)
        assert (one["rank"] == other["rank"]) is alike, "no place is decided by a name, and a tie by nothing"
        assert alike <= (one["tied"] and other["tied"])
    # An order that is not numbered is none: nothing stands above anything there.
    assert all(bool(o["above_next_because"]) is not bool(answer["unnumbered"]) for o in options[:-1])
    names = [e["regimen"] for e in [*options, *answer["not_offered"]]]
    assert sorted(names) == sorted(r.id for r in CATALOGUE.regimens)


@law
@given(whole_patients(), st.sampled_from(["lenalidomide", "daratumumab", "carfilzomib", "pomalidomide", "teclistamab"]))
def test_a_refractory_agent_never_adds_an_option_that_contains_it(whole: dict[str, Any], agent: str) -> None:
    before = {o.assessment.regimen.id for o in case_of(whole).ranked}
    more = {**whole, "therapies": [*whole["therapies"]]}
    last = {**more["therapies"][-1]}
    last["refractory_to"] = [agent]
    more["therapies"][-1] = last
    after = [o.assessment.regimen for o in case_of(more).ranked]
    for regimen in after:
        if agent in regimen.agent_ids:
            assert regimen.id in before
    given_before = any(agent in t["agents"] for t in whole["therapies"])
    if given_before and agent in last["agents"]:
        assert not any(agent in regimen.agent_ids for regimen in after)


PLACES = st.sampled_from(["US", "EU", "UK", "HK"])


def places_of(raw: dict[str, Any], place: str) -> dict[str, int]:
    case = Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction=place)
    return {regimen: i for i, regimen in enumerate(case.order)}


@law
@given(whole_patients(), PLACES)
def test_more_frailty_lifts_nothing_intense_above_something_milder(whole: dict[str, Any], place: str) -> None:
    intensity = {r.id: INTENSITIES.index(r.intensity) for r in CATALOGUE.regimens}
    before: dict[str, int] = {}
    for group in ("fit", "intermediate", "frail"):
        now = places_of({**whole, "fitness": {**whole["fitness"], "frailty": group}}, place)
        for intense, mild in itertools.permutations(now.keys() & before.keys(), 2):
            if intensity[mild] < intensity[intense] and before[mild] < before[intense]:
                assert now[mild] < now[intense], (group, mild, intense)
        before = now


@law
@given(whole_patients(), PLACES, st.sampled_from(["lenalidomide", "daratumumab", "carfilzomib", "selinexor"]))
def test_a_refractory_agent_lifts_no_regimen_that_holds_it_above_one_that_does_not(
    whole: dict[str, Any], place: str, agent: str
) -> None:
    before = places_of(whole, place)
    last = {**whole["therapies"][-1], "refractory_to": [agent]}
    now = places_of({**whole, "therapies": [*whole["therapies"][:-1], last]}, place)
    holding = {r.id for r in CATALOGUE.regimens if agent in r.agent_ids}
    for held, free in itertools.product(holding & now.keys() & before.keys(), (now.keys() & before.keys()) - holding):
        assert not (before[free] < before[held] and now[held] < now[free]), (held, free)


CAUTIONED: dict[str, dict[str, Any]] = {
    "comorbidities": {"hepatitis_b": "carrier", "venous_thromboembolism": True, "keratopathy": True,
                      "uncontrolled_hypertension": True, "other_malignancy": "active"},
    "labs": {"platelets_10e9_per_l": 60},
}  # fmt: skip


@law
@given(whole_patients(), PLACES, st.sampled_from([(s, f) for s, fields in CAUTIONED.items() for f in fields]))
def test_a_caution_lifts_nothing(whole: dict[str, Any], place: str, which: tuple[str, str]) -> None:
    section, field = which
    sound: dict[str, Any] = {"hepatitis_b": "negative", "other_malignancy": "none", "platelets_10e9_per_l": 200}
    # The one word is what decides here: a list of second cancers would say more than it.
    rest = {**whole[section], **({"second_cancers": None} if field == "other_malignancy" else {})}
    healthy = {**whole, section: {**rest, field: sound.get(field, False)}}
    ill = {**whole, section: {**rest, field: CAUTIONED[section][field]}}
    before, now = (Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction=place) for raw in (healthy, ill))
    cautioned = {
        a.regimen.id
        for a, b in zip(now.assessments, before.assessments, strict=True)
        if len(a.cautions) > len(b.cautions)
    }
    was, is_now = ({r: i for i, r in enumerate(case.order)} for case in (before, now))
    both = was.keys() & is_now.keys()
    for one, other in itertools.product(cautioned & both, both - cautioned):
        assert not (was[other] < was[one] and is_now[one] < is_now[other]), (one, other)


@law
@given(whole_patients(), PLACES, co_medication())
def test_a_drug_that_is_taken_lifts_nothing_that_it_bears_on(
    whole: dict[str, Any], place: str, drugs: list[str]
) -> None:
    none, some = {**whole, "co_medication": []}, {**whole, "co_medication": drugs}
    before, now = (Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction=place) for raw in (none, some))
    cautioned = {
        a.regimen.id
        for a, b in zip(now.assessments, before.assessments, strict=True)
        if len(a.cautions) > len(b.cautions)
    }
    was, is_now = ({r: i for i, r in enumerate(case.order)} for case in (before, now))
    assert was.keys() == is_now.keys(), "a drug closes and opens nothing"
    for one, other in itertools.product(cautioned & was.keys(), was.keys() - cautioned):
        assert not (was[other] < was[one] and is_now[one] < is_now[other]), (one, other)


@law
@given(whole_patients(), PLACES, co_medication(), st.integers(0, 3))
def test_a_drug_that_nobody_knows_never_counts_as_harmless(
    whole: dict[str, Any], place: str, drugs: list[str], at: int
) -> None:
    """One drug more, known in the one record and illegible in the other: nothing that is said of it is contradicted."""
    listed = [*drugs[:at], "itraconazole", *drugs[at:]]
    known, illegible = (
        Case.of(a_patient(**{**whole, "co_medication": names}), CATALOGUE, DAY, jurisdiction=place)
        for names in (listed, [*drugs[:at], "itr?", *drugs[at:]])
    )
    truth = said(whole, known)
    for question, answer in said(whole, illegible).items():
        assert answer in (Truth.UNKNOWN, truth[question]), question


@law
@given(whole_patients(), PLACES, st.data())
def test_a_severe_event_lifts_nothing_that_holds_its_agent(
    whole: dict[str, Any], place: str, data: st.DataObject
) -> None:
    agent = data.draw(st.sampled_from(sorted({a for t in whole["therapies"] for a in t["agents"]})))
    event = {"agent": agent, "event": data.draw(st.sampled_from(["rash", "fall"])), "grade": 4}
    before = places_of(whole, place)
    now = places_of({**whole, "toxicities": [*whole["toxicities"], event]}, place)
    holding = {r.id for r in CATALOGUE.regimens if agent in r.agent_ids}
    for held, free in itertools.product(holding & now.keys() & before.keys(), (now.keys() & before.keys()) - holding):
        assert not (before[free] < before[held] and now[held] < now[free]), (held, free)


@law
@given(whole_patients())
def test_an_offered_regimen_holds_no_spent_component_and_no_failed_gate(whole: dict[str, Any]) -> None:
    case = case_of(whole)
    for ranked in case.ranked:
        assert not ranked.assessment.failing
        for agent in ranked.assessment.regimen.agent_ids:
            assert case.history.spent(agent).truth is Truth.NOT_MET


@settings(law, max_examples=15)
@given(st.data())
def test_any_two_answers_can_be_held_against_each_other(data: st.DataObject) -> None:
    whole, other = data.draw(whole_patients()), data.draw(whole_patients())
    first, second, bare = (
        advise(a_patient(**raw), CATALOGUE, DAY) for raw in (whole, other, data.draw(with_less(whole)))
    )
    for before, after in itertools.permutations((first, second, bare), 2):
        told = against(after, before)
        assert told["ranking"] is None or not (before["options"] and after["options"])
        assert all(render("against", format, told) for format in ("table", "markdown", "json"))
        moved = {change["regimen"] for change in told["answers"]}
        assert set(offered(before)) ^ set(offered(after)) <= moved


@law
@given(whole_patients(), PLACES)
def test_what_is_deferred_keeps_its_place_and_nothing_beside_a_line_leads(whole: dict[str, Any], place: str) -> None:
    with verdicts_alone():
        answer = advise(a_patient(**whole), CATALOGUE, DAY, jurisdiction=place)
    if answer["ranking_withheld"]:
        return
    deferred = {n["regimen"] for n in answer["not_offered"] if n["verdict"] == "deferred"}
    assert {d["regimen"] for d in answer["deferred_options"]} == deferred
    accepted = whole["access"]["off_label"] is True
    unranked = {d["regimen"] for d in answer["deferred_options"] if d["would_rank"] is None}
    assert unranked == {
        d["regimen"] for d in answer["deferred_options"] if d["approval"]["status"] == "off-label" and not accepted
    }
    ranks = would_rank(answer["deferred_options"])
    assert ranks == sorted(ranks)
    assert not any(d["would_be_option"] for d in answer["deferred_options"] if d["regimen"] in unranked or d["missing"])
    assert all(d["once"] and d["must_pass"] and d["found"] for d in answer["deferred_options"])
    main = [d for d in answer["deferred_options"] if CATALOGUE.regimen_by_id[d["regimen"]].uses not in BESIDE]
    offerable = [d for d in main if d["approval"]["status"] != "off-label" or whole["access"]["off_label"]]
    for option in answer["options"]:
        if CATALOGUE.regimen_by_id[option["regimen"]].uses in BESIDE:
            assert all(rank < option["rank"] for rank in would_rank(offerable))


@law
@given(st.data(), PLACES)
def test_a_provisional_regimen_hangs_on_tests_of_the_day_alone(data: st.DataObject, place: str) -> None:
    raw = data.draw(with_less(data.draw(whole_patients())))
    with verdicts_alone():
        answer = advise(a_patient(**raw), CATALOGUE, DAY, jurisdiction=place)
    undetermined = {n["regimen"]: n for n in answer["not_offered"] if n["verdict"] == "undetermined"}
    ranks = [p["rank"] for p in answer["provisional"]]
    assert ranks == sorted(ranks)
    for p in answer["provisional"]:
        hard = [c for c in p["criteria"] if c["force"] == "hard"]
        unknown = [c for c in hard if c["result"] != "met"]
        assert p["verdict"] == "undetermined" and p["regimen"] in undetermined
        assert unknown and all(c["result"] == "unknown" for c in unknown), "no gate is shown as met, and none fails"
        assert p["gates"] == undetermined[p["regimen"]]["missing"]
        # A drug that nobody knows leaves a gate open too: its therapy is then the first of the gates [9.3].
        of_drugs = [c for c in unknown if c["missing"] and all(map(is_of_drugs, c["missing"]))]
        assert all(PRESUMABLE[c["id"]] for c in unknown if c not in of_drugs), [c["id"] for c in unknown]
        assert not of_drugs or is_of_drugs(p["gates"][0])
        assert not p["monitoring"]
    if answer["provisional"] and answer["options"]:
        assert ranks[0] <= answer["options"][0]["rank"]


HOLDERS: list[Rule | Regimen] = [*CATALOGUE.rules, *CATALOGUE.regimens]
PRESUMABLE = {c.id: c.presumable for holder in HOLDERS for c in (*holder.gates, *holder.cautions)}


@law
@given(whole_patients(), PLACES)
def test_nothing_stands_above_what_won_against_it(whole: dict[str, Any], place: str) -> None:
    """In one group, and alike in all that stands before the benefit."""
    case = Case.of(a_patient(**whole), CATALOGUE, DAY, jurisdiction=place)
    ranked = {r.assessment.regimen.id: r for r in case.ranked}
    if "benefit" not in case.ranker.deciding:
        return  # a setting that orders by placement reads no band
    before = 1 + case.ranker.deciding.index("benefit")
    for loser, wins in case.ranker.published.head_to_head.beaten.items():
        for won in wins:
            if loser in ranked and won.winner in ranked:
                lost, winner = ranked[loser], ranked[won.winner]
                if lost.key[:before] == winner.key[:before]:
                    assert winner.key < lost.key, (won.winner, loser, won.said)


@law
@given(whole_patients(), PLACES, st.randoms(use_true_random=False))
def test_shuffled_lists_of_the_catalogue_change_no_rank(whole: dict[str, Any], place: str, chance: Any) -> None:
    mixed = CATALOGUE.but(
        regimens=tuple(
            r.but(evidence=tuple(chance.sample(r.evidence, len(r.evidence))))
            for r in chance.sample(CATALOGUE.regimens, len(CATALOGUE.regimens))
        )
    )
    before, now = (
        {r.assessment.regimen.id: r.key for r in Case.of(a_patient(**whole), c, DAY, jurisdiction=place).ranked}
        for c in (CATALOGUE, mixed)
    )
    assert list(before.items()) == list(now.items())
