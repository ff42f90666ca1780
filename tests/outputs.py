"""What every command prints, kept in a folder, so that a change of structure can show that it changed no output.

``python tests/outputs.py write FOLDER`` keeps the outputs; ``python tests/outputs.py compare FOLDER`` makes them again
and prints what differs. JSON may have gained keys; any other difference is printed. The hashes of the catalogue and
the version of the engine are masked, because they change with every file that is moved or laid out anew.
"""

from __future__ import annotations

import difflib
import io
import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from itertools import chain
from pathlib import Path
from typing import Any

from mmadvisor.desk.cli import run
from mmadvisor.files.layers import load

ROOT = Path(__file__).resolve().parent.parent
SUFFIX = {"table": "txt", "json": "json", "markdown": "md", "html": "html"}
DAY = "2026-11-24"
_MASKED = re.compile(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b")


EVERY, PLAIN, DATA = ("table", "json", "markdown", "html"), ("table", "json"), ("json",)


def commands() -> Iterator[tuple[str, list[str], Sequence[str]]]:
    """A name for each output, the words of the command that prints it, and the formats."""
    catalogue = load([]).catalogue
    patients = sorted(chain((ROOT / "examples").glob("*.[jy]*"), (ROOT / "examples" / "published").glob("*.yaml")))
    for path in patients:
        name, stem = str(path), path.stem
        yield f"recommend {stem}", ["recommend", name], EVERY
        yield f"order {stem}", ["recommend", name, "--if-relapse", "--explain-order"], PLAIN
        yield f"against {stem}", ["recommend", name, "--against", str(patients[1])], PLAIN
        yield f"plan {stem}", ["plan", name, "--depth", "2", "--full"], PLAIN
        yield f"plan screen {stem}", ["plan", name], ("table",)
        yield f"history {stem}", ["history", name, "--full"], EVERY
        yield f"history screen {stem}", ["history", name], ("table",)
        yield f"compare {stem}", ["compare", "DKd", "EloPd", "teclistamab", "--patient", name, "--full"], PLAIN
        for regimen in ("DKd", "teclistamab", "cilta-cel"):
            yield f"explain {regimen} {stem}", ["explain", regimen, "--patient", name, "--full"], PLAIN
            yield (
                f"monitor {regimen} {stem}",
                ["monitor", regimen, "--start", "2026-12-01", "--patient", name, "--full"],
                PLAIN,
            )
    for i, regimen in enumerate(r.id for r in catalogue.regimens):
        formats = EVERY if i % 10 == 0 else DATA
        yield f"explain {regimen}", ["explain", regimen, "--as-of", DAY, "--full"], formats
        yield (
            f"monitor {regimen}",
            ["monitor", regimen, "--start", "2026-12-01", "--today", DAY, "-j", "US", "--full"],
            formats,
        )
    example = str(patients[0])
    yield "explain screen", ["explain", "DKd", "--patient", example], ("table",)
    yield (
        "monitor screen",
        ["monitor", "DKd", "--start", "2026-12-01", "--today", DAY, "--patient", example],
        ("table",),
    )
    yield "plan", ["plan", example, "--full"], EVERY
    yield "compare", ["compare", "DKd", "EloPd", "teclistamab", "--patient", example, "--full"], EVERY
    yield "compare screen", ["compare", "DKd", "EloPd", "teclistamab", "--patient", example], ("table",)
    for agent, dose in (("teclistamab", "1.5 mg/kg"), ("elranatamab", "76 mg"), ("talquetamab", "0.8 mg/kg")):
        for last in ("2026-09-01", "2026-11-10"):
            yield (
                f"restart {agent} {last}",
                ["restart", agent, "--last-dose", dose, "--on", last, "--today", DAY, "-j", "US"],
                PLAIN,
            )
    for agent in ("teclistamab", "lenalidomide", "bortezomib", "cilta-cel", "belantamab"):
        for event in ("CRS", "ICANS", "infection", "neutropenia", "neuropathy", "keratopathy"):
            yield f"hold {agent} {event}", ["hold", agent, event, "--grade", "3"], PLAIN
    yield "list", ["catalogue", "list", "--full"], EVERY
    yield "list screen", ["catalogue", "list"], ("table",)
    yield "check", ["catalogue", "check", "--as-of", "2026-12-31"], PLAIN
    for name in (*(setting.id for setting in catalogue.settings), "daratumumab", "carfilzomib"):
        yield f"show {name}", ["catalogue", "show", name], DATA
    yield "show", ["catalogue", "show", "daratumumab"], EVERY


def outputs() -> Iterator[tuple[str, str]]:
    """The file name and the text of each output, with its exit code and its messages."""
    for name, words, formats in commands():
        for form in formats:
            printed, err = io.BytesIO(), io.StringIO()
            out = io.TextIOWrapper(printed, "utf-8")
            with redirect_stdout(out), redirect_stderr(err):
                alone = [] if words[:2] == ["catalogue", "check"] else ["--no-config"]
                status = run([*words, "--format", form, "--no-color", *alone])
            out.flush()
            text = printed.getvalue().decode()
            if status or err.getvalue():
                text += f"\nexit {status}\n{err.getvalue()}"
            yield f"{re.sub('[^A-Za-z0-9.-]+', '_', name)}.{SUFFIX[form]}", _MASKED.sub("*", text)


def only_gained(old: Any, new: Any) -> bool:
    """Whether JSON differs in nothing but keys that it gained."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in new and only_gained(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(only_gained, old, new))
    return bool(old == new)


def same(name: str, old: str, new: str) -> bool:
    """Whether an output is what it was."""
    if old == new:
        return True
    try:
        return name.endswith(".json") and only_gained(json.loads(old), json.loads(new))
    except ValueError:
        return False


def main(job: str, folder: Path) -> int:
    """Keep the outputs, or compare them with those that were kept."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {path.name for path in folder.iterdir()}
    differing = 0
    for name, text in outputs():
        place = folder / name
        if job == "write":
            place.write_text(text, encoding="utf-8")
            continue
        old = place.read_text(encoding="utf-8") if name in kept else ""
        kept.discard(name)
        if not same(name, old, text):
            differing += 1
            lines = difflib.unified_diff(old.splitlines(), text.splitlines(), name, name, lineterm="", n=0)
            sys.stdout.writelines(f"{line}\n" for line in lines)
    if job == "compare":
        sys.stdout.write(f"{differing} outputs differ; {len(kept)} are no longer made\n")
        return 1 if differing or kept else 0
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("write", "compare"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
