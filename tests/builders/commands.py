"""Commands that print each kind of answer, by the name of the kind."""

from __future__ import annotations

import pytest

from mmadvisor.base.errors import EXIT_DONE
from mmadvisor.desk.cli import run
from tests import ROOT

EXAMPLES = sorted(map(str, (ROOT / "examples").glob("*.yaml")))
HK = str(ROOT / "examples" / "hk-triple-class-refractory.yaml")
COMMANDS: dict[str, list[list[str]]] = {
    "recommendation": [["recommend", path] for path in EXAMPLES],
    "compact": [["batch", path, "--output", "-"] for path in EXAMPLES],
    "plan": [["plan", HK, "--depth", "2"]],
    "against": [["recommend", HK, "--against", EXAMPLES[0]]],
    "board-index": [["board", str(ROOT / "examples" / "published"), "--output", "sheets"]],
    "cohort": [["cohort", "answers.ndjson"]],
    "audit": [["audit", str(ROOT / "examples")]],
    "regimen-page": [["explain", "DKd"], ["explain", "cilta-cel", "--patient", HK]],
    "comparison": [["compare", "DKd", "cilta-cel", "--patient", HK]],
    "monitor": [
        ["monitor", "teclistamab", "--start", "2026-12-01", "-j", "US"],
        ["monitor", "DRd", "--start", "2026-12-01", "--patient", HK],
    ],
    "restart": [
        [
            *[
                "restart",
                "teclistamab",
                "--on",
                "2026-10-01",
                "--today",
                "2026-11-24",
                "-j",
                "US",
                "--schedule",
                "weekly",
                "--last-dose",
            ],
            "1.5 mg/kg",
        ]
    ],
    "hold": [
        ["hold", "teclistamab", "CRS", "--grade", "3", "-j", "US"],
        ["hold", "bortezomib", "neuropathy", "--grade", "2"],
    ],
    "catalogue-list": [["catalogue", "list"]],
    "catalogue-entry": [["catalogue", "show", "daratumumab"], ["catalogue", "show", "rajkumar-2011"]],
    "catalogue-check": [["catalogue", "check", "--stale-after", "1"]],
    "config": [["config"]],
    "catalogue-diff": [["catalogue", "diff", str(ROOT / "data"), str(ROOT / "data"), "--patients", HK]],
}


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a command prints, in one line."""
    assert run(arguments) == EXIT_DONE
    return " ".join(capsys.readouterr().out.split())
