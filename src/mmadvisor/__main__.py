"""``python -m mmadvisor`` and the ``mmadvisor`` command."""

from __future__ import annotations

import contextlib
import gc
import os
import sys


def main() -> None:
    """Run the command line; an exception that reaches this function is a bug."""
    # A short-lived process gains nothing from collecting, least of all while it imports; what runs long turns it on.
    # Why: docs/explanation/output.md#one-process-one-answer
    gc.disable()
    from mmadvisor.desk.cli import run

    status = run()
    # What is left is to take apart a heap that the system takes back at once anyway: skip it.
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
