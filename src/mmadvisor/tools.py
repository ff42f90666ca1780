"""For whoever edits the data: ``python -m mmadvisor.tools compile``.

Writes the compiled catalogue and the schema that editors check the data files against.
"""

from __future__ import annotations

import json
import sys


def main(arguments: list[str]) -> int:
    """Compile the built-in catalogue; prints every problem and writes nothing where there is one."""
    from mmadvisor.errors import EXIT_USAGE, MmadvisorError
    from mmadvisor.layers import COMPILED, builtin_folder, compile_builtin
    from mmadvisor.reading import write_atomically
    from mmadvisor.schemas import catalogue_schema

    if arguments != ["compile"]:
        sys.stderr.write("usage: python -m mmadvisor.tools compile\n")
        return EXIT_USAGE
    folder = builtin_folder()
    try:
        text = compile_builtin()
    except MmadvisorError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    schema = json.dumps(catalogue_schema(), indent=1, ensure_ascii=False) + "\n"
    for name, content in ((COMPILED, text), ("catalogue.schema.json", schema)):
        write_atomically(folder / name, content, mode=0o644)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
