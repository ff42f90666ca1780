"""Builders in which every field is unknown unless named, and the catalogue, read once."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from mmadvisor.answers.recommendation import Recommendation
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.files.layers import Loaded, load
from mmadvisor.files.patients import patient_from
from mmadvisor.history.history import History
from mmadvisor.reports.recommend import advise

DAY = date(2026, 10, 20)


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("the network was touched")

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "bind", "sendto"):
            patch.setattr(socket.socket, name, refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        patch.setattr(socket, "create_connection", refuse)
        yield


# Whole files, many random patients, processes of their own: left out while working (`make fast`).
SLOW = {
    "test_history_as_it_was",
    "test_all_faults", "test_as_of", "test_ask", "test_catalogue", "test_cli", "test_emergencies", "test_interactions", "test_laws",
    "test_markdown", "test_order", "test_output", "test_plan", "test_published", "test_ranking", "test_regimens", "test_relapse",
    "test_schemas", "test_timeline", "test_tries", "test_unknowns", "test_waiting", "test_web",
}  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.stem in SLOW or item.name.startswith("test_tools_find_nothing"):  # these are `make check`
            item.add_marker("slow")


LOADED = load()


@pytest.fixture(scope="session")
def loaded() -> Loaded:
    return LOADED


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return LOADED.catalogue


def a_patient(**fields: Any) -> Any:
    """A patient of whom only this is known."""
    raw = {"id": "p", "therapies": []} | fields
    return patient_from(raw, LOADED.catalogue.formulary).patient


def a_history(day: date = DAY, **fields: Any) -> History:
    """The history of a patient of whom only this is known."""
    catalogue = LOADED.catalogue
    patient = a_patient(**fields)
    return History(patient.seen_on(day), catalogue.formulary, catalogue.definitions, day)


def answer_for(
    day: date = DAY, *, jurisdiction: str | None = None, assume_relapse: bool = False, **fields: Any
) -> Recommendation:
    """The answer for a patient of whom only this is known."""
    return advise(a_patient(**fields), LOADED.catalogue, day, jurisdiction=jurisdiction, assume_relapse=assume_relapse)


def offered(answer: Recommendation) -> list[str]:
    """The regimens that are open, in order."""
    return [option["regimen"] for option in answer["options"]]


def verdict_of(answer: Recommendation, regimen: str) -> str:
    """What a regimen got."""
    entries: list[Any] = [*answer["options"], *answer["not_offered"]]
    return str(next(e["verdict"] for e in entries if e["regimen"] == regimen))
