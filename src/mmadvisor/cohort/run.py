"""Answers for many patients: from sources through workers into a sink, with what is said meanwhile and at the end."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from time import monotonic
from typing import NamedTuple

from mmadvisor.answers.columns import Table
from mmadvisor.answers.stamps import InputEntry
from mmadvisor.base.errors import InvalidInputError, UsageError
from mmadvisor.base.records import Entry
from mmadvisor.catalogue.citing import ENGINE
from mmadvisor.cohort import sinks
from mmadvisor.cohort.engine import Asked, Decider, Outcome
from mmadvisor.cohort.formats import check_packages
from mmadvisor.cohort.sources import STDIN, Contents, Raw, Source, contents_of, sources_of
from mmadvisor.cohort.target import DUPLICATES, ERRORS, Target
from mmadvisor.cohort.workers import answers
from mmadvisor.files.output import Part, made_folder

_TOLD = 20  # failures, and records with an earlier id, that are named on standard error
_SHOWN_EVERY_SECONDS = 0.5

Say = Callable[[str], None]


class Options(NamedTuple):
    """How a run goes. ``workers``: the number of processes. ``duplicates``: whether equal ids are reported."""

    workers: int = 1
    resume: bool = False
    duplicates: bool = True


@dataclass
class Summary:
    """The result of a run. ``total`` is not known for every kind of input.

    ``stopped``: the number of the signal that ended the run early. ``again``: the places of records with the id of an
    earlier record, the first ones; ``repeated``: their number. ``errors`` and ``duplicates``: the files that name all
    failures and all such records. ``empty``: the number of empty lines, which are no records. ``lost``: the number of
    files that could not be read to the end.
    """

    total: int | None = None
    done: int = 0
    failed: int = 0
    where: str = ""
    stopped: int = 0
    repeated: int = 0
    again: list[str] = field(default_factory=list)
    errors: str = ""
    duplicates: str = ""
    empty: int = 0
    lost: int = 0

    def lines(self) -> list[str]:
        """The lines to print at the end."""
        said = [self.counts()]
        if self.stopped:
            of = "" if self.total is None else f" of {self.total}"
            said = [f"stopped after {self.done + self.failed}{of} patients: {said[0]}", *self.so_far()]
        elif self.failed and self.errors:
            said.append(f"the reasons are in {self.errors}")
        if self.repeated:
            more = f" and {self.repeated - len(self.again)} more" if self.repeated > len(self.again) else ""
            record = "1 record has" if self.repeated == 1 else f"{self.repeated} records have"
            said.append(f"{record} the id of an earlier record: {', '.join(self.again)}{more}")
            if self.duplicates and not self.stopped:
                said.append(f"all of them are in {self.duplicates}, each with the earlier record")
        if self.lost:
            files = "1 file was" if self.lost == 1 else f"{self.lost} files were"
            said.append(f"{files} not read to the end: how many records are lost is not known")
        if self.empty:
            said.append(f"{self.empty} empty line{'s were' if self.empty > 1 else ' was'} passed over")
        return said

    def counts(self) -> str:
        """How many were answered, and how many not."""
        return f"{self.done} answered, {self.failed} failed"

    def so_far(self) -> list[str]:
        """The lines on the answers so far, after a run that ended early."""
        if not self.where or not self.done + self.failed:
            return []
        return [f"the answers so far are in {self.where}; --resume goes on with them"]

    def count(self, outcome: Outcome, say: Say | None) -> None:
        """Count an outcome; tell the first failures."""
        if not outcome.problems:
            self.done += 1
            return
        self.failed += 1
        self.lost += outcome.last
        if say is not None and self.failed <= _TOLD:
            for problem in outcome.problems:
                at = problem if problem.line else problem._replace(file=sinks.called(outcome.at))
                say(at.for_a_log())
                if problem.path:
                    say(f"  {problem.message}")
            if self.failed == _TOLD and self.errors:
                say(f"further failures are only in {self.errors}")


def run(paths: Sequence[str], output: str, asked: Asked, options: Options, say: Say) -> Summary:
    """Answer for every patient of some files and folders.

    Args:
        paths: Folders, patient files, files of many patients, or - for standard input.
        output: A file, a folder (existing, or with a final slash), or - for standard output.
        asked: What every patient is asked.
        options: How the run goes.
        say: Receives messages for standard error.

    Raises:
        InvalidInputError: A folder contains no patient file, or a layer is invalid.
        UsageError: A path does not exist; the output is an input or lies inside one, or cannot be written; a format is
            not known; nothing can be resumed; a worker ended.
    """
    target = Target.of(output, asked.trace)
    sources = sources_of(paths)
    target.keep_apart([*paths, *(source.file for source in sources if source.root != source.file)])
    check_packages(target)
    if target.folder:
        sinks.check_names(sources)
        made_folder(target.place)
        asked = asked._replace(trace=True, keyed=False)
    resumable = not target.stream and not any(source.file == "-" for source in sources)
    if options.resume and not resumable:
        raise UsageError("--resume needs input and output on disk: a run from or to - begins anew")
    if target.stream:
        decider = Decider(asked)
        return _through(sources, sinks.ToStream(target, say), decider, options, Summary(), say)
    with closing(Part(target.beside(".part"), resumed=options.resume)) as part:
        decider = Decider(_of_the_earlier_day(asked, part) if options.resume else asked)
        contents = contents_of(sources) if resumable else Contents("", None)
        _begin(part, _run(decider, contents.digest), options)
        sink = _sink(target, sources, part, decider)
        errors, duplicates = str(target.beside(ERRORS)), str(target.beside(DUPLICATES))
        summary = Summary(contents.records, where=sink.where, errors=errors, duplicates=duplicates)
        return _through(sources, sink, decider, options, summary, say)


def _through(
    sources: Sequence[Source], sink: sinks.Sink, decider: Decider, options: Options, summary: Summary, say: Say
) -> Summary:
    """The run itself, after what an earlier run has done."""
    seen = Seen(summary, on=options.duplicates)
    before = 0

    def passed_over() -> None:
        summary.empty += 1

    for line in sink.resumed() if options.resume else ():
        before += 1
        seen.earlier(line)
    with stoppable() as stopped, progressing(summary, before) as show:
        try:
            for outcome in answers(
                decider, islice(inputs(sources, passed_over), before, None), options.workers, stopped
            ):
                put = sink.put(outcome)
                summary.count(put, say if summary.errors else None)
                seen.note(put)
                show()
        except UsageError as error:
            raise UsageError("; ".join([str(error), summary.counts(), *summary.so_far()])) from None
        if stopped:
            summary.stopped = stopped[0]
            return summary
    once = any(source.file == STDIN for source in sources)
    sink.repeats = sinks.Repeats(seen.repeated, None if once else lambda: inputs(sources))
    sink.finish()
    return summary


def _begin(part: Part, run: sinks.Run, options: Options) -> None:
    """Begin the part of a new run with its first line; check the first line of an earlier run."""
    if options.resume:
        run.check(next(part.lines(), b""), part.place)
    else:
        part.write(run.line())


def _sink(target: Target, sources: list[Source], part: Part, decider: Decider) -> sinks.Sink:
    if target.folder:
        return sinks.ToFolder(target, sources, part)
    catalogue = decider.loaded.catalogue
    return sinks.ToFile(target, Table([*catalogue.labels], [r.id for r in catalogue.regimens]), part)


def _of_the_earlier_day(asked: Asked, part: Part) -> Asked:
    """The same with the day of the run that is resumed."""
    return asked._replace(today=date.fromisoformat(sinks.run_of(next(part.lines(), b""), part.place).day))


def _run(decider: Decider, contents: str) -> sinks.Run:
    """What the run is: its day, and the digests of input, catalogue and options."""
    asked = decider.asked._replace(today=date.min, layers=())
    plain = {
        name: repr(list(value.contents())) if isinstance(value, Entry) else str(value)
        for name, value in asked._asdict().items()
        if name != "defaults"
    } | {"settings": repr(asked.defaults.settings)}
    options = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    day, catalogue = decider.asked.today.isoformat(), decider.loaded.sha256
    return sinks.Run(day, contents, catalogue, options, ENGINE["version"])


def inputs(sources: Iterable[Source], empty: Callable[[], None] = lambda: None) -> Iterator[Raw]:
    """Every input of the sources; a file of many patients that cannot be opened is one failed input.

    ``empty`` is called for each empty line.
    """
    for source in sources:
        records = source.records(empty)
        while True:
            try:
                raw = next(records, None)
            except InvalidInputError as error:
                at = InputEntry(file=source.file, row=None)
                yield Raw(at, problem=error.problems[0].message)
                break
            if raw is None:
                break
            yield raw


class Seen:
    """The ids so far, 16 bytes each, to report those that occur again."""

    def __init__(self, summary: Summary, *, on: bool) -> None:
        self.summary, self.on = summary, on
        self.keys: set[bytes] = set()
        self.repeated: set[bytes] = set()

    def note(self, outcome: Outcome) -> None:
        """Note the id of a record."""
        if not self.on or not outcome.key or outcome.problems:
            return
        if outcome.key in self.keys:
            self.summary.repeated += 1
            self.repeated.add(outcome.key)
            if len(self.summary.again) < _TOLD:
                self.summary.again.append(sinks.called(outcome.at))
        self.keys.add(outcome.key)

    def earlier(self, line: bytes) -> None:
        """Count a line of an earlier run, and note its id."""
        outcome = sinks.outcome_of(line)
        self.summary.count(outcome, None)
        self.note(outcome)


# --- what is said meanwhile ---------------------------------------------------------------------------


@contextmanager
def progressing(summary: Summary, before: int) -> Iterator[Callable[[], None]]:
    """A line on standard error with count, rate and time left; only on a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda: None
        return
    began = shown = monotonic()

    def show() -> None:
        nonlocal shown
        now = monotonic()
        if now - shown < _SHOWN_EVERY_SECONDS:
            return
        shown = now
        handled = summary.done + summary.failed
        with suppress(OSError):
            sys.stderr.write(f"\r{progress(handled, handled - before, now - began, summary.total)}\x1b[K")
            sys.stderr.flush()

    try:
        yield show
    finally:
        with suppress(OSError):
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def progress(handled: int, now: int, seconds: float, total: int | None) -> str:
    """How far a run is: the number of patients, the rate, and the time left if the total is known."""
    rate = now / seconds if seconds > 0 else 0.0
    said = f"{handled:,}" + ("" if total is None else f" of {total:,}") + f" patients, {rate:,.0f} a second"
    if total is None or not rate:
        return said
    left = max(0, round((total - handled) / rate))
    return f"{said}, {left // 3600}:{left % 3600 // 60:02}:{left % 60:02} left"


@contextmanager
def stoppable() -> Iterator[list[int]]:
    """The signals that came while a run goes on: the first ends it soon, the second immediately."""
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # A signal that was ignored before, such as Ctrl-C for a run in the background, stays ignored.
    before = {number: handler for number, handler in handlers.items() if handler not in (signal.SIG_IGN, None)}

    def note(number: int, frame: object) -> None:
        came.append(number)
        for each, handler in before.items():
            signal.signal(each, handler)

    for number in before:
        signal.signal(number, note)
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def cores() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
