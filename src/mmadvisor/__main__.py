"""``python -m mmadvisor`` and the ``mmadvisor`` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; anything that reaches here uncaught is a bug."""
    from mmadvisor.cli import run

    sys.exit(run())


if __name__ == "__main__":
    main()
