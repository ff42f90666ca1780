"""The settings of the environment and the config file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mmadvisor.answers.config import CONFIG, Configuration
from mmadvisor.render.kind import Kind, Look

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper

ORDER = (
    "Order: command line, patient file, environment, config file. A default jurisdiction is used only if the patient "
    "file names none. --no-config ignores both; batch, board and validate ignore them without --config."
)


def draw(paper: Paper, c: Configuration, look: Look) -> None:
    """Each setting with its value and its origin."""
    paper.title("Settings")
    rows = [(s["setting"], ", ".join(s["values"]) or "not set", s["origin"]) for s in c["settings"]]
    paper.pairs([(name, f"{value}{f' (from {origin})' if origin else ''}") for name, value, origin in rows])
    paper.gap()
    exists = "" if c["file_read"] else " (does not exist)"
    paper.line(f"Config file: {c['file']}{exists}" if c["file"] else "There is no folder for a config file.")
    paper.line(ORDER)


CONFIGURATION: Final = Kind(CONFIG, draw)
