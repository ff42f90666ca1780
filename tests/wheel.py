"""Installs the wheel of a folder in an environment of its own and runs every example from elsewhere.

Not a pytest module: CONTRIBUTING.md names it as a suite, and .ci/run calls it. Usage: wheel.py DIST
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    (wheel,) = Path(sys.argv[1]).resolve().glob("*.whl")
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        elsewhere = Path(folder)
        subprocess.run([sys.executable, "-m", "venv", elsewhere / "env"], check=True)
        subprocess.run([elsewhere / "env/bin/pip", "install", "-q", f"{wheel}[html]"], check=True)
        for example in sorted((ROOT / "examples").iterdir()):
            if example.suffix not in (".yaml", ".json"):
                continue
            command: list[str | Path] = [elsewhere / "env/bin/mmadvisor", "recommend", example, "--format"]
            done = subprocess.run([*command, "json"], cwd=elsewhere, capture_output=True, text=True, check=False)
            good = done.returncode == 0 and json.loads(done.stdout)["schema"] == "mmadvisor/recommendation/1"
            drawn = subprocess.run([*command, "html"], cwd=elsewhere, capture_output=True, text=True, check=False)
            good = good and drawn.returncode == 0 and drawn.stdout.startswith("<!doctype html>")
            passed, failed = passed + good, failed + (not good)
            sys.stdout.write(
                f"{'ok  ' if good else 'FAIL'} {example.name}\n{'' if good else done.stderr + drawn.stderr}"
            )
    sys.stdout.write(f"wheel: {passed} passed, {failed} failed\n")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
