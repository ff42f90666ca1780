"""The answer to ``mmadvisor config``: the settings of the environment and the config file."""

from __future__ import annotations

from typing_extensions import TypedDict

CONFIG = "mmadvisor/config/1"


class ConfigEntry(TypedDict):
    """One setting. ``values`` is empty if it is not set; ``origin`` is where it was found, or empty."""

    setting: str
    values: list[str]
    origin: str


class Configuration(TypedDict):
    """The settings that a command uses if the command line does not give them."""

    schema: str
    """Name and version of the format."""
    file: str
    """The place of the config file; empty if the system has no such place."""
    file_read: bool
    """Whether the config file exists."""
    settings: list[ConfigEntry]
    """Every setting, also those that are not set."""
