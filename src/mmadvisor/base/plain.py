"""Plain data as JSON that steers no terminal and breaks no line."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

# What stands between a terminal, an editor or a reader of lines and the text that it shows.
_NOT_SHOWN_AS_IT_IS = ("Cc", "Cf", "Cs", "Zl", "Zp")


_MAY_NEED_ESCAPE = re.compile("[^\n\x20-\x7e]")


def as_json(data: Any, *, indent: int | None = None) -> str:
    """Plain data as JSON: on one line, or indented by so many spaces; letters of any script as they are.

    Control, bidirectional and line-separator characters and lone surrogates are escaped, so that the
    text steers no terminal and has one line for every reader.
    """
    separators = None if indent else (",", ":")
    text = json.dumps(data, ensure_ascii=False, indent=indent, separators=separators)
    return _MAY_NEED_ESCAPE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    char = found[0]
    return json.dumps(char)[1:-1] if unicodedata.category(char) in _NOT_SHOWN_AS_IT_IS else char
