"""Answers from several processes, in the order of the inputs; the same answers as from one process.

Each worker has two pipes' ends and nothing else: when the run ends, however it ends, its workers end too. What is read
ahead is bounded, so that the memory does not grow with the number of patients.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from multiprocessing.connection import Connection, wait
from queue import Queue
from typing import TYPE_CHECKING, Any, NamedTuple

from mmadvisor.base.errors import UsageError
from mmadvisor.cohort.engine import Asked, Decider, Outcome
from mmadvisor.cohort.sources import Raw

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

_AT_ONCE = 32  # records that a worker gets together: few enough for an early end, enough that handing over costs little
_AT_ONCE_TRACED = 4
_AHEAD = 2  # parts that a worker may hold
_LOOK_AGAIN_SECONDS = 0.2  # how soon a signal is noticed


def answers(decider: Decider, inputs: Iterable[Raw], workers: int, stopped: Sequence[int]) -> Iterator[Outcome]:
    """The line of each input, in order; ends early if a signal is in ``stopped``.

    Raises:
        UsageError: A worker has ended before its time.
    """
    parts = _parts(inputs, _AT_ONCE_TRACED if decider.asked.trace else _AT_ONCE)
    first = list(islice(parts, 2))
    if workers == 1 or len(first) < 2:
        for part in chain(first, parts):
            for raw in part:
                if stopped:
                    return
                yield decider.outcome(raw)
        return
    pool = _Pool(decider.asked, workers)
    try:
        yield from pool.run(chain(first, parts), stopped)
    finally:
        pool.end()


def _parts(inputs: Iterable[Raw], size: int) -> Iterator[list[Raw]]:
    iterator = iter(inputs)
    while part := list(islice(iterator, size)):
        yield part


class _Worker(NamedTuple):
    process: SpawnProcess
    pipe: Connection
    holds: list[int]


class _Pool:
    """Workers, each started when there is work that the others cannot take."""

    def __init__(self, asked: Asked, most: int) -> None:
        self.asked, self.most = asked, most
        self.workers: list[_Worker] = []
        # A new process, not a copy of this one: a copy could take over a lock that a thread holds.
        self.context = multiprocessing.get_context("spawn")

    def run(self, parts: Iterator[list[Raw]], stopped: Sequence[int]) -> Iterator[Outcome]:
        """The outcomes of the parts, in order."""
        done: dict[int, list[Outcome]] = {}
        given = written = 0
        more = True
        while not stopped:
            while more and given - written < self.most * (_AHEAD + 1) and (free := self._free()) is not None:
                part = next(parts, None)
                if part is None:
                    more = False
                    break
                self._give(free, given, part)
                given += 1
            while written in done:
                yield from done.pop(written)
                written += 1
            if not more and written == given:
                return
            if not more or given - written >= self.most * (_AHEAD + 1) or self._free() is None:
                for worker in self._heard():
                    number, outcomes = self._taken(worker)
                    done[number] = outcomes
                    worker.holds.remove(number)

    def _free(self) -> _Worker | None:
        """The worker that holds least; a new one if all have work; ``None`` if all hold as much as they may."""
        least = min(self.workers, key=lambda worker: len(worker.holds), default=None)
        if (least is None or least.holds) and len(self.workers) < self.most:
            least = self._start()
        return least if least is not None and len(least.holds) < _AHEAD else None

    def _start(self) -> _Worker:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=_work, args=(theirs, self.asked), daemon=True)
        process.start()
        theirs.close()
        worker = _Worker(process, ours, [])
        self.workers.append(worker)
        return worker

    def _give(self, worker: _Worker, number: int, part: list[Raw]) -> None:
        try:
            worker.pipe.send((number, part))
        except OSError:
            raise self._ended(worker) from None
        worker.holds.append(number)

    def _heard(self) -> list[_Worker]:
        """The workers that have something to say."""
        by_pipe: dict[Any, _Worker] = {worker.pipe: worker for worker in self.workers}
        return [by_pipe[pipe] for pipe in wait(list(by_pipe), timeout=_LOOK_AGAIN_SECONDS)]

    def _taken(self, worker: _Worker) -> tuple[int, list[Outcome]]:
        try:
            number, outcomes = worker.pipe.recv()
        except (EOFError, OSError):
            raise self._ended(worker) from None
        if isinstance(outcomes, BaseException):
            raise outcomes
        return number, outcomes

    def _ended(self, worker: _Worker) -> UsageError:
        worker.process.join(1)
        code = worker.process.exitcode
        how = f"by signal {-code}" if code is not None and code < 0 else f"with status {code}"
        return UsageError(f"a worker process ended {how}, perhaps for lack of memory")

    def end(self) -> None:
        """End all workers."""
        for worker in self.workers:
            worker.pipe.close()
            worker.process.terminate()
        for worker in self.workers:
            worker.process.join()


def _work(pipe: Connection, asked: Asked) -> None:
    """Answer parts until the other end of the pipe is closed, by the run or by its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which ends its workers
    waiting: Queue[tuple[int, list[Raw]] | None] = Queue()

    def receive() -> None:
        try:
            while True:
                waiting.put(pipe.recv())
        except (EOFError, OSError):
            waiting.put(None)

    # A thread of its own always receives: the run never waits for a worker that waits for the run.
    threading.Thread(target=receive, daemon=True).start()
    decider = Decider(asked)
    # What lives as long as the worker is never collected, and what one part leaves behind is collected once.
    gc.freeze()
    gc.disable()
    while (part := waiting.get()) is not None:
        number, raws = part
        try:
            outcomes: Any = [decider.outcome(raw) for raw in raws]
        except Exception as error:
            outcomes = error
        try:
            pipe.send((number, outcomes))
        except OSError:  # the run has ended
            return
        gc.collect()
