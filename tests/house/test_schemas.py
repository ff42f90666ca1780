"""The schema of every kind of answer describes what the commands print, and nothing of it is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mmadvisor.desk.cli import run
from mmadvisor.files.schemas import ANSWERS, SCHEMAS
from tests.builders.commands import COMMANDS, HK


def amiss(schema: dict[str, Any], value: Any, defs: dict[str, Any], path: str = "") -> Iterator[str]:
    """What of a value a schema does not describe."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        found = [list(amiss(part, value, defs, path)) for part in schema["anyOf"]]
        if all(found):
            yield from min(found, key=len)
        return
    kinds: dict[str, type | tuple[type, ...]] = {
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
def test_what_a_command_prints_is_what_its_schema_says(
    kind: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # one of them writes files, too
    schema = SCHEMAS[kind]()
    if kind == "cohort":  # it counts what another command has written
        assert run(["batch", HK, "--output", "answers.ndjson"]) == 0
        capsys.readouterr()
    for words in COMMANDS[kind]:
        run(words if words[0] == "batch" else [*words, "--format", "json"])
        answer = json.loads(capsys.readouterr().out)
        assert answer["schema"] == schema["title"]
        found = list(amiss(schema, answer, schema.get("$defs", {})))
        assert not found, (words, found[:5])


def test_a_schema_that_does_not_fit_is_noticed() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    assert list(amiss(schema, {"a": "x", "b": 1}, {}))
    assert list(amiss(schema, {}, {}))
