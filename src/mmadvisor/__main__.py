"""``python -m mmadvisor`` and the ``mmadvisor`` command."""

from __future__ import annotations

import contextlib
import gc
import os
import sys


def main() -> None:
    """Run the command line; an exception that reaches this function is a bug."""
    # A short process gains nothing from garbage collection, least of all during imports; long commands turn it on.
    # Why: docs/explanation/output.md#one-process-one-answer
    gc.disable()
    from mmadvisor.desk.cli import run

    status = run()
    # Freeing the memory object by object would only take time, as the system frees it at once.
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
