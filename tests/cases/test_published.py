"""Published histories: the page is fresh, every file reads, and whatever was given has its verdict."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.builders.blank import LOADED
from tests.pages import cases as published

FILES = sorted(published.DECISIONS.glob("*.yaml"))
REGIMENS = LOADED.catalogue.regimen_by_id


@cache
def found(path: Path) -> published.Case:
    return published.case(path, LOADED)


def test_the_page_is_what_the_script_writes() -> None:
    stored = published.PAGE.read_text(encoding="utf-8")
    assert stored == published.page((found(path) for path in FILES), LOADED), "run: python -m tests.pages.cases"


def test_each_published_patient_has_its_decisions() -> None:
    assert {found(path).patient for path in FILES} == {p.name for p in published.PATIENTS.glob("*.yaml")}
    assert len(FILES) == 5


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_case_names_its_report_and_reads_without_a_doubt(path: Path) -> None:
    one = found(path)
    assert {"citation", "doi", "pmid", "licence"} == one.report.keys()
    assert "Source:" in (published.PATIENTS / one.patient).read_text(encoding="utf-8")
    assert not one.warnings
    assert len(one.decisions) >= 2


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_decision_knows_nothing_that_came_after_it(path: Path) -> None:
    counts = [len(d.told["history"]["therapies"]) for d in found(path).decisions]
    assert counts == sorted(counts)
    for decision in found(path).decisions:
        for therapy in decision.told["history"]["therapies"]:
            assert therapy["start"] is None or therapy["start"] <= decision.on.isoformat()


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_what_was_given_has_a_verdict_and_why(path: Path) -> None:
    for decision in found(path).decisions:
        if decision.given in REGIMENS:
            for answer in decision.answers:
                verdict = published.verdict_on(answer, decision.given)
                assert verdict is not None and all(verdict)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_moving_a_history_keeps_its_lines_and_what_is_spent(path: Path) -> None:
    for decision in found(path).decisions:
        then, now = (answer["history"] for answer in decision.answers[1:])
        assert then["prior_lines"]["count"] == now["prior_lines"]["count"]
        assert [a["refractory"] for a in then["agents"]] == [a["refractory"] for a in now["agents"]]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_each_decision_that_the_audit_finds_is_read(path: Path) -> None:
    one = found(path)
    assert one.audit and all(row.reading for row in one.audit)
    for row in one.audit:
        assert row.told["therapy"] == row.ordinary["therapy"]
        assert not row.told["judged"] or row.ordinary["judged"]


def test_as_recorded_no_decision_of_a_report_is_among_the_options() -> None:
    rows = [row for path in FILES for row in found(path).audit]
    assert not any(row.told["offered"] for row in rows) and any(row.ordinary["offered"] for row in rows)
