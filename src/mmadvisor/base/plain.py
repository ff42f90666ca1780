"""Plain data as JSON that cannot control a terminal or break a line."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

# Characters that a terminal, an editor or a reader of lines would not show as text.
_NOT_SHOWN_AS_IT_IS = ("Cc", "Cf", "Cs", "Zl", "Zp")


_MAY_NEED_ESCAPE = re.compile("[^\n\x20-\x7e]")


def as_json(data: Any, *, indent: int | None = None) -> str:
    """Plain data as JSON, on one line or indented; letters of any script are kept.

    Control, bidirectional and line-separator characters and lone surrogates are escaped. So the text cannot control a
    terminal, and every reader sees the same lines.
    """
    separators = None if indent else (",", ":")
    text = json.dumps(data, ensure_ascii=False, indent=indent, separators=separators)
    return _MAY_NEED_ESCAPE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    char = found[0]
    return json.dumps(char)[1:-1] if unicodedata.category(char) in _NOT_SHOWN_AS_IT_IS else char
