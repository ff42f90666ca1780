"""Installs the wheel of a folder in an environment of its own and runs every example, and every command of the README,
from elsewhere.

Not a pytest module: CONTRIBUTING.md names it as a suite, and .ci/run calls it. Usage: wheel.py DIST
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
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
        subprocess.run([elsewhere / "env/bin/pip", "install", "-q", f"{wheel}[calendar]"], check=True)

        def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
            command = [elsewhere / "env/bin/mmadvisor", *words]
            return subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=False)

        for example in sorted((ROOT / "examples").rglob("*")):
            if example.suffix not in (".yaml", ".json"):
                continue
            written = run("example", example.stem, "-o", "p.yaml")
            good = written.returncode == 0 and (elsewhere / "p.yaml").read_bytes() == example.read_bytes()
            good = good and example.stem in run("example").stdout
            told = run("recommend", "p.yaml", "--format", "json")
            good = good and told.returncode == 0 and json.loads(told.stdout)["schema"] == "mmadvisor/recommendation/1"
            drawn = run("recommend", "p.yaml", "--format", "html")
            good = good and drawn.returncode == 0 and drawn.stdout.startswith("<!doctype html>")
            passed, failed = passed + good, failed + (not good)
            errors = "" if good else written.stderr + told.stderr + drawn.stderr
            sys.stdout.write(f"{'ok  ' if good else 'FAIL'} {example.name}\n{errors}")
        # The commands of the README, in a folder with the files that they name.
        for folder_of in ("examples", "docs"):
            shutil.copytree(ROOT / folder_of, elsewhere / folder_of)
        for block in re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL):
            for line in block.splitlines():
                if line.startswith("mmadvisor "):
                    done = run(*shlex.split(line)[1:])
                    passed, failed = passed + (done.returncode == 0), failed + (done.returncode != 0)
                    sys.stdout.write(f"ok   {line}\n" if done.returncode == 0 else f"FAIL {line}\n{done.stderr}")
    sys.stdout.write(f"wheel: {passed} passed, {failed} failed\n")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
