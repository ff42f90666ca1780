"""The files of the catalogue: layers are read, validated and combined; and the compiled form.

The built-in catalogue is compiled to one JSON file with the hash of its YAML files. The compiled file is used only if
the hash is right, so an edited file is never ignored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mmadvisor.base.errors import InvalidInputError, Problem
from mmadvisor.catalogue.catalogue import Catalogue, build, joined, ordered, overlay
from mmadvisor.catalogue.citing import Stamp
from mmadvisor.files.settings import Defaults

if TYPE_CHECKING:
    from mmadvisor.answers.check import CatalogueCheck, Counts
    from mmadvisor.catalogue.flaws import Flaw
    from mmadvisor.files.documents import Document

COMPILED = "catalogue.json"
# The limits of all files of one layer together, so that a foreign layer cannot take more time than a whole catalogue.
# The built-in catalogue has about 0.8 MB and 60,000 parts (keys, values, lists, groups), a hospital's a few hundred.
MOST_BYTES = 4 * 1024 * 1024
MOST_PARTS = 300_000


class Loaded(NamedTuple):
    """A catalogue with its hash and layers, and the settings for the command that loads it."""

    catalogue: Catalogue
    sha256: str
    layers: tuple[str, ...]
    defaults: Defaults = Defaults()

    def stamp(self, patient_sha256: str = "", assessed_on_from: str = "") -> Stamp:
        """The hashes and layers that an answer prints."""
        return Stamp(patient_sha256, self.sha256, self.layers, assessed_on_from)


def builtin_folder() -> Path:
    """The folder of the built-in data: inside the package, or next to ``src`` in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "data"
    return inside if inside.is_dir() else package.parent.parent / "data"


def load(layers: Sequence[Path] = ()) -> Loaded:
    """The built-in catalogue with each layer laid over those before it.

    Raises:
        InvalidInputError: A file is missing or invalid, or the entries do not fit together.
    """
    folder = builtin_folder()
    files = _files(folder)
    digest = _digest(folder, files)
    compiled = _compiled(folder, digest)
    if compiled is not None and not layers:
        return Loaded(build(compiled), digest, ("builtin",))
    base = _Layer(compiled, []) if compiled is not None else _read(files)
    hashes = [digest]
    for layer in layers:
        layered = _files(layer)
        base = base.under(_read(layered))
        hashes.append(_digest(layer, layered))
    catalogue = _checked(base, str(layers[-1]) if layers else str(folder))
    whole = digest if not layers else hashlib.sha256("\n".join(hashes).encode()).hexdigest()
    return Loaded(catalogue, whole, ("builtin", *(layer.name for layer in layers)))


def load_alone(path: Path) -> Loaded:
    """The catalogue of a folder; a folder with only a part of a catalogue is laid over the built-in catalogue.

    Raises:
        InvalidInputError: A file is missing or invalid, or the entries do not fit together.
    """
    files = _files(path)
    layer = _read(files)
    if not layer.whole:
        return load([path])
    return Loaded(_checked(layer, str(path)), _digest(path, files), (path.name,))


class Inspection(NamedTuple):
    """The problems, warnings and counts of a catalogue's files."""

    problems: list[Problem]
    warnings: list[Problem]
    counts: Counts

    def answer(self) -> CatalogueCheck:
        """The same as plain data."""
        from mmadvisor.answers.check import SCHEMA, CatalogueCheck, entry_of

        return CatalogueCheck(
            schema=SCHEMA,
            problems=list(map(entry_of, self.problems)),
            warnings=list(map(entry_of, self.warnings)),
            counts=self.counts,
        )


def inspect(path: Path | None, today: date, stale_after_months: int) -> Inspection:
    """Every problem of the built-in files, or of a layer over them, with warnings and counts."""
    from mmadvisor.catalogue import readings

    examined = _examined(path)
    wrong = [*examined.problems]
    catalogue = examined.catalogue
    if catalogue is None:
        return Inspection(wrong, [], {})
    wrong += [_placed(flaw, examined.layer, "") for flaw in readings.ahead(catalogue, today)]
    if not examined.followed:
        return Inspection(wrong, [], {})
    doubtful = [_placed(flaw, examined.layer, "") for flaw in readings.warnings(catalogue, today, stale_after_months)]
    return Inspection(wrong, doubtful, readings.counts(catalogue))


class _Examined(NamedTuple):
    """A catalogue, as far as it could be read, with all its problems.

    ``followed``: everything could be read and every reference leads to an entry, so that further checks are possible.
    """

    layer: _Layer
    catalogue: Catalogue | None
    problems: list[Problem]
    followed: bool


def _examined(path: Path | None) -> _Examined:
    """The built-in files, or a layer over them, with every problem of reading, of the format and of the contents."""
    from mmadvisor.catalogue import lint

    place = path or builtin_folder()
    try:
        gathered = _gathered(_files(place))
        layer = gathered.layer
        if path is not None and not layer.whole:
            layer = _read(_files(builtin_folder())).under(layer)
        if gathered.refused:
            return _Examined(layer, None, gathered.problems, False)
        if gathered.problems and not layer.whole:  # what could not be read is taken from the last compilation
            layer = layer._replace(tree={**(_compiled(place, None) or {}), **layer.tree})
        if gathered.problems and not layer.whole:
            return _Examined(layer, None, gathered.problems, False)
        catalogue = _built(layer, str(place))
    except InvalidInputError as error:
        return _Examined(_Layer({}, []), None, list(error.problems), False)
    flaws = list(lint.errors(catalogue, layer.own_sources, gathered.lost))
    problems = [*gathered.problems, *(_placed(flaw, layer, str(place)) for flaw in flaws)]
    followed = not gathered.problems and not any(flaw.leads_nowhere for flaw in flaws)
    return _Examined(layer, catalogue, problems, followed)


def untidy(layers: Iterable[Path]) -> dict[Path, str]:
    """The files of layers that do not have the layout of ``tidy``, with the text that each should have.

    Raises:
        InvalidInputError: A file is missing, cannot be read or is not YAML; all such files are named.
    """
    from mmadvisor.files.tidy import tidy_files

    return tidy_files([file for layer in layers for file in _files(layer)], MOST_BYTES)


def compile_builtin() -> str:
    """The text of the compiled file for the present YAML.

    Raises:
        InvalidInputError: The YAML is invalid.
    """
    folder = builtin_folder()
    files = _files(folder)
    examined = _examined(None)
    if examined.problems:
        raise InvalidInputError(examined.problems)
    raw = ordered(examined.layer.tree)
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


def _files(layer: Path) -> list[Path]:
    """The YAML files of a layer; a layer may be one file.

    A path with a YAML name that is no file, such as a pipe or a broken link, is refused when it is read.

    Raises:
        InvalidInputError: There is no file, or together the files are larger than ``MOST_BYTES``.
    """
    if layer.is_dir():
        files = sorted(p for p in layer.rglob("*.yaml") if not p.is_dir())
    elif layer.is_file():
        return [layer]
    elif layer.exists():  # no stream is accepted: a layer is read twice, once for its digest
        from mmadvisor.files.documents import NO_FILE

        raise InvalidInputError([Problem("", NO_FILE, file=str(layer))])
    else:
        raise InvalidInputError([Problem("", "there is no such file or folder", file=str(layer))])
    if not files:
        raise InvalidInputError(
            [Problem("", "there is no catalogue file here; the name of one ends in .yaml", file=str(layer))]
        )
    if sum(p.stat().st_size for p in files if p.exists()) > MOST_BYTES:
        message = f"the files of this layer are larger than {MOST_BYTES // 1024} KiB together, which is the limit"
        raise InvalidInputError([Problem("", message, file=str(layer))])
    return files


def _digest(root: Path, files: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for path in files:
        name = path.name if path == root else path.relative_to(root).as_posix()
        content = path.read_bytes().replace(b"\r\n", b"\n")
        whole.update(f"{name}\0{len(content)}\0".encode())
        whole.update(content)
    return whole.hexdigest()


# Why: docs/explanation/catalogue-data.md#entries-are-built-when-they-are-read
def _compiled(folder: Path, digest: str | None) -> dict[str, Any] | None:
    """The compiled form of the files with this digest; ``None`` if there is none.

    If ``digest`` is ``None``, the compiled form is returned whatever the files are now.
    """
    try:
        stored = json.loads((folder / COMPILED).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(stored, dict) or stored.get("sha256") != (digest or stored.get("sha256")):
        return None
    catalogue: dict[str, Any] = stored["catalogue"]
    return catalogue


class _File(NamedTuple):
    """One file of a layer.

    ``begins``: for each list in the file, the index of the file's first entry in the combined list of all files.
    """

    document: Document
    begins: Mapping[str, int]

    def placed(self, flaw: Flaw) -> Problem | None:
        """A flaw with its line and column; ``None`` if its entry is not in this file."""
        found = _followed(self.document.tree, flaw.path, self.begins)
        if found is None:
            return None
        line, column = self.document.position(found.path)
        return Problem(found.place, flaw.message, file=self.document.name, line=line, column=column)


class _Layer(NamedTuple):
    """The combined contents of some files as one tree, and the files, which have the positions of the entries.

    ``own_sources`` are the sources of the last layer; ``None`` if there is only one layer.
    """

    tree: dict[str, Any]
    files: list[_File]
    own_sources: Collection[str] | None = None

    @property
    def whole(self) -> bool:
        """Whether everything is there that a catalogue must have."""
        from mmadvisor.base.records import REQUIRED

        return all(key in self.tree for key, default in Catalogue.defaults().items() if default is REQUIRED)

    def beside(self, other: _Layer) -> _Layer:
        """These files and those of ``other``, combined as the files of one layer."""
        return _Layer(joined(self.tree, other.tree), [*self.files, *self._behind(other)])

    def under(self, above: _Layer) -> _Layer:
        """This layer with another laid over it."""
        merged = overlay(self.tree, above.tree)
        return _Layer(merged, [*self.files, *self._behind(above)], above.tree.get("sources") or ())

    def _behind(self, other: _Layer) -> list[_File]:
        """The files of ``other``, with its lists added after those of this layer."""
        mine = {key: len(value) for key, value in self.tree.items() if isinstance(value, list)}
        return [
            _File(file.document, {key: at + mine.get(key, 0) for key, at in file.begins.items()})
            for file in other.files
        ]


class _Gathered(NamedTuple):
    """The valid part of the files of one layer, their problems, and the text that was left out.

    ``refused``: a whole file was refused, so that nothing can be concluded from the rest.
    """

    layer: _Layer
    problems: list[Problem]
    lost: str
    refused: bool


def _read(files: Iterable[Path]) -> _Layer:
    """The files of one layer as one mapping.

    Raises:
        InvalidInputError: A file cannot be read, or is not in the format.
    """
    gathered = _gathered(files)
    if gathered.problems:
        raise InvalidInputError(gathered.problems)
    return gathered.layer


def _gathered(files: Iterable[Path]) -> _Gathered:
    """The files of one layer as one mapping, each validated alone so that errors have positions."""
    from mmadvisor.catalogue.shorthand import written_out
    from mmadvisor.files.documents import read_bytes
    from mmadvisor.files.salvage import salvaged, without

    problems: list[Problem] = []
    lost: list[str] = []
    refused = False
    merged = _Layer({}, [])
    first: dict[tuple[str, ...], str] = {}
    parts = 0
    for path in files:
        try:
            content = read_bytes(path, limit=MOST_BYTES)
        except InvalidInputError as error:
            problems += error.problems
            refused = True
            continue
        found = salvaged(content, str(path), limit=MOST_BYTES, parts=parts, most_parts=MOST_PARTS)
        problems += found.problems
        lost.append(found.lost)
        refused = refused or found.refused
        document = found.document
        if document is None:
            continue
        parts = document.parts
        if twice := dict(_twice(document, first)):
            problems += twice.values()
            lost += [_json(_entry_at(document.tree, path)) for path in twice]
            document = without(document, twice)
        begins = {key: 0 for key, value in document.tree.items() if isinstance(value, list)}
        merged = merged.beside(_Layer(written_out(document.tree), [_File(document, begins)]))
    return _Gathered(merged, problems, "\n".join(filter(None, lost)), refused)


def _entry_at(tree: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        tree = tree[part]
    return tree


def _twice(document: Document, first: dict[tuple[str, ...], str]) -> Iterator[tuple[tuple[str | int, ...], Problem]]:
    """Entries that are twice in one layer and would replace each other; ``first`` are those seen before."""
    for path, name in _entries(document.tree):
        if name in first:
            where = "" if first[name] == document.name else f" (first in {first[name]})"
            yield path, document.problem(path, f"more than one of the {name[0]} has the id {name[-1]}{where}")
        first.setdefault(name, document.name)
    for key in ("regimens", "rules"):
        for index, entry in enumerate(document.tree.get(key) or ()):
            if "layer" in entry:
                path = (key, index, "layer")
                yield path, document.problem(path, "layers are counted when they are laid: leave it out")


def _entries(tree: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], tuple[str, ...]]]:
    """The entries of a file that have a name: the path and the name of each."""
    for key, value in tree.items():
        if isinstance(value, list):
            yield from (((key, i), (key, entry["id"])) for i, entry in enumerate(value) if entry.get("id"))
        elif key == "jurisdictions":
            for code, jurisdiction in (value or {}).items():
                for name in jurisdiction["listings"]:
                    yield (key, code, "listings", name), (key, code, "listings", name)
        elif isinstance(value, dict):
            yield from (((key, name), (key, name)) for name in value)


def _built(layer: _Layer, name: str) -> Catalogue:
    """A complete catalogue.

    Raises:
        InvalidInputError: A required part is missing.
    """
    from pydantic_core import ValidationError

    from mmadvisor.files.schemas import validate_whole

    try:
        return validate_whole(ordered(layer.tree))
    except ValidationError as error:
        problems = [
            Problem(".".join(str(p) for p in e["loc"]), e["msg"], file=name) for e in error.errors(include_url=False)
        ]
        raise InvalidInputError(problems) from None


def _checked(layer: _Layer, name: str) -> Catalogue:
    """A complete catalogue in which every reference leads to an entry."""
    from mmadvisor.catalogue import lint

    catalogue = _built(layer, name)
    if found := [_placed(flaw, layer, name) for flaw in lint.errors(catalogue, layer.own_sources)]:
        raise InvalidInputError(found)
    return catalogue


def _placed(flaw: Flaw, layer: _Layer, name: str) -> Problem:
    """A flaw with the file and line of its entry, in the last layer that has the entry."""
    for file in reversed(layer.files):
        problem: Problem | None = file.placed(flaw)
        if problem is not None:
            return problem
    return Problem(flaw.place, flaw.message, file=name)


class _Followed(NamedTuple):
    """The end of a path in one file: by keys and indices, and as text without the parts that are not in the file."""

    path: tuple[str | int, ...]
    place: str


def _followed(tree: Any, path: Sequence[str | int], begins: Mapping[str, int]) -> _Followed | None:
    """The path of an entry in the tree of one file, by keys, ids and indices; ``None`` if it is not there.

    The last part may be missing: a field that should exist and does not has the position of its entry. The criterion
    inside an opposite in short form has the position of that opposite.
    """
    from mmadvisor.catalogue.shorthand import opposite_of

    followed: list[str | int] = []
    told: list[str] = []
    for depth, part in enumerate(path):
        if part == "criterion" and opposite_of(tree) is not None:
            continue
        told.append(str(part))
        step = part
        if isinstance(tree, list):
            by_id = {entry["id"]: i for i, entry in enumerate(tree) if isinstance(entry, dict) and "id" in entry}
            step = by_id.get(part, part)
            if isinstance(step, int) and depth == 1 and step is part:
                step -= begins.get(str(path[0]), 0)
            if not isinstance(step, int) or not 0 <= step < len(tree):
                return None
        elif not isinstance(tree, dict) or step not in tree:
            in_an_entry = depth == len(path) - 1 and depth > 1 and path[depth - 1] != "listings"
            return _Followed(tuple(followed), ".".join(told)) if in_an_entry else None
        tree = tree[step]
        followed.append(step)
    return _Followed(tuple(followed), ".".join(told))
