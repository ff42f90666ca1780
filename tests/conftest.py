"""What every test may ask for by name; no test reaches the network."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.files.layers import Loaded
from tests.builders.blank import LOADED


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


HERE = Path(__file__).parent
# Whole files, many random patients, processes of their own: left out while working (`make fast`).
SLOW = {
    "journeys/test_faults", "journeys/test_as_of", "desk/test_ask", "catalogue/test_lint", "journeys/test_commands", "judging/test_alarm", "judging/test_interactions", "laws/test_laws",
    "render/test_markdown", "catalogue/test_catalogue", "files/test_output", "reports/test_look_ahead", "cases/test_published", "judging/test_ranking", "cases/test_regimens", "judging/test_relapse",
    "house/test_schemas", "formats/test_timeline", "criteria/test_possible", "judging/test_unknowns", "judging/test_places", "render/test_web",
}  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(HERE).with_suffix("").as_posix() in SLOW or item.name.startswith(
            "test_tools_find_nothing"
        ):  # these are `make check`
            item.add_marker("slow")


@pytest.fixture(scope="session")
def loaded() -> Loaded:
    return LOADED


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return LOADED.catalogue
