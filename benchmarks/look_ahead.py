"""The look-ahead (depth 3, top 5) against the recommendation for the same patient, as whole processes.

Usage: look_ahead.py [pairs] [patient files...]
"""

from __future__ import annotations

import sys

from one_shot import ROOT, interleaved


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    patients = sys.argv[2:] or [str(p) for p in sorted((ROOT / "examples").glob("*.yaml"))]
    for patient in patients:
        print(patient.rsplit("/", 1)[-1])
        base, job = ([sys.executable, "-m", "mmadvisor", command, patient] for command in ("recommend", "plan"))
        interleaved(pairs, base, job, ("recommend", "plan"))


if __name__ == "__main__":
    main()
