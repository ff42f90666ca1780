"""The past decisions of many patients, judged in one run and counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from mmadvisor.answers.audit import Audit, AuditedPatient
from mmadvisor.answers.compact import Failure
from mmadvisor.answers.stamps import SettingFrom, with_settings
from mmadvisor.cohort.engine import Asked, Decider
from mmadvisor.cohort.formats import write_beside
from mmadvisor.cohort.run import Seen, Summary, inputs, progressing, stoppable
from mmadvisor.cohort.sources import sources_of
from mmadvisor.cohort.target import ERRORS, Target
from mmadvisor.cohort.workers import answers
from mmadvisor.reports.audit import Asking, audit


class Run(NamedTuple):
    """How a run goes: its day, the number of processes, and whether small counts are masked."""

    made_on: date
    workers: int = 1
    mask: bool = True


def make_audit(
    paths: Sequence[str], output: str | None, asked: Asked, run: Run, say: Callable[[str], None]
) -> tuple[Audit | None, Summary]:
    """Judge the past decisions of every patient of some files and folders.

    Args:
        paths: Folders, patient files, files of many patients, or - for standard input.
        output: The file of the answer, beside which the failures are written; ``None`` or - for standard output, with
            the failures on standard error.
        asked: What every patient is asked.
        run: How the run goes.
        say: Receives messages for standard error.

    Returns:
        The answer (``None`` if a signal ended the run) and the counts.

    Raises:
        InvalidInputError: A folder contains no patient file, or a layer is invalid.
        UsageError: A path does not exist, the output is an input or lies inside one, or a worker ended.
    """
    target = Target(output or "-", folder=False, stream=output in (None, "-"))
    sources = sources_of(paths)
    target.keep_apart([*paths, *(source.file for source in sources if source.root != source.file)])
    decider = Decider(asked._replace(audit=True))
    summary, patients, lines = Summary(), list[AuditedPatient](), list[bytes]()
    summary.errors = "" if target.stream else str(target.beside(ERRORS))

    def passed_over() -> None:
        summary.empty += 1

    seen = Seen(summary, on=True)
    with stoppable() as stopped, progressing(summary, 0) as show:
        for outcome in answers(decider, inputs(sources, passed_over), run.workers, stopped):
            summary.count(outcome, None if target.stream else say)
            seen.note(outcome)
            if outcome.problems:
                lines.append(outcome.line)
            else:
                patients.append(json.loads(outcome.line))
            show()
        if stopped:
            summary.stopped = stopped[0]
            return None, summary
    for line in lines if target.stream else ():
        say(line.decode().rstrip("\n"))
    if not target.stream:
        write_beside(target.beside(ERRORS), iter(lines))
    failures: list[Failure] = list(map(json.loads, lines))
    asking = Asking(asked.jurisdiction, asked.profile, asked.if_relapse)
    catalogue = decider.loaded.catalogue
    made = audit(catalogue, decider.loaded.stamp(), run.made_on, asking, patients, failures, mask=run.mask)
    return with_settings(made, _settings(asked, patients)), summary


def _settings(asked: Asked, patients: Sequence[AuditedPatient]) -> list[SettingFrom]:
    """The settings of the run and of its patients, each once."""
    found: list[SettingFrom] = []
    for setting in (*asked.defaults.used, *(s for p in patients for s in p.pop("settings_from", ()))):
        if setting not in found:
            found.append(setting)
    return found
