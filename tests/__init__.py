"""The tests, under the folders of what they test; CONTRIBUTING.md says where a test goes."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# The tests ignore the environment and the config file of the person who runs them (contract 9.21).
for _name in ("MMADVISOR_JURISDICTION", "MMADVISOR_CATALOGUE"):
    os.environ.pop(_name, None)
for _name in ("XDG_CONFIG_HOME", "APPDATA"):
    os.environ[_name] = str(ROOT / "tests" / "no-settings")
