"""The schema of every kind of answer describes what the commands print, and nothing of it is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mmadvisor.desk.cli import run
from mmadvisor.files.schemas import ANSWERS, SCHEMAS

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted(map(str, (ROOT / "examples").glob("*.yaml")))
HK = str(ROOT / "examples" / "hk-triple-class-refractory.yaml")
COMMANDS: dict[str, list[list[str]]] = {
    "recommendation": [["recommend", path] for path in EXAMPLES],
    "plan": [["plan", HK, "--depth", "2"]],
    "against": [["recommend", HK, "--against", EXAMPLES[0]]],
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
    "catalogue-diff": [["catalogue", "diff", str(ROOT / "data"), str(ROOT / "data"), "--patients", HK]],
}


def amiss(schema: dict[str, Any], value: Any, defs: dict[str, Any], path: str = "") -> Iterator[str]:
    """What of a value a schema does not describe."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        found = [list(amiss(part, value, defs, path)) for part in schema["anyOf"]]
        if all(found):
            yield from min(found, key=len)
        return
    kinds = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
    }
    kind = schema.get("type")
    if kind is not None and (not isinstance(value, kinds[kind]) or (isinstance(value, bool) and kind != "boolean")):
        yield f"{path}: {value!r:.60} is no {kind}"
        return
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        yield f"{path}: {value!r} is none of {schema.get('enum', schema.get('const'))}"
    if isinstance(value, dict):
        known = schema.get("properties", {})
        yield from (f"{path}.{key}: missing" for key in schema.get("required", ()) if key not in value)
        for key, inner in value.items():
            if key in known:
                yield from amiss(known[key], inner, defs, f"{path}.{key}")
            elif not schema.get("additionalProperties"):
                yield f"{path}.{key}: not described"
            elif isinstance(schema["additionalProperties"], dict):
                yield from amiss(schema["additionalProperties"], inner, defs, f"{path}.{key}")
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from amiss(schema.get("items", {}), inner, defs, f"{path}[{index}]")


@pytest.mark.parametrize("kind", ANSWERS)
def test_what_a_command_prints_is_what_its_schema_says(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    schema = SCHEMAS[kind]()
    for words in COMMANDS[kind]:
        run([*words, "--format", "json"])
        answer = json.loads(capsys.readouterr().out)
        assert answer["schema"] == schema["title"]
        found = list(amiss(schema, answer, schema.get("$defs", {})))
        assert not found, (words, found[:5])


def test_a_schema_that_does_not_fit_is_noticed() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    assert list(amiss(schema, {"a": "x", "b": 1}, {}))
    assert list(amiss(schema, {}, {}))
