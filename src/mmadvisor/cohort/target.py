"""Where the output of a run is: its name, and the files beside it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from mmadvisor.base.errors import UsageError
from mmadvisor.files.output import followed, is_device, keep_apart
from mmadvisor.files.patients import COMPRESSED, PARQUET

CSV = ".csv"
ERRORS = ".errors.ndjson"
DUPLICATES = ".duplicates.ndjson"
# Suffixes of formats that are not written.
_NOT_WRITTEN = (
    ".tsv", ".xlsx", ".md", ".markdown", ".html", ".htm", ".ics", ".arrow", ".feather", ".zip", ".bz2", ".xz"
)  # fmt: skip


class Target(NamedTuple):
    """The output: its place, and the places beside it. ``folder``: a file for each input. ``stream``: no file."""

    output: str
    folder: bool
    stream: bool

    @classmethod
    def of(cls, output: str, trace: bool) -> Target:
        """The target with this name.

        Raises:
            UsageError: The format is not written.
        """
        place = Path(output)
        if output == "-" or is_device(place):
            return cls(output, folder=False, stream=True)
        if place.is_dir() or output.endswith(("/", os.sep)):
            return cls(output, folder=True, stream=False)
        target = cls(output, folder=False, stream=False)
        plain = target.form
        if plain.endswith(_NOT_WRITTEN):
            raise UsageError(
                f"{output}: name a folder (ending in /), or a file that ends in .ndjson, .csv or .parquet; .ndjson and "
                ".csv also with .gz or .zst"
            )
        if plain.endswith(PARQUET) and plain != output.casefold():
            raise UsageError(
                f"{output}: a Parquet file is compressed in itself: end the name in .parquet or .ndjson.gz"
            )
        if trace and plain.endswith((CSV, PARQUET)):
            raise UsageError(f"{output}: --trace gives whole answers: name a file that ends in .ndjson, or a folder")
        return target

    @property
    def form(self) -> str:
        """The name without what says that it is compressed."""
        name = self.output.casefold()
        for ending in COMPRESSED:
            name = name.removesuffix(ending)
        return name

    @property
    def place(self) -> Path:
        """The file or folder."""
        return Path(self.output)

    def beside(self, ending: str) -> Path:
        """The file beside the output; of a link, beside the file to which it leads."""
        if self.folder:
            # A name such as `out/..` has no name of its own.
            place = self.place if self.place.name not in ("", "..") else Path(os.path.abspath(self.place))  # noqa: PTH100
        else:
            try:
                place = followed(self.place)
            except OSError as error:
                raise UsageError(f"{self.output} cannot be written ({error.strerror or 'no reason given'})") from None
        return place.with_name(place.name + ending)

    def keep_apart(self, inputs: Iterable[str]) -> None:
        """Refuse an output that is an input or lies in one; the files beside it, too.

        Raises:
            UsageError: It would overwrite an input.
        """
        reads = [Path(name) if name != "-" else 0 for name in inputs]
        for place in [self.place] if self.output != "-" else []:
            keep_apart(place, reads)
        if not self.stream:
            for ending in (".part", ".part.new", ERRORS, ERRORS + ".new", DUPLICATES, DUPLICATES + ".new"):
                keep_apart(self.beside(ending), reads)
