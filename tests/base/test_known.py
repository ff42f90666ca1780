"""Three-valued logic: an order of three truths, Kleene's tables, bounds, and the account of a finding."""

from __future__ import annotations

import itertools
import pickle
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmadvisor.base.known import Account, Bounds, Finding, Truth, all_of, any_of, negate

NO, OPEN, YES = Truth.NOT_MET, Truth.UNKNOWN, Truth.MET


def test_the_truths_are_ordered_and_keep_their_words() -> None:
    assert list(Truth) == [NO, OPEN, YES] == sorted([YES, NO, OPEN])
    assert [truth.value for truth in Truth] == ["not-met", "unknown", "met"]
    assert [truth.answer for truth in Truth] == ["no", "unknown", "yes"]
    assert all(Truth(truth.value) is truth and pickle.loads(pickle.dumps(truth)) is truth for truth in Truth)


def test_a_truth_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="three values"):
        bool(Truth.MET)


@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [
        (Truth.MET, Truth.MET, Truth.MET, Truth.MET),
        (Truth.MET, Truth.UNKNOWN, Truth.UNKNOWN, Truth.MET),
        (Truth.MET, Truth.NOT_MET, Truth.NOT_MET, Truth.MET),
        (Truth.UNKNOWN, Truth.MET, Truth.UNKNOWN, Truth.MET),
        (Truth.UNKNOWN, Truth.UNKNOWN, Truth.UNKNOWN, Truth.UNKNOWN),
        (Truth.UNKNOWN, Truth.NOT_MET, Truth.NOT_MET, Truth.UNKNOWN),
        (Truth.NOT_MET, Truth.MET, Truth.NOT_MET, Truth.MET),
        (Truth.NOT_MET, Truth.UNKNOWN, Truth.NOT_MET, Truth.UNKNOWN),
        (Truth.NOT_MET, Truth.NOT_MET, Truth.NOT_MET, Truth.NOT_MET),
    ],
)
def test_kleene_tables(a: Truth, b: Truth, both: Truth, either: Truth) -> None:
    assert all_of([a, b]) is both
    assert any_of([a, b]) is either


@pytest.mark.parametrize(("a", "b"), list(itertools.product(Truth, Truth)))
def test_de_morgan(a: Truth, b: Truth) -> None:
    assert negate(all_of([a, b])) is any_of([negate(a), negate(b)])
    assert negate(negate(a)) is a


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_a_wider_bound_never_says_more(low: int, more: int, wider: int, n: int) -> None:
    tight, wide = Bounds(low, low + more), Bounds(low - wider, low + more + wider)
    for ask in (Bounds.at_least, Bounds.at_most):
        assert ask(wide, n) in (Truth.UNKNOWN, ask(tight, n))


def test_what_is_learnt_never_turns_a_truth_into_its_opposite() -> None:
    for known in product((NO, YES), repeat=3):
        for hidden in product((False, True), repeat=3):
            less = [OPEN if h else k for h, k in zip(hidden, known, strict=True)]
            for join in (all_of, any_of):
                assert join(less) in (OPEN, join(known))


def test_an_account_is_made_once_and_only_where_it_is_read() -> None:
    made: list[Account] = []

    def account() -> Account:
        made.append(Account("3 prior lines", ("therapies",), ("therapies_complete",)))
        return made[-1]

    finding = Finding.of(OPEN, account, "said")
    assert finding.truth is OPEN and finding.remark == "said" and not made
    assert finding.found == "3 prior lines" and finding.where == ("therapies",) and len(made) == 1
    assert finding.missing == ("therapies_complete",) and finding.changes == () and len(made) == 1
    assert finding == Finding(OPEN, *made[0], "said") != finding.but(truth=YES)
    assert finding.but(found="2") == Finding(OPEN, "2", ("therapies",), ("therapies_complete",), (), "said")
