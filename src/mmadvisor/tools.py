"""Tools for editors of the data: tidy the files, compile the catalogue, and draw random claims for a second reading."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

USAGE = "usage: python -m mmadvisor.tools tidy [LAYER ...] | compile | sample COUNT SEED\n"


def main(arguments: list[str]) -> int:
    """Run one of the tools; any other argument prints the usage."""
    from mmadvisor.base.errors import EXIT_USAGE, MmadvisorError

    try:
        if arguments[:1] == ["tidy"]:
            return tidy_files([Path(name) for name in arguments[1:]])
        if arguments == ["compile"]:
            return compile_catalogue()
        if len(arguments) == 3 and arguments[0] == "sample" and arguments[1].isdigit():
            sys.stdout.write("\n".join(sample(int(arguments[1]), arguments[2])) + "\n")
            return 0
    except MmadvisorError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stderr.write(USAGE)
    return EXIT_USAGE


def tidy_files(paths: list[Path]) -> int:
    """Tidy files of the catalogue, print those that were changed, and return the exit status.

    Args:
        paths: Files and folders of layers; empty for the built-in files.

    Raises:
        MmadvisorError: A file is missing or is not YAML; nothing is written.
    """
    from mmadvisor.files.layers import builtin_folder, untidy
    from mmadvisor.files.output import write_atomically

    changed = untidy(paths or [builtin_folder()])
    for path, text in changed.items():
        write_atomically(path, text, mode=0o644)
        sys.stdout.write(f"{path}\n")
    return 0


def compile_catalogue() -> int:
    """Check the built-in YAML, and write its compiled form and its schema.

    Raises:
        MmadvisorError: The YAML is invalid; nothing is written.
    """
    from mmadvisor.files.layers import COMPILED, builtin_folder, compile_builtin
    from mmadvisor.files.output import write_atomically
    from mmadvisor.files.schemas import catalogue_schema

    folder = builtin_folder()
    schema = json.dumps(catalogue_schema(), indent=1, ensure_ascii=False) + "\n"
    for name, content in ((COMPILED, compile_builtin()), ("catalogue.schema.json", schema)):
        write_atomically(folder / name, content, mode=0o644)
    return 0


def sample(count: int, seed: str) -> list[str]:
    """Return claims drawn at random, for a second reading; one JSON line each.

    A line has the path of the claim, its contents, and its source as in the bibliography. The same seed with the same
    catalogue draws the same claims.
    """
    from mmadvisor.base.plain import as_json
    from mmadvisor.catalogue.catalogue import walk
    from mmadvisor.catalogue.regimens import Source
    from mmadvisor.files.layers import load

    catalogue = load().catalogue
    claims: list[tuple[str, Any]] = [
        (".".join(map(str, path)), entry)
        for path, entry in walk(catalogue)
        if getattr(entry, "source", "") and not isinstance(entry, Source)
    ]
    drawn = random.Random(seed).sample(claims, min(count, len(claims)))
    return [
        as_json({"place": place, "says": _plain(entry), "source": catalogue.sources[entry.source].title})
        for place, entry in sorted(drawn, key=lambda claim: claim[0])
    ]


def _plain(value: Any) -> Any:
    """An entry as data without empty fields; 0 and a false that is not the default are kept."""
    if hasattr(value, "contents"):
        usual = value.defaults()
        return {
            k: _plain(v)
            for k, v in value.contents()
            if v is not None and v not in ("", ()) and not (v is False and usual[k] is False)
        }
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
