"""JSON: read back as it was, and nothing in it that steers a terminal."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmadvisor.base.plain import as_json


@given(st.text(st.characters(codec="utf-8"), max_size=20), st.sampled_from([None, 2]))
def test_json_is_read_back_as_it_was_and_steers_nothing(text: str, indent: int | None) -> None:
    made = as_json({"a": [text]}, indent=indent)
    assert json.loads(made) == {"a": [text]}
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in made.replace("\n", ""))
    assert len(made.splitlines()) == (1 if indent is None else 5)


@pytest.mark.parametrize("char", [*map(chr, range(0x7F, 0xA0)), *"\u061c\u200e\u200f\u202a\u202e\u2066\u2069\u2028\u2029\ufeff\ud800\udfff\x1b", "\U000e0001"])  # fmt: skip
def test_json_escapes_what_steers_a_terminal_or_breaks_a_line(char: str) -> None:
    made = as_json(f"a{char}b")
    assert made.isascii() and made.isprintable() and json.loads(made) == f"a{char}b"


def test_json_keeps_letters_readable() -> None:
    assert as_json("Müller 陳大文 ≥ 10⁹/L 😀") == '"Müller 陳大文 ≥ 10⁹/L 😀"'
