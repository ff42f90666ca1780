"""The tests, under the folders of what they test; CONTRIBUTING.md says where a test goes."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
