"""Where a command finds the patients of a test."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from tests import ROOT

# One of the examples: few facts are missing, so that its answers take little time.
PATIENT = ROOT / "examples" / "hk-triple-class-refractory.yaml"
PARTIAL = ROOT / "examples" / "partial-dates.yaml"
HK = ROOT / "examples" / "hk-triple-class-refractory.yaml"
EVIL = "x\x9b31m\x7f\u202egnp\u2066\u200f\u2028IN\u2029J\x85\ufeffÉ陳≥⁹"


def process(*words: str, redirect: str = "", **env: str) -> subprocess.CompletedProcess[bytes]:
    """A command in a process of its own, with what a shell makes of its streams."""
    command = f"exec {shlex.join([sys.executable, '-m', 'mmadvisor', *words])} {redirect}"
    whole = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "80"} | env
    return subprocess.run(["bash", "-c", command], capture_output=True, env=whole, timeout=60, check=False)


def ward(*names: str, source: Path = PATIENT) -> Path:
    """A folder of patients."""
    for name in names:
        place = Path("ward") / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, place)
    return Path("ward")


def mode(path: str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)
