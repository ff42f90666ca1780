"""The main job against its floor, as whole processes, interleaved pair by pair.

The floor imports the same dependencies, runs one empty Typer command, loads the compiled catalogue
as JSON and prints one Rich table. Times are CPU times of the processes, so that a busy machine changes them little.
Usage: one_shot.py [pairs] [patient file, or "examples" for a table of every example]
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOOR = """
import gc; gc.disable()
import json, sys
import typer, yaml, pydantic
from rich.console import Console
from rich.table import Table
app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
@app.command()
def main(catalogue: str) -> None:
    with open(catalogue, encoding="utf-8") as f:
        stored = json.load(f)
    table = Table("regimen", "name")
    for regimen in stored["catalogue"]["regimens"]:
        table.add_row(regimen["id"], regimen["name"])
    Console(width=100).print(table)
app([sys.argv[1]], standalone_mode=False)
"""


# As where it is installed: the first run, which does not count, writes the bytecode.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def timed(command: list[str]) -> float:
    """CPU seconds of a process, its own and the system's for it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_ENVIRONMENT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def in_pairs(pairs: int, base: list[str], job: list[str]) -> tuple[list[float], list[float]]:
    """Run two commands pair by pair, after one run of each that does not count."""
    timed(base), timed(job)
    bases, jobs = [], []
    for i in range(pairs):
        # Alternate which goes first, so that neither has the warmer machine.
        for which in ((base, bases), (job, jobs)) if i % 2 else ((job, jobs), (base, bases)):
            which[1].append(timed(which[0]))
    return bases, jobs


def interleaved(pairs: int, base: list[str], job: list[str], names: tuple[str, str]) -> None:
    """Run two commands pair by pair and print the ratio of the second to the first."""
    bases, jobs = in_pairs(pairs, base, job)
    ratios = sorted(j / b for j, b in zip(jobs, bases, strict=True))
    for name, times in zip(names, (bases, jobs), strict=True):
        print(f"{name:10} median {statistics.median(times) * 1000:7.1f} ms   min {min(times) * 1000:7.1f} ms")
    print(
        f"ratio      median {statistics.median(ratios):.2f}   of minima {min(jobs) / min(bases):.2f}   "
        f"range {ratios[0]:.2f}-{ratios[-1]:.2f}   pairs {pairs}"
    )


def every_example(pairs: int, floor: list[str]) -> None:
    """A table of the ratios of every example, in Markdown."""
    print("| example | median ms | floor ms | ratio, median | ratio, of minima | range |\n|---|---|---|---|---|---|")
    for path in sorted((ROOT / "examples").glob("*.yaml")):
        bases, jobs = in_pairs(pairs, floor, _job(str(path)))
        ratios = sorted(j / b for j, b in zip(jobs, bases, strict=True))
        row = [f"{statistics.median(times) * 1000:.0f}" for times in (jobs, bases)]
        row += [f"{ratio:.2f}" for ratio in (statistics.median(ratios), min(jobs) / min(bases))]
        row += [f"{ratios[0]:.2f} to {ratios[-1]:.2f}"]
        print(f"| {path.stem} | {' | '.join(row)} |", flush=True)


def _job(patient: str) -> list[str]:
    return [sys.executable, "-m", "mmadvisor", "recommend", patient]


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 31
    patient = sys.argv[2] if len(sys.argv) > 2 else str(ROOT / "examples" / "hk-triple-class-refractory.yaml")
    floor = [sys.executable, "-c", FLOOR, str(ROOT / "data" / "catalogue.json")]
    if patient == "examples":
        every_example(pairs, floor)
    else:
        interleaved(pairs, floor, _job(patient), ("floor", "recommend"))


if __name__ == "__main__":
    main()
