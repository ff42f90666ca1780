"""The example patients, which are part of the package."""

from __future__ import annotations

import re
from pathlib import Path

from mmadvisor.base.errors import UsageError, nearest
from mmadvisor.files.documents import MAX_BYTES, read_bytes


def examples_folder() -> Path:
    """The folder of the examples: inside the package, or next to ``src`` in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "examples"
    return inside if inside.is_dir() else package.parent.parent / "examples"


def examples() -> dict[str, Path]:
    """The file of each example by its name, which is the name of the file without its suffix."""
    files = (p for p in examples_folder().rglob("*") if p.suffix in (".yaml", ".json"))
    return {path.stem: path for path in sorted(files)}


def example(name: str) -> str:
    """The text of an example.

    Raises:
        UsageError: There is no such example.
    """
    known = examples()
    if name not in known:
        raise UsageError(
            f"there is no example {name!r}. {nearest(name, known)}".strip() + " `mmadvisor example` lists them"
        )
    return read_bytes(known[name], limit=MAX_BYTES).decode("utf-8")


def described() -> dict[str, str]:
    """What each example shows, by its name, from the table in the README of the examples."""
    table = (examples_folder() / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| \[[^]]*\]\((?:\w+/)?([\w.-]+)\.\w+\) \| (.*) \|$", table, flags=re.MULTILINE))
    return {name: rows.get(name, "").replace("`", "") for name in examples()}
