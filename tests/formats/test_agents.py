"""Names: every one leads to its agent or regimen, and none to two."""

from __future__ import annotations

import pytest

from mmadvisor.formats.agents import Agent, UnknownNameError
from tests.builders.blank import LOADED

FORMULARY = LOADED.catalogue.formulary


@pytest.mark.parametrize("agent", FORMULARY.agents, ids=lambda a: a.id)
def test_every_name_of_an_agent_leads_to_it(agent: Agent) -> None:
    known = FORMULARY.by_id[agent.id]
    for name in (known.id, known.name, *known.brands, *known.aliases):
        assert FORMULARY.agent(name).id == known.id
        assert FORMULARY.agent(f" {name.upper()} ").id == known.id


def test_no_name_belongs_to_two_agents() -> None:
    owners: dict[str, set[str]] = {}
    for agent in FORMULARY.agents:
        for name in (agent.id, agent.name, *agent.brands, *agent.aliases):
            owners.setdefault(name.casefold(), set()).add(agent.id)
    assert not {name: ids for name, ids in owners.items() if len(ids) > 1}


def test_every_name_of_a_regimen_leads_to_it_and_its_agents_exist() -> None:
    for regimen in FORMULARY.names:
        for name in (regimen.id, *regimen.aliases):
            assert FORMULARY.regimen(name).id == regimen.id
        assert set(regimen.agents) <= FORMULARY.by_id.keys()


def test_every_regimen_of_the_catalogue_has_its_name_with_the_same_agents() -> None:
    for regimen in LOADED.catalogue.regimens:
        known = FORMULARY.name_by_id[regimen.id]

        def treating(agents: tuple[str, ...]) -> set[str]:
            return {a for a in agents if not FORMULARY.by_id[a].steroid}

        assert treating(known.agents) == treating(regimen.agent_ids), regimen.id


@pytest.mark.parametrize(
    ("name", "agent"),
    [("Velcade", "bortezomib"), ("Endoxan", "cyclophosphamide"), ("Alkeran", "melphalan"), ("Revlimid", "lenalidomide"),
     ("Darzalex Faspro", "daratumumab"), ("carvykti", "ciltacabtagene-autoleucel"), ("dex", "dexamethasone")],
)  # fmt: skip
def test_brands_and_short_forms(name: str, agent: str) -> None:
    assert FORMULARY.agent(name).id == agent


@pytest.mark.parametrize("name", sorted(FORMULARY.orphans))
def test_short_forms_that_nobody_owns_are_refused_with_their_candidates(name: str) -> None:
    find = FORMULARY.agent if FORMULARY.orphans[name][0] in FORMULARY.by_id else FORMULARY.regimen
    with pytest.raises(UnknownNameError) as caught:
        find(name)
    assert all(candidate in caught.value.hint for candidate in FORMULARY.orphans[name])


def test_a_misspelling_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        FORMULARY.agent("bortezomb")
    assert caught.value.hint == "Did you mean bortezomib?"


def test_bvd_is_belantamab_and_warns() -> None:
    found = FORMULARY.regimen("BVd")
    assert found.id == "BVd" and "Benda-Vd" in found.warning


def test_tokens_stand_for_agents() -> None:
    assert "carfilzomib" in FORMULARY.members("PI")
    assert FORMULARY.members("BCMA-directed/bispecific") >= {"teclistamab", "elranatamab", "linvoseltamab"}
    assert "belantamab-mafodotin" not in FORMULARY.members("BCMA-directed/bispecific")
    assert FORMULARY.members("lenalidomide") == {"lenalidomide"}
    assert not FORMULARY.members("nothing")


def test_there_are_sixty_agents_and_more() -> None:
    assert len(FORMULARY.agents) >= 60
