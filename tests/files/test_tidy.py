"""The layout of catalogue files: what a line holds, what is kept, and that nothing said is changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmadvisor.base.errors import EXIT_DONE, EXIT_INVALID_INPUT, InvalidInputError
from mmadvisor.files.documents import parse
from mmadvisor.files.layers import builtin_folder, untidy
from mmadvisor.files.tidy import WIDTH, tidy
from mmadvisor.tools import main

FILES = sorted(builtin_folder().rglob("*.yaml"))
LIMIT = 1 << 20


def laid_out(text: str) -> str:
    """The text as it is laid out, which is laid out the same again."""
    made = tidy(text, "x.yaml", LIMIT)
    assert tidy(made, "x.yaml", LIMIT) == made
    return made


def test_the_catalogue_is_tidy() -> None:
    changed = [path.name for path in untidy([builtin_folder()])]
    assert not changed, "run: python -m mmadvisor.tools tidy"


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_no_line_of_the_catalogue_is_too_long(path: Path) -> None:
    long = [i for i, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if len(line) > WIDTH]
    assert not long


def test_what_fits_in_one_line_stays_and_what_does_not_gets_a_line_for_each_key() -> None:
    short = "names:\n- {id: Rd, agents: [lenalidomide, dexamethasone]}\n"
    assert laid_out(short) == short
    aliases = ", ".join(f"alias-number-{i}" for i in range(12))
    made = laid_out(f"names:\n- {{id: Rd, agents: [lenalidomide, dexamethasone], aliases: [{aliases}]}}\n")
    assert made.splitlines() == [
        "names:",
        "- id: Rd",
        "  agents: [lenalidomide, dexamethasone]",
        "  aliases: [alias-number-0, alias-number-1, alias-number-2, alias-number-3, alias-number-4, alias-number-5,",
        "            alias-number-6, alias-number-7, alias-number-8, alias-number-9, alias-number-10, alias-number-11]",
    ]


def test_two_groups_never_share_a_line() -> None:
    made = laid_out("a:\n  when: [{type: state, one_of: [relapsed]}, {type: prior-lines, at_least: 1}]\n")
    assert made == "a:\n  when:\n  - {type: state, one_of: [relapsed]}\n  - {type: prior-lines, at_least: 1}\n"


def test_a_long_text_is_folded_and_one_that_fits_again_is_not() -> None:
    text = " ".join(['long: text, with "quotes" and # marks'] * 6)
    made = laid_out(f"a: {json.dumps(text)}\n")
    assert made.startswith("a: >-\n  long") and max(map(len, made.splitlines())) <= WIDTH
    assert parse(made, "x").tree == {"a": text}
    assert laid_out("a: >-\n  a text\n  that fits\n") == "a: a text that fits\n"
    assert laid_out("a: >-\n  a text: one\n  that fits\n") == 'a: "a text: one that fits"\n'
    assert laid_out("a: >-\n  12\n") == 'a: "12"\n', "a text that looks like a number stays a text"


def test_comments_and_empty_lines_stay_before_their_entry() -> None:
    kept = """# yaml-language-server: $schema=catalogue.schema.json
# What this file is.

# Of the first.
rules:
- id: one
  # Why it is so.
  gates:
  - {id: a, type: no-gvhd}

# Of the second.
- id: two
# The end.
"""
    assert laid_out(kept) == kept
    assert laid_out("a: 1  # why\nb: 2\n") == "# why\na: 1\nb: 2\n"
    assert laid_out("a: [1, # why\n  2]\n") == "# why\na: [1, 2]\n"
    assert laid_out("a: [1,\n  # why\n  2]\n") == "a:\n- 1\n# why\n- 2\n"
    assert laid_out('a: "no # comment"\nb: >-\n  # no comment\n') == 'a: "no # comment"\nb: "# no comment"\n'


def test_a_comment_that_is_too_long_is_filled_with_those_that_follow_it() -> None:
    long = "# " + " ".join(["word"] * 40) + "\n# the end\n# yaml\na: 1\n"
    made = laid_out(long)
    assert max(map(len, made.splitlines())) <= WIDTH and made.count("\n") == 3
    pointer = "# yaml-language-server: $schema=" + "x" * WIDTH + "\n" + long
    assert laid_out(pointer).splitlines()[0] == pointer.splitlines()[0]


_TEXT = st.text(st.sampled_from("ab -:#[]{},'\"\n%é…0.~"), max_size=150)
_TREE = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | _TEXT,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcde", min_size=1, max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abcde", min_size=1, max_size=8), _TREE, min_size=1, max_size=4))
def test_the_layout_never_changes_what_a_file_says(tree: dict[str, object]) -> None:
    written = json.dumps(tree, ensure_ascii=False)
    assert parse(laid_out(written), "x").tree == parse(written, "x").tree == tree


def test_tidy_writes_the_files_of_a_layer_and_names_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text("a: {b: 1}   \n\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("a: 1\n", encoding="utf-8")
    assert main(["tidy", str(tmp_path)]) == EXIT_DONE
    assert capsys.readouterr().out == f"{tmp_path / 'a.yaml'}\n"
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == "a: {b: 1}\n"
    assert main(["tidy", str(tmp_path)]) == EXIT_DONE
    assert capsys.readouterr().out == ""


def test_nothing_is_written_where_one_file_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text("a:   1\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("a: [1\n", encoding="utf-8")
    (tmp_path / "c.yaml").write_text("a: &x 1\n", encoding="utf-8")
    assert main(["tidy", str(tmp_path)]) == EXIT_INVALID_INPUT
    said = capsys.readouterr().err
    assert "b.yaml:" in said and "c.yaml:" in said, "every file that is wrong is named"
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == "a:   1\n"
    with pytest.raises(InvalidInputError):
        tidy("a: [1\n", "x.yaml", LIMIT)


def test_the_catalogue_says_the_same_when_it_is_laid_out_by_one_who_writes_json(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(builtin_folder(), folder, ignore=shutil.ignore_patterns("*.json"))
    for path in (folder / "regimens.yaml", folder / "waiting.yaml", folder / "jurisdictions" / "us.yaml"):
        before = parse(path.read_bytes(), str(path), limit=LIMIT).tree
        path.write_text(json.dumps(before, ensure_ascii=False), encoding="utf-8")
        assert main(["tidy", str(path)]) == EXIT_DONE
        assert parse(path.read_bytes(), str(path), limit=LIMIT).tree == before
        assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= WIDTH
