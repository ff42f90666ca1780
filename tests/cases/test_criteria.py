"""Each type of criterion, case by case: met, not met, unknown."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from mmadvisor.base.known import Truth
from mmadvisor.criteria.types import AnyCriterion, criterion_from, criterion_types
from tests.builders.blank import LOADED, a_history

FILES = sorted((Path(__file__).parent / "criteria").glob("*.yaml"))
CASES = [
    pytest.param(spec["criterion"], case, id=f"{path.stem}: {case['name']}")
    for path in FILES
    for spec in [yaml.safe_load(path.read_text(encoding="utf-8"))]
    for case in spec["cases"]
]


@pytest.mark.parametrize(("criterion", "case"), CASES)
def test_case(criterion: dict[str, Any], case: dict[str, Any]) -> None:
    decided = criterion_from(criterion).decide(a_history(**_dates(case["patient"])), LOADED.catalogue.words)
    assert decided.truth.value == case["expect"], decided.found
    assert bool(decided.missing) == (decided.truth is Truth.UNKNOWN)
    assert decided.found


def _dates(value: Any) -> Any:
    """YAML's own dates back to the text that the reader takes."""
    if isinstance(value, dict):
        return {k: _dates(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_dates(v) for v in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def test_every_type_has_a_file_with_all_three_answers() -> None:
    seen: dict[str, set[str]] = {}
    for path in FILES:
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))
        seen.setdefault(spec["criterion"]["type"], set()).update(case["expect"] for case in spec["cases"])
    assert seen.keys() == criterion_types().keys()
    assert all(answers == {"met", "not-met", "unknown"} for answers in seen.values())


def test_every_type_is_in_the_union() -> None:
    union = get_args(get_args(AnyCriterion)[0])
    assert set(union) == set(criterion_types().values())


@pytest.mark.parametrize("criterion", [yaml.safe_load(p.read_text(encoding="utf-8")) for p in FILES])
def test_every_type_says_its_requirement_in_words(criterion: dict[str, Any]) -> None:
    words = criterion_from(criterion["criterion"]).required(LOADED.catalogue.words)
    assert words and "None" not in words and "_" not in words
