"""Many patients: a folder in, one compact JSON line a patient out; a bad file stops nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mmadvisor.answer import Recommendation
from mmadvisor.errors import InvalidInputError, MmadvisorError, Problem, UsageError

PATIENT_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass
class Summary:
    """How a batch went. Failures name field and position, never a value."""

    done: int = 0
    failed: int = 0
    failures: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """What to tell at the end."""
        total = f"{self.done} answered, {self.failed} failed"
        return [*self.failures, total]


def files_of(paths: Iterable[str]) -> Iterator[str]:
    """The patient files that paths stand for: a folder stands for those inside it.

    Raises:
        InvalidInputError: A folder holds none.
    """
    for path in paths:
        if path == "-" or not Path(path).is_dir():
            yield path
            continue
        inside = sorted(str(p) for p in Path(path).rglob("*") if p.suffix.casefold() in PATIENT_SUFFIXES)
        if not inside:
            raise InvalidInputError([Problem("", "the folder holds no .yaml, .yml or .json file", file=path)])
        yield from inside


# A name that promises columns, which one answer a line is not.
_NOT_WRITTEN = (".csv", ".tsv", ".parquet", ".xlsx")


def run_folder(path: Path, output: Path, answer: Callable[[str], Recommendation]) -> Summary:
    """Answer for every patient file of a folder.

    Args:
        path: The folder.
        output: A file for NDJSON, or a folder (existing, or named with a final slash or no suffix)
            for one JSON file a patient.
        answer: Reads one file and advises; what it raises as a user's error is collected.

    Raises:
        UsageError: The path is no folder, or the output lies inside it.
    """
    from mmadvisor.reading import write_atomically

    if not path.is_dir():
        raise UsageError(f"{path} is no folder")
    if output.resolve() == path.resolve():
        raise UsageError("the output would mix with the input: name another place")
    if output.suffix.casefold() in _NOT_WRITTEN:
        raise UsageError(f"{output}: name a folder, or a file for one answer a line (.ndjson)")
    summary = Summary()
    to_folder = output.is_dir() or not output.suffix
    lines: list[str] = []
    for file in files_of([str(path)]):
        try:
            answered = answer(file)
        except InvalidInputError as error:
            summary.failed += 1
            summary.failures += [p.without_value() for p in error.problems]
            continue
        except MmadvisorError:
            summary.failed += 1
            summary.failures.append(f"{file}: cannot be answered")
            continue
        line = json.dumps(answered, ensure_ascii=False, separators=(",", ":"))
        summary.done += 1
        if to_folder:
            output.mkdir(mode=0o700, parents=True, exist_ok=True)
            name = Path(file).relative_to(path).with_suffix(".json").as_posix().replace("/", "__")
            write_atomically(output / name, line + "\n")
        else:
            lines.append(line)
    if not to_folder:
        write_atomically(output, "".join(f"{line}\n" for line in lines))
    return summary
