"""What every test may ask for by name; no test reaches the network."""

from __future__ import annotations

import gc
import shutil
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.files import layers, salvage
from mmadvisor.files.layers import Loaded, builtin_folder
from mmadvisor.reports import recommend
from tests.builders.answers import advised_once
from tests.builders.blank import LOADED, verdicts_alone
from tests.builders.layers import salvaged_once
from tests.builders.wards import PATIENT


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


@pytest.fixture(autouse=True, scope="session")
def shipped_files_are_parsed_once() -> Iterator[None]:
    """Most tests that plant an error change one file of the catalogue; the others are parsed for the first of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(salvage, "salvaged", salvaged_once)
        yield


@pytest.fixture(autouse=True, scope="session")
def the_shipped_catalogue_is_loaded_once() -> Iterator[None]:
    """Commands share the catalogue as it is shipped; one with layers, or of another folder, is read."""
    shipped, read = builtin_folder(), layers.load

    def load(paths: Sequence[Path] = ()) -> Loaded:
        return read(paths) if paths or layers.builtin_folder() != shipped else LOADED

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, "load", load)
        yield


@pytest.fixture(autouse=True, scope="session")
def commands_answer_the_same_question_once() -> Iterator[None]:
    """Many tests print the answer for an example: it is found for the first of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recommend, "advise", advised_once)
        yield


@pytest.fixture
def of_verdicts_alone() -> Iterator[None]:
    """For a test that reads no more than verdicts and their reasons: what missing facts could change is left out."""
    with verdicts_alone():
        yield


def pytest_collection_finish() -> None:
    """What is there before the first test stays: the collector of garbage need not walk it again and again."""
    gc.collect()
    gc.freeze()


HERE = Path(__file__).parent
# Whole files, many random patients, processes of their own: left out while working (`make fast`).
SLOW = {
    "journeys/test_faults", "journeys/test_as_of", "desk/test_ask", "desk/test_help", "journeys/test_settings", "journeys/test_conventions", "catalogue/test_lint", "journeys/test_commands", "judging/test_alarm", "judging/test_interactions", "laws/test_laws",
    "render/test_markdown", "catalogue/test_catalogue", "files/test_output", "reports/test_look_ahead", "cases/test_published", "judging/test_ranking", "cases/test_regimens", "judging/test_relapse",
    "house/test_schemas", "formats/test_timeline", "oracle/test_history_as_it_was", "criteria/test_possible", "judging/test_unknowns", "judging/test_places", "render/test_web",
    "reports/test_regimen", "reports/test_shelf", "reports/test_difference", "files/test_layers", "files/test_schemas", "judging/test_emergencies", "judging/test_clinical_relapse", "judging/test_contradictions", "laws/test_treat_now", "laws/test_checklists", "laws/test_criteria", "laws/test_unknowns", "laws/test_possible", "cohort/test_run", "cohort/test_engine", "cohort/test_board",
    "journeys/test_documents", "cases/test_not_known", "cases/test_second_cancers", "cases/test_hepatitis_b", "history/test_laboratory", "judging/test_access", "catalogue/test_shorthand",
    "care/test_bedside", "care/test_twelve", "cohort/test_workers", "cohort/test_board_sheet", "cohort/test_audit", "laws/test_audit", "reports/test_audit", "render/test_first_screens", "judging/test_dosing", "house/test_house",
    "cases/test_specialists", "judging/test_published", "judging/test_benefit", "files/test_documents", "files/test_tidy", "laws/test_rulebook", "laws/test_doses", "laws/test_this_week", "render/test_brief",
    "judging/test_schedules", "judging/test_groups", "reports/test_against", "cohort/test_count", "render/test_text",
}  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    slow = {HERE / f"{name}.py" for name in SLOW}
    for item in items:
        if item.path in slow or item.name.startswith("test_tools_find_nothing"):  # these are `make check`
            item.add_marker("slow")


@pytest.fixture(scope="session")
def loaded() -> Loaded:
    return LOADED


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return LOADED.catalogue


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the catalogue's files to plant errors in."""
    folder = tmp_path / "data"
    shutil.copytree(builtin_folder(), folder, ignore=shutil.ignore_patterns("*.json"))
    return folder


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Each test stands in a folder of its own, which holds one patient."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    shutil.copy(PATIENT, "p.yaml")
    return tmp_path
