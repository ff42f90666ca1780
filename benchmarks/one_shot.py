"""The main job against its floor, as whole processes, interleaved pair by pair.

The floor imports the same dependencies, runs one empty Typer command, loads the compiled catalogue
as JSON and prints one Rich table. Usage: one_shot.py [pairs] [patient file]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
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


def timed(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def interleaved(pairs: int, base: list[str], job: list[str], names: tuple[str, str]) -> None:
    """Run two commands pair by pair and print the ratio of the second to the first."""
    timed(base), timed(job)
    bases, jobs = [], []
    for i in range(pairs):
        # Alternate which goes first, so that neither has the warmer machine.
        for which in ((base, bases), (job, jobs)) if i % 2 else ((job, jobs), (base, bases)):
            which[1].append(timed(which[0]))
    ratios = sorted(j / b for j, b in zip(jobs, bases, strict=True))
    for name, times in zip(names, (bases, jobs), strict=True):
        print(f"{name:10} median {statistics.median(times) * 1000:7.1f} ms   min {min(times) * 1000:7.1f} ms")
    print(
        f"ratio      median {statistics.median(ratios):.2f}   of minima {min(jobs) / min(bases):.2f}   "
        f"range {ratios[0]:.2f}-{ratios[-1]:.2f}   pairs {pairs}"
    )


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 31
    patient = sys.argv[2] if len(sys.argv) > 2 else str(ROOT / "examples" / "hk-triple-class-refractory.yaml")
    floor = [sys.executable, "-c", FLOOR, str(ROOT / "data" / "catalogue.json")]
    job = [sys.executable, "-m", "mmadvisor", "recommend", patient]
    interleaved(pairs, floor, job, ("floor", "recommend"))


if __name__ == "__main__":
    main()
