"""What can go wrong: a problem names its place and what to do, and a log of it names no patient."""

from __future__ import annotations

import pytest

from mmadvisor.base.errors import (
    EXIT_BUG,
    EXIT_INVALID_INPUT,
    EXIT_USAGE,
    InvalidInputError,
    MmadvisorError,
    Problem,
    UsageError,
    nearest,
)

WHOLE = Problem("labs.lvef_percent", "no such value is possible", "200", "Did you mean 20?", "p.yaml", 7, 3)


def test_a_problem_says_where_what_and_what_to_do() -> None:
    assert (
        str(WHOLE) == "p.yaml:7:3: labs.lvef_percent: no such value is possible; found 200. Did you mean 20?"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("", "there is no such file", file="p.yaml"), "p.yaml: there is no such file"),
        (Problem("id", "this is text"), "input: id: this is text"),
        (Problem("id", "this is text", found="12"), "input: id: this is text; found 12"),
        (Problem("id", "this is text", hint="Quote it"), "input: id: this is text. Quote it"),
    ],
)
def test_what_is_not_known_is_left_out(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_a_log_of_a_problem_names_field_and_place_and_no_value() -> None:
    assert WHOLE.without_value() == "p.yaml:7:3: labs.lvef_percent"
    assert Problem("", "x", found="Chan", file="p.yaml").without_value() == "p.yaml: file"


def test_a_problem_can_be_given_a_place() -> None:
    placed = Problem("id", "this is text", "12").at("q.yaml", 2, 5)
    assert placed.where() == "q.yaml:2:5" and (placed.path, placed.found) == ("id", "12")


def test_an_invalid_input_says_all_its_problems_a_line_each() -> None:
    error = InvalidInputError(p for p in (WHOLE, Problem("id", "this is required")))
    assert len(error.problems) == 2 and len(str(error).splitlines()) == 2


def test_each_kind_of_error_has_the_exit_status_of_the_contract() -> None:
    assert InvalidInputError([]).exit_code == EXIT_INVALID_INPUT == 3
    assert UsageError("").exit_code == EXIT_USAGE == 2
    assert MmadvisorError("").exit_code == EXIT_BUG == 1


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("lvef_percnt", "Did you mean lvef_percent?"),
        ("LVEF_PERCENT", "Did you mean lvef_percent?"),
        ("ecog", "Did you mean ECOG?"),
        ("lvef", "Did you mean lvef_percent?"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_the_nearest_word_is_offered_only_where_one_is_near(word: str, hint: str) -> None:
    assert nearest(word, ["lvef_percent", "ECOG", "spo2_percent"]) == hint


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("t", ""),  # a letter is no beginning of a word
        ("te", ""),
        ("tec", "Did you mean teclistamab?"),
        ("Tec-dra", "Did you mean Tec-Dara?"),
        ("KRdd", "Did you mean KRd?"),
        ("KRx", ""),  # a third of it is wrong, and many are as near
        ("DV", "Did you mean DVd?"),
        ("velcade", ""),
    ],
)
def test_a_short_word_is_near_to_nothing_by_chance(word: str, hint: str) -> None:
    assert nearest(word, ["Td", "teclistamab", "Tec-Dara", "KRd", "DRd", "DVd", "BelaRd"]) == hint
