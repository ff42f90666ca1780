"""The settings that a command uses if the command line does not give them: from the environment and a config file.

The order is: command line, patient file, environment, config file. A default jurisdiction is used only if the patient
file names none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mmadvisor.answers.config import CONFIG as SCHEMA
from mmadvisor.answers.config import ConfigEntry, Configuration
from mmadvisor.answers.stamps import SettingFrom
from mmadvisor.base.errors import MmadvisorError, Problem, UsageError, nearest
from mmadvisor.base.records import Entry
from mmadvisor.files.documents import MAX_BYTES, Document, Path_, parse, read_bytes, refusal
from mmadvisor.files.profiles import entry_of, is_file

if TYPE_CHECKING:
    from mmadvisor.catalogue.catalogue import Catalogue

CONFIG = "config.yaml"
JURISDICTION = "MMADVISOR_JURISDICTION"
CATALOGUE = "MMADVISOR_CATALOGUE"
DEFAULT_PROFILE = "default"


class Config(Entry):
    """The fields of a config file; paths start from the folder of the file."""

    jurisdiction: str | None = None
    catalogue: tuple[str, ...] = ()
    profile: str | None = None


class Setting(NamedTuple):
    """The value of a setting as it was written, and where it was found.

    ``origin``: the variable, or the line of the config file. ``used``: the value with the whole path of a file.
    ``problem``: the position in the config file.
    """

    name: str
    value: str
    origin: str
    used: str
    problem: Problem | None = None

    def entry(self) -> SettingFrom:
        """The setting as an answer names it."""
        return SettingFrom(setting=self.name, value=self.value, origin=self.origin)

    def wrong(self, message: str, hint: str = "") -> MmadvisorError:
        """The error that the value cannot be used, with its position."""
        if self.problem is None:
            return UsageError(f"{self.origin} {self.value!r}: {message}. {hint}".strip())
        return refusal([self.problem._replace(message=message, hint=hint)])


class Settings(NamedTuple):
    """The settings of the environment and the config file; the environment comes first.

    ``read``: the config file, if it was read.
    """

    jurisdiction: Setting | None = None
    catalogue: tuple[Setting, ...] = ()
    profile: Setting | None = None
    read: Path | None = None

    def entries(self) -> list[SettingFrom]:
        """Every setting, with its value and its place."""
        found = [s for s in (self.jurisdiction, *self.catalogue, self.profile) if s is not None]
        return [s.entry() for s in found]


class Defaults:
    """The settings for one command; those that it uses, and the files that it reads because of them, are noted."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.used: list[SettingFrom] = []
        self.read: list[str] = [str(self.settings.read)] if self.settings.read else []

    def again(self) -> Defaults:
        """The same settings for the next patient of a run; only what was used so far for all patients is noted."""
        made = Defaults(self.settings)
        made.used, made.read = [*self.used], self.read
        return made

    def _use(self, *settings: Setting) -> None:
        for s in settings:
            entry = s.entry()
            if entry not in self.used:
                self.used.append(entry)

    def jurisdiction(self, given: str | None, recorded: str | None = None) -> str | None:
        """The jurisdiction that the command line gives, or the default if the patient file names none."""
        default = self.settings.jurisdiction
        if given is not None or recorded is not None or default is None:
            return given
        self._use(default)
        return default.used

    def catalogue(self, given: Sequence[str] | None) -> list[str]:
        """The layers that the command line gives, or else those of the settings."""
        layers = list(given or ())
        if not layers:
            self._use(*self.settings.catalogue)
            layers = [layer.used for layer in self.settings.catalogue]
        self.read += layers
        return layers

    def profile(self, given: str | None) -> str:
        """The profile that the command line gives, or else that of the settings, or else the default profile."""
        default = self.settings.profile
        named = given or DEFAULT_PROFILE
        if given is None and default is not None:
            self._use(default)
            named = default.used
        self.read += [named] if is_file(named) else []
        return named


def read_settings(folder: Path | None, environment: Mapping[str, str]) -> Settings:
    """The settings of the environment, and of the config file in a folder if there is one.

    Raises:
        InvalidInputError: The config file is invalid, or names a file that does not exist; the error has every problem.
    """
    place, layers = environment.get(JURISDICTION), environment.get(CATALOGUE)
    from_file = _of_file(folder / CONFIG) if folder is not None else Settings()
    return Settings(
        Setting("jurisdiction", place, JURISDICTION, place) if place else from_file.jurisdiction,
        tuple(Setting("catalogue", layer, CATALOGUE, layer) for layer in layers.split(os.pathsep) if layer)
        if layers
        else from_file.catalogue,
        from_file.profile,
        from_file.read,
    )


def check(settings: Settings, catalogue: Catalogue) -> None:
    """Check the names in the settings against a catalogue.

    Raises:
        MmadvisorError: The catalogue has no such jurisdiction or profile; the error has the position of the setting.
    """
    profiles = [profile.id for profile in catalogue.ranking.profiles]
    named = settings.profile if settings.profile and not is_file(settings.profile.value) else None
    for setting, known in ((settings.jurisdiction, list(catalogue.jurisdictions)), (named, profiles)):
        if setting is not None and setting.value.casefold() not in map(str.casefold, known):
            message = f"there is no {setting.name} of this name; known: {', '.join(known)}"
            raise setting.wrong(message, nearest(setting.value, known))


def _of_file(path: Path) -> Settings:
    if not path.exists():
        return Settings()
    document = parse(read_bytes(path), str(path), limit=MAX_BYTES)
    tree = document.tree
    if isinstance(tree, dict) and isinstance(tree.get("catalogue"), str):
        tree = tree | {"catalogue": [tree["catalogue"]]}
    config = entry_of(Config, document._replace(tree=tree))
    if problems := list(_missing(config, document, path.parent)):
        raise refusal(problems)

    def setting(name: str, value: str, at: Path_) -> Setting:
        problem = document.problem(at, "", found=value)
        is_path = name == "catalogue" or (name == "profile" and is_file(value))
        used = str(_from(path.parent, value)) if is_path else value
        return Setting(name, value, f"config file, line {problem.line}", used, problem)

    return Settings(
        setting("jurisdiction", config.jurisdiction, ("jurisdiction",)) if config.jurisdiction else None,
        tuple(setting("catalogue", layer, ("catalogue", i)) for i, layer in enumerate(config.catalogue)),
        setting("profile", config.profile, ("profile",)) if config.profile else None,
        path,
    )


def _from(folder: Path, name: str) -> Path:
    return folder / Path(name).expanduser()


def _missing(config: Config, document: Document, folder: Path) -> Iterator[Problem]:
    """A problem for each file that is named and does not exist."""
    named: list[tuple[Path_, str]] = [(("catalogue", i), layer) for i, layer in enumerate(config.catalogue)]
    named += [(("profile",), config.profile)] if config.profile and is_file(config.profile) else []
    for at, name in named:
        if not _from(folder, name).exists():
            yield document.problem(at, f"there is no file or folder {_from(folder, name)}", found=name)


def configuration(settings: Settings, place: Path | None) -> Configuration:
    """Every setting with its values and its origin; ``place`` is where the config file is looked for."""
    found = {
        "jurisdiction": [settings.jurisdiction] if settings.jurisdiction else [],
        "catalogue": list(settings.catalogue),
        "profile": [settings.profile] if settings.profile else [],
    }
    return Configuration(
        schema=SCHEMA,
        file=str(place or ""),
        file_read=settings.read is not None,
        settings=[
            ConfigEntry(setting=name, values=[s.value for s in each], origin=each[0].origin if each else "")
            for name, each in found.items()
        ],
    )
