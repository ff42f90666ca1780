"""The gallery is current, and every example shows what to do first and its options without scrolling."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mmadvisor.answers.recommendation import Recommendation
from mmadvisor.base.errors import EXIT_DONE
from mmadvisor.desk.cli import run
from mmadvisor.render import brief, screen_words
from tests import ROOT
from tests.pages import gallery
from tests.pages.gallery import EXAMPLES, SIZES, Size


@pytest.fixture(params=SIZES, ids=lambda size: size.name)
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Size:
    found: Size = request.param
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", str(found.columns))
    monkeypatch.setenv("LINES", str(found.rows))
    monkeypatch.setenv("NO_COLOR", "1")
    return found


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_a_capture_is_what_the_command_prints_today(path: Path, size: Size, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(gallery.command(path)) == EXIT_DONE
    assert gallery.shown(size)[path.name] == capsys.readouterr().out, "run: python -m tests.pages.gallery"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_what_to_do_first_and_the_options_stand_on_the_first_screen(
    path: Path, size: Size, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*gallery.command(path), "--format", "json"]) == EXIT_DONE
    answer: Recommendation = json.loads(capsys.readouterr().out)
    screen = gallery.shown(size)[path.name].splitlines()[: size.rows]
    text = "\n".join(screen)
    assert screen_words.TREAT.format(answer=answer["treat_now"]["answer"].upper(), because="").strip() in text
    rows = [*answer["provisional"][: brief.OPTIONS_SHOWN], *brief.leading(answer)[: brief.OPTIONS_SHOWN]]
    assert all(any(o["regimen"] in line.split() for line in screen) for o in rows)
    assert max(map(len, screen)) <= size.columns


def test_a_terminal_shows_what_is_stored() -> None:
    path, size = EXAMPLES[0], SIZES[0]
    assert gallery.captured(path, size) == gallery.shown(size)[path.name]


def test_the_overview_shows_images_that_are_there_and_small() -> None:
    assert (gallery.FOLDER / "README.md").read_text(encoding="utf-8") == gallery.overview()
    named = {f"{name}-{width}.png" for name in gallery.PICTURED for width in gallery.WIDTHS}
    named |= {f"{name}-board.{suffix}" for name in gallery.PICTURED for suffix in ("png", "pdf")}
    stored = {path.name: path.stat().st_size for path in gallery.FOLDER.iterdir() if path.suffix != ".md"}
    assert set(stored) == named
    assert max(stored.values()) < 200_000 and sum(stored.values()) < 1_000_000
