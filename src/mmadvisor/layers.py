"""The catalogue's files: layers read, validated and overlaid; and the compiled form.

The built-in catalogue is compiled to one JSON file, which carries the hash of the YAML files that
it was made from. It is used only while that hash holds, so an edited file is never ignored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmadvisor.advice import Stamp
from mmadvisor.catalogue import Catalogue, build, overlay
from mmadvisor.errors import InvalidInputError, Problem

if TYPE_CHECKING:
    from mmadvisor.lint import Flaw
    from mmadvisor.reading import Document

COMPILED = "catalogue.json"
_LIMIT_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, eq=False)
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
    base = _Layer(compiled, []) if compiled is not None else _read(files)
    hashes = [digest]
    for layer in layers:
        layered = list(_files(layer))
        if not layered:
            raise InvalidInputError([Problem("", "no catalogue file here", file=str(layer))])
        base = base.under(_read(layered))
        hashes.append(_digest(layer, layered))
    catalogue = _checked(base, str(layers[-1]) if layers else str(folder))
    whole = digest if not layers else hashlib.sha256("\n".join(hashes).encode()).hexdigest()
    return Loaded(catalogue, whole, ("builtin", *(layer.name for layer in layers)))


def load_alone(path: Path) -> Loaded:
    """A folder that holds a whole catalogue; one that holds part of one is laid over the built-in.

    Raises:
        InvalidInputError: A file is missing or wrong, or the whole does not hold together.
    """
    files = list(_files(path))
    layer = _read(files)
    if not layer.whole:
        return load([path])
    return Loaded(_checked(layer, str(path)), _digest(path, files), (path.name,))


@dataclass(frozen=True, eq=False)
class Inspection:
    """What an editor of the files is told."""

    problems: list[Problem]
    warnings: list[Problem]
    counts: dict[str, Any]


def inspect(path: Path | None, today: date, stale_after_months: int) -> Inspection:
    """Everything that is wrong with the built-in files, or with a layer over them, and what they hold."""
    from mmadvisor import lint

    try:
        layer = _read(list(_files(builtin_folder()))) if path is None else _read(list(_files(path)))
        if path is not None and not layer.whole:
            layer = _read(list(_files(builtin_folder()))).under(layer)
        catalogue = _built(layer, str(path or builtin_folder()))
    except InvalidInputError as error:
        return Inspection(list(error.problems), [], {})
    wrong = [_placed(flaw, layer, "") for flaw in lint.errors(catalogue)]
    if any(problem.message.startswith("there is no") for problem in wrong):
        return Inspection(wrong, [], {})  # what leads nowhere cannot be followed further
    doubtful = [_placed(flaw, layer, "") for flaw in lint.warnings(catalogue, today, stale_after_months)]
    return Inspection(wrong, doubtful, lint.counts(catalogue))


def compile_builtin() -> str:
    """The text of the compiled file for the YAML as it stands.

    Raises:
        InvalidInputError: The YAML is wrong.
    """
    folder = builtin_folder()
    files = list(_files(folder))
    layer = _read(files)
    _checked(layer, str(folder))
    raw = layer.tree
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


@dataclass(frozen=True, eq=False)
class _Layer:
    """The tree of some files, and the files, in which the place of an entry can be found."""

    tree: dict[str, Any]
    documents: list[Document]

    @property
    def whole(self) -> bool:
        """Whether nothing is missing that a catalogue must have."""
        from mmadvisor.entry import REQUIRED

        return all(key in self.tree for key, default in Catalogue.defaults().items() if default is REQUIRED)

    def under(self, above: _Layer) -> _Layer:
        """This layer with another over it."""
        return _Layer(overlay(self.tree, above.tree), [*self.documents, *above.documents])


def _read(files: Iterable[Path]) -> _Layer:
    """The files of one layer as one mapping, each validated on its own so that errors have positions."""
    from mmadvisor.reading import parse, read_bytes, validation_problems
    from mmadvisor.schemas import validate_partial

    problems: list[Problem] = []
    merged = _Layer({}, [])
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
        merged = merged.under(_Layer(document.tree, [document]))
    if problems:
        raise InvalidInputError(problems)
    return merged


def _built(layer: _Layer, name: str) -> Catalogue:
    """A catalogue that is whole.

    Raises:
        InvalidInputError: Something that it must have is missing.
    """
    from pydantic_core import ValidationError

    from mmadvisor.schemas import validate_whole

    try:
        return validate_whole(layer.tree)
    except ValidationError as error:
        problems = [
            Problem(".".join(str(p) for p in e["loc"]), e["msg"], file=name) for e in error.errors(include_url=False)
        ]
        raise InvalidInputError(problems) from None


def _checked(layer: _Layer, name: str) -> Catalogue:
    """A catalogue that is whole, and in which every reference leads somewhere."""
    from mmadvisor import lint

    catalogue = _built(layer, name)
    if found := [_placed(flaw, layer, name) for flaw in lint.errors(catalogue)]:
        raise InvalidInputError(found)
    return catalogue


def _placed(flaw: Flaw, layer: _Layer, name: str) -> Problem:
    """A flaw with the file and the line of its entry: the last layer that has the entry decides."""
    for document in reversed(layer.documents):
        if (path := _followed(document.tree, flaw.path)) is not None:
            line, column = document.position(path)
            return Problem(flaw.place, flaw.message, file=document.name, line=line, column=column)
    return Problem(flaw.place, flaw.message, file=name)


def _followed(tree: Any, path: Iterable[str | int]) -> tuple[str | int, ...] | None:
    """The path of an entry in one file's tree, by keys, ids and indices; nothing where it is not there.

    The last part may be missing: a field that should be there and is not has the place of its entry.
    """
    followed: list[str | int] = []
    parts = list(path)
    for depth, part in enumerate(parts):
        step = part
        if isinstance(tree, list):
            by_id = {entry["id"]: i for i, entry in enumerate(tree) if isinstance(entry, dict) and "id" in entry}
            step = by_id.get(part, part)
            if not isinstance(step, int) or step >= len(tree):
                return None
        elif not isinstance(tree, dict) or step not in tree:
            return tuple(followed) if depth == len(parts) - 1 and depth > 1 else None
        tree = tree[step]
        followed.append(step)
    return tuple(followed)
