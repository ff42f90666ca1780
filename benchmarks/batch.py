"""The rate of `batch` beside a naive pipeline, in one run; and the memory for a small and a larger cohort.

    python benchmarks/batch.py [PATIENTS] [ROUNDS] [--memory SMALL LARGE]

The naive pipeline has the shape of what a programmer writes first: `json.loads`, a pydantic model of the same fields,
and 60 rules of 12 closures each. It takes refractoriness as given, and neither ranks nor writes. CPU time, medians.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import cohort
from pydantic import BaseModel, ConfigDict, Field

Truth = int  # 0 no, 1 unknown, 2 yes
RULES, PARTS = 60, 12


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow")


class _Therapy(_Part):
    regimen: str | None = None
    agents: list[Any] | None = None
    start: str | None = None
    stop: str | None = None
    best_response: str | None = None
    progressed_on: str | None = None
    stop_reason: str | None = None


class _Patient(_Part):
    id: str
    therapies: list[_Therapy]
    assessed_on: date | None = None
    demographics: dict[str, Any] = Field(default_factory=dict)
    labs: dict[str, Any] = Field(default_factory=dict)
    comorbidities: dict[str, Any] = Field(default_factory=dict)
    disease: dict[str, Any] = Field(default_factory=dict)
    access: dict[str, Any] = Field(default_factory=dict)


Rule = Callable[[_Patient], Truth]


def _at_least(lab: str, limit: float) -> Rule:
    def decide(patient: _Patient) -> Truth:
        value = patient.labs.get(lab)
        if isinstance(value, dict):
            value = value["value"]
        return 1 if value is None else 2 if value >= limit else 0

    return decide


def _not_given(regimen: str) -> Rule:
    def decide(patient: _Patient) -> Truth:
        return 0 if any(t.regimen == regimen for t in patient.therapies) else 2

    return decide


def _absent(name: str) -> Rule:
    def decide(patient: _Patient) -> Truth:
        value = patient.comorbidities.get(name)
        return 1 if value is None else 0 if value else 2

    return decide


def _rules() -> list[list[Rule]]:
    labs, flags, given = [*cohort.LABS.items()], [*cohort.YES_NO], [name for name, _, _ in cohort.LATER]
    makers: list[Callable[[int], Rule]] = [
        lambda n: _at_least(labs[n % len(labs)][0], labs[n % len(labs)][1][1] * (1 + n / 100)),
        lambda n: _absent(flags[n % len(flags)]),
        lambda n: _not_given(given[n % len(given)]),
    ]
    return [[makers[k % 3](rule * PARTS + k) for k in range(PARTS)] for rule in range(RULES)]


def naive(lines: list[bytes]) -> list[int]:
    """How many patients each rule may take."""
    rules, taken = _rules(), [0] * RULES
    for line in lines:
        patient = _Patient.model_validate(json.loads(line))
        for n, parts in enumerate(rules):
            taken[n] += min(part(patient) for part in parts) > 0
    return taken


def batch(path: str, output: str, *words: str) -> tuple[float, float, int]:
    """CPU seconds and wall seconds of a run in its own processes, and the most memory of one of them in KiB."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "mmadvisor", "batch", path, "-o", output, *words]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 4), process.returncode
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.perf_counter() - began, used.ru_maxrss


def rates(number: int, rounds: int, folder: str) -> Iterator[str]:
    path, few = f"{folder}/c.ndjson", f"{folder}/few.ndjson"
    cohort.write(number, path, 1, 0)
    cohort.write(1, few, 1, 0)
    lines = Path(path).read_bytes().splitlines()
    found: dict[str, list[float]] = {"naive": [], "one worker": [], "two workers": [], "faster by": []}
    for _ in range(rounds):
        began = time.process_time()
        naive(lines)
        found["naive"].append(number / (time.process_time() - began))
        start, _, _ = batch(few, f"{folder}/o.ndjson", "--workers", "1")
        cpu, wall, _ = batch(path, f"{folder}/o.ndjson", "--workers", "1")
        found["one worker"].append(number / (cpu - start))
        cpu, shared, _ = batch(path, f"{folder}/o.ndjson", "--workers", "2")
        found["two workers"].append(number / (cpu - start))
        found["faster by"].append(wall / shared)
    for name in ("naive", "one worker", "two workers"):
        yield f"{name}: {statistics.median(found[name]):,.0f} patients a second of CPU"
    ratio = statistics.median(b / a for a, b in zip(found["naive"], found["one worker"], strict=True))
    yield f"one worker to naive: {ratio:.4f}"
    yield f"two workers against one, by the clock: {statistics.median(found['faster by']):.2f}"
    yield f"bytes a record: {Path(f'{folder}/o.ndjson').stat().st_size / number:,.0f}"


def memory(sizes: list[int], folder: str) -> Iterator[str]:
    most = []
    for number in sizes:
        cohort.write(number, f"{folder}/m.ndjson", 1, 1)
        _, _, used = batch(f"{folder}/m.ndjson", f"{folder}/o.ndjson", "--workers", "1")
        most.append(used)
        yield f"{number:,} patients: at most {used / 1024:,.0f} MiB"
    yield f"ratio: {most[-1] / most[0]:.3f}"


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("number", type=int, nargs="?", default=1000)
    asked.add_argument("rounds", type=int, nargs="?", default=5)
    asked.add_argument("--memory", type=int, nargs=2, metavar=("SMALL", "LARGE"))
    words = asked.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for said in memory(words.memory, place) if words.memory else rates(words.number, words.rounds, place):
            print(said, flush=True)
