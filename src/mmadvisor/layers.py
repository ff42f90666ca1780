"""The catalogue's files: layers read, validated and overlaid; and the compiled form.

The built-in catalogue is compiled to one JSON file, which carries the hash of the YAML files that
it was made from. It is used only while that hash holds, so an edited file is never ignored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmadvisor.advice import Stamp
from mmadvisor.catalogue import Catalogue, build, overlay
from mmadvisor.errors import InvalidInputError, Problem

COMPILED = "catalogue.json"
_LIMIT_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Loaded:
    """A catalogue with what identifies it."""

    catalogue: Catalogue
    sha256: str
    layers: tuple[str, ...]

    def stamp(self, patient_sha256: str = "", assessed_on_from: str = "") -> Stamp:
        """What an answer prints of its inputs."""
        return Stamp(patient_sha256, self.sha256, self.layers, assessed_on_from)


def builtin_folder() -> Path:
    """The data that is shipped: inside the package, or beside ``src`` in a checkout."""
    package = Path(__file__).parent
    inside = package / "data"
    return inside if inside.is_dir() else package.parent.parent / "data"


def load(layers: Sequence[Path] = ()) -> Loaded:
    """The built-in catalogue, with each layer over those before it.

    Raises:
        InvalidInputError: A file is missing or wrong, or the whole does not hold together.
    """
    folder = builtin_folder()
    files = list(_files(folder))
    digest = _digest(folder, files)
    compiled = _compiled(folder, digest)
    if compiled is not None and not layers:
        return Loaded(build(compiled), digest, ("builtin",))
    raw = compiled if compiled is not None else _read(files)
    hashes = [digest]
    for layer in layers:
        layered = list(_files(layer))
        if not layered:
            raise InvalidInputError([Problem("", "no catalogue file here", file=str(layer))])
        raw = overlay(raw, _read(layered))
        hashes.append(_digest(layer, layered))
    catalogue = _checked(raw, str(layers[-1]) if layers else str(folder))
    whole = digest if not layers else hashlib.sha256("\n".join(hashes).encode()).hexdigest()
    return Loaded(catalogue, whole, ("builtin", *(layer.name for layer in layers)))


def compile_builtin() -> str:
    """The text of the compiled file for the YAML as it stands.

    Raises:
        InvalidInputError: The YAML is wrong.
    """
    folder = builtin_folder()
    files = list(_files(folder))
    raw = _read(files)
    _checked(raw, str(folder))
    # One entry a line, so that a change of the data is a readable change of this file.
    parts = []
    for key in sorted(raw):
        value = raw[key]
        if isinstance(value, list):
            inner = ",\n".join(_json(entry) for entry in value)
            parts.append(f"{_json(key)}:[\n{inner}\n]")
        elif isinstance(value, dict):
            inner = ",\n".join(f"{_json(k)}:{_json(v)}" for k, v in value.items())
            parts.append(f"{_json(key)}:{{\n{inner}\n}}")
        else:
            parts.append(f"{_json(key)}:{_json(value)}")
    body = ",\n".join(parts)
    return f'{{"sha256":{_json(_digest(folder, files))},"catalogue":{{\n{body}\n}}}}\n'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _files(layer: Path) -> Iterator[Path]:
    """The YAML files of a layer; a layer may be one file."""
    if layer.is_file():
        yield layer
    elif layer.is_dir():
        yield from sorted(p for p in layer.rglob("*.yaml") if p.is_file())
    else:
        raise InvalidInputError([Problem("", "there is no such file or folder", file=str(layer))])


def _digest(root: Path, files: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for path in files:
        name = path.name if path == root else path.relative_to(root).as_posix()
        content = path.read_bytes().replace(b"\r\n", b"\n")
        whole.update(f"{name}\0{len(content)}\0".encode())
        whole.update(content)
    return whole.hexdigest()


def _compiled(folder: Path, digest: str) -> dict[str, Any] | None:
    try:
        stored = json.loads((folder / COMPILED).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(stored, dict) or stored.get("sha256") != digest:
        return None
    catalogue: dict[str, Any] = stored["catalogue"]
    return catalogue


def _read(files: Iterable[Path]) -> dict[str, Any]:
    """The files of one layer as one mapping, each validated on its own so that errors have positions."""
    from mmadvisor.reading import parse, read_bytes, validation_problems
    from mmadvisor.schemas import validate_partial

    problems: list[Problem] = []
    merged: dict[str, Any] = {}
    for path in files:
        try:
            document = parse(read_bytes(path, limit=_LIMIT_BYTES), str(path), limit=_LIMIT_BYTES)
        except InvalidInputError as error:
            problems += error.problems
            continue
        invalid = validate_partial(document.tree)
        if invalid is not None:
            problems += validation_problems(invalid, document)
            continue
        merged = overlay(merged, document.tree)
    if problems:
        raise InvalidInputError(problems)
    return merged


def _checked(raw: dict[str, Any], name: str) -> Catalogue:
    """A catalogue that is whole, and in which every reference leads somewhere."""
    from pydantic_core import ValidationError

    from mmadvisor.schemas import validate_whole

    try:
        catalogue = validate_whole(raw)
    except ValidationError as error:
        problems = [
            Problem(".".join(str(p) for p in e["loc"]), e["msg"], file=name) for e in error.errors(include_url=False)
        ]
        raise InvalidInputError(problems) from None
    if found := catalogue.problems():
        raise InvalidInputError([Problem("", text, file=name) for text in found])
    return catalogue
