"""Where a command finds the patients of a test."""

from __future__ import annotations

from tests import ROOT

PARTIAL = ROOT / "examples" / "partial-dates.yaml"
