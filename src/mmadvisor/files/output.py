"""Text written to files and streams: completely or not at all, in UTF-8, and never over an input."""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mmadvisor.base.errors import ReaderGoneError, UsageError

PRIVATE = 0o600
_MOST_LINKS = 40


# --- JSON ---------------------------------------------------------------------------------------


# --- where an output may be written ------------------------------------------------------------------


def keep_apart(output: Path, inputs: Iterable[Path | int]) -> None:
    """Refuse an output that is an input, or lies inside an input folder.

    The function compares files, not names: a link, a second name or other upper and lower case may lead to the same
    file.

    Args:
        output: The file or folder that would be written.
        inputs: Files and folders that are read; a number is an open file, such as 0 for standard input.

    Raises:
        UsageError: The output would change an input.
    """
    places = (Path(os.path.realpath(output)), output.absolute())
    taken = {identity(place) for path in places for place in (path, *path.parents)}
    for read in inputs:
        if (known := identity(read)) is None or known not in taken:
            continue
        if known != identity(output):
            wrong = f"is inside {read}, which is an input"
        elif str(read) == str(output):
            wrong = "is an input"
        else:
            wrong = f"is the same file as an input, {'standard input' if isinstance(read, int) else read}"
        raise UsageError(f"{output} {wrong}: give another name with --output")


def identity(place: Path | int) -> tuple[int, int] | None:
    """The identity of a file or folder, whatever its name; ``None`` for a device, or if nothing exists there."""
    try:
        found = os.stat(place)  # noqa: PTH116 - the place may be an open file
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode) else None


def followed(path: Path) -> Path:
    """The file to which a path leads. A link is not replaced: the file to which it points is written.

    Raises:
        UsageError: Another user made the link in a folder where everybody may write, such as /tmp.
        OSError: The links form a circle.
    """
    for _ in range(_MOST_LINKS):
        try:
            link = path.lstat()
        except FileNotFoundError:
            return path
        if not stat.S_ISLNK(link.st_mode):
            return path
        if _is_strangers(link, path.parent.stat()):
            raise UsageError(f"{path} is a link that another user made in a shared folder: name the file itself")
        path = path.parent / path.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _is_strangers(link: os.stat_result, folder: os.stat_result) -> bool:
    """Whether a link may be a trap of another user, by the kernel's rule for shared folders."""
    anybodys = folder.st_mode & stat.S_IWOTH and folder.st_mode & stat.S_ISVTX
    return bool(anybodys) and link.st_uid not in (folder.st_uid, os.geteuid())


def is_device(path: Path) -> bool:
    """Whether a path is a device, a pipe or a socket; these are written to, and never replaced by a file."""
    return path.exists() and not (path.is_file() or path.is_dir())


# --- files --------------------------------------------------------------------------------------


def write_atomically(path: Path, text: str | bytes, *, mode: int = PRIVATE) -> None:
    """Write a file completely or not at all; no partial file is ever visible or left behind.

    An existing file keeps its mode and its group; a new file gets ``mode``. A link is kept, and the file to which it
    points is written. A device or a pipe is written to.

    Raises:
        UsageError: The file cannot be written.
    """
    content = text if isinstance(text, bytes) else _encoded(text)
    if is_device(path):
        try:
            with path.open("wb") as device:
                device.write(content)
        except OSError as error:
            raise _not_written(path, error) from None
        return
    with replacing(path, mode=mode) as file:
        file.write(content)


@contextmanager
def replacing(path: Path, *, mode: int = PRIVATE, beside: str = "") -> Iterator[BinaryIO]:
    """A new file that takes the place of ``path`` when it is complete; see ``write_atomically``.

    ``beside``: what the name of the new file has after that of ``path``, so that a later run replaces it if this run is
    killed; by default the name is unique.

    Raises:
        UsageError: The file cannot be written.
    """
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder: name a file in it")
        target = followed(path)
        if beside:
            new = target.with_name(target.name + beside)
            new.unlink(missing_ok=True)
            handle = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), PRIVATE)
        else:
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=".mmadvisor-")
            new = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                _take_mode(handle, target, mode)
            new.replace(target)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _not_written(path, error) from None


def made_folder(folder: Path) -> None:
    """Make a folder, and the folders above it, for its owner alone; an existing folder is not changed.

    Raises:
        UsageError: The folder cannot be made, or nothing can be written in it.
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        for place in reversed(missing):
            place.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UsageError(f"the folder {folder} cannot be made ({_reason(error)})") from None
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file; a folder is needed here")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"the folder {folder} does not allow writing")


class Part:
    """A file that grows record by record, and that a later run can go on with.

    However the run ends, it contains only complete lines; only the last one may be cut off.
    """

    def __init__(self, place: Path, *, resumed: bool = False) -> None:
        """Begin the file anew, or open it to go on.

        Raises:
            UsageError: Nothing can be written there, there is nothing to go on with, or another run writes it.
        """
        self.place = place
        how = os.O_RDWR if resumed else os.O_RDWR | os.O_CREAT | os.O_EXCL
        try:
            if not place.parent.is_dir():
                raise UsageError(f"{place} cannot be written: there is no folder {place.parent}")
            if not resumed:
                place.unlink(missing_ok=True)
            self.handle = os.open(place, how | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0), PRIVATE)
        except OSError as error:
            if resumed and isinstance(error, FileNotFoundError):
                raise UsageError(f"there is no {place} to go on with: leave out --resume") from None
            raise _not_written(place, error) from None
        if not _locked(self.handle):
            os.close(self.handle)
            raise UsageError(f"another run is writing {place}")
        self.size = os.fstat(self.handle).st_size

    def lines(self) -> Iterator[bytes]:
        """The complete lines so far; what follows the last one is cut off, so that the next record comes there."""
        whole = 0
        with os.fdopen(os.dup(self.handle), "rb") as file:
            file.seek(0)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                yield line
        os.ftruncate(self.handle, whole)
        self.size = os.lseek(self.handle, whole, os.SEEK_SET)

    def write(self, line: bytes) -> None:
        """Add a record; a record that cannot be written completely is removed.

        Raises:
            UsageError: The record cannot be written.
        """
        left = memoryview(line)
        whole = self.size + len(left)
        try:
            while left:
                left = left[os.write(self.handle, left) :]
        except OSError as error:
            os.ftruncate(self.handle, self.size)
            raise _not_written(self.place, error) from None
        self.size = whole

    def check(self) -> None:
        """Check that the file is still this run's.

        Raises:
            UsageError: Another run has replaced it.
        """
        ours = os.fstat(self.handle)
        if identity(self.place) != (ours.st_dev, ours.st_ino):
            raise UsageError(f"another run has replaced {self.place}: this run leaves it as it is")

    def close(self) -> None:
        """Close the file; another run may then go on with it."""
        os.close(self.handle)


def _locked(handle: int) -> bool:
    """Whether this process has the file for itself from now on; where files cannot be locked, it is assumed."""
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a network disk without locks
        return True
    return True


def _take_mode(handle: int, target: Path, mode: int) -> None:
    """Give an open file the mode and group of the file that it will replace; if there is none, ``mode``."""
    if not hasattr(os, "fchmod"):  # Windows before Python 3.13, where the folder decides on access
        return
    try:
        before = target.stat()
    except FileNotFoundError:
        os.fchmod(handle, mode)
        return
    mode = stat.S_IMODE(before.st_mode)
    if os.fstat(handle).st_gid != before.st_gid:
        try:
            os.fchown(handle, -1, before.st_gid)
        except OSError:  # a file that one group may read is not opened to another group
            mode &= ~stat.S_IRWXG
    os.fchmod(handle, mode)


# --- streams ------------------------------------------------------------------------------------


def write_stdout(text: str, *, as_utf8: bool) -> None:
    """Write to standard output.

    Args:
        text: The text.
        as_utf8: Whether to write UTF-8, as in a file; otherwise the encoding of the console.

    Raises:
        ReaderGoneError: The program that reads the output has ended.
        UsageError: Standard output is closed, or cannot be written to.
    """
    if sys.stdout is None:
        raise UsageError("standard output is closed: name a file with --output")
    try:
        binary = getattr(sys.stdout, "buffer", None) if as_utf8 else None
        if binary is None:
            sys.stdout.write(text)
        else:
            sys.stdout.flush()
            binary.write(_encoded(text))
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGoneError from None
    except OSError as error:
        raise UsageError(f"standard output cannot be written ({_reason(error)})") from None


def _encoded(text: str) -> bytes:
    """The text in UTF-8; a lone surrogate, which a file name can contain, is shown by its number."""
    return text.encode("utf-8", "backslashreplace")


def _not_written(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path} cannot be written ({_reason(error)})")


def _reason(error: OSError) -> str:
    return error.strerror or "no reason given"
