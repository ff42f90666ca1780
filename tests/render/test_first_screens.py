"""The first screens of the commands beside `recommend`: short, with nothing cut that must not be cut, whole on request."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mmadvisor.base.errors import EXIT_DONE
from mmadvisor.desk.cli import run
from mmadvisor.render import screen_words
from mmadvisor.reports.shelf import catalogue_list
from tests import ROOT
from tests.builders.blank import DAY, LOADED
from tests.builders.drawn import render

CATALOGUE = LOADED.catalogue
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.suffix in (".yaml", ".json"))
HK = ROOT / "examples" / "hk-triple-class-refractory.yaml"
ONE_SCREEN, LONG = 25, 40
WIDTHS = ["60", "80", "120"]


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")


def screen(kind: str, answer: Any) -> str:
    return render(kind, "table", answer, full=False)


def flat(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


def short_and_whole(command: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[list[str], list[str]]:
    """The lines that a command prints, without and with everything."""
    said = []
    for more in ([], ["--full"]):
        assert run([*command, *more]) == EXIT_DONE
        said.append(capsys.readouterr().out.splitlines())
    return said[0], said[1]


def test_a_first_screen_is_in_the_characters_of_its_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmadvisor.render.paper.ascii_only", lambda: True)
    for kind, answer in (("catalogue-list", catalogue_list(CATALOGUE, DAY)),):
        assert screen(kind, answer).isascii()


# --- the list of regimens -------------------------------------------------------------------------


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_list_names_every_regimen_once_by_its_use(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    text = screen("catalogue-list", catalogue_list(CATALOGUE, DAY))
    assert len(text.splitlines()) <= LONG and max(map(len, text.splitlines())) <= int(columns)
    found = flat(text.partition(screen_words.PLACE)[0]).replace(",", " ").replace(":", " ").split()
    assert [found.count(r.id) for r in CATALOGUE.regimens] == [1] * len(CATALOGUE.regimens)
    tried = sum(r.investigational and r.modality == "car-t" for r in CATALOGUE.regimens)
    assert f"investigational, CAR-T ({tried})" in flat(text)


def test_the_list_counts_the_statuses_of_each_place_and_names_what_is_not_known() -> None:
    made = catalogue_list(CATALOGUE, DAY, approved_on=date(2016, 6, 1))
    text = flat(screen("catalogue-list", made))
    for code in CATALOGUE.jurisdictions:
        approved = sum(r["status"][code] == "approved" for r in made["regimens"])
        assert f"{code} {approved} " in text
    assert made["not_known"] and all(name in text for name in made["not_known"])


def test_the_list_is_whole_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    short, whole = short_and_whole(["catalogue", "list"], capsys)
    assert len(short) <= LONG < len(whole)
    assert short[-1] == f"Left out: {len(CATALOGUE.regimens)} full names, {4 * len(CATALOGUE.regimens)} statuses"
    assert "Melphalan and prednisone" in "\n".join(whole) and "Melphalan and prednisone" not in "\n".join(short)
