"""Three-valued logic: Kleene's tables, and bounds."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmadvisor.base.known import Bounds, Truth, all_of, any_of, negate


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
